//! Random gates through the real orchestrator on a clock that stands still: the same seed gives the same log, and every log obeys
//! the rules.

use std::collections::BTreeMap;

use speckit_core::agents::consensus::Verdict;
use speckit_core::agents::gate::Output;
use speckit_core::retry::RandomStream as Draws;
use tokio::time::sleep;

use super::*;

/// One agent's life: scripts of up to three attempts.
fn scripts(draws: &mut Draws) -> Vec<String> {
    let attempt = |draws: &mut Draws| {
        let wait = format!("{} {}", ["wait", "deaf"][draws.up_to(1) as usize], draws.up_to(400));
        let end = [
            "exit 0",
            "exit 0",
            "exit 0",
            "exit 75",
            "exit 75",
            "exit 1",
            "unstarted x",
            "missing x",
            "signal 9",
            "panic x",
        ];
        format!("say x; {wait}; say y; {}", end[draws.up_to(end.len() as u64 - 1) as usize])
    };
    (0..3).map(|_| attempt(draws)).collect()
}

fn random_plan(draws: &mut Draws, gate: u64) -> Plan {
    let providers = ["anthropic", "google", "openai"];
    let agents: Vec<Agent> = (0..=draws.up_to(4))
        .map(|number| {
            let scripts = scripts(draws);
            let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
            agent_of(providers[draws.up_to(2) as usize], &format!("g{gate}_{number}"), &scripts)
        })
        .collect();
    Plan {
        max_concurrent: draws.between(1, 4) as usize,
        timeout: MS(draws.between(100, 500)),
        retry: RetryConfig::default().with_max_attempts(draws.between(1, 4) as u32),
        ..plan(agents)
    }
}

/// What happened in three gates that began one after another, of which some are called off.
async fn history(seed: u64) -> (Vec<String>, usize, Vec<String>) {
    let mut draws = Seed::new(seed).stream("tests/gates");
    let max = draws.between(1, 5) as usize;
    let door = Door::default();
    let orchestrator = AsyncOrchestrator::with(door.clone(), max).seed(Seed::new(seed));
    let mut gates = Vec::new();
    for number in 0..3 {
        let gate = orchestrator.begin(random_plan(&mut draws, number));
        let (control, begins, ends) = (gate.control(), draws.up_to(300), draws.up_to(800));
        let (cancels, kills, drops) = (draws.up_to(3) == 0, draws.up_to(7) == 0, draws.up_to(7) == 0);
        let mut events = gate.events();
        gates.push(tokio::spawn(async move {
            sleep(MS(begins)).await;
            let mut finishing = Box::pin(gate.finish());
            let ended = tokio::select! {
                biased;
                run = &mut finishing => Some(run),
                () = sleep(MS(ends)) => None,
            };
            if ended.is_none() && cancels {
                control.cancel();
            }
            if ended.is_none() && kills {
                control.kill();
            }
            let run = match ended {
                Some(run) => Some(run),
                None if drops => None,
                None => Some(finishing.as_mut().await),
            };
            drop(finishing);
            let mut told = Vec::new();
            while let Some(event) = events.recv().await {
                told.push(event);
            }
            (told, run)
        }));
    }
    let mut log = Vec::new();
    for gate in gates {
        let (told, run) = gate.await.unwrap();
        obeys_the_rules(&told, run.as_ref(), &log);
        log.extend(told.iter().map(words));
        log.push(format!("{:?}", run.map(|run| (run.elapsed_ms, run.cancelled, statuses(&run)))));
    }
    assert_eq!(door.running(), 0, "seed {seed}: nothing is left");
    assert!(door.max() <= max, "seed {seed}: {} > {max}", door.max());
    assert!(format!("{orchestrator:?}").contains(&format!("free: {max}")), "seed {seed}: {orchestrator:?}");
    (log, door.max(), door.log())
}

/// Of each agent: started and at its end in turns, nothing after its end; a gate ends with its run, or was dropped.
fn obeys_the_rules(told: &[Event], run: Option<&Run>, before: &[String]) {
    let mut running: BTreeMap<&str, bool> = BTreeMap::new();
    let mut finished: BTreeMap<&str, &AgentRun> = BTreeMap::new();
    let context = || format!("{before:#?}\n{:#?}", told.iter().map(words).collect::<Vec<_>>());
    for event in told {
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
    assert_eq!(told.last(), Some(&Event::Finished(run.clone())), "{}", context());
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

fn simulated(seed: u64) -> (Vec<String>, usize, Vec<String>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(history(seed))
}

#[test]
fn random_gates_obey_the_rules_and_the_same_seed_gives_the_same_log() {
    let mut statuses = BTreeMap::new();
    for seed in 0..300 {
        let first = simulated(seed);
        for words in ["Ok", "Failed", "Killed", "TimedOut", "Cancelled", "NotStarted", "None"] {
            *statuses.entry(words).or_insert(0) +=
                usize::from(first.0.iter().any(|line| line.contains(words)));
        }
        if seed < 50 {
            assert_eq!(simulated(seed), first, "seed {seed}");
        }
    }
    assert!(statuses.values().all(|seeds| *seeds > 10), "{statuses:?}");
}
