//! The texts of a gate: diagnostics, plans, events and results.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value as Json;
use speckit_core::agents::consensus::{Ballot, Vote};
use speckit_core::agents::credentials::{CredentialOrder, LoginState, VariableState};
use speckit_core::agents::gate::{
    AgentRun, Event, LeftProcess, Output, Plan, Request, Run, Status, Stream, list_text,
};
use speckit_core::agents::{ProviderConfig, Stage, StdinMode};
use speckit_core::app::AppConfig;
use speckit_core::config::redact::Masks;
use speckit_core::config::source::{Language, parse};
use speckit_core::retry::{Jitter, RetryConfig};
use speckit_core::{LayerKind, Source};
use speckit_tests::golden;

use crate::render_report;

fn request(prompt: &str) -> Request {
    Request { spec: "SPEC-1".into(), prompt: prompt.into() }
}

fn provider<'c>(config: &'c mut AppConfig, name: &str) -> &'c mut ProviderConfig {
    config.providers.get_mut(name).unwrap()
}

/// The defaults with providers that pass the prompt as an argument.
fn by_argument() -> AppConfig {
    let mut config = AppConfig::default();
    for settings in config.providers.values_mut() {
        settings.args = ["--model", "{model}", "{prompt}"].map(String::from).into();
        settings.stdin = StdinMode::None;
    }
    config
}

/// The report of the diagnostics, and whether there is a plan.
fn report(config: &AppConfig, stage: Stage, request: &Request) -> String {
    let (outcome, diagnostics) = match Plan::of(config, stage, request) {
        Ok((_, warnings)) => ("a plan", warnings),
        Err(diagnostics) => ("no plan", diagnostics),
    };
    format!("{}({outcome})\n", render_report(&diagnostics, &Masks::default()))
}

/// A plan whose only agent uses a login.
fn plan_with_a_login() -> Plan {
    let mut config = AppConfig::default();
    config.quality_gates.plan = vec!["gemini".into()];
    let google = provider(&mut config, "google");
    (google.login, google.token_env) = (Some("work".into()), Some("GEMINI_TOKEN".into()));
    let choose = CredentialOrder::of_provider(google)
        .choose(&|_| LoginState::Usable { valid_for: None }, &|_| VariableState::Set);
    let defaults = Source::document(LayerKind::Defaults, "defaults.toml", AppConfig::DEFAULTS);
    let tree = parse(&defaults, Language::Toml).unwrap();
    let choices = BTreeMap::from([("google".into(), choose)]);
    Plan::with_credentials(&config, tree.root(), Stage::Plan, &request("is it?"), &choices).unwrap().0
}

#[test]
fn plans_have_texts_and_json() {
    let (shipped, _) = Plan::of(&AppConfig::default(), Stage::Plan, &request("is the plan sound?")).unwrap();
    let mut config = AppConfig::default();
    config.quality_gates.unlock = ["claude-haiku", "gpt-pro", "gemini"].map(String::from).into();
    config.orchestrator.agree_on = Some("review.verdict".into());
    config.orchestrator.quorum = BTreeMap::from([(Stage::Unlock, 3)]);
    config.orchestrator.max_concurrent = 1;
    config.orchestrator.output_kib = 1;
    config.retry = config.retry.with_max_attempts(1);
    let openai = provider(&mut config, "openai");
    openai.command = "/opt/my tools/codex".into();
    openai.args = ["-m", "{model}", "--spec={spec}", "", "it's {Model}"].map(String::from).into();
    openai.stdin = StdinMode::Prompt;
    openai.retryable_exits = vec![69, 75];
    let google = provider(&mut config, "google");
    google.api_key_env = None;
    google.retryable_exits.clear();
    let prompt = format!("Judge the work.\n\u{1b}[31m{}", "It is long. ".repeat(425));
    let (custom, _) = Plan::of(&config, Stage::Unlock, &request(&prompt)).unwrap();
    let login = plan_with_a_login();
    golden!(
        "agents/gate",
        "plans",
        format!("{}\n---\n{}\n---\n{}", shipped.to_text(), custom.to_text(), login.to_text())
    );
    golden!(
        "agents/gate",
        "the_credential_of_a_login_as_json",
        format!("{:#}\n", login.to_json()["agents"][0])
    );
    let retry = RetryConfig::default().with_jitter(Jitter::Equal).with_multiplier(1.5);
    let short =
        Plan { agents: custom.agents[1..2].to_vec(), timeout: Duration::from_millis(1500), retry, ..custom };
    golden!("agents/gate", "a_plan_as_json", format!("{:#}\n", short.to_json()));
    assert_eq!(shipped.to_json()["agents"][1]["stdin"], "is the plan sound?");
}

