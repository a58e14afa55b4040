//! The settings that a schema names, or without one the type of the settings: what a template and a reference list.

use alloc::string::String;
use alloc::vec::Vec;

use crate::config::resolve::KeyRules;
use crate::config::schema::Facts;
use crate::tree::{Key, Kind, Value, redact_at};

/// A table with its settings.
pub(crate) struct SettingsTable {
    pub(crate) key: Key,
    pub(crate) facts: Facts,
    /// Whether the defaults have the table.
    pub(crate) is_default: bool,
    /// Whether its members have free names.
    pub(crate) is_open: bool,
    pub(crate) has_tables: bool,
    /// Those that are no tables, in the order of their names.
    pub(crate) settings: Vec<Setting>,
}

/// A setting that is no table.
pub(crate) struct Setting {
    pub(crate) key: Key,
    pub(crate) facts: Facts,
    /// The default, if it may be shown.
    pub(crate) default: Option<Value>,
}

impl SettingsTable {
    /// The root and every table below it, each before those in it, with these defaults.
    pub(crate) fn all(keys: &KeyRules, defaults: &Value) -> Vec<Self> {
        let walk = Walk { keys, defaults, listed: keys.listed_keys() };
        let mut tables = Vec::new();
        walk.add(&Key::root(), &mut tables);
        tables
    }
}

impl Setting {
    /// The name in its table, as TOML writes it.
    pub(crate) fn name(&self) -> String {
        use alloc::string::ToString as _;
        self.key.last_name().map(|name| Key::of([name]).to_string()).unwrap_or_default()
    }
}

struct Walk<'a> {
    keys: &'a KeyRules,
    defaults: &'a Value,
    listed: alloc::collections::BTreeSet<Key>,
}

impl Walk<'_> {
    fn add(&self, key: &Key, found: &mut Vec<SettingsTable>) {
        let (mut names, is_open) = self.keys.member_names(key);
        let present = self.defaults.get(key).and_then(Value::as_table);
        names.extend(present.into_iter().flat_map(|table| table.keys().cloned()));
        names.sort();
        names.dedup();
        let children = names.into_iter().map(|name| key.child(name));
        let is_shown = |child: &Key| self.defaults.get(child).is_some() || self.listed.contains(child);
        let (tables, settings): (Vec<Key>, Vec<Key>) =
            children.filter(is_shown).partition(|child| self.is_table(child));
        found.push(SettingsTable {
            facts: self.keys.facts_at(key),
            is_default: present.is_some(),
            is_open,
            has_tables: !tables.is_empty(),
            settings: settings.into_iter().map(|key| self.setting(key)).collect(),
            key: key.clone(),
        });
        for table in tables {
            self.add(&table, found);
        }
    }

    fn is_table(&self, key: &Key) -> bool {
        match self.defaults.get(key) {
            Some(value) => value.as_table().is_some(),
            None => {
                let (names, is_open) = self.keys.member_names(key);
                !names.is_empty() || is_open
            }
        }
    }

    fn setting(&self, key: Key) -> Setting {
        let mut facts = self.keys.facts_at(&key);
        let default = self.defaults.get(&key).or(facts.default.as_ref());
        let default = default.filter(|value| !matches!(value.kind(), Kind::Null)).cloned();
        let is_open =
            |value: &Value| redact_at(value, &key, &|key, value| self.keys.is_secret(key, value)) == *value;
        let (default, holds_secret) = match default {
            Some(value) if facts.secret || !is_open(&value) => (None, true),
            default => (default, false),
        };
        facts.secret |= holds_secret;
        Setting { key, facts, default }
    }
}
