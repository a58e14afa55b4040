//! The comparison of two sides, and its verdict.

use alloc::vec::Vec;

use super::{Criteria, RatioEstimate, Samples, hedges_g, holm, mann_whitney, ratio, welch};

/// With fewer samples on a side there is no verdict: no difference of 4 and 4 samples is significant at 1 %.
pub const MIN_SAMPLES: usize = 5;

/// The relative error of a ratio and a threshold.
const ROUNDING: f64 = 1e-12;

/// How two sides differ.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// The conclusion.
    pub verdict: Verdict,
    /// The figures; `None` with too few samples.
    pub figures: Option<Figures>,
    /// The criteria of the verdict.
    pub criteria: Criteria,
}

/// The conclusion of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The second side is slower: all [`Conditions`] hold, and the ratio is above 1.
    Regression,
    /// The second side is faster: all [`Conditions`] hold, and the ratio is below 1.
    Improvement,
    /// One of the [`Conditions`] does not hold.
    NoEvidence,
    /// A side has fewer than [`MIN_SAMPLES`] samples.
    TooFew,
    /// The sides were measured on different machines.
    NotComparable,
}

/// The figures of a comparison. Ratios are second/first.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// How many samples each side has.
    pub samples: [usize; 2],
    /// How many times longer the second side takes.
    pub ratio: RatioEstimate,
    /// How many times longer the first side takes, computed from the same pairs, so that swapping the sides exchanges the two.
    pub speedup: RatioEstimate,
    /// The probability of Welch's t-test.
    pub p_welch: Option<f64>,
    /// The probability of Welch's t-test after Holm's correction for all comparisons of [`Comparison::together`]. It decides.
    pub p_adjusted: Option<f64>,
    /// The probability of the Mann–Whitney test.
    pub p_mann_whitney: f64,
    /// Hedges' g; `None` if it would be infinite.
    pub hedges_g: Option<f64>,
}

/// The conditions of a regression or an improvement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// The adjusted probability of Welch's test is below α.
    pub is_significant: bool,
    /// The ratio or its inverse is at least 1 and the threshold.
    pub is_large: bool,
    /// The 95 % interval of the ratio lies on one side of 1.
    pub interval_excludes_one: bool,
}

/// Compares two sides by the unit of [`Work`](super::Work) if both state the same kind, else by the run.
pub fn compare(first: &Samples, second: &Samples, criteria: Criteria) -> Comparison {
    let samples = [first.count(), second.count()];
    if samples.into_iter().any(|count| count < MIN_SAMPLES) {
        return Comparison::too_few(criteria);
    }
    let p_welch = welch(first, second).map(|test| test.p);
    let figures = Figures {
        samples,
        ratio: ratio(first, second),
        speedup: ratio(second, first),
        p_welch,
        p_adjusted: p_welch,
        p_mann_whitney: mann_whitney(first, second).p,
        hedges_g: hedges_g(first, second),
    };
    Comparison { verdict: figures.verdict(criteria), figures: Some(figures), criteria }
}

impl Comparison {
    /// A comparison without figures, because a side has too few samples.
    pub fn too_few(criteria: Criteria) -> Self {
        Self { verdict: Verdict::TooFew, figures: None, criteria }
    }

    /// The comparisons as parts of one report: their probabilities are adjusted by [`holm`], and each verdict is decided again.
    #[must_use]
    pub fn together(comparisons: Vec<Self>) -> Vec<Self> {
        let p_welch = |comparison: &Self| comparison.figures.and_then(|figures| figures.p_welch);
        let adjusted = holm(&comparisons.iter().map(p_welch).collect::<Vec<_>>());
        let adjust = |(comparison, p_adjusted): (Self, Option<f64>)| {
            let Some(figures) = comparison.figures else { return comparison };
            let figures = Figures { p_adjusted, ..figures };
            Self { verdict: figures.verdict(comparison.criteria), figures: Some(figures), ..comparison }
        };
        comparisons.into_iter().zip(adjusted).map(adjust).collect()
    }

    /// The comparison without a verdict, because the sides were measured on different machines.
    #[must_use]
    pub fn on_different_machines(self) -> Self {
        Self { verdict: Verdict::NotComparable, ..self }
    }

    /// Which conditions hold; `None` without figures.
    pub fn conditions(&self) -> Option<Conditions> {
        self.figures.map(|figures| figures.conditions(self.criteria))
    }
}

impl Figures {
    /// By how many percent the second side takes longer; negative if it is faster.
    pub fn delta_percent(&self) -> f64 {
        (self.ratio.value - 1.0) * 100.0
    }

    /// Whether the two tests disagree at this α: one finds a difference, and the other does not.
    pub fn tests_disagree(&self, alpha: f64) -> bool {
        self.p_welch.is_some_and(|p_welch| (p_welch < alpha) != (self.p_mann_whitney < alpha))
    }

