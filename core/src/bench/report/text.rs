//! Benchmarks and comparisons as text for a terminal.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::caveats::Caveat;
use super::words;
use crate::bench::benchmark::Benchmark;
use crate::bench::compare::{Answer, CompareReport, NamedComparison};
use crate::bench::document::BenchRun;
use crate::text::{command_line, visible};

impl BenchRun {
    /// A block for each benchmark, then one for each comparison, and the machine with the seed.
    pub fn to_text(&self) -> String {
        let benchmarks = self.benchmarks.iter().map(Benchmark::to_text);
        let comparisons = self.comparisons.iter().map(NamedComparison::to_text);
        let blocks: Vec<String> = benchmarks.chain(comparisons).chain([self.conditions()]).collect();
        blocks.join("\n")
    }

    /// Where and how the benchmarks were measured.
    fn conditions(&self) -> String {
        let seed = self.seed.map_or(String::new(), |seed| row("seed", &seed.to_string()));
        format!("measured on\n{}{seed}", row("machine", &visible(&self.machine.to_string())))
    }
}

impl Benchmark {
    /// The name with the figures, one kind in each line, and the caveats.
    pub fn to_text(&self) -> String {
        let mut text = words::name(&self.name) + "\n";
        let command = command_line(&self.command);
        if !command.is_empty() && command != self.name {
            text += &row("command", &command);
        }
        let summary = self.samples().map(|samples| samples.summary());
        if let Some(summary) = summary {
            let interval = summary
                .ci95_ns
                .map_or(String::new(), |ends| format!(", 95 % interval {}", words::interval(ends)));
            text += &row("mean", &format!("{}{interval}", words::mean(&summary)));
            let [p95, p99] = [summary.p95_ns, summary.p99_ns].map(words::time_or_dash);
            text += &row("median", &format!("{}, p95 {p95}, p99 {p99}", words::time(summary.p50_ns)));
            let ends = [summary.min_ns, summary.max_ns].map(|ns| ns as f64);
            text += &row("range", &words::interval(ends));
            if let Some(rate) = words::rate(self, &summary) {
                text += &row("rate", &rate);
            }
        }
        let times = [("user", self.user_ns), ("system", self.system_ns)];
        let times = times.into_iter().filter_map(|(name, ns)| Some(format!("{name} {}", words::time(ns?))));
        let times = times.collect::<Vec<_>>().join(", ");
        if !times.is_empty() {
            text += &row("processor", &times);
        }
        if let Some(memory) = words::memory(self) {
            text += &row("memory", &memory);
        }
        text += &row("runs", &self.runs_text());
        text + &notes(&self.caveats())
    }

    /// `30, after 3 for warm-up`, with the failed ones.
    fn runs_text(&self) -> String {
        let failed = match self.failed_runs() {
            0 => String::new(),
            failed => format!(", {failed} of them failed"),
        };
        let warmup = match self.warmup {
            0 => String::new(),
            warmup => format!(", after {warmup} for warm-up"),
        };
        format!("{}{failed}{warmup}", self.runs)
    }
}

impl NamedComparison {
    /// The names, the sentence with the verdict, the three conditions and the caveats.
    pub fn to_text(&self) -> String {
        let mut text =
            format!("{} compared with {}\n", words::name(&self.other), words::name(&self.baseline));
        let verdict = words::verdict(&self.comparison);
        text += &row("verdict", verdict);
        text += &row("result", &super::sentence(&self.comparison));
        for (name, holds, about) in words::conditions(&self.comparison).into_iter().flatten() {
            text += &row(name, &format!("{}: {about}", if holds { "yes" } else { "no" }));
        }
        if let Some(figures) = &self.comparison.figures {
            text += &row("effect", &words::effect(figures));
        }
        text + &notes(&self.caveats())
    }
}

impl CompareReport {
    /// A block for each comparison, the claim, and what differs between the machines.
    pub fn to_text(&self) -> String {
        let blocks: Vec<String> = self.comparisons.iter().map(NamedComparison::to_text).collect();
        let mut text = blocks.join("\n") + &notes(&self.caveats());
        if let Some(claim) = self.claim.filter(|_| self.answer() != Answer::NotComparable) {
            let holds = if self.claim_holds() { "holds" } else { "does not hold" };
            let speedups = self.comparisons.iter().map(|compared| {
                let interval = compared.comparison.figures.and_then(|figures| figures.speedup.ci95);
                interval.map_or_else(|| "unknown".into(), |[low, _]| words::fixed(low))
            });
            let speedups = speedups.collect::<Vec<_>>().join(", ");
            text += &row(
                "claim",
                &format!(
                    "at least {claim} faster: {holds} (the lower end of the 95 % interval is {speedups})"
                ),
            );
        }
        text
    }
}

fn row(name: &str, value: &str) -> String {
    format!("  {name:<11}  {value}\n")
}

fn notes(caveats: &[Caveat]) -> String {
    caveats.iter().map(|caveat| format!("  note: {caveat}\n")).collect()
}
