//! The size, the contents and the settings of a database.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};
use serde::Serialize;
use speckit_core::text::{duration, size};

use super::connection::{self, pragma_text, refuse_foreign};
use super::error::StoreError;
use super::migrations::{refuse_newer, version};
use super::options::StoreOptions;
use super::reading::read_file;
use super::transaction::Transaction;
use super::vacuum::pages;
use super::{Store, natural};
use crate::os::documents;

/// The size, the contents and the settings of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreStats {
    /// The file.
    pub path: PathBuf,
    /// Its length in bytes.
    pub file_bytes: u64,
    /// The length of its WAL in bytes, which holds the last writes until a checkpoint.
    pub wal_bytes: u64,
    /// The length of a page in bytes.
    pub page_bytes: u64,
    /// How many pages there are.
    pub pages: u64,
    /// How many of them are free.
    pub free_pages: u64,
    /// How many bytes a vacuum would free.
    pub savings_bytes: u64,
    /// The version of its tables.
    pub version: i64,
    /// The tables, by name.
    pub tables: Vec<TableStats>,
    /// The last vacuum, if one is recorded.
    pub last_vacuum: Option<VacuumRecord>,
    /// The settings of a connection of a store, by the name of the pragma (<https://sqlite.org/pragma.html>).
    pub settings: BTreeMap<&'static str, String>,
}

/// The size of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableStats {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// The bytes of its pages, and of those of its indexes; `None` if SQLite was built without `dbstat`
    /// (<https://sqlite.org/dbstat.html>).
    pub bytes: Option<u64>,
}

/// The record of a vacuum in the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VacuumRecord {
    /// When it began, in milliseconds since 1970.
    pub started_at_ms: i64,
    /// The same as a text, in UTC.
    pub started_at: String,
    /// Whether it finished. Else it is running, was stopped, or its process was killed.
    pub is_finished: bool,
    /// The freed bytes.
    pub freed_bytes: u64,
    /// Its time in milliseconds.
    pub elapsed_ms: u64,
}

impl Store {
    /// The size, the contents and the settings of the database. It reads the whole file, in one transaction.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn stats(&self) -> Result<StoreStats, StoreError> {
        self.read(|tx| stats(tx, self.path()))
    }
}

impl StoreStats {
    /// As [`Store::stats`], for a file as it is: it is neither created nor migrated. It waits for locks until the deadline.
    ///
    /// # Errors
    /// [`StoreError::Absent`] for a missing file, and why it cannot be read.
    pub fn of_file(path: impl Into<PathBuf>, deadline: Duration) -> Result<Self, StoreError> {
        let options = StoreOptions::new(path).deadline(deadline).with_absolute_path()?;
        refuse_missing(&options.path)?;
        let path = &options.path;
        let read = |connection: &mut Connection| {
            refuse_foreign(connection, path)?;
            refuse_newer(version(connection)?, path)?;
            let transaction = Transaction::read(connection)?;
            let found = stats(&transaction, path)?;
            drop(transaction);
            connection::settings(connection, path, &options)?;
            let mut settings = settings(connection)?;
            // Which a store sets; one that reads the file alone does not use it.
            settings.insert("journal_mode", "wal".into());
            Ok(StoreStats { settings, ..found })
        };
        read_file(&options, read).map_err(|error| error.of(path))
    }
}

/// The error for a missing file, which a store would create.
pub(super) fn refuse_missing(path: &Path) -> Result<(), StoreError> {
    if documents::is_special(path) {
        let reason = "it is no regular file".into();
        return Err(StoreError::Open { path: path.to_path_buf(), reason });
    }
    if documents::exists(path) {
        return Ok(());
    }
    let what = format!(
        "there is no database at `{}`; name another with `--database`; `speckit watch` and `speckit gate run` create one",
        path.display()
    );
    Err(StoreError::Absent { what })
}

fn stats(connection: &Connection, path: &Path) -> Result<StoreStats, StoreError> {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    let found = pages(connection)?;
    Ok(StoreStats {
        path: path.to_path_buf(),
        file_bytes: documents::length(path).unwrap_or(0),
        wal_bytes: documents::length(Path::new(&wal)).unwrap_or(0),
        page_bytes: found.page_bytes,
        pages: found.total,
        free_pages: found.free,
        savings_bytes: found.savings(),
        version: version(connection)?,
        tables: tables(connection)?,
        last_vacuum: last_vacuum(connection)?,
        settings: settings(connection)?,
    })
}

