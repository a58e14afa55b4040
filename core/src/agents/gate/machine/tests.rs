use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::*;
use crate::agents::consensus::{OutputReading, Verdict};
use crate::agents::gate::plan::{Agent, CommandLine};
use crate::agents::gate::run::{AgentRun, Ending, Output, Status};
use crate::agents::process::capture::Captured;
use crate::config::redact::Masks;
use crate::retry::{ErrorClass, Jitter, RetryConfig};

mod answers;

const TEMPORARY: Ending = Ending::Exited { code: 75 };
const DONE: Ending = Ending::Exited { code: 0 };

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn plan(names: &[&str]) -> Plan {
    let agent = |name: &&str| Agent {
        provider: "anthropic".into(),
        model: alloc::format!("{name}-1"),
        ..Agent::new(*name, CommandLine::default())
    };
    let retry = RetryConfig { jitter: Jitter::None, ..RetryConfig::default() };
    Plan { quorum: 1, retry, ..Plan::new("plan", "SPEC-1", names.iter().map(agent)) }
}

fn begin(plan: Plan) -> (GateMachine, Vec<Action>) {
    begin_masking(plan, &[])
}

fn begin_masking(plan: Plan, secrets: &[&str]) -> (GateMachine, Vec<Action>) {
    let masks = Masks::of_texts(secrets.iter().map(|secret| secret.to_string()));
    GateMachine::begin(plan, masks.into(), Seed::new(42), ms(1_000_000))
}

fn attempt(ending: Ending, stdout: &str) -> Attempt {
    let stdout = Captured::from(stdout.as_bytes().to_vec());
    let reading = OutputReading { answer: Ok(None), error: None };
    Attempt {
        ending,
        stdout,
        stderr: Captured::default(),
        reading,
        elapsed: Duration::ZERO,
        leaked: false,
        left: Vec::new(),
    }
}

fn ended(agent: usize, attempt: u32, ending: Ending) -> Input {
    Input::Ended { agent, attempt, result: self::attempt(ending, "") }
}

/// Begins and ends the next attempt of the agent; the answer comes from its captured output.
fn run(machine: &mut GateMachine, now: u64, agent: usize, mut result: Attempt) -> Vec<Action> {
    let attempt = machine.agents[agent].current_attempt().expect("it has a slot");
    machine.step(ms(now), Input::Begun { agent, attempt });
    let mut reader = machine.gate.plan.reader(&machine.gate.plan.agents[agent], &machine.gate.masks);
    reader.push(result.stdout.to_text().as_bytes());
    result.reading = reader.finish();
    machine.step(ms(now), Input::Ended { agent, attempt, result })
}

fn starts(actions: &[Action]) -> Vec<(usize, u32)> {
    let start = |action: &Action| match action {
        Action::Start { agent, attempt } => Some((*agent, *attempt)),
        _ => None,
    };
    actions.iter().filter_map(start).collect()
}

/// The result of the agent that these actions report as finished.
fn agent_finished(actions: &[Action]) -> &AgentRun {
    let found = actions.iter().find_map(|action| match action {
        Action::Emit(Event::AgentFinished(run)) => Some(run),
        _ => None,
    });
    found.expect("an agent has finished")
}

fn finished(actions: &[Action]) -> &Run {
    match actions.last() {
        Some(Action::Finish(run)) => run,
        other => panic!("the gate ends with {other:?}"),
    }
}

/// The result of the only agent of a gate, whose first attempt ends like this.
fn run_alone(attempt: Attempt) -> AgentRun {
    let (mut machine, _) = begin(plan(&["claude"]));
    agent_finished(&run(&mut machine, 0, 0, attempt)).clone()
}

fn reason(ending: Ending) -> String {
    run_alone(attempt(ending, "")).reason.expect("it failed")
}

