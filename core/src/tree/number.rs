//! Numbers with the semantics of JSON: exact decimals in any representation.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::cmp::Ordering;
use core::fmt;

/// A number of a configuration.
///
/// Comparisons are those of the decimal number that was written: `1` equals `1.0`, and
/// `18446744073709551617` differs from `18446744073709551616` although both are one `f64`.
///
/// ```
/// use speckit_core::Number;
/// assert!(Number::Int(1).same(&Number::Float(1.0)));
/// assert!(Number::Float(0.3).is_multiple_of(&Number::Float(0.1)));
/// assert!(!Number::parse("18446744073709551617")?.same(&Number::parse("18446744073709551616")?));
/// # Ok::<(), speckit_core::NotANumber>(())
/// ```
#[derive(Clone, Debug)]
pub enum Number {
    /// A whole number that fits 64 bits.
    Int(i64),
    /// A binary float; its value is the shortest decimal that reads back as it.
    Float(f64),
    /// A decimal that neither of the others holds exactly, as it was written.
    Decimal(Arc<str>),
}

/// The text is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number")]
pub struct NotANumber;

impl Number {
    /// Reads a decimal number in JSON's notation, and keeps its value exactly.
    ///
    /// # Errors
    /// [`NotANumber`] when the text is not `-?digits[.digits][(e|E)[+-]digits]`.
    pub fn parse(text: &str) -> Result<Self, NotANumber> {
        if let Some(int) = whole(text) {
            return Ok(Self::Int(int));
        }
        let written = Decimal::parse(text).ok_or(NotANumber)?;
        // 1e3 and 5.0 are floats and 100000000000000000000 is none: the type is part of what was written.
        let is_float = text.contains(['.', 'e', 'E']);
        let float: f64 = text.parse().map_err(|_| NotANumber)?;
        if is_float && float.is_finite() && Decimal::parse(&shortest(float)).as_ref() == Some(&written) {
            return Ok(Self::Float(float));
        }
        Ok(Self::Decimal(text.into()))
    }

    /// Whether the two are the same decimal number.
    pub fn same(&self, other: &Self) -> bool {
        self.compare(other) == Some(Ordering::Equal)
    }

    /// Compares two numbers by value; `None` when one of them is not a number (NaN).
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            _ => match (self.infinite()?, other.infinite()?) {
                (Ordering::Equal, Ordering::Equal) => Some(self.decimal()?.cmp(&other.decimal()?)),
                (a, b) => Some(a.cmp(&b)),
            },
        }
    }

    /// Whether the value has no fraction.
    pub fn is_integer(&self) -> bool {
        match self {
            Self::Int(_) => true,
            // From 2^53 on every float is whole.
            Self::Float(float) => float.is_finite() && float % 1.0 == 0.0,
            Self::Decimal(_) => self.decimal().is_some_and(|d| d.exponent >= 0),
        }
    }

    /// Whether `self = n × divisor` for a whole `n`, in exact decimal arithmetic.
    ///
    /// A divisor that is not above zero divides nothing.
    pub fn is_multiple_of(&self, divisor: &Self) -> bool {
        if let (Self::Int(a), Self::Int(b)) = (self, divisor) {
            return *b > 0 && a % b == 0;
        }
        match (self.decimal(), divisor.decimal()) {
            (Some(a), Some(b)) => a.is_multiple_of(&b),
            _ => false,
        }
    }

    /// The value as a 64-bit whole number, if it is one (`2.0` is).
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            _ => i64::try_from(self.as_i128()?).ok(),
        }
    }

    /// The value as a 128-bit whole number, if it is one.
    pub fn as_i128(&self) -> Option<i128> {
        match self {
            Self::Int(int) => Some(i128::from(*int)),
            _ => self.decimal()?.to_whole(),
        }
    }

    /// The value as a 128-bit whole number from zero, if it is one.
    pub fn as_u128(&self) -> Option<u128> {
        match self {
            Self::Int(int) => u128::try_from(*int).ok(),
            _ => self.decimal()?.to_whole(),
        }
    }

    /// The nearest binary float.
    pub fn as_f64(&self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "the method returns the nearest float")]
            Self::Int(int) => *int as f64,
            Self::Float(float) => *float,
            Self::Decimal(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// The notation that every equal number has, unless this one is in it: whole numbers without a fraction, others as
    /// digits and an exponent.
    #[cfg(feature = "schema")]
    pub(crate) fn canonical(&self) -> Option<Self> {
        if matches!(self, Self::Int(_)) || self.infinite() != Some(Ordering::Equal) {
            return None;
        }
        if let Some(int) = self.as_i64() {
            return Some(Self::Int(int));
        }
        let Decimal { negative, digits, exponent } = self.decimal()?;
        let sign = if negative { "-" } else { "" };
        Some(Self::Decimal(format!("{sign}{digits}e{exponent}").into()))
    }

    /// `Equal` for a finite number, `Less` or `Greater` for an infinity; `None` for NaN.
    fn infinite(&self) -> Option<Ordering> {
        match self {
            Self::Float(float) if float.is_nan() => None,
            Self::Float(float) if *float == f64::INFINITY => Some(Ordering::Greater),
            Self::Float(float) if *float == f64::NEG_INFINITY => Some(Ordering::Less),
            _ => Some(Ordering::Equal),
        }
    }

    fn decimal(&self) -> Option<Decimal> {
        match self {
            Self::Int(int) => Decimal::parse(&int.to_string()),
            Self::Float(float) => Decimal::parse(&shortest(*float)),
            Self::Decimal(text) => Decimal::parse(text),
        }
    }
}

