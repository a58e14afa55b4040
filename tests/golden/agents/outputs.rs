//! The texts about what agents write: settings, reasons, and answers that are no yes.

use std::time::Duration;

use serde_json::json;
use speckit_core::Diagnostic;
use speckit_core::agents::Stage;
use speckit_core::agents::gate::{
    Action, Agent, Attempt, CommandLine, Ending, GateMachine, Input, Plan, Request, Run,
};
use speckit_core::agents::process::capture::Captured;
use speckit_core::app::AppConfig;
use speckit_core::config::redact::Masks;
use speckit_core::retry::{ErrorClass, Seed};
use speckit_tests::golden;

use crate::render_report;

/// The settings of the defaults with those of a provider, and of the orchestrator.
fn config(provider: serde_json::Value, orchestrator: serde_json::Value) -> AppConfig {
    let mut config = serde_json::to_value(AppConfig::default()).unwrap();
    for (table, settings) in [
        ("/providers/google", provider.clone()),
        ("/providers/anthropic", provider),
        ("/orchestrator", orchestrator),
    ] {
        let table = config.pointer_mut(table).unwrap().as_object_mut().unwrap();
        table.extend(settings.as_object().unwrap().clone());
    }
    serde_json::from_value(config).unwrap()
}

fn planned(config: &AppConfig) -> Result<Plan, Vec<Diagnostic>> {
    let request = Request { spec: "SPEC-1".into(), prompt: "is it sound?".into() };
    Plan::of(config, Stage::Unlock, &request).map(|(plan, _)| plan)
}

/// Settings of a provider with every rule for its output.
fn rules() -> serde_json::Value {
    json!({
        "output": "json",
        "answer_at": "/result",
        "error_at": "/is_error",
        "failure_patterns": [
            {"pattern": "(?i)rate limit(?:.* (?<wait>\\d+) s)?", "class": "retryable", "retry_after": "wait"},
            {"pattern": "credit balance", "class": "permanent"},
        ],
        "retry": {"max_attempts": 5},
    })
}

#[test]
fn mistakes_in_the_settings_of_outputs_are_reported_at_once() {
    let patterns = json!([
        {"pattern": "(", "class": "permanent"},
        {"pattern": "a(?=b)", "class": "permanent"},
        {"pattern": "a*", "class": "permanent"},
        {"pattern": "wait (\\d+) (?<unit>s)", "class": "retryable", "retry_after": 3},
        {"pattern": "wait", "class": "retryable", "retry_after": "seconds"},
        {"pattern": "\\w{1000}{10}", "class": "permanent"},
    ]);
    let settings = json!({"answer_at": "result", "error_at": "/a/~2", "failure_patterns": patterns});
    let refused = planned(&config(settings, json!({"accept": ["approve"]}))).unwrap_err();
    golden!("agents/outputs", "mistakes_in_settings", render_report(&refused, &Masks::default()));
}

#[test]
fn a_plan_shows_how_outputs_are_read() {
    let plan =
        planned(&config(rules(), json!({"agree_on": "verdict", "accept": ["approve", 1.0, true]}))).unwrap();
    let json = plan.to_json();
    let shown = json!({
        "accept": json["accept"],
        "agent": {
            "output": json["agents"][0]["output"],
            "answer_at": json["agents"][0]["answer_at"],
            "error_at": json["agents"][0]["error_at"],
            "failure_patterns": json["agents"][0]["failure_patterns"],
            "retry": json["agents"][0]["retry"],
        },
    });
    golden!("agents/outputs", "a_plan", format!("{}\n---\n{shown:#}\n", plan.to_text()));
}

/// The run of a gate whose agents have one attempt each, with this ending and these outputs.
fn run(config: &AppConfig, attempts: &[(Ending, &str, &str)]) -> Run {
    let plan = planned(config).unwrap();
    let mut provider = plan.agents[0].clone();
    provider.retry.max_attempts = Some(1);
    let agents = (0..attempts.len()).map(|number| Agent {
        output: provider.output.clone(),
        provider: "anthropic".into(),
        retry: provider.retry,
        ..Agent::new(format!("agent_{number:02}"), CommandLine::default())
    });
    let agents: Vec<Agent> = agents.collect();
    let plan =
        Plan { agents, quorum: 2, max_concurrent: attempts.len(), timeout: Duration::from_secs(40), ..plan };
    let (mut machine, _) = GateMachine::begin(
        plan.clone(),
        Masks::default().into(),
        Seed::new(7),
        Duration::from_secs(1_790_000_000),
    );
    let mut last = Vec::new();
    for (agent, (ending, stdout, stderr)) in attempts.iter().enumerate() {
        let mut reader = plan.reader(&plan.agents[agent], &Default::default());
        reader.push(stdout.as_bytes());
        let captured = |text: &str| Captured::from(text.as_bytes().to_vec());
        let result = Attempt {
            ending: ending.clone(),
            stdout: captured(stdout),
            stderr: captured(stderr),
            reading: reader.finish(),
            elapsed: Duration::ZERO,
            leaked: false,
            left: Vec::new(),
        };
        machine.step(Duration::ZERO, Input::Begun { agent, attempt: 1 });
        last = machine.step(Duration::ZERO, Input::Ended { agent, attempt: 1, result });
    }
    match last.pop() {
        Some(Action::Finish(run)) => run,
        other => panic!("the gate ends with {other:?}"),
    }
}

