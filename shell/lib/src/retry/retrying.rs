//! A call with all that its retries obey.

use speckit_core::retry::{GiveUp, RetryConfig, Seed};

use super::attempt::{Attempt, Outcome, Report, Silent};
use super::breaker::{CircuitBreaker, Pass};
use super::budget::RetryBudget;
use super::cancel::Cancel;
use super::policy::{Following, Policy};
use super::{RetryClassifiable, RetryError};
use crate::os::clock::Moment;

/// Collects what the retries of a call obey; [`Retrying::run`] and `run_async` (with the feature `tokio`) make the call.
///
/// ```
/// use std::io;
/// use speckit::retry::{Attempt, Cancel, CircuitBreaker, RetryBudget, RetryConfig, Retrying, Seed};
///
/// let config = RetryConfig::default().with_initial_backoff_ms(1);
/// let (cancel, budget, breaker) = (Cancel::new(), RetryBudget::default(), CircuitBreaker::default());
/// let mut log = Vec::new();
/// let mut calls = 0;
/// let answer = Retrying::new(&config)
///     .label("retry/prices")
///     .seed(Seed::new(42))
///     .cancel(&cancel)
///     .budget(&budget)
///     .breaker(&breaker)
///     .report(|attempt: &Attempt<'_, io::Error>| log.push((attempt.number, attempt.error().is_some())))
///     .run(|| {
///         calls += 1;
///         if calls == 1 { Err(io::ErrorKind::TimedOut.into()) } else { Ok("4.20") }
///     });
/// assert_eq!(answer.unwrap(), "4.20");
/// assert_eq!(log, [(1, true), (2, false)]);
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is called before `run`"]
pub struct Retrying<'a, P, R = Silent> {
    pub(super) policy: P,
    pub(super) report: R,
    pub(super) label: &'a str,
    pub(super) seed: Option<Seed>,
    pub(super) cancel: Option<&'a Cancel>,
    pub(super) budget: Option<&'a RetryBudget>,
    pub(super) breaker: Option<&'a CircuitBreaker>,
}

impl<P: Policy> Retrying<'_, P> {
    /// Retries by these settings: a `&RetryConfig`, or whatever knows the present ones.
    #[inline]
    pub fn new(policy: P) -> Self {
        Self { policy, report: Silent, label: "retry", seed: None, cancel: None, budget: None, breaker: None }
    }
}

impl<F: Fn() -> RetryConfig> Retrying<'_, Following<F>> {
    /// Retries by the settings that `settings` gives after each failed attempt and each wait, so that a reload of the
    /// configuration reaches a call that is already being retried.
    ///
    /// A wait that has begun is not cut short by a reload: when it ends, the settings of that moment say whether there is
    /// another attempt.
    ///
    /// ```
    /// use std::io;
    /// use speckit::app::AppConfig;
    /// use speckit::retry::Retrying;
    /// use speckit::Config;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("app.toml");
    /// # std::fs::write(&path, "[retry]\ninitial_backoff_ms = 1\n")?;
    /// let config = Config::<AppConfig>::builder().file(&path).open()?;
    /// let text = Retrying::following(|| config.load().retry).run(|| Ok::<_, io::Error>("done"))?;
    /// assert_eq!(text, "done");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn following(settings: F) -> Self {
        Self::new(Following(settings))
    }
}

impl<'a, P: Policy, R> Retrying<'a, P, R> {
    /// Draws the waits from this seed, so that they can be foretold. Otherwise each call has a seed of its own, from the
    /// system's randomness.
    #[inline]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Says what the retries are for. One seed gives each label other waits, and reports tell it. `retry` unless it is said.
    #[inline]
    pub fn label(mut self, label: &'a str) -> Self {
        self.label = label;
        self
    }

    /// Ends with [`GiveUp::Cancelled`] as soon as the token is cancelled; a wait ends at once.
    #[inline]
    pub fn cancel(mut self, cancel: &'a Cancel) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Takes each retry out of a budget that many calls share.
    #[inline]
    pub fn budget(mut self, budget: &'a RetryBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Asks a circuit breaker before each attempt and tells it how the attempt ended.
    ///
    /// Where it lets none through, the call ends with [`GiveUp::Open`]; a wait which would end before it may let one through
    /// is not begun.
    #[inline]
    pub fn breaker(mut self, breaker: &'a CircuitBreaker) -> Self {
        self.breaker = Some(breaker);
        self
    }

    /// Tells of every attempt, on the thread of the call, as soon as the attempt has ended.
    ///
    /// What ends a call between two attempts, such as a token that is cancelled during a wait, is in its [`RetryError`].
    #[inline]
    pub fn report<E, N: FnMut(&Attempt<'_, E>)>(self, report: N) -> Retrying<'a, P, N> {
        let Self { policy, report: _, label, seed, cancel, budget, breaker } = self;
        Retrying { policy, report, label, seed, cancel, budget, breaker }
    }

    /// Calls, and calls again after a wait as long as the settings allow it and the error says that it may help. The first
    /// attempt is always made, unless the token is cancelled or the breaker open.
    ///
    /// While it waits nothing is held but the last error, which is dropped before the next attempt.
    ///
    /// # Errors
    /// [`RetryError`] with the last error, and why there was no further attempt.
    #[inline]
    pub fn run<T, E>(mut self, mut call: impl FnMut() -> Result<T, E>) -> Result<T, RetryError<E>>
    where
        E: RetryClassifiable,
        R: Report<E>,
    {
        let started = Moment::now();
        let pass = self.admitted().map_err(|why| RetryError::untried(started.elapsed(), why))?;
        match call() {
            Ok(value) => {
                self.succeeded(pass, started, 1);
                Ok(value)
            }
            Err(error) => self.run_again(started, pass, error, call),
        }
    }

    /// Whether an attempt may begin.
    #[inline]
    pub(super) fn admitted(&self) -> Result<Option<Pass<'a>>, GiveUp> {
        if self.is_cancelled() {
            return Err(GiveUp::Cancelled);
        }
        self.breaker.map(CircuitBreaker::pass).transpose().map_err(|_| GiveUp::Open)
    }

    #[inline]
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(Cancel::is_cancelled)
    }

    #[inline]
    pub(super) fn succeeded<E>(&mut self, pass: Option<Pass<'_>>, started: Moment, number: u32)
    where
        R: Report<E>,
    {
        if let Some(pass) = pass {
            pass.succeeded();
        }
        if let Some(budget) = self.budget {
            budget.succeeded();
        }
        if !R::IS_SILENT {
            let elapsed = started.elapsed();
            self.report.tell(&Attempt { label: self.label, number, elapsed, outcome: Outcome::Succeeded });
        }
    }
}
