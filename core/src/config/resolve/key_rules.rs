//! The rules of single keys.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::config::Merged;
use crate::config::explain::{Explanation, explain};
use crate::config::known_keys::KnownKeys;
use crate::config::redact::{
    Description, DescriptionSources, EVERY_NAME, SecretSearch, is_beside_secret, secret_names,
};
use crate::config::schema::{Facts, Schema};
use crate::config::source::EnvironmentNames;
use crate::tree::diff::Change;
use crate::tree::nearest::nearest_keys;
use crate::tree::typed::{LazyOutline, Outline};
use crate::tree::{Code, Diagnostic, Key, Segment, Text, TypeSet, Value};

/// The rules of single keys: their schema, their variables, and which are secret. Shared by the [`Rules`](super::Rules) of a
/// configuration and every generation that they accepted.
#[derive(Clone, Debug, Default)]
pub struct KeyRules {
    pub(super) schema: Option<Schema>,
    /// The outline of the type of the settings.
    pub(super) outline: Option<Arc<LazyOutline>>,
    pub(super) prefix: Option<String>,
    pub(super) reserved: Vec<String>,
    /// Whether an empty variable of a key that is no text is as if not set.
    pub(super) ignores_empty: bool,
    pub(super) further_secrets: BTreeSet<Key>,
    /// Whether a value of another key holds a secret.
    pub(super) holds_secret: Option<fn(&Key, &Value) -> bool>,
}