#[test]
fn a_failure_has_what_the_agent_wrote_about_it() {
    let done = Ending::Exited { code: 0 };
    let exit = |code| Ending::Exited { code };
    let rejected = "{\"result\": \"{\\\"verdict\\\": \\\"reject\\\"}\"}";
    let not_started =
        Ending::NotStarted { class: ErrorClass::Permanent, reason: "no pipes can be made".into() };
    let long = "it is wrong ".repeat(30);
    let attempts: &[(Ending, &str, &str)] = &[
        (done.clone(), rejected, ""),
        (done.clone(), "API Error: Rate limit reached", ""),
        (done.clone(), "{\"is_error\": true, \"result\": \"Invalid API key\"}", "a warning\n"),
        (done.clone(), "", "not\u{1b}[31m a trusted folder\u{1b}[0m\n\n"),
        (done.clone(), "{\"result\": \" \"}", ""),
        (done.clone(), "{\"other\": 1}", ""),
        (done.clone(), "{\"result\": \"It is", ""),
        (done.clone(), "I cannot say.", ""),
        (exit(55), "", "a warning\nthe folder is not trusted; use --skip-trust\n  \n"),
        (exit(1), "Please run /login\n}\n", ""),
        (exit(75), "", "Credit balance is too low: credit balance"),
        (exit(2), "", &long),
        (exit(3), "", ""),
        (Ending::Signalled { signal: 9 }, "", "out of memory"),
        (Ending::TimedOut, "{\"type\": \"api_retry\", \"attempt\": 7}\n", ""),
        (not_started, "", ""),
    ];
    let alone = run(&config(rules(), json!({})), attempts).to_text();
    let compared = run(&config(rules(), json!({"agree_on": "verdict"})), attempts).to_text();
    golden!("agents/outputs", "reasons", format!("{alone}\n---\n{compared}"));
}

#[test]
fn a_gate_that_does_not_pass_has_a_reason() {
    let done = Ending::Exited { code: 0 };
    let answer = |verdict: &str| format!("{{\"verdict\": {verdict}}}");
    let [no, yes] = [answer("\"reject\""), answer("\"approve\"")];
    let settings = json!({"agree_on": "verdict", "accept": ["approve", "pass"]});
    let text = |run: &Run| {
        let diagnostics: Vec<Diagnostic> = run.error().into_iter().collect();
        format!("{}{}", run.to_text(), render_report(&diagnostics, &Masks::default()))
    };
    let gate = |attempts: &[(Ending, &str, &str)]| run(&config(json!({}), settings.clone()), attempts);
    let refused = gate(&[(done.clone(), &no, ""), (done.clone(), &no, ""), (done.clone(), &yes, "")]);
    let accepted = gate(&[(done.clone(), &yes, ""), (done.clone(), &no, ""), (done.clone(), &yes, "")]);
    let tied = gate(&[(done.clone(), &yes, ""), (done.clone(), &no, "")]);
    let missing =
        || Ending::NotStarted { class: ErrorClass::Permanent, reason: "no pipes can be made".into() };
    let not_started = gate(&[(missing(), "", ""), (missing(), "", "")]);
    let mixed = gate(&[(missing(), "", ""), (Ending::Exited { code: 1 }, "", "")]);
    let runs = [&refused, &accepted, &tied, &not_started, &mixed];
    assert_eq!(runs.map(|run| run.is_ok()), [false, true, false, false, false]);
    assert_eq!(runs.map(|run| run.decision.accepted), [Some(false), Some(true), None, None, None]);
    assert_eq!(runs.map(|run| run.not_started), [false, false, false, true, false]);
    golden!("agents/outputs", "runs_with_errors", runs.map(text).join("\n"));
}
