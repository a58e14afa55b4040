//! What a process has started ends with it.

use std::os::unix::process::CommandExt as _;

use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::*;

#[test]
fn grandchildren_that_hold_the_streams_end_with_their_leader() {
    alone(|| {
        let attempt = run(sh(
            "echo $$; sleep 60 & (trap '' TERM HUP; sleep 60) & sh -c 'sleep 60 & sleep 60' & exit 4",
        ));
        assert_eq!(attempt.ending, exited(4));
        assert!(!attempt.leaked && attempt.elapsed < AT_ONCE, "{attempt:?}");
        soon("the group is gone", || is_gone(&stdout(&attempt)));
    });
}

#[test]
fn grandchildren_that_hold_no_stream_end_with_their_leader_too() {
    alone(|| {
        let attempt = run(sh("echo $$; sleep 60 >/dev/null 2>&1 & exit 0"));
        assert_eq!(attempt.ending, exited(0));
        soon("the group is gone", || is_gone(&stdout(&attempt)));
    });
}

#[test]
fn grandchildren_end_when_the_time_of_a_leader_is_over() {
    alone(|| {
        let job = with_timeout(sh("echo $$; trap '' TERM; sleep 60 & sleep 60 & wait; wait; sleep 60"), 300);
        let attempt = run(job);
        assert_eq!(attempt.ending, Ending::TimedOut);
        assert!(!attempt.leaked);
        soon("the group is gone", || is_gone(&stdout(&attempt)));
    });
}

#[test]
fn one_that_goes_on_making_processes_is_ended_with_all_of_them() {
    alone(|| {
        // More of them than could be made in the time, and not so many that a failure would harm.
        let script = "make() { [ $1 -eq 0 ] || (sleep 60 & sleep 0.02; make $(($1 - 1))) & }
                      echo $$; make 200; make 200; exec sleep 60";
        let attempt = run(with_timeout(sh(script), 500));
        assert_eq!(attempt.ending, Ending::TimedOut);
        soon("the group is gone", || is_gone(&stdout(&attempt)));
    });
}

#[test]
fn one_that_left_the_group_and_holds_a_stream_is_told_as_leaked() {
    alone(|| {
        let attempt = run(agent(&["escape"]));
        let text = stdout(&attempt);
        let escaped = text.lines().next().unwrap();
        rustix::process::kill_process(pid(escaped), rustix::process::Signal::KILL).unwrap();
        assert_eq!(attempt.ending, exited(0));
        assert!(attempt.leaked, "{attempt:?}");
        assert!(text.ends_with("gone\n"), "what came until then is kept: {text}");
        assert!(
            attempt.elapsed >= Duration::from_millis(500),
            "it is read on for as long as the drain may take"
        );
        assert!(attempt.elapsed < Duration::from_millis(500) + AT_ONCE, "{attempt:?}");
    });
}

#[test]
fn a_group_of_somebody_else_with_the_same_number_is_left_alone() {
    const LAST: &str = "/proc/sys/kernel/ns_last_pid";
    if fs::read_to_string(LAST).and_then(|last| fs::write(LAST, last)).is_err() {
        println!("skipped: it has to choose the number of a process, which only root may");
        return;
    }
    alone(|| {
        let (_give, given) = watch::channel(Order::Run);
        let running = ProcessManager::new().run(sh("sleep 0.2"), Heard::default().hear(), given);
        let mut stranger = None;
        runtime().block_on(async {
            let running = tokio::spawn(running);
            tokio::task::yield_now().await;
            // While nothing else can run somebody reaps the child, and the system gives its number to another process.
            let agent: u32 = children()[0].parse().unwrap();
            waitid(WaitId::All, WaitIdOptions::EXITED).unwrap();
            stranger = (0..1000).find_map(|_| {
                fs::write(LAST, (agent - 1).to_string()).unwrap();
                let mut one = Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
                if one.id() == agent {
                    return Some(one);
                }
                one.kill().unwrap();
                one.wait().unwrap();
                None
            });
            running.await.unwrap()
        });
        let mut stranger = stranger.expect("the number was given again");
        thread::sleep(Duration::from_millis(100));
        assert_eq!(stranger.try_wait().unwrap(), None, "it is none of ours");
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    });
}
