//! What a process has started ends with it.

use super::*;

#[test]
fn grandchildren_that_hold_the_streams_end_with_their_leader() {
    alone(|| {
        let attempt = run(sh(
            "echo $$; sleep 60 & (trap '' TERM HUP; sleep 60) & sh -c 'sleep 60 & sleep 60' & exit 4",
        ));
        assert_eq!(attempt.ending, exited(4));
        assert!(!attempt.is_leaked && attempt.elapsed < AT_ONCE, "{attempt:?}");
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
        assert!(!attempt.is_leaked);
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
        assert!(attempt.is_leaked, "{attempt:?}");
        assert!(text.ends_with("gone\n"), "what came until then is kept: {text}");
        assert!(
            attempt.elapsed >= Duration::from_millis(500),
            "it is read on for as long as the drain may take"
        );
        assert!(attempt.elapsed < Duration::from_millis(500) + AT_ONCE, "{attempt:?}");
    });
}
