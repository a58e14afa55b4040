//! One generation of a configuration: the settings, and the tree that explains them.

use std::fmt;
use std::sync::Arc;

use speckit_core::config::explain::Explanation;
use speckit_core::config::reload::Contents;
use speckit_core::config::resolve::{Checked, KeyRules, Resolved};
use speckit_core::tree::diff::Change;
#[cfg(feature = "sqlite")]
use speckit_core::tree::diff::apply;
use speckit_core::tree::print::{self, Show};
use speckit_core::{Key, Source, Value};

use crate::config::events::Diagnostics;
#[cfg(feature = "sqlite")]
use crate::config::history::journal::GenerationView;
use crate::config::sources::ReadSource;

/// One generation of a configuration. It never changes, so its holder sees one consistent configuration.
pub struct Snapshot<T> {
    generation: u64,
    config: Arc<T>,
    checked: Checked,
    keys: Arc<KeyRules>,
    contents: Contents,
    /// The texts of the files, in the order in which they are layered.
    sources: Vec<Arc<Source>>,
    read_sources: Vec<ReadSource>,
    warnings: Diagnostics,
}

impl<T> Snapshot<T> {
    pub(crate) fn new(generation: u64, candidate: Candidate<T>) -> Self {
        let Candidate { resolved, keys, contents, sources, read_sources, warnings } = candidate;
        let (config, checked) = resolved.into_parts();
        Self {
            generation,
            config: Arc::new(config),
            checked,
            keys,
            contents,
            sources,
            read_sources,
            warnings,
        }
    }

    /// The number of the generation: 1 after opening, and one more after each change.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The settings.
    pub fn settings(&self) -> &Arc<T> {
        &self.config
    }

    /// The resolved tree, with the origin of every value and the values it overrides. It contains secrets.
    pub fn root_with_secrets(&self) -> &Value {
        self.checked.merged().root()
    }

    /// The checked layers.
    #[doc(hidden)]
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// The files, `.env` files and layers of the program in the order of their priority, lowest first, and which of them are absent.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().file("absent.toml").open()?;
    /// let snapshot = config.snapshot();
    /// let source = &snapshot.sources()[0];
    /// assert_eq!((source.name.as_str(), source.is_present), ("absent.toml", false));
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn sources(&self) -> &[ReadSource] {
        &self.read_sources
    }

    /// The warnings, in the order of reports, and their report as text.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// The origin of a value, and the values it overrides: `explain("server.port")`. `None` for a key that is neither set nor
    /// known to the schema or the type, and for a text that is no key.
    ///
    /// Secrets are redacted.
    pub fn explain(&self, key: &str) -> Option<Explanation> {
        self.keys.explain(self.checked.merged(), self.checked.pending_restart(), &key.parse().ok()?)
    }

    /// The changes that need a restart (`x-reload = restart`), in key order: `old` is the running value, `new` the written
    /// one. Secrets are redacted.
    pub fn pending_restart(&self) -> Vec<Change> {
        let is_secret = |key: &Key, value: &Value| self.keys.is_secret(key, value);
        self.checked.pending_restart().iter().map(|change| change.redacted(&is_secret)).collect()
    }

    /// The content hashes of its sources.
    pub(crate) fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The files that were read, with their texts, in the order in which they are layered. The texts may hold secrets.
    pub fn texts_with_secrets(&self) -> &[Arc<Source>] {
        &self.sources
    }

    /// The parts that the history records.
    #[cfg(feature = "sqlite")]
    pub(crate) fn view(&self) -> GenerationView {
        GenerationView {
            generation: self.generation,
            written: apply(self.root_with_secrets(), self.checked.pending_restart()),
            keys: Arc::clone(&self.keys),
            sources: self.sources.clone(),
        }
    }

    /// The resolved configuration as one stable text for snapshot tests: a line for each leaf, sorted, secrets
    /// redacted, no places and no time.
    pub fn to_text(&self) -> String {
        print::to_text(self.root_with_secrets(), &|key, value| self.keys.is_secret(key, value))
    }

    /// The resolved configuration as TOML, as JSON or with the origin of every value. Secrets are redacted.
    ///
    /// ```
    /// use speckit::Show;
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").set("port", "81").open()?;
    /// assert_eq!(config.snapshot().show(Show::Toml), "port = 81\n");
    /// assert_eq!(config.snapshot().show(Show::Origins), "port = 81   # .set(\"port\")\n");
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    pub fn show(&self, form: Show) -> String {
        print::show(self.root_with_secrets(), &|key, value| self.keys.is_secret(key, value), form)
    }

    /// Whether the value at the key is secret, or may be a secret in the wrong place.
    pub fn is_secret(&self, key: &Key) -> bool {
        match self.root_with_secrets().get(key) {
            Some(value) => self.keys.is_secret(key, value),
            None => self.keys.is_marked_secret(key),
        }
    }

    pub(crate) fn keys(&self) -> &KeyRules {
        &self.keys
    }
}

/// A configuration that may replace the running one.
pub(crate) struct Candidate<T> {
    pub(crate) resolved: Resolved<T>,
    pub(crate) keys: Arc<KeyRules>,
    pub(crate) contents: Contents,
    pub(crate) sources: Vec<Arc<Source>>,
    pub(crate) read_sources: Vec<ReadSource>,
    pub(crate) warnings: Diagnostics,
}

impl<T> fmt::Debug for Candidate<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate").field("resolved", &self.resolved).finish_non_exhaustive()
    }
}

/// Shows no values, since they may be secrets.
impl<T> fmt::Debug for Snapshot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("generation", &self.generation)
            .field("fingerprint", &self.root_with_secrets().fingerprint().to_string())
            .finish_non_exhaustive()
    }
}
