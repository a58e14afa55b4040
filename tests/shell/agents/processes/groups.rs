//! The descendants of a process end with it.

use std::os::unix::process::CommandExt as _;

use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::*;

#[test]
fn grandchildren_with_open_streams_end_with_their_leader() {
    run_isolated(|| {
        let attempt = run(sh(
            "echo $$; sleep 60 & (trap '' TERM HUP; sleep 60) & sh -c 'sleep 60 & sleep 60' & exit 4",
        ));
        assert_eq!(attempt.ending, exited(4));
        assert!(!attempt.leaked && attempt.elapsed < AT_ONCE, "{attempt:?}");
        wait_until("no process of the group is left", || is_gone(&stdout(&attempt)));
    });
}

#[test]
fn grandchildren_without_open_streams_end_with_their_leader() {
    run_isolated(|| {
        let attempt = run(sh("echo $$; sleep 60 >/dev/null 2>&1 & exit 0"));
        assert_eq!(attempt.ending, exited(0));
        wait_until("no process of the group is left", || is_gone(&stdout(&attempt)));
    });
}

#[test]
fn grandchildren_end_when_their_leader_times_out() {
    run_isolated(|| {
        let job = with_timeout(sh("echo $$; trap '' TERM; sleep 60 & sleep 60 & wait; wait; sleep 60"), 300);
        let attempt = run(job);
        assert_eq!(attempt.ending, Ending::TimedOut);
        assert!(!attempt.leaked);
        wait_until("no process of the group is left", || is_gone(&stdout(&attempt)));
    });
}

#[test]
fn a_process_that_keeps_forking_ends_with_all_its_descendants() {
    run_isolated(|| {
        // More processes than can start before the timeout, but few enough to do no harm if the test fails.
        let script = "make() { [ $1 -eq 0 ] || (sleep 60 & sleep 0.02; make $(($1 - 1))) & }
                      echo $$; make 200; make 200; exec sleep 60";
        let attempt = run(with_timeout(sh(script), 500));
        assert_eq!(attempt.ending, Ending::TimedOut);
        wait_until("no process of the group is left", || is_gone(&stdout(&attempt)));
    });
}

#[test]
fn another_group_that_reuses_the_id_is_not_killed() {
    const LAST_PID: &str = "/proc/sys/kernel/ns_last_pid";
    if fs::read_to_string(LAST_PID).and_then(|last| fs::write(LAST_PID, last)).is_err() {
        println!("skipped: only root can choose the id of a new process");
        return;
    }
    run_isolated(|| {
        // Any process of the machine may take the id first.
        let reused = (0..10).any(|_| {
            let (_order_sender, orders) = watch::channel(Order::Run);
            let running =
                ProcessManager::new().run(sh("sleep 0.2"), RecordedLines::default().listener(), orders);
            let mut unrelated = None;
            runtime().block_on(async {
                let running = tokio::spawn(running);
                tokio::task::yield_now().await;
                // While this test blocks the runtime, it reaps the child and gives its process id to another process.
                let agent: u32 = children()[0].parse().unwrap();
                waitid(WaitId::All, WaitIdOptions::EXITED).unwrap();
                unrelated = (0..1000).find_map(|_| {
                    fs::write(LAST_PID, (agent - 1).to_string()).unwrap();
                    let mut process = Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
                    if process.id() == agent {
                        return Some(process);
                    }
                    process.kill().unwrap();
                    process.wait().unwrap();
                    None
                });
                running.await.unwrap()
            });
            let Some(mut unrelated) = unrelated else { return false };
            thread::sleep(Duration::from_millis(100));
            assert_eq!(unrelated.try_wait().unwrap(), None, "the unrelated process is not killed");
            unrelated.kill().unwrap();
            unrelated.wait().unwrap();
            true
        });
        assert!(reused, "the process id was reused");
    });
}
