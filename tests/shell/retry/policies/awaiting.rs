//! Awaited retries.

use std::cell::Cell;
use std::future::{pending, ready};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use speckit::retry::{
    Attempt, BreakerConfig, CancelToken, CircuitBreaker, CircuitState, GiveUp, RetryBudget, Retrying, Seed,
    execute_with_backoff,
};
use tokio::time::timeout;

use super::{ServiceError, exact_config, fail_with, hour_config, ms};

#[tokio::test]
async fn a_call_is_awaited_again_until_it_succeeds() {
    let mut call = fail_with(&[ServiceError::RETRYABLE, ServiceError::RETRYABLE]);
    let started = Instant::now();
    assert_eq!(execute_with_backoff(&exact_config(3), || ready(call())).await, Ok(3));
    assert!(started.elapsed() >= ms(15));
    let error =
        execute_with_backoff(&exact_config(2), || async { Err::<(), _>(ServiceError::RETRYABLE) }).await;
    let error = error.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (2, GiveUp::Attempts { allowed: 2 }));
    assert_eq!(error.into_cause(), Some(ServiceError::RETRYABLE));
}

#[tokio::test]
async fn an_awaited_call_has_the_waits_and_reports_of_a_blocking_call() {
    let config = exact_config(4).with_jitter(speckit::retry::Jitter::Full);
    let errors = [ServiceError::RETRYABLE, ServiceError::rate_limited(ms(2)), ServiceError::DEGRADED];
    let collect = |reports: &mut Vec<_>, attempt: &Attempt<'_, ServiceError>| {
        reports.push((attempt.number, attempt.next_wait(), attempt.give_up(), attempt.is_rate_limited()));
    };
    let (mut blocking_reports, mut awaited_reports) = (Vec::new(), Vec::new());
    let retrying = || Retrying::new(&config).seed(Seed::new(7)).label("retry/prices");
    let result = retrying()
        .report(|attempt: &Attempt<'_, _>| collect(&mut blocking_reports, attempt))
        .run(fail_with(&errors));
    let mut call = fail_with(&errors);
    let awaited_retrying =
        retrying().report(|attempt: &Attempt<'_, _>| collect(&mut awaited_reports, attempt));
    assert_eq!(awaited_retrying.run_async(|| ready(call())).await, result);
    assert_eq!(blocking_reports.len(), 4);
    assert_eq!(awaited_reports, blocking_reports);
}

#[tokio::test]
async fn a_wait_blocks_no_thread() {
    let ticks = Cell::new(0);
    let ticking = async {
        loop {
            tokio::time::sleep(ms(2)).await;
            ticks.set(ticks.get() + 1);
        }
    };
    let config = exact_config(2).with_initial_backoff_ms(100);
    tokio::select! {
        () = ticking => {}
        error = execute_with_backoff(&config, || async { Err::<(), _>(ServiceError::RETRYABLE) }) => {
            assert_eq!(error.unwrap_err().attempts(), 2);
        }
    }
    assert!(ticks.get() >= 5, "{} ticks", ticks.get());
}

#[tokio::test]
async fn another_thread_ends_a_wait_of_an_hour_at_once() {
    let cancel = CancelToken::new();
    let cancel_in_thread = cancel.clone();
    let canceller = thread::spawn(move || {
        thread::sleep(ms(30));
        cancel_in_thread.cancel();
    });
    let config = hour_config();
    let running =
        Retrying::new(&config).cancel(&cancel).run_async(|| async { Err::<(), _>(ServiceError::RETRYABLE) });
    let started = Instant::now();
    let error = timeout(ms(5000), running).await.expect("the call ends").unwrap_err();
    assert!(started.elapsed() < ms(1000), "{:?}", started.elapsed());
    assert_eq!((error.attempts(), error.why()), (1, GiveUp::Cancelled));
    canceller.join().unwrap();
    timeout(ms(1000), cancel.cancelled()).await.expect("the token stays cancelled");
}

#[tokio::test]
async fn an_uncancelled_token_does_not_shorten_an_awaited_wait() {
    let (cancel, started) = (CancelToken::new(), Instant::now());
    let mut call = fail_with(&[ServiceError::RETRYABLE, ServiceError::RETRYABLE]);
    assert_eq!(Retrying::new(exact_config(3)).cancel(&cancel).run_async(|| ready(call())).await, Ok(3));
    assert!(started.elapsed() >= ms(15));
}

/// A call with all options can move to another task and thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_can_run_in_its_own_task() {
    let (cancel, budget) = (CancelToken::new(), Arc::new(RetryBudget::default()));
    let breaker = Arc::new(CircuitBreaker::default());
    let tasks = (0..8).map(|_| {
        let (cancel, budget, breaker) = (cancel.clone(), Arc::clone(&budget), Arc::clone(&breaker));
        tokio::spawn(async move {
            let mut reports = Vec::new();
            let mut calls = 0;
            let result = Retrying::new(exact_config(3))
                .cancel(&cancel)
                .budget(&budget)
                .breaker(&breaker)
                .report(|attempt: &Attempt<'_, ServiceError>| reports.push(attempt.number))
                .run_async(|| {
                    calls += 1;
                    let number = calls;
                    async move {
                        tokio::task::yield_now().await;
                        if number == 1 { Err(ServiceError::RETRYABLE) } else { Ok(number) }
                    }
                })
                .await;
            (result, reports)
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), (Ok(2), vec![1, 2]));
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

fn half_open_breaker() -> CircuitBreaker {
    let breaker =
        CircuitBreaker::new(BreakerConfig { min_calls: 1, open_for: ms(150), ..BreakerConfig::default() });
    breaker.call(fail_with(&[ServiceError::RETRYABLE])).unwrap_err();
    while breaker.state() != CircuitState::HalfOpen {
        thread::sleep(ms(5));
    }
    breaker
}

#[tokio::test]
async fn dropping_a_future_during_an_attempt_returns_the_permit() {
    let breaker = half_open_breaker();
    let counter = Arc::new(());
    let config = exact_config(3);
    let inner = Arc::clone(&counter);
    let running = Retrying::new(&config).breaker(&breaker).run_async(move || {
        let counter = Arc::clone(&inner);
        async move {
            pending::<()>().await;
            drop(counter);
            Ok::<_, ServiceError>(())
        }
    });
    assert!(timeout(ms(10), running).await.is_err(), "the timeout drops the future");
    assert_eq!(Arc::strong_count(&counter), 1);
    assert_eq!(breaker.call(fail_with(&[])), Ok(1), "another trial is allowed at once");

    let breaker = half_open_breaker();
    let running = breaker.call_async(pending::<Result<(), ServiceError>>);
    assert!(timeout(ms(10), running).await.is_err());
    assert_eq!(breaker.call_async(|| async { Ok::<_, ServiceError>(1) }).await, Ok(1));
}

#[tokio::test]
async fn dropping_a_future_during_a_wait_leaves_nothing_behind() {
    let (breaker, cancel) = (half_open_breaker(), CancelToken::new());
    let config = hour_config();
    let mut call = fail_with(&[ServiceError::DEGRADED]);
    let running = Retrying::new(&config).breaker(&breaker).cancel(&cancel).run_async(|| ready(call()));
    assert!(timeout(ms(10), running).await.is_err(), "the timeout drops the future");
    assert_eq!(breaker.state(), CircuitState::Closed);
    cancel.cancel();
}

#[test]
fn a_future_that_is_not_polled_makes_no_call() {
    let called = Cell::new(false);
    let config = exact_config(3);
    drop(Retrying::new(&config).run_async(|| {
        called.set(true);
        ready(Ok::<_, ServiceError>(()))
    }));
    assert!(!called.get());
}

#[tokio::test]
async fn an_open_breaker_and_a_cancelled_token_end_a_call_before_it_is_awaited() {
    let breaker = CircuitBreaker::new(BreakerConfig { min_calls: 1, ..BreakerConfig::default() });
    breaker.call(fail_with(&[ServiceError::RETRYABLE])).unwrap_err();
    let call = || -> std::future::Ready<Result<(), ServiceError>> { panic!("the call must not be made") };
    let error = Retrying::new(exact_config(3)).breaker(&breaker).run_async(call).await.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (0, GiveUp::Open));
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = Retrying::new(exact_config(3)).cancel(&cancel).run_async(call).await.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (0, GiveUp::Cancelled));
    assert!(error.elapsed() < Duration::from_secs(1));
}
