//! Benchmarks and comparisons as one HTML page, complete in itself: no script, no font, no link.

use alloc::format;
use alloc::string::{String, ToString as _};

use super::caveats::Caveat;
use super::words;
use crate::bench::benchmark::Benchmark;
use crate::bench::compare::{CompareReport, NamedComparison};
use crate::bench::document::BenchRun;
use crate::text::markup::{escaped, page, shown};

mod canvas;
mod distributions;
mod intervals;
mod time_order;

/// The layout of the plots, which take their colours from the page.
const STYLE: &str = "\
th,td{padding:.3rem .35rem;white-space:nowrap}th,td:last-child{white-space:normal;vertical-align:bottom}td:last-child{min-width:6.5rem}\
th:first-child,td:first-child{white-space:normal;min-width:9rem;overflow-wrap:anywhere}.wide{overflow-x:auto}\
.note{color:var(--soft)}.regression{color:var(--bad)}.improvement{color:var(--good)}.name{overflow-wrap:anywhere}\
svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font:12px system-ui,sans-serif}svg .label{fill:var(--ink)}\
svg text{paint-order:stroke;stroke:var(--page);stroke-width:4px}\
.end{text-anchor:end}.mid{text-anchor:middle}.grid{stroke:var(--line)}.one{stroke:var(--ink)}.limit{stroke:var(--bad);stroke-dasharray:4 3}\
.dots{stroke:var(--dot);stroke-width:5;stroke-linecap:round;stroke-opacity:.75;fill:none}\
.box{fill:var(--box);stroke:var(--dot)}.median{stroke:var(--ink);stroke-width:2}.range{stroke:var(--dot);stroke-width:3}";

impl BenchRun {
    /// The page: comparisons, distributions, samples in the order of time, and all figures.
    pub fn to_html(&self) -> String {
        let comparisons = comparisons(&self.comparisons);
        let seed = self.seed.map_or(String::new(), |seed| format!("; seed {seed}"));
        let body = format!(
            "{comparisons}{}{}<h2>Figures</h2>\n{}{}<p class=\"soft\">Measured on {}{seed}.</p>\n",
            section(
                "Distributions",
                "Each dot is a run; the box holds the middle half, with a line at the median.",
                &distributions::plot(&self.benchmarks)
            ),
            section(
                "Samples in the order of time",
                "The line is the median. A slope is a machine that became slower or faster.",
                &time_order::plot(&self.benchmarks)
            ),
            figures(&self.benchmarks),
            self.benchmarks
                .iter()
                .map(|benchmark| notes(&benchmark.name, &benchmark.caveats()))
                .collect::<String>(),
            shown(&self.machine.to_string())
        );
        page("Benchmarks", STYLE, &body)
    }
}

impl CompareReport {
    /// The page with the comparisons and the benchmarks that they compare, which the caller still has.
    pub fn to_html(&self, benchmarks: &[Benchmark]) -> String {
        let [_, machine] = self.machines.clone();
        let run = BenchRun {
            benchmarks: benchmarks.to_vec(),
            comparisons: self.comparisons.clone(),
            machine,
            seed: None,
        };
        run.to_html()
    }
}

/// A heading, an explanation and a plot; nothing without a plot.
fn section(title: &str, about: &str, plot: &str) -> String {
    if plot.is_empty() {
        return String::new();
    }
    format!("<h2>{title}</h2>\n<p class=\"soft\">{about}</p>\n{plot}")
}

fn comparisons(comparisons: &[NamedComparison]) -> String {
    if comparisons.is_empty() {
        return String::new();
    }
    let plot = intervals::plot(comparisons);
    let texts = comparisons.iter().map(comparison).collect::<String>();
    let about = "The ratio of the times with its 95 % interval. The solid line is 1, equal times; the dashed ones are the threshold.";
    format!(
        "<h2>Comparisons</h2>\n{texts}{}",
        if plot.is_empty() { String::new() } else { format!("<p class=\"soft\">{about}</p>\n{plot}") }
    )
}

fn comparison(compared: &NamedComparison) -> String {
    let [baseline, other] = [&compared.baseline, &compared.other].map(|name| shown(name));
    let verdict = words::verdict(&compared.comparison);
    let conditions = words::conditions(&compared.comparison).into_iter().flatten();
    let conditions = conditions.map(|(name, holds, about)| {
        format!("<li>{name}: {}; {}</li>\n", if holds { "yes" } else { "no" }, escaped(&about))
    });
    let effect = compared
        .comparison
        .figures
        .map(|figures| format!("<li>{}</li>\n", escaped(&words::effect(&figures))));
    let items = conditions.chain(effect).collect::<String>();
    let class = verdict.split(' ').next().unwrap_or_default();
    format!(
        "<p><span class=\"name\">{other}</span> compared with <span class=\"name\">{baseline}</span>: \
         <strong class=\"{class}\">{verdict}</strong>, {}</p>\n<ul class=\"soft\">\n{items}</ul>\n{}",
        escaped(&super::sentence(&compared.comparison)),
        notes(&compared.other, &compared.caveats())
    )
}

fn figures(benchmarks: &[Benchmark]) -> String {
    let head = [
        "benchmark",
        "runs",
        "mean ± deviation",
        "95 % of the mean",
        "median",
        "p95",
        "p99",
        "shortest",
        "longest",
        "peak memory",
    ];
    let head = head.map(|name| format!("<th>{name}</th>")).concat();
    let rows = benchmarks.iter().map(figures_row).collect::<String>();
    format!("<div class=\"wide\"><table>\n<tr>{head}</tr>\n{rows}</table></div>\n")
}

fn figures_row(benchmark: &Benchmark) -> String {
    let summary = benchmark.samples().map(|samples| samples.summary());
    let dash = || String::from("–");
    let cells = [
        shown(&benchmark.name),
        benchmark.runs.to_string(),
        summary.map_or_else(dash, |summary| words::mean(&summary)),
        summary.and_then(|summary| summary.ci95_ns).map_or_else(dash, words::interval),
        words::time_or_dash(summary.map(|summary| summary.p50_ns)),
        words::time_or_dash(summary.and_then(|summary| summary.p95_ns)),
        words::time_or_dash(summary.and_then(|summary| summary.p99_ns)),
        words::time_or_dash(summary.map(|summary| summary.min_ns as f64)),
        words::time_or_dash(summary.map(|summary| summary.max_ns as f64)),
        words::memory(benchmark).unwrap_or_else(dash),
    ];
    format!("<tr>{}</tr>\n", cells.map(|cell| format!("<td>{cell}</td>")).concat())
}

fn notes(name: &str, caveats: &[Caveat]) -> String {
    let note = |caveat: &Caveat| {
        format!("<p class=\"note\">{}: {}</p>\n", shown(name), escaped(&caveat.to_string()))
    };
    caveats.iter().map(note).collect()
}
