//! How processes end, and how they are ended.

use super::*;

#[test]
fn one_that_ends_with_a_code_says_what_it_wrote_and_how_it_ended() {
    alone(|| {
        let heard = Heard::default();
        let attempt = run_hearing(sh("echo result; echo why >&2; exit 75"), &heard);
        assert_eq!(attempt.ending, exited(75));
        assert_eq!((stdout(&attempt).as_str(), &*attempt.stderr.to_text()), ("result\n", "why\n"));
        assert_eq!(
            (heard.of(Stream::Stdout), heard.of(Stream::Stderr)),
            (vec!["result".into()], vec!["why".into()])
        );
        assert!(!attempt.leaked && attempt.elapsed < AT_ONCE, "{attempt:?}");
    });
}

#[test]
fn one_that_a_signal_ends_says_which() {
    alone(|| {
        assert_eq!(run(sh("kill -USR1 $$")).ending, Ending::Signalled { signal: 10 });
        assert_eq!(run(sh("kill -KILL $$")).ending, Ending::Signalled { signal: 9 });
    });
}

#[test]
fn one_that_ended_by_itself_while_everything_else_was_held_up_keeps_what_it_wrote() {
    alone(|| {
        let (give, given) = watch::channel(Order::Run);
        let running = ProcessManager::new().run(sh("sleep 0.2; echo result"), Heard::default().hear(), given);
        let attempt = runtime().block_on(async {
            let running = tokio::spawn(running);
            tokio::task::yield_now().await;
            thread::sleep(Duration::from_millis(500));
            // It hears that, and before the runtime looks at its pipes again more time is over than they are read on.
            give.send(Order::Stop).unwrap();
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
fn three_at_once_take_as_long_as_the_slowest() {
    alone(|| {
        let begun = Instant::now();
        let attempts = runtime().block_on(async {
            let mut all = tokio::task::JoinSet::new();
            for _ in 0..3 {
                let (_orders, ordered) = watch::channel(Order::Run);
                let job = sh("date +%s%N; sleep 0.3; date +%s%N");
                all.spawn(ProcessManager::new().run(job, Heard::default().hear(), ordered));
            }
            all.join_all().await
        });
        let spans: Vec<(u128, u128)> = attempts
            .iter()
            .map(|attempt| {
                let text = stdout(attempt);
                let (begun, ended) = text.trim().split_once('\n').unwrap();
                (begun.parse().unwrap(), ended.parse().unwrap())
            })
            .collect();
        let (last_begun, first_ended) =
            (spans.iter().map(|span| span.0).max(), spans.iter().map(|span| span.1).min());
        assert!(last_begun < first_ended, "all three run at the same time: {spans:?}");
        assert!(begun.elapsed() >= Duration::from_millis(300));
    });
}

#[test]
fn one_that_ends_when_asked_is_timed_out_without_being_killed() {
    alone(|| {
        let script = "trap 'echo last words; exit 0' TERM; echo first words; for i in $(seq 6000); do sleep 0.01; done";
        let mut job = with_timeout(sh(script), 300);
        job.limits.grace = Duration::from_secs(60);
        let attempt = run(job);
        assert_eq!(attempt.ending, Ending::TimedOut, "an exit of 0 in the grace is no success");
        assert_eq!(stdout(&attempt), "first words\nlast words\n", "what is written in the grace is kept");
        assert!(attempt.elapsed >= Duration::from_millis(300) && attempt.elapsed < Duration::from_secs(30));
    });
}

#[test]
fn one_that_ignores_that_it_is_asked_is_killed_after_the_grace() {
    alone(|| {
        let job = with_timeout(sh("trap '' TERM; echo $$; sleep 60; sleep 60"), 300);
        let attempt = run(job);
        assert_eq!(attempt.ending, Ending::TimedOut);
        assert!(attempt.elapsed >= Duration::from_millis(800), "time-out and grace: {attempt:?}");
        assert!(attempt.elapsed < Duration::from_millis(800) + AT_ONCE, "{attempt:?}");
        assert!(!attempt.leaked);
        soon("the group is gone", || is_gone(&stdout(&attempt)));
    });
}

#[test]
fn one_that_has_ended_by_itself_while_nobody_could_notice_is_not_timed_out() {
    alone(|| {
        let attempt = runtime().block_on(async {
            let heard = Heard::default();
            let (_orders, ordered) = watch::channel(Order::Run);
            let job = with_timeout(sh("echo begun; sleep 0.1; exit 3"), 1000);
            let running = tokio::spawn(ProcessManager::new().run(job, heard.hear(), ordered));
            heard.first_of(1).await;
            // Somebody holds the only thread of the runtime up.
            thread::sleep(Duration::from_millis(1500));
            running.await.unwrap()
        });
        assert_eq!(attempt.ending, exited(3));
    });
}

#[test]
fn one_that_the_system_reaps_ends_without_a_code_that_nobody_knows() {
    alone_after("trap '' CHLD", || {
        let attempt = run(sh("echo result; exit 3"));
        match &attempt.ending {
            Ending::NotStarted { reason, .. } => assert!(reason.contains("SIGCHLD"), "{reason}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(stdout(&attempt), "result\n");
    });
}

#[test]
fn many_short_ones_at_once_leave_nothing_behind() {
    alone(|| {
        let threads =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        for runtime in [runtime(), threads] {
            let attempts = runtime.block_on(async {
                let mut all = tokio::task::JoinSet::new();
                for number in 0..200 {
                    let (_orders, ordered) = watch::channel(Order::Run);
                    let job = sh(&format!("echo {number}; exit {}", number % 7));
                    all.spawn(async move {
                        (number, ProcessManager::new().run(job, Heard::default().hear(), ordered).await)
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
