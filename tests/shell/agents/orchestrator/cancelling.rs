//! Cancelled gates.

use tokio::time::sleep;

use super::*;

#[tokio::test(start_paused = true)]
async fn who_runs_is_asked_to_end_and_who_waits_for_room_does_not_begin() {
    let (orchestrator, door) = orchestrator(2);
    let names = ["a", "b", "c", "d"];
    let gate = orchestrator.begin(plan(names.map(|name| agent(name, &["say hello; wait 1000"]))));
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
        "what it wrote is kept"
    );
    let mut log = door.log();
    log.sort();
    assert_eq!(log, ["+a", "+b", "-a", "-b"]);
    assert!(!all_words(events).iter().any(|words| words.starts_with("c started")));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_end_when_it_is_asked_does_when_it_is_killed() {
    let (orchestrator, _) = orchestrator(2);
    let gate = orchestrator.begin(plan([agent("a", &["deaf 5000"]), agent("b", &["deaf 300"])]));
    let control = gate.control();
    let (run, ()) = tokio::join!(gate.finish(), async {
        sleep(MS(100)).await;
        control.cancel();
        sleep(MS(900)).await;
        control.clone().kill();
        // A softer order does not take a harder one back.
        control.cancel();
    });
    assert_eq!((statuses(&run), run.elapsed_ms), (vec![Status::Cancelled, Status::Ok], 1000));
    assert!(run.cancelled);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_another_attempt_makes_none() {
    let (orchestrator, door) = orchestrator(2);
    let gate = orchestrator.begin(plan([agent("a", &["exit 75"])]));
    let control = gate.control();
    let (run, ()) = tokio::join!(gate.finish(), async {
        sleep(MS(50)).await;
        control.cancel();
    });
    assert_eq!((statuses(&run), run.elapsed_ms), (vec![Status::Cancelled], 50));
    assert_eq!(door.log(), ["+a", "-a"]);
}

#[test]
fn what_is_called_off_before_it_runs_starts_nothing_in_any_runtime() {
    let many = tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    let one = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for runtime in [many, one] {
        for is_killed in [false, true] {
            let (orchestrator, door) = orchestrator(10);
            let gate = orchestrator.begin(plan(["a", "b", "c"].map(|name| agent(name, &["wait 1000"]))));
            if is_killed {
                gate.control().kill()
            } else {
                gate.control().cancel()
            }
            let run = runtime.block_on(gate.finish());
            assert_eq!(statuses(&run), [Status::Cancelled; 3]);
            assert!(door.log().is_empty(), "{:?}", door.log());
        }
    }
}

#[test]
fn another_thread_calls_it_off() {
    let (orchestrator, door) = orchestrator(10);
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
    assert_eq!((thread.join().unwrap(), door.running()), (2, 0));
}
