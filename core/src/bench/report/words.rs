//! Figures as words.

use alloc::format;
use alloc::string::{String, ToString as _};
use core::time::Duration;

use crate::bench::benchmark::Benchmark;
use crate::bench::stats::{Comparison, Conditions, Figures, MIN_SAMPLES, Summary, Verdict, Work};
use crate::text::{count, duration, grouped, size, visible};

/// The result of a comparison in one line.
///
/// ```
/// use speckit_core::bench::report::sentence;
/// use speckit_core::bench::stats::{Criteria, Samples, compare};
/// let samples = |time: u64| Samples::new((0..30).map(|run| time + run * 7 % 31 * 1000).collect()).unwrap();
/// let comparison = compare(&samples(1_000_000), &samples(1_120_000), Criteria::default());
/// assert_eq!(sentence(&comparison), "12 % slower (11 … 12), p < 0.001, 30 runs each");
/// ```
pub fn sentence(comparison: &Comparison) -> String {
    let Some(figures) = comparison.figures else {
        return format!("too few runs to compare, expected at least {}", MIN_SAMPLES);
    };
    let p = figures.p_adjusted.map_or_else(|| "p unknown".into(), probability);
    format!("{}, {p}, {}", difference(&figures), runs(figures.samples))
}

/// `12 % slower (8 … 16)`, `3.12 times faster (2.94 … 3.31)`, `0.4 % slower (−1.2 … 2)`.
pub(super) fn difference(figures: &Figures) -> String {
    let is_slower = figures.ratio.value >= 1.0;
    let (estimate, word) = if is_slower { (figures.ratio, "slower") } else { (figures.speedup, "faster") };
    let is_multiple = estimate.value >= 2.0;
    let part = |ratio: f64| match (is_multiple, is_slower) {
        (true, _) => fixed(ratio),
        (false, true) => percent((ratio - 1.0) * 100.0),
        // The time that is saved.
        (false, false) => percent((1.0 - 1.0 / ratio) * 100.0),
    };
    let unit = if is_multiple { "times" } else { "%" };
    let interval = match estimate.ci95 {
        Some([low, high]) => format!(" ({} … {})", part(low), part(high)),
        None => String::new(),
    };
    if part(estimate.value) == "0" {
        return format!("no slower or faster{}", interval.replace(')', " %)"));
    }
    format!("{} {unit} {word}{interval}", part(estimate.value))
}

/// `p = 0.003`, `p < 0.001`.
pub(super) fn probability(p: f64) -> String {
    match p {
        0.0..0.001 => "p < 0.001".into(),
        0.001..0.1 => format!("p = {p:.3}"),
        _ => format!("p = {p:.2}"),
    }
}

/// What the verdict is called.
pub(super) fn verdict(comparison: &Comparison) -> &'static str {
    let is_small = |conditions: Conditions| conditions.is_significant && conditions.interval_excludes_one;
    match comparison.verdict {
        Verdict::Regression => "regression",
        Verdict::Improvement => "improvement",
        Verdict::NoEvidence if comparison.conditions().is_some_and(is_small) => {
            "no evidence of a difference as large as the threshold"
        }
        Verdict::NoEvidence => "no evidence of a difference",
        Verdict::TooFew => "too few runs",
        Verdict::NotComparable => "not comparable",
    }
}

