//! The recorded history of a configuration.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use speckit_core::config::history::GenerationCause;
use speckit_core::store::StoreConfig;

use super::Builder;
use crate::config::history::{SqliteJournal, location};

#[cfg(feature = "sqlite")]
impl<T: DeserializeOwned + Send + Sync + 'static> Builder<T> {
    /// Records the history in this SQLite database: file texts and redacted values of the newest 1000 generations, and
    /// the newest 1000 refusals. A missing database is created, readable by its owner only; it is not encrypted, and the texts may
    /// contain secrets. To record no texts, set [`StoreConfig::history`] with [`Builder::history_settings`].
    ///
    /// Writes happen in the background; only reads of the [`History`](crate::config::history::History) and the drop of the last
    /// [`Config`](crate::Config) wait for them. Before [`std::process::exit`], call
    /// [`Config::flush_history`](crate::Config::flush_history). A failed write is one warning (`history/unwritten`), and so is a database that
    /// cannot be opened (`history/unavailable`), which [`Config::status`](crate::Config::status) has too: the newest 256 entries wait, and are written in
    /// their order as soon as that is possible. A file that was moved, deleted or replaced is opened again (`history/replaced`).
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// # let folder = tempfile::tempdir()?;
    /// let config = Config::builder().history(folder.path().join("app.db")).open()?;
    /// assert_eq!(config.history().unwrap().generations()?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn history(mut self, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        self.history = Some(Box::new(move |_| Ok(SqliteJournal::begun_now(path))));
        self
    }

    /// Takes the retention from the settings ([`StoreConfig::history`], [`StoreConfig::keep_generations`] and
    /// [`StoreConfig::keep_mib`]), again for each generation and refusal.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// # let folder = tempfile::tempdir()?;
    /// let builder = Config::builder().history(folder.path().join("app.db"));
    /// let config = builder.history_settings(|_| Default::default()).open()?;
    /// assert!(config.history().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn history_settings(mut self, of: impl Fn(&T) -> StoreConfig + Send + Sync + 'static) -> Self {
        self.retention_of = Some(Arc::new(of));
        self
    }

    /// Records the history as the program `speckit` does: in the file `named`, or in that of the settings if it is `None`.
    /// `began` is when the command started, since 1970-01-01T00:00:00Z.
    #[doc(hidden)]
    #[must_use]
    pub fn recorded(mut self, named: Option<PathBuf>, began: Duration) -> Self {
        self.history = Some(location::journal(named, began));
        self
    }

    /// The cause that is recorded for the first generation.
    #[doc(hidden)]
    #[must_use]
    pub fn because(mut self, cause: GenerationCause) -> Self {
        self.cause = cause;
        self
    }
}
