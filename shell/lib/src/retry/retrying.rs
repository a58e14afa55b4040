//! The builder of a call with retries.

use speckit_core::retry::{Failure, GiveUp, RetryConfig, Seed};

use super::RetryError;
use super::attempt::{Attempt, AttemptOutcome, NoReport, Report};
use super::breaker::{CallPermit, CircuitBreaker};
use super::budget::RetryBudget;
use super::cancel::CancelToken;
use super::class::{ByClosure, ByTrait, Classify};
use super::policy::{Following, Policy};
use crate::os::clock::Moment;

/// Builds a call with retries; [`Retrying::run`] and `run_async` (with the feature `tokio`) make the call.
///
/// ```
/// use std::io;
/// use speckit::retry::{Attempt, CancelToken, CircuitBreaker, RetryBudget, RetryConfig, Retrying, Seed};
///
/// let config = RetryConfig::default().with_initial_backoff_ms(1);
/// let (cancel, budget, breaker) = (CancelToken::new(), RetryBudget::default(), CircuitBreaker::default());
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
pub struct Retrying<'a, P, R = NoReport, C = ByTrait> {
    pub(super) policy: P,
    pub(super) report: R,
    pub(super) classes: C,
    pub(super) label: &'a str,
    pub(super) seed: Option<Seed>,
    pub(super) cancel: Option<&'a CancelToken>,
    pub(super) budget: Option<&'a RetryBudget>,
    pub(super) breaker: Option<&'a CircuitBreaker>,
}

impl<P: Policy> Retrying<'_, P> {
    /// Retries by these settings: a `&RetryConfig`, or another source of them.
    #[inline]
    pub fn new(policy: P) -> Self {
        Self {
            policy,
            report: NoReport,
            classes: ByTrait,
            label: "retry",
            seed: None,
            cancel: None,
            budget: None,
            breaker: None,
        }
    }
}

impl<F: Fn() -> RetryConfig> Retrying<'_, Following<F>> {
    /// Retries by the settings that `settings` returns after each failed attempt and each wait, so that a running call
    /// follows a reload of the configuration.
    ///
    /// A reload does not shorten a wait; when the wait ends, the settings of that time decide about another attempt.
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

impl<'a, P: Policy, R, C> Retrying<'a, P, R, C> {
    /// Draws the waits from this seed, so that they are predictable. By default each call has a random seed.
    #[inline]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Names the retries in reports; a seed gives each label other waits. Defaults to `retry`.
    #[inline]
    pub fn label(mut self, label: &'a str) -> Self {
        self.label = label;
        self
    }

    /// Ends with [`GiveUp::Cancelled`] as soon as the token is cancelled; a wait ends at once.
    #[inline]
    pub fn cancel(mut self, cancel: &'a CancelToken) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Takes each retry out of a budget that many calls share.
    #[inline]
    pub fn budget(mut self, budget: &'a RetryBudget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Guards each attempt by a circuit breaker, and reports its result to it.
    ///
    /// While the breaker is open, the call ends with [`GiveUp::Open`]; a wait that would end before it can close is not
    /// begun.
    #[inline]
    pub fn breaker(mut self, breaker: &'a CircuitBreaker) -> Self {
        self.breaker = Some(breaker);
        self
    }

    /// Reports every attempt, on the thread of the call, as soon as it has ended.
    ///
    /// A call that ends between two attempts, such as one that is cancelled during a wait, gets no report: its [`RetryError`]
    /// has the reason.
    #[inline]
    pub fn report<E, N: FnMut(&Attempt<'_, E>)>(self, report: N) -> Retrying<'a, P, N, C> {
        let Self { policy, report: _, classes, label, seed, cancel, budget, breaker } = self;
        Retrying { policy, report, classes, label, seed, cancel, budget, breaker }
    }

    /// Classifies errors with a closure, for errors that cannot implement [`RetryClassifiable`](super::RetryClassifiable): those
    /// of other crates, `Box<dyn Error>`, `anyhow::Error`.
    ///
    /// It returns an [`ErrorClass`](super::ErrorClass), or a [`Failure`] where the other side also says how long to wait.
    ///
    /// ```
    /// use std::error::Error;
    /// use speckit::retry::{ErrorClass, RetryConfig, Retrying};
    ///
    /// let config = RetryConfig::default().with_initial_backoff_ms(1);
    /// let mut calls = 0;
    /// let answer = Retrying::new(&config)
    ///     .classify(|error: &Box<dyn Error>| match error.to_string().as_str() {
    ///         "overloaded" => ErrorClass::Retryable,
    ///         _ => ErrorClass::Permanent,
    ///     })
    ///     .run(|| {
    ///         calls += 1;
    ///         if calls == 1 { Err("overloaded".into()) } else { Ok(calls) }
    ///     });
    /// assert_eq!(answer.unwrap(), 2);
    /// ```
    #[inline]
    pub fn classify<E, F, K>(self, classify: F) -> Retrying<'a, P, R, ByClosure<F>>
    where
        F: Fn(&E) -> K,
        K: Into<Failure>,
    {
        let Self { policy, report, classes: _, label, seed, cancel, budget, breaker } = self;
        Retrying { policy, report, classes: ByClosure(classify), label, seed, cancel, budget, breaker }
    }

    /// Makes the call, and retries it after a wait as long as the settings and the class of the error allow it. The first
    /// attempt is always made, unless the token is cancelled or the breaker open.
    ///
    /// While it waits it holds only the last error, which is dropped before the next attempt.
    ///
    /// # Errors
    /// [`RetryError`] with the last error, and why there was no further attempt.
    #[inline]
    pub fn run<T, E>(mut self, mut call: impl FnMut() -> Result<T, E>) -> Result<T, RetryError<E>>
    where
        C: Classify<E>,
        R: Report<E>,
    {
        let started = Moment::now();
        let permit = self.admitted().map_err(|why| RetryError::untried(started.elapsed(), why))?;
        match call() {
            Ok(value) => {
                self.succeeded(permit, started, 1);
                Ok(value)
            }
            Err(error) => self.run_again(started, permit, error, call),
        }
    }

    /// Admits an attempt, with the permit of the breaker if there is one.
    #[inline]
    pub(super) fn admitted(&self) -> Result<Option<CallPermit<'a>>, GiveUp> {
        if self.is_cancelled() {
            return Err(GiveUp::Cancelled);
        }
        self.breaker.map(CircuitBreaker::permit).transpose().map_err(|_| GiveUp::Open)
    }

    #[inline]
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(CancelToken::is_cancelled)
    }

    #[inline]
    pub(super) fn succeeded<E>(&mut self, permit: Option<CallPermit<'_>>, started: Moment, number: u32)
    where
        R: Report<E>,
    {
        if let Some(permit) = permit {
            permit.succeeded();
        }
        if let Some(budget) = self.budget {
            budget.succeeded();
        }
        if !R::IS_SILENT {
            let elapsed = started.elapsed();
            self.report.on_attempt(&Attempt {
                label: self.label,
                number,
                elapsed,
                outcome: AttemptOutcome::Succeeded,
            });
        }
    }
}
