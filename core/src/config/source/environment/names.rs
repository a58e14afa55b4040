//! The names of variables, and the keys that they set.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Environment;
use crate::config::known_keys::KnownKeys;
use crate::config::schema::{Facts, NamedVariable, Schema};
use crate::config::source::text::{TextError, types_of_key, value_of_key};
use crate::tree::nearest::nearest;
use crate::tree::typed::{LazyOutline, Outline};
use crate::tree::{Key, MAX_DEPTH, Segment, Source, Table, Text, TypeSet, Value};

/// One row of the table that `speckit env` prints.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct VariableRow {
    /// The variable.
    pub variable: String,
    /// The key that it sets.
    #[serde(serialize_with = "as_text")]
    pub key: Key,
    /// The types that the key allows.
    #[serde(serialize_with = "as_text")]
    pub types: TypeSet,
    /// Whether this variable exists in the environment; its `…_FILE` form does not count.
    pub set: bool,
}

fn as_text<T: core::fmt::Display, S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// The variable names for the keys of one configuration.
#[derive(Clone, Copy, Debug)]
pub struct EnvironmentNames<'a> {
    pub(super) prefix: &'a str,
    /// Suffixes that the program uses for itself: `CONFIG` reserves `PREFIX_CONFIG`.
    reserved: &'a [String],
    pub(super) schema: Option<&'a Schema>,
    /// The outline of the type of the settings.
    pub(super) outline: Option<&'a LazyOutline>,
    /// The merged tree of the layers below the environment. If a table may have any names, they come from here.
    pub(super) present: Option<&'a Value>,
    /// Keys that are secret whatever the schema and the type say.
    pub(super) secrets: Option<&'a BTreeSet<Key>>,
    /// Whether an empty variable of a key that is no text is as if not set.
    ignores_empty: bool,
}

impl<'a> EnvironmentNames<'a> {
    /// The variables `PREFIX_…` for the keys of a schema and of the layers below the environment.
    pub fn new(
        prefix: &'a str,
        reserved: &'a [String],
        schema: Option<&'a Schema>,
        present: Option<&'a Value>,
    ) -> Self {
        Self { prefix, reserved, schema, outline: None, present, secrets: None, ignores_empty: false }
    }

    /// Takes names and types also from the type of the settings.
    pub(crate) fn with_outline(self, outline: Option<&'a LazyOutline>) -> Self {
        Self { outline, ..self }
    }

    /// Adds keys that are secret whatever the schema and the type say.
    pub(crate) fn with_secrets(self, secrets: &'a BTreeSet<Key>) -> Self {
        Self { secrets: Some(secrets), ..self }
    }

    /// Whether an empty variable of a key that is no text is as if not set, also where the schema does not say so.
    pub(crate) fn ignoring_empty(self, ignores_empty: bool) -> Self {
        Self { ignores_empty, ..self }
    }