fn tables(connection: &Connection) -> Result<Vec<TableStats>, StoreError> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name";
    let names: Vec<String> =
        connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let bytes = bytes_of_tables(connection)?;
    let counted = names.into_iter().map(|name| {
        let sql = format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\""));
        let rows: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        let bytes = bytes.as_ref().map(|bytes| bytes.get(&name).copied().unwrap_or(0));
        Ok(TableStats { name, rows: natural(rows), bytes })
    });
    counted.collect()
}

/// `None` if SQLite was built without `dbstat`.
fn bytes_of_tables(connection: &Connection) -> Result<Option<BTreeMap<String, u64>>, StoreError> {
    let query = "SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'";
    if !connection.prepare(query)?.exists([])? {
        return Ok(None);
    }
    let sql = "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) WHERE aggregate = TRUE GROUP BY 1";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, natural(row.get(1)?))))?;
    Ok(Some(rows.collect::<Result<_, _>>()?))
}

/// The table is missing in an older version.
fn last_vacuum(connection: &Connection) -> Result<Option<VacuumRecord>, StoreError> {
    let query = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'store_vacuums'";
    if !connection.prepare(query)?.exists([])? {
        return Ok(None);
    }
    let sql =
        "SELECT started_at_ms, ifnull(strftime('%Y-%m-%d %H:%M:%S', started_at_ms / 1000, 'unixepoch'), '?'),
                      finished_at_ms IS NOT NULL, freed_bytes, elapsed_ms
               FROM store_vacuums ORDER BY id DESC LIMIT 1";
    let record = connection.query_row(sql, [], |row| {
        Ok(VacuumRecord {
            started_at_ms: row.get(0)?,
            started_at: row.get(1)?,
            is_finished: row.get(2)?,
            freed_bytes: natural(row.get(3)?),
            elapsed_ms: natural(row.get(4)?),
        })
    });
    Ok(record.optional()?)
}

/// The listed pragmas, with the names of their numbers.
const SETTINGS: [(&str, &[&str]); 8] = [
    ("auto_vacuum", &["none", "full", "incremental"]),
    ("cache_size", &[]),
    ("encoding", &[]),
    ("foreign_keys", &["off", "on"]),
    ("journal_mode", &[]),
    ("mmap_size", &[]),
    ("synchronous", &["off", "normal", "full", "extra"]),
    ("temp_store", &["default", "file", "memory"]),
];

fn settings(connection: &Connection) -> Result<BTreeMap<&'static str, String>, StoreError> {
    let values = SETTINGS.into_iter().map(|(pragma, names)| {
        let text = pragma_text(connection, pragma)?;
        let name = text.parse().ok().and_then(|number: usize| names.get(number));
        Ok((pragma, name.map_or(text, ToString::to_string)))
    });
    values.collect()
}

impl fmt::Display for StoreStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, wal) = (size(self.file_bytes), size(self.wal_bytes));
        writeln!(f, "file         {}: {file}, and {wal} in its WAL", self.path.display())?;
        let (pages, free, page) = (self.pages, self.free_pages, size(self.page_bytes));
        writeln!(f, "pages        {pages} of {page}, {free} of them free")?;
        writeln!(f, "vacuum       would free {}", size(self.savings_bytes))?;
        match &self.last_vacuum {
            Some(last) => writeln!(f, "last vacuum  {last}")?,
            None => writeln!(f, "last vacuum  none yet")?,
        }
        writeln!(f, "version      {}", self.version)?;
        let settings: Vec<String> =
            self.settings.iter().map(|(name, value)| format!("{name} {value}")).collect();
        writeln!(f, "settings     {}", settings.join(", "))?;
        let width = self.tables.iter().map(|table| table.name.chars().count()).max().unwrap_or(0).max(5);
        write!(f, "\n{:width$}  {:>12}  {:>12}", "table", "rows", "size")?;
        for TableStats { name, rows, bytes } in &self.tables {
            let bytes = bytes.map_or_else(|| "-".to_owned(), size);
            write!(f, "\n{name:width$}  {rows:>12}  {bytes:>12}")?;
        }
        Ok(())
    }
}

impl fmt::Display for VacuumRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let took = duration(Duration::from_millis(self.elapsed_ms));
        write!(f, "{} UTC: freed {} in {took}", self.started_at, size(self.freed_bytes))?;
        if self.is_finished { Ok(()) } else { f.write_str(", and is running or was stopped") }
    }
}
