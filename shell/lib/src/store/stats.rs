//! How large a database is, what is in it, and how it is set.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};
use serde::Serialize;
use speckit_core::text::{duration, size};

use super::connection::{open_reader, pragma_text, refuse_foreign};
use super::error::StoreError;
use super::migrations::{refuse_newer, version};
use super::options::StoreOptions;
use super::transaction::Transaction;
use super::vacuum::pages;
use super::{Store, natural, patiently};
use crate::os::documents;

/// How large a database is, what is in it, and how it is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreStats {
    /// The file.
    pub path: PathBuf,
    /// Its length in bytes.
    pub file_bytes: u64,
    /// The length of the WAL beside it, in bytes: what is written last is only there for a while.
    pub wal_bytes: u64,
    /// The length of a page in bytes.
    pub page_bytes: u64,
    /// How many pages there are.
    pub pages: u64,
    /// How many of them hold nothing.
    pub free_pages: u64,
    /// How much shorter the file gets by a vacuum, in bytes.
    pub savings_bytes: u64,
    /// Which release's tables it has.
    pub version: i64,
    /// The tables, by name.
    pub tables: Vec<TableStats>,
    /// The last vacuum, if one is remembered.
    pub last_vacuum: Option<VacuumRecord>,
    /// How a connection is set, by the name of the pragma (<https://sqlite.org/pragma.html>).
    pub settings: BTreeMap<&'static str, String>,
}

/// How large a table is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableStats {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// The bytes of its pages, and of those of its indexes; `None` where this SQLite cannot tell
    /// (<https://sqlite.org/dbstat.html>).
    pub bytes: Option<u64>,
}

/// What the database remembers of a vacuum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VacuumRecord {
    /// When it began, in milliseconds since 1970.
    pub started_at_ms: i64,
    /// The same as a text, in UTC.
    pub started_at: String,
    /// Whether it came to its end. Else it is under way, was stopped, or its process was killed.
    pub is_finished: bool,
    /// What it gave back, in bytes.
    pub freed_bytes: u64,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

impl Store {
    /// How large the database is, what is in it, and how a connection is set. It is read as a whole for that, in one
    /// transaction.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn stats(&self) -> Result<StoreStats, StoreError> {
        self.read(|tx| stats(tx, self.path()))
    }
}

impl StoreStats {
    /// The same of a file, as it is: it is neither made nor brought to the present version. Locks of others are waited for so
    /// long.
    ///
    /// # Errors
    /// [`StoreError::Absent`] where there is no file, and why it cannot be read.
    pub fn of_file(path: impl Into<PathBuf>, deadline: Duration) -> Result<Self, StoreError> {
        let options = StoreOptions::new(path).deadline(deadline).plain()?;
        refuse_missing(&options.path)?;
        let path = &options.path;
        let read = || {
            let connection = open_reader(path, &options, &Arc::default())?;
            refuse_foreign(&connection, path)?;
            refuse_newer(version(&connection)?, path)?;
            let transaction = Transaction::read(&connection)?;
            stats(&transaction, path)
        };
        patiently(&options, read).map_err(|error| error.of(path))
    }
}

/// SQLite would say that it cannot open it, and a store would make it.
pub(super) fn refuse_missing(path: &Path) -> Result<(), StoreError> {
    if documents::is_special(path) {
        let reason = "it is no regular file".into();
        return Err(StoreError::Open { path: path.to_path_buf(), reason });
    }
    if documents::exists(path) {
        return Ok(());
    }
    let what = format!(
        "there is no database at `{}`; name another with `--database`, or let a program of yours make it",
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

/// `None` where SQLite is built without the table that tells it.
fn bytes_of_tables(connection: &Connection) -> Result<Option<BTreeMap<String, u64>>, StoreError> {
    let is_there = "SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'";
    if connection.query_row(is_there, [], |_| Ok(())).optional()?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_schema USING (name) WHERE aggregate = TRUE GROUP BY 1";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, natural(row.get(1)?))))?;
    Ok(Some(rows.collect::<Result<_, _>>()?))
}

/// The table is missing in an older version.
fn last_vacuum(connection: &Connection) -> Result<Option<VacuumRecord>, StoreError> {
    let is_there = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'store_vacuums'";
    if connection.query_row(is_there, [], |_| Ok(())).optional()?.is_none() {
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

/// The pragmas that are shown, with the names of their numbers.
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
    let asked = SETTINGS.into_iter().map(|(pragma, names)| {
        let text = pragma_text(connection, pragma)?;
        let name = text.parse().ok().and_then(|number: usize| names.get(number));
        Ok((pragma, name.map_or(text, ToString::to_string)))
    });
    asked.collect()
}

impl fmt::Display for StoreStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, wal) = (size(self.file_bytes), size(self.wal_bytes));
        writeln!(f, "file         {}: {file}, and {wal} in the WAL beside it", self.path.display())?;
        let (pages, free, page) = (self.pages, self.free_pages, size(self.page_bytes));
        writeln!(f, "pages        {pages} of {page}, {free} of them free")?;
        writeln!(f, "vacuum       would give {} back", size(self.savings_bytes))?;
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
        write!(f, "{} UTC: gave {} back in {took}", self.started_at, size(self.freed_bytes))?;
        if self.is_finished { Ok(()) } else { f.write_str(", and is under way or was stopped") }
    }
}
