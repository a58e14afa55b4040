//! The attempts of one client when every attempt fails at once.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::Serialize;

use super::LABEL;
use crate::plot::scale::fractional_ms;
use crate::retry::backoff::wait_before;
use crate::retry::{Decision, ErrorClass, Failure, GiveUp, Jitter, Retry, RetryConfig, Seed};
use crate::text::{count, duration};

/// The waits of one call in which every attempt fails at once, and why it gives up.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPlan {
    /// The settings.
    pub config: RetryConfig,
    /// The seed of the waits.
    pub seed: Seed,
    /// The waits, the first one first.
    pub waits: Vec<Duration>,
    /// Why there is no further attempt.
    pub end: GiveUp,
}

/// Plans a call: the waits are those of [`crate::retry::backoff::schedule`] with the label `retry`.
///
/// ```
/// use speckit_core::retry::simulation::plan;
/// use speckit_core::retry::{RetryConfig, Seed};
/// let plan = plan(&RetryConfig::default(), Seed::new(42));
/// assert_eq!(plan.waits.iter().map(|wait| wait.as_micros()).collect::<Vec<_>>(), [99_338, 84_863]);
/// assert_eq!(plan.end.to_string(), "3 attempts are allowed");
/// ```
pub fn plan(config: &RetryConfig, seed: Seed) -> RetryPlan {
    let mut retry = Retry::new(seed, LABEL);
    let (mut waits, mut now) = (Vec::new(), Duration::ZERO);
    loop {
        match retry.failed(config, now, Failure::of(ErrorClass::Retryable), None) {
            Decision::Wait(wait) => {
                now = now.saturating_add(wait);
                waits.push(wait);
            }
            Decision::GiveUp(end) => return RetryPlan { config: *config, seed, waits, end },
        }
    }
}

impl RetryPlan {
    /// All waits together.
    pub fn total(&self) -> Duration {
        self.waits.iter().fold(Duration::ZERO, |sum, wait| sum.saturating_add(*wait))
    }

    /// The longest that each wait can be for any seed; a decorrelated one depends on the wait before it.
    fn longest(&self) -> Vec<Duration> {
        let cap = self.config.max_backoff();
        let first = self.config.initial_backoff().min(cap);
        let before = core::iter::once(first).chain(self.waits.iter().copied());
        match self.config.jitter {
            Jitter::Decorrelated => {
                let longest = before.take(self.waits.len()).map(|last| last.saturating_mul(3).min(cap));
                longest.map(|wait| wait.max(first)).collect()
            }
            _ => (1..).take(self.waits.len()).map(|retry| wait_before(&self.config, retry)).collect(),
        }
    }

    /// The plan as a table with a summary below it.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut now = Duration::ZERO;
        for ((number, wait), longest) in (1..).zip(&self.waits).zip(self.longest()) {
            if number == 1 {
                text += &row(["RETRY", "BEFORE JITTER", "WAIT", "BEGINS AT"]);
            }
            now = now.saturating_add(*wait);
            let [longest, wait, begins] = [longest, *wait, now].map(precise);
            text += &row([&format!("{number}"), &longest, &wait, &begins]);
        }
        if !self.waits.is_empty() {
            text.push('\n');
        }
        let facts = [
            ("jitter", self.spread()),
            ("seed", format!("{}", self.seed.number())),
            ("total", precise(self.total())),
            ("deadline", duration(self.config.deadline())),
            ("ends", self.reason()),
        ];
        for (name, fact) in facts {
            text += &format!("{name:<8}  {fact}\n");
        }
        text
    }

    /// The plan as one JSON document.
    pub fn to_json(&self) -> impl Serialize + use<> {
        #[derive(Serialize)]
        struct PlanJson {
            seed: u64,
            jitter: Jitter,
            delays_ms: Vec<f64>,
            total_ms: f64,
            before_jitter_ms: Vec<f64>,
            deadline_ms: u64,
            attempts: usize,
            ends: &'static str,
            reason: String,
        }
        PlanJson {
            seed: self.seed.number(),
            jitter: self.config.jitter,
            delays_ms: self.waits.iter().copied().map(fractional_ms).collect(),
            total_ms: fractional_ms(self.total()),
            before_jitter_ms: self.longest().into_iter().map(fractional_ms).collect(),
            deadline_ms: self.config.deadline_ms,
            attempts: self.waits.len() + 1,
            ends: if matches!(self.end, GiveUp::Deadline { .. }) { "deadline" } else { "attempts" },
            reason: self.reason(),
        }
    }

    fn spread(&self) -> String {
        match self.config.jitter {
            Jitter::None => String::from("none: the wait before jitter as it is"),
            Jitter::Full => String::from("full: drawn from 0 to the wait before jitter"),
            Jitter::Equal => String::from("equal: drawn from half the wait before jitter to all of it"),
            Jitter::Decorrelated => format!(
                "decorrelated: drawn from {} to 3 × the last wait, {} at most",
                duration(Duration::from_millis(
                    self.config.initial_backoff_ms.min(self.config.max_backoff_ms)
                )),
                duration(self.config.max_backoff())
            ),
        }
    }

    fn reason(&self) -> String {
        let attempts = self.waits.len() + 1;
        let times = count(attempts.try_into().unwrap_or(u64::MAX), "attempt");
        match self.end {
            GiveUp::Deadline { wait: Duration::ZERO, .. } => {
                format!("after {times}: the deadline is reached")
            }
            GiveUp::Deadline { wait, .. } => {
                format!("after {times}: a wait of {} more would end after the deadline", precise(wait))
            }
            _ => format!("after {times}: retry.max_attempts is {}", self.config.max_attempts),
        }
    }
}

fn row([retry, longest, wait, begins]: [&str; 4]) -> String {
    format!("{retry:>5}  {longest:>13}  {wait:>13}  {begins:>13}\n")
}

/// Milliseconds to the microsecond: `99.338 ms`.
fn precise(time: Duration) -> String {
    let micros = time.saturating_add(Duration::from_nanos(500)).as_micros();
    format!("{}.{:03} ms", micros / 1000, micros % 1000)
}
