//! Reading a database without writing to it: it is neither created nor migrated, and nothing is left beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};
use speckit_core::store::ReadMode;

use super::connection::{TransactionGuard, keep_in_transaction, refuse_foreign};
use super::error::StoreError;
use super::migrations::{migrate, newest, refuse_newer, version};
use super::open_file::refuse_orphaned_log;
use super::options::StoreOptions;
use super::patiently;
use super::transaction::Transaction;
use crate::os::documents::{self, DatabaseState, absolute, beside};

/// Reads in a transaction. A database of an older release is read from a migrated copy in memory.
pub(super) fn read<T>(
    options: &StoreOptions,
    mut read: impl FnMut(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    read_file(options, |connection| {
        let path = &options.path;
        refuse_foreign(connection, path)?;
        let version = version(connection)?;
        refuse_newer(version, path)?;
        let mut copy = (version < newest()).then(|| migrated_copy(connection, path)).transpose()?;
        let connection = copy.as_mut().unwrap_or(connection);
        let guard = Arc::<TransactionGuard>::default();
        keep_in_transaction(connection, &guard)?;
        let transaction = Transaction::read(connection)?;
        guard.around(|| read(&transaction)).0.map_err(|error| match error {
            StoreError::Sqlite { code: ffi::SQLITE_READONLY, .. } => {
                StoreError::OpenedToRead { path: path.clone() }
            }
            error => error,
        })
    })
}

/// Opens the file as it is, reads, and closes it; again while other programs lock or change it, until the deadline.
pub(super) fn read_file<T>(
    options: &StoreOptions,
    mut read: impl FnMut(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let path = &options.path;
    if documents::is_no_file(path) {
        return Err(StoreError::Open { path: path.clone(), reason: "it is no regular file".into() });
    }
    patiently(options, || {
        let before = DatabaseState::of(path);
        refuse_orphaned_log(path, before)?;
        let (mut connection, mode) = open(path, before).map_err(|error| with_reason(error, path))?;
        let result = read(&mut connection);
        drop(connection);
        match mode {
            // Without locks, what was read counts only if nothing has changed meanwhile.
            ReadMode::File if DatabaseState::of(path) != before => Err(StoreError::Sqlite {
                code: ffi::SQLITE_BUSY,
                message: "another program changes it".into(),
            }),
            _ => result,
        }
    })
}

/// The reason of the system, where SQLite does not say why it cannot open a file.
fn with_reason(error: StoreError, path: &Path) -> StoreError {
    let is_unopened = error.code().is_some_and(|code| code & 0xff == ffi::SQLITE_CANTOPEN);
    match is_unopened.then(|| documents::open_error(path)).flatten() {
        Some(reason) => StoreError::Open { path: path.to_path_buf(), reason: reason.to_string() },
        None => error,
    }
}

/// The log beside a database that a reader leaves out, so that the newest writes are missing; usually `None`.
///
/// A log is only left out where its index (`-shm`) is missing and the database cannot be written, as on a copy on a read-only disk.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("app.db");
/// drop(speckit::store::Store::open(&path)?);
/// assert_eq!(speckit::store::unread_log(&path), None);
/// # Ok::<(), speckit::store::StoreError>(())
/// ```
pub fn unread_log(path: impl AsRef<Path>) -> Option<PathBuf> {
    let path = absolute(path.as_ref()).ok()?;
    let state = DatabaseState::of(&path);
    let is_unread =
        ReadMode::of(state.files) != ReadMode::File && matches!(open(&path, state), Ok((_, ReadMode::File)));
    is_unread.then(|| beside(&path, "-wal"))
}

/// A connection that writes nothing, and the mode that it has: the log is left out where it cannot be read without writing.
fn open(path: &Path, state: DatabaseState) -> Result<(Connection, ReadMode), StoreError> {
    let mode = ReadMode::of(state.files);
    if mode == ReadMode::File {
        return Ok((open_as(path, mode)?, mode));
    }
    // The first access opens the log.
    let opened = open_as(path, mode).and_then(|connection| version(&connection).map(|_| connection));
    match opened {
        Ok(connection) => Ok((connection, mode)),
        Err(StoreError::Sqlite { code, .. })
            if matches!(code & 0xff, ffi::SQLITE_CANTOPEN | ffi::SQLITE_READONLY) =>
        {
            Ok((open_as(path, ReadMode::File)?, ReadMode::File))
        }
        Err(error) => Err(error),
    }
}

fn open_as(path: &Path, mode: ReadMode) -> Result<Connection, StoreError> {
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match mode {
        ReadMode::File => {
            Connection::open_with_flags(immutable(path), read_only | OpenFlags::SQLITE_OPEN_URI)?
        }
        ReadMode::SharedLog => Connection::open_with_flags(path, read_only)?,
        ReadMode::OwnIndex => {
            // The exclusive lock needs a file that is open for writing.
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            if connection.is_readonly("main")? {
                let message = "the log has no index".into();
                return Err(StoreError::Sqlite { code: ffi::SQLITE_READONLY, message });
            }
            connection.pragma_update_and_check(None, "locking_mode", "exclusive", |_| Ok(()))?;
            // The last connection would move the log to the file.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            connection
        }
    };
    // The caller waits. There is no map into memory: a file that another program cuts is then an error, and not the end of
    // the process.
    connection.busy_timeout(Duration::ZERO)?;
    connection.set_prepared_statement_cache_capacity(64);
    for (pragma, value) in [("query_only", "1"), ("trusted_schema", "0"), ("temp_store", "2")] {
        connection.pragma_update(None, pragma, value)?;
    }
    Ok(connection)
}

/// A URI that opens a file without locks (<https://sqlite.org/uri.html>).
fn immutable(path: &Path) -> String {
    let mut uri = String::from("file://");
    let path = path.as_os_str().as_encoded_bytes();
    if !path.starts_with(b"/") {
        uri.push('/');
    }
    for byte in path {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte));
            }
            b'\\' if cfg!(windows) => uri.push('/'),
            b':' if cfg!(windows) => uri.push(':'),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri
}

/// A copy in memory with the present tables.
fn migrated_copy(connection: &Connection, path: &Path) -> Result<Connection, StoreError> {
    let mut copy = Connection::open_in_memory()?;
    Backup::new(connection, &mut copy)?.run_to_completion(i32::MAX, Duration::ZERO, None)?;
    migrate(&copy, path)?;
    copy.pragma_update(None, "query_only", "1")?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_a_uri_keeps_every_byte() {
        assert_eq!(immutable(Path::new("/a b/ä?#%.db")), "file:///a%20b/%C3%A4%3F%23%25.db?immutable=1");
    }
}
