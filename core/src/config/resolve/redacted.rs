//! What reports and explanations of a configuration hide.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;

use super::{KeyRules, Rules};
use crate::config::explain::Explanation;
use crate::config::redact::{IsSecret, Masks};
use crate::config::schema::Schema;
use crate::config::{Layer, Merged};
use crate::tree::{Diagnostic, Key, Value};

impl Rules {
    pub(super) fn secrets(&self) -> Arc<IsSecret> {
        let keys = Arc::clone(&self.keys);
        Arc::new(move |key, value| keys.is_secret(key, value))
    }

    /// The secrets of layers by the rules of their keys, the values that the extension masks, and those that the diagnostics refuse beside
    /// secrets.
    pub(super) fn masks<'l>(
        &self,
        keys: &KeyRules,
        layers: impl Iterator<Item = &'l Layer>,
        diagnostics: &[Diagnostic],
    ) -> Masks {
        let is_masked = |key: &Key| self.extension.as_ref().is_some_and(|extension| extension.is_masked(key));
        let may_be_secret = keys.secrets_beside(diagnostics);
        let is_secret = |key: &Key, value: &Value| is_masked(key) || may_be_secret(key, value);
        let masks = Masks::of(layers, &is_secret).with_secret_names(keys.secret_names());
        let masks = masks.with_names(self.schema().into_iter().flat_map(Schema::property_names));
        self.schema().into_iter().fold(masks, |masks, schema| masks.with_schemas(schema.warnings()))
    }

    /// Explains one key of a tree that was checked with these diagnostics, as [`KeyRules::explain`](super::KeyRules::explain) does.
    pub fn explain(&self, merged: &Merged, diagnostics: &[Diagnostic], key: &Key) -> Option<Explanation> {
        self.keys.explain_with(merged, &[], key, &self.keys.secrets_beside(diagnostics))
    }
}

impl KeyRules {
    /// Whether a value is secret, as far as the rules say, or is one that the diagnostics refuse beside secrets.
    pub(super) fn secrets_beside<'r>(
        &'r self,
        diagnostics: &'r [Diagnostic],
    ) -> impl Fn(&Key, &Value) -> bool + 'r {
        // The schema may know the key of a refused value: from an alternative that does not apply.
        let refused = diagnostics.iter().filter(|one| one.code.refuses_key());
        let refused: BTreeSet<&Key> =
            refused.map(|one| &one.key).filter(|key| self.is_beside_secret(key)).collect();
        let is_refused = move |key: &Key| {
            let around = || core::iter::successors(Some(key.clone()), Key::parent);
            !refused.is_empty() && around().any(|key| refused.contains(&key))
        };
        let is_secret = self.secrets();
        move |key, value| is_refused(key) || is_secret(key, value)
    }
}
