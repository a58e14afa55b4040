//! Retries with real waits: how they end, and what they report.

use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::time::{Duration, Instant};

use speckit::retry::{
    Attempt, ErrorClass, GiveUp, Jitter, RetryClassifiable, RetryConfig, Retrying, Seed,
    execute_with_backoff_sync,
};
use speckit_core::retry::backoff::schedule;
use speckit_core::text::duration;

mod awaiting;
mod cancelling;
mod following;
mod sharing;
mod sqlite;

/// An error of a service, with its class.
#[derive(Clone, Debug, PartialEq)]
struct ServiceError {
    class: ErrorClass,
    suggested: Option<Duration>,
    is_rate_limited: bool,
}

impl ServiceError {
    const RETRYABLE: Self = Self::of(ErrorClass::Retryable);
    const PERMANENT: Self = Self::of(ErrorClass::Permanent);
    const DEGRADED: Self = Self::of(ErrorClass::Degraded);

    const fn of(class: ErrorClass) -> Self {
        Self { class, suggested: None, is_rate_limited: false }
    }

    /// Status 429, with `Retry-After`.
    const fn rate_limited(wait: Duration) -> Self {
        Self { class: ErrorClass::Retryable, suggested: Some(wait), is_rate_limited: true }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service is {:?}", self.class)
    }
}

impl Error for ServiceError {}

impl RetryClassifiable for ServiceError {
    fn classify(&self) -> ErrorClass {
        self.class
    }

    fn suggested_backoff(&self) -> Option<Duration> {
        self.suggested
    }

