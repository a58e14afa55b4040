//! The common parts of plots: an axis of time, dots, and labels. Lengths are pixels of a drawing that is scaled to the page.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::plot::scale::{count_step, nanosecond_label};
use crate::text::markup::{escaped, shown};

/// The width of every plot.
pub(super) const WIDTH: f64 = 960.0;
/// The room at the sides.
pub(super) const MARGIN: f64 = 36.0;
/// How many dots of a benchmark are drawn.
pub(super) const MAX_DOTS: usize = 2000;
/// How many characters of a name fit.
const MAX_NAME: usize = 90;

/// A scale of time with round ends.
pub(super) struct TimeAxis {
    low: u64,
    high: u64,
    step: u64,
}

impl TimeAxis {
    /// The scale from the shortest to the longest time, or around a single one.
    pub(super) fn of(min: u64, max: u64) -> Self {
        let step = count_step(max.saturating_sub(min).max(1), 5);
        let low = min / step * step;
        let high = max.checked_next_multiple_of(step).unwrap_or(u64::MAX);
        let (low, high) =
            if high == low { (low.saturating_sub(step), high.saturating_add(step)) } else { (low, high) };
        Self { low, high, step }
    }

    /// The part of the scale up to a time: from 0 to 1.
    pub(super) fn part(&self, time: f64) -> f64 {
        ((time - self.low as f64) / (self.high - self.low).max(1) as f64).clamp(0.0, 1.0)
    }

    /// The round times with their labels.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let times = (0..=(self.high - self.low) / self.step)
            .map(|number| self.low.saturating_add(number * self.step));
        times.map(|time| (time as f64, nanosecond_label(time, self.high))).collect()
    }
}

/// A drawing of this height, with a title for those who cannot see it.
pub(super) fn svg(title: &str, height: f64, content: &str) -> String {
    let title = escaped(title);
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n{content}</svg>\n"
    )
}

pub(super) fn line(class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) -> String {
    format!("<path class=\"{class}\" d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\"/>\n")
}

/// A text that is not markup.
pub(super) fn label(class: &str, [x, y]: [f64; 2], text: &str) -> String {
    format!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>\n", shown(text))
}

/// The name of a benchmark, shortened to the width.
pub(super) fn name(at: [f64; 2], name: &str) -> String {
    if name.chars().nth(MAX_NAME).is_none() {
        return label("label", at, name);
    }
    let short: String = name.chars().take(MAX_NAME - 1).chain(['…']).collect();
    label("label", at, &short)
}

/// All dots as one shape.
pub(super) fn dots(points: impl Iterator<Item = [f64; 2]>) -> String {
    let shape: String = points.map(|[x, y]| format!("M{x:.1} {y:.1}h0")).collect();
    format!("<path class=\"dots\" d=\"{shape}\"/>\n")
}

/// The numbers and items of a list, evenly thinned to at most [`MAX_DOTS`].
pub(super) fn thinned<T: Copy>(all: &[T]) -> impl Iterator<Item = (usize, T)> {
    let step = all.len().div_ceil(MAX_DOTS).max(1);
    all.iter().copied().enumerate().step_by(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_round_ends_around_all_times() {
        for (min, max) in [(0, 0), (7, 7), (1_000_003, 1_000_010), (0, u64::MAX), (u64::MAX, u64::MAX)] {
            let axis = TimeAxis::of(min, max);
            assert!(axis.low <= min && max <= axis.high && axis.low < axis.high, "{min} {max}");
            assert!((2..=8).contains(&axis.ticks().len()), "{min} {max}");
            assert!((0.0..=1.0).contains(&axis.part(min as f64)));
        }
    }

    #[test]
    fn many_samples_are_thinned() {
        let all: Vec<u64> = (0..10_001).collect();
        assert!((1000..=MAX_DOTS).contains(&thinned(&all).count()));
        assert_eq!(thinned(&all[..5]).count(), 5);
    }
}
