//! When agents begin, and how many at the same time. The clock of the runtime stands still while anybody has work.

use speckit::agents::{Job, OnLine, Orders, Processes, Running};
use speckit_core::agents::consensus::NoAnswer;
use speckit_core::agents::gate::{Attempt, Ending};
use speckit_core::agents::process::capture::Captured;
use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn three_agents_take_the_time_of_the_slowest() {
    let (orchestrator, door) = orchestrator(10);
    let agents = [agent("a", &["wait 100"]), agent("b", &["wait 300"]), agent("c", &["wait 200"])];
    let run = orchestrator.run(plan(agents)).await;
    assert!(run.is_ok());
    assert_eq!((run.elapsed_ms, door.max()), (300, 3));
    assert_eq!(door.log(), ["+a", "+b", "+c", "-a", "-c", "-b"]);
}

#[tokio::test(start_paused = true)]
async fn what_happens_is_told_in_its_order_with_the_waits_of_the_configuration() {
    let (orchestrator, _) = orchestrator(10);
    let agents = [agent("a", &["say one; exit 75", "say two; wait 5"]), agent("b", &["wait 50; exit 1"])];
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
    assert_eq!(all_words(events), expected);
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_nobody_polls_keeps_the_room_of_others_only_while_its_agents_run() {
    let (orchestrator, door) = orchestrator(1);
    let mut first = std::pin::pin!(orchestrator.run(plan([agent("a", &["wait 100"])])));
    tokio::select! {
        _ = &mut first => panic!("it goes on for a while"),
        () = tokio::time::sleep(MS(50)) => {}
    }
    let second = orchestrator.run(plan([agent("b", &["wait 100"])]));
    let second = tokio::time::timeout(Duration::from_secs(10), second).await;
    assert!(second.expect("it has room").is_ok());
    assert_eq!((first.await.is_ok(), door.max()), (true, 1));
}

#[tokio::test(start_paused = true)]
async fn gates_of_one_orchestrator_share_the_room_for_agents() {
    let (orchestrator, door) = orchestrator(2);
    let agents = || ["a", "b", "c"].map(|name| agent(name, &["wait 100"]));
    let other = orchestrator.clone();
    let started = Instant::now();
    let (first, second) = tokio::join!(orchestrator.run(plan(agents())), other.run(plan(agents())));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!((door.max(), started.elapsed()), (2, MS(300)));
}

#[tokio::test(start_paused = true)]
async fn a_gate_runs_no_more_than_its_plan_allows_and_holds_up_no_other() {
    let (orchestrator, door) = orchestrator(3);
    let narrow = Plan { max_concurrent: 1, ..plan(["a", "b", "c"].map(|name| agent(name, &["wait 100"]))) };
    let wide = plan(["d", "e"].map(|name| agent(name, &["wait 100"])));
    let (narrow, wide) = tokio::join!(orchestrator.run(narrow), orchestrator.run(wide));
    assert_eq!((narrow.elapsed_ms, wide.elapsed_ms, door.max()), (300, 100, 3));
}

#[tokio::test(start_paused = true)]
async fn nobody_holds_room_while_it_waits_for_another_attempt() {
    let (orchestrator, door) = orchestrator(1);
    let agents = [agent("a", &["exit 75", "exit 0"]), agent("b", &["wait 50"])];
    let run = orchestrator.run(plan(agents)).await;
    assert_eq!((run.elapsed_ms, run.is_ok()), (100, true));
    assert_eq!(door.log(), ["+a", "-a", "+b", "-b", "+a", "-a"]);
}

#[tokio::test(start_paused = true)]
async fn an_orchestrator_without_room_has_room_for_one() {
    let (orchestrator, door) = orchestrator(0);
    let none = Plan { max_concurrent: 0, ..plan([agent("a", &["wait 10"]), agent("b", &["wait 10"])]) };
    assert!(orchestrator.run(none).await.is_ok());
    assert_eq!(door.max(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_an_attempt_is_that_of_the_plan() {
    let (orchestrator, _) = orchestrator(10);
    let run = orchestrator.run(plan([agent("a", &["wait 9999999"])])).await;
    assert_eq!((statuses(&run), run.elapsed_ms), (vec![Status::TimedOut], 300_000));
}

#[tokio::test(start_paused = true)]
async fn a_gate_without_agents_is_over_at_once() {
    let (orchestrator, _) = orchestrator(10);
    assert!(!orchestrator.run(plan([])).await.is_ok());
}

#[test]
fn a_gate_may_be_run_by_a_task_of_any_runtime() {
    fn sent<T: Send + 'static>(value: T) -> T {
        value
    }
    let many =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    let one = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for runtime in [many(), one()] {
        let (orchestrator, door) = orchestrator(7);
        let names: Vec<String> = (0..40).map(|number| format!("agent_{number}")).collect();
        let agents = names.iter().map(|name| agent(name, &["say hello; wait 2; exit 75", "say again"]));
        let retry = RetryConfig::default().with_initial_backoff_ms(1);
        // More than the breaker of one provider lets pass.
        let agents = agents.map(|one| Agent { provider: one.name.clone(), ..one });
        let gate = orchestrator.begin(Plan { max_concurrent: 100, retry, ..plan(agents) });
        let events = gate.events();
        let run = runtime.block_on(runtime.spawn(sent(gate.finish()))).unwrap();
        assert!(run.is_ok(), "{:?}", statuses(&run));
        assert!(door.max() <= 7, "{}", door.max());
        let told = all_words(events);
        assert_eq!(told.len(), 2 + 40 * 6);
        for name in names {
            let own = told.iter().filter(|words| {
                words.starts_with(&format!("{name} ")) || words.starts_with(&format!("{name}:"))
            });
            let own: Vec<_> =
                own.map(|words| words.split(',').next().unwrap().replacen(&name, "", 1)).collect();
            assert_eq!(own, [" started 1", ": hello", " failed 1", " started 2", ": again", " Ok after 2"]);
        }
    }
}

/// Says that it has ended as soon as it has begun.
struct Brief;

impl Processes for Brief {
    fn run(&self, _: Job, _: OnLine, _: Orders) -> Running {
        Box::pin(async {
            tokio::task::yield_now().await;
            Attempt {
                ending: Ending::Exited { code: 0 },
                stdout: Captured::default(),
                stderr: Captured::default(),
                answer: Err(NoAnswer::NoObject),
                elapsed: Duration::ZERO,
                leaked: false,
            }
        })
    }
}

#[test]
fn the_end_of_one_is_told_before_the_beginning_of_another_that_gets_its_room() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let orchestrator = AsyncOrchestrator::with(Brief, 1);
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
