//! Durations and percentages of a command line.

use core::time::Duration;

/// The text is not such a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuantityError {
    /// It is no duration.
    #[error("not a duration such as 300ms, 1.5s, 2m or 1h")]
    Duration,
    /// It is no percentage.
    #[error("not a percentage such as 10% or 2.5%")]
    Percent,
}

/// A duration above zero, with its unit: `300ms`, `1.5s`, `2m`, `1h`.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::text::{QuantityError, parse_duration};
/// assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1500)));
/// assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
/// for wrong in ["", "5", "s", "-1s", "0s", "1 week", "nans", "1e30h"] {
///     assert_eq!(parse_duration(wrong), Err(QuantityError::Duration), "{wrong}");
/// }
/// ```
///
/// # Errors
/// [`QuantityError::Duration`] for any other text.
pub fn parse_duration(text: &str) -> Result<Duration, QuantityError> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let parsed = units.into_iter().find_map(|(unit, seconds)| {
        let number = number(text.strip_suffix(unit)?)?;
        Duration::try_from_secs_f64(number * seconds).ok()
    });
    parsed.filter(|duration| !duration.is_zero()).ok_or(QuantityError::Duration)
}

/// A percentage as a part of 1: `10%` is 0.1.
///
/// ```
/// use speckit_core::text::{QuantityError, parse_percent};
/// assert_eq!(parse_percent("2.5%"), Ok(0.025));
/// assert_eq!(parse_percent("0.1"), Err(QuantityError::Percent));
/// ```
///
/// # Errors
/// [`QuantityError::Percent`] for any other text.
pub fn parse_percent(text: &str) -> Result<f64, QuantityError> {
    text.strip_suffix('%').and_then(number).map(|percent| percent / 100.0).ok_or(QuantityError::Percent)
}

/// A decimal number without a sign or an exponent.
fn number(text: &str) -> Option<f64> {
    let is_decimal = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.parse().ok().filter(|_| is_decimal)
}
