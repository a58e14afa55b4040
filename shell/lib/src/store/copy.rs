//! Copies of a database: a backup while others write, and a database that is replaced by one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, ffi};
use serde::Serialize;
use speckit_core::config::source::ReplacedFile;

use super::check::check_file;
use super::connection::refuse_foreign;
use super::error::StoreError;
use super::migrations::{migrate, refuse_newer, version};
use super::options::StoreOptions;
use super::reading::{self, unread_log};
use super::stats::refuse_missing;
use super::{Store, patiently};
use crate::os::documents::{self, Replacement, beside};

/// After how many instructions SQLite asks whether a copy is to be stopped.
const INSTRUCTIONS_BETWEEN_STOP_CHECKS: i32 = 10_000;
/// The endings of the files that SQLite keeps beside a database (<https://sqlite.org/tempfiles.html>).
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// How a database is copied.
///
/// ```
/// use std::time::Duration;
/// use speckit::store::{DatabaseCopy, Store};
/// # let folder = tempfile::tempdir()?;
/// # let (database, file) = (folder.path().join("app.db"), folder.path().join("backup.db"));
/// drop(Store::open(&database)?);
/// let copy = DatabaseCopy::new(Duration::from_secs(5)).replace(true);
/// assert!(copy.backup(&database, &file)?.bytes > 0);
/// let kept = copy.restore(&database, &file)?.kept;
/// assert_eq!(kept, Some(folder.path().join("app.db.before-restore-1")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DatabaseCopy {
    deadline: Duration,
    may_replace: bool,
    should_stop: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// A written backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// Its file.
    pub file: PathBuf,
    /// The length of the file in bytes.
    pub bytes: u64,
}

/// A restored database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Its file.
    pub database: PathBuf,
    /// The length of the file in bytes.
    pub bytes: u64,
    /// Where the database before it, or its log alone, is kept; `None` if there was none.
    pub kept: Option<PathBuf>,
    /// How the file differs from the one before it in more than its content: it has the same owner, group and permissions as far as
    /// the system permits it.
    #[serde(skip)]
    pub replaced: ReplacedFile,
}

impl Store {
    /// Writes a copy of the database to a new file that only its owner can read, while others read and write. The copy is a snapshot
    /// without free pages; it is checked, and takes its place only once it is complete.
    ///
    /// ```
    /// use speckit::store::{Store, StoreError, restore};
    /// # let folder = tempfile::tempdir().unwrap();
    /// let (path, file) = (folder.path().join("app.db"), folder.path().join("monday.db"));
    /// let store = Store::open(&path)?;
    /// store.write(|tx| Ok(tx.execute_batch("CREATE TABLE notes AS SELECT 'buy milk' AS text")?))?;
    /// store.backup(&file)?;
    /// store.write(|tx| Ok(tx.execute_batch("DELETE FROM notes")?))?;
    /// drop(store);
    /// restore(&path, &file)?;
    /// let read = Store::open(&path)?.read(|tx| Ok(tx.query_row("SELECT text FROM notes", [], |row| row.get(0))?));
    /// assert_eq!(read, Ok("buy milk".to_owned()));
    /// # Ok::<(), StoreError>(())
    /// ```
    ///
    /// # Errors
    /// As those of [`DatabaseCopy::backup`].
    pub fn backup(&self, file: impl AsRef<Path>) -> Result<Backup, StoreError> {
        DatabaseCopy::new(self.inner.options.allowed()).backup(self.path(), file)
    }
}

/// As [`DatabaseCopy::restore`], with 30 s for locks of other programs.
///
/// # Errors
/// As those of [`DatabaseCopy::restore`].
pub fn restore(database: impl Into<PathBuf>, file: impl AsRef<Path>) -> Result<Restored, StoreError> {
    DatabaseCopy::new(Duration::from_secs(30)).restore(database, file)
}

impl DatabaseCopy {
    /// A copy that waits this long for locks of other programs.
    #[must_use]
    pub fn new(deadline: Duration) -> Self {
        Self { deadline, may_replace: false, should_stop: Arc::new(|| false) }
    }

    /// Whether a backup may replace a file; `false` by default.
    #[must_use]
    pub fn replace(mut self, may_replace: bool) -> Self {
        self.may_replace = may_replace;
        self
    }

    /// Stops a copy once this returns `true`. The error is then [`StoreError::Sqlite`] with the code 9 (`SQLITE_INTERRUPT`).
    #[must_use]
    pub fn stop_if(mut self, should_stop: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.should_stop = Arc::new(should_stop);
        self
    }

