//! Free names: those of the members of a map, which no schema and no type lists.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::names::EnvironmentNames;
use crate::config::schema::Schema;
use crate::tree::{Key, TypeSet};

/// A map whose members are set by variables with a free name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FreeNames {
    /// The variable, with the name left out: `APP_LABELS__`.
    pub variable: String,
    /// The key of the map; the root for all settings.
    pub table: Key,
    /// Whether a name in capitals stays as it is; otherwise it is read in small letters.
    pub keeps_case: bool,
}

impl EnvironmentNames<'_> {
    /// The maps with free names, sorted by key.
    pub fn free_names(&self) -> Vec<FreeNames> {
        let mut tables: BTreeSet<Key> = [Key::root()].into();
        match (self.schema, self.outline) {
            (Some(schema), _) => tables.extend(schema.keys()),
            (None, Some(outline)) => outline.leaves(&mut |key, _| {
                tables.insert(key.clone());
            }),
            (None, None) => {}
        }
        tables.retain(|table| self.is_map(table));
        let map = |table: Key| {
            let variable = match self.variable(&table) {
                Some(variable) => variable + "__",
                None => self.prefix.to_string() + "_",
            };
            let keeps_case = self.free_name(&table, "NAME") == "NAME";
            FreeNames { variable, table, keeps_case }
        };
        tables.into_iter().map(map).collect()
    }

    /// Whether the schema or the type says what the members of free names are, or the schema names no member.
    fn is_map(&self, table: &Key) -> bool {
        let is_nameless = |schema: &Schema| schema.member_names(table).0.is_empty();
        if self.schema.is_some_and(is_nameless) && self.takes_free_names(table) {
            return true;
        }
        let is_member = |name: &str| {
            let child = table.child(name);
            match self.schema {
                Some(schema) => schema.types(&child).is_some_and(|(types, _)| is_stated(types)),
                None => self
                    .outline
                    .and_then(|outline| outline.get(&child))
                    .is_some_and(|of| is_stated(of.types())),
            }
        };
        ["name", "NAME"]
            .iter()
            .any(|name| self.names_at(table, &|known| known == *name).is_empty() && is_member(name))
    }

    /// The free name that a part of a variable means in a table: the part as it is if it holds a small letter or the schema
    /// takes no other, else in small letters.
    pub(super) fn free_name(&self, table: &Key, part: &str) -> String {
        let lower = part.to_lowercase();
        let keeps = part.chars().any(char::is_lowercase)
            || self.schema.is_some_and(|schema| match schema.keeps_case(table) {
                Some(keeps) => keeps,
                None => schema.takes_name(table, part) && !schema.takes_name(table, &lower),
            });
        if keeps { part.into() } else { lower }
    }

    /// The key in the capitals of its variable, where the last name is a free one of a map of strings that was read in small
    /// letters, and nothing says that this is meant.
    pub(super) fn key_in_capitals(&self, variable: &str, key: &Key) -> Option<Key> {
        let part = self.suffix(variable)?.rsplit("__").next()?;
        let (table, name) = (key.parent()?, key.last_name()?);
        let is_lowered = part != name && part.to_lowercase() == name && self.named(variable).is_none();
        if !is_lowered || self.lists_name(&table, name) {
            return None;
        }
        let is_meant = self.schema.is_some_and(|schema| schema.keeps_case(&table).is_some());
        let is_text = || self.facts(key).types.without(TypeSet::NULL) == TypeSet::STRING;
        (!is_meant && is_text()).then(|| table.child(part))
    }
}

fn is_stated(types: TypeSet) -> bool {
    types != TypeSet::ANY && !types.is_empty()
}
