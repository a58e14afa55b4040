//! The state of a source.

use std::time::Duration;

/// The state of a [`Source`](crate::Source), from [`Config::status`](crate::Config::status).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceStatus {
    /// Its name.
    pub name: String,
    /// How long ago it was read successfully.
    pub last_good: Option<Duration>,
    /// How long its outage has lasted; `None` if the last read was successful.
    pub outage: Option<Duration>,
    /// Why its last read failed, during an outage; secrets are masked.
    pub failure: Option<String>,
    /// Whether a read runs now.
    pub is_reading: bool,
    /// The time until its next read; `None` if none is planned.
    pub next_read: Option<Duration>,
}
