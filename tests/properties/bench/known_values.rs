//! Mean and standard deviation of the data sets `NumAcc1` to `NumAcc4` of NIST's Statistical Reference Datasets, which are
//! formulas. Samples are whole numbers, so the sets with tenths are ten times larger.

use speckit_core::bench::stats::Summary;

use super::samples::samples;

fn summary(times: &[u64]) -> Summary {
    samples(times).summary()
}

/// The middle value, and then 500 times a tenth less and a tenth more than it.
fn numerical_accuracy(middle: u64) -> Vec<u64> {
    let pairs = (0..500).flat_map(|_| [middle - 1, middle + 1]);
    [middle].into_iter().chain(pairs).collect()
}

#[test]
fn num_acc_1_is_exact() {
    let summary = summary(&[10_000_001, 10_000_003, 10_000_002]);
    assert_eq!((summary.mean_ns, summary.stddev_ns), (10_000_002.0, Some(1.0)));
}

/// The means are 1.2, 1,000,000.2 and 10,000,000.2, and the standard deviation is 0.1.
#[test]
fn num_acc_2_to_4_are_exact() {
    for middle in [12, 10_000_002, 100_000_002] {
        let summary = summary(&numerical_accuracy(middle));
        assert_eq!((summary.n, summary.mean_ns, summary.stddev_ns), (1001, middle as f64, Some(1.0)));
    }
}
