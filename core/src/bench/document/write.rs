//! Benchmarks and comparisons as the JSON of the contract.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::num::NonZeroU64;

use serde::Serialize;

use super::BenchRun;
use crate::bench::benchmark::Benchmark;
use crate::bench::compare::{Answer, CompareReport, NamedComparison};
use crate::bench::machine::{Machine, MachineField};
use crate::bench::outcome::FailedRuns;
use crate::bench::provenance::Provenance;
use crate::bench::stats::{Comparison, Summary, Verdict};

#[derive(Serialize)]
struct RunJson<'a> {
    benchmarks: Vec<BenchmarkJson<'a>>,
    /// The only comparison.
    comparison: Option<ComparisonJson>,
    comparisons: Vec<NamedComparisonJson<'a>>,
    machine: &'a Machine,
    seed: Option<u64>,
}

#[derive(Serialize)]
struct BenchmarkJson<'a> {
    name: &'a str,
    command: &'a [String],
    parameters: &'a BTreeMap<String, String>,
    runs: u32,
    warmup: u32,
    partial: bool,
    provenance: &'a Provenance,
    failed: &'a [FailedRuns],
    summary: Option<Summary>,
    user_ns: Option<f64>,
    system_ns: Option<f64>,
    peak_rss_bytes: Option<u64>,
    peak_rss_floor_bytes: Option<u64>,
    items: Option<NonZeroU64>,
    bytes: Option<NonZeroU64>,
    samples_ns: &'a [u64],
}

#[derive(Serialize)]
struct CompareJson<'a> {
    ok: bool,
    comparisons: Vec<NamedComparisonJson<'a>>,
    machine_differs: Vec<MachineField>,
    /// Those of the first and of the second side.
    machines: &'a [Machine; 2],
    /// Whether the claim holds; null without a claim.
    claim_holds: Option<bool>,
}

#[derive(Serialize)]
struct NamedComparisonJson<'a> {
    baseline: &'a str,
    other: &'a str,
    #[serde(flatten)]
    comparison: ComparisonJson,
}

#[derive(Serialize)]
struct ComparisonJson {
    ratio: Option<f64>,
    ratio_ci95: Option<[f64; 2]>,
    p_welch: Option<f64>,
    p_adjusted: Option<f64>,
    p_mann_whitney: Option<f64>,
    hedges_g: Option<f64>,
    delta_percent: Option<f64>,
    is_significant: Option<bool>,
    is_large: Option<bool>,
    interval_excludes_one: Option<bool>,
    verdict: Verdict,
}

impl BenchRun {
    /// The document of `bench run --format json`.
    pub fn to_json(&self) -> impl Serialize + '_ {
        let comparison = match self.comparisons.as_slice() {
            [only] => Some(comparison_json(&only.comparison)),
            _ => None,
        };
        RunJson {
            benchmarks: self.benchmarks.iter().map(benchmark_json).collect(),
            comparison,
            comparisons: self.comparisons.iter().map(named_json).collect(),
            machine: &self.machine,
            seed: self.seed,
        }
    }
}

impl CompareReport {
    /// The document of `bench compare --format json`.
    pub fn to_json(&self) -> impl Serialize + '_ {
        CompareJson {
            ok: self.answer() == Answer::Yes,
            comparisons: self.comparisons.iter().map(named_json).collect(),
            machine_differs: self.machine_differs(),
            machines: &self.machines,
            claim_holds: self.claim.map(|_| self.claim_holds()),
        }
    }
}

fn benchmark_json(benchmark: &Benchmark) -> BenchmarkJson<'_> {
    BenchmarkJson {
        name: &benchmark.name,
        command: &benchmark.command,
        parameters: &benchmark.parameters,
        runs: benchmark.runs,
        warmup: benchmark.warmup,
        partial: benchmark.partial,
        provenance: &benchmark.provenance,
        failed: &benchmark.failed,
        summary: benchmark.samples().map(|samples| samples.summary()),
        user_ns: benchmark.user_ns,
        system_ns: benchmark.system_ns,
        peak_rss_bytes: benchmark.peak_rss_bytes,
        peak_rss_floor_bytes: benchmark.peak_rss_floor_bytes,
        items: benchmark.items,
        bytes: benchmark.bytes,
        samples_ns: &benchmark.samples_ns,
    }
}

fn named_json(compared: &NamedComparison) -> NamedComparisonJson<'_> {
    NamedComparisonJson {
        baseline: &compared.baseline,
        other: &compared.other,
        comparison: comparison_json(&compared.comparison),
    }
}

fn comparison_json(comparison: &Comparison) -> ComparisonJson {
    let (figures, conditions) = (comparison.figures, comparison.conditions());
    ComparisonJson {
        ratio: figures.map(|figures| figures.ratio.value),
        ratio_ci95: figures.and_then(|figures| figures.ratio.ci95),
        p_welch: figures.and_then(|figures| figures.p_welch),
        p_adjusted: figures.and_then(|figures| figures.p_adjusted),
        p_mann_whitney: figures.map(|figures| figures.p_mann_whitney),
        hedges_g: figures.and_then(|figures| figures.hedges_g),
        delta_percent: figures.map(|figures| figures.delta_percent()),
        is_significant: conditions.map(|conditions| conditions.is_significant),
        is_large: conditions.map(|conditions| conditions.is_large),
        interval_excludes_one: conditions.map(|conditions| conditions.interval_excludes_one),
        verdict: comparison.verdict,
    }
}
