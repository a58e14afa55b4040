//! Student's t distribution.

use super::beta::regularized_beta_of_half;

/// The probability that Student's t is at least as far from 0 as `t`, on either side, with so many degrees of freedom.
///
/// The relative error is below 10⁻⁹ up to 10⁶ degrees of freedom and down to probabilities of 10⁻³⁰⁰. `None` unless the degrees
/// of freedom are above 0 and finite, or if `t` is no number.
///
/// ```
/// use speckit_core::bench::stats::student_two_sided;
/// let p = student_two_sided(2.0, 10.0).unwrap();
/// assert!((p - 0.073_388_034_770_74).abs() < 1e-14);
/// assert_eq!(student_two_sided(0.0, 3.0), Some(1.0));
/// assert_eq!(student_two_sided(f64::INFINITY, 3.0), Some(0.0));
/// ```
pub fn student_two_sided(t: f64, degrees_of_freedom: f64) -> Option<f64> {
    if t.is_nan() || !degrees_of_freedom.is_finite() || degrees_of_freedom <= 0.0 {
        return None;
    }
    // The probability is I_x(df/2, ½) for x = 1 / (1 + ratio²).
    let ratio = t.abs() / libm::sqrt(degrees_of_freedom);
    let a = degrees_of_freedom / 2.0;
    if ratio == 0.0 {
        return Some(1.0);
    }
    if ratio.is_infinite() {
        return Some(0.0);
    }
    let p = if ratio <= 1.0 {
        let square = ratio * ratio;
        regularized_beta_of_half(a, 1.0 / (1.0 + square), square / (1.0 + square), -libm::log1p(square))
    } else {
        let square = 1.0 / ratio / ratio;
        let ln_x = -2.0 * libm::log(ratio) - libm::log1p(square);
        regularized_beta_of_half(a, square / (1.0 + square), 1.0 / (1.0 + square), ln_x)
    };
    p.map(|p| p.clamp(0.0, 1.0))
}

/// The `t` that Student's t exceeds, on either side, with probability `p`: 2.228 for 0.05 and 10 degrees of freedom.
///
/// `None` unless `p` is above 0 and below 1, or if the degrees of freedom are not above 0 and finite.
///
/// ```
/// use speckit_core::bench::stats::student_quantile;
/// assert!((student_quantile(0.05, 10.0).unwrap() - 2.228_138_851_986_275).abs() < 1e-12);
/// ```
pub fn student_quantile(p: f64, degrees_of_freedom: f64) -> Option<f64> {
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while student_two_sided(high, degrees_of_freedom)? > p {
        (low, high) = (high, high * 2.0);
    }
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return Some(high);
        }
        if student_two_sided(middle, degrees_of_freedom)? > p {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_distribution_has_no_probability() {
        for (t, df) in [(f64::NAN, 1.0), (1.0, 0.0), (1.0, -1.0), (1.0, f64::NAN), (1.0, f64::INFINITY)] {
            assert_eq!(student_two_sided(t, df), None);
            assert_eq!(student_quantile(t, df), None);
        }
        for p in [0.0, 1.0, -0.5, f64::NAN] {
            assert_eq!(student_quantile(p, 3.0), None);
        }
    }

    #[test]
    fn one_degree_of_freedom_is_the_cauchy_distribution() {
        for t in [1e-300, 1e-8, 0.5, 1.0, 3.0, 1e8, 1e200] {
            let expected = 2.0 / core::f64::consts::PI * libm::atan(1.0 / t);
            assert!((student_two_sided(t, 1.0).unwrap() / expected - 1.0).abs() < 1e-13, "{t}");
        }
    }

    #[test]
    fn the_quantile_inverts_the_probability() {
        for df in [0.5, 1.0, 2.0, 29.0, 1e4, 1e6] {
            for p in [1e-12, 0.001, 0.05, 0.5, 0.999] {
                let t = student_quantile(p, df).unwrap();
                assert!((student_two_sided(t, df).unwrap() / p - 1.0).abs() < 1e-9, "{df} {p}");
            }
        }
    }
}
