//! Opening a connection, with the settings that every connection has.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use speckit_core::store::SynchronousMode;

use super::error::StoreError;
use super::options::StoreOptions;
use crate::os::documents;

/// The id in the header of our databases (<https://sqlite.org/pragma.html#pragma_application_id>): "spkt".
pub(super) const APPLICATION_ID: i64 = 0x7370_6b74;

/// How long a statement of a reader waits for a lock, which only a recovery after a crash takes.
const READER_PATIENCE: Duration = Duration::from_secs(5);

/// Keeps closures within their transaction.
#[derive(Default)]
pub(super) struct TransactionGuard {
    /// A closure runs, and may not end the transaction.
    is_on: AtomicBool,
    /// The transaction was rolled back while it ran.
    is_lost: AtomicBool,
}

impl TransactionGuard {
    /// Runs a closure, and returns whether its transaction is still open.
    pub(super) fn around<T>(&self, run: impl FnOnce() -> T) -> (T, bool) {
        /// After a panic of the closure too.
        struct OffWhenDropped<'a>(&'a AtomicBool);

        impl Drop for OffWhenDropped<'_> {
            fn drop(&mut self) {
                self.0.store(false, Ordering::Relaxed);
            }
        }

        self.is_lost.store(false, Ordering::Relaxed);
        self.is_on.store(true, Ordering::Relaxed);
        let on = OffWhenDropped(&self.is_on);
        let result = run();
        drop(on);
        (result, !self.is_lost.load(Ordering::Relaxed))
    }

    fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }
}

/// Opens an existing file for writing, and sets what must be set before the first table.
pub(super) fn open_writer(
    path: &Path,
    options: &StoreOptions,
    guard: &Arc<TransactionGuard>,
) -> Result<Connection, StoreError> {
    let mut connection = open(path, options)?;
    if connection.is_readonly("main")? {
        let reason = "SQLite could only open it for reading".into();
        return Err(StoreError::ReadOnly { path: path.to_path_buf(), reason });
    }
    refuse_foreign(&connection, path)?;
    close_to_others(path).map_err(|error| StoreError::unopened(path, &error))?;
    // It only has an effect on an empty file, before the journal is a WAL. Setting it again would write to the file.
    let auto_vacuum: i64 = connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0))?;
    if auto_vacuum != 2 {
        connection.pragma_update(None, "auto_vacuum", 2)?;
    }
    set(&connection, path, "journal_mode", "wal")?;
    verify(&connection, path, "auto_vacuum", "2")?;
    settings(&connection, path, options)?;
    set(&connection, path, "journal_size_limit", JOURNAL_SIZE_LIMIT)?;
    set(&connection, path, "secure_delete", if options.secure_delete { "1" } else { "0" })?;
    // The caller waits, without holding anything.
    connection.busy_timeout(Duration::ZERO)?;
    keep_in_transaction(&mut connection, guard)?;
    // The authorizer checks statements when they are prepared, the hooks when they run.
    let guarding = Arc::clone(guard);
    connection.commit_hook(Some(move || guarding.is_on()))?;
    let guarding = Arc::clone(guard);
    connection.rollback_hook(Some(move || guarding.is_lost.store(true, Ordering::Relaxed)))?;
    Ok(connection)
}

/// Opens the file for reading.
pub(super) fn open_reader(
    path: &Path,
    options: &StoreOptions,
    guard: &Arc<TransactionGuard>,
) -> Result<Connection, StoreError> {
    let mut connection = open(path, options)?;
    settings(&connection, path, options)?;
    set(&connection, path, "query_only", "1")?;
    // The connection that writes moves the log to the file when it is closed, as the last one.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    keep_in_transaction(&mut connection, guard)?;
    Ok(connection)
}

