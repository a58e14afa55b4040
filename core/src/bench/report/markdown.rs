//! Benchmarks and comparisons as Markdown.

use alloc::format;
use alloc::string::{String, ToString as _};

use super::words;
use crate::bench::benchmark::Benchmark;
use crate::bench::compare::{CompareReport, NamedComparison};
use crate::bench::document::BenchRun;
use crate::text::markdown::escaped;

impl BenchRun {
    /// A table of the benchmarks, one of the comparisons, and the caveats as a list.
    pub fn to_markdown(&self) -> String {
        let mut text = String::from(
            "| benchmark | runs | mean ± deviation | median | p95 | range | peak memory |\n|---|---:|---:|---:|---:|---:|---:|\n",
        );
        text += &self.benchmarks.iter().map(benchmark_row).collect::<String>();
        text += &comparison_table(&self.comparisons);
        let caveats = self.benchmarks.iter().flat_map(|benchmark| {
            benchmark.caveats().into_iter().map(|caveat| item(&benchmark.name, &caveat.to_string()))
        });
        let of_comparisons = self.comparisons.iter().flat_map(comparison_items);
        let items: String = caveats.chain(of_comparisons).collect();
        if !items.is_empty() {
            text += &format!("\n{items}");
        }
        let seed = self.seed.map_or(String::new(), |seed| format!("; seed {seed}"));
        text + &format!("\nMeasured on {}{seed}.\n", escaped(&self.machine.to_string()))
    }
}

impl CompareReport {
    /// A table of the comparisons, and the caveats as a list.
    pub fn to_markdown(&self) -> String {
        let table = comparison_table(&self.comparisons);
        let caveats =
            self.caveats().into_iter().map(|caveat| format!("- {}\n", escaped(&caveat.to_string())));
        let items: String = caveats.chain(self.comparisons.iter().flat_map(comparison_items)).collect();
        let text = table.trim_start().to_string();
        if items.is_empty() { text } else { format!("{text}\n{items}") }
    }
}

fn benchmark_row(benchmark: &Benchmark) -> String {
    let name = escaped(&benchmark.name);
    let memory = words::memory(benchmark).unwrap_or_else(|| "–".into());
    let Some(summary) = benchmark.samples().map(|samples| samples.summary()) else {
        return format!("| {name} | {} | – | – | – | – | {memory} |\n", benchmark.runs);
    };
    let range = words::interval([summary.min_ns, summary.max_ns].map(|ns| ns as f64));
    format!(
        "| {name} | {} | {} | {} | {} | {range} | {memory} |\n",
        benchmark.runs,
        words::mean(&summary),
        words::time(summary.p50_ns),
        words::time_or_dash(summary.p95_ns)
    )
}

fn comparison_table(comparisons: &[NamedComparison]) -> String {
    let row = |compared: &NamedComparison| {
        let [baseline, other] = [&compared.baseline, &compared.other].map(|name| escaped(name));
        let result = escaped(&super::sentence(&compared.comparison));
        format!("| {baseline} | {other} | {result} | {} |\n", words::verdict(&compared.comparison))
    };
    if comparisons.is_empty() {
        return String::new();
    }
    let rows = comparisons.iter().map(row).collect::<String>();
    format!("\n| baseline | other | result | verdict |\n|---|---|---|---|\n{rows}")
}

fn comparison_items(compared: &NamedComparison) -> impl Iterator<Item = String> + '_ {
    let name = format!("{} compared with {}", compared.other, compared.baseline);
    compared.caveats().into_iter().map(move |caveat| item(&name, &caveat.to_string()))
}

fn item(name: &str, caveat: &str) -> String {
    format!("- {}: {}\n", escaped(name), escaped(caveat))
}
