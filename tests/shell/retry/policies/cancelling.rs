//! Cancelled calls, and the locks and values that are free while calls wait.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

use speckit::retry::{
    Attempt, AttemptOutcome, CancelToken, Decision, ErrorClass, GiveUp, RetryClassifiable, Retrying,
    execute_with_backoff_sync,
};

use super::{ServiceError, exact_config, fail_with, hour_config, ms};

#[test]
fn cancelling_ends_a_wait_of_an_hour_at_once_on_every_thread() {
    let cancel = CancelToken::new();
    let (sender, results) = mpsc::channel();
    for _ in 0..3 {
        let (cancel, sender) = (cancel.clone(), sender.clone());
        thread::spawn(move || {
            sender
                .send(Retrying::new(hour_config()).cancel(&cancel).run(fail_with(&[ServiceError::RETRYABLE])))
                .unwrap();
        });
    }
    thread::sleep(ms(50));
    assert!(results.try_recv().is_err(), "all calls wait");
    cancel.cancel();
    let cancel_time = Instant::now();
    for _ in 0..3 {
        let error = results.recv_timeout(ms(1000)).expect("the call ends at once").unwrap_err();
        assert_eq!((error.attempts(), error.why()), (1, GiveUp::Cancelled));
        assert_eq!(error.cause(), Some(&ServiceError::RETRYABLE));
    }
    assert!(cancel_time.elapsed() < ms(1000), "{:?}", cancel_time.elapsed());
}

#[test]
fn an_uncancelled_token_does_not_shorten_a_wait() {
    let started = Instant::now();
    let errors = [ServiceError::RETRYABLE, ServiceError::RETRYABLE];
    assert_eq!(Retrying::new(&exact_config(3)).cancel(&CancelToken::new()).run(fail_with(&errors)), Ok(3));
    assert!(started.elapsed() >= ms(15));
}

#[test]
fn a_call_that_is_cancelled_before_its_first_attempt_is_not_made() {
    let cancel = CancelToken::new();
    cancel.cancel();
    let call = || -> Result<(), ServiceError> { panic!("the call must not be made") };
    let error = Retrying::new(&exact_config(3)).cancel(&cancel).run(call).unwrap_err();
    assert_eq!((error.attempts(), error.why(), error.cause()), (0, GiveUp::Cancelled, None));
    assert_eq!(error.to_string(), "not tried, since it was cancelled");
}

#[test]
fn cancelling_does_not_interrupt_a_running_attempt() {
    let cancel = CancelToken::new();
    let succeeding = || {
        cancel.cancel();
        Ok::<_, ServiceError>(7)
    };
    assert_eq!(Retrying::new(&exact_config(3)).cancel(&cancel).run(succeeding), Ok(7));

    let give_up_of = |error: ServiceError| {
        let cancel = CancelToken::new();
        let mut reports = Vec::new();
        let report = |attempt: &Attempt<'_, ServiceError>| reports.extend(attempt.give_up());
        let failing = || {
            cancel.cancel();
            Err::<(), _>(error.clone())
        };
        let error = Retrying::new(&hour_config()).cancel(&cancel).report(report).run(failing).unwrap_err();
        assert_eq!(reports, [error.why()]);
        error.why()
    };
    assert_eq!(give_up_of(ServiceError::RETRYABLE), GiveUp::Cancelled);
    assert_eq!(give_up_of(ServiceError::PERMANENT), GiveUp::Permanent, "the class of the error comes first");
}

#[test]
fn a_cancelled_wait_does_not_count_as_an_attempt() {
    let cancel = CancelToken::new();
    let mut count = 0;
    // The report comes before the wait.
    let report = |attempt: &Attempt<'_, ServiceError>| {
        count += 1;
        assert!(matches!(attempt.outcome, AttemptOutcome::Failed { then: Decision::Wait(_), .. }));
        cancel.cancel();
    };
    let error = Retrying::new(&hour_config())
        .cancel(&cancel)
        .report(report)
        .run(fail_with(&[ServiceError::RETRYABLE]));
    assert_eq!(error.unwrap_err().why(), GiveUp::Cancelled);
    assert_eq!(count, 1);
}

#[test]
fn a_lock_of_an_attempt_is_free_during_the_wait() {
    let attempts = Mutex::new(0);
    let cancel = CancelToken::new();
    thread::scope(|scope| {
        let call = || {
            *attempts.lock().unwrap() += 1;
            Err::<(), _>(ServiceError::RETRYABLE)
        };
        let (config, cancel) = (hour_config(), &cancel);
        scope.spawn(move || Retrying::new(&config).cancel(cancel).run(call).unwrap_err());
        let started = Instant::now();
        while *attempts.try_lock().unwrap() == 0 {
            assert!(started.elapsed() < ms(5000), "the call has started");
            thread::sleep(ms(20));
        }
        cancel.cancel();
    });
}

/// An error whose existing values are counted.
#[derive(Debug)]
struct ErrorWithCounter(#[expect(dead_code, reason = "only the count matters")] Arc<()>);

impl RetryClassifiable for ErrorWithCounter {
    fn classify(&self) -> ErrorClass {
        ErrorClass::Retryable
    }
}

#[test]
fn the_error_of_an_attempt_is_dropped_before_the_next_one() {
    let counter = Arc::new(());
    let mut counts = Vec::new();
    let error = execute_with_backoff_sync(&exact_config(3), || {
        counts.push(Arc::strong_count(&counter));
        Err::<(), _>(ErrorWithCounter(Arc::clone(&counter)))
    });
    assert_eq!(counts, [1, 1, 1]);
    assert_eq!(Arc::strong_count(&counter), 2, "the returned error contains the last one");
    drop(error);
    assert_eq!(Arc::strong_count(&counter), 1);
}
