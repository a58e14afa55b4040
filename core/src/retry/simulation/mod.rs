//! A simulation of retries: many clients call one server at the same moment, are refused, and retry.
//!
//! It shows the effect of the settings and of each jitter before they are used with a server. This is the whole model:
//!
//! - Every client calls at time 0. A message takes [`NETWORK`] each way, always.
//! - The server answers the first `capacity` calls that reach it in each [`WINDOW`], counted from time 0, and refuses the
//!   others. It takes no time for either, while a real server also needs time for refusals.
//! - A refused client follows [`Retry`] with the settings. A refusal is retryable and suggests no wait. There is neither a
//!   budget nor a breaker.
//! - Each client has a seed of its own, [`Seed::nth`] of the seed of the run, the same for every jitter. Of calls that
//!   arrive in the same nanosecond that of the lower number comes first.
//!
//! ```
//! use speckit_core::retry::simulation::{Scenario, simulate};
//! use speckit_core::retry::{Jitter, RetryConfig, Seed};
//! let config = RetryConfig::default().with_jitter(Jitter::None).with_max_attempts(3);
//! let run = simulate(&config, Scenario { clients: 100, capacity: 10 }, Seed::new(42));
//! assert_eq!(run.load.iter().map(|load| load.calls).collect::<Vec<_>>(), [100, 90, 80]);
//! assert_eq!((run.succeeded(), run.gave_up, run.refused()), (30, 70, 240));
//! assert_eq!(run.last_success().unwrap().as_millis(), 330, "5 there, 100 + 10, 200 + 10, 5 back");
//! ```

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::time::Duration;

use crate::retry::{Decision, ErrorClass, Failure, Jitter, Retry, RetryConfig, Seed};

mod bars;
mod chart;
mod conclusion;
mod data;
mod plan;
mod svg;
mod text;

pub use plan::{RetryPlan, plan};

/// How long a message takes between a client and the server.
pub const NETWORK: Duration = Duration::from_millis(NETWORK_MS);
/// The period of the capacity: the server answers so many calls in each.
pub const WINDOW: Duration = Duration::from_millis(WINDOW_MS);
/// Every jitter, in the order in which they are compared.
pub const JITTERS: [Jitter; 4] = [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Decorrelated];

const NETWORK_MS: u64 = 5;
const WINDOW_MS: u64 = 100;

/// The label of the waits.
const LABEL: &str = "retry";

/// The clients and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// How many clients there are. Some 400 bytes are held for each.
    pub clients: u32,
    /// How many calls the server answers in each [`WINDOW`].
    pub capacity: u32,
}

/// The calls that reached the server in one [`WINDOW`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowLoad {
    /// When the window begins: a multiple of [`WINDOW`].
    pub start: Duration,
    /// How many calls reached the server.
    pub calls: u64,
    /// How many of them it answered.
    pub answered: u64,
}

/// The result of a scenario with one jitter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SimulationRun {
    /// The jitter of the waits.
    pub jitter: Jitter,
    /// The windows in which a call reached the server, in the order of time.
    pub load: Vec<WindowLoad>,
    /// The time from 0 to the answer for each client that succeeded, the shortest first.
    pub latencies: Vec<Duration>,
    /// How many clients gave up.
    pub gave_up: u64,
}

/// The results of a scenario with each of the [`JITTERS`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// The scenario.
    pub scenario: Scenario,
    /// The seed of all runs.
    pub seed: Seed,
    /// The settings that the clients follow; each run has its own jitter in place of theirs.
    pub config: RetryConfig,
    /// The runs, in the order of [`JITTERS`].
    pub runs: Vec<SimulationRun>,
}

/// Runs a scenario once with each of the [`JITTERS`].
pub fn compare(config: &RetryConfig, scenario: Scenario, seed: Seed) -> Comparison {
    let with = |jitter| simulate(&RetryConfig { jitter, ..*config }, scenario, seed);
    Comparison { scenario, seed, config: *config, runs: JITTERS.into_iter().map(with).collect() }
}

