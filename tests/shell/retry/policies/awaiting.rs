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

use super::{ServiceError, failing, hours, ms, plain};

#[tokio::test]
async fn a_call_is_awaited_again_until_it_succeeds() {
    let mut call = failing(&[ServiceError::RETRYABLE, ServiceError::RETRYABLE]);
    let started = Instant::now();
    assert_eq!(execute_with_backoff(&plain(3), || ready(call())).await, Ok(3));
    assert!(started.elapsed() >= ms(15));
    let error = execute_with_backoff(&plain(2), || async { Err::<(), _>(ServiceError::RETRYABLE) }).await;
    let error = error.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (2, GiveUp::Attempts { allowed: 2 }));
    assert_eq!(error.into_cause(), Some(ServiceError::RETRYABLE));
}

#[tokio::test]
async fn waits_and_reports_equal_those_of_a_blocking_call() {
    let config = plain(4).with_jitter(speckit::retry::Jitter::Full);
    let errors = [ServiceError::RETRYABLE, ServiceError::limited(ms(2)), ServiceError::DEGRADED];
    let collect = |reports: &mut Vec<_>, attempt: &Attempt<'_, ServiceError>| {
        reports.push((attempt.number, attempt.next_wait(), attempt.give_up(), attempt.is_rate_limited()));
    };
    let (mut waiting, mut awaiting) = (Vec::new(), Vec::new());
    let retrying = || Retrying::new(&config).seed(Seed::new(7)).label("retry/prices");
    let answer =
        retrying().report(|attempt: &Attempt<'_, _>| collect(&mut waiting, attempt)).run(failing(&errors));
    let mut call = failing(&errors);
    let awaited = retrying().report(|attempt: &Attempt<'_, _>| collect(&mut awaiting, attempt));
    assert_eq!(awaited.run_async(|| ready(call())).await, answer);
    assert_eq!(waiting.len(), 4);
    assert_eq!(awaiting, waiting);
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
    let config = plain(2).with_initial_backoff_ms(100);
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
    let elsewhere = cancel.clone();
    let signal = thread::spawn(move || {
        thread::sleep(ms(30));
        elsewhere.cancel();
    });
    let config = hours();
    let running =
        Retrying::new(&config).cancel(&cancel).run_async(|| async { Err::<(), _>(ServiceError::RETRYABLE) });
    let started = Instant::now();
    let error = timeout(ms(5000), running).await.expect("it ends").unwrap_err();
    assert!(started.elapsed() < ms(1000), "{:?}", started.elapsed());
    assert_eq!((error.attempts(), error.why()), (1, GiveUp::Cancelled));
    signal.join().unwrap();
    timeout(ms(1000), cancel.cancelled()).await.expect("it stays cancelled");
}

#[tokio::test]
async fn a_token_that_is_not_cancelled_shortens_no_wait() {
    let (cancel, started) = (CancelToken::new(), Instant::now());
    let mut call = failing(&[ServiceError::RETRYABLE, ServiceError::RETRYABLE]);
    assert_eq!(Retrying::new(plain(3)).cancel(&cancel).run_async(|| ready(call())).await, Ok(3));
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
            let answer = Retrying::new(plain(3))
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
            (answer, reports)
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), (Ok(2), vec![1, 2]));
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

fn half_open() -> CircuitBreaker {
    let breaker =
        CircuitBreaker::new(BreakerConfig { min_calls: 1, open_for: ms(150), ..BreakerConfig::default() });
    breaker.call(failing(&[ServiceError::RETRYABLE])).unwrap_err();
    while breaker.state() != CircuitState::HalfOpen {
        thread::sleep(ms(5));
    }
    breaker
}

#[tokio::test]
async fn a_future_that_is_dropped_in_an_attempt_gives_its_permit_back() {
    let breaker = half_open();
    let held = Arc::new(());
    let config = plain(3);
    let inner = Arc::clone(&held);
    let running = Retrying::new(&config).breaker(&breaker).run_async(move || {
        let held = Arc::clone(&inner);
        async move {
            pending::<()>().await;
            drop(held);
            Ok::<_, ServiceError>(())
        }
    });
    assert!(timeout(ms(10), running).await.is_err(), "the future is dropped");
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(breaker.call(failing(&[])), Ok(1), "another trial is allowed at once");

    let breaker = half_open();
    let running = breaker.call_async(pending::<Result<(), ServiceError>>);
    assert!(timeout(ms(10), running).await.is_err());
    assert_eq!(breaker.call_async(|| async { Ok::<_, ServiceError>(1) }).await, Ok(1));
}

#[tokio::test]
async fn a_future_that_is_dropped_in_a_wait_leaves_nothing_behind() {
    let (breaker, cancel) = (half_open(), CancelToken::new());
    let config = hours();
    let mut call = failing(&[ServiceError::DEGRADED]);
    let running = Retrying::new(&config).breaker(&breaker).cancel(&cancel).run_async(|| ready(call()));
    assert!(timeout(ms(10), running).await.is_err(), "the future is dropped");
    assert_eq!(breaker.state(), CircuitState::Closed);
    cancel.cancel();
}

#[test]
fn a_future_that_nobody_polls_calls_nothing() {
    let called = Cell::new(false);
    let config = plain(3);
    drop(Retrying::new(&config).run_async(|| {
        called.set(true);
        ready(Ok::<_, ServiceError>(()))
    }));
    assert!(!called.get());
}

#[tokio::test]
async fn an_open_breaker_and_a_cancelled_token_end_a_call_before_it_is_awaited() {
    let breaker = CircuitBreaker::new(BreakerConfig { min_calls: 1, ..BreakerConfig::default() });
    breaker.call(failing(&[ServiceError::RETRYABLE])).unwrap_err();
    let call = || -> std::future::Ready<Result<(), ServiceError>> { panic!("it was called") };
    let error = Retrying::new(plain(3)).breaker(&breaker).run_async(call).await.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (0, GiveUp::Open));
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = Retrying::new(plain(3)).cancel(&cancel).run_async(call).await.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (0, GiveUp::Cancelled));
    assert!(error.elapsed() < Duration::from_secs(1));
}