    fn known_keys(&self) -> KnownKeys<'a> {
        KnownKeys { schema: self.schema, outline: self.outline.map(|outline| &**outline) }
    }

    /// What the type of the settings reads at a key.
    fn outline_of(&self, key: &Key) -> Option<&'a Outline> {
        self.outline?.get(key)
    }

    /// The variable that sets a key: `x-env` of the schema, else prefix and key in capitals.
    pub fn variable(&self, key: &Key) -> Option<String> {
        if let Some(variable) = self.schema.and_then(|schema| schema.variable(key)) {
            return Some(variable.to_string());
        }
        let mut name = String::from(self.prefix);
        for (index, segment) in key.segments().iter().enumerate() {
            name.push_str(if index == 0 { "_" } else { "__" });
            match segment {
                Segment::Name(part) => name.push_str(&mangled(part)),
                Segment::Index(part) => name.push_str(&part.to_string()),
            }
        }
        // A free name may be written in small letters.
        let origin = self.present.and_then(|present| present.get(key)).map(Value::origin);
        let written = origin.and_then(|origin| origin.source().variable_name());
        let name = written.filter(|written| written.to_uppercase() == name).map_or(name, String::from);
        (!key.is_root()).then_some(name)
    }

    /// Every variable with its key, sorted by key: one for each leaf of the schema or of a layer below.
    pub fn table(&self, environment: &Environment) -> Vec<VariableRow> {
        let rows = self.leaves().into_iter().filter_map(|key| {
            let variable = self.variable(&key)?;
            let is_ignored = environment.text(&variable) == Some("") && self.ignores_empty(&key);
            let set = environment.is_set(&variable) && !is_ignored;
            Some(VariableRow { types: self.facts(&key).types, variable, key, set })
        });
        rows.collect()
    }

    /// Whether a variable may affect the configuration: it has the prefix, or the schema names it.
    pub fn concerns(&self, variable: &str) -> bool {
        let stem = variable.strip_suffix("_FILE");
        self.suffix(variable).is_some()
            || self.named(variable).is_some()
            || stem.is_some_and(|stem| self.named(stem).is_some())
    }

    pub(super) fn facts(&self, key: &Key) -> Facts {
        types_of_key(key, self.schema, self.outline, self.present)
    }

    /// Whether an empty variable of the key is as if not set.
    pub(super) fn ignores_empty(&self, key: &Key) -> bool {
        self.schema.is_some_and(|schema| schema.ignores_empty(key))
            || (self.ignores_empty && !self.facts(key).types.contains(TypeSet::STRING))
    }

    /// Whether the key is a table with names that the schema, or the type, does not list.
    pub(super) fn takes_free_names(&self, key: &Key) -> bool {
        match self.schema {
            Some(schema) => {
                schema.types(key).is_some_and(|(types, _)| types.contains(TypeSet::OBJECT))
                    && schema.member_names(key).1
            }
            None => self.outline.is_some_and(|outline| outline.is_open_at(key)),
        }
    }

    /// The value that the text of a variable is for a key.
    pub(super) fn value(
        &self,
        key: &Key,
        text: &str,
        source: &Arc<Source>,
    ) -> Result<Value, (TextError, String)> {
        value_of_key(key, text, source, self.schema, self.outline, self.present)
    }

    /// The meaning of a variable; an unknown one without the prefix is ignored.
    pub(super) fn meaning(&self, variable: &str) -> Meaning {
        let known = self.listed_meaning(variable);
        if !matches!(known, Meaning::Unknown | Meaning::Ignored) {
            return known;
        }
        if let Some(key) = variable.strip_suffix("_FILE").and_then(|stem| self.key(stem))
            && (self.schema.is_some_and(|schema| schema.is_secret(&key))
                || self.outline.is_some_and(|outline| outline.has_secret_at(&key)))
        {
            return Meaning::SecretFile(key);
        }
        if let Some(stem) = variable.strip_suffix("__JSON")
            && let Meaning::Key(key) = self.listed_meaning(stem)
            && !self.takes_free_names(&key)
        {
            return Meaning::Json(key);
        }
        match (known, self.suffix(variable)) {
            (Meaning::Unknown, Some(rest)) => self.unlisted_key(rest).map_or(Meaning::Unknown, Meaning::Key),
            (known, _) => known,
        }
    }

    /// Whether the schema, the type of the settings or a layer lists the key of a variable.
    pub(super) fn is_listed(&self, variable: &str) -> bool {
        !matches!(self.listed_meaning(variable), Meaning::Unknown | Meaning::Ignored)
    }

    /// The key that a variable sets with its own text, not with a file.
    fn key(&self, variable: &str) -> Option<Key> {
        match self.listed_meaning(variable) {
            Meaning::Key(key) => Some(key),
            Meaning::Unknown => self.unlisted_key(self.suffix(variable)?),
            _ => None,
        }
    }

    /// The meaning of a variable that the schema or a layer lists; else `Unknown` or `Ignored`.
    fn listed_meaning(&self, variable: &str) -> Meaning {
        if let Some(NamedVariable { key, former, .. }) = self.named(variable) {
            return if *former { Meaning::Alias(key.clone()) } else { Meaning::Key(key.clone()) };
        }
        let Some(rest) =
            self.suffix(variable).filter(|rest| self.reserved.iter().all(|suffix| suffix != rest))
        else {
            return Meaning::Ignored;
        };
        // A variable cannot set a key deeper than the limit of a tree.
        if rest.split("__").count() > MAX_DEPTH {
            return Meaning::Unknown;
        }
        if let Some(key) = self.schema.and_then(|schema| schema.closed_key(rest, &strip_name)) {
            return Meaning::Key(key);
        }
        let mut keys = BTreeSet::new();
        self.add_matching_keys(rest, &Key::root(), &mut keys);
        let mut keys = keys.into_iter();
        match (keys.next(), keys.next()) {
            (Some(key), None) => Meaning::Key(key),
            (Some(first), Some(second)) => Meaning::Ambiguous(first, second),
            (None, _) => Meaning::Unknown,
        }
    }

    /// The variable that was probably meant: with the nearest known name in the place of the first unknown one.
    pub(super) fn nearest(&self, variable: &str) -> Option<String> {
        let parts: Vec<&str> = self.suffix(variable)?.split("__").take(MAX_DEPTH).collect();
        let mut key = Key::root();
        for (at, part) in parts.iter().enumerate() {
            let known = self.names_at(&key, &|name| strip_name(part, name) == Some(""));
            key = match (known.into_iter().next(), part.parse::<usize>()) {
                (Some(name), _) => key.child(name),
                (None, Ok(index)) if self.facts(&key).types.contains(TypeSet::ARRAY) => key.element(index),
                (None, _) if self.outline.is_some_and(|outline| outline.is_open_at(&key)) => {
                    key.child(self.free_name(&key, part))
                }
                (None, _) => {
                    // A misspelt name of a file is not meant.
                    let is_known = |name: &Text| self.known_keys().contains(&key.child(name.clone()));
                    let names = self.names_at(&key, &|_| true).into_iter().filter(is_known);
                    let names: Vec<String> = names.map(|name| mangled(&name)).collect();
                    let meant = nearest(part, names.iter().map(String::as_str))?;
                    let parts = parts.iter().enumerate().map(|(i, part)| if i == at { meant } else { part });
                    let parts: Vec<&str> = parts.collect();
                    return Some(format!("{}_{}", self.prefix, parts.join("__")));
                }
            };
        }
        None
    }

    /// The part after the prefix.
    pub(super) fn suffix<'v>(&self, variable: &'v str) -> Option<&'v str> {
        variable.strip_prefix(self.prefix)?.strip_prefix('_')
    }

    /// The entry of the schema with exactly this variable: in `x-env`, or as a former name in `x-aliases`.
    pub(super) fn named(&self, variable: &str) -> Option<&'a NamedVariable> {
        self.schema?.named_variables().iter().find(|named| named.variable == variable)
    }

    /// Adds every key below `key` that `rest` may spell in capitals.
    fn add_matching_keys(&self, rest: &str, key: &Key, keys: &mut BTreeSet<Key>) {
        for name in self.names_at(key, &|name| strip_name(rest, name).is_some()) {
            let Some(after) = strip_name(rest, &name) else { continue };
            // An alias of a field sets the field.
            let field = self.outline_of(key).and_then(|outline| outline.field(&name));
            let child = key.child(field.map_or(name.clone(), Text::new));
            if after.is_empty() {
                if self.schema.is_none_or(|schema| schema.variable(&child).is_none()) {
                    keys.insert(child);
                }
            } else if let Some(below) = after.strip_prefix("__") {
                self.add_matching_keys(below, &child, keys);
                self.add_item_or_member(below, &child, keys);
            }
        }
    }

    /// Adds the item of a list, or the member of an open table, that `rest` names below a known key.
    fn add_item_or_member(&self, rest: &str, key: &Key, keys: &mut BTreeSet<Key>) {
        let (first, below) =
            rest.split_once("__").map_or((rest, None), |(first, below)| (first, Some(below)));
        let is_list = || {
            let types = self.facts(key).types;
            types.contains(TypeSet::ARRAY) && types != TypeSet::ANY
        };
        let child = match first.parse::<usize>() {
            Ok(index) if is_list() => key.element(index),
            _ => {
                let is_open = match self.schema {
                    Some(schema) => schema.wanted_names(key, &|_| false).1,
                    None => self.outline.is_some_and(|outline| outline.is_open_at(key)),
                };
                let is_listed =
                    || !self.names_at(key, &|name| strip_name(first, name) == Some("")).is_empty();
                if first.is_empty() || !is_open || is_listed() {
                    return;
                }
                let child = key.child(self.free_name(key, first));
                let is_allowed =
                    |schema: &Schema| schema.facts(&child).is_some_and(|facts| !facts.types.is_empty());
                if !self.schema.is_none_or(is_allowed) {
                    return;
                }
                child
            }
        };
        match below {
            None => drop(keys.insert(child)),
            Some(below) => {
                self.add_matching_keys(below, &child, keys);
                self.add_item_or_member(below, &child, keys);
            }
        }
    }

    /// The key of a variable that neither the schema nor a layer lists: its parts are free names. `None` if the schema does not
    /// allow that key.
    fn unlisted_key(&self, rest: &str) -> Option<Key> {
        let mut key = Key::root();
        for part in rest.split("__") {
            if part.is_empty() || key.segments().len() >= MAX_DEPTH {
                return None;
            }
            let open = match self.schema {
                Some(schema) => schema.member_names(&key).1,
                None => self.outline.is_none_or(|outline| outline.is_open_at(&key)),
            };
            key.push(Segment::Name(self.free_name(&key, part).into()));
            let allowed =
                self.schema.is_none_or(|schema| schema.facts(&key).is_some_and(|f| !f.types.is_empty()));
            if !open || !allowed {
                return None;
            }
        }
        Some(key)
    }

    /// The names of a key's members that `wanted` accepts: those of the schema, of the type and of the layers.
    pub(super) fn names_at(&self, key: &Key, wanted: &dyn Fn(&str) -> bool) -> BTreeSet<Text> {
        let mut names = self.schema.map(|schema| schema.wanted_names(key, wanted).0).unwrap_or_default();
        if let Some(outline) = self.outline_of(key) {
            // A schema has every field, but not the aliases.
            let fields = outline.unsorted_names().filter(|_| self.schema.is_none());
            names.extend(fields.chain(outline.aliases()).filter(|name| wanted(name)).map(Text::new));
        }
        let present = self.present.and_then(|present| present.get(key)).and_then(Value::as_table);
        names.extend(present.into_iter().flat_map(Table::keys).filter(|name| wanted(name)).cloned());
        names
    }

    /// Whether the schema, the type or a layer has a member of that name at the key.
    pub(super) fn lists_name(&self, key: &Key, name: &str) -> bool {
        let table = self.present.and_then(|present| present.get(key));
        table.is_some_and(|table| table.member(name).is_some())
            || !self.names_at(key, &|known| known == name).is_empty()
    }

    /// The keys of values: those of the schema that are not tables, and those of the layers that are known.
    fn leaves(&self) -> BTreeSet<Key> {
        let mut leaves = BTreeSet::new();
        if let Some(schema) = self.schema {
            let is_table = |key: &Key| {
                let types = self.facts(key).types;
                types == TypeSet::OBJECT || !schema.member_names(key).0.is_empty()
            };
            leaves.extend(schema.keys().into_iter().filter(|key| !is_table(key)));
        }
        if let Some(outline) = self.outline.filter(|_| self.schema.is_none()) {
            outline.leaves(&mut |key, _| {
                leaves.insert(key.clone());
            });
        }
        if let Some(present) = self.present {
            present.leaves(&mut |key, value| {
                if value.as_table().is_none() && self.known_keys().contains(key) {
                    leaves.insert(key.clone());
                }
            });
        }
        leaves
    }
}

