//! Giving free pages back to the disk, in steps between which others write.

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

/// How far a vacuum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VacuumProgress {
    /// What it has given back, in bytes.
    pub freed_bytes: u64,
    /// What is still to be given back, in bytes. It may grow, since others delete meanwhile.
    pub rest_bytes: u64,
}

/// What a vacuum did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vacuumed {
    /// The length of the database before, in bytes.
    pub bytes_before: u64,
    /// Its length afterwards. Others wrote meanwhile.
    pub bytes_after: u64,
    /// What was given back, in bytes.
    pub freed_bytes: u64,
    /// In how many steps.
    pub steps: u64,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// Whether it came to its end; else somebody stopped it between two steps.
    pub is_finished: bool,
    /// Whether the file has its new length. Else somebody reads a state of before, and it gets shorter when they have ended.
    pub is_cut: bool,
}

impl std::fmt::Display for Vacuumed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { freed_bytes, bytes_before, bytes_after, steps, elapsed_ms, .. } = *self;
        let took = duration(Duration::from_millis(elapsed_ms));
        match (steps, self.is_finished) {
            (0, true) => write!(f, "nothing to give back: {}", size(bytes_after))?,
            (_, true) => {
                let (before, after) = (size(bytes_before), size(bytes_after));
                let steps = count(steps, "step");
                write!(
                    f,
                    "gave {} back in {took} and {steps}: {before} before, {after} now",
                    size(freed_bytes)
                )?;
            }
            (_, false) => {
                write!(f, "stopped after {took}: gave {} back, and lost nothing", size(freed_bytes))?;
            }
        }
        if !self.is_cut && self.is_finished {
            f.write_str("\nsomebody reads a state of before: the file gets shorter when they have ended")?;
        }
        Ok(())
    }
}

impl Store {
    /// Gives the free pages back to the disk (<https://sqlite.org/pragma.html#pragma_incremental_vacuum>), about 1 MB at a
    /// time, and cuts the file. Who writes meanwhile waits for one step at most; nobody who reads waits.
    ///
    /// What is given back is remembered in the table `vacuums`, with each step.
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
    /// [`StoreError::Busy`] where another process held the lock until the deadline, and why the database cannot be written;
    /// the steps before are done.
    pub fn vacuum(&self) -> Result<Vacuumed, StoreError> {
        self.vacuum_with(|_| ControlFlow::Continue(()))
    }

    /// As [`Store::vacuum`], and tells how far it is: before and after each step, and some 50 times a second while it waits.
    /// Where it is told to break, it ends there.
    ///
    /// # Errors
    /// As those of [`Store::vacuum`].
    pub fn vacuum_with(
        &self,
        mut progress: impl FnMut(VacuumProgress) -> ControlFlow<()>,
    ) -> Result<Vacuumed, StoreError> {
        let mut vacuum = Vacuum::of(self, &mut progress);
        let claimed = vacuum.short(|tx| claim(tx))?;
        vacuum.run(claimed)
    }

    /// How much shorter the file gets by a vacuum, in bytes.
    ///
    /// # Errors
    /// Why the database cannot be read.
    pub fn savings(&self) -> Result<u64, StoreError> {
        self.read(|tx| Ok(pages(tx)?.savings()))
    }
}

/// What the file is made of, by its header.
pub(super) fn pages(connection: &Connection) -> Result<Pages, StoreError> {
    let pragma = |name: &str| -> Result<u64, StoreError> {
        Ok(natural(connection.pragma_query_value(None, name, |row| row.get(0))?))
    };
    let (page_bytes, total, free) = (pragma("page_size")?, pragma("page_count")?, pragma("freelist_count")?);
    Ok(Pages { page_bytes, total, free })
}
