//! Orders that a job is given.

use super::*;

/// Runs a job, and gives each order once it has written its first line.
fn ordered(job: Job, orders: &[Order]) -> Attempt {
    let heard = Heard::default();
    let (give, given) = watch::channel(Order::Run);
    let running = ProcessManager::new().run(job, heard.hear(), given);
    runtime().block_on(async {
        let running = tokio::spawn(running);
        heard.first_of(1).await;
        for order in orders {
            give.send(*order).unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::timeout(MAX_TIME, running).await.expect("it ends").unwrap()
    })
}

#[test]
fn one_that_is_stopped_may_end_in_peace_and_counts_as_cancelled() {
    alone(|| {
        let mut job =
            sh("trap 'echo ended; exit 0' TERM; echo begun; for i in $(seq 6000); do sleep 0.01; done");
        job.limits.grace = Duration::from_secs(60);
        let attempt = ordered(job, &[Order::Stop]);
        assert_eq!(
            (attempt.ending.clone(), stdout(&attempt)),
            (Ending::Cancelled, "begun\nended\n".to_owned())
        );
    });
}

#[test]
fn one_that_does_not_stop_is_killed_after_the_grace_or_when_that_is_ordered() {
    alone(|| {
        let stubborn = || sh("trap '' TERM; echo $$; sleep 60; sleep 60");
        let attempt = ordered(stubborn(), &[Order::Stop]);
        assert_eq!(attempt.ending, Ending::Cancelled);
        assert!(attempt.elapsed >= Duration::from_millis(500), "{attempt:?}");

        let mut patient = stubborn();
        patient.limits.grace = Duration::from_secs(60);
        let attempt = ordered(patient, &[Order::Stop, Order::Kill]);
        assert_eq!(attempt.ending, Ending::Cancelled);
        assert!(attempt.elapsed < AT_ONCE, "{attempt:?}");
        soon("the group is gone", || is_gone(&stdout(&attempt)));
    });
}

#[test]
fn one_that_stands_still_goes_on_to_end_in_peace() {
    alone(|| {
        let mut job = sh("trap 'echo ended; exit 0' TERM; echo begun; kill -STOP $$; sleep 60");
        job.limits.grace = Duration::from_secs(60);
        let attempt = ordered(job, &[Order::Stop]);
        assert_eq!(
            (attempt.ending.clone(), stdout(&attempt)),
            (Ending::Cancelled, "begun\nended\n".to_owned())
        );
        assert!(attempt.elapsed < AT_ONCE, "{attempt:?}");
    });
}

#[test]
fn one_that_is_called_off_before_it_starts_does_not_start() {
    alone(|| {
        let folder = tempfile::TempDir::new().unwrap();
        let trace = folder.path().join("trace");
        for order in [Order::Stop, Order::Kill] {
            let (_give, given) = watch::channel(order);
            let job = sh(&format!("touch {}", trace.display()));
            let attempt = runtime().block_on(ProcessManager::new().run(job, Heard::default().hear(), given));
            assert_eq!(attempt.ending, Ending::Cancelled);
        }
        assert!(!trace.exists());
    });
}

#[test]
fn one_whose_orders_end_runs_on() {
    alone(|| {
        let (give, given) = watch::channel(Order::Run);
        drop(give);
        let running = ProcessManager::new().run(sh("sleep 0.1; exit 5"), Heard::default().hear(), given);
        assert_eq!(runtime().block_on(running).ending, exited(5));
    });
}
