//! Dates and times as TOML writes them.

use core::fmt;
use core::str::FromStr;

use toml::value;

/// A date, a time or both, as TOML writes them (TOML 1.0, from "Offset Date-Time" to "Local Time").
///
/// ```
/// use speckit_core::tree::Datetime;
/// let datetime: Datetime = "1979-05-27T07:32:00Z".parse()?;
/// assert_eq!(datetime.to_string(), "1979-05-27T07:32:00Z");
/// # Ok::<(), speckit_core::tree::NotADatetime>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datetime(pub(crate) value::Datetime);

/// The text is neither a date nor a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date or a time")]
pub struct NotADatetime;

impl FromStr for Datetime {
    type Err = NotADatetime;

    fn from_str(text: &str) -> Result<Self, NotADatetime> {
        text.parse().map(Self).map_err(|_| NotADatetime)
    }
}

impl fmt::Display for Datetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