    fn conditions(&self, criteria: Criteria) -> Conditions {
        // A ratio of 1.1 is as large as a threshold of 0.1, although the sum of the floats 1 and 0.1 may differ from it.
        let least = (1.0 + criteria.threshold()) * (1.0 - ROUNDING);
        Conditions {
            is_significant: self.p_adjusted.is_some_and(|p| p < criteria.alpha()),
            is_large: self.ratio.value >= least || self.speedup.value >= least,
            interval_excludes_one: self.ratio.ci95.is_some_and(|[low, high]| low > 1.0 || high < 1.0),
        }
    }

    fn verdict(&self, criteria: Criteria) -> Verdict {
        let Conditions { is_significant, is_large, interval_excludes_one } = self.conditions(criteria);
        let differs = is_significant && is_large && interval_excludes_one;
        match self.ratio.value {
            ratio if differs && ratio > 1.0 => Verdict::Regression,
            ratio if differs && ratio < 1.0 => Verdict::Improvement,
            _ => Verdict::NoEvidence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn samples(median: u64, spread: u64) -> Samples {
        Samples::new((0..30).map(|run| median + (run * 7 % 15) * spread - 7 * spread).collect()).unwrap()
    }

    fn verdict(first: &Samples, second: &Samples) -> Verdict {
        compare(first, second, Criteria::default()).verdict
    }

    #[test]
    fn a_verdict_needs_significance_size_and_an_interval_off_one() {
        let base = samples(10_000, 10);
        assert_eq!(verdict(&base, &samples(11_500, 10)), Verdict::Regression);
        assert_eq!(verdict(&samples(11_500, 10), &base), Verdict::Improvement);
        let small = compare(&base, &samples(10_500, 10), Criteria::default());
        let conditions = small.conditions().unwrap();
        assert_eq!(small.verdict, Verdict::NoEvidence);
        assert!(conditions.is_significant && conditions.interval_excludes_one && !conditions.is_large);
        let noisy = compare(&samples(10_000, 1400), &samples(11_500, 1400), Criteria::default());
        let conditions = noisy.conditions().unwrap();
        assert_eq!(noisy.verdict, Verdict::NoEvidence);
        assert!(!conditions.is_significant && !conditions.interval_excludes_one);
    }

    #[test]
    fn a_ratio_of_exactly_the_threshold_counts_in_both_directions() {
        let side = |time| Samples::new(vec![time; 10]).unwrap();
        for (first, second) in
            [(10, 11), (1_000_000, 1_100_000), (70, 77), (30, 33), (u64::MAX / 11 * 10, u64::MAX / 11 * 11)]
        {
            assert_eq!(verdict(&side(first), &side(second)), Verdict::Regression, "{first} {second}");
            assert_eq!(verdict(&side(second), &side(first)), Verdict::Improvement, "{first} {second}");
        }
    }

    #[test]
    fn every_threshold_counts_in_both_directions() {
        let side = |time| Samples::new(vec![time; 10]).unwrap();
        for percent in 1..100_u8 {
            let criteria = Criteria::new(0.05, f64::from(percent) / 100.0).unwrap();
            let (first, second) = (side(100), side(100 + u64::from(percent)));
            assert_eq!(compare(&first, &second, criteria).verdict, Verdict::Regression, "{percent}");
            assert_eq!(compare(&second, &first, criteria).verdict, Verdict::Improvement, "{percent}");
        }
    }

    #[test]
    fn four_samples_have_no_verdict() {
        let few = Samples::new(vec![1, 2, 3, 4]).unwrap();
        let comparison = compare(&few, &samples(10_000, 10), Criteria::default());
        assert_eq!((comparison.verdict, comparison.figures), (Verdict::TooFew, None));
    }

    #[test]
    fn twice_the_work_in_twice_the_time_is_no_regression() {
        use crate::bench::stats::Work;
        use core::num::NonZeroU64;
        let work = |amount| NonZeroU64::new(amount).map(Work::Items);
        let (one, two) = (samples(10_000, 10).with_work(work(1)), samples(20_000, 20).with_work(work(2)));
        assert_eq!(verdict(&one, &two), Verdict::NoEvidence);
        assert_eq!(verdict(&two, &one), Verdict::NoEvidence);
        assert_eq!(compare(&one, &two, Criteria::default()).figures.unwrap().ratio.value, 1.0);
    }

    #[test]
    fn twenty_comparisons_need_more_evidence_than_one() {
        // Alone, the difference is significant; among 20 equal ones it may be chance.
        let (first, second) = (samples(10_000, 200), samples(11_050, 420));
        let alone = compare(&first, &second, Criteria::new(0.05, 0.0).unwrap());
        let p = alone.figures.unwrap().p_welch.unwrap();
        assert!(p < 0.05, "{p}");
        let all = Comparison::together(vec![alone; 20]);
        assert!((all[0].figures.unwrap().p_adjusted.unwrap() - (p * 20.0).min(1.0)).abs() < 1e-12);
        assert_eq!(Comparison::together(vec![alone]), [alone]);
    }
}
