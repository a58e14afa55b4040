//! How processes end by themselves, by a timeout or by a signal.

use super::*;

#[test]
fn the_attempt_contains_the_output_and_the_exit_code() {
    run_isolated(|| {
        let recorded = RecordedLines::default();
        let attempt = run_and_record(sh("echo result; echo why >&2; exit 75"), &recorded);
        assert_eq!(attempt.ending, exited(75));
        assert_eq!((stdout(&attempt).as_str(), &*attempt.stderr.to_text()), ("result\n", "why\n"));
        assert_eq!(
            (recorded.lines(Stream::Stdout), recorded.lines(Stream::Stderr)),
            (vec!["result".into()], vec!["why".into()])
        );
        assert!(!attempt.leaked && attempt.elapsed < AT_ONCE, "{attempt:?}");
    });
}

#[test]
fn the_attempt_contains_the_signal_that_ended_the_process() {
    run_isolated(|| {
        assert_eq!(run(sh("kill -USR1 $$")).ending, Ending::Signalled { signal: 10 });
        assert_eq!(run(sh("kill -KILL $$")).ending, Ending::Signalled { signal: 9 });
    });
}

#[test]
fn a_process_that_ended_while_the_runtime_was_blocked_keeps_its_output() {
    run_isolated(|| {
        let (order_sender, orders) = watch::channel(Order::Run);
        let running = ProcessManager::new().run(
            sh("sleep 0.2; echo result"),
            RecordedLines::default().listener(),
            orders,
        );
        let attempt = runtime().block_on(async {
            let running = tokio::spawn(running);
            tokio::task::yield_now().await;
            thread::sleep(Duration::from_millis(500));
            // The task receives the order. Then the runtime is blocked for longer than the drain time before it reads the pipes
            // again.
            order_sender.send(Order::Stop).unwrap();
            tokio::spawn(async { thread::sleep(Duration::from_millis(1000)) });
            running.await.unwrap()
        });
        assert_eq!(
            (attempt.ending.clone(), stdout(&attempt), attempt.leaked),
            (exited(0), "result\n".to_owned(), false)
        );
    });
}

#[test]
fn three_processes_run_at_the_same_time() {
    run_isolated(|| {
        let start = Instant::now();
        let attempts = runtime().block_on(async {
            let mut all = tokio::task::JoinSet::new();
            for _ in 0..3 {
                let (_order_sender, orders) = watch::channel(Order::Run);
                let job = sh("date +%s%N; sleep 0.3; date +%s%N");
                all.spawn(ProcessManager::new().run(job, RecordedLines::default().listener(), orders));
            }
            all.join_all().await
        });
        let spans: Vec<(u128, u128)> = attempts
            .iter()
            .map(|attempt| {
                let text = stdout(attempt);
                let (start, ended) = text.trim().split_once('\n').unwrap();
                (start.parse().unwrap(), ended.parse().unwrap())
            })
            .collect();
        let (last_begun, first_ended) =
            (spans.iter().map(|span| span.0).max(), spans.iter().map(|span| span.1).min());
        assert!(last_begun < first_ended, "all three run at the same time: {spans:?}");
        assert!(start.elapsed() >= Duration::from_millis(300));
    });
}

#[test]
fn a_process_that_obeys_the_timeout_signal_is_not_killed() {
    run_isolated(|| {
        let script = "trap 'echo last words; exit 0' TERM; echo first words; for i in $(seq 6000); do sleep 0.01; done";
        let mut job = with_timeout(sh(script), 300);
        job.limits.grace = Duration::from_secs(60);
        let attempt = run(job);
        assert_eq!(attempt.ending, Ending::TimedOut, "an exit with 0 during the grace is not a success");
        assert_eq!(stdout(&attempt), "first words\nlast words\n", "the output during the grace is kept");
        assert!(attempt.elapsed >= Duration::from_millis(300) && attempt.elapsed < Duration::from_secs(30));
    });
}

