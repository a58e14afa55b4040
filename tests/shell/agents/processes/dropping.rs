//! Jobs whose futures are dropped.

use super::*;

const STUBBORN: &str = "trap '' TERM HUP; echo $$; sleep 60 & sleep 60; sleep 60";

#[test]
fn a_task_that_is_aborted_leaves_nothing_behind() {
    alone(|| {
        let heard = Heard::default();
        let (_orders, ordered) = watch::channel(Order::Run);
        let runtime = runtime();
        let group = runtime.block_on(async {
            let running = tokio::spawn(ProcessManager::new().run(sh(STUBBORN), heard.hear(), ordered));
            let group = heard.first_of(1).await;
            running.abort();
            assert!(running.await.unwrap_err().is_cancelled());
            assert_eq!(children(), [""; 0], "the leader is reaped before anybody can go on");
            group
        });
        soon("the group is gone", || is_gone(&group));
    });
}

#[test]
fn a_runtime_that_is_shut_down_leaves_nothing_behind() {
    alone(|| {
        let threads =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        for runtime in [runtime(), threads] {
            let heard = Heard::default();
            let mut groups = Vec::new();
            for _ in 0..5 {
                let (_orders, ordered) = watch::channel(Order::Run);
                runtime.spawn(ProcessManager::new().run(sh(STUBBORN), heard.hear(), ordered));
            }
            runtime.block_on(heard.first_of(5));
            groups.extend(heard.of(Stream::Stdout));
            drop(runtime);
            assert_eq!(children(), [""; 0]);
            for group in groups {
                soon("the group is gone", || is_gone(&group));
            }
        }
    });
}

#[test]
fn a_listener_that_panics_leaves_nothing_behind() {
    alone(|| {
        let (_orders, ordered) = watch::channel(Order::Run);
        let hear = Box::new(|_: Stream, _: &str| panic!("it cannot bear it"));
        let running = ProcessManager::new().run(sh(STUBBORN), hear, ordered);
        let error = runtime().block_on(async { tokio::spawn(running).await.unwrap_err() });
        assert!(error.is_panic());
        assert_eq!(children(), [""; 0]);
    });
}

#[test]
fn a_job_that_is_dropped_at_any_moment_leaves_nothing_behind() {
    alone(|| {
        let runtime = runtime();
        for microseconds in (0..4000).step_by(100) {
            let (_orders, ordered) = watch::channel(Order::Run);
            let running =
                ProcessManager::new().run(sh("sleep 60 & exit 0"), Heard::default().hear(), ordered);
            let _ = runtime.block_on(async {
                tokio::select! {
                    biased;
                    attempt = running => Some(attempt),
                    () = spent(Duration::from_micros(microseconds)) => None,
                }
            });
            assert_eq!(children(), [""; 0], "dropped after {microseconds} µs");
        }
        // Never polled: never started.
        let (_orders, ordered) = watch::channel(Order::Run);
        drop(ProcessManager::new().run(sh(STUBBORN), Heard::default().hear(), ordered));
    });
}

/// A wait that is finer than the timers of the runtime.
async fn spent(time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_runtime_without_timers_or_descriptors_is_a_panic_that_leaves_nothing_behind() {
    alone(|| {
        for runtime in [
            tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap(),
            tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap(),
        ] {
            let (_orders, ordered) = watch::channel(Order::Run);
            let running = ProcessManager::new().run(sh(STUBBORN), Heard::default().hear(), ordered);
            let error = runtime.block_on(async { tokio::spawn(running).await.unwrap_err() });
            assert!(error.is_panic());
            assert_eq!(children(), [""; 0]);
        }
    });
}
