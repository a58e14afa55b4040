//! Giving free pages back to the disk, in steps between which others write.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension as _};
use serde::Serialize;
use speckit_core::vacuum::{Bytes, Found, Pages, Plan, Verdict};

use super::Store;
use super::connection::open_reader;
use super::error::StoreError;
use super::polling::Polling;
use super::transaction::Transaction;
use crate::clock;

/// How many vacuums the database remembers.
const MOST_REMEMBERED: i64 = 100;
/// How long readers of older states are waited for, so that the file can be cut.
const CUTTING_PATIENCE: Duration = Duration::from_secs(5);
/// How often one who waits is asked whether it is to stop.
const ASKING: Duration = Duration::from_millis(20);

/// How far a vacuum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        let took = Duration::from_millis(elapsed_ms);
        match (steps, self.is_finished) {
            (0, true) => write!(f, "nothing to give back: {}", Bytes(bytes_after))?,
            (_, true) => {
                let (before, after) = (Bytes(bytes_before), Bytes(bytes_after));
                let word = if steps == 1 { "step" } else { "steps" };
                write!(
                    f,
                    "gave {} back in {took:.1?} and {steps} {word}: {before} before, {after} now",
                    Bytes(freed_bytes)
                )?;
            }
            (_, false) => {
                write!(f, "stopped after {took:.1?}: gave {} back, and lost nothing", Bytes(freed_bytes))?;
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
    /// use speckit_shell::store::{Store, StoreError};
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
        let claimed = vacuum.short(|tx| claim(tx, now_ms()))?;
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
        let number: i64 = connection.pragma_query_value(None, name, |row| row.get(0))?;
        Ok(u64::try_from(number).unwrap_or(0))
    };
    let (page_bytes, total, free) = (pragma("page_size")?, pragma("page_count")?, pragma("freelist_count")?);
    Ok(Pages { page_bytes, total, free })
}

/// A vacuum that has begun: its row in the table.
pub(super) type Claim = i64;

/// Notes that a vacuum begins.
pub(super) fn claim(connection: &Connection, now_ms: i64) -> Result<Claim, StoreError> {
    connection.execute(
        "INSERT INTO vacuums (started_at_ms, freed_bytes, elapsed_ms) VALUES (?1, 0, 0)",
        [now_ms],
    )?;
    let claim = connection.last_insert_rowid();
    connection.execute("DELETE FROM vacuums WHERE id <= ?1", [claim - MOST_REMEMBERED])?;
    Ok(claim)
}

/// Judges under the lock whether a vacuum is due, and if so notes in the same transaction that it begins: of two processes
/// that look at the same time one is the first.
pub(super) fn claim_if_due(
    connection: &Connection,
    judge: impl Fn(&Found) -> Verdict,
) -> Result<(Verdict, Option<Claim>), StoreError> {
    let last_at_ms = connection
        .query_row("SELECT started_at_ms FROM vacuums ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let now_ms = now_ms();
    let verdict = judge(&Found { pages: pages(connection)?, last_at_ms, now_ms });
    let claim = if verdict == Verdict::Due { Some(claim(connection, now_ms)?) } else { None };
    Ok((verdict, claim))
}

/// One vacuum: what it works with, and how far it is.
pub(super) struct Vacuum<'a> {
    store: &'a Store,
    progress: &'a mut dyn FnMut(VacuumProgress) -> ControlFlow<()>,
    begun: Instant,
    freed_bytes: u64,
    rest_bytes: u64,
    is_stopped: bool,
}

impl<'a> Vacuum<'a> {
    pub(super) fn of(
        store: &'a Store,
        progress: &'a mut dyn FnMut(VacuumProgress) -> ControlFlow<()>,
    ) -> Self {
        Self { store, progress, begun: clock::now(), freed_bytes: 0, rest_bytes: 0, is_stopped: false }
    }

    /// Gives back what is free, under a claim; there is none where it was stopped before.
    pub(super) fn run(mut self, claim: Option<Claim>) -> Result<Vacuumed, StoreError> {
        let before = self.store.read(|tx| pages(tx))?;
        let mut plan = Plan::of(before);
        let mut steps = 0;
        self.rest_bytes = before.free_bytes();
        if let Some(claim) = claim {
            while let Some(took) = self.step(claim, &mut plan)? {
                steps += 1;
                self.rest(Plan::pause(took));
            }
            if !self.is_stopped {
                self.short(move |tx| finish(tx, claim))?;
            }
        }
        let is_cut = !self.is_stopped && self.cut().map_err(|error| error.of(self.store.path()))?;
        let after = self.store.read(|tx| pages(tx))?;
        Ok(Vacuumed {
            bytes_before: before.file_bytes(),
            bytes_after: after.file_bytes(),
            freed_bytes: self.freed_bytes,
            steps,
            elapsed_ms: milliseconds(self.begun),
            is_finished: !self.is_stopped,
            is_cut,
        })
    }

