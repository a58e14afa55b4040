//! The check of a database for damage.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, ffi};
use serde::Serialize;

use super::Store;
use super::connection::refuse_foreign;
use super::error::StoreError;
use super::migrations::{refuse_newer, version};
use super::options::StoreOptions;
use super::reading::read_file;
use super::stats::refuse_missing;

/// One problem of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[non_exhaustive]
pub enum StoreFinding {
    /// Pages, rows or indexes contradict each other, or a value its column.
    Damage {
        /// The message of SQLite (<https://sqlite.org/pragma.html#pragma_integrity_check>).
        reason: String,
        /// Its table, if known.
        table: Option<String>,
    },
    /// A row refers to a missing one.
    Reference {
        /// Its table.
        table: String,
        /// Its number, where its table numbers its rows.
        rowid: Option<i64>,
        /// The referring columns.
        columns: Vec<String>,
        /// The table of the missing row.
        parent: String,
    },
}

impl Store {
    /// Checks the whole database: its pages and indexes (`PRAGMA integrity_check`), and the references of
    /// its rows (`PRAGMA foreign_key_check`). The list is empty for a sound database, and has at most 100 damages.
    ///
    /// It reads the whole file, through its own connection, while others read and write.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn check(&self) -> Result<Vec<StoreFinding>, StoreError> {
        check_file(self.path(), self.inner.options.allowed())
    }
}

/// As [`Store::check`], for a file as it is: it is neither created nor migrated, and a file that a [`Store`] cannot open for
/// its damage is checked as far as it can be read. It waits for locks until the deadline.
///
/// # Errors
/// [`StoreError::Absent`] for a missing file, and why it cannot be read.
pub fn check_file(path: impl Into<PathBuf>, deadline: Duration) -> Result<Vec<StoreFinding>, StoreError> {
    let options = StoreOptions::new(path).deadline(deadline).with_absolute_path()?;
    let path = &options.path;
    refuse_missing(path)?;
    read_file(&options, |connection| check(connection, path)).map_err(|error| error.of(path))
}

fn check(connection: &Connection, path: &Path) -> Result<Vec<StoreFinding>, StoreError> {
    let checker = DatabaseCheck { connection, path };
    let mut findings = Vec::new();
    for part in [DatabaseCheck::identity, DatabaseCheck::integrity, DatabaseCheck::references] {
        // The next part may succeed where one cannot read the file.
        match part(&checker, &mut findings) {
            Ok(()) => {}
            Err(StoreError::Sqlite { code, message: reason }) if is_finding(code) => {
                let finding = StoreFinding::Damage { reason, table: None };
                if !findings.contains(&finding) {
                    findings.push(finding);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(findings)
}

/// Whether the code means a damage, or a reference that no table can satisfy.
fn is_finding(code: i32) -> bool {
    matches!(code & 0xff, ffi::SQLITE_CORRUPT | ffi::SQLITE_ERROR) || code == ffi::SQLITE_IOERR_SHORT_READ
}

struct DatabaseCheck<'a> {
    connection: &'a Connection,
    path: &'a Path,
}

impl DatabaseCheck<'_> {
    fn identity(&self, _: &mut Vec<StoreFinding>) -> Result<(), StoreError> {
        refuse_newer(version(self.connection)?, self.path)?;
        refuse_foreign(self.connection, self.path)
    }

    fn integrity(&self, findings: &mut Vec<StoreFinding>) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let text: String = row.get(0)?;
            // One text has a line for each page, after a heading.
            for line in text.lines().filter(|line| *line != "ok" && !line.starts_with("*** in database")) {
                findings.push(StoreFinding::Damage { reason: line.into(), table: self.table_of(line) });
            }
        }
        Ok(())
    }

    /// The table whose root is the page that a line begins with, as in "Tree 5 page 9: …".
    fn table_of(&self, line: &str) -> Option<String> {
        let root: i64 = line.strip_prefix("Tree ")?.split(' ').next()?.parse().ok()?;
        let sql = "SELECT tbl_name FROM sqlite_schema WHERE rootpage = ?1";
        // An unreadable schema is its own finding.
        self.connection.query_row(sql, [root], |row| row.get(0)).optional().ok().flatten()
    }

    fn references(&self, findings: &mut Vec<StoreFinding>) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (table, rowid, parent): (String, Option<i64>, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let columns = self.columns(&table, row.get(3)?)?;
            findings.push(StoreFinding::Reference { table, rowid, columns, parent });
        }
        Ok(())
    }

    fn columns(&self, table: &str, reference: i64) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT \"from\" FROM pragma_foreign_key_list(?1) WHERE id = ?2 ORDER BY seq";
        let mut statement = self.connection.prepare_cached(sql)?;
        let names = statement.query_map((table, reference), |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    }
}

impl fmt::Display for StoreFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damage { reason, table: Some(table) } => write!(f, "damage in `{table}`: {reason}"),
            Self::Damage { reason, table: None } => write!(f, "damage: {reason}"),
            Self::Reference { table, rowid, columns, parent } => {
                match rowid {
                    Some(rowid) => write!(f, "row {rowid} of `{table}`")?,
                    None => write!(f, "a row of `{table}`")?,
                }
                write!(f, " refers by `{}` to a missing row of `{parent}`", columns.join("`, `"))
            }
        }
    }
}
