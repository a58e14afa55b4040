//! Processes that leave the group of their job.

use super::*;

/// Starts a process with a session of its own that holds no stream, and prints its id.
const DETACH: &str = "setsid sh -c 'echo $$ > \"$0\"; exec sleep 60' $FILE >/dev/null 2>&1 </dev/null & while [ ! -s $FILE ]; do sleep 0.01; done; cat $FILE";

/// A job that runs this script after [`DETACH`].
fn detaching(then: &str, folder: &tempfile::TempDir) -> Job {
    let file = folder.path().join("id");
    sh(&format!("FILE={}; {DETACH}; {then}", file.display()))
}

#[test]
fn a_process_with_a_session_of_its_own_ends_with_the_job() {
    run_isolated(|| {
        for (then, ending) in [("exit 4", exited(4)), ("kill -KILL $$", Ending::Signalled { signal: 9 })] {
            let folder = tempfile::TempDir::new().unwrap();
            let attempt = run(detaching(then, &folder));
            assert_eq!(
                (attempt.ending.clone(), attempt.leaked, attempt.left.len()),
                (ending, false, 0),
                "{then}"
            );
            assert!(!is_running(&stdout(&attempt)), "it has ended when the job has");
        }
    });
}

#[test]
fn a_process_with_a_session_of_its_own_ends_with_a_job_that_times_out() {
    run_isolated(|| {
        for then in ["sleep 60", "trap '' TERM; sleep 60; sleep 60"] {
            let folder = tempfile::TempDir::new().unwrap();
            let attempt = run(with_timeout(detaching(then, &folder), 500));
            assert_eq!((attempt.ending.clone(), attempt.leaked), (Ending::TimedOut, false), "{then}");
            assert!(!is_running(&stdout(&attempt)));
        }
    });
}

#[test]
fn a_process_with_a_session_of_its_own_ends_with_a_dropped_job() {
    run_isolated(|| {
        let folder = tempfile::TempDir::new().unwrap();
        let recorded = RecordedLines::default();
        let (_order_sender, orders) = watch::channel(Order::Run);
        let job = detaching("sleep 60", &folder);
        let group = runtime().block_on(async {
            let running = tokio::spawn(ProcessManager::new().run(job, recorded.listener(), orders));
            let group = recorded.wait_for_lines(1).await;
            running.abort();
            assert!(running.await.unwrap_err().is_cancelled());
            group
        });
        assert!(!is_running(&group), "it has ended when the drop has returned");
    });
}

#[test]
fn a_process_that_holds_a_stream_does_not_delay_the_end() {
    run_isolated(|| {
        let mut job = agent(&["escape"]);
        job.limits.drain = Duration::from_secs(60);
        let attempt = run(job);
        let text = stdout(&attempt);
        assert!(!is_running(text.lines().next().unwrap()));
        assert_eq!((attempt.ending.clone(), attempt.leaked), (exited(0), false), "{attempt:?}");
        assert!(text.ends_with("gone\n"), "the output until then is kept: {text}");
        assert!(attempt.elapsed < Duration::from_secs(30), "its stream is not drained: {attempt:?}");
    });
}

#[test]
fn a_process_of_the_session_is_found_without_its_mark() {
    run_isolated(|| {
        // Job control gives each background process a group of its own.
        let attempt =
            run(job("bash", &["-c", "set -m; env -i sleep 60 >/dev/null 2>&1 & echo $!; sleep 0.2; exit 0"]));
        assert_eq!((attempt.ending.clone(), attempt.leaked), (exited(0), false), "{attempt:?}");
        assert!(!is_running(&stdout(&attempt)));
    });
}

#[test]
fn a_process_without_session_and_mark_is_reported_if_it_holds_a_stream() {
    run_isolated(|| {
        let attempt = run(sh("env -i setsid sh -c 'echo $$; exec sleep 60' & sleep 0.3; exit 0"));
        let id: u32 = stdout(&attempt).trim().parse().unwrap();
        rustix::process::kill_process(pid(&id.to_string()), rustix::process::Signal::KILL).unwrap();
        assert_eq!(attempt.ending, exited(0));
        let left: Vec<(u32, &str)> = attempt.left.iter().map(|one| (one.pid, one.command.as_str())).collect();
        assert_eq!((attempt.leaked, left), (true, vec![(id, "sleep")]), "{attempt:?}");
        assert!(
            attempt.elapsed >= Duration::from_millis(500),
            "the streams are drained for the whole drain time"
        );
    });
}

#[test]
fn the_end_of_a_job_ends_no_process_of_another_job() {
    run_isolated(|| {
        let folders = [(); 2].map(|()| tempfile::TempDir::new().unwrap());
        let recorded = RecordedLines::default();
        let (order_sender, orders) = watch::channel(Order::Run);
        let long = detaching("sleep 60", &folders[0]);
        runtime().block_on(async {
            let running = tokio::spawn(ProcessManager::new().run(long, recorded.listener(), orders));
            let detached = recorded.wait_for_lines(1).await;
            let (_other_sender, other_orders) = watch::channel(Order::Run);
            let short = detaching("exit 0", &folders[1]);
            let attempt =
                ProcessManager::new().run(short, RecordedLines::default().listener(), other_orders).await;
            assert!(!is_running(&stdout(&attempt)));
            assert!(is_running(&detached), "the process of the other job is still running");
            order_sender.send(Order::Kill).unwrap();
            running.await.unwrap();
            assert!(!is_running(&detached));
        });
    });
}

#[test]
fn a_manager_that_spares_detached_processes_kills_the_group_alone() {
    run_isolated(|| {
        let folder = tempfile::TempDir::new().unwrap();
        let (_order_sender, orders) = watch::channel(Order::Run);
        let job = detaching("echo $$; sleep 60 >/dev/null 2>&1 & exit 0", &folder);
        let running =
            ProcessManager::new().sparing_detached().run(job, RecordedLines::default().listener(), orders);
        let attempt = runtime().block_on(running);
        let text = stdout(&attempt);
        let [detached, group] = [0, 1].map(|line| text.lines().nth(line).unwrap());
        assert!(is_running(detached) && !attempt.leaked, "{attempt:?}");
        wait_until("the group is gone", || is_gone(group));
        rustix::process::kill_process(pid(detached), rustix::process::Signal::KILL).unwrap();
    });
}

/// Whether a process has not ended. Init may not have reaped one that has.
fn is_running(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}
