//! The same, awaited.

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

use super::{MS, Trouble, failing, hours, plain};

#[tokio::test]
async fn a_call_is_awaited_again_until_it_succeeds() {
    let mut call = failing(&[Trouble::RETRYABLE, Trouble::RETRYABLE]);
    let started = Instant::now();
    assert_eq!(execute_with_backoff(&plain(3), || ready(call())).await, Ok(3));
    assert!(started.elapsed() >= MS(15));
    let error = execute_with_backoff(&plain(2), || async { Err::<(), _>(Trouble::RETRYABLE) }).await;
    let error = error.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (2, GiveUp::Attempts { allowed: 2 }));
    assert_eq!(error.into_cause(), Some(Trouble::RETRYABLE));
}

#[tokio::test]
async fn the_waits_and_the_reports_are_those_of_the_other_form() {
    let config = plain(4).with_jitter(speckit::retry::Jitter::Full);
    let errors = [Trouble::RETRYABLE, Trouble::limited(MS(2)), Trouble::DEGRADED];
    let told = |reports: &mut Vec<_>, attempt: &Attempt<'_, Trouble>| {
        reports.push((attempt.number, attempt.next_wait(), attempt.give_up(), attempt.is_rate_limited()));
    };
    let (mut waiting, mut awaiting) = (Vec::new(), Vec::new());
    let retrying = || Retrying::new(&config).seed(Seed::new(7)).label("retry/prices");
    let answer =
        retrying().report(|attempt: &Attempt<'_, _>| told(&mut waiting, attempt)).run(failing(&errors));
    let mut call = failing(&errors);
    let awaited = retrying().report(|attempt: &Attempt<'_, _>| told(&mut awaiting, attempt));
    assert_eq!(awaited.run_async(|| ready(call())).await, answer);
    assert_eq!(waiting.len(), 4);
    assert_eq!(awaiting, waiting);
}

#[tokio::test]
async fn a_wait_holds_no_thread_up() {
    let ticks = Cell::new(0);
    let ticking = async {
        loop {
            tokio::time::sleep(MS(2)).await;
            ticks.set(ticks.get() + 1);
        }
    };
    let config = plain(2).with_initial_backoff_ms(100);
    tokio::select! {
        () = ticking => {}
        error = execute_with_backoff(&config, || async { Err::<(), _>(Trouble::RETRYABLE) }) => {
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
        thread::sleep(MS(30));
        elsewhere.cancel();
    });
    let config = hours();
    let running =
        Retrying::new(&config).cancel(&cancel).run_async(|| async { Err::<(), _>(Trouble::RETRYABLE) });
    let started = Instant::now();
    let error = timeout(MS(5000), running).await.expect("it ends").unwrap_err();
    assert!(started.elapsed() < MS(1000), "{:?}", started.elapsed());
    assert_eq!((error.attempts(), error.why()), (1, GiveUp::Cancelled));
    signal.join().unwrap();
    timeout(MS(1000), cancel.cancelled()).await.expect("it stays cancelled");
}

#[tokio::test]
async fn a_token_that_nobody_cancels_lets_a_wait_that_is_awaited_take_its_time() {
    let (cancel, started) = (CancelToken::new(), Instant::now());
    let mut call = failing(&[Trouble::RETRYABLE, Trouble::RETRYABLE]);
    assert_eq!(Retrying::new(plain(3)).cancel(&cancel).run_async(|| ready(call())).await, Ok(3));
    assert!(started.elapsed() >= MS(15));
}

/// Everything at once can be given to another task, which may run on another thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_can_be_made_in_a_task_of_its_own() {
    let (cancel, budget) = (CancelToken::new(), Arc::new(RetryBudget::default()));
    let breaker = Arc::new(CircuitBreaker::default());
    let tasks = (0..8).map(|_| {
        let (cancel, budget, breaker) = (cancel.clone(), Arc::clone(&budget), Arc::clone(&breaker));
        tokio::spawn(async move {
            let mut told = Vec::new();
            let mut calls = 0;
            let answer = Retrying::new(plain(3))
                .cancel(&cancel)
                .budget(&budget)
                .breaker(&breaker)
                .report(|attempt: &Attempt<'_, Trouble>| told.push(attempt.number))
                .run_async(|| {
                    calls += 1;
                    let number = calls;
                    async move {
                        tokio::task::yield_now().await;
                        if number == 1 { Err(Trouble::RETRYABLE) } else { Ok(number) }
                    }
                })
                .await;
            (answer, told)
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), (Ok(2), vec![1, 2]));
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

fn half_open() -> CircuitBreaker {
    let breaker =
        CircuitBreaker::new(BreakerConfig { least_calls: 1, open_for: MS(150), ..BreakerConfig::default() });
    breaker.call(failing(&[Trouble::RETRYABLE])).unwrap_err();
    while breaker.state() != CircuitState::HalfOpen {
        thread::sleep(MS(5));
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
            Ok::<_, Trouble>(())
        }
    });
    assert!(timeout(MS(10), running).await.is_err(), "it is dropped there");
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(breaker.call(failing(&[])), Ok(1), "room for another trial at once");

    let breaker = half_open();
    let running = breaker.call_async(pending::<Result<(), Trouble>>);
    assert!(timeout(MS(10), running).await.is_err());
    assert_eq!(breaker.call_async(|| async { Ok::<_, Trouble>(1) }).await, Ok(1));
}

#[tokio::test]
async fn a_future_that_is_dropped_in_a_wait_leaves_nothing_behind() {
    let (breaker, cancel) = (half_open(), CancelToken::new());
    let config = hours();
    let mut call = failing(&[Trouble::DEGRADED]);
    let running = Retrying::new(&config).breaker(&breaker).cancel(&cancel).run_async(|| ready(call()));
    assert!(timeout(MS(10), running).await.is_err(), "it is dropped there");
    assert_eq!(breaker.state(), CircuitState::Closed);
    cancel.cancel();
}

#[test]
fn a_future_that_nobody_polls_calls_nothing() {
    let called = Cell::new(false);
    let config = plain(3);
    drop(Retrying::new(&config).run_async(|| {
        called.set(true);
        ready(Ok::<_, Trouble>(()))
    }));
    assert!(!called.get());
}

#[tokio::test]
async fn an_open_breaker_and_a_cancelled_token_end_a_call_before_it_is_awaited() {
    let breaker = CircuitBreaker::new(BreakerConfig { least_calls: 1, ..BreakerConfig::default() });
    breaker.call(failing(&[Trouble::RETRYABLE])).unwrap_err();
    let call = || -> std::future::Ready<Result<(), Trouble>> { panic!("it was called") };
    let error = Retrying::new(plain(3)).breaker(&breaker).run_async(call).await.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (0, GiveUp::Open));
    let cancel = CancelToken::new();
    cancel.cancel();
    let error = Retrying::new(plain(3)).cancel(&cancel).run_async(call).await.unwrap_err();
    assert_eq!((error.attempts(), error.why()), (0, GiveUp::Cancelled));
    assert!(error.elapsed() < Duration::from_secs(1));
}
