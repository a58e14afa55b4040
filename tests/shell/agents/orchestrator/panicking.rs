//! Implementations of `Processes` that panic.

use speckit::agents::{Job, OnLine, Orders, Processes, Running};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_panic_ends_its_attempt_and_no_other() {
    let (orchestrator, processes) = orchestrator(1);
    let agents = [agent("a", &["wait 5; panic a bug"]), agent("b", &["wait 100"]), agent("c", &["wait 100"])];
    let run = orchestrator.run(plan(agents)).await;
    assert_eq!(statuses(&run), [Status::NotStarted, Status::Ok, Status::Ok]);
    assert_eq!((run.agents[0].attempts, run.is_ok()), (1, true));
    let reason = run.agents[0].reason.as_ref().unwrap();
    assert!(reason.contains("the code that runs it panicked: a bug;"), "{reason}");
    assert_eq!(processes.log(), ["+a", "!a", "+b", "-b", "+c", "-c"], "its slot is free again");
}

#[tokio::test(start_paused = true)]
async fn run_may_panic_before_it_returns_a_future() {
    struct PanicsAtOnce;

    impl Processes for PanicsAtOnce {
        fn run(&self, _: Job, _: OnLine, _: Orders) -> Running {
            std::panic::resume_unwind(Box::new("at once"))
        }
    }

    let orchestrator = AsyncOrchestrator::with(PanicsAtOnce, 1);
    let run = orchestrator.run(plan([agent("a", &[""]), agent("b", &[""])])).await;
    assert_eq!(statuses(&run), [Status::NotStarted; 2]);
}
