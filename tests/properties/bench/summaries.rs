//! Laws of the summary of one benchmark.

use proptest::prelude::*;
use speckit_core::bench::stats::Summary;

use super::samples::{permuted_times, samples, scaled, small_times, times};

/// All figures in nanoseconds.
fn figures(summary: &Summary) -> Vec<f64> {
    let Summary { mean_ns, min_ns, p50_ns, max_ns, mad_ns, .. } = *summary;
    let maybe = [summary.stddev_ns, summary.p95_ns, summary.p99_ns].into_iter().flatten();
    let interval = summary.ci95_ns.into_iter().flatten();
    [mean_ns, min_ns as f64, p50_ns, max_ns as f64, mad_ns].into_iter().chain(maybe).chain(interval).collect()
}

proptest! {
    #[test]
    fn percentiles_grow_and_lie_between_the_shortest_and_the_longest_time(times in times()) {
        let samples = samples(&times);
        let percentiles: Vec<f64> = (0..=100).map(|percent| samples.percentile(percent)).collect();
        prop_assert!(percentiles.is_sorted());
        prop_assert_eq!(percentiles[0], samples.min() as f64);
        prop_assert_eq!(percentiles[100], samples.max() as f64);
        prop_assert!((percentiles[0]..=percentiles[100]).contains(&samples.mean()));
    }

    #[test]
    fn every_figure_is_finite(times in times()) {
        let summary = samples(&times).summary();
        prop_assert!(figures(&summary).iter().all(|figure| figure.is_finite()), "{summary:?}");
        prop_assert!(summary.outliers <= summary.n);
    }

    #[test]
    fn the_order_of_samples_changes_nothing((times, permuted) in permuted_times()) {
        prop_assert_eq!(samples(&times).summary(), samples(&permuted).summary());
    }

    #[test]
    fn a_power_of_two_scales_every_figure_exactly(times in small_times(), power in 0..20_u32) {
        let (plain, scaled) = (samples(&times).summary(), samples(&scaled(&times, 1 << power)).summary());
        let expected: Vec<f64> = figures(&plain).iter().map(|figure| figure * f64::from(1_u32 << power)).collect();
        prop_assert_eq!(figures(&scaled), expected);
        prop_assert_eq!(scaled.outliers, plain.outliers);
    }

    #[test]
    fn any_factor_scales_every_figure(times in small_times(), factor in 1..1_000_u64) {
        let (plain, scaled) = (samples(&times).summary(), samples(&scaled(&times, factor)).summary());
        let unit = plain.max_ns as f64;
        for (scaled, plain) in figures(&scaled).iter().zip(figures(&plain)) {
            let (scaled, plain) = (scaled / factor as f64 / unit, plain / unit);
            prop_assert!((scaled - plain).abs() <= 1e-12, "{scaled} {plain}");
        }
    }
}