    /// A short write among those of others, which is waited for without holding anything. `None` where it is stopped before
    /// it has begun; then it does nothing any more.
    pub(super) fn short<T: Send + 'static>(
        &mut self,
        mut run: impl FnMut(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        if self.asked_to_stop() {
            return Ok(None);
        }
        let is_withdrawn = Arc::new(AtomicBool::new(false));
        let withdrawn = Arc::clone(&is_withdrawn);
        let (tell, told) = sync_channel(1);
        let write = move |tx: &Transaction<'_>| match withdrawn.load(Ordering::Relaxed) {
            true => Err(StoreError::refused("nobody waits for it")),
            false => run(tx),
        };
        self.store.write_later(write, move |outcome| drop(tell.send(outcome)))?;
        loop {
            match told.recv_timeout(ASKING) {
                Ok(Ok(result)) => return result.map(Some),
                Ok(Err(panic)) => resume_unwind(panic),
                Err(RecvTimeoutError::Disconnected) => return Err(StoreError::RolledBack),
                Err(RecvTimeoutError::Timeout) => {
                    if self.asked_to_stop() {
                        is_withdrawn.store(true, Ordering::Relaxed);
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Gives back so many pages, and says how long that took. `None` where there are none left, or it is stopped.
    fn step(&mut self, claim: Claim, plan: &mut Plan) -> Result<Option<Duration>, StoreError> {
        let (begun, freed_before) = (self.begun, self.freed_bytes);
        let planned = plan.clone();
        let stepped = self.short(move |tx| {
            let before = pages(tx)?;
            // What is rolled back is planned anew.
            let mut planned = planned.clone();
            let Some(count) = planned.next(before.free) else { return Ok(None) };
            let since = clock::now();
            give_back(tx, count)?;
            let after = pages(tx)?;
            let freed = freed_before + before.file_bytes().saturating_sub(after.file_bytes());
            let numbers = [saturating(freed), saturating(milliseconds(begun)), claim];
            tx.execute("UPDATE vacuums SET freed_bytes = ?1, elapsed_ms = ?2 WHERE id = ?3", numbers)?;
            Ok(Some((planned, freed, after, since)))
        })?;
        let Some(Some((planned, freed, after, since))) = stepped else { return Ok(None) };
        *plan = planned;
        self.freed_bytes = freed;
        self.rest_bytes = after.free_bytes();
        Ok(Some(clock::now().saturating_duration_since(since)))
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
        let aside = open_reader(&options.path, &options)?;
        // SQLite would keep writers out while it waits for readers.
        aside.busy_timeout(Duration::ZERO)?;
        let begun = clock::now();
        let mut polling = Polling::new();
        let mut is_cut = false;
        while !self.asked_to_stop() {
            // The greater part without the lock, so that others write meanwhile.
            is_cut |= checkpoint(&aside, "PASSIVE")?.is_whole;
            let emptied = checkpoint(&aside, "TRUNCATE")?;
            is_cut |= emptied.is_whole;
            if !emptied.is_busy {
                return Ok(true);
            }
            let busy = StoreError::Sqlite { code: rusqlite::ffi::SQLITE_BUSY, message: String::new() };
            match polling.wait(&options, busy, begun) {
                Ok(()) => {}
                Err(StoreError::Busy { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(is_cut)
    }

    fn asked_to_stop(&mut self) -> bool {
        let told = VacuumProgress { freed_bytes: self.freed_bytes, rest_bytes: self.rest_bytes };
        self.is_stopped = self.is_stopped || (self.progress)(told).is_break();
        self.is_stopped
    }
}

fn finish(connection: &Connection, claim: Claim) -> Result<(), StoreError> {
    connection.execute("UPDATE vacuums SET finished_at_ms = ?1 WHERE id = ?2", [now_ms(), claim])?;
    Ok(())
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

/// The date, in milliseconds since 1970.
fn now_ms() -> i64 {
    i64::try_from(clock::since_epoch().as_millis()).unwrap_or(i64::MAX)
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(clock::now().saturating_duration_since(since).as_millis()).unwrap_or(u64::MAX)
}

fn saturating(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
