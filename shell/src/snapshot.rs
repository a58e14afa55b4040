//! One generation of a configuration: the settings, and the tree that explains them.

use std::fmt;
use std::sync::Arc;

use speckit_core::explain::{Explanation, explain};
use speckit_core::resolve::{Checked, Resolved};
use speckit_core::schema::Schema;
use speckit_core::source::EnvironmentNames;
use speckit_core::{Diagnostic, Key, Value, print};

/// One generation of a configuration. It never changes; who holds one sees one whole configuration.
pub struct Snapshot<T> {
    generation: u64,
    config: Arc<T>,
    checked: Checked,
    schema: Option<Schema>,
    prefix: Option<String>,
}

impl<T> Snapshot<T> {
    pub(crate) fn new(
        generation: u64,
        resolved: Resolved<T>,
        schema: Option<Schema>,
        prefix: Option<String>,
    ) -> Self {
        let (config, checked) = resolved.into_parts();
        Self { generation, config: Arc::new(config), checked, schema, prefix }
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

    /// Warnings, in the order of reports.
    pub fn warnings(&self) -> &[Diagnostic] {
        self.checked.findings()
    }

    /// Who set a key, and what it shadowed: `explain("server.port")`. `None` for a key that is neither set nor
    /// known to the schema, and for a text that is no key.
    ///
    /// Secrets are redacted.
    pub fn explain(&self, key: &str) -> Option<Explanation> {
        let key: Key = key.parse().ok()?;
        let facts = self.schema.as_ref().and_then(|schema| schema.facts(&key));
        let prefix = self.prefix.as_deref();
        let names =
            prefix.map(|prefix| EnvironmentNames::new(prefix, &[], self.schema.as_ref(), Some(self.root())));
        let variable = names.and_then(|names| names.variable(&key));
        explain(self.checked.merged(), &key, facts.as_ref(), &|key| self.is_secret(key), variable.as_deref())
    }

    /// The resolved configuration as one stable text for snapshot tests: a line for each leaf, sorted, secrets
    /// redacted, no places and no time.
    pub fn to_text(&self) -> String {
        print::to_text(self.root(), &|key| self.is_secret(key))
    }

    fn is_secret(&self, key: &Key) -> bool {
        self.schema.as_ref().is_some_and(|schema| schema.is_secret(key))
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