/// Denies closures the statements that would end their transaction.
pub(super) fn keep_in_transaction(
    connection: &mut Connection,
    guard: &Arc<TransactionGuard>,
) -> Result<(), StoreError> {
    let guarding = Arc::clone(guard);
    Ok(connection.authorizer(Some(move |context: AuthContext<'_>| refuse_control(&guarding, &context)))?)
}

fn open(path: &Path, options: &StoreOptions) -> Result<Connection, StoreError> {
    // Without URIs: a path is a path, whatever it begins with.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(READER_PATIENCE.min(options.allowed()))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Makes the files of the database accessible only to their owner. SQLite gives a new log the mode of the database.
fn close_to_others(path: &Path) -> std::io::Result<()> {
    let path = documents::without_links(path)?;
    documents::close_to_others(&path)?;
    for ending in ["-wal", "-shm"] {
        let mut name = path.clone().into_os_string();
        name.push(ending);
        documents::close_to_others(Path::new(&name))?;
    }
    Ok(())
}

/// Rejects the database of another program; an empty file is accepted.
pub(super) fn refuse_foreign(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    // In this order: another process that creates our tables meanwhile sets the id with the first of them.
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id == APPLICATION_ID || (id == 0 && tables == 0) {
        return Ok(());
    }
    Err(StoreError::Foreign { path: path.to_path_buf() })
}

/// The settings of each connection (<https://sqlite.org/pragma.html>).
pub(super) fn settings(
    connection: &Connection,
    path: &Path,
    options: &StoreOptions,
) -> Result<(), StoreError> {
    let synchronous = match options.synchronous {
        SynchronousMode::Normal => "1",
        SynchronousMode::Full => "2",
    };
    let settings = [
        ("synchronous", synchronous),
        ("foreign_keys", "1"),
        // In KiB where it is negative: 32 MiB.
        ("cache_size", "-32768"),
        // In memory.
        ("temp_store", "2"),
        ("mmap_size", MMAP_SIZE),
        ("trusted_schema", "0"),
    ];
    settings.into_iter().try_for_each(|(pragma, value)| set(connection, path, pragma, value))
}

/// The size to which a journal shrinks after a slow reader let it grow: 64 MiB.
const JOURNAL_SIZE_LIMIT: &str = "67108864";
/// 1 GiB.
const MMAP_SIZE: &str = "1073741824";

/// Sets a pragma and verifies it.
fn set(connection: &Connection, path: &Path, pragma: &'static str, value: &str) -> Result<(), StoreError> {
    // Some return a row; the value is verified by a query of its own.
    connection.pragma_update_and_check(None, pragma, value, |_| Ok(())).or_else(|error| match error {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        error => Err(error),
    })?;
    verify(connection, path, pragma, value)
}

fn verify(
    connection: &Connection,
    path: &Path,
    pragma: &'static str,
    expected: &str,
) -> Result<(), StoreError> {
    let found = pragma_text(connection, pragma)?;
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(StoreError::Pragma { path: path.to_path_buf(), pragma, expected: expected.into(), found })
}

/// The value of a pragma as a text.
pub(super) fn pragma_text(connection: &Connection, pragma: &str) -> Result<String, StoreError> {
    Ok(match connection.pragma_query_value(None, pragma, |row| row.get(0))? {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text,
        other => format!("{other:?}"),
    })
}

/// The name of the savepoint around each closure of a group, which the statements of the writer repeat.
const SAVEPOINT_NAME: &str = "speckit_write";

/// Denies statements that begin or end a transaction, which others may share, and those that change the connection.
fn refuse_control(guard: &TransactionGuard, context: &AuthContext<'_>) -> Authorization {
    if !guard.is_on() {
        return Authorization::Allow;
    }
    match context.action {
        AuthAction::Transaction { .. } => Authorization::Deny,
        // A setting would outlive the transaction.
        AuthAction::Pragma { pragma_name, pragma_value: Some(_) } if !is_harmless(pragma_name) => {
            Authorization::Deny
        }
        AuthAction::Savepoint { savepoint_name, .. }
            if savepoint_name.eq_ignore_ascii_case(SAVEPOINT_NAME) =>
        {
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }
}

/// Pragmas with a parameter that set nothing, or nothing beyond the transaction.
fn is_harmless(pragma: &str) -> bool {
    const HARMLESS: [&str; 13] = [
        "defer_foreign_keys",
        "foreign_key_check",
        "foreign_key_list",
        "incremental_vacuum",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "max_page_count",
        "optimize",
        "quick_check",
        "table_info",
        "table_xinfo",
    ];
    HARMLESS.iter().any(|harmless| harmless.eq_ignore_ascii_case(pragma))
}