#[test]
fn all_errors_of_a_gate_are_reported_at_once() {
    let mut config = by_argument();
    config.quality_gates.plan = ["gemni", "claude-haiku", "claude_haiku", "gpt_pro"].map(String::from).into();
    config.orchestrator.quorum = BTreeMap::from([(Stage::Plan, 5)]);
    config.orchestrator.agree_on = Some("review..verdict".into());
    config.providers.remove("openai");
    let claude = provider(&mut config, "anthropic");
    claude.args =
        ["--model", "{Model}", "{promt}", "{", "{}", "{\"model\": 1}", "a\0"].map(String::from).into();
    golden!(
        "agents/gate",
        "errors_of_a_gate",
        report(&config, Stage::Plan, &Request { spec: " ".into(), ..request("\n") })
    );
}

#[test]
fn each_invalid_request_has_help() {
    let config = by_argument();
    let mut with_spec = by_argument();
    provider(&mut with_spec, "google").args = vec!["{spec}".into()];
    provider(&mut with_spec, "google").command = "gem\0ini".into();
    with_spec.models.get_mut("gpt_codex").unwrap().model = "gpt\0".into();
    let mut by_stdin = AppConfig::default();
    for settings in by_stdin.providers.values_mut() {
        settings.args = vec!["{model}".into()];
        settings.stdin = StdinMode::Prompt;
    }
    let mut after_dashes = by_argument();
    for settings in after_dashes.providers.values_mut() {
        settings.args = ["--", "{prompt}"].map(String::from).into();
    }
    let long = "x".repeat(131_072);
    let spec = |spec: &str| Request { spec: spec.into(), ..request("judge") };
    let texts = [
        ("an empty prompt", report(&config, Stage::Plan, &request(""))),
        ("a NUL in the prompt", report(&config, Stage::Unlock, &request("a\0b"))),
        ("a NUL in the prompt, by stdin", report(&by_stdin, Stage::Unlock, &request("a\0b"))),
        ("a prompt like an option", report(&config, Stage::Unlock, &request("- one\n- two"))),
        ("a prompt like an option, after --", report(&after_dashes, Stage::Unlock, &request("--help"))),
        ("a prompt like an option, by stdin", report(&by_stdin, Stage::Unlock, &request("--help"))),
        ("an id like an option", report(&with_spec, Stage::Audit, &spec("-x"))),
        ("a NUL elsewhere", report(&with_spec, Stage::Validate, &spec("SPEC\0"))),
        ("a prompt as long as can be", report(&config, Stage::Plan, &request(&long[1..]))),
        ("a longer one", report(&config, Stage::Plan, &request(&long))),
        ("a longer one, by stdin", report(&by_stdin, Stage::Plan, &request(&long))),
        ("a long id", report(&with_spec, Stage::Audit, &spec(&long))),
    ];
    let text: Vec<String> = texts.iter().map(|(name, text)| format!("# {name}\n{text}\n")).collect();
    golden!("agents/gate", "invalid_requests", text.concat());
}

#[test]
fn invalid_settings_are_rejected_and_suspicious_ones_give_warnings() {
    let mut invalid = AppConfig::default();
    invalid.quality_gates.plan.clear();
    invalid.quality_gates.tasks =
        ["claude", "claude_haiku", "gemini", "gemini_flash", "gpt_codex", "gpt_pro"].map(String::from).into();
    invalid.models.get_mut("gpt_pro").unwrap().aliases.push("claude".into());
    invalid.orchestrator.agree_on = Some(String::new());
    invalid.orchestrator.quorum = BTreeMap::from([(Stage::Plan, 2), (Stage::Unlock, 0), (Stage::Audit, 4)]);
    let mut single_agent = AppConfig::default();
    single_agent.quality_gates.audit = vec!["claude".into()];
    single_agent.orchestrator.quorum = BTreeMap::from([(Stage::Audit, 2)]);
    let mut suspicious = by_argument();
    provider(&mut suspicious, "openai").args = vec!["--model={modle}".into(), "{ prompt }".into()];
    provider(&mut suspicious, "anthropic").args.clear();
    provider(&mut suspicious, "google").args = vec!["{prompt".into()];
    let judge = request("judge");
    let text = [
        report(&invalid, Stage::Plan, &judge),
        report(&invalid, Stage::Tasks, &judge),
        report(&invalid, Stage::Unlock, &judge),
        report(&single_agent, Stage::Audit, &judge),
        report(&suspicious, Stage::Unlock, &judge),
        report(&suspicious, Stage::Plan, &request(" ")),
    ];
    golden!("agents/gate", "invalid_and_suspicious_settings", text.join("\n"));
}

