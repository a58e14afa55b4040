//! The orchestrator with fake processes: when agents start, which events are sent, and what a cancelled gate leaves.

use std::time::Duration;

use speckit::agents::AsyncOrchestrator;
use speckit::retry::{Jitter, RetryConfig, Seed};
use speckit_core::agents::gate::{Agent, AgentRun, CommandLine, Event, Plan, Run, Status};

mod breaking;
mod cancelling;
mod dropping;
mod fake_processes;
mod listening;
mod logins;
mod masking;
mod panicking;
mod seeds;
mod staging;
mod timing;

use fake_processes::FakeProcesses;

const MS: fn(u64) -> Duration = Duration::from_millis;

/// An agent of this provider with one script for each attempt; see [`FakeProcesses`].
fn agent_of(provider: &str, name: &str, scripts: &[&str]) -> Agent {
    let command = CommandLine::new(name, scripts.iter().copied());
    Agent { provider: provider.into(), model: format!("{name}-1"), ..Agent::new(name, command) }
}

fn agent(name: &str, scripts: &[&str]) -> Agent {
    agent_of("anthropic", name, scripts)
}

fn plan(agents: impl IntoIterator<Item = Agent>) -> Plan {
    let agents: Vec<_> = agents.into_iter().collect();
    Plan {
        stage: "plan".into(),
        spec: "SPEC-1".into(),
        quorum: (2 * agents.len()).div_ceil(3),
        agents,
        agree_on: None,
        accept: None,
        max_concurrent: 10,
        timeout: Duration::from_secs(300),
        grace: Duration::from_secs(5),
        output_bytes: 65_536,
        retry: RetryConfig::default().with_jitter(Jitter::None),
    }
}

/// An orchestrator and the fake processes that it starts.
fn orchestrator(max_concurrent: usize) -> (AsyncOrchestrator, FakeProcesses) {
    let processes = FakeProcesses::default();
    (AsyncOrchestrator::with(processes.clone(), max_concurrent).seed(Seed::new(1)), processes)
}

fn statuses(run: &Run) -> Vec<Status> {
    run.agents.iter().map(|agent| agent.status).collect()
}

/// Describes an event in a few words.
fn summarize(event: &Event) -> String {
    match event {
        Event::Started { agents, quorum, .. } => format!("started {} of {}", quorum, agents.len()),
        Event::AgentStarted { name, attempt } => format!("{name} started {attempt}"),
        Event::Output { name, line, .. } => format!("{name}: {line}"),
        Event::AgentRetrying { name, attempt, wait_ms, .. } => {
            format!("{name} failed {attempt}, waits {wait_ms}")
        }
        Event::AgentFinished(AgentRun { name, status, attempts, .. }) => {
            format!("{name} {status:?} after {attempts}")
        }
        Event::Missed { count } => format!("missed {count}"),
        Event::Finished(run) => format!("finished {:?}", run.decision.verdict),
        other => panic!("{other:?}"),
    }
}

fn summarize_all(events: impl Iterator<Item = Event>) -> Vec<String> {
    events.map(|event| summarize(&event)).collect()
}