#[test]
fn a_process_that_ignores_the_timeout_signal_is_killed_after_the_grace() {
    run_isolated(|| {
        let job = with_timeout(sh("trap '' TERM; echo $$; sleep 60; sleep 60"), 300);
        let attempt = run(job);
        assert_eq!(attempt.ending, Ending::TimedOut);
        assert!(attempt.elapsed >= Duration::from_millis(800), "timeout and grace: {attempt:?}");
        assert!(attempt.elapsed < Duration::from_millis(800) + AT_ONCE, "{attempt:?}");
        assert!(!attempt.leaked);
        wait_until("no process of the group is left", || is_gone(&stdout(&attempt)));
    });
}

#[test]
fn a_shell_that_ends_at_the_timeout_signal_leaves_the_grace_to_its_child() {
    run_isolated(|| {
        let child = "trap 'sleep 0.5; echo saved; exit 0' TERM; echo $$; while :; do sleep 0.05; done";
        // The second command keeps the shell from replacing itself with the first.
        let mut job = with_timeout(job("bash", &["-c", "bash -c \"$0\"; echo after", child]), 500);
        job.limits.grace = Duration::from_secs(60);
        let attempt = run(job);
        assert_eq!(attempt.ending, Ending::TimedOut);
        assert!(stdout(&attempt).ends_with("saved\n"), "{attempt:?}");
        assert!(attempt.elapsed < Duration::from_secs(30), "the end of the child ends the job: {attempt:?}");
    });
}

#[test]
fn a_child_that_outlives_its_shell_is_killed_after_the_grace() {
    run_isolated(|| {
        let child = "trap '' TERM; echo $$; while :; do sleep 0.05; done";
        let attempt = run(with_timeout(job("bash", &["-c", "bash -c \"$0\"; echo after", child]), 500));
        assert_eq!((attempt.ending.clone(), attempt.leaked), (Ending::TimedOut, false));
        assert!(attempt.elapsed >= Duration::from_millis(1000), "timeout and grace: {attempt:?}");
        wait_until("the child is gone", || test_kill_process(pid(&stdout(&attempt))).is_err());
    });
}

#[test]
fn a_process_that_ended_while_the_runtime_was_blocked_is_not_timed_out() {
    run_isolated(|| {
        let attempt = runtime().block_on(async {
            let recorded = RecordedLines::default();
            let (_order_sender, orders) = watch::channel(Order::Run);
            let job = with_timeout(sh("echo begun; sleep 0.1; exit 3"), 1000);
            let running = tokio::spawn(ProcessManager::new().run(job, recorded.listener(), orders));
            recorded.wait_for_lines(1).await;
            // This blocks the only thread of the runtime.
            thread::sleep(Duration::from_millis(1500));
            running.await.unwrap()
        });
        assert_eq!(attempt.ending, exited(3));
    });
}

#[test]
fn the_exit_code_is_unknown_if_the_system_reaps_the_process() {
    run_isolated_after("trap '' CHLD", || {
        let attempt = run(sh("echo result; exit 3"));
        match &attempt.ending {
            Ending::NotStarted { reason, .. } => assert!(reason.contains("SIGCHLD"), "{reason}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(stdout(&attempt), "result\n");
    });
}

#[test]
fn many_short_processes_leave_nothing_behind() {
    run_isolated(|| {
        let threads =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        for runtime in [runtime(), threads] {
            let attempts = runtime.block_on(async {
                let mut all = tokio::task::JoinSet::new();
                for number in 0..200 {
                    let (_order_sender, orders) = watch::channel(Order::Run);
                    let job = sh(&format!("echo {number}; exit {}", number % 7));
                    all.spawn(async move {
                        (
                            number,
                            ProcessManager::new().run(job, RecordedLines::default().listener(), orders).await,
                        )
                    });
                }
                all.join_all().await
            });
            assert_eq!(attempts.len(), 200);
            for (number, attempt) in attempts {
                assert_eq!(
                    (attempt.ending.clone(), stdout(&attempt)),
                    (exited(number % 7), format!("{number}\n"))
                );
            }
        }
    });
}