    /// Writes a copy of a database to a file, as [`Store::backup`] does; the database is neither created nor migrated.
    ///
    /// # Errors
    /// [`StoreError::Absent`] for a missing database, [`StoreError::Corrupt`] for a damaged one, [`StoreError::Copy`] if the file
    /// exists or has the log of another database, and why the database cannot be read or the file cannot be written. Then nothing
    /// is written.
    pub fn backup(&self, database: impl Into<PathBuf>, file: impl AsRef<Path>) -> Result<Backup, StoreError> {
        let options = self.options(database)?;
        refuse_missing(&options.path)?;
        let file = absolute(file.as_ref())?;
        self.refuse_target(&options.path, &file)?;
        // A link is followed, as by every program that writes to it.
        let place = documents::without_links(&file).unwrap_or_else(|_| file.clone());
        let failed = |error| unwritten(&file, &error);
        let copy = documents::new_copy(&place).map_err(failed)?;
        let bytes = self.copy(&options, &copy, &file)?;
        self.refuse_unsound(copy.path(), &options.path)?;
        let placed = if self.may_replace { copy.take_place_of(&place) } else { copy.take_free_place(&place) };
        placed.map_err(failed)?;
        Ok(Backup { file, bytes })
    }

    /// Replaces a database by a copy of a file, such as a backup, once the file is checked: its pages, its indexes, and the
    /// references of its rows. The database before it stays, under the name `NAME.before-restore-N`. No program may have it open.
    ///
    /// # Errors
    /// [`StoreError::Absent`] for a missing file, [`StoreError::Corrupt`] for a damaged one, [`StoreError::Foreign`],
    /// [`StoreError::NotADatabase`] and [`StoreError::Newer`] for one that this release cannot use, [`StoreError::Busy`] if
    /// another program has the database open until the deadline, and why the database cannot be replaced. Then it stays as it is.
    pub fn restore(
        &self,
        database: impl Into<PathBuf>,
        file: impl AsRef<Path>,
    ) -> Result<Restored, StoreError> {
        let options = self.options(database)?;
        let file = absolute(file.as_ref())?;
        if !documents::exists(&file) {
            return Err(copy_error(&file, "does not exist"));
        }
        if documents::is_no_file(&file) {
            return Err(copy_error(&file, "is no regular file; name a backup"));
        }
        if documents::length(&file) == Some(0) {
            return Err(copy_error(&file, "is empty; name a backup"));
        }
        if is_same(&file, &options.path) {
            return Err(copy_error(&file, "is the database itself; name a backup of it"));
        }
        self.refuse_unsound(&file, &file)?;
        let place = documents::without_links(&options.path).unwrap_or_else(|_| options.path.clone());
        let failed = |error| unwritten(&options.path, &error);
        documents::make_folder_of(&place).map_err(failed)?;
        let copy = documents::new_copy(&place).map_err(failed)?;
        let bytes = self.copy(&self.options(&file)?, &copy, &options.path)?;
        upgrade(copy.path(), &file)?;
        let (kept, replaced) = self.swap(&options, copy, &place)?;
        Ok(Restored { database: options.path, bytes, kept, replaced })
    }

    fn options(&self, database: impl Into<PathBuf>) -> Result<StoreOptions, StoreError> {
        StoreOptions::new(database).deadline(self.deadline).with_absolute_path()
    }

    fn refuse_target(&self, database: &Path, file: &Path) -> Result<(), StoreError> {
        if is_same(database, file) {
            return Err(copy_error(file, "is the database itself; name another file"));
        }
        if BESIDE
            .iter()
            .any(|ending| beside(database, ending) == *file || is_same(&beside(database, ending), file))
        {
            return Err(copy_error(
                file,
                "is where SQLite keeps what belongs to the database; name another file",
            ));
        }
        if documents::is_no_file(file) {
            return Err(copy_error(file, "is no regular file; name another one"));
        }
        if !self.may_replace && documents::exists(file) {
            return Err(copy_error(
                file,
                "exists already; name another file, or allow replacing it (`--force`)",
            ));
        }
        // A log would be applied to the copy, which it does not belong to.
        match BESIDE.iter().map(|ending| beside(file, ending)).find(|path| documents::exists(path)) {
            Some(log) => {
                let reason = "is the log of a database that is open or was not closed; name another file";
                Err(copy_error(&log, reason))
            }
            None => Ok(()),
        }
    }

    /// Refuses a database with findings, in the name of the file that it was read from.
    fn refuse_unsound(&self, database: &Path, named: &Path) -> Result<(), StoreError> {
        match check_file(database, self.deadline)?.first() {
            Some(finding) => {
                Err(StoreError::Corrupt { path: named.to_path_buf(), reason: finding.to_string() })
            }
            None => Ok(()),
        }
    }

