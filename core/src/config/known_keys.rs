//! Which keys the settings may have: the schema allows a value there, and the type reads one.

use alloc::collections::BTreeSet;

use crate::config::schema::Schema;
use crate::tree::typed::Outline;
use crate::tree::{Key, Kind, Segment, Value};

/// The keys that neither the schema nor the type of the settings refuses; without both, every key.
#[derive(Clone, Copy)]
pub(crate) struct KnownKeys<'a> {
    pub(crate) schema: Option<&'a Schema>,
    pub(crate) outline: Option<&'a Outline>,
}

impl KnownKeys<'_> {
    /// Whether the settings may have this key.
    pub(crate) fn contains(&self, key: &Key) -> bool {
        let Some(schema) = self.schema else { return self.may_be_read(key) };
        let is_allowed = schema.facts(key).is_some_and(|facts| !facts.types.is_empty());
        is_allowed && (self.is_in_schema(key) || self.may_be_read(key))
    }

    /// Whether the schema describes this key.
    pub(crate) fn is_in_schema(&self, key: &Key) -> bool {
        let is_last = |name| matches!(key.segments().last(), Some(Segment::Name(last)) if *last == name);
        self.schema.is_some_and(|schema| {
            schema.member_names(&key.parent().unwrap_or_default()).0.into_iter().any(is_last)
        })
    }

    /// Whether the type reads the key, or may read it: serde reads some types into a buffer, of which nothing is known.
    fn may_be_read(&self, key: &Key) -> bool {
        let Some(mut outline) = self.outline else { return true };
        for segment in key.segments() {
            match outline.below(segment).filter(|_| !outline.is_buffered()) {
                Some(below) => outline = below,
                None => return outline.is_open(),
            }
        }
        true
    }

    /// The keys of the tree that the settings may have, without the root; a list is one key.
    pub(crate) fn among(&self, root: &Value) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        self.add_below(root, &mut Key::root(), &mut keys);
        keys
    }

    fn add_below(&self, value: &Value, key: &mut Key, keys: &mut BTreeSet<Key>) {
        let Kind::Table(members) = value.kind() else { return };
        for (name, member) in members {
            key.push(Segment::Name(name.clone()));
            if self.contains(key) {
                keys.insert(key.clone());
                self.add_below(member, key, keys);
            }
            key.pop();
        }
    }
}
