//! The plot of ratios: each with its interval, against 1 and the threshold, on a logarithmic axis.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::canvas::{MARGIN, WIDTH, label, line, name, svg};
use crate::bench::compare::NamedComparison;
use crate::bench::report::words::fixed;
use crate::bench::stats::RatioEstimate;

/// The height of the names of a comparison, and of its interval.
const NAME: f64 = 24.0;
const INTERVAL: f64 = 34.0;
const AXIS: f64 = 30.0;

pub(super) fn plot(comparisons: &[NamedComparison]) -> String {
    let rows: Vec<(&NamedComparison, RatioEstimate)> = comparisons
        .iter()
        .filter_map(|compared| Some((compared, compared.comparison.figures?.ratio)))
        .collect();
    let Some((first, _)) = rows.first() else { return String::new() };
    let threshold = 1.0 + first.comparison.criteria.threshold();
    // As far as any end, in both directions alike, so that 1 is in the middle.
    let ends = rows.iter().flat_map(|(_, ratio)| ratio.ci95.unwrap_or([ratio.value; 2]));
    let reach = ends.map(|end| libm::log(end).abs()).fold(libm::log(threshold), f64::max).max(0.01) * 1.15;
    let x = |ratio: f64| WIDTH / 2.0 + libm::log(ratio) / reach * (WIDTH / 2.0 - MARGIN);
    let bottom = rows.len() as f64 * (NAME + INTERVAL);
    let mut content = String::new();
    let limits =
        [(1.0 / threshold, "limit", format!("1/{threshold}")), (threshold, "limit", format!("{threshold}"))];
    let limits = limits.into_iter().filter(|(ratio, ..)| *ratio != 1.0);
    for (ratio, class, text) in limits.chain([(1.0, "one", "1".into())]) {
        content += &line(class, [x(ratio), 0.0], [x(ratio), bottom]);
        content += &label("mid", [x(ratio), bottom + 18.0], &text);
    }
    for ((compared, ratio), number) in rows.iter().zip(0_u32..) {
        let top = f64::from(number) * (NAME + INTERVAL);
        content += &name([MARGIN, top + 16.0], &format!("{} / {}", compared.other, compared.baseline));
        let middle = top + NAME + 12.0;
        let [low, high] = ratio.ci95.unwrap_or([ratio.value; 2]);
        content += &line("range", [x(low), middle], [x(high), middle]);
        content += &line("median", [x(ratio.value), middle - 8.0], [x(ratio.value), middle + 8.0]);
        let text = format!("{} ({} … {})", fixed(ratio.value), fixed(low), fixed(high));
        content += &label("mid", [x(ratio.value).clamp(100.0, WIDTH - 100.0), middle + 20.0], &text);
    }
    svg("Ratios with their 95 % intervals", bottom + AXIS, &content)
}
