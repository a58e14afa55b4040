//! Shared budgets and circuit breakers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use speckit::retry::{
    Attempt, BreakerConfig, BudgetConfig, CallError, CircuitBreaker, CircuitState, ErrorClass, GiveUp,
    RetryBudget, RetryClassifiable as _, Retrying,
};

use super::{ServiceError, exact_config, fail_with, ms};

fn budget(capacity: u32) -> RetryBudget {
    RetryBudget::new(BudgetConfig { capacity, per_second: 0, percent_of_successes: 50 })
}

#[test]
fn threads_share_one_budget() {
    let (budget, calls, config) = (budget(10), AtomicU32::new(0), exact_config(100));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let call = || {
                    calls.fetch_add(1, Ordering::Relaxed);
                    Err::<(), _>(ServiceError::RETRYABLE)
                };
                let error = Retrying::new(&config).budget(&budget).run(call).unwrap_err();
                assert_eq!(error.why(), GiveUp::Budget);
            });
        }
    });
    assert_eq!(calls.into_inner(), 8 + 10, "eight first attempts and ten retries");
    assert_eq!(budget.left(), 0);
}

#[test]
fn only_retries_use_a_budget_and_successes_refill_it() {
    let (budget, config) = (budget(2), exact_config(3));
    let retrying = || Retrying::new(&config).budget(&budget);
    retrying().run(fail_with(&[ServiceError::PERMANENT])).unwrap_err();
    assert_eq!(budget.left(), 2);
    retrying().run(fail_with(&[ServiceError::RETRYABLE, ServiceError::RETRYABLE])).unwrap();
    assert_eq!(budget.left(), 0, "two retries, and half of one for the success");
    retrying().run(fail_with(&[])).unwrap();
    assert_eq!(budget.left(), 1);
}

/// A breaker that opens at the first failure.
fn breaker(open_for: Duration) -> CircuitBreaker {
    CircuitBreaker::new(BreakerConfig { window: 4, min_calls: 1, failure_percent: 50, open_for })
}

/// A breaker that allows one trial call.
fn half_open_breaker() -> CircuitBreaker {
    let breaker = breaker(ms(150));
    assert_eq!(
        breaker.call(fail_with(&[ServiceError::RETRYABLE])),
        Err(CallError::Failed(ServiceError::RETRYABLE))
    );
    let started = Instant::now();
    while breaker.state() != CircuitState::HalfOpen {
        assert!(started.elapsed() < ms(5000), "{breaker:?}");
        thread::sleep(ms(5));
    }
    breaker
}

#[test]
fn an_open_breaker_allows_one_trial_later_and_closes_again() {
    let breaker = half_open_breaker();
    let result = breaker.call(|| {
        let other = breaker.call(fail_with(&[]));
        assert!(matches!(other, Err(CallError::Open { .. })), "only one trial call is allowed");
        Ok::<_, ServiceError>(1)
    });
    assert_eq!(result, Ok(1));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn an_open_breaker_ends_a_call_before_its_first_attempt() {
    let breaker = breaker(ms(60_000));
    breaker.call(fail_with(&[ServiceError::RETRYABLE])).unwrap_err();
    let call = || -> Result<(), ServiceError> { panic!("the call must not be made") };
    let error = Retrying::new(&exact_config(3)).breaker(&breaker).run(call).unwrap_err();
    assert_eq!((error.attempts(), error.why(), error.cause()), (0, GiveUp::Open, None));
    assert_eq!(error.to_string(), "not tried, since the circuit breaker is open");
}

#[test]
fn a_breaker_that_stays_open_longer_than_the_wait_ends_the_call_at_once() {
    let breaker = breaker(ms(60_000));
    let mut reports = Vec::new();
    let report = |attempt: &Attempt<'_, ServiceError>| reports.push(attempt.give_up());
    let config = exact_config(2).with_initial_backoff_ms(3000);
    let retrying = Retrying::new(&config).breaker(&breaker).report(report);
    let error = retrying.run(fail_with(&[ServiceError::RETRYABLE])).unwrap_err();
    assert_eq!((error.attempts(), error.why()), (1, GiveUp::Open));
    assert_eq!(reports, [Some(GiveUp::Open)]);
}

#[test]
fn a_breaker_that_is_half_open_after_the_wait_allows_the_retry() {
    let breaker = breaker(ms(4));
    let config = exact_config(3).with_initial_backoff_ms(30);
    assert_eq!(Retrying::new(&config).breaker(&breaker).run(fail_with(&[ServiceError::RETRYABLE])), Ok(2));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn a_breaker_that_opens_during_a_wait_ends_the_call_after_it() {
    let breaker = CircuitBreaker::new(BreakerConfig { min_calls: 2, ..BreakerConfig::default() });
    let report = |attempt: &Attempt<'_, ServiceError>| {
        assert!(attempt.next_wait().is_some());
        // Another call fails during the wait.
        breaker.call(fail_with(&[ServiceError::RETRYABLE])).unwrap_err();
    };
    let error = Retrying::new(&exact_config(3))
        .breaker(&breaker)
        .report(report)
        .run(fail_with(&[ServiceError::RETRYABLE]));
    let error = error.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (1, GiveUp::Open));
    assert_eq!(error.cause(), Some(&ServiceError::RETRYABLE));
}