/// The meaning of a variable.
pub(super) enum Meaning {
    /// Not a variable of this configuration.
    Ignored,
    Key(Key),
    /// A former name of the variable of this key.
    Alias(Key),
    /// `…_FILE` of a secret key.
    SecretFile(Key),
    /// `…__JSON` of a key.
    Json(Key),
    Ambiguous(Key, Key),
    Unknown,
}

/// A key name in the spelling of variables: letters become capitals, and every character that is no letter or digit becomes
/// `_`.
fn mangled(name: &str) -> String {
    let capital = |c: char| if c.is_alphanumeric() { c.to_uppercase().to_string() } else { "_".into() };
    name.chars().map(capital).collect()
}

/// Removes `name`, in capitals, from the start of a variable and returns the rest; `None` if the variable does not begin so.
fn strip_name<'v>(variable: &'v str, name: &str) -> Option<&'v str> {
    if name.is_ascii() {
        let (front, rest) = variable.split_at_checked(name.len())?;
        let is_spelling = |(c, of): (u8, u8)| {
            if of.is_ascii_alphanumeric() { c == of.to_ascii_uppercase() } else { c == b'_' }
        };
        return front.bytes().zip(name.bytes()).all(is_spelling).then_some(rest);
    }
    name.chars().try_fold(variable, |rest, c| {
        if c.is_alphanumeric() {
            c.to_uppercase().try_fold(rest, |rest, capital| rest.strip_prefix(capital))
        } else {
            rest.strip_prefix('_')
        }
    })
}
