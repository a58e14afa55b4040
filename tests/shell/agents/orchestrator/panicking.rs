//! Doors that panic.

use speckit::agents::{Job, OnLine, Orders, Processes, Running};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_door_that_panics_ends_its_attempt_and_no_other() {
    let (orchestrator, door) = orchestrator(1);
    let agents = [agent("a", &["wait 5; panic a bug"]), agent("b", &["wait 100"]), agent("c", &["wait 100"])];
    let run = orchestrator.run(plan(agents)).await;
    assert_eq!(statuses(&run), [Status::NotStarted, Status::Ok, Status::Ok]);
    assert_eq!((run.agents[0].attempts, run.is_ok()), (1, true));
    let reason = run.agents[0].reason.as_ref().unwrap();
    assert!(reason.contains("the code that runs it panicked: a bug;"), "{reason}");
    assert_eq!(door.log(), ["+a", "!a", "+b", "-b", "+c", "-c"], "and its room is free");
}

#[tokio::test(start_paused = true)]
async fn a_door_may_panic_before_there_is_a_future() {
    struct Broken;

    impl Processes for Broken {
        fn run(&self, _: Job, _: OnLine, _: Orders) -> Running {
            std::panic::resume_unwind(Box::new("at once"))
        }
    }

    let orchestrator = AsyncOrchestrator::with(Broken, 1);
    let run = orchestrator.run(plan([agent("a", &[""]), agent("b", &[""])])).await;
    assert_eq!(statuses(&run), [Status::NotStarted; 2]);
}
