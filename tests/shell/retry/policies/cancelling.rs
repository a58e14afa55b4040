//! Cancelled calls, and what is held while they wait.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

use speckit::retry::{
    Attempt, AttemptOutcome, CancelToken, Decision, ErrorClass, GiveUp, RetryClassifiable, Retrying,
    execute_with_backoff_sync,
};

use super::{ServiceError, failing, hours, ms, plain};

#[test]
fn cancelling_ends_a_wait_of_an_hour_at_once_on_every_thread() {
    let cancel = CancelToken::new();
    let (sender, results) = mpsc::channel();
    for _ in 0..3 {
        let (cancel, sender) = (cancel.clone(), sender.clone());
        thread::spawn(move || {
            sender
                .send(Retrying::new(hours()).cancel(&cancel).run(failing(&[ServiceError::RETRYABLE])))
                .unwrap();
        });
    }
    thread::sleep(ms(50));
    assert!(results.try_recv().is_err(), "they wait");
    cancel.cancel();
    let cancelled = Instant::now();
    for _ in 0..3 {
        let error = results.recv_timeout(ms(1000)).expect("it ends at once").unwrap_err();
        assert_eq!((error.attempts(), error.why()), (1, GiveUp::Cancelled));
        assert_eq!(error.cause(), Some(&ServiceError::RETRYABLE));
    }
    assert!(cancelled.elapsed() < ms(1000), "{:?}", cancelled.elapsed());
}

#[test]
fn a_token_that_nobody_cancels_lets_a_wait_take_its_time() {
    let started = Instant::now();
    let errors = [ServiceError::RETRYABLE, ServiceError::RETRYABLE];
    assert_eq!(Retrying::new(&plain(3)).cancel(&CancelToken::new()).run(failing(&errors)), Ok(3));
    assert!(started.elapsed() >= ms(15));
}

#[test]
fn a_call_that_is_cancelled_before_its_first_attempt_is_not_made() {
    let cancel = CancelToken::new();
    cancel.cancel();
    let call = || -> Result<(), ServiceError> { panic!("it was called") };
    let error = Retrying::new(&plain(3)).cancel(&cancel).run(call).unwrap_err();
    assert_eq!((error.attempts(), error.why(), error.cause()), (0, GiveUp::Cancelled, None));
    assert_eq!(error.to_string(), "not tried, since it was cancelled");
}

#[test]
fn an_attempt_that_is_under_way_ends_as_it_does() {
    let cancel = CancelToken::new();
    let succeeding = || {
        cancel.cancel();
        Ok::<_, ServiceError>(7)
    };
    assert_eq!(Retrying::new(&plain(3)).cancel(&cancel).run(succeeding), Ok(7));

    let ends = |error: ServiceError| {
        let cancel = CancelToken::new();
        let mut reports = Vec::new();
        let report = |attempt: &Attempt<'_, ServiceError>| reports.extend(attempt.give_up());
        let failing = || {
            cancel.cancel();
            Err::<(), _>(error.clone())
        };
        let error = Retrying::new(&hours()).cancel(&cancel).report(report).run(failing).unwrap_err();
        assert_eq!(reports, [error.why()]);
        error.why()
    };
    assert_eq!(ends(ServiceError::RETRYABLE), GiveUp::Cancelled);
    assert_eq!(ends(ServiceError::PERMANENT), GiveUp::Permanent, "the class of the error comes first");
}

#[test]
fn a_cancelled_wait_is_no_attempt() {
    let cancel = CancelToken::new();
    let mut count = 0;
    // The report comes before the wait.
    let report = |attempt: &Attempt<'_, ServiceError>| {
        count += 1;
        assert!(matches!(attempt.outcome, AttemptOutcome::Failed { then: Decision::Wait(_), .. }));
        cancel.cancel();
    };
    let error =
        Retrying::new(&hours()).cancel(&cancel).report(report).run(failing(&[ServiceError::RETRYABLE]));
    assert_eq!(error.unwrap_err().why(), GiveUp::Cancelled);
    assert_eq!(count, 1);
}

#[test]
fn a_lock_of_an_attempt_is_free_during_the_wait() {
    let rows = Mutex::new(0);
    let cancel = CancelToken::new();
    thread::scope(|scope| {
        let call = || {
            *rows.lock().unwrap() += 1;
            Err::<(), _>(ServiceError::RETRYABLE)
        };
        let (config, cancel) = (hours(), &cancel);
        scope.spawn(move || Retrying::new(&config).cancel(cancel).run(call).unwrap_err());
        let started = Instant::now();
        while *rows.try_lock().unwrap() == 0 {
            assert!(started.elapsed() < ms(5000), "it never began");
            thread::sleep(ms(20));
        }
        cancel.cancel();
    });
}

/// An error that counts its copies.
#[derive(Debug)]
struct Holding(#[expect(dead_code, reason = "only the count matters")] Arc<()>);

impl RetryClassifiable for Holding {
    fn classify(&self) -> ErrorClass {
        ErrorClass::Retryable
    }
}

#[test]
fn the_error_of_an_attempt_is_dropped_before_the_next_one() {
    let held = Arc::new(());
    let mut counts = Vec::new();
    let error = execute_with_backoff_sync(&plain(3), || {
        counts.push(Arc::strong_count(&held));
        Err::<(), _>(Holding(Arc::clone(&held)))
    });
    assert_eq!(counts, [1, 1, 1]);
    assert_eq!(Arc::strong_count(&held), 2, "the last one is in the error");
    drop(error);
    assert_eq!(Arc::strong_count(&held), 1);
}
