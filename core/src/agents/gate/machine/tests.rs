use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::*;
use crate::agents::consensus::{NoAnswer, Verdict};
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
        name: name.to_string(),
        provider: "anthropic".into(),
        model: alloc::format!("{name}-1"),
        command: CommandLine::default(),
        retryable_exits: vec![75],
    };
    Plan {
        stage: "plan".into(),
        spec: "SPEC-1".into(),
        agents: names.iter().map(agent).collect(),
        quorum: 1,
        agree_on: None,
        max_concurrent: 10,
        timeout: Duration::from_secs(300),
        grace: Duration::from_secs(5),
        output_bytes: 1024,
        retry: RetryConfig { jitter: Jitter::None, ..RetryConfig::default() },
    }
}

fn begin(plan: Plan) -> (Machine, Vec<Action>) {
    begin_masking(plan, &[])
}

fn begin_masking(plan: Plan, secrets: &[&str]) -> (Machine, Vec<Action>) {
    let masks = Masks::of_texts(secrets.iter().map(|secret| secret.to_string()));
    Machine::begin(plan, masks.into(), Seed::new(42), ms(1_000_000))
}

fn attempt(ending: Ending, stdout: &str) -> Attempt {
    let stdout = Captured::from(stdout.as_bytes().to_vec());
    let (stderr, answer) = (Captured::default(), Err(NoAnswer::NoObject));
    Attempt { ending, stdout, stderr, answer, elapsed: Duration::ZERO, is_leaked: false }
}

fn ended(agent: usize, ending: Ending) -> Input {
    Input::Ended { agent, attempt: attempt(ending, "") }
}

/// Begins an attempt of the agent and ends it at the same time, with the answer in what is kept of its output.
fn run(machine: &mut Machine, now: u64, agent: usize, mut attempt: Attempt) -> Vec<Action> {
    machine.step(ms(now), Input::Begun { agent });
    if let Some(mut scanner) = machine.plan.scanner(&machine.plan.agents[agent], &machine.masks) {
        scanner.push(attempt.stdout.to_text().as_bytes());
        attempt.answer = scanner.finish();
    }
    machine.step(ms(now), Input::Ended { agent, attempt })
}

fn starts(actions: &[Action]) -> Vec<(usize, u32)> {
    let start = |action: &Action| match action {
        Action::Start { agent, attempt } => Some((*agent, *attempt)),
        _ => None,
    };
    actions.iter().filter_map(start).collect()
}

/// The agent's run that these actions tell of.
fn told(actions: &[Action]) -> &AgentRun {
    let found = actions.iter().find_map(|action| match action {
        Action::Tell(Event::AgentFinished(run)) => Some(run),
        _ => None,
    });
    found.expect("an agent is through")
}

fn finished(actions: &[Action]) -> &Run {
    match actions.last() {
        Some(Action::Finish(run)) => run,
        other => panic!("the gate ends with {other:?}"),
    }
}

/// What becomes of the only agent of a gate whose first attempt ends so.
fn alone(attempt: Attempt) -> AgentRun {
    let (mut machine, _) = begin(plan(&["claude"]));
    told(&run(&mut machine, 0, 0, attempt)).clone()
}

fn reason(ending: Ending) -> String {
    alone(attempt(ending, "")).reason.expect("it failed")
}

#[test]
fn an_agent_that_fails_for_the_moment_is_tried_again_after_its_wait() {
    let (mut machine, actions) = begin(plan(&["claude"]));
    let started = Event::Started {
        stage: "plan".into(),
        spec: "SPEC-1".into(),
        agents: vec!["claude".into()],
        quorum: 1,
    };
    assert_eq!(actions, [Action::Tell(started), Action::Start { agent: 0, attempt: 1 }]);

    let begun = |attempt| [Action::Tell(Event::AgentStarted { name: "claude".into(), attempt })];
    assert_eq!(machine.step(ms(3), Input::Begun { agent: 0 }), begun(1));
    let retrying =
        Event::AgentRetrying { name: "claude".into(), attempt: 1, reason: "exit 75".into(), wait_ms: 100 };
    assert_eq!(machine.step(ms(20), ended(0, TEMPORARY)), [Action::Tell(retrying)]);
    assert_eq!(machine.next_deadline(), Some(ms(120)));
    assert_eq!(machine.step(ms(119), Input::Due), []);
    assert_eq!(machine.step(ms(120), Input::Due), [Action::Start { agent: 0, attempt: 2 }]);
    assert_eq!(machine.next_deadline(), None);
    assert_eq!(machine.step(ms(121), Input::Begun { agent: 0 }), begun(2));

    let run = AgentRun {
        name: "claude".into(),
        model: "claude-1".into(),
        status: Status::Ok,
        attempts: 2,
        exit: Some(0),
        signal: None,
        reason: None,
        elapsed_ms: 147,
        leaked: false,
        dropped_bytes: 0,
        ended_at_ms: 1_000_150,
        output: Output::default(),
    };
    let actions = machine.step(ms(150), Input::Ended { agent: 0, attempt: attempt(DONE, "yes") });
    assert_eq!(actions[0], Action::Tell(Event::AgentFinished(run.clone())));
    let mut end = finished(&actions).clone();
    assert_eq!((end.started_at_ms, end.elapsed_ms, end.cancelled), (1_000_000, 150, false));
    assert_eq!(end.decision.verdict, Verdict::Full);
    assert_eq!(end.agents[0].output.stdout, "yes");
    end.agents[0].output = Output::default();
    assert_eq!(end.agents, [run]);
    assert_eq!(actions[1..2], [Action::Tell(Event::Finished(end))]);
    assert_eq!(actions.len(), 3);
    assert_eq!(machine.step(ms(151), Input::Cancel), []);
}

