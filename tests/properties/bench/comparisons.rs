//! Laws of comparisons.

use proptest::prelude::*;
use speckit_core::bench::stats::{Comparison, Criteria, Figures, Verdict, compare, holm};

use super::samples::{permuted_times, samples, scaled, small_times, times};

fn mirrored(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Regression => Verdict::Improvement,
        Verdict::Improvement => Verdict::Regression,
        other => other,
    }
}

fn numbers(figures: &Figures) -> Vec<f64> {
    let estimates = [figures.ratio, figures.speedup];
    let estimates = estimates
        .into_iter()
        .flat_map(|estimate| estimate.ci95.into_iter().flatten().chain([estimate.value]));
    let maybe = [figures.p_welch, figures.p_adjusted, figures.hedges_g].into_iter().flatten();
    estimates.chain(maybe).chain([figures.p_mann_whitney]).collect()
}

fn comparison(first: &[u64], second: &[u64], criteria: Criteria) -> Comparison {
    compare(&samples(first), &samples(second), criteria)
}

/// Sides that differ by a factor, so that all verdicts occur.
fn sides() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
    let related =
        (small_times(), 10..14_u64).prop_map(|(times, tenths)| (scaled(&times, 10), scaled(&times, tenths)));
    prop_oneof![(times(), times()), related]
}

fn criteria() -> impl Strategy<Value = Criteria> {
    let numbers = (prop_oneof![Just(0.05), 0.0001..0.5], prop_oneof![Just(0.1), Just(0.0), 0.0..0.5]);
    numbers.prop_map(|(alpha, threshold)| Criteria::new(alpha, threshold).unwrap())
}

proptest! {
    #[test]
    fn every_figure_is_finite_and_probabilities_are_probabilities((first, second) in sides(), criteria in criteria()) {
        let comparison = comparison(&first, &second, criteria);
        prop_assert_eq!(comparison.figures.is_none(), comparison.verdict == Verdict::TooFew);
        if let Some(figures) = comparison.figures {
            prop_assert!(numbers(&figures).iter().all(|number| number.is_finite()), "{figures:?}");
            let probabilities = [figures.p_welch, figures.p_adjusted, Some(figures.p_mann_whitney)];
            prop_assert!(probabilities.into_iter().flatten().all(|p| (0.0..=1.0).contains(&p)));
            let [low, high] = figures.ratio.ci95.unwrap();
            prop_assert!(low <= figures.ratio.value && figures.ratio.value <= high);
        }
    }

    #[test]
    fn swapping_the_sides_mirrors_everything((first, second) in sides(), criteria in criteria()) {
        let there = comparison(&first, &second, criteria);
        let back = comparison(&second, &first, criteria);
        prop_assert_eq!(back.verdict, mirrored(there.verdict));
        prop_assert_eq!(back.conditions(), there.conditions());
        if let (Some(there), Some(back)) = (there.figures, back.figures) {
            prop_assert_eq!((back.ratio, back.speedup), (there.speedup, there.ratio));
            prop_assert_eq!(back.p_mann_whitney, there.p_mann_whitney);
            prop_assert_eq!(back.p_welch, there.p_welch);
            prop_assert_eq!(back.hedges_g, there.hedges_g.map(|g| if g == 0.0 { g } else { -g }));
        }
    }

    #[test]
    fn the_order_of_samples_changes_nothing((first, permuted) in permuted_times(), second in times()) {
        let criteria = Criteria::default();
        prop_assert_eq!(comparison(&first, &second, criteria), comparison(&permuted, &second, criteria));
        prop_assert_eq!(comparison(&second, &first, criteria), comparison(&second, &permuted, criteria));
    }

    #[test]
    fn a_power_of_two_on_both_sides_changes_nothing(
        first in small_times(), second in small_times(), power in 0..20_u32,
    ) {
        let of = |factor| comparison(&scaled(&first, factor), &scaled(&second, factor), Criteria::default());
        prop_assert_eq!(of(1 << power), of(1));
    }

    #[test]
    fn a_side_does_not_differ_from_itself(times in times(), criteria in criteria()) {
        let comparison = comparison(&times, &times, criteria);
        prop_assert!(matches!(comparison.verdict, Verdict::NoEvidence | Verdict::TooFew));
        if let Some(figures) = comparison.figures {
            prop_assert_eq!((figures.p_welch, figures.p_mann_whitney), (Some(1.0), 1.0));
            prop_assert_eq!(figures.hedges_g, Some(0.0));
        }
    }

    #[test]
    fn more_comparisons_never_make_a_difference_more_probable(
        probabilities in proptest::collection::vec(proptest::option::of(0.0..=1.0), 0..20),
    ) {
        let adjusted = holm(&probabilities);
        for (adjusted, plain) in adjusted.iter().zip(&probabilities) {
            prop_assert_eq!(adjusted.is_some(), plain.is_some());
            prop_assert!(adjusted >= plain && adjusted.unwrap_or(0.0) <= 1.0);
        }
    }
}