impl KeyRules {
    /// The schema, if there is one.
    pub fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref()
    }

    /// Whether the value at the key is secret, or may be a secret in the wrong place: of another type, or below a name that is
    /// unknown. A table or list is secret if everything in it is.
    pub fn is_secret(&self, key: &Key, value: &Value) -> bool {
        self.secrets()(key, value)
    }

    /// As [`KeyRules::is_secret`], for many values.
    pub(super) fn secrets(&self) -> impl Fn(&Key, &Value) -> bool {
        let search = SecretSearch::new(self.description());
        move |key, value| {
            search.may_be_secret(key.segments(), value)
                || self.holds_secret.is_some_and(|holds_secret| holds_secret(key, value))
        }
    }

    /// Whether a value at the key, which is refused, is beside secrets, so that it may be one.
    pub(super) fn is_beside_secret(&self, key: &Key) -> bool {
        is_beside_secret(self.description(), key.segments())
    }

    /// The names of secret keys.
    pub(super) fn secret_names(&self) -> BTreeSet<Text> {
        secret_names(&self.description())
    }

    fn description(&self) -> Description<'_> {
        Description::of(DescriptionSources {
            schema: self.schema(),
            outline: self.outline().map(|outline| &**outline),
            further_secrets: &self.further_secrets,
        })
    }

    /// Whether the key, or one above it, is marked as secret.
    pub fn is_marked_secret(&self, key: &Key) -> bool {
        self.schema().is_some_and(|schema| schema.is_secret(key))
            || self.further_secrets.iter().any(|secret| is_below_secret(key, secret))
            || self.outline().is_some_and(|outline| outline.has_secret_at(key))
    }

    /// Whether the settings have no such key, whatever their values are. With a schema it is not known.
    pub fn is_impossible(&self, key: &Key) -> bool {
        self.schema.is_none() && !self.known_keys().contains(key)
    }

    /// Whether the schema describes this key.
    pub(super) fn is_in_schema(&self, key: &Key) -> bool {
        self.known_keys().is_in_schema(key)
    }

    /// The keys that the settings may have.
    pub(crate) fn known_keys(&self) -> KnownKeys<'_> {
        KnownKeys { schema: self.schema(), outline: self.outline().map(|outline| &**outline) }
    }

    /// What the type of the settings reads at its keys, if it is known.
    pub(crate) fn outline(&self) -> Option<&LazyOutline> {
        self.outline.as_deref()
    }

    /// The names of the variables, for the keys of the schema and of a merged tree; `None` without a prefix.
    pub fn variable_names<'a>(&'a self, present: Option<&'a Value>) -> Option<EnvironmentNames<'a>> {
        let prefix = self.prefix.as_deref()?;
        Some(
            EnvironmentNames::new(prefix, &self.reserved, self.schema(), present)
                .with_outline(self.outline())
                .with_secrets(&self.further_secrets)
                .ignoring_empty(self.ignores_empty),
        )
    }

    /// What the schema says about a key, or without a schema the type of the settings; nothing for a key that it does not have.
    pub(crate) fn facts_at(&self, key: &Key) -> Facts {
        let facts = match self.schema() {
            Some(schema) => schema.facts(key),
            None => self.outline().and_then(|outline| facts_of_type(outline.get(key)?)),
        };
        let facts = facts.unwrap_or_default();
        Facts { secret: facts.secret || self.is_marked_secret(key), ..facts }
    }

    /// The names of the members that a table has by the schema, or without one by the type of the settings, and whether it has
    /// members of free names.
    pub(crate) fn member_names(&self, key: &Key) -> (Vec<Text>, bool) {
        match self.schema() {
            Some(schema) => schema.member_names(key),
            None => match self.outline().and_then(|outline| outline.get(key)) {
                Some(outline) if outline.is_table() => {
                    (outline.names().map(Text::new).collect(), outline.is_open())
                }
                _ => (Vec::new(), false),
            },
        }
    }

    /// Every key that the schema names, or without one the type of the settings. A type or a schema that contains itself has keys
    /// without end; these end where it begins again.
    pub(crate) fn listed_keys(&self) -> BTreeSet<Key> {
        match self.schema() {
            Some(schema) => schema.keys().into_iter().collect(),
            None => self.outline().map(|outline| outline.keys()).unwrap_or_default(),
        }
    }

    /// Why a command finds nothing at a key of a tree: nothing sets it, or the settings have no such key, with keys of a similar name.
    pub fn unset_key(&self, root: &Value, key: &Key) -> Diagnostic {
        let is_known = match self.schema() {
            Some(schema) => schema.facts(key).is_some_and(|facts| !facts.types.is_empty()),
            None => self.outline().is_some_and(|outline| outline.get(key).is_some()),
        };
        if is_known {
            let message = "nothing sets this key, and it has no default";
            return Diagnostic::error(Code::NameUnknown, key.clone(), message);
        }
        let mut known = self.listed_keys();
        known.extend(self.known_keys().among(root));
        let near: Vec<String> = nearest_keys(known, key).iter().map(|key| format!("`{key}`")).collect();
        let diagnostic = Diagnostic::error(Code::NameUnknown, key.clone(), "there is no such key");
        if near.is_empty() {
            diagnostic
        } else {
            diagnostic.help(format!("did you mean {}?", near.join(" or ")))
        }
    }

    /// What the schema says about a key of a tree, or without a schema the type of the settings; `None` for a key that it does
    /// not have.
    fn facts(&self, key: &Key, root: &Value) -> Option<Facts> {
        match self.schema() {
            Some(schema) => schema.facts_in(key, root).filter(|facts| !facts.types.is_empty()),
            None => facts_of_type(self.outline()?.get(key)?),
        }
    }

    /// Explains one key of a tree; `pending` are the changes that wait for a restart. `None` for a key that no layer, no
    /// schema and no type has. Secrets are redacted.
    pub fn explain(&self, merged: &Merged, pending: &[Change], key: &Key) -> Option<Explanation> {
        self.explain_with(merged, pending, key, &|key, value| self.is_secret(key, value))
    }

    pub(super) fn explain_with(
        &self,
        merged: &Merged,
        pending: &[Change],
        key: &Key,
        is_secret: &dyn Fn(&Key, &Value) -> bool,
    ) -> Option<Explanation> {
        let canonical = self.outline().filter(|_| !self.is_in_schema(key));
        let key = &canonical.map_or_else(|| key.clone(), |outline| outline.canonical_key(key));
        let is_marked = self.is_marked_secret(key);
        let facts =
            self.facts(key, merged.root()).map(|facts| Facts { secret: facts.secret || is_marked, ..facts });
        let variable = self.variable_names(Some(merged.root())).and_then(|names| names.variable(key));
        let explanation = explain(merged, key, facts.as_ref(), is_secret, variable.as_deref())?;
        Some(explanation.with_pending(pending, is_secret))
    }
}

/// Whether a key is that of a further secret, or below it.
fn is_below_secret(key: &Key, secret: &Key) -> bool {
    let is_same = |(one, other): (&Segment, &Segment)| match other {
        Segment::Name(name) if name == EVERY_NAME => matches!(one, Segment::Name(_)),
        _ => one == other,
    };
    let (key, secret) = (key.segments(), secret.segments());
    key.len() >= secret.len() && key.iter().zip(secret).all(is_same)
}

/// The types that are read, and the names of an enum that has nothing else; `None` if nothing is known.
fn facts_of_type(outline: &Outline) -> Option<Facts> {
    let types = outline.types();
    let names: Vec<String> = outline.variants().map(|name| format!("{name:?}")).collect();
    let range =
        (types == TypeSet::STRING && !names.is_empty()).then(|| format!("one of {}", names.join(", ")));
    (types != TypeSet::ANY).then(|| Facts { types, range, secret: outline.is_secret(), ..Facts::default() })
}
