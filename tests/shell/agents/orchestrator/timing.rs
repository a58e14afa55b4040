//! When agents start, and how many run at the same time. The paused clock of the runtime advances only when every task
//! waits.

use speckit::agents::{Job, OnLine, Orders, Processes, Running};
use speckit_core::agents::consensus::OutputReading;
use speckit_core::agents::gate::{Attempt, Ending};
use speckit_core::agents::process::capture::Captured;
use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn three_agents_take_the_time_of_the_slowest() {
    let (orchestrator, processes) = orchestrator(10);
    let agents = [agent("a", &["wait 100"]), agent("b", &["wait 300"]), agent("c", &["wait 200"])];
    let run = orchestrator.run(plan(agents)).await;
    assert!(run.is_ok());
    assert_eq!((run.elapsed_ms, processes.peak()), (300, 3));
    assert_eq!(processes.log(), ["+a", "+b", "+c", "-a", "-c", "-b"]);
}

#[tokio::test(start_paused = true)]
async fn events_arrive_in_order_and_contain_the_configured_waits() {
    let (orchestrator, _) = orchestrator(10);
    let agents =
        [agent("a", &["stdout one; exit 75", "stdout two; wait 5"]), agent("b", &["wait 50; exit 1"])];
    let gate = orchestrator.begin(plan(agents));
    let events = gate.events();
    let run = gate.finish().await;
    assert_eq!((run.elapsed_ms, statuses(&run)), (105, vec![Status::Ok, Status::Failed]));
    let expected = [
        "started 2 of 2",
        "a started 1",
        "b started 1",
        "a: one",
        "a failed 1, waits 100",
        "b Failed after 1",
        "a started 2",
        "a: two",
        "a Ok after 2",
        "finished Insufficient",
    ];
    assert_eq!(summarize_all(events), expected);
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_is_not_polled_frees_its_slots_when_its_agents_end() {
    let (orchestrator, processes) = orchestrator(1);
    let mut first = std::pin::pin!(orchestrator.run(plan([agent("a", &["wait 100"])])));
    tokio::select! {
        _ = &mut first => panic!("the first gate runs longer than this"),
        () = tokio::time::sleep(MS(50)) => {}
    }
    let second = orchestrator.run(plan([agent("b", &["wait 100"])]));
    let second = tokio::time::timeout(Duration::from_secs(10), second).await;
    assert!(second.expect("the second gate gets a slot").is_ok());
    assert_eq!((first.await.is_ok(), processes.peak()), (true, 1));
}

#[tokio::test(start_paused = true)]
async fn gates_of_one_orchestrator_share_its_slots() {
    let (orchestrator, processes) = orchestrator(2);
    let agents = || ["a", "b", "c"].map(|name| agent(name, &["wait 100"]));
    let other = orchestrator.clone();
    let started = Instant::now();
    let (first, second) = tokio::join!(orchestrator.run(plan(agents())), other.run(plan(agents())));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!((processes.peak(), started.elapsed()), (2, MS(300)));
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_one_plan_does_not_delay_another_gate() {
    let (orchestrator, processes) = orchestrator(3);
    let narrow = Plan { max_concurrent: 1, ..plan(["a", "b", "c"].map(|name| agent(name, &["wait 100"]))) };
    let wide = plan(["d", "e"].map(|name| agent(name, &["wait 100"])));
    let (narrow, wide) = tokio::join!(orchestrator.run(narrow), orchestrator.run(wide));
    assert_eq!((narrow.elapsed_ms, wide.elapsed_ms, processes.peak()), (300, 100, 3));
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_waits_for_its_next_attempt_takes_no_slot() {
    let (orchestrator, processes) = orchestrator(1);
    let agents = [agent("a", &["exit 75", "exit 0"]), agent("b", &["wait 50"])];
    let run = orchestrator.run(plan(agents)).await;
    assert_eq!((run.elapsed_ms, run.is_ok()), (100, true));
    assert_eq!(processes.log(), ["+a", "-a", "+b", "-b", "+a", "-a"]);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_zero_allows_one_agent() {
    let (orchestrator, processes) = orchestrator(0);
    let none = Plan { max_concurrent: 0, ..plan([agent("a", &["wait 10"]), agent("b", &["wait 10"])]) };
    assert!(orchestrator.run(none).await.is_ok());
    assert_eq!(processes.peak(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_times_out_after_the_time_of_the_plan() {
    let (orchestrator, _) = orchestrator(10);
    let run = orchestrator.run(plan([agent("a", &["wait 9999999"])])).await;
    assert_eq!((statuses(&run), run.elapsed_ms), (vec![Status::TimedOut], 300_000));
}

#[tokio::test(start_paused = true)]
async fn a_gate_without_agents_ends_at_once_and_fails() {
    let (orchestrator, _) = orchestrator(10);
    assert!(!orchestrator.run(plan([])).await.is_ok());
}

#[test]
fn a_gate_runs_in_a_task_of_any_runtime() {
    fn require_send<T: Send + 'static>(value: T) -> T {
        value
    }
    let multi_thread =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    let single_thread = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for runtime in [multi_thread(), single_thread()] {
        let (orchestrator, processes) = orchestrator(7);
        let names: Vec<String> = (0..40).map(|number| format!("agent_{number}")).collect();
        let agents = names.iter().map(|name| agent(name, &["stdout hello; wait 2; exit 75", "stdout again"]));
        let retry = RetryConfig::default().with_initial_backoff_ms(1);
        // One provider for each agent, because the breaker of a single one would open.
        let agents = agents.map(|agent| Agent { provider: agent.name.clone(), ..agent });
        let gate = orchestrator.begin(Plan { max_concurrent: 100, retry, ..plan(agents) });
        let events = gate.events();
        let run = runtime.block_on(runtime.spawn(require_send(gate.finish()))).unwrap();
        assert!(run.is_ok(), "{:?}", statuses(&run));
        assert!(processes.peak() <= 7, "{}", processes.peak());
        let received = summarize_all(events);
        assert_eq!(received.len(), 2 + 40 * 6);
        for name in names {
            let own_events = received.iter().filter(|summary| {
                summary.starts_with(&format!("{name} ")) || summary.starts_with(&format!("{name}:"))
            });
            let own_events: Vec<_> =
                own_events.map(|summary| summary.split(',').next().unwrap().replacen(&name, "", 1)).collect();
            assert_eq!(
                own_events,
                [" started 1", ": hello", " failed 1", " started 2", ": again", " Ok after 2"]
            );
        }
    }
}

/// Processes that end as soon as they begin.
struct EndAtOnce;

impl Processes for EndAtOnce {
    fn run(&self, _: Job, _: OnLine, _: Orders) -> Running {
        Box::pin(async {
            tokio::task::yield_now().await;
            Attempt {
                ending: Ending::Exited { code: 0 },
                stdout: Captured::default(),
                stderr: Captured::default(),
                reading: OutputReading { answer: Ok(None), error: None },
                elapsed: Duration::ZERO,
                leaked: false,
                left: Vec::new(),
            }
        })
    }
}

#[test]
fn an_agent_that_takes_a_free_slot_starts_after_the_end_of_the_previous_one() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let orchestrator = AsyncOrchestrator::with(EndAtOnce, 1);
    let agents = || ["a", "b", "c"].map(|name| agent(name, &[]));
    for _ in 0..2000 {
        let gate = orchestrator.begin(plan(agents()));
        let events = gate.events();
        runtime.block_on(gate.finish());
        let mut running = 0;
        for event in events {
            match event {
                Event::AgentStarted { .. } => running += 1,
                Event::AgentFinished(_) => running -= 1,
                _ => {}
            }
            assert!(running <= 1);
        }
    }
}
