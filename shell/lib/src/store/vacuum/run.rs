//! One vacuum, from its first step to the truncation of the file.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oneshot::RecvTimeoutError;
use rusqlite::Connection;
use speckit_core::store::vacuum::pause;

use super::claim::{VacuumClaim, finish, record};
use super::{VacuumOutcome, VacuumProgress, pages};
use crate::os::clock;
use crate::store::checkpoint::{Checkpoint, CheckpointMode};
use crate::store::connection::open_reader;
use crate::store::error::StoreError;
use crate::store::transaction::Transaction;
use crate::store::writer::result_of;
use crate::store::{Store, patiently};

/// How long to wait for readers of older snapshots, which prevent the truncation.
const TRUNCATION_PATIENCE: Duration = Duration::from_secs(5);
/// How often the caller may stop a wait.
const STOP_CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// One running vacuum.
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

    /// Frees the pages, under a claim; there is none where it was stopped before.
    pub(in crate::store) fn run(mut self, claim: Option<VacuumClaim>) -> Result<VacuumOutcome, StoreError> {
        let before = self.store.read(|tx| pages(tx))?;
        let (mut pages_left, mut steps) = (before.free, 0);
        self.rest_bytes = before.free_bytes();
        if let Some(claim) = claim {
            while let Some((count, took)) = self.step(claim, pages_left)? {
                pages_left -= count;
                steps += 1;
                self.pause(pause(took));
            }
        }
        let is_cut = !self.is_stopped && self.truncate().map_err(|error| error.of(self.store.path()))?;
        let after = self.store.read(|tx| pages(tx))?;
        Ok(VacuumOutcome {
            bytes_before: before.file_bytes(),
            bytes_after: after.file_bytes(),
            freed_bytes: self.freed_bytes,
            steps,
            elapsed_ms: elapsed_ms(self.begun),
            is_finished: !self.is_stopped,
            is_cut,
        })
    }

    /// A short write in the queue, which this waits for. `None` if it is stopped before it has begun; then nothing is written.
    pub(in crate::store) fn short<T: Send + 'static>(
        &mut self,
        run: impl FnMut(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        if self.should_stop() {
            return Ok(None);
        }
        let written = self.store.writer()?.submit(run)?;
        loop {
            match written.recv_timeout(STOP_CHECK_INTERVAL) {
                Ok(outcome) => return result_of(Ok(outcome)).map(Some),
                Err(RecvTimeoutError::Disconnected) => return Err(StoreError::RolledBack),
                Err(RecvTimeoutError::Timeout) if self.should_stop() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Frees some of the pages that are left; returns how many, and the time. `None` if it has finished, which is recorded, or
    /// is stopped.
    fn step(&mut self, claim: VacuumClaim, pages_left: u64) -> Result<Option<(u64, Duration)>, StoreError> {
        let (begun, freed_before) = (self.begun, self.freed_bytes);
        let stepped = self.short(move |tx| {
            let before = pages(tx)?;
            let count = before.step(pages_left);
            if count == 0 {
                finish(tx, claim)?;
                return Ok(None);
            }
            let since = clock::now();
            free_pages(tx, count)?;
            let after = pages(tx)?;
            let freed = freed_before + before.file_bytes().saturating_sub(after.file_bytes());
            record(tx, claim, freed, elapsed_ms(begun))?;
            Ok(Some((count, freed, after, since)))
        })?;
        let Some(Some((count, freed, after, since))) = stepped else { return Ok(None) };
        self.freed_bytes = freed;
        self.rest_bytes = after.free_bytes();
        Ok(Some((count, clock::now().saturating_duration_since(since))))
    }

    /// Pauses for other writers.
    fn pause(&mut self, time: Duration) {
        let until = clock::now() + time;
        while !self.should_stop() {
            let rest = until.saturating_duration_since(clock::now());
            if rest.is_zero() {
                return;
            }
            clock::sleep(rest.min(STOP_CHECK_INTERVAL));
        }
    }

    /// Moves the WAL to the file, which then has its new length, and truncates the WAL. False where readers of older snapshots
    /// prevent that for [`TRUNCATION_PATIENCE`].
    fn truncate(&mut self) -> Result<bool, StoreError> {
        let options = &self.store.inner.options;
        let options = options.clone().deadline(options.allowed().min(TRUNCATION_PATIENCE));
        let aside = open_reader(&options.path, &options, &Arc::default())?;
        // SQLite would keep writers out while it waits for readers.
        aside.busy_timeout(Duration::ZERO)?;
        let mut is_cut = false;
        let emptied = patiently(&options, || {
            if self.should_stop() {
                return Ok(());
            }
            // Most of it without the lock, so that others write meanwhile.
            is_cut |= Checkpoint::run(&aside, CheckpointMode::Passive)?.is_whole;
            let emptied = Checkpoint::run(&aside, CheckpointMode::Truncate)?;
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

    fn should_stop(&mut self) -> bool {
        let progress = VacuumProgress { freed_bytes: self.freed_bytes, rest_bytes: self.rest_bytes };
        self.is_stopped = self.is_stopped || (self.progress)(progress).is_break();
        self.is_stopped
    }
}

/// Each row of the result frees one page, so the statement must be read to its end.
fn free_pages(connection: &Connection, pages: u64) -> Result<(), StoreError> {
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

fn elapsed_ms(since: Instant) -> u64 {
    clock::millis(clock::now().saturating_duration_since(since))
}
