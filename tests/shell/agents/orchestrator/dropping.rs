//! Gates that are dropped.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use tokio::time::timeout;

use super::*;

fn plan_of_three() -> Plan {
    plan(["a", "b", "c"].map(|name| agent(name, &["wait 1000"])))
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_drops_the_running_jobs_and_frees_their_slots() {
    let (orchestrator, processes) = orchestrator(2);
    assert!(timeout(MS(100), orchestrator.run(plan_of_three())).await.is_err());
    // The jobs are dropped before any other task can run.
    assert_eq!(processes.running(), 0);
    assert_eq!(processes.log(), ["+a", "+b", "!a", "!b"]);
    assert!(format!("{orchestrator:?}").contains("free: 2"), "{orchestrator:?}");
    assert!(orchestrator.run(plan_of_three()).await.is_ok());
}

#[test]
fn a_dropped_gate_leaves_no_agent_in_a_runtime_that_is_not_polled() {
    let (orchestrator, processes) = orchestrator(10);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let gate = orchestrator.begin(plan_of_three());
    let events = gate.events();
    runtime.block_on(async { timeout(MS(100), gate.finish()).await.unwrap_err() });
    assert_eq!((processes.running(), processes.log().len()), (0, 6));
    assert_eq!(summarize_all(events).last().unwrap(), "c started 1", "the event stream has ended");
}

#[test]
fn a_gate_can_be_dropped_before_its_start_and_after_its_first_poll() {
    let (orchestrator, processes) = orchestrator(10);
    let gate = orchestrator.begin(plan_of_three());
    let (control, events) = (gate.control(), gate.events());
    drop(gate);
    control.cancel();
    assert_eq!(events.count(), 0);

    let gate = orchestrator.begin(plan_of_three());
    let events = gate.events();
    drop(gate.finish());
    assert_eq!(events.count(), 0);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let mut finishing = Box::pin(orchestrator.run(plan_of_three()));
    assert!(pin!(&mut finishing).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(finishing);
    runtime.block_on(tokio::task::yield_now());
    assert!(processes.log().is_empty());
    assert_eq!(runtime.metrics().num_alive_tasks(), 0);
}

#[test]
fn dropping_a_gate_on_one_thread_ends_its_jobs_on_other_threads() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    let (orchestrator, processes) = orchestrator(100);
    for round in 0..50 {
        let busy =
            ["stdout x; wait 1; stdout x; wait 1; stdout x; wait 1; stdout x; wait 1; stdout x; wait 1"];
        let names: Vec<String> = (0..20).map(|number| format!("{number}")).collect();
        let gate = plan(names.iter().map(|name| agent(name, &busy)));
        let _ = runtime
            .block_on(async { timeout(Duration::from_micros(100 * round), orchestrator.run(gate)).await });
        let start = std::time::Instant::now();
        while processes.running() > 0 {
            assert!(start.elapsed() < Duration::from_secs(30), "{:?}", processes.log());
            std::thread::yield_now();
        }
    }
    drop(runtime);
    assert!(format!("{orchestrator:?}").contains("free: 100"), "{orchestrator:?}");
}
