//! The list of kept benchmarks.

use alloc::format;
use alloc::string::String;

use serde::Serialize;

use super::words;
use crate::bench::baseline::Baseline;
use crate::bench::machine::Machine;
use crate::bench::provenance::Provenance;
use crate::bench::stats::Summary;
use crate::text::{rfc3339, visible};

/// The first characters of a commit, as git shows it.
const SHORT_COMMIT: usize = 10;

#[derive(Serialize)]
struct BaselineJson<'a> {
    name: &'a str,
    command: &'a [String],
    runs: u32,
    partial: bool,
    provenance: &'a Provenance,
    summary: Option<Summary>,
    machine: &'a Machine,
}

impl Baseline {
    /// The cells of its line in a list: name, runs, median, time, commit, and machine.
    pub fn cells(&self) -> [String; 6] {
        let Self { benchmark, machine, .. } = self;
        let summary = benchmark.samples().map(|samples| samples.summary());
        let Provenance { measured_at_ms, commit, dirty, .. } = &benchmark.provenance;
        let dash = || String::from("–");
        let commit = commit.as_ref().map(|commit| {
            let short: String = commit.chars().take(SHORT_COMMIT).collect();
            if *dirty == Some(true) { format!("{short}, changed") } else { short }
        });
        [
            visible(&benchmark.name),
            format!("{}", benchmark.runs),
            words::time_or_dash(summary.map(|summary| summary.p50_ns)),
            measured_at_ms.map_or_else(dash, rfc3339),
            commit.map_or_else(dash, |commit| visible(&commit)),
            visible(&format!("{machine}")),
        ]
    }

    /// Its entry in `bench list --format json`: without the samples.
    pub fn to_json(&self) -> impl Serialize + '_ {
        BaselineJson {
            name: &self.benchmark.name,
            command: &self.benchmark.command,
            runs: self.benchmark.runs,
            partial: self.benchmark.partial,
            provenance: &self.benchmark.provenance,
            summary: self.benchmark.samples().map(|samples| samples.summary()),
            machine: &self.machine,
        }
    }
}

/// The headings of [`Baseline::cells`].
pub const LIST_HEADINGS: [&str; 6] = ["name", "runs", "median", "measured", "commit", "machine"];
