//! The retries of a call after its first failure. Threads wait here, futures in `waiting`.

use std::time::Duration;

use speckit_core::retry::{Decision, Failure, GiveUp, Retry};

use super::RetryError;
use super::attempt::{Attempt, AttemptOutcome, Report};
use super::breaker::{CallPermit, CircuitState};
use super::class::Classify;
use super::policy::Policy;
use super::retrying::Retrying;
use crate::os::clock::{self, Moment};
use crate::os::entropy;

/// The state of a call after its first failure.
pub(super) struct RetryLoop<'a, P, R, C> {
    retrying: Retrying<'a, P, R, C>,
    started: Moment,
    /// Boxed, so that the future of a call that succeeds at once is small.
    retry: Box<Retry>,
}

/// The wait before the next attempt, and the last error.
pub(super) struct Paused<E> {
    pub(super) wait: Duration,
    error: E,
}

impl<'a, P: Policy, R, C> RetryLoop<'a, P, R, C> {
    #[cold]
    pub(super) fn of(retrying: Retrying<'a, P, R, C>, started: Moment) -> Self {
        let seed = retrying.seed.unwrap_or_else(entropy::seed);
        Self { started, retry: Box::new(Retry::new(seed, retrying.label)), retrying }
    }

    /// Handles a failed attempt: reports it, and returns the wait or gives up.
    #[cold]
    pub(super) fn failed<E>(
        &mut self,
        permit: Option<CallPermit<'_>>,
        error: E,
    ) -> Result<Paused<E>, RetryError<E>>
    where
        C: Classify<E>,
        R: Report<E>,
    {
        let failure = self.retrying.classes.failure(&error);
        if let Some(permit) = permit {
            permit.failed(failure.class);
        }
        let elapsed = self.started.elapsed();
        let then = self.decide(elapsed, failure);
        if !R::IS_SILENT {
            let is_rate_limited = self.retrying.classes.is_rate_limited(&error);
            let outcome = AttemptOutcome::Failed { error: &error, is_rate_limited, then };
            let (label, number) = (self.retrying.label, self.retry.attempts());
            self.retrying.report.on_attempt(&Attempt { label, number, elapsed, outcome });
        }
        match then {
            Decision::Wait(wait) => Ok(Paused { wait, error }),
            Decision::GiveUp(why) => Err(RetryError::of(self.retry.attempts(), elapsed, why, error)),
        }
    }

    /// Admits the attempt after a wait, by the present settings.
    #[cold]
    pub(super) fn resumed<E>(&self, paused: Paused<E>) -> Result<Option<CallPermit<'a>>, RetryError<E>> {
        let elapsed = self.started.elapsed();
        let resumes = self.retry.resumes(&self.retrying.policy.settings(), elapsed);
        resumes
            .and_then(|()| self.retrying.admitted())
            .map_err(|why| RetryError::of(self.retry.attempts(), elapsed, why, paused.error))
    }

    #[cold]
    pub(super) fn succeeded<E>(&mut self, permit: Option<CallPermit<'_>>)
    where
        R: Report<E>,
    {
        self.retrying.succeeded(permit, self.started, self.retry.attempts().saturating_add(1));
    }

    fn decide(&mut self, elapsed: Duration, failure: Failure) -> Decision {
        let Self { retrying, retry, .. } = self;
        let config = retrying.policy.settings();
        let then = match retrying.budget {
            // A cancelled call takes no retry out.
            Some(budget) if !retrying.is_cancelled() => {
                budget.with_time(|budget, now| retry.failed(&config, elapsed, failure, Some((budget, now))))
            }
            _ => retry.failed(&config, elapsed, failure, None),
        };
        let Decision::Wait(wait) = then else { return then };
        if retrying.is_cancelled() {
            return Decision::GiveUp(GiveUp::Cancelled);
        }
        match retrying.breaker.map(|breaker| breaker.state()) {
            Some(CircuitState::Open { left }) if left > wait => Decision::GiveUp(GiveUp::Open),
            _ => then,
        }
    }
}

impl<'a, P: Policy, R, C> Retrying<'a, P, R, C> {
    #[cold]
    #[inline(never)]
    pub(super) fn run_again<T, E>(
        self,
        started: Moment,
        permit: Option<CallPermit<'_>>,
        error: E,
        mut call: impl FnMut() -> Result<T, E>,
    ) -> Result<T, RetryError<E>>
    where
        C: Classify<E>,
        R: Report<E>,
    {
        let cancel = self.cancel;
        let mut retry_loop = RetryLoop::of(self, started);
        let mut paused = retry_loop.failed(permit, error)?;
        loop {
            match cancel {
                Some(cancel) => cancel.sleep(paused.wait),
                None => clock::sleep(paused.wait),
            }
            let permit = retry_loop.resumed(paused)?;
            match call() {
                Ok(value) => {
                    retry_loop.succeeded(permit);
                    return Ok(value);
                }
                Err(error) => paused = retry_loop.failed(permit, error)?,
            }
        }
    }
}