#[test]
fn a_free_slot_goes_to_the_queue_first_and_then_to_whoever_waited_first() {
    let (mut machine, actions) = begin(Plan { max_concurrent: 2, ..plan(&["a", "b", "c", "d"]) });
    assert_eq!(starts(&actions), [(0, 1), (1, 1)]);
    // b is due at 140 and a at 150, both before a slot is free.
    assert_eq!(starts(&run(&mut machine, 40, 1, attempt(TEMPORARY, ""))), [(2, 1)]);
    assert_eq!(starts(&run(&mut machine, 50, 0, attempt(TEMPORARY, ""))), [(3, 1)]);
    assert_eq!(machine.next_deadline(), None, "no slot is free");
    assert_eq!(machine.step(ms(200), Input::Due), []);
    assert_eq!(starts(&run(&mut machine, 200, 3, attempt(DONE, ""))), [(1, 2)]);
    assert_eq!(starts(&run(&mut machine, 200, 2, attempt(DONE, ""))), [(0, 2)]);
}

#[test]
fn a_gate_that_allows_nobody_runs_one_after_another() {
    let (mut machine, actions) = begin(Plan { max_concurrent: 0, ..plan(&["a", "b"]) });
    assert_eq!(starts(&actions), [(0, 1)]);
    assert_eq!(starts(&run(&mut machine, 5, 0, attempt(DONE, ""))), [(1, 1)]);
}

#[test]
fn a_gate_without_agents_is_over_at_once() {
    let (mut machine, actions) = begin(plan(&[]));
    assert!(matches!(
        actions[..],
        [Action::Tell(Event::Started { .. }), Action::Tell(Event::Finished(_)), _]
    ));
    assert_eq!(finished(&actions).decision.verdict, Verdict::Insufficient);
    assert!(!finished(&actions).cancelled);
    assert_eq!(machine.step(ms(1), Input::Kill), []);
}

#[test]
fn a_reason_says_what_happened_and_why_there_is_no_other_attempt() {
    assert_eq!(alone(attempt(DONE, "")).reason, None);
    assert_eq!(reason(Ending::Exited { code: 3 }), "exit 3; another attempt would fail in the same way");
    assert_eq!(reason(Ending::Signalled { signal: 9 }), "signal 9 (SIGKILL) ended it");
    assert_eq!(reason(Ending::Signalled { signal: 40 }), "signal 40 ended it");
    assert_eq!(reason(Ending::TimedOut), "it was not done after 300s (`orchestrator.agent_timeout_s`)");
    assert_eq!(reason(Ending::CircuitOpen), "its provider anthropic failed too often of late");
    let missing = Ending::NotStarted { class: ErrorClass::Permanent, reason: "no such file".into() };
    assert_eq!(reason(missing), "no such file");
}

#[test]
fn a_reason_says_that_all_attempts_are_used_up_or_all_time_for_waits() {
    let busy = Ending::NotStarted { class: ErrorClass::Retryable, reason: "text file busy".into() };
    for (ending, deadline_ms, expected) in [
        (TEMPORARY, 30_000, "exit 75; 2 attempts are allowed"),
        (busy, 30_000, "text file busy; 2 attempts are allowed"),
        (TEMPORARY, 50, "exit 75; a wait of 100ms would end after the deadline of 50ms"),
    ] {
        let mut plan = plan(&["claude"]);
        plan.retry = RetryConfig { max_attempts: 2, deadline_ms, ..plan.retry };
        let (mut machine, _) = begin(plan);
        let mut actions = run(&mut machine, 0, 0, attempt(ending.clone(), ""));
        if deadline_ms > 100 {
            machine.step(ms(100), Input::Due);
            actions = run(&mut machine, 100, 0, attempt(ending, ""));
        }
        assert_eq!(told(&actions).reason.as_deref(), Some(expected));
    }
}

#[test]
fn the_deadline_is_one_of_waits_and_not_of_attempts() {
    let mut plan = plan(&["claude"]);
    plan.retry = RetryConfig { max_attempts: 9, deadline_ms: 300, ..plan.retry };
    let (mut machine, _) = begin(plan);
    run(&mut machine, 60_000, 0, attempt(TEMPORARY, ""));
    assert_eq!(starts(&machine.step(ms(60_100), Input::Due)), [(0, 2)]);
    run(&mut machine, 120_000, 0, attempt(TEMPORARY, ""));
    assert_eq!(starts(&machine.step(ms(120_200), Input::Due)), [(0, 3)], "300 ms have been waited");
    let actions = run(&mut machine, 180_000, 0, attempt(TEMPORARY, ""));
    assert_eq!(told(&actions).reason.as_deref(), Some("exit 75; the deadline of 300ms has passed"));
}

