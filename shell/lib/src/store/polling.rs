//! Waits for a lock of another process.

use std::time::Instant;

use rusqlite::Connection;
use speckit_core::store::LockWait;

use super::error::StoreError;
use super::options::StoreOptions;
use crate::os::{clock, entropy};

/// The attempts of one call to get a lock of another process.
pub(super) struct Polling {
    wait: LockWait,
    attempts: u32,
}

impl Polling {
    pub(super) fn new() -> Self {
        Self { wait: LockWait::new(entropy::seed()), attempts: 0 }
    }

    /// Waits before another attempt. The connection shows whether others commit meanwhile; without one, they do not.
    ///
    /// # Errors
    /// The final error: it is not about a lock, or the deadline has passed.
    pub(super) fn wait(
        &mut self,
        options: &StoreOptions,
        connection: Option<&Connection>,
        error: StoreError,
        begun: Instant,
    ) -> Result<(), StoreError> {
        self.attempts = self.attempts.saturating_add(1);
        loop {
            let elapsed = clock::now().saturating_duration_since(begun);
            let pause = if error.is_retryable() { self.wait.pause(elapsed, options.allowed()) } else { None };
            let Some(pause) = pause else {
                return Err(error.gave_up(&options.path, self.attempts, elapsed));
            };
            clock::sleep(pause.length);
            if !pause.is_look || self.wait.is_attempt_due(connection.and_then(data_version)) {
                return Ok(());
            }
        }
    }
}

/// A number that changes when others commit.
fn data_version(connection: &Connection) -> Option<i64> {
    let mut version = connection.prepare_cached("PRAGMA data_version -- of the store").ok()?;
    version.query_row([], |row| row.get(0)).ok()
}
