//! One vacuum, from its first step to the cut of the file.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oneshot::RecvTimeoutError;
use rusqlite::Connection;
use speckit_core::store::vacuum::pause;

use super::claim::{Claim, finish, note};
use super::{VacuumProgress, Vacuumed, pages};
use crate::os::clock;
use crate::store::connection::open_reader;
use crate::store::error::StoreError;
use crate::store::transaction::Transaction;
use crate::store::writer::result_of;
use crate::store::{Store, patiently};

/// How long readers of older states are waited for, so that the file can be cut.
const CUTTING_PATIENCE: Duration = Duration::from_secs(5);
/// How often one who waits is asked whether it is to stop.
const ASKING: Duration = Duration::from_millis(20);

/// One vacuum: what it works with, and how far it is.
pub(in crate::store) struct Vacuum<'a> {
    store: &'a Store,
    progress: &'a mut dyn FnMut(VacuumProgress) -> ControlFlow<()>,
    begun: Instant,
    freed_bytes: u64,
    rest_bytes: u64,
    is_stopped: bool,
}

impl<'a> Vacuum<'a> {
    pub(in crate::store) fn of(
        store: &'a Store,
        progress: &'a mut dyn FnMut(VacuumProgress) -> ControlFlow<()>,
    ) -> Self {
        Self { store, progress, begun: clock::now(), freed_bytes: 0, rest_bytes: 0, is_stopped: false }
    }

    /// Gives back what is free, under a claim; there is none where it was stopped before.
    pub(in crate::store) fn run(mut self, claim: Option<Claim>) -> Result<Vacuumed, StoreError> {
        let before = self.store.read(|tx| pages(tx))?;
        let (mut pages_left, mut steps) = (before.free, 0);
        self.rest_bytes = before.free_bytes();
        if let Some(claim) = claim {
            while let Some((count, took)) = self.step(claim, pages_left)? {
                pages_left -= count;
                steps += 1;
                self.rest(pause(took));
            }
        }
        let is_cut = !self.is_stopped && self.cut().map_err(|error| error.of(self.store.path()))?;
        let after = self.store.read(|tx| pages(tx))?;
        Ok(Vacuumed {
            bytes_before: before.file_bytes(),
            bytes_after: after.file_bytes(),
            freed_bytes: self.freed_bytes,
            steps,
            elapsed_ms: elapsed_ms(self.begun),
            is_finished: !self.is_stopped,
            is_cut,
        })
    }

    /// A short write among those of others, which is waited for without holding anything. `None` where it is stopped before
    /// it has begun; then it does nothing any more.
    pub(in crate::store) fn short<T: Send + 'static>(
        &mut self,
        run: impl FnMut(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        if self.asked_to_stop() {
            return Ok(None);
        }
        let written = self.store.inner.writer.submit(run)?;
        loop {
            match written.recv_timeout(ASKING) {
                Ok(outcome) => return result_of(Ok(outcome)).map(Some),
                Err(RecvTimeoutError::Disconnected) => return Err(StoreError::RolledBack),
                Err(RecvTimeoutError::Timeout) if self.asked_to_stop() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Gives pages back, of so many that are left; says how many and how long that took. `None` where it is finished, which is
    /// noted, or stopped.
    fn step(&mut self, claim: Claim, pages_left: u64) -> Result<Option<(u64, Duration)>, StoreError> {
        let (begun, freed_before) = (self.begun, self.freed_bytes);
        let stepped = self.short(move |tx| {
            let before = pages(tx)?;
            let count = before.step(pages_left);
            if count == 0 {
                finish(tx, claim)?;
                return Ok(None);
            }
            let since = clock::now();
            give_back(tx, count)?;
            let after = pages(tx)?;
            let freed = freed_before + before.file_bytes().saturating_sub(after.file_bytes());
            note(tx, claim, freed, elapsed_ms(begun))?;
            Ok(Some((count, freed, after, since)))
        })?;
        let Some(Some((count, freed, after, since))) = stepped else { return Ok(None) };
        self.freed_bytes = freed;
        self.rest_bytes = after.free_bytes();
        Ok(Some((count, clock::now().saturating_duration_since(since))))
    }

    /// Leaves the database to others for so long.
    fn rest(&mut self, pause: Duration) {
        let until = clock::now() + pause;
        while !self.asked_to_stop() {
            let rest = until.saturating_duration_since(clock::now());
            if rest.is_zero() {
                return;
            }
            clock::sleep(rest.min(ASKING));
        }
    }

    /// Moves what is in the WAL to the file, which has its new length then, and empties the WAL. False where readers of
    /// older states keep the file from that for [`CUTTING_PATIENCE`].
    fn cut(&mut self) -> Result<bool, StoreError> {
        let options = &self.store.inner.options;
        let options = options.clone().deadline(options.allowed().min(CUTTING_PATIENCE));
        let aside = open_reader(&options.path, &options, &Arc::default())?;
        // SQLite would keep writers out while it waits for readers.
        aside.busy_timeout(Duration::ZERO)?;
        let mut is_cut = false;
        let emptied = patiently(&options, || {
            if self.asked_to_stop() {
                return Ok(());
            }
            // The greater part without the lock, so that others write meanwhile.
            is_cut |= checkpoint(&aside, "PASSIVE")?.is_whole;
            let emptied = checkpoint(&aside, "TRUNCATE")?;
            is_cut |= emptied.is_whole || !emptied.is_busy;
            match emptied.is_busy {
                true => Err(StoreError::Sqlite { code: rusqlite::ffi::SQLITE_BUSY, message: String::new() }),
                false => Ok(()),
            }
        });
        match emptied {
            Ok(()) | Err(StoreError::Busy { .. }) => Ok(is_cut),
            Err(error) => Err(error),
        }
    }

    fn asked_to_stop(&mut self) -> bool {
        let told = VacuumProgress { freed_bytes: self.freed_bytes, rest_bytes: self.rest_bytes };
        self.is_stopped = self.is_stopped || (self.progress)(told).is_break();
        self.is_stopped
    }
}

/// Each row of it is one page: a statement that is not read to its end gives one back.
fn give_back(connection: &Connection, pages: u64) -> Result<(), StoreError> {
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// What a checkpoint came to.
struct Checkpoint {
    /// It could not do all that was asked for.
    is_busy: bool,
    /// Everything that was in the WAL is in the file.
    is_whole: bool,
}

/// Moves what is in the WAL to the file (<https://sqlite.org/pragma.html#pragma_wal_checkpoint>).
fn checkpoint(connection: &Connection, mode: &str) -> Result<Checkpoint, StoreError> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let (busy, frames, moved): (i64, i64, i64) =
        connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(Checkpoint { is_busy: busy != 0, is_whole: frames >= 0 && frames == moved })
}

fn elapsed_ms(since: Instant) -> u64 {
    clock::millis(clock::now().saturating_duration_since(since))
}
