//! One benchmark: a command or a function with its samples.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU64;

use super::outcome::FailedRuns;
use super::provenance::Provenance;
use super::stats::{Samples, Work};

/// A command or a function with its samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Benchmark {
    /// Its name, unique in a document.
    pub name: String,
    /// The program and its arguments; empty for a function.
    pub command: Vec<String>,
    /// The values of the parameters by their names.
    pub parameters: BTreeMap<String, String>,
    /// How many runs were measured, including the failed ones.
    pub runs: u32,
    /// How many runs warmed up before.
    pub warmup: u32,
    /// The failed runs, by their end.
    pub failed: Vec<FailedRuns>,
    /// The mean processor time of the program.
    pub user_ns: Option<f64>,
    /// The mean processor time of the system for the program.
    pub system_ns: Option<f64>,
    /// The most memory that a run used at once.
    pub peak_rss_bytes: Option<u64>,
    /// The least that `peak_rss_bytes` can be: the peak of the measuring program, which a child begins with.
    pub peak_rss_floor_bytes: Option<u64>,
    /// How many items each run processes.
    pub items: Option<NonZeroU64>,
    /// How many bytes each run processes, if no number of items is stated.
    pub bytes: Option<NonZeroU64>,
    /// When it was measured, and of which version of the program.
    pub provenance: Provenance,
    /// Whether the measuring was interrupted.
    pub partial: bool,
    /// The elapsed times of the runs that count, in the order in which they were measured.
    pub samples_ns: Vec<u64>,
}

impl Benchmark {
    /// The samples with the work of each; `None` if no run counts.
    pub fn samples(&self) -> Option<Samples> {
        Some(Samples::new(self.samples_ns.clone()).ok()?.with_work(self.work()))
    }

    /// How much work each run does, if that is stated.
    pub fn work(&self) -> Option<Work> {
        self.items.map(Work::Items).or(self.bytes.map(Work::Bytes))
    }

    /// How many runs failed.
    pub fn failed_runs(&self) -> u32 {
        self.failed.iter().fold(0, |sum, failed| sum.saturating_add(failed.count))
    }

    /// Whether the peak memory may be that of the measuring program, and so is only a limit.
    pub fn is_peak_the_floor(&self) -> bool {
        self.peak_rss_bytes.zip(self.peak_rss_floor_bytes).is_some_and(|(peak, floor)| peak <= floor)
    }

    pub(super) fn set_work(&mut self, work: Option<Work>) {
        (self.items, self.bytes) = match work {
            None => (None, None),
            Some(Work::Items(items)) => (Some(items), None),
            Some(Work::Bytes(bytes)) => (None, Some(bytes)),
        };
    }
}
