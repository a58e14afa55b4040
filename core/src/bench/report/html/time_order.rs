//! The plot of samples in the order of time: one panel for each benchmark, all on the same axes.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::canvas::{MARGIN, TimeAxis, WIDTH, dots, label, line, name, svg, thinned};
use crate::bench::benchmark::Benchmark;
use crate::bench::stats::Samples;

/// The room left of the dots for the times.
const LEFT: f64 = 90.0;
/// The height of the name of a benchmark, of its panel, and of the numbers of the runs.
const NAME: f64 = 34.0;
const PANEL: f64 = 110.0;
const AXIS: f64 = 34.0;

pub(super) fn plot(benchmarks: &[Benchmark]) -> String {
    let panels: Vec<(&str, Samples)> = benchmarks
        .iter()
        .filter_map(|benchmark| Some((benchmark.name.as_str(), benchmark.samples()?)))
        .collect();
    let ends = panels.iter().map(|(_, samples)| (samples.min(), samples.max()));
    let Some((min, max)) = ends.reduce(|(min, max), (low, high)| (min.min(low), max.max(high))) else {
        return String::new();
    };
    let runs = panels.iter().map(|(_, samples)| samples.count()).max().unwrap_or(1);
    let axis = TimeAxis::of(min, max);
    let x = |run: usize| LEFT + (run as f64 + 0.5) / runs as f64 * (WIDTH - LEFT - MARGIN);
    let mut content = String::new();
    for ((title, samples), number) in panels.iter().zip(0_u32..) {
        let top = f64::from(number) * (NAME + PANEL);
        content += &name([MARGIN, top + 16.0], title);
        let y = |time: f64| top + NAME + (1.0 - axis.part(time)) * (PANEL - 16.0);
        for (time, text) in axis.ticks() {
            content += &line("grid", [LEFT, y(time)], [WIDTH - MARGIN, y(time)]);
            content += &label("end", [LEFT - 8.0, y(time) + 4.0], &text);
        }
        let median = y(samples.median());
        content += &line("median", [LEFT, median], [WIDTH - MARGIN, median]);
        content += &dots(thinned(samples.in_order_of_time()).map(|(run, time)| [x(run), y(time as f64)]));
    }
    let bottom = panels.len() as f64 * (NAME + PANEL);
    content += &label("mid", [x(0), bottom + 14.0], "run 1");
    if runs > 1 {
        content += &label("mid", [x(runs - 1), bottom + 14.0], &runs.to_string());
    }
    svg("Samples in the order of time", bottom + AXIS, &content)
}
