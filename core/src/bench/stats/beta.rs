//! The incomplete beta function with one parameter of ½, which Student's t distribution needs.

use core::f64::consts::PI;

/// A relative change below which a continued fraction has converged.
const CONVERGED: f64 = 1e-15;
/// A fraction that has not converged by then never does; 100 steps suffice for the parameters of 10^8 samples.
const MAX_STEPS: u32 = 100_000;

/// I_x(a, ½), the regularized incomplete beta function, for y = 1 − x and the logarithm of x, which the caller knows more
/// precisely than 1 − x and ln x would be; a > 0, 0 ≤ x ≤ 1. `None` if the continued fraction does not converge.
pub(super) fn regularized_beta_of_half(a: f64, x: f64, y: f64, ln_x: f64) -> Option<f64> {
    let factor = libm::exp(a * ln_x) * libm::sqrt(y / PI) * gamma_ratio(a);
    // The mean of the distribution is a / (a + ½). The fraction converges fast beyond it on either side.
    let lambda = (a + 0.5) * y - 0.5;
    if lambda > 0.0 {
        Some(factor * continued_fraction(a, 0.5, x, y, lambda)?)
    } else {
        Some(1.0 - factor * continued_fraction(0.5, a, y, x, -lambda)?)
    }
}

/// The continued fraction of I_x(a, b) without its factor x^a y^b / B(a, b): equation 9 of Didonato and Morris, "Algorithm
/// 708: Significant Digit Computation of the Incomplete Beta Function Ratios" (1992), for λ = a − (a + b) x.
fn continued_fraction(a: f64, b: f64, x: f64, y: f64, lambda: f64) -> Option<f64> {
    let (mut numerators, mut denominators) = ((0.0, 1.0), (1.0, (1.0 + lambda) * a / (a + 1.0)));
    let mut value = numerators.1 / denominators.1;
    let mut n = 0.0;
    for _ in 0..MAX_STEPS {
        n += 1.0;
        let (before, after) = (a + 2.0 * n - 1.0, a + 2.0 * n + 1.0);
        let alpha = (a + n - 1.0) / before * ((a + b + n - 1.0) / before) * (n * (b - n) * x * x);
        let beta = n + n * (b - n) * x / before + (a + n) / after * (lambda + 1.0 + n * (1.0 + y));
        let next = |(last, this): (f64, f64)| (this, alpha * last + beta * this);
        (numerators, denominators) = (next(numerators), next(denominators));
        let last = value;
        value = numerators.1 / denominators.1;
        if (value - last).abs() <= CONVERGED * value {
            return Some(value);
        }
        // Scaled, so that neither overflows.
        let scale = denominators.1;
        numerators = (numerators.0 / scale, value);
        denominators = (denominators.0 / scale, 1.0);
    }
    None
}

/// Γ(a + ½) / Γ(a) for a > 0.
///
/// The difference of two `lgamma`s would lose as many digits as they have before the point.
pub(super) fn gamma_ratio(a: f64) -> f64 {
    /// The coefficients of 1, 1/a, 1/a², … of the asymptotic series divided by √a (Tricomi and Erdélyi, 1951).
    const SERIES: [f64; 8] = [
        1.0,
        -1.0 / 8.0,
        1.0 / 128.0,
        5.0 / 1024.0,
        -21.0 / 32768.0,
        -399.0 / 262144.0,
        869.0 / 4194304.0,
        39325.0 / 33554432.0,
    ];
    let (mut a, mut factor) = (a, 1.0);
    // From 50 on the series has all digits of a float.
    while a < 50.0 {
        factor *= a / (a + 0.5);
        a += 1.0;
    }
    factor * libm::sqrt(a) * SERIES.iter().rev().fold(0.0, |sum, coefficient| sum / a + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_of_gamma_functions_is_known_for_whole_numbers() {
        let root = libm::sqrt(PI);
        for (a, ratio) in
            [(0.5, 1.0 / root), (1.0, root / 2.0), (2.0, root * 3.0 / 4.0), (3.5, 6.0 / (root * 15.0 / 8.0))]
        {
            assert!((gamma_ratio(a) / ratio - 1.0).abs() < 1e-14, "{a}");
        }
    }
}
