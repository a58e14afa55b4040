//! Reads the history of a configuration.

use std::fmt;
use std::path::PathBuf;

use speckit_core::config::history::{Difference, Generation, Refusal, difference};

use super::rows;
use crate::store::{Store, StoreError};

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
    store: Store,
}

impl History {
    /// The history in a store.
    pub fn of(store: Store) -> Self {
        Self { store }
    }

    /// The store that it lies in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Waits until everything that was accepted and refused before is written.
    ///
    /// # Errors
    /// As those of [`Store::write`].
    pub fn flush(&self) -> Result<(), StoreError> {
        self.store.settle()
    }

    /// Every generation in the order of the numbers, without the texts of its files and without its values.
    ///
    /// # Errors
    /// Those of [`Store::read`] and, since pending writes are awaited, of [`Store::write`].
    pub fn generations(&self) -> Result<Vec<Generation>, StoreError> {
        self.store.settle()?;
        self.store.read(rows::generations)
    }

    /// The number of the newest generation; `None` without one.
    ///
    /// # Errors
    /// As those of [`History::generations`].
    pub fn newest_number(&self) -> Result<Option<i64>, StoreError> {
        self.store.settle()?;
        self.store.read(rows::newest_number)
    }

    /// Every refusal in the order of the times.
    ///
    /// # Errors
    /// As those of [`History::generations`].
    pub fn refusals(&self) -> Result<Vec<Refusal>, StoreError> {
        self.store.settle()?;
        self.store.read(rows::refusals)
    }

    /// A generation with its texts and values; `None` if no generation has this number.
    ///
    /// # Errors
    /// As those of [`History::generations`].
    pub fn generation(&self, number: i64) -> Result<Option<Generation>, StoreError> {
        self.store.settle()?;
        self.store.read(|tx| rows::generation(tx, number))
    }

    /// The difference between two generations; `None` if one of them does not exist.
    ///
    /// # Errors
    /// As those of [`History::generations`].
    pub fn difference(&self, from: i64, to: i64) -> Result<Option<Difference>, StoreError> {
        self.store.settle()?;
        self.store.read(|tx| {
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
        self.store.settle()?;
        self.store.read(|tx| rows::files(tx, number))
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("History").field(&self.store.path()).finish()
    }
}