#[test]
fn a_retryable_failure_is_retried_after_a_wait() {
    let (mut machine, actions) = begin(plan(&["claude"]));
    let started = Event::Started {
        stage: "plan".into(),
        spec: "SPEC-1".into(),
        agents: vec!["claude".into()],
        quorum: 1,
    };
    assert_eq!(actions, [Action::Emit(started), Action::Start { agent: 0, attempt: 1 }]);

    let begun = |attempt| [Action::Emit(Event::AgentStarted { name: "claude".into(), attempt })];
    assert_eq!(machine.step(ms(3), Input::Begun { agent: 0, attempt: 1 }), begun(1));
    let retrying =
        Event::AgentRetrying { name: "claude".into(), attempt: 1, reason: "exit 75".into(), wait_ms: 100 };
    assert_eq!(machine.step(ms(20), ended(0, 1, TEMPORARY)), [Action::Emit(retrying)]);
    assert_eq!(machine.next_deadline(), Some(ms(120)));
    assert_eq!(machine.step(ms(119), Input::Timer), []);
    assert_eq!(machine.step(ms(120), Input::Timer), [Action::Start { agent: 0, attempt: 2 }]);
    assert_eq!(machine.next_deadline(), None);
    assert_eq!(machine.step(ms(121), Input::Begun { agent: 0, attempt: 2 }), begun(2));

    let actions = machine.step(ms(150), Input::Ended { agent: 0, attempt: 2, result: attempt(DONE, "yes") });
    let [
        Action::Emit(Event::AgentFinished(agent)),
        Action::Emit(Event::Finished(event)),
        Action::Finish(run),
    ] = actions.as_slice()
    else {
        panic!("{actions:?}");
    };
    assert_eq!((agent.elapsed_ms, agent.ended_at_ms), (147, 1_000_150));
    assert_eq!((run.started_at_ms, run.elapsed_ms, run.decision.verdict), (1_000_000, 150, Verdict::Full));
    assert_eq!(run.agents[0].output.stdout, "yes");
    assert_eq!([&event.agents[0], agent].map(|agent| &agent.output), [&Output::default(); 2]);
    assert_eq!(machine.step(ms(151), Input::Cancel), []);
}

#[test]
fn a_late_or_repeated_report_of_an_earlier_attempt_changes_nothing() {
    let (mut machine, _) = begin(plan(&["claude"]));
    machine.step(ms(0), Input::Begun { agent: 0, attempt: 1 });
    machine.step(ms(10), ended(0, 1, TEMPORARY));
    assert_eq!(starts(&machine.step(ms(110), Input::Timer)), [(0, 2)]);
    for (before, after) in [(110, 111), (112, 113)] {
        assert_eq!(machine.step(ms(before), Input::Begun { agent: 0, attempt: 1 }), [], "at {before} ms");
        assert_eq!(machine.step(ms(before), ended(0, 1, DONE)), [], "at {before} ms");
        assert_eq!(machine.step(ms(before), ended(0, 1, Ending::Cancelled)), [], "at {before} ms");
        machine.step(ms(after), Input::Begun { agent: 0, attempt: 2 });
    }
    let run = agent_finished(&machine.step(ms(120), ended(0, 2, DONE))).clone();
    assert_eq!((run.status, run.attempts), (Status::Ok, 2));
}

#[test]
fn a_gate_without_agents_finishes_at_once() {
    let (mut machine, actions) = begin(plan(&[]));
    assert!(matches!(
        actions[..],
        [Action::Emit(Event::Started { .. }), Action::Emit(Event::Finished(_)), _]
    ));
    assert_eq!(finished(&actions).decision.verdict, Verdict::Insufficient);
    assert!(!finished(&actions).cancelled);
    assert_eq!(machine.step(ms(1), Input::Kill), []);
}

#[test]
fn a_reason_names_the_failure_and_why_it_is_not_retried() {
    assert_eq!(run_alone(attempt(DONE, "yes")).reason, None);
    assert_eq!(reason(Ending::Exited { code: 3 }), "exit 3; this kind of failure is not retried");
    assert_eq!(reason(Ending::Signalled { signal: 9 }), "signal 9 (SIGKILL) ended it");
    assert_eq!(reason(Ending::Signalled { signal: 40 }), "signal 40 ended it");
    assert_eq!(reason(Ending::TimedOut), "it was not done after 300s (`orchestrator.agent_timeout_s`)");
    assert_eq!(reason(Ending::CircuitOpen), "the circuit breaker of its provider anthropic is open");
    let missing = Ending::NotStarted { class: ErrorClass::Permanent, reason: "no such file".into() };
    assert_eq!(reason(missing), "no such file");
}