fn agent(name: &str, status: Status) -> AgentRun {
    AgentRun {
        name: name.into(),
        model: format!("{name}-1"),
        status,
        attempts: 1,
        exit: Some(0),
        signal: None,
        reason: None,
        elapsed_ms: 12_345,
        leaked: false,
        left: Vec::new(),
        dropped_bytes: 0,
        ended_at_ms: 1_790_000_012_345,
        output: Output::default(),
    }
}

fn run(agents: Vec<AgentRun>, votes: &[Vote], quorum: usize) -> Run {
    let mut ballot = Ballot::new(agents.iter().map(|agent| agent.name.clone()), quorum);
    for (agent, vote) in agents.iter().zip(votes) {
        ballot.cast(&agent.name, vote.clone());
    }
    Run {
        stage: "plan".into(),
        spec: "SPEC-1".into(),
        started_at_ms: 1_790_000_000_000,
        elapsed_ms: 12_400,
        cancelled: false,
        not_started: false,
        answers_compared: Some(votes.iter().any(|vote| matches!(vote, Vote::Answered(_)))),
        decision: ballot.close(),
        agents,
    }
}

fn left(pid: u32, command: &str) -> LeftProcess {
    LeftProcess { pid, command: command.into() }
}

/// One agent for each status, and one that left processes behind.
fn agents_of_all_statuses() -> Vec<AgentRun> {
    let with_end = |exit, signal, reason: Option<&str>, agent: AgentRun| AgentRun {
        exit,
        signal,
        reason: reason.map(String::from),
        ..agent
    };
    let permanent = "another attempt would fail in the same way";
    vec![
        agent("claude", Status::Ok),
        AgentRun {
            attempts: 3,
            elapsed_ms: 185_000,
            dropped_bytes: 5_140,
            ..agent("gemini_flash", Status::Ok)
        },
        AgentRun {
            attempts: 3,
            elapsed_ms: 900,
            ..with_end(Some(75), None, Some("3 attempts are allowed"), agent("gpt_pro", Status::Failed))
        },
        AgentRun {
            elapsed_ms: 40,
            ..with_end(None, Some(11), Some(permanent), agent("crasher", Status::Killed))
        },
        AgentRun {
            leaked: true,
            left: Vec::new(),
            dropped_bytes: 1_073_741_824,
            ..with_end(None, Some(15), Some(permanent), agent("sleeper", Status::TimedOut))
        },
        with_end(None, Some(34), None, agent("stopped", Status::Cancelled)),
        AgentRun {
            attempts: 0,
            elapsed_ms: 0,
            ..with_end(
                None,
                None,
                Some("No such file or directory (os error 2)"),
                agent("missing", Status::NotStarted),
            )
        },
        AgentRun {
            attempts: 0,
            elapsed_ms: 0,
            ..with_end(
                None,
                None,
                Some("the circuit breaker is open\u{7}"),
                agent("breaker", Status::CircuitOpen),
            )
        },
        AgentRun {
            leaked: true,
            left: Vec::from([left(4711, "sleep"), left(4712, "a\tserver")]),
            ..with_end(None, None, None, agent("leaver", Status::Ok))
        },
    ]
}

/// Three agents that answered, one differently, and one without an answer.
fn run_with_answers() -> Run {
    let mut agents = vec![
        agent("claude", Status::Ok),
        agent("gemini", Status::Ok),
        agent("gpt_pro", Status::Ok),
        agent("gpt_codex", Status::Ok),
    ];
    agents[0].output = Output {
        stdout: "looks good\r\n\n\tindented \u{1b}[1mbold\u{1b}[0m  \n{\"verdict\": \"approve\"}".into(),
        stderr: "warming up\r50 %\rdone\n".into(),
    };
    agents[1].output.stdout = "{\"verdict\":\"reject\"}\n".into();
    let votes = ["\"approve\"", "\"reject\""].map(|answer| Vote::Answered(answer.into()));
    let none = Vote::Unanswered("no JSON object in its output has `verdict`".into());
    run(agents, &[votes[0].clone(), votes[1].clone(), votes[0].clone(), none], 2)
}

fn run_with_tie() -> Run {
    let long = format!("{{\"why\":\"{}\"}}", "because ".repeat(20));
    let votes = [Vote::Answered(long), Vote::Answered("1".into())];
    let agents = vec![agent("claude", Status::Ok), agent("gemini", Status::Ok)];
    Run { cancelled: true, ..run(agents, &votes, 2) }
}

