//! Quotients of whole numbers, rounded once.

/// The float nearest to `numerator / divisor`, a divisor above zero.
///
/// The rounding depends on the quotient alone, so that scaling both samples and results by a power of two is exact.
pub(super) fn quotient(numerator: u128, divisor: u128) -> f64 {
    if numerator == 0 {
        return 0.0;
    }
    let shift = numerator.leading_zeros();
    let (numerator, divisor) = (numerator << shift, divisor.max(1));
    // A divisor below 2^64 leaves 64 bits at least; a remainder must only break a tie between two floats.
    let digits = (numerator / divisor) | u128::from(numerator % divisor != 0);
    libm::scalbn(float(digits), -shift.cast_signed())
}

/// The float nearest to a whole number.
#[expect(clippy::cast_precision_loss, reason = "the function returns the nearest float")]
pub(super) fn float(number: u128) -> f64 {
    number as f64
}

/// A count as a float, exact up to 2^53.
pub(super) fn float_count(count: usize) -> f64 {
    float(wide(count))
}

/// A count with room for products.
pub(super) fn wide(count: usize) -> u128 {
    u128::try_from(count).unwrap_or(u128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotient_is_rounded_once() {
        assert_eq!(quotient(1, 3), 1.0 / 3.0);
        assert_eq!(quotient(10, 5), 2.0);
        assert_eq!(quotient(0, 7), 0.0);
        assert_eq!(quotient(u128::from(u64::MAX) * 3, 3), 18_446_744_073_709_551_616.0);
        // 2^53 + 1 and a third is nearer to 2^53 + 2; rounding the whole part first would give 2^53.
        let two_53: u128 = 1 << 53;
        assert_eq!(quotient(two_53 * 3 + 4, 3), float(two_53 + 2));
        // In the middle between two floats, but for a remainder beyond all digits that are kept.
        let middle: u128 = (1 << 63) + (1 << 10);
        assert_eq!(quotient(middle << 50, 1 << 50), 2.0_f64.powi(63));
        assert_eq!(quotient((middle << 50) + 1, 1 << 50), 2.0_f64.powi(63) + 2048.0);
    }
}