#[test]
fn a_reason_names_the_exhausted_limit_of_retries() {
    let busy = Ending::NotStarted { class: ErrorClass::Retryable, reason: "text file busy".into() };
    for (ending, deadline_ms, expected) in [
        (TEMPORARY, 30_000, "exit 75; 2 attempts are allowed"),
        (busy, 30_000, "text file busy; 2 attempts are allowed"),
        (TEMPORARY, 50, "exit 75; a wait of 100 ms would end after the deadline of 50 ms"),
    ] {
        let mut plan = plan(&["claude"]);
        plan.retry = RetryConfig { max_attempts: 2, deadline_ms, ..plan.retry };
        let (mut machine, _) = begin(plan);
        let mut actions = run(&mut machine, 0, 0, attempt(ending.clone(), ""));
        if deadline_ms > 100 {
            machine.step(ms(100), Input::Timer);
            actions = run(&mut machine, 100, 0, attempt(ending, ""));
        }
        assert_eq!(agent_finished(&actions).reason.as_deref(), Some(expected));
    }
}

#[test]
fn the_deadline_limits_the_waits_and_not_the_attempts() {
    let mut plan = plan(&["claude"]);
    plan.retry = RetryConfig { max_attempts: 9, deadline_ms: 300, ..plan.retry };
    let (mut machine, _) = begin(plan);
    run(&mut machine, 60_000, 0, attempt(TEMPORARY, ""));
    assert_eq!(starts(&machine.step(ms(60_100), Input::Timer)), [(0, 2)]);
    run(&mut machine, 120_000, 0, attempt(TEMPORARY, ""));
    assert_eq!(starts(&machine.step(ms(120_200), Input::Timer)), [(0, 3)], "300 ms have been waited");
    let actions = run(&mut machine, 180_000, 0, attempt(TEMPORARY, ""));
    assert_eq!(
        agent_finished(&actions).reason.as_deref(),
        Some("exit 75; the deadline of 300 ms has passed")
    );
}

#[test]
fn cancelling_stops_running_agents_and_finishes_the_others() {
    let (mut machine, _) =
        begin(Plan { max_concurrent: 2, ..plan(&["waiting", "running", "starting", "queued"]) });
    machine.step(ms(0), Input::Begun { agent: 1, attempt: 1 });
    run(&mut machine, 10, 0, attempt(TEMPORARY, "so far"));

    let actions = machine.step(ms(20), Input::Cancel);
    let runs: Vec<_> = actions.iter().filter(|action| matches!(action, Action::Emit(_))).collect();
    assert_eq!(runs.len(), 2);
    let waiting = agent_finished(&actions);
    assert_eq!((waiting.status, waiting.attempts, waiting.exit), (Status::Cancelled, 1, Some(75)));
    assert_eq!((waiting.elapsed_ms, waiting.ended_at_ms), (10, 1_000_020));
    let expected = "exit 75: so far; the gate was cancelled before another attempt";
    assert_eq!(waiting.reason.as_deref(), Some(expected));
    assert_eq!(actions[1..3], [Action::Stop { agent: 1 }, Action::Stop { agent: 2 }]);
    let queued = agent_finished(&actions[3..]);
    assert_eq!((queued.status, queued.attempts, queued.elapsed_ms), (Status::Cancelled, 0, 0));
    assert_eq!(queued.reason.as_deref(), Some("the gate was cancelled before it began"));

    assert_eq!(machine.step(ms(21), Input::Cancel), []);
    assert_eq!(machine.step(ms(22), Input::Kill), [Action::Kill { agent: 1 }, Action::Kill { agent: 2 }]);
    assert_eq!(machine.step(ms(23), Input::Kill), []);
    let starting = machine.step(ms(24), ended(2, 1, Ending::Cancelled));
    assert_eq!(
        (agent_finished(&starting).status, agent_finished(&starting).attempts),
        (Status::Cancelled, 0)
    );
    let half = Input::Ended { agent: 1, attempt: 1, result: attempt(Ending::Cancelled, "half") };
    let end = machine.step(ms(25), half);
    assert_eq!(agent_finished(&end).reason.as_deref(), Some("the gate was cancelled while it ran"));
    assert!(finished(&end).cancelled);
    let kept: Vec<&str> = finished(&end).agents.iter().map(|agent| agent.output.stdout.as_str()).collect();
    assert_eq!(kept, ["so far", "half", "", ""]);
}