fn run_with_all_statuses() -> Run {
    run(agents_of_all_statuses(), &[Vote::Succeeded, Vote::Succeeded, Vote::Failed], 6)
}

fn run_of_one_agent() -> Run {
    let mut run = run(vec![agent("claude", Status::Ok)], &[Vote::Succeeded], 1);
    run.spec = "SPEC\u{202e}2".into();
    run
}

#[test]
fn results_have_texts_and_json() {
    let runs = [run_of_one_agent(), run_with_all_statuses(), run_with_answers(), run_with_tie()];
    let text = runs.map(|run| run.to_text()).join("\n");
    assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
    golden!("agents/gate", "runs", text);
    golden!("agents/gate", "a_run_with_its_outputs", run_with_answers().to_text_with_outputs());
    let json =
        format!("{:#}\n{:#}\n", run_with_answers().to_json(Some(7)), run_with_all_statuses().to_json(None));
    golden!("agents/gate", "runs_as_json", json);
    golden!(
        "agents/gate",
        "a_run_with_its_outputs_as_json",
        format!("{:#}\n", run_with_answers().to_json_with_outputs(Some(7)))
    );
}

#[test]
fn stored_runs_are_listed_as_a_table() {
    let runs = [
        (9, run_of_one_agent()),
        (10, run_with_all_statuses()),
        (11, Run { elapsed_ms: 3_723_000, ..run_with_answers() }),
        (12, run_with_tie()),
    ];
    golden!("agents/gate", "stored_runs", format!("{}\n---\n{}", list_text(&runs), list_text(&[])));
}

#[test]
fn each_event_is_one_line() {
    let output = |stream, line: &str| Event::Output { name: "claude".into(), stream, line: line.into() };
    let retrying = |reason: &str, wait_ms| Event::AgentRetrying {
        name: "claude".into(),
        attempt: 1,
        reason: reason.into(),
        wait_ms,
    };
    let mut events = vec![
        Event::Started {
            stage: "plan".into(),
            spec: "SPEC-1".into(),
            agents: vec!["claude".into(), "gemini".into()],
            quorum: 2,
        },
        Event::AgentStarted { name: "claude".into(), attempt: 2 },
        output(Stream::Stdout, "a line\twith \u{1b}[31mcolour"),
        output(Stream::Stdout, ""),
        output(Stream::Stderr, "a warning"),
        retrying("exit 75", 300),
        retrying("signal\n9", 7),
        Event::Missed { count: 1 },
        Event::Missed { count: 640 },
    ];
    events.extend(agents_of_all_statuses().into_iter().map(Event::AgentFinished));
    events.extend([Event::Finished(run_with_answers()), Event::Finished(run_with_tie())]);
    let text: Vec<String> = events.iter().map(|event| format!("{event}\n")).collect();
    assert!(text.iter().all(|line| line.lines().count() == 1), "{text:?}");
    golden!("agents/gate", "events", text.concat());
}

#[test]
fn the_json_of_a_run_is_its_last_event_with_the_run_id() {
    let event = serde_json::to_value(Event::Finished(run_with_answers())).unwrap();
    let mut run = run_with_answers().to_json(Some(3));
    assert_eq!(run.as_object_mut().unwrap().remove("run_id"), Some(Json::from(3)));
    assert_eq!(event, run);
}

#[test]
fn invalid_json_of_a_run_has_a_reason() {
    let valid = run_with_answers().to_json_with_outputs(Some(7));
    let edit_and_parse = |edit: &dyn Fn(&mut Json)| {
        let mut json = valid.clone();
        edit(&mut json);
        Run::from_json(&json).unwrap_err()
    };
    let errors = [
        Run::from_json(&Json::Null).unwrap_err(),
        edit_and_parse(&|run| run["event"] = "started".into()),
        edit_and_parse(&|run| run["run_id"] = "seven".into()),
        edit_and_parse(&|run| drop(run.as_object_mut().unwrap().remove("verdict"))),
        edit_and_parse(&|run| run["verdict"] = "perhaps".into()),
        edit_and_parse(&|run| run["agents"][0]["status"] = 1.into()),
        edit_and_parse(&|run| drop(run["agents"][1].as_object_mut().unwrap().remove("stderr"))),
        Run::from_json(&run_with_answers().to_json(None)).unwrap_err(),
    ];
    golden!("agents/gate", "invalid_json_of_a_run", errors.join("\n"));
}
