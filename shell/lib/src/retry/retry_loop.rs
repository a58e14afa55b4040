//! What a call does from its first failure on. The waits of a thread are here, those of a future in `waiting`.

use std::time::Duration;

use speckit_core::retry::{Decision, Failure, GiveUp, Retry};

use super::attempt::{Attempt, Outcome, Report};
use super::breaker::{Circuit, Pass};
use super::policy::Policy;
use super::retrying::Retrying;
use super::{RetryClassifiable, RetryError};
use crate::os::clock::{self, Moment};
use crate::os::entropy;

/// A call of which an attempt has failed.
pub(super) struct Course<'a, P, R> {
    plan: Retrying<'a, P, R>,
    started: Moment,
    /// In a box, so that the future of a call that succeeds at once is small.
    retry: Box<Retry>,
}

/// What is kept during a wait.
pub(super) struct Paused<E> {
    pub(super) wait: Duration,
    error: E,
}

impl<'a, P: Policy, R> Course<'a, P, R> {
    #[cold]
    pub(super) fn of(plan: Retrying<'a, P, R>, started: Moment) -> Self {
        let seed = plan.seed.unwrap_or_else(entropy::seed);
        Self { started, retry: Box::new(Retry::new(seed, plan.label)), plan }
    }

    /// An attempt has failed: says how long to wait, or gives up, and reports it.
    #[cold]
    pub(super) fn failed<E>(&mut self, pass: Option<Pass<'_>>, error: E) -> Result<Paused<E>, RetryError<E>>
    where
        E: RetryClassifiable,
        R: Report<E>,
    {
        let failure = Failure { class: error.classify(), suggested: error.suggested_backoff() };
        if let Some(pass) = pass {
            pass.failed(failure.class);
        }
        let elapsed = self.started.elapsed();
        let then = self.decided(elapsed, failure);
        if !R::IS_SILENT {
            let is_rate_limited = error.is_rate_limited();
            let outcome = Outcome::Failed { error: &error, is_rate_limited, then };
            let (label, number) = (self.plan.label, self.retry.attempts());
            self.plan.report.tell(&Attempt { label, number, elapsed, outcome });
        }
        match then {
            Decision::Wait(wait) => Ok(Paused { wait, error }),
            Decision::GiveUp(why) => Err(RetryError::of(self.retry.attempts(), elapsed, why, error)),
        }
    }

    /// A wait is over: leave to begin another attempt, by the settings as they are now.
    #[cold]
    pub(super) fn resumed<E>(&self, paused: Paused<E>) -> Result<Option<Pass<'a>>, RetryError<E>> {
        let elapsed = self.started.elapsed();
        let resumes = self.retry.resumes(&self.plan.policy.settings(), elapsed);
        resumes
            .and_then(|()| self.plan.admitted())
            .map_err(|why| RetryError::of(self.retry.attempts(), elapsed, why, paused.error))
    }

    #[cold]
    pub(super) fn succeeded<E>(&mut self, pass: Option<Pass<'_>>)
    where
        R: Report<E>,
    {
        self.plan.succeeded(pass, self.started, self.retry.attempts().saturating_add(1));
    }

    fn decided(&mut self, elapsed: Duration, failure: Failure) -> Decision {
        let Self { plan, retry, .. } = self;
        let config = plan.policy.settings();
        let then = match plan.budget {
            // A call that ends takes nothing out.
            Some(budget) if !plan.is_cancelled() => {
                budget.ask(|budget, now| retry.failed(&config, elapsed, failure, Some((budget, now))))
            }
            _ => retry.failed(&config, elapsed, failure, None),
        };
        let Decision::Wait(wait) = then else { return then };
        if plan.is_cancelled() {
            return Decision::GiveUp(GiveUp::Cancelled);
        }
        match plan.breaker.map(|breaker| breaker.circuit()) {
            Some(Circuit::Open { left }) if left > wait => Decision::GiveUp(GiveUp::Open),
            _ => then,
        }
    }
}

impl<'a, P: Policy, R> Retrying<'a, P, R> {
    #[cold]
    #[inline(never)]
    pub(super) fn run_again<T, E>(
        self,
        started: Moment,
        pass: Option<Pass<'_>>,
        error: E,
        mut call: impl FnMut() -> Result<T, E>,
    ) -> Result<T, RetryError<E>>
    where
        E: RetryClassifiable,
        R: Report<E>,
    {
        let cancel = self.cancel;
        let mut course = Course::of(self, started);
        let mut paused = course.failed(pass, error)?;
        loop {
            match cancel {
                Some(cancel) => cancel.sleep(paused.wait),
                None => clock::sleep(paused.wait),
            }
            let pass = course.resumed(paused)?;
            match call() {
                Ok(value) => {
                    course.succeeded(pass);
                    return Ok(value);
                }
                Err(error) => paused = course.failed(pass, error)?,
            }
        }
    }
}
