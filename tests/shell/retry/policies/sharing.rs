//! Budgets and breakers that calls share.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use speckit::retry::{
    Attempt, BreakerConfig, BudgetConfig, CallError, CircuitBreaker, CircuitState, ErrorClass, GiveUp,
    RetryBudget, RetryClassifiable as _, Retrying,
};

use super::{MS, Trouble, failing, plain};

fn budget(capacity: u32) -> RetryBudget {
    RetryBudget::new(BudgetConfig { capacity, per_second: 0, percent_of_successes: 50 })
}

#[test]
fn threads_share_one_budget_and_no_retry_more() {
    let (budget, calls, config) = (budget(10), AtomicU32::new(0), plain(100));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let call = || {
                    calls.fetch_add(1, Ordering::Relaxed);
                    Err::<(), _>(Trouble::RETRYABLE)
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
fn successes_refill_a_budget_first_attempts_and_permanent_errors_take_nothing() {
    let (budget, config) = (budget(2), plain(3));
    let retrying = || Retrying::new(&config).budget(&budget);
    retrying().run(failing(&[Trouble::PERMANENT])).unwrap_err();
    assert_eq!(budget.left(), 2);
    retrying().run(failing(&[Trouble::RETRYABLE, Trouble::RETRYABLE])).unwrap();
    assert_eq!(budget.left(), 0, "two retries, and half of one for the success");
    retrying().run(failing(&[])).unwrap();
    assert_eq!(budget.left(), 1);
}

/// Opens at the first failure.
fn breaker(open_for: Duration) -> CircuitBreaker {
    CircuitBreaker::new(BreakerConfig { window: 4, least_calls: 1, failure_percent: 50, open_for })
}

/// A breaker that would let one call through as a trial.
fn half_open() -> CircuitBreaker {
    let breaker = breaker(MS(150));
    assert_eq!(breaker.call(failing(&[Trouble::RETRYABLE])), Err(CallError::Failed(Trouble::RETRYABLE)));
    let started = Instant::now();
    while breaker.state() != CircuitState::HalfOpen {
        assert!(started.elapsed() < MS(5000), "{breaker:?}");
        thread::sleep(MS(5));
    }
    breaker
}

#[test]
fn a_breaker_opens_lets_one_call_through_later_and_closes_again() {
    let breaker = half_open();
    let answer = breaker.call(|| {
        let other = breaker.call(failing(&[]));
        assert!(matches!(other, Err(CallError::Open { .. })), "one call is tried, and no other");
        Ok::<_, Trouble>(1)
    });
    assert_eq!(answer, Ok(1));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn an_open_breaker_ends_a_call_before_its_first_attempt() {
    let breaker = breaker(MS(60_000));
    breaker.call(failing(&[Trouble::RETRYABLE])).unwrap_err();
    let call = || -> Result<(), Trouble> { panic!("it was called") };
    let error = Retrying::new(&plain(3)).breaker(&breaker).run(call).unwrap_err();
    assert_eq!((error.attempts(), error.why(), error.cause()), (0, GiveUp::Open, None));
    assert_eq!(error.to_string(), "not tried, since the circuit breaker is open");
}

#[test]
fn a_breaker_that_stays_open_longer_than_the_wait_ends_the_call_at_once() {
    let breaker = breaker(MS(60_000));
    let mut told = Vec::new();
    let report = |attempt: &Attempt<'_, Trouble>| told.push(attempt.give_up());
    let config = plain(2).with_initial_backoff_ms(3000);
    let retrying = Retrying::new(&config).breaker(&breaker).report(report);
    let error = retrying.run(failing(&[Trouble::RETRYABLE])).unwrap_err();
    assert_eq!((error.attempts(), error.why()), (1, GiveUp::Open));
    assert_eq!(told, [Some(GiveUp::Open)]);
}

#[test]
fn retries_wait_for_a_breaker_that_opens_no_longer_than_they_wait() {
    let breaker = breaker(MS(4));
    let config = plain(3).with_initial_backoff_ms(30);
    assert_eq!(Retrying::new(&config).breaker(&breaker).run(failing(&[Trouble::RETRYABLE])), Ok(2));
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn a_breaker_that_opens_during_a_wait_ends_the_call_after_it() {
    let breaker = CircuitBreaker::new(BreakerConfig { least_calls: 2, ..BreakerConfig::default() });
    let report = |attempt: &Attempt<'_, Trouble>| {
        assert!(attempt.next_wait().is_some());
        // Another call fails meanwhile.
        breaker.call(failing(&[Trouble::RETRYABLE])).unwrap_err();
    };
    let error = Retrying::new(&plain(3)).breaker(&breaker).report(report).run(failing(&[Trouble::RETRYABLE]));
    let error = error.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (1, GiveUp::Open));
    assert_eq!(error.cause(), Some(&Trouble::RETRYABLE));
}

#[test]
fn no_permit_is_out_during_a_wait() {
    let breaker = half_open();
    let mut standing = Vec::new();
    let report = |_: &Attempt<'_, Trouble>| {
        standing.push(breaker.state());
        assert_eq!(breaker.call(failing(&[])), Ok(1), "another call goes through");
    };
    // A degraded answer is one: the trial has ended well before the wait begins.
    let retrying = Retrying::new(plain(3)).breaker(&breaker).report(report);
    assert_eq!(retrying.run(failing(&[Trouble::DEGRADED])), Ok(2));
    assert_eq!(standing, [CircuitState::Closed, CircuitState::Closed]);
}

#[test]
fn permanent_and_degraded_errors_are_answers_and_open_no_breaker() {
    let breaker = breaker(MS(60_000));
    for trouble in [Trouble::PERMANENT, Trouble::DEGRADED] {
        for _ in 0..10 {
            breaker.call(failing(std::slice::from_ref(&trouble))).unwrap_err();
        }
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn a_call_that_panics_goes_on_panicking_and_gives_its_permit_back() {
    let breaker = half_open();
    let budget = budget(3);
    let panicking = || -> Result<(), Trouble> { panic!("as it was told") };
    let config = plain(3);
    let run = || Retrying::new(&config).breaker(&breaker).budget(&budget).run(panicking);
    let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"as it was told"));
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    let panic = catch_unwind(AssertUnwindSafe(|| breaker.call(panicking)));
    assert!(panic.is_err());
    assert_eq!(breaker.call(failing(&[])), Ok(1), "room for another trial at once");
    assert_eq!((breaker.state(), budget.left()), (CircuitState::Closed, 3));
}

#[test]
fn a_report_that_panics_keeps_no_permit() {
    let breaker = half_open();
    let config = plain(3);
    let report = |_: &Attempt<'_, Trouble>| panic!("as it was told");
    let run = || Retrying::new(&config).breaker(&breaker).report(report).run(failing(&[Trouble::DEGRADED]));
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[test]
fn a_refusal_by_a_breaker_says_when_to_ask_again() {
    let breaker = breaker(MS(60_000));
    breaker.call(failing(&[Trouble::limited(MS(7))])).unwrap_err();
    let refusal = breaker.call(failing(&[])).unwrap_err();
    assert_eq!(refusal.classify(), ErrorClass::Retryable);
    assert!(refusal.suggested_backoff().unwrap() > MS(50_000));
    let text = refusal.to_string();
    assert!(text.starts_with("not called, since the circuit breaker is open for "), "{text}");
    let failed = CallError::Failed(Trouble::limited(MS(7)));
    assert_eq!((failed.suggested_backoff(), failed.is_rate_limited()), (Some(MS(7)), true));
    assert_eq!(failed.to_string(), "the service is Retryable");
}
