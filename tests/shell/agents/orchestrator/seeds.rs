//! Random gates in the real orchestrator, on a paused clock: the same seed gives the same log, and every log obeys the
//! rules.

use std::collections::BTreeMap;

use speckit_core::agents::consensus::Verdict;
use speckit_core::agents::gate::Output;
use speckit_core::retry::RandomStream;
use tokio::time::sleep;

use super::*;

/// The scripts of one agent, for up to three attempts.
fn random_scripts(random: &mut RandomStream) -> Vec<String> {
    let attempt = |random: &mut RandomStream| {
        let wait = format!("{} {}", ["wait", "ignore-stop"][random.up_to(1) as usize], random.up_to(400));
        let end = [
            "exit 0",
            "exit 0",
            "exit 0",
            "exit 75",
            "exit 75",
            "exit 1",
            "fail-start x",
            "missing x",
            "signal 9",
            "panic x",
        ];
        format!("stdout x; {wait}; stdout y; {}", end[random.up_to(end.len() as u64 - 1) as usize])
    };
    (0..3).map(|_| attempt(random)).collect()
}

fn random_plan(random: &mut RandomStream, gate: u64) -> Plan {
    let providers = ["anthropic", "google", "openai"];
    let agents: Vec<Agent> = (0..=random.up_to(4))
        .map(|number| {
            let scripts = random_scripts(random);
            let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
            agent_of(providers[random.up_to(2) as usize], &format!("g{gate}_{number}"), &scripts)
        })
        .collect();
    Plan {
        max_concurrent: random.between(1, 4) as usize,
        timeout: MS(random.between(100, 500)),
        retry: RetryConfig::default().with_max_attempts(random.between(1, 4) as u32),
        ..plan(agents)
    }
}

/// Runs three gates that begin one after another, some of which are cancelled, killed or dropped. Returns the events, the
/// peak of running jobs and the log of the processes.
async fn run_three_gates(seed: u64) -> (Vec<String>, usize, Vec<String>) {
    let mut random = Seed::new(seed).stream("tests/gates");
    let limit = random.between(1, 5) as usize;
    let processes = FakeProcesses::default();
    let orchestrator = AsyncOrchestrator::with(processes.clone(), limit).seed(Seed::new(seed));
    let mut gates = Vec::new();
    for number in 0..3 {
        let gate = orchestrator.begin(random_plan(&mut random, number));
        let (control, begins_after, ends_after) = (gate.control(), random.up_to(300), random.up_to(800));
        let (cancels, kills, drops) = (random.up_to(3) == 0, random.up_to(7) == 0, random.up_to(7) == 0);
        let mut events = gate.events();
        gates.push(tokio::spawn(async move {
            sleep(MS(begins_after)).await;
            let mut finishing = Box::pin(gate.finish());
            let result = tokio::select! {
                biased;
                run = &mut finishing => Some(run),
                () = sleep(MS(ends_after)) => None,
            };
            if result.is_none() && cancels {
                control.cancel();
            }
            if result.is_none() && kills {
                control.kill();
            }
            let run = match result {
                Some(run) => Some(run),
                None if drops => None,
                None => Some(finishing.as_mut().await),
            };
            drop(finishing);
            let mut received = Vec::new();
            while let Some(event) = events.recv().await {
                received.push(event);
            }
            (received, run)
        }));
    }
    let mut log = Vec::new();
    for gate in gates {
        let (received, run) = gate.await.unwrap();
        assert_rules(&received, run.as_ref(), &log);
        log.extend(received.iter().map(summarize));
        log.push(format!("{:?}", run.map(|run| (run.elapsed_ms, run.cancelled, statuses(&run)))));
    }
    assert_eq!(processes.running(), 0, "seed {seed}: no process is left");
    assert!(processes.peak() <= limit, "seed {seed}: {} > {limit}", processes.peak());
    assert!(format!("{orchestrator:?}").contains(&format!("free: {limit}")), "seed {seed}: {orchestrator:?}");
    (log, processes.peak(), processes.log())
}

/// Checks that an agent starts and ends in turns and sends nothing after its end, and that the last event of a gate
/// contains its run, unless the gate was dropped.
fn assert_rules(received: &[Event], run: Option<&Run>, previous_log: &[String]) {
    let mut running: BTreeMap<&str, bool> = BTreeMap::new();
    let mut finished: BTreeMap<&str, &AgentRun> = BTreeMap::new();
    let context = || format!("{previous_log:#?}\n{:#?}", received.iter().map(summarize).collect::<Vec<_>>());
    for event in received {
        match event {
            Event::AgentStarted { name, .. } => {
                assert!(!finished.contains_key(name.as_str()), "{}", context());
                assert_ne!(running.insert(name, true), Some(true), "{}", context());
            }
            Event::Output { name, .. } => {
                assert_eq!(running.get(name.as_str()), Some(&true), "{}", context())
            }
            Event::AgentRetrying { name, .. } => {
                running.insert(name, false);
            }
            Event::AgentFinished(agent) => {
                running.insert(&agent.name, false);
                assert!(finished.insert(&agent.name, agent).is_none(), "{}", context());
            }
            _ => {}
        }
    }
    let Some(run) = run else { return };
    let mut run = run.clone();
    run.agents.iter_mut().for_each(|agent| agent.output = Output::default());
    assert_eq!(received.last(), Some(&Event::Finished(run.clone())), "{}", context());
    assert!(
        run.agents.iter().all(|agent| finished.get(agent.name.as_str()) == Some(&agent)),
        "{}",
        context()
    );
    let ok = run.agents.iter().filter(|agent| agent.status == Status::Ok).count();
    let is_enough = ok >= (2 * run.agents.len()).div_ceil(3);
    assert_eq!(run.decision.verdict != Verdict::Insufficient, is_enough, "{}", context());
    assert_eq!(run.is_ok(), is_enough && !run.cancelled, "{}", context());
}

fn simulate(seed: u64) -> (Vec<String>, usize, Vec<String>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(run_three_gates(seed))
}

#[test]
fn random_gates_obey_the_rules_and_the_same_seed_gives_the_same_log() {
    let mut statuses = BTreeMap::new();
    for seed in 0..300 {
        let first = simulate(seed);
        for status in ["Ok", "Failed", "Killed", "TimedOut", "Cancelled", "NotStarted", "None"] {
            *statuses.entry(status).or_insert(0) +=
                usize::from(first.0.iter().any(|line| line.contains(status)));
        }
        if seed < 50 {
            assert_eq!(simulate(seed), first, "seed {seed}");
        }
    }
    assert!(statuses.values().all(|seeds| *seeds > 10), "{statuses:?}");
}
