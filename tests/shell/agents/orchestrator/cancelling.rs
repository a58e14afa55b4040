//! Cancelled gates.

use tokio::time::sleep;

use super::*;

#[tokio::test(start_paused = true)]
async fn cancelling_stops_running_agents_and_starts_no_waiting_ones() {
    let (orchestrator, processes) = orchestrator(2);
    let names = ["a", "b", "c", "d"];
    let gate = orchestrator.begin(plan(names.map(|name| agent(name, &["stdout hello; wait 1000"]))));
    let (control, events) = (gate.control(), gate.events());
    let (run, ()) = tokio::join!(gate.finish(), async {
        sleep(MS(100)).await;
        control.cancel();
        control.cancel();
    });
    assert_eq!(statuses(&run), [Status::Cancelled; 4]);
    assert!(run.cancelled && !run.is_ok());
    assert_eq!(
        (run.elapsed_ms, run.agents[0].output.stdout.as_str()),
        (100, "hello\n"),
        "its output is kept"
    );
    let mut log = processes.log();
    log.sort();
    assert_eq!(log, ["+a", "+b", "-a", "-b"]);
    assert!(!summarize_all(events).iter().any(|summary| summary.starts_with("c started")));
}

#[tokio::test(start_paused = true)]
async fn killing_ends_an_agent_that_ignores_a_stop() {
    let (orchestrator, _) = orchestrator(2);
    let gate =
        orchestrator.begin(plan([agent("a", &["ignore-stop 5000"]), agent("b", &["ignore-stop 300"])]));
    let control = gate.control();
    let (run, ()) = tokio::join!(gate.finish(), async {
        sleep(MS(100)).await;
        control.cancel();
        sleep(MS(900)).await;
        control.clone().kill();
        // A later cancel does not weaken the kill.
        control.cancel();
    });
    assert_eq!((statuses(&run), run.elapsed_ms), (vec![Status::Cancelled, Status::Ok], 1000));
    assert!(run.cancelled);
}

#[tokio::test(start_paused = true)]
async fn cancelling_prevents_the_next_attempt() {
    let (orchestrator, processes) = orchestrator(2);
    let gate = orchestrator.begin(plan([agent("a", &["exit 75"])]));
    let control = gate.control();
    let (run, ()) = tokio::join!(gate.finish(), async {
        sleep(MS(50)).await;
        control.cancel();
    });
    assert_eq!((statuses(&run), run.elapsed_ms), (vec![Status::Cancelled], 50));
    assert_eq!(processes.log(), ["+a", "-a"]);
}

#[test]
fn a_gate_cancelled_before_it_runs_starts_nothing() {
    let multi_thread =
        tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    let single_thread = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for runtime in [multi_thread, single_thread] {
        for is_killed in [false, true] {
            let (orchestrator, processes) = orchestrator(10);
            let gate = orchestrator.begin(plan(["a", "b", "c"].map(|name| agent(name, &["wait 1000"]))));
            if is_killed {
                gate.control().kill()
            } else {
                gate.control().cancel()
            }
            let run = runtime.block_on(gate.finish());
            assert_eq!(statuses(&run), [Status::Cancelled; 3]);
            assert!(processes.log().is_empty(), "{:?}", processes.log());
        }
    }
}

#[test]
fn another_thread_can_cancel_a_gate() {
    let (orchestrator, processes) = orchestrator(10);
    let gate = orchestrator.begin(plan([agent("a", &["wait 60000"])]));
    let (control, mut events) = (gate.control(), gate.events());
    let thread = std::thread::spawn(move || {
        assert!(events.any(|event| matches!(event, Event::AgentStarted { .. })));
        control.cancel();
        events.count()
    });
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let run = runtime.block_on(gate.finish());
    assert_eq!(statuses(&run), [Status::Cancelled]);
    assert_eq!((thread.join().unwrap(), processes.running()), (2, 0));
}