#[test]
fn a_gate_that_is_called_off_stops_who_runs_and_ends_who_does_not() {
    let (mut machine, _) = begin(Plan { max_concurrent: 2, ..plan(&["waits", "runs", "called", "queued"]) });
    machine.step(ms(0), Input::Begun { agent: 1 });
    run(&mut machine, 10, 0, attempt(TEMPORARY, "so far"));

    let actions = machine.step(ms(20), Input::Cancel);
    let runs: Vec<_> = actions.iter().filter(|action| matches!(action, Action::Tell(_))).collect();
    assert_eq!(runs.len(), 2);
    let waits = told(&actions);
    assert_eq!((waits.status, waits.attempts, waits.exit), (Status::Cancelled, 1, Some(75)));
    assert_eq!((waits.elapsed_ms, waits.ended_at_ms), (10, 1_000_020));
    let expected = "exit 75; the gate was called off before another attempt";
    assert_eq!(waits.reason.as_deref(), Some(expected));
    assert_eq!(actions[1..3], [Action::Stop { agent: 1 }, Action::Stop { agent: 2 }]);
    let queued = told(&actions[3..]);
    assert_eq!((queued.status, queued.attempts, queued.elapsed_ms), (Status::Cancelled, 0, 0));
    assert_eq!(queued.reason.as_deref(), Some("the gate was called off before it began"));

    assert_eq!(machine.step(ms(21), Input::Cancel), []);
    assert_eq!(machine.step(ms(22), Input::Kill), [Action::Kill { agent: 1 }, Action::Kill { agent: 2 }]);
    assert_eq!(machine.step(ms(23), Input::Kill), []);
    let called = machine.step(ms(24), ended(2, Ending::Cancelled));
    assert_eq!((told(&called).status, told(&called).attempts), (Status::Cancelled, 0));
    let end = machine.step(ms(25), Input::Ended { agent: 1, attempt: attempt(Ending::Cancelled, "half") });
    assert_eq!(told(&end).reason.as_deref(), Some("the gate was called off while it ran"));
    assert!(finished(&end).cancelled);
    let kept: Vec<&str> = finished(&end).agents.iter().map(|agent| agent.output.stdout.as_str()).collect();
    assert_eq!(kept, ["so far", "half", "", ""]);
}

#[test]
fn a_kill_calls_the_gate_off_too() {
    let (mut machine, _) = begin(Plan { max_concurrent: 1, ..plan(&["a", "b"]) });
    let actions = machine.step(ms(5), Input::Kill);
    assert_eq!(actions[0], Action::Kill { agent: 0 });
    assert_eq!(told(&actions).name, "b");
    assert_eq!(machine.step(ms(6), Input::Cancel), []);
    assert!(finished(&machine.step(ms(7), ended(0, Ending::Cancelled))).cancelled);
}

#[test]
fn what_came_to_its_own_end_after_all_was_not_called_off() {
    let ends = [
        (DONE, Status::Ok),
        (Ending::Exited { code: 3 }, Status::Failed),
        (Ending::TimedOut, Status::TimedOut),
    ];
    for (ending, status) in ends {
        let (mut machine, _) = begin(plan(&["a"]));
        machine.step(ms(1), Input::Begun { agent: 0 });
        assert_eq!(machine.step(ms(2), Input::Cancel), [Action::Stop { agent: 0 }]);
        let actions = machine.step(ms(3), ended(0, ending));
        assert_eq!((told(&actions).status, finished(&actions).cancelled), (status, false));
    }
    // Without the call it would have been tried again.
    let (mut machine, _) = begin(plan(&["a"]));
    machine.step(ms(1), Input::Cancel);
    let actions = run(&mut machine, 3, 0, attempt(TEMPORARY, ""));
    assert_eq!((told(&actions).status, finished(&actions).cancelled), (Status::Failed, true));
    let expected = "exit 75; the gate was called off before another attempt";
    assert_eq!(told(&actions).reason.as_deref(), Some(expected));
}

#[test]
fn a_leak_of_an_early_attempt_is_not_forgotten() {
    let (mut machine, _) = begin(plan(&["a"]));
    let leaky = Attempt { is_leaked: true, ..attempt(TEMPORARY, "") };
    run(&mut machine, 0, 0, leaky);
    machine.step(ms(100), Input::Due);
    assert!(told(&run(&mut machine, 100, 0, attempt(DONE, ""))).leaked);
}

#[test]
fn an_attempt_that_was_refused_counts_though_it_never_began() {
    let (mut machine, _) = begin(plan(&["a"]));
    let actions = machine.step(ms(5), ended(0, Ending::CircuitOpen));
    let run = told(&actions);
    assert_eq!((run.status, run.attempts, run.elapsed_ms), (Status::CircuitOpen, 1, 0));
}
