//! Gates that are dropped.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use tokio::time::timeout;

use super::*;

fn three() -> Plan {
    plan(["a", "b", "c"].map(|name| agent(name, &["wait 1000"])))
}

#[tokio::test(start_paused = true)]
async fn whoever_runs_is_dropped_with_the_future_and_its_room_is_free_at_once() {
    let (orchestrator, door) = orchestrator(2);
    assert!(timeout(MS(100), orchestrator.run(three())).await.is_err());
    // No other task has run since.
    assert_eq!(door.running(), 0);
    assert_eq!(door.log(), ["+a", "+b", "!a", "!b"]);
    assert!(format!("{orchestrator:?}").contains("free: 2"), "{orchestrator:?}");
    assert!(orchestrator.run(three()).await.is_ok());
}

#[test]
fn a_runtime_that_is_not_run_any_more_keeps_no_agent() {
    let (orchestrator, door) = orchestrator(10);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let gate = orchestrator.begin(three());
    let events = gate.events();
    runtime.block_on(async { timeout(MS(100), gate.finish()).await.unwrap_err() });
    assert_eq!((door.running(), door.log().len()), (0, 6));
    assert_eq!(all_words(events).last().unwrap(), "c started 1", "and nobody waits for more");
}

#[test]
fn a_gate_can_be_dropped_before_it_runs_and_after_its_first_step() {
    let (orchestrator, door) = orchestrator(10);
    let gate = orchestrator.begin(three());
    let (control, events) = (gate.control(), gate.events());
    drop(gate);
    control.cancel();
    assert_eq!(events.count(), 0);

    let gate = orchestrator.begin(three());
    let events = gate.events();
    drop(gate.finish());
    assert_eq!(events.count(), 0);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let mut finishing = Box::pin(orchestrator.run(three()));
    assert!(pin!(&mut finishing).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(finishing);
    runtime.block_on(tokio::task::yield_now());
    assert!(door.log().is_empty());
    assert_eq!(runtime.metrics().num_alive_tasks(), 0);
}

#[test]
fn a_gate_that_is_dropped_on_one_thread_ends_what_runs_on_others() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    let (orchestrator, door) = orchestrator(100);
    for round in 0..50 {
        let busy = ["say x; wait 1; say x; wait 1; say x; wait 1; say x; wait 1; say x; wait 1"];
        let names: Vec<String> = (0..20).map(|number| format!("{number}")).collect();
        let gate = plan(names.iter().map(|name| agent(name, &busy)));
        let _ = runtime
            .block_on(async { timeout(Duration::from_micros(100 * round), orchestrator.run(gate)).await });
        let begun = std::time::Instant::now();
        while door.running() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", door.log());
            std::thread::yield_now();
        }
    }
    drop(runtime);
    assert!(format!("{orchestrator:?}").contains("free: 100"), "{orchestrator:?}");
}
