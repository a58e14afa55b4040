//! The plot of distributions: dots and quartiles, all benchmarks on one axis.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::canvas::{MARGIN, TimeAxis, WIDTH, dots, label, line, name, svg, thinned};
use crate::bench::benchmark::Benchmark;
use crate::bench::stats::Samples;

/// The height of the name of a benchmark, and of its dots.
const NAME: f64 = 24.0;
const DOTS: f64 = 44.0;
const AXIS: f64 = 30.0;

pub(super) fn plot(benchmarks: &[Benchmark]) -> String {
    let rows: Vec<(&str, Samples)> = benchmarks
        .iter()
        .filter_map(|benchmark| Some((benchmark.name.as_str(), benchmark.samples()?)))
        .collect();
    let ends = rows.iter().map(|(_, samples)| (samples.min(), samples.max()));
    let Some((min, max)) = ends.reduce(|(min, max), (low, high)| (min.min(low), max.max(high))) else {
        return String::new();
    };
    let axis = TimeAxis::of(min, max);
    let x = |time: f64| MARGIN + axis.part(time) * (WIDTH - 2.0 * MARGIN);
    let bottom = rows.len() as f64 * (NAME + DOTS);
    let mut content = String::new();
    for (time, text) in axis.ticks() {
        content += &line("grid", [x(time), 0.0], [x(time), bottom]);
        content += &label("mid", [x(time), bottom + 18.0], &text);
    }
    for ((title, samples), number) in rows.iter().zip(0_u32..) {
        let top = f64::from(number) * (NAME + DOTS);
        content += &name([MARGIN, top + 16.0], title);
        content += &row(samples, top + NAME, &x);
    }
    svg("Distributions of the samples", bottom + AXIS, &content)
}

/// The quartiles with the median, and the dots over them. The dots lie in seven lines, so that equal times are seen.
fn row(samples: &Samples, top: f64, x: &dyn Fn(f64) -> f64) -> String {
    let [lower, median, upper] = [25, 50, 75].map(|percent| x(samples.percentile(percent)));
    let middle = top + DOTS / 2.0;
    let mut shapes = line("range", [x(samples.min() as f64), middle], [x(samples.max() as f64), middle]);
    shapes += &format!(
        "<rect class=\"box\" x=\"{lower:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>\n",
        top + 4.0,
        (upper - lower).max(1.0),
        DOTS - 12.0
    );
    let points = thinned(samples.sorted()).zip((0_u32..7).cycle());
    shapes += &dots(points.map(|((_, time), lane)| [x(time as f64), top + 7.0 + f64::from(lane) * 4.4]));
    shapes + &line("median", [median, top], [median, top + DOTS - 4.0])
}