    fn is_rate_limited(&self) -> bool {
        self.is_rate_limited
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A configuration with waits of exactly 5, 10 and 20 ms.
fn exact_config(max_attempts: u32) -> RetryConfig {
    RetryConfig::default()
        .with_max_attempts(max_attempts)
        .with_initial_backoff_ms(5)
        .with_jitter(Jitter::None)
}

/// A configuration with waits of an hour.
fn hour_config() -> RetryConfig {
    let hour = 3_600_000;
    exact_config(10).with_initial_backoff_ms(hour).with_max_backoff_ms(hour).with_deadline_ms(24 * hour)
}

/// A call that returns these errors one after the other, and then the number of calls.
fn fail_with(errors: &[ServiceError]) -> impl FnMut() -> Result<usize, ServiceError> + use<> {
    let errors = errors.to_vec();
    let mut calls = 0;
    move || {
        calls += 1;
        errors.get(calls - 1).map_or(Ok(calls), |error| Err(error.clone()))
    }
}

#[test]
fn a_call_is_retried_until_it_succeeds_after_the_waits_of_the_schedule() {
    let mut starts = Vec::new();
    let mut call = fail_with(&[ServiceError::RETRYABLE, ServiceError::RETRYABLE, ServiceError::RETRYABLE]);
    let result = execute_with_backoff_sync(&exact_config(4), || {
        starts.push(Instant::now());
        call()
    });
    assert_eq!(result, Ok(4));
    let waits: Vec<_> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (wait, minimum) in waits.iter().zip([5, 10, 20]) {
        assert!(*wait >= ms(minimum) && *wait < ms(minimum + 500), "{waits:?}");
    }
}

#[test]
fn the_error_has_attempts_time_reason_and_the_last_cause() {
    let errors = [ServiceError::RETRYABLE, ServiceError::RETRYABLE, ServiceError::rate_limited(ms(1))];
    let error = execute_with_backoff_sync(&exact_config(3), fail_with(&errors)).unwrap_err();
    assert_eq!(error.attempts(), 3);
    assert_eq!(error.why(), GiveUp::Attempts { allowed: 3 });
    assert!(error.elapsed() >= ms(15) && error.elapsed() < ms(1000), "{:?}", error.elapsed());
    assert_eq!(error.cause(), Some(&errors[2]));
    let took = duration(error.elapsed());
    assert_eq!(
        error.to_string(),
        format!("failed after 3 attempts in {took}, since 3 attempts are allowed: the service is Retryable")
    );
    let source = error.source().and_then(|source| source.downcast_ref::<ServiceError>());
    assert_eq!(source, Some(&errors[2]));
    assert!(!error.is_degraded());
    assert_eq!(error.into_cause(), Some(errors[2].clone()));
}

#[test]
fn the_deadline_covers_the_attempts_as_well_as_the_waits() {
    let config = exact_config(1000).with_deadline_ms(60);
    let slow = || {
        std::thread::sleep(ms(80));
        Err::<(), _>(ServiceError::RETRYABLE)
    };
    let error = execute_with_backoff_sync(&config, slow).unwrap_err();
    assert_eq!(error.why(), GiveUp::Deadline { allowed: ms(60), wait: Duration::ZERO });
    assert_eq!(error.attempts(), 1);
    assert!(error.elapsed() >= ms(80), "{error}");
}

#[test]
fn every_attempt_is_reported_in_order_before_the_next_one() {
    let lines = RefCell::new(Vec::new());
    let mut last = Duration::ZERO;
    let report = |attempt: &Attempt<'_, ServiceError>| {
        assert!(attempt.elapsed >= last);
        last = attempt.elapsed;
        lines.borrow_mut().push(format!(
            "{} {}: {:?} limited {} next {:?} end {:?}",
            attempt.label,
            attempt.number,
            attempt.error().map(|error| error.class),
            attempt.is_rate_limited(),
            attempt.next_wait(),
            attempt.give_up(),
        ));
    };
    let errors = [ServiceError::RETRYABLE, ServiceError::rate_limited(ms(3)), ServiceError::DEGRADED];
    let mut call = fail_with(&errors);
    let result = Retrying::new(&exact_config(9)).label("retry/prices").report(report).run(|| {
        lines.borrow_mut().push("called".into());
        call()
    });
    assert_eq!(result, Ok(4));
    assert_eq!(
        lines.take(),
        [
            "called",
            "retry/prices 1: Some(Retryable) limited false next Some(5ms) end None",
            "called",
            "retry/prices 2: Some(Retryable) limited true next Some(13ms) end None",
            "called",
            "retry/prices 3: Some(Degraded) limited false next Some(20ms) end None",
            "called",
            "retry/prices 4: None limited false next None end None",
        ]
    );
    assert!(last >= ms(38));
}

#[test]
fn the_last_report_has_the_reason_and_the_time_of_the_error() {
    let mut reports = Vec::new();
    let report = |attempt: &Attempt<'_, ServiceError>| {
        reports.push((attempt.number, attempt.elapsed, attempt.give_up(), attempt.to_string()));
    };
    let errors = [ServiceError::RETRYABLE, ServiceError::RETRYABLE];
    let error = Retrying::new(&exact_config(2)).report(report).run(fail_with(&errors)).unwrap_err();
    let (number, elapsed, why, line) = reports.pop().unwrap();
    assert_eq!((number, elapsed, why), (error.attempts(), error.elapsed(), Some(error.why())));
    let took = duration(elapsed);
    assert_eq!(
        line,
        format!(
            "retry: attempt 2 failed after {took}, the last one, since 2 attempts are allowed: \
             the service is Retryable"
        )
    );
    assert_eq!(reports.len(), 1);
    assert!(reports[0].3.ends_with("s, the next one in 5 ms: the service is Retryable"), "{reports:?}");
}

/// Runs a call that always fails, and returns its waits.
fn collect_waits(config: &RetryConfig, seed: Option<Seed>, label: &str) -> Vec<Duration> {
    let mut waits = Vec::new();
    let retrying = Retrying::new(config).label(label);
    let retrying = match seed {
        Some(seed) => retrying.seed(seed),
        None => retrying,
    };
    let report = |attempt: &Attempt<'_, ServiceError>| waits.extend(attempt.next_wait());
    retrying.report(report).run(|| Err::<(), _>(ServiceError::RETRYABLE)).unwrap_err();
    waits
}

#[test]
fn a_seed_gives_the_waits_of_its_schedule_for_each_label() {
    for jitter in [Jitter::Full, Jitter::Equal, Jitter::Decorrelated, Jitter::None] {
        let config = exact_config(4).with_jitter(jitter);
        let waits_of = |label| collect_waits(&config, Some(Seed::new(42)), label);
        let expected: Vec<_> = schedule(&config, Seed::new(42), "retry/store").collect();
        assert_eq!(waits_of("retry/store"), expected, "{jitter:?}");
        assert_eq!(waits_of("retry/store") == waits_of("retry/agents"), jitter == Jitter::None);
    }
}

#[test]
fn calls_without_a_seed_have_different_waits() {
    let config = exact_config(3).with_jitter(Jitter::Full);
    assert_ne!(collect_waits(&config, None, "retry"), collect_waits(&config, None, "retry"));
}
