//! The decision after a failed attempt: another one after a wait, or giving up with a reason.

use core::fmt;
use core::time::Duration;

use super::Budget;
use crate::retry::backoff::Backoff;
use crate::retry::{RetryConfig, Seed};
use crate::text::duration;

/// Whether a failed call may be retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// Another attempt may succeed.
    Retryable,
    /// Every attempt will fail in the same way.
    Permanent,
    /// The answer is incomplete: the call is retried once, and the second such answer is accepted.
    Degraded,
}

/// One failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whether it may be retried.
    pub class: ErrorClass,
    /// The shortest wait that the other side requests, such as HTTP's `Retry-After`.
    pub suggested: Option<Duration>,
}

impl Failure {
    /// A failure of this class, without a suggestion.
    pub const fn of(class: ErrorClass) -> Self {
        Self { class, suggested: None }
    }

    /// With the shortest wait that the other side requests.
    #[must_use]
    pub const fn with_suggested(mut self, wait: Option<Duration>) -> Self {
        self.suggested = wait;
        self
    }
}

impl From<ErrorClass> for Failure {
    fn from(class: ErrorClass) -> Self {
        Self::of(class)
    }
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Wait for this time, then check [`Retry::resumes`], and try again.
    Wait(Duration),
    /// Do not try again.
    GiveUp(GiveUp),
}

/// Why there is no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GiveUp {
    /// The error is permanent.
    Permanent,
    /// The answer was incomplete twice, and is accepted.
    Degraded,
    /// All attempts are used up.
    Attempts {
        /// How many were allowed.
        allowed: u32,
    },
    /// The next wait would end after the deadline, or the deadline has passed.
    Deadline {
        /// How long all attempts and waits may take together.
        allowed: Duration,
        /// How long the next wait would have been; zero if there was none.
        wait: Duration,
    },
    /// The budget for retries, which many calls share, is used up.
    Budget,
    /// The circuit breaker is open.
    Open,
    /// It was cancelled.
    Cancelled,
}

/// A lowercase fragment: "3 attempts are allowed".
impl fmt::Display for GiveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permanent => f.write_str("this kind of failure is not retried"),
            Self::Degraded => f.write_str("the answer was incomplete twice"),
            Self::Attempts { allowed: 1 } => f.write_str("one attempt is allowed"),
            Self::Attempts { allowed } => write!(f, "{allowed} attempts are allowed"),
            Self::Deadline { allowed, wait: Duration::ZERO } => {
                write!(f, "the deadline of {} has passed", duration(*allowed))
            }
            Self::Deadline { allowed, wait } => {
                let (wait, allowed) = (duration(*wait), duration(*allowed));
                write!(f, "a wait of {wait} would end after the deadline of {allowed}")
            }
            Self::Budget => f.write_str("the budget for retries is used up"),
            Self::Open => f.write_str("the circuit breaker is open"),
            Self::Cancelled => f.write_str("it was cancelled"),
        }
    }
}

/// The attempts of one call.
///
/// Each step takes the settings, the time and the budget, so that a running call follows a reload.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::retry::{Decision, ErrorClass, Failure, GiveUp, Retry};
/// use speckit_core::retry::{Jitter, RetryConfig, Seed};
///
/// let config = RetryConfig::default().with_max_attempts(3).with_jitter(Jitter::None);
/// let mut retry = Retry::new(Seed::new(42), "retry/store");
/// let failed = Failure::of(ErrorClass::Retryable);
/// let ms = Duration::from_millis;
/// assert_eq!(retry.failed(&config, ms(5), failed, None), Decision::Wait(ms(100)));
/// assert_eq!(retry.failed(&config, ms(110), failed, None), Decision::Wait(ms(200)));
/// assert_eq!(retry.failed(&config, ms(315), failed, None), Decision::GiveUp(GiveUp::Attempts { allowed: 3 }));
/// assert_eq!(retry.attempts(), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    backoff: Backoff,
    attempts: u32,
    was_degraded: bool,
}

impl Retry {
    /// The attempts of a call whose waits are drawn from this seed and label.
    pub fn new(seed: Seed, label: &str) -> Self {
        Self { backoff: Backoff::new(seed, label), attempts: 0, was_degraded: false }
    }

    /// How many attempts have failed.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// An attempt failed; `elapsed` is the time since the first one began. `budget` is the shared one, with the present
    /// time of its clock; a retry is only taken out of it where nothing else forbids the attempt.
    ///
    /// The wait is drawn from the schedule. It is added to a suggested one, so that clients with the same suggestion do not
    /// come back together; the sum is cut at the deadline, but not below the suggestion. No wait ends after the deadline, and
    /// none begins at it.
    pub fn failed(
        &mut self,
        config: &RetryConfig,
        elapsed: Duration,
        failure: Failure,
        budget: Option<(&mut Budget, Duration)>,
    ) -> Decision {
        self.attempts = self.attempts.saturating_add(1);
        match failure.class {
            ErrorClass::Permanent => return Decision::GiveUp(GiveUp::Permanent),
            ErrorClass::Degraded if self.was_degraded => return Decision::GiveUp(GiveUp::Degraded),
            ErrorClass::Degraded => self.was_degraded = true,
            ErrorClass::Retryable => {}
        }
        if self.attempts >= config.max_attempts {
            return Decision::GiveUp(GiveUp::Attempts { allowed: config.max_attempts });
        }
        let min = failure.suggested.unwrap_or_default();
        let wait = min.saturating_add(self.backoff.wait(config, self.attempts));
        let left = config.deadline().saturating_sub(elapsed);
        let wait = if failure.suggested.is_some() { wait.min(left.max(min)) } else { wait };
        if wait > left || left.is_zero() {
            // Where no time is left, no wait is short enough.
            let wait = if left.is_zero() { Duration::ZERO } else { wait };
            return Decision::GiveUp(GiveUp::Deadline { allowed: config.deadline(), wait });
        }
        if let Some((budget, now)) = budget
            && !budget.withdraw(now)
        {
            return Decision::GiveUp(GiveUp::Budget);
        }
        Decision::Wait(wait)
    }

    /// Whether the attempt after a wait still begins, by the present settings.
    ///
    /// A timer may fire late, so that an attempt still begins within 100 ms after the deadline.
    ///
    /// # Errors
    /// Why it does not: the settings now allow fewer attempts or less time.
    pub fn resumes(&self, config: &RetryConfig, elapsed: Duration) -> Result<(), GiveUp> {
        if self.attempts >= config.max_attempts {
            return Err(GiveUp::Attempts { allowed: config.max_attempts });
        }
        let allowed = config.deadline();
        if elapsed > allowed.saturating_add(LATE) {
            return Err(GiveUp::Deadline { allowed, wait: Duration::ZERO });
        }
        Ok(())
    }
}

/// How late a timer may fire on a busy machine.
const LATE: Duration = Duration::from_millis(100);
