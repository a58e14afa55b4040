//! Jobs whose futures are dropped.

use super::*;

const STUBBORN: &str = "trap '' TERM HUP; echo $$; sleep 60 & sleep 60; sleep 60";

#[test]
fn an_aborted_task_leaves_nothing_behind() {
    run_isolated(|| {
        let recorded = RecordedLines::default();
        let (_order_sender, orders) = watch::channel(Order::Run);
        let runtime = runtime();
        let group = runtime.block_on(async {
            let running = tokio::spawn(ProcessManager::new().run(sh(STUBBORN), recorded.listener(), orders));
            let group = recorded.wait_for_lines(1).await;
            running.abort();
            assert!(running.await.unwrap_err().is_cancelled());
            assert_eq!(children(), [""; 0], "the leader is reaped before the next task runs");
            group
        });
        wait_until("no process of the group is left", || is_gone(&group));
    });
}

#[test]
fn dropping_the_runtime_leaves_nothing_behind() {
    run_isolated(|| {
        let threads =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        for runtime in [runtime(), threads] {
            let recorded = RecordedLines::default();
            let mut groups = Vec::new();
            for _ in 0..5 {
                let (_order_sender, orders) = watch::channel(Order::Run);
                runtime.spawn(ProcessManager::new().run(sh(STUBBORN), recorded.listener(), orders));
            }
            runtime.block_on(recorded.wait_for_lines(5));
            groups.extend(recorded.lines(Stream::Stdout));
            drop(runtime);
            assert_eq!(children(), [""; 0]);
            for group in groups {
                wait_until("no process of the group is left", || is_gone(&group));
            }
        }
    });
}

#[test]
fn a_listener_that_panics_leaves_nothing_behind() {
    run_isolated(|| {
        let (_order_sender, orders) = watch::channel(Order::Run);
        let listener = Box::new(|_: Stream, _: &str| panic!("the listener panics"));
        let running = ProcessManager::new().run(sh(STUBBORN), listener, orders);
        let error = runtime().block_on(async { tokio::spawn(running).await.unwrap_err() });
        assert!(error.is_panic());
        assert_eq!(children(), [""; 0]);
    });
}

#[test]
fn a_job_dropped_at_any_moment_leaves_nothing_behind() {
    run_isolated(|| {
        let runtime = runtime();
        for microseconds in (0..4000).step_by(100) {
            let (_order_sender, orders) = watch::channel(Order::Run);
            let running = ProcessManager::new().run(
                sh("sleep 60 & exit 0"),
                RecordedLines::default().listener(),
                orders,
            );
            let _ = runtime.block_on(async {
                tokio::select! {
                    biased;
                    attempt = running => Some(attempt),
                    () = wait_busily(Duration::from_micros(microseconds)) => None,
                }
            });
            assert_eq!(children(), [""; 0], "dropped after {microseconds} µs");
        }
        // A future that is never polled starts no process.
        let (_order_sender, orders) = watch::channel(Order::Run);
        drop(ProcessManager::new().run(sh(STUBBORN), RecordedLines::default().listener(), orders));
    });
}

/// Waits more precisely than the timers of the runtime can.
async fn wait_busily(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_runtime_without_timers_or_io_panics_and_leaves_nothing_behind() {
    run_isolated(|| {
        for runtime in [
            tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap(),
            tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap(),
        ] {
            let (_order_sender, orders) = watch::channel(Order::Run);
            let running =
                ProcessManager::new().run(sh(STUBBORN), RecordedLines::default().listener(), orders);
            let error = runtime.block_on(async { tokio::spawn(running).await.unwrap_err() });
            assert!(error.is_panic());
            assert_eq!(children(), [""; 0]);
        }
    });
}
