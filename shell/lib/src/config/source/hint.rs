//! The handle of a source that knows when its content changes.

use std::fmt;
use std::sync::Weak;

use speckit_core::config::source_machine::SourceInput;

use super::state::Shared;

/// Reads a source again, because its content may have changed. A source gets it from [`Source::connect`](crate::Source::connect);
/// a clone is a pointer, and may be used on any thread.
///
/// Hints during a read give one more read after it. Reads after hints are at least 100 ms apart. During an outage, the source is
/// read when its wait is over.
#[derive(Clone)]
pub struct Hint {
    shared: Weak<Shared>,
    index: usize,
}

impl Hint {
    pub(super) fn new(shared: Weak<Shared>, index: usize) -> Self {
        Self { shared, index }
    }

    /// The content may have changed. It never waits for the read.
    pub fn send(&self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.change(|state, now| state.step(self.index, now, SourceInput::Hint));
        }
    }

    /// Whether the last [`Config`](crate::Config) is gone, so that nobody reads the source any more.
    pub fn is_closed(&self) -> bool {
        self.shared.upgrade().is_none_or(|shared| shared.is_stopped())
    }
}

impl fmt::Debug for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hint").field("is_closed", &self.is_closed()).finish()
    }
}
