//! Reads the history of a configuration.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use speckit_core::config::history::{Difference, Generation, Refusal, difference};

use super::rows;
use super::writing::HistoryWriter;
use crate::store::{Store, StoreError, Transaction};

/// The history of a configuration, from [`Config::history`](crate::Config::history): its generations, its refusals, and the difference
/// between two generations.
///
/// A file may hold the histories of several configurations, whose generations are numbered together.
///
/// ```
/// use std::collections::BTreeMap;
/// use speckit::Config;
/// # let folder = tempfile::tempdir()?;
/// let path = folder.path().join("app.toml");
/// std::fs::write(&path, "port = 9000\n")?;
/// let builder = Config::<BTreeMap<String, u16>>::builder().file(&path);
/// let shell = builder.history(folder.path().join("app.db")).open()?;
/// std::fs::write(&path, "port = 9001\n")?;
/// shell.reload()?;
/// let history = shell.history().unwrap();
/// let numbers = history.generations()?.iter().map(|one| one.number).collect::<Vec<_>>();
/// assert_eq!((numbers, history.newest_number()?), (vec![1, 2], Some(2)));
/// let difference = history.difference(1, 2)?.unwrap();
/// assert_eq!(difference.to_text(1, 2), "- port = 9000\n+ port = 9001\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct History {
    source: HistorySource,
}

#[derive(Clone)]
enum HistorySource {
    Store(Store),
    /// The one that records, and opens the file again.
    Writer(Arc<HistoryWriter>),
}

impl History {
    /// The history in a store.
    pub fn of(store: Store) -> Self {
        Self { source: HistorySource::Store(store) }
    }

    /// The history that a running configuration records.
    pub(super) fn recorded(writer: Arc<HistoryWriter>) -> Self {
        Self { source: HistorySource::Writer(writer) }
    }

    /// The store that it lies in: of a running configuration, another one after its file was moved, deleted or replaced.
    ///
    /// # Errors
    /// Why the file of a running configuration is not open now.
    pub fn store(&self) -> Result<Store, StoreError> {
        match &self.source {
            HistorySource::Store(store) => Ok(store.clone()),
            HistorySource::Writer(writer) => writer.opened(),
        }
    }

    /// Waits until everything that was accepted and refused before is written.
    ///
    /// # Errors
    /// Why it could not be written now; it is tried again.
    pub fn flush(&self) -> Result<(), StoreError> {
        match &self.source {
            HistorySource::Store(_) => Ok(()),
            HistorySource::Writer(writer) => writer.flush(),
        }
    }

    /// Reads after the pending writes. Those that fail are reported as a warning.
    fn read<T>(&self, read: impl FnMut(&Transaction<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let _ = self.flush();
        self.store()?.read(read)
    }

    /// Every generation in the order of the numbers, without the texts of its files and without its values.
    ///
    /// # Errors
    /// As those of [`Store::read`].
    pub fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        self.map_generations(|generation| generation)
    }

    /// As [`History::generations`], each converted as soon as it is read, so that a long history needs little memory.
    ///
    /// # Errors
    /// As those of [`History::generations`].
    pub fn map_generations<T>(&self, mut convert: impl FnMut(Generation) -> T) -> Result<Vec<T>, StoreError> {
        self.read(|tx| rows::generations(tx, &mut convert))
    }

    /// The number of the newest generation; `None` without one.
    ///
    /// # Errors
    /// As those of [`History::generations`].
    pub fn newest_number(&self) -> Result<Option<i64>, StoreError> {
        self.read(rows::newest_number)
    }

    /// Every refusal in the order in which they were recorded.
    ///
    /// # Errors
    /// As those of [`History::generations`].
    pub fn refusals(&self) -> Result<Vec<Refusal>, StoreError> {
        self.map_refusals(|refusal| refusal)
    }

    /// As [`History::refusals`], each converted as soon as it is read.
    ///
    /// # Errors
    /// As those of [`History::generations`].
    pub fn map_refusals<T>(&self, mut convert: impl FnMut(Refusal) -> T) -> Result<Vec<T>, StoreError> {
        self.read(|tx| rows::refusals(tx, &mut convert))
    }

    /// A generation with its texts and values; `None` if no generation has this number.
    ///
    /// # Errors
    /// As those of [`History::generations`].
    pub fn generation(&self, number: i64) -> Result<Option<Generation>, StoreError> {
        self.read(|tx| rows::generation(tx, number))
    }

    /// The difference between two generations; `None` if one of them does not exist.
    ///
    /// # Errors
    /// As those of [`History::generations`].
    pub fn difference(&self, from: i64, to: i64) -> Result<Option<Difference>, StoreError> {
        self.read(|tx| {
            let (Some(old), Some(new)) = (rows::generation(tx, from)?, rows::generation(tx, to)?) else {
                return Ok(None);
            };
            let steps = rows::steps(tx, from.min(to), from.max(to))?;
            Ok(Some(difference(&old.state, &new.state, &steps.iter().collect::<Vec<_>>())))
        })
    }

    /// The layered files of a generation, existing or not; `None` if no generation has this number.
    ///
    /// # Errors
    /// As those of [`History::generations`].
    pub fn files(&self, number: i64) -> Result<Option<Vec<PathBuf>>, StoreError> {
        self.read(|tx| rows::files(tx, number))
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match &self.source {
            HistorySource::Store(store) => store.path(),
            HistorySource::Writer(writer) => &writer.path,
        };
        f.debug_tuple("History").field(&path).finish()
    }
}