/// The number as JSON and TOML write it: a float always shows that it is one (`5.0`, `1e300`, `nan`).
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => write!(f, "{int}"),
            Self::Float(float) if float.is_nan() => f.write_str("nan"),
            Self::Float(float) if float.is_infinite() => {
                f.write_str(if *float > 0.0 { "inf" } else { "-inf" })
            }
            Self::Float(float) => write!(f, "{float:?}"),
            Self::Decimal(text) => f.write_str(text),
        }
    }
}

/// A whole number in JSON's notation that fits 64 bits: neither a plus sign nor a leading zero.
fn whole(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_json = !digits.starts_with('+') && (digits.len() == 1 || !digits.starts_with('0'));
    if is_json { text.parse().ok() } else { None }
}

/// The shortest decimal that reads back as this float, in JSON's notation.
fn shortest(float: f64) -> String {
    format!("{float:e}")
}

/// `±digits × 10^exponent`, without leading or trailing zeros; zero has no digits.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some((whole, fraction)) => (whole, fraction),
            None => (mantissa, ""),
        };
        let is_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let padded = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || padded || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        let digits = significant.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let dropped = length(significant).checked_sub(length(digits))?;
        let exponent = exponent.checked_sub(length(fraction))?.checked_add(dropped)?;
        Some(Self { negative, digits: digits.into(), exponent })
    }

    /// The number of digits before the decimal point.
    fn magnitude(&self) -> i64 {
        self.exponent.saturating_add(length(&self.digits))
    }

    fn compare_absolute(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // Of two digit strings without trailing zeros that begin at one magnitude, the order is the text's.
            (false, false) => {
                self.magnitude().cmp(&other.magnitude()).then_with(|| self.digits.cmp(&other.digits))
            }
        }
    }

    fn is_multiple_of(&self, divisor: &Self) -> bool {
        if divisor.negative || divisor.digits.is_empty() {
            return false;
        }
        if self.digits.is_empty() {
            return true;
        }
        // self.digits × 10^shift must be a multiple of divisor.digits. A negative shift would need a zero
        // at the end of self.digits or a factor of ten in it, and it has none to spare as a whole number.
        let shift = self.exponent.checked_sub(divisor.exponent).and_then(|shift| u64::try_from(shift).ok());
        let modulus = divisor.digits.parse().ok().filter(|modulus| *modulus <= MODULUS_LIMIT);
        let (Some(shift), Some(modulus)) = (shift, modulus) else { return false };
        let remainder =
            self.digits.bytes().fold(0, |rest, digit| (rest * 10 + u128::from(digit - b'0')) % modulus);
        times_power_of_ten(remainder, shift, modulus) == 0
    }

    fn to_whole<T: core::str::FromStr>(&self) -> Option<T> {
        let zeros = usize::try_from(self.exponent).ok().filter(|zeros| *zeros <= 39)?;
        let sign = if self.negative { "-" } else { "" };
        let digits = if self.digits.is_empty() { "0" } else { &self.digits };
        format!("{sign}{digits}{}", "0".repeat(zeros)).parse().ok()
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.compare_absolute(other),
            (true, true) => other.compare_absolute(self),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Up to here `remainder × 10 + 9` cannot overflow 128 bits.
const MODULUS_LIMIT: u128 = u128::MAX / 16;

/// `value × 10^power mod modulus`, one digit at a time; it ends early at zero or when a power beyond
/// any float's has shown the cycle that never reaches it.
fn times_power_of_ten(value: u128, power: u64, modulus: u128) -> u128 {
    // A factor of 2 or 5 is used up once for each ten, and a modulus of 128 bits has at most 128 of them.
    let mut rest = value % modulus;
    for _ in 0..power.min(128) {
        if rest == 0 {
            break;
        }
        rest = rest * 10 % modulus;
    }
    rest
}

/// The exponent of a number; one that overflows 32 bits is limited to that bound, which is beyond every float.
fn parse_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i64>().unwrap_or(i64::MAX).min(i64::from(i32::MAX));
    Some(if negative { -size } else { size })
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn a_whole_float_is_an_integer_and_equals_it() {
        assert!(number("1.0").is_integer());
        assert!(number("1.0").same(&number("1")));
        assert!(number("1e2").same(&number("100")));
        assert!(!number("1.5").is_integer());
    }

    #[test]
    fn large_integers_keep_every_digit() {
        assert!(!number("9007199254740993").same(&Number::Float(9_007_199_254_740_992.0)));
        assert_eq!(
            number("98249283749234923498293171823948729348710298301928331")
                .compare(&number("98249283749234923498293171823948729348710298301928332")),
            Some(Ordering::Less)
        );
        assert!(number("98249283749234923498293171823948729348710298301928331").is_integer());
    }

    #[test]
    fn a_whole_number_converts_to_128_bits_of_either_sign() {
        let widest = "340282366920938463463374607431768211455";
        assert_eq!(number(widest).as_u128(), Some(u128::MAX));
        assert_eq!(number(widest).as_i128(), None);
        assert_eq!(number("340282366920938463463374607431768211456").as_u128(), None);
        assert_eq!(number("2e38").as_u128(), Some(2 * 10u128.pow(38)));
        assert_eq!((number("-1").as_u128(), number("0.5").as_u128()), (None, None));
    }

    #[test]
    fn order_follows_the_value_across_notations() {
        let ascending = ["-1e400", "-2.5", "-2", "0", "1e-400", "0.0075", "2", "2.5", "1e308", "1e400"];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(number(a).compare(&number(b)), Some(i.cmp(&j)), "{a} {b}");
            }
        }
    }

    #[test]
    fn multiples_are_exact_decimals() {
        let multiples = [
            ("0.3", "0.1"),
            ("0.0075", "0.0001"),
            ("1e308", "0.5"),
            ("-4.5", "1.5"),
            ("12391239123", "1e-8"),
            ("200", "1e2"),
            ("0", "7"),
        ];
        assert!(multiples.into_iter().all(|(n, divisor)| number(n).is_multiple_of(&number(divisor))));
        let others = [("0.00751", "0.0001"), ("1e308", "0.123456789e-9"), ("250", "1e2"), ("35", "0")];
        assert!(!others.into_iter().any(|(n, divisor)| number(n).is_multiple_of(&number(divisor))));
        // The binary float next to 1e300 is a multiple of 3; the decimal is not.
        assert!(!number("1e300").is_multiple_of(&number("3")));
    }

    #[test]
    fn other_notations_than_json_are_rejected() {
        for text in ["", "-", "+1", "1.", ".5", "1e", "0x10", "nan", "inf", "1_000", "1 ", "007"] {
            assert!(Number::parse(text).is_err(), "{text:?}");
        }
        for text in ["+", "-+1", "--1", "00", "-007", " 1"] {
            assert!(Number::parse(text).is_err(), "{text:?}");
        }
        assert!(matches!(Number::parse("-0"), Ok(Number::Int(0))));
    }

    #[test]
    fn infinities_bound_every_number_and_nan_has_no_order() {
        let inf = Number::Float(f64::INFINITY);
        assert_eq!(inf.compare(&number("1e400")), Some(Ordering::Greater));
        assert_eq!(Number::Float(f64::NAN).compare(&number("1")), None);
        assert!(!inf.is_integer());
    }
}