/// The conditions of a verdict with what they are about, and whether they hold.
pub(super) fn conditions(comparison: &Comparison) -> Option<[(&'static str, bool, String); 3]> {
    let (figures, conditions) = (comparison.figures?, comparison.conditions()?);
    let criteria = comparison.criteria;
    let p = figures.p_adjusted.map_or_else(|| "p unknown".into(), probability);
    let several = if figures.p_adjusted == figures.p_welch { "" } else { " after Holm's correction" };
    let least = 1.0 + criteria.threshold();
    let interval = figures.ratio.ci95.map_or_else(|| "unknown".into(), |ends| ends.map(fixed).join(" … "));
    Some([
        (
            "significant",
            conditions.is_significant,
            format!("{p} by Welch's t-test{several}, needed: below {}", criteria.alpha()),
        ),
        (
            "large",
            conditions.is_large,
            format!("ratio {}, needed: at least {least} or at most 1/{least}", fixed(figures.ratio.value)),
        ),
        (
            "excludes 1",
            conditions.interval_excludes_one,
            format!("95 % interval of the ratio {interval}, needed: 1 outside"),
        ),
    ])
}

/// Hedges' g and the Mann–Whitney test.
pub(super) fn effect(figures: &Figures) -> String {
    let g = figures.hedges_g.map_or_else(|| "unlimited".into(), |g| minus(format!("{g:.2}")));
    format!("Hedges' g {g}; Mann–Whitney {}", probability(figures.p_mann_whitney))
}

/// A ratio with two decimals, or with three digits if it is large or small.
pub(super) fn fixed(ratio: f64) -> String {
    if (0.1..100.0).contains(&ratio) { format!("{ratio:.2}") } else { extreme(ratio) }
}

/// A time in nanoseconds.
pub(super) fn time(ns: f64) -> String {
    duration(Duration::from_nanos(rounded(ns)))
}

/// A time that may not exist.
pub(super) fn time_or_dash(ns: Option<f64>) -> String {
    ns.map_or_else(|| "–".into(), time)
}

/// `12.3 ms ± 410 µs`, or without the deviation that one run does not have.
pub(super) fn mean(summary: &Summary) -> String {
    match summary.stddev_ns {
        Some(deviation) => format!("{} ± {}", time(summary.mean_ns), time(deviation)),
        None => time(summary.mean_ns),
    }
}

/// `12.1 ms … 12.5 ms`.
pub(super) fn interval([low, high]: [f64; 2]) -> String {
    format!("{} … {}", time(low), time(high))
}

/// The peak memory: `8.1 MiB`, or the limit below which it cannot be measured.
pub(super) fn memory(benchmark: &Benchmark) -> Option<String> {
    let peak = size(benchmark.peak_rss_bytes?);
    Some(if benchmark.is_peak_the_floor() { format!("≤ {peak}, the floor of this tool") } else { peak })
}

/// The rate of a benchmark that states its work: `1,234 items/s`, `12 MiB/s`.
pub(super) fn rate(benchmark: &Benchmark, summary: &Summary) -> Option<String> {
    let rate = rounded(benchmark.work()?.per_second(summary.p50_ns)?);
    Some(match benchmark.work()? {
        Work::Items(_) => format!("{} items/s", grouped(&rate)),
        Work::Bytes(_) => format!("{}/s", size(rate)),
    })
}

/// A name that a terminal may show.
pub(super) fn name(benchmark: &str) -> String {
    visible(benchmark)
}

fn runs([first, second]: [usize; 2]) -> String {
    if first == second { format!("{first} runs each") } else { format!("{first} and {}", runs_of(second)) }
}

fn runs_of(runs: usize) -> String {
    count(u64::try_from(runs).unwrap_or(u64::MAX), "run")
}

/// A number of percent: whole from 10 on, with one decimal below.
fn percent(number: f64) -> String {
    let text = if number.abs() >= 9.95 { format!("{number:.0}") } else { format!("{number:.1}") };
    minus(text.strip_suffix(".0").unwrap_or(&text).to_string())
}

/// A large or small ratio.
fn extreme(number: f64) -> String {
    if number < 0.1 { format!("{number:.4}") } else { format!("{number:.0}") }
}

/// A number with a real minus sign, and zero without one.
fn minus(number: String) -> String {
    match number.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.into(),
        Some(rest) => format!("−{rest}"),
        None => number,
    }
}

/// The nearest whole number; 0 for what is below.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is too large or small is the nearest integer"
)]
fn rounded(number: f64) -> u64 {
    libm::round(number) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_they_deserve() {
        assert_eq!(
            [0.04, -0.04, 3.25, -3.25, 9.96, 12.4].map(percent),
            ["0", "0", "3.2", "−3.2", "10", "12"]
        );
        assert_eq!([3.0, 3.25, 126.0, 0.012].map(fixed), ["3.00", "3.25", "126", "0.0120"]);
        assert_eq!(
            [0.0, 0.0009, 0.0034, 0.0432, 0.617, 1.0].map(probability),
            ["p < 0.001", "p < 0.001", "p = 0.003", "p = 0.043", "p = 0.62", "p = 1.00"]
        );
    }

    #[test]
    fn times_below_zero_are_zero() {
        assert_eq!([-5.0, 0.4, 1.25e6, 1e300].map(time)[..3], ["0 s", "0 s", "1.25 ms"]);
    }
}
