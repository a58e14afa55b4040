//! Orders that a job receives.

use super::*;

/// Runs a job, and sends the orders after it has written its first line.
fn run_with_orders(job: Job, orders: &[Order]) -> Attempt {
    let recorded = RecordedLines::default();
    let (order_sender, order_receiver) = watch::channel(Order::Run);
    let running = ProcessManager::new().run(job, recorded.listener(), order_receiver);
    runtime().block_on(async {
        let running = tokio::spawn(running);
        recorded.wait_for_lines(1).await;
        for order in orders {
            order_sender.send(*order).unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::timeout(TEST_TIMEOUT, running).await.expect("the job ends").unwrap()
    })
}

#[test]
fn a_stopped_process_may_clean_up_and_counts_as_cancelled() {
    run_isolated(|| {
        let mut job =
            sh("trap 'echo ended; exit 0' TERM; echo begun; for i in $(seq 6000); do sleep 0.01; done");
        job.limits.grace = Duration::from_secs(60);
        let attempt = run_with_orders(job, &[Order::Stop]);
        assert_eq!(
            (attempt.ending.clone(), stdout(&attempt)),
            (Ending::Cancelled, "begun\nended\n".to_owned())
        );
    });
}

#[test]
fn a_process_that_ignores_a_stop_is_killed_after_the_grace_or_by_a_kill_order() {
    run_isolated(|| {
        let stubborn = || sh("trap '' TERM; echo $$; sleep 60; sleep 60");
        let attempt = run_with_orders(stubborn(), &[Order::Stop]);
        assert_eq!(attempt.ending, Ending::Cancelled);
        assert!(attempt.elapsed >= Duration::from_millis(500), "{attempt:?}");

        let mut patient = stubborn();
        patient.limits.grace = Duration::from_secs(60);
        let attempt = run_with_orders(patient, &[Order::Stop, Order::Kill]);
        assert_eq!(attempt.ending, Ending::Cancelled);
        assert!(attempt.elapsed < AT_ONCE, "{attempt:?}");
        wait_until("no process of the group is left", || is_gone(&stdout(&attempt)));
    });
}

#[test]
fn a_suspended_process_is_continued_so_that_it_can_clean_up() {
    run_isolated(|| {
        let mut job = sh("trap 'echo ended; exit 0' TERM; echo begun; kill -STOP $$; sleep 60");
        job.limits.grace = Duration::from_secs(60);
        let attempt = run_with_orders(job, &[Order::Stop]);
        assert_eq!(
            (attempt.ending.clone(), stdout(&attempt)),
            (Ending::Cancelled, "begun\nended\n".to_owned())
        );
        assert!(attempt.elapsed < AT_ONCE, "{attempt:?}");
    });
}

#[test]
fn a_job_that_is_cancelled_before_its_start_does_not_start() {
    run_isolated(|| {
        let folder = tempfile::TempDir::new().unwrap();
        let started_marker = folder.path().join("started");
        for order in [Order::Stop, Order::Kill] {
            let (_order_sender, order_receiver) = watch::channel(order);
            let job = sh(&format!("touch {}", started_marker.display()));
            let attempt = runtime().block_on(ProcessManager::new().run(
                job,
                RecordedLines::default().listener(),
                order_receiver,
            ));
            assert_eq!(attempt.ending, Ending::Cancelled);
        }
        assert!(!started_marker.exists());
    });
}

#[test]
fn a_job_continues_if_the_sender_of_its_orders_is_dropped() {
    run_isolated(|| {
        let (order_sender, order_receiver) = watch::channel(Order::Run);
        drop(order_sender);
        let running = ProcessManager::new().run(
            sh("sleep 0.1; exit 5"),
            RecordedLines::default().listener(),
            order_receiver,
        );
        assert_eq!(runtime().block_on(running).ending, exited(5));
    });
}