#[test]
fn no_permit_is_held_during_a_wait() {
    let breaker = half_open_breaker();
    let mut states = Vec::new();
    let report = |_: &Attempt<'_, ServiceError>| {
        states.push(breaker.state());
        assert_eq!(breaker.call(fail_with(&[])), Ok(1), "another call is allowed");
    };
    // A degraded answer does not open the breaker: the trial has succeeded before the wait.
    let retrying = Retrying::new(exact_config(3)).breaker(&breaker).report(report);
    assert_eq!(retrying.run(fail_with(&[ServiceError::DEGRADED])), Ok(2));
    assert_eq!(states, [CircuitState::Closed, CircuitState::Closed]);
}

#[test]
fn permanent_and_degraded_errors_do_not_open_a_breaker() {
    let breaker = breaker(ms(60_000));
    for error in [ServiceError::PERMANENT, ServiceError::DEGRADED] {
        for _ in 0..10 {
            breaker.call(fail_with(std::slice::from_ref(&error))).unwrap_err();
        }
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn a_panic_of_a_call_passes_through_and_returns_its_permit() {
    let breaker = half_open_breaker();
    let budget = budget(3);
    let panicking = || -> Result<(), ServiceError> { panic!("on purpose") };
    let config = exact_config(3);
    let run = || Retrying::new(&config).breaker(&breaker).budget(&budget).run(panicking);
    let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    let panic = catch_unwind(AssertUnwindSafe(|| breaker.call(panicking)));
    assert!(panic.is_err());
    assert_eq!(breaker.call(fail_with(&[])), Ok(1), "another trial is allowed at once");
    assert_eq!((breaker.state(), budget.left()), (CircuitState::Closed, 3));
}

#[test]
fn a_report_that_panics_keeps_no_permit() {
    let breaker = half_open_breaker();
    let config = exact_config(3);
    let report = |_: &Attempt<'_, ServiceError>| panic!("on purpose");
    let run =
        || Retrying::new(&config).breaker(&breaker).report(report).run(fail_with(&[ServiceError::DEGRADED]));
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn an_open_breaker_suggests_when_to_retry() {
    let breaker = breaker(ms(60_000));
    breaker.call(fail_with(&[ServiceError::rate_limited(ms(7))])).unwrap_err();
    let rejected = breaker.call(fail_with(&[])).unwrap_err();
    assert_eq!(rejected.classify(), ErrorClass::Retryable);
    assert!(rejected.suggested_backoff().unwrap() > ms(50_000));
    let text = rejected.to_string();
    assert!(text.starts_with("not called: the circuit breaker is open; try again in "), "{text}");
    let failed = CallError::Failed(ServiceError::rate_limited(ms(7)));
    assert_eq!((failed.suggested_backoff(), failed.is_rate_limited()), (Some(ms(7)), true));
    assert_eq!(failed.to_string(), "the service is Retryable");
}
