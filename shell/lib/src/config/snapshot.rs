//! One generation of a configuration: the settings, and the tree that explains them.

use std::fmt;
use std::sync::Arc;

use speckit_core::config::explain::{Explanation, explain};
use speckit_core::config::reload::Contents;
use speckit_core::config::resolve::{Checked, Resolved};
use speckit_core::config::schema::Schema;
use speckit_core::config::source::EnvironmentNames;
use speckit_core::tree::diff::Change;
#[cfg(feature = "sqlite")]
use speckit_core::tree::diff::apply;
use speckit_core::tree::print;
use speckit_core::{Key, Source, Value};

use crate::config::events::Diagnostics;

/// One generation of a configuration. It never changes; who holds one sees one whole configuration.
pub struct Snapshot<T> {
    generation: u64,
    config: Arc<T>,
    checked: Checked,
    schema: Option<Schema>,
    prefix: Option<String>,
    reserved: Vec<String>,
    contents: Contents,
    /// The texts of the files, in the order in which they are layered.
    sources: Vec<Arc<Source>>,
    warnings: Diagnostics,
}

impl<T> Snapshot<T> {
    pub(crate) fn new(
        generation: u64,
        candidate: Candidate<T>,
        prefix: Option<&str>,
        reserved: &[String],
    ) -> Self {
        let Candidate { resolved, schema, contents, sources, warnings } = candidate;
        let (config, checked) = resolved.into_parts();
        let (prefix, reserved) = (prefix.map(String::from), reserved.to_vec());
        let config = Arc::new(config);
        Self { generation, config, checked, schema, prefix, reserved, contents, sources, warnings }
    }

    /// The number of the generation: 1 for what was opened, one more for each that replaced it.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The settings.
    pub fn config(&self) -> &Arc<T> {
        &self.config
    }

    /// The resolved tree, with the origin and the past of every value. It holds secrets in the clear.
    pub fn root(&self) -> &Value {
        self.checked.merged().root()
    }

    pub(crate) fn checked(&self) -> &Checked {
        &self.checked
    }

    /// Warnings, in the order of reports, with their report.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// Who set a key, and what it shadowed: `explain("server.port")`. `None` for a key that is neither set nor
    /// known to the schema, and for a text that is no key.
    ///
    /// Secrets are redacted.
    pub fn explain(&self, key: &str) -> Option<Explanation> {
        let key: Key = key.parse().ok()?;
        let facts = self.schema.as_ref().and_then(|schema| schema.facts(&key));
        let variable = self.names().and_then(|names| names.variable(&key));
        let is_secret = |key: &Key| self.is_secret(key);
        let why = explain(self.checked.merged(), &key, facts.as_ref(), &is_secret, variable.as_deref())?;
        Some(why.with_pending(self.checked.pending_restart(), &is_secret))
    }

    /// What keeps its running value until the program starts again (`x-reload = restart`), in key order: `old` is what
    /// runs, `new` what was written. Secrets are redacted.
    pub fn pending_restart(&self) -> Vec<Change> {
        let is_secret = |key: &Key| self.is_secret(key);
        self.checked.pending_restart().iter().map(|change| change.redacted(&is_secret)).collect()
    }

    /// The variables of the environment that set keys; `None` without a prefix.
    pub(crate) fn names(&self) -> Option<EnvironmentNames<'_>> {
        let prefix = self.prefix.as_deref()?;
        Some(EnvironmentNames::new(prefix, &self.reserved, self.schema.as_ref(), Some(self.root())))
    }

    /// What it was read from.
    pub(crate) fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The files that were read, with their texts, in the order in which they are layered. The texts may hold secrets.
    pub fn sources(&self) -> &[Arc<Source>] {
        &self.sources
    }

    /// The tree as it was written: what waits for a restart has its new values.
    #[cfg(feature = "sqlite")]
    pub(crate) fn written(&self) -> Value {
        apply(self.root(), self.checked.pending_restart())
    }

    /// The resolved configuration as one stable text for snapshot tests: a line for each leaf, sorted, secrets
    /// redacted, no places and no time.
    pub fn to_text(&self) -> String {
        print::to_text(self.root(), &|key| self.is_secret(key))
    }

    /// Whether the schema knows the value at the key as secret.
    pub fn is_secret(&self, key: &Key) -> bool {
        self.schema.as_ref().is_some_and(|schema| schema.is_secret(key))
    }
}

/// A configuration that may replace the running one.
pub(crate) struct Candidate<T> {
    pub(crate) resolved: Resolved<T>,
    pub(crate) schema: Option<Schema>,
    pub(crate) contents: Contents,
    pub(crate) sources: Vec<Arc<Source>>,
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
            .field("fingerprint", &self.root().fingerprint().to_string())
            .finish_non_exhaustive()
    }
}
