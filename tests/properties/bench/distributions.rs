//! Student's t distribution against values of 50 digits and against `statrs`.

use proptest::prelude::*;
use speckit_core::bench::stats::{student_quantile, student_two_sided};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Degrees of freedom, t and the probability.
const TABLE: &str = include_str!("student_t.txt");

fn rows() -> impl Iterator<Item = [f64; 3]> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let numbers: Vec<f64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        numbers.try_into().unwrap()
    })
}

#[test]
fn probabilities_have_nine_digits_at_least() {
    assert!(rows().count() > 200);
    for [df, t, expected] in rows() {
        let p = student_two_sided(t, df).unwrap();
        let error = (p / expected - 1.0).abs();
        assert!(error < 1e-12, "df {df}, t {t}: {p} for {expected}, relative error {error:e}");
        assert_eq!(student_two_sided(-t, df), Some(p));
    }
}

#[test]
fn quantiles_invert_the_table() {
    // Near p = 1 a small error of p is a large one of t.
    for [df, t, p] in rows().filter(|[_, _, p]| *p < 0.9) {
        let quantile = student_quantile(p, df).unwrap();
        assert!((quantile / t - 1.0).abs() < 1e-9, "df {df}, p {p}: {quantile} for {t}");
    }
}

proptest! {
    /// `statrs` subtracts logarithms of Γ, which costs it some digits.
    #[test]
    fn probabilities_are_those_of_statrs(df in 0.5..500.0_f64, t in 0.01..30.0_f64) {
        let expected = 2.0 * StudentsT::new(0.0, 1.0, df).unwrap().sf(t);
        let p = student_two_sided(t, df).unwrap();
        prop_assert!((p / expected - 1.0).abs() < 1e-8, "{p} {expected}");
    }

    #[test]
    fn a_larger_t_is_less_probable(df in 0.5..1e6_f64, t in 0.0..40.0_f64, more in 0.001..10.0_f64) {
        let (p, smaller) = (student_two_sided(t, df).unwrap(), student_two_sided(t + more, df).unwrap());
        prop_assert!(smaller <= p);
    }
}
