//! Which entries of a history are removed so that it keeps its limit of bytes.

/// The size of the history of one set of files, and its oldest entries.
///
/// ```
/// use speckit_core::config::history::{HistorySize, OldestEntry};
/// let size = HistorySize { bytes: 3000, generation_ms: Some(100), refusal_ms: Some(50) };
/// assert_eq!(size.to_remove(3000), None);
/// assert_eq!(size.to_remove(2999), Some(OldestEntry::Refusal));
/// let size = HistorySize { refusal_ms: None, ..size };
/// assert_eq!(size.to_remove(2999), Some(OldestEntry::Generation));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistorySize {
    /// The bytes of its texts, values, changes and reports.
    pub bytes: u64,
    /// When its oldest generation was accepted, in milliseconds since 1970; `None` if there is only the newest, which always stays.
    pub generation_ms: Option<u64>,
    /// When the oldest of its refusals was refused; `None` if there is only the newest, which always stays.
    pub refusal_ms: Option<u64>,
}

/// The entry that is removed next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldestEntry {
    /// The oldest generation.
    Generation,
    /// The oldest refusal.
    Refusal,
}

impl HistorySize {
    /// The entry to remove next: the older of the two, and of two from the same millisecond the generation. `None` if the history
    /// fits into the limit, or has only what always stays.
    pub fn to_remove(&self, limit_bytes: u64) -> Option<OldestEntry> {
        if self.bytes <= limit_bytes {
            return None;
        }
        match (self.generation_ms, self.refusal_ms) {
            (Some(generation), Some(refusal)) if refusal < generation => Some(OldestEntry::Refusal),
            (Some(_), _) => Some(OldestEntry::Generation),
            (None, Some(_)) => Some(OldestEntry::Refusal),
            (None, None) => None,
        }
    }
}