    /// Copies a database to a new file, and returns its length (<https://sqlite.org/lang_vacuum.html#vacuuminto>). An error about the
    /// new file names the place that it is for.
    fn copy(&self, options: &StoreOptions, to: &Replacement, place: &Path) -> Result<u64, StoreError> {
        let from = &options.path;
        if let Some(log) = unread_log(from) {
            let reason = format!(
                "has its newest entries in the log `{}`, which cannot be read here; copy both to a folder that can be written, and use that copy",
                log.display()
            );
            return Err(copy_error(from, &reason));
        }
        let copied = reading::read_file(options, |connection| {
            to.clear().map_err(|error| unwritten(place, &error))?;
            refuse_foreign(connection, from)?;
            refuse_newer(version(connection)?, from)?;
            // It forbids to write the copy too.
            connection.pragma_update(None, "query_only", "0")?;
            let should_stop = Arc::clone(&self.should_stop);
            connection.progress_handler(INSTRUCTIONS_BETWEEN_STOP_CHECKS, Some(move || should_stop()))?;
            match connection
                .execute("VACUUM INTO ?1", [to.path().to_string_lossy()])
                .map_err(StoreError::from)
            {
                Ok(_) => Ok(documents::length(to.path()).unwrap_or(0)),
                Err(error) if is_of_written_file(&error) => {
                    Err(copy_error(place, &format!("cannot be written: {error}")))
                }
                Err(error) => Err(error),
            }
        });
        copied.map_err(|error| error.of(from))
    }

    /// Puts the copy in the place of the database, which gets another name. Returns that name, if there was a database, or the name
    /// of its log.
    fn swap(
        &self,
        options: &StoreOptions,
        copy: Replacement,
        place: &Path,
    ) -> Result<(Option<PathBuf>, ReplacedFile), StoreError> {
        // Until the end, so that no other program opens it.
        let _lock = if documents::exists(place) { patiently(options, || lock(place))? } else { None };
        let failed = |error| unwritten(&options.path, &error);
        let replaced = copy.keep_access_of(place).map_err(failed)?;
        let name = free_name(place);
        let mut kept = None;
        // A log that is still there belongs to the database before, or to none: it must not be applied to the copy.
        for ending in BESIDE {
            if documents::exists(&beside(place, ending)) {
                documents::move_aside(&beside(place, ending), &beside(&name, ending)).map_err(failed)?;
                kept.get_or_insert_with(|| beside(&name, ending));
            }
        }
        if documents::length(place).is_some_and(|bytes| bytes > 0) {
            documents::link_or_rename(place, &name).map_err(failed)?;
            kept = Some(name.clone());
        }
        if let Err(error) = copy.take_place_of(place) {
            if documents::exists(place) {
                documents::discard(&name);
            } else {
                // The database is only kept under its new name; this gives it the old one again.
                let _ = documents::move_aside(&name, place);
            }
            return Err(failed(error));
        }
        Ok((kept, replaced))
    }
}

impl fmt::Debug for DatabaseCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseCopy")
            .field("deadline", &self.deadline)
            .field("may_replace", &self.may_replace)
            .finish_non_exhaustive()
    }
}

/// Makes a copy a database of this release.
fn upgrade(copy: &Path, file: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(copy, flags)?;
    if version(&connection)? < 1 {
        return Err(StoreError::Foreign { path: file.to_path_buf() });
    }
    migrate(&connection, copy).map_err(|error| {
        let error = error.to_string();
        let reason = error.lines().next().unwrap_or_default();
        copy_error(file, &format!("does not have the tables of its version: {reason}; name another backup"))
    })
}

/// Locks a database that no other program has open, and whose log is moved to it. `None` for a file that SQLite cannot read.
fn lock(database: &Path) -> Result<Option<Connection>, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened =
        Connection::open_with_flags(database, flags).map_err(StoreError::from).and_then(|connection| {
            connection.busy_timeout(Duration::ZERO)?;
            refuse_foreign(&connection, database)?;
            // SQLite only changes the mode of a database that no other connection uses; the log is then gone.
            connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
            connection.execute_batch("BEGIN EXCLUSIVE")?;
            Ok(connection)
        });
    match opened {
        Ok(connection) => Ok(Some(connection)),
        Err(StoreError::Sqlite { code, .. })
            if matches!(code & 0xff, ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether an error of a copy concerns the file that is written.
fn is_of_written_file(error: &StoreError) -> bool {
    let code = error.code().unwrap_or_default();
    matches!(code & 0xff, ffi::SQLITE_FULL | ffi::SQLITE_IOERR | ffi::SQLITE_CANTOPEN | ffi::SQLITE_READONLY)
}

/// A name for the database before a restore that no file has.
fn free_name(database: &Path) -> PathBuf {
    let is_free = |name: &PathBuf| {
        let mut paths = BESIDE.iter().map(|ending| beside(name, ending)).chain([name.clone()]);
        !paths.any(|path| documents::exists(&path))
    };
    let mut names = (1_u64..).map(|number| beside(database, &format!(".before-restore-{number}")));
    names.find(is_free).unwrap_or_else(|| beside(database, ".before-restore"))
}

fn is_same(one: &Path, other: &Path) -> bool {
    let (one, other) = (documents::identity(one), documents::identity(other));
    one.is_some() && one == other
}

fn absolute(path: &Path) -> Result<PathBuf, StoreError> {
    documents::absolute(path).map_err(|error| StoreError::unopened(path, &error))
}

fn unwritten(path: &Path, error: &std::io::Error) -> StoreError {
    copy_error(path, &format!("cannot be written: {error}"))
}

fn copy_error(path: &Path, reason: &str) -> StoreError {
    StoreError::Copy { path: path.to_path_buf(), reason: reason.into() }
}
