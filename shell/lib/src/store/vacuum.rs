//! Vacuums, which return free pages to the disk in steps, while others write.

use std::ops::ControlFlow;
use std::time::Duration;

use rusqlite::Connection;
use serde::Serialize;
use speckit_core::store::vacuum::Pages;
use speckit_core::text::{count, duration, size};

use super::error::StoreError;
use super::{Store, natural};

mod claim;
mod run;

use claim::claim;
pub(super) use claim::claim_if_due;
pub(super) use run::Vacuum;

/// The progress of a vacuum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VacuumProgress {
    /// The bytes freed so far.
    pub freed_bytes: u64,
    /// The bytes still to free. It may grow, since others delete meanwhile.
    pub rest_bytes: u64,
}

/// The outcome of a vacuum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VacuumOutcome {
    /// The length of the database before it, in bytes.
    pub bytes_before: u64,
    /// Its length afterwards, with the writes of others.
    pub bytes_after: u64,
    /// The freed bytes.
    pub freed_bytes: u64,
    /// The number of steps.
    pub steps: u64,
    /// Its time in milliseconds.
    pub elapsed_ms: u64,
    /// Whether it finished; else it was stopped between two steps.
    pub is_finished: bool,
    /// Whether the file has its new length. Else it gets shorter once the present readers of an older snapshot have finished.
    pub is_cut: bool,
}

impl std::fmt::Display for VacuumOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { freed_bytes, bytes_before, bytes_after, steps, elapsed_ms, .. } = *self;
        let took = duration(Duration::from_millis(elapsed_ms));
        match (steps, self.is_finished) {
            (0, true) => write!(f, "nothing to free; the file has {}", size(bytes_after))?,
            (_, true) => {
                let (before, after) = (size(bytes_before), size(bytes_after));
                let steps = count(steps, "step");
                write!(f, "freed {} in {took} and {steps}: {before} before, {after} now", size(freed_bytes))?;
            }
            (_, false) => {
                write!(f, "stopped after {took}: freed {}, and lost nothing", size(freed_bytes))?;
            }
        }
        if !self.is_cut && self.is_finished {
            f.write_str("\nthe file gets shorter once the present readers have finished")?;
        }
        Ok(())
    }
}

impl Store {
    /// Returns the free pages to the disk (<https://sqlite.org/pragma.html#pragma_incremental_vacuum>), about 1 MB at a time,
    /// and truncates the file. Other writers wait for one step at most; readers do not wait.
    ///
    /// Each step is recorded in the table `store_vacuums`.
    ///
    /// ```
    /// use speckit::store::{Store, StoreError};
    /// # let folder = tempfile::tempdir().unwrap();
    /// let store = Store::open(folder.path().join("app.db"))?;
    /// store.write(|tx| Ok(tx.execute_batch("CREATE TABLE blobs AS SELECT zeroblob(5000000) AS blob")?))?;
    /// store.write(|tx| Ok(tx.execute_batch("DELETE FROM blobs")?))?;
    /// let done = store.vacuum()?;
    /// assert!(done.is_finished && done.freed_bytes > 4_900_000);
    /// # Ok::<(), StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Busy`] if another process held the lock until the deadline, and why the database cannot be written;
    /// the earlier steps remain.
    pub fn vacuum(&self) -> Result<VacuumOutcome, StoreError> {
        self.vacuum_with(|_| ControlFlow::Continue(()))
    }

    /// As [`Store::vacuum`], with progress reports: before and after each step, and some 50 times a second while it waits.
    /// `ControlFlow::Break` stops it.
    ///
    /// # Errors
    /// As those of [`Store::vacuum`].
    pub fn vacuum_with(
        &self,
        mut progress: impl FnMut(VacuumProgress) -> ControlFlow<()>,
    ) -> Result<VacuumOutcome, StoreError> {
        let mut vacuum = Vacuum::of(self, &mut progress);
        let claimed = vacuum.short(|tx| claim(tx))?;
        vacuum.run(claimed)
    }

    /// How many bytes a vacuum would free.
    ///
    /// # Errors
    /// Why the database cannot be read.
    pub fn savings(&self) -> Result<u64, StoreError> {
        self.read(|tx| Ok(pages(tx)?.savings()))
    }
}

/// The pages of the file, by its header.
pub(super) fn pages(connection: &Connection) -> Result<Pages, StoreError> {
    let pragma = |name: &str| -> Result<u64, StoreError> {
        Ok(natural(connection.pragma_query_value(None, name, |row| row.get(0))?))
    };
    let (page_bytes, total, free) = (pragma("page_size")?, pragma("page_count")?, pragma("freelist_count")?);
    Ok(Pages { page_bytes, total, free })
}