/// Runs a scenario until every client has succeeded or given up: at most `clients · max_attempts` calls.
///
/// Equal settings, scenarios and seeds give equal runs, on every platform.
pub fn simulate(config: &RetryConfig, scenario: Scenario, seed: Seed) -> SimulationRun {
    let mut clients: Vec<Retry> =
        (0..scenario.clients).map(|number| Retry::new(seed.nth(number.into()), LABEL)).collect();
    // The calls under way: when each reaches the server, and whose it is.
    let mut calls: BinaryHeap<_> = (0..scenario.clients).map(|client| Reverse((NETWORK, client))).collect();
    let mut run =
        SimulationRun { jitter: config.jitter, load: Vec::new(), latencies: Vec::new(), gave_up: 0 };
    while let Some(Reverse((arrival, client))) = calls.pop() {
        let is_answered = run.receive(arrival, scenario.capacity);
        let returned = arrival.saturating_add(NETWORK);
        if is_answered {
            run.latencies.push(returned);
            continue;
        }
        let again = usize::try_from(client).ok().and_then(|place| clients.get_mut(place));
        match again.and_then(|retry| next_attempt(retry, config, returned)) {
            Some(begins) => calls.push(Reverse((begins.saturating_add(NETWORK), client))),
            None => run.gave_up += 1,
        }
    }
    run
}

/// When a client begins its next attempt after a refusal; `None` if it gives up.
fn next_attempt(retry: &mut Retry, config: &RetryConfig, refused_at: Duration) -> Option<Duration> {
    // Every first attempt begins at time 0, so that the time is what has elapsed.
    match retry.failed(config, refused_at, Failure::of(ErrorClass::Retryable), None) {
        Decision::Wait(wait) => {
            let begins = refused_at.saturating_add(wait);
            retry.resumes(config, begins).ok().map(|()| begins)
        }
        Decision::GiveUp(_) => None,
    }
}

impl SimulationRun {
    /// Counts a call and returns whether it is answered. Calls come in the order of time.
    fn receive(&mut self, arrival: Duration, capacity: u32) -> bool {
        if self.load.last().is_none_or(|load| arrival.saturating_sub(load.start) >= WINDOW) {
            self.load.push(WindowLoad { start: start_of_window(arrival), ..WindowLoad::default() });
        }
        let Some(load) = self.load.last_mut() else { return false };
        load.calls += 1;
        let is_answered = load.answered < u64::from(capacity);
        load.answered += u64::from(is_answered);
        is_answered
    }

    /// How many calls were made.
    pub fn calls(&self) -> u64 {
        self.load.iter().map(|load| load.calls).sum()
    }

    /// How many calls were refused.
    pub fn refused(&self) -> u64 {
        self.load.iter().map(|load| load.calls - load.answered).sum()
    }

    /// How many clients were answered.
    pub fn succeeded(&self) -> u64 {
        self.load.iter().map(|load| load.answered).sum()
    }

    /// The most calls in one window.
    pub fn peak(&self) -> u64 {
        self.load.iter().map(|load| load.calls).max().unwrap_or(0)
    }

    /// The most calls in one window after the first, in which all clients call whatever the jitter.
    pub fn later_peak(&self) -> u64 {
        let later = self.load.iter().filter(|load| load.start >= WINDOW);
        later.map(|load| load.calls).max().unwrap_or(0)
    }

    /// When the last answer arrived.
    pub fn last_success(&self) -> Option<Duration> {
        self.latencies.last().copied()
    }

    /// The mean of the latencies, in whole nanoseconds; `None` if no client succeeded.
    pub fn mean_latency(&self) -> Option<Duration> {
        let sum: u128 = self.latencies.iter().map(Duration::as_nanos).sum();
        let mean = sum.checked_div(u128::try_from(self.latencies.len()).ok()?)?;
        Some(Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX)))
    }

    /// The latency that so many percent of the clients that succeeded did not exceed: the nearest rank.
    ///
    /// `None` if no client succeeded.
    pub fn latency(&self, percent: u8) -> Option<Duration> {
        let rank = (self.latencies.len() * usize::from(percent.min(100))).div_ceil(100);
        self.latencies.get(rank.saturating_sub(1)).copied()
    }
}

fn start_of_window(at: Duration) -> Duration {
    // A second is a multiple of the window.
    Duration::new(at.as_secs(), at.subsec_nanos() / WINDOW.subsec_nanos() * WINDOW.subsec_nanos())
}

/// The name of a jitter in the settings.
fn name(jitter: Jitter) -> &'static str {
    match jitter {
        Jitter::Full => "full",
        Jitter::Equal => "equal",
        Jitter::Decorrelated => "decorrelated",
        Jitter::None => "none",
    }
}
