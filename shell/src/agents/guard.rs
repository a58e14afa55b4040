//! A process that ends the agents of a program that was killed.

use std::io;

/// A process that waits for the end of this one, and then kills the groups that are still known to it.
#[derive(Debug)]
pub struct Guard {}

impl Guard {
    /// Starts the program of this process once more, as a guard. Its `main` has to call [`become_guard_if_asked`] first.
    ///
    /// # Errors
    /// The system's.
    pub fn start() -> io::Result<Self> {
        Ok(Self {})
    }
}

/// Does the work of a guard, and does not return before it is over, where this process was started as one: then `true`, and
/// `main` is to return at once. `false` otherwise.
pub fn become_guard_if_asked() -> bool {
    false
}
