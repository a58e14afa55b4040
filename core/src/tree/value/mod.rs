//! The tree that every stage works on: values with their origin and the values that they shadow.

use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::tree::{Datetime, Key, Number, Origin, Segment, Text};

mod debug;
mod deserialize;
mod forms;
mod list;
mod table;

pub(crate) use deserialize::DECIMAL;
pub use list::{List, ListIter};
pub use table::{Table, TableIter};

/// How deep tables and arrays may lie in one another, in every source.
pub const MAX_DEPTH: usize = 100;

/// A 128-bit hash of a value, not of its place: two values are the same exactly when their fingerprints are.
///
/// The hash is XXH3-128 under a fixed seed. It is stable over platforms and releases, and it does not resist
/// a search for collisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    // Two halves and no `u128`, whose alignment would widen every value by eight bytes.
    high: u64,
    low: u64,
}

impl Fingerprint {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of the hash, one after the other")]
    fn of(hash: u128) -> Self {
        Self { high: (hash >> 64) as u64, low: hash as u64 }
    }

    /// The hash of bytes, such as those of a file or of a report.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        hash(9, bytes)
    }

    /// The two halves of the hash, one after the other.
    #[cfg(feature = "schema")]
    pub(crate) fn to_bytes(self) -> [u8; 16] {
        self.bits().to_be_bytes()
    }

    fn bits(self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.bits())
    }
}

/// The kind and the content of a value.
#[derive(Clone, Debug)]
pub enum Kind {
    /// JSON's null. TOML has none; it comes from JSON, or from the environment for a nullable key.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(Text),
    /// A date, a time or both, as in TOML.
    Datetime(Datetime),
    /// A list.
    Array(List),
    /// A table.
    Table(Table),
    /// The mark of a layer that removes a key (`--unset`). Only layers hold it; no merged tree shows it.
    Unset,
}

/// One value with its origin, its fingerprint and its past.
///
/// Equality is that of the values: places and history do not count.
#[derive(Clone)]
pub struct Value {
    kind: Kind,
    origin: Origin,
    fingerprint: Fingerprint,
    past: Option<Arc<Past>>,
}

/// The earlier values of a key, lowest layer first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    /// Values that were replaced.
    pub(crate) shadowed: Vec<Value>,
    /// The values of the layers that were joined into the present one; empty if there was only one.
    pub(crate) joined: Vec<Value>,
    /// Whether the value holds all of the value below it, with changes; a merge takes it as it is.
    pub(crate) extends: bool,
}

impl Value {
    /// A value of one origin.
    pub fn new(kind: Kind, origin: Origin) -> Self {
        let fingerprint = fingerprint(&kind);
        Self { kind, origin, fingerprint, past: None }
    }

    /// A list of one origin.
    pub fn array(elements: impl IntoIterator<Item = Self>, origin: Origin) -> Self {
        Self::new(Kind::Array(elements.into_iter().collect()), origin)
    }

    /// A table of one origin.
    pub fn table(members: impl IntoIterator<Item = (Text, Self)>, origin: Origin) -> Self {
        Self::new(Kind::Table(members.into_iter().collect()), origin)
    }

    /// A table whose fingerprint the caller keeps up to date (see [`replace_entry`]).
    pub(crate) fn table_with_fingerprint(members: Table, origin: Origin, fingerprint: Fingerprint) -> Self {
        Self { kind: Kind::Table(members), origin, fingerprint, past: None }
    }

    /// Its kind and content.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The place that set it. For a table that several layers share: its header in the highest file.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The hash of the value.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The values that this one replaced, lowest layer first.
    pub fn shadowed(&self) -> &[Self] {
        self.past.as_ref().map_or(&[], |past| &past.shadowed)
    }

    /// The values of the layers that were joined into this one, lowest first; empty if one layer set it alone.
    pub fn joined(&self) -> &[Self] {
        self.past.as_ref().map_or(&[], |past| &past.joined)
    }

    /// The same value at another place.
    #[must_use]
    pub fn at(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    pub(crate) fn with_past(mut self, past: Past) -> Self {
        let empty = past.shadowed.is_empty() && past.joined.is_empty() && !past.extends;
        self.past = (!empty).then(|| Arc::new(past));
        self
    }

    /// The same value over other shadowed values.
    pub(crate) fn with_shadowed(self, shadowed: Vec<Self>) -> Self {
        if self.past.is_none() && shadowed.is_empty() {
            return self;
        }
        let past = Past { shadowed, joined: self.joined().to_vec(), extends: self.extends() };
        self.with_past(past)
    }

    /// Whether it holds all of the value of the layer below, with changes.
    pub(crate) fn extends(&self) -> bool {
        self.past.as_ref().is_some_and(|past| past.extends)
    }

    /// The same with another kind: its origin and its past stay.
    pub(crate) fn with_kind(&self, kind: Kind) -> Self {
        Self { past: self.past.clone(), ..Self::new(kind, self.origin.clone()) }
    }

    /// The tree with another value at a key below this one, or without a value there.
    pub(crate) fn with_value_at(&self, path: &[Segment], new: Option<&Self>) -> Self {
        let Some((first, rest)) = path.split_first() else { return new.unwrap_or(self).clone() };
        let changed = |old: Option<&Self>| match (rest, old) {
            ([], _) | (_, None) => new.cloned(),
            (_, Some(old)) => Some(old.with_value_at(rest, new)),
        };
        match first {
            Segment::Name(name) => {
                let mut members = self.as_table().cloned().unwrap_or_default();
                match changed(members.get(name)) {
                    Some(member) => drop(members.insert(name.clone(), member)),
                    None => drop(members.remove(name)),
                }
                self.with_kind(Kind::Table(members))
            }
            Segment::Index(index) => {
                let elements = self.as_array().into_iter().flatten().enumerate();
                let changed =
                    elements.filter_map(
                        |(at, old)| if at == *index { changed(Some(old)) } else { Some(old.clone()) },
                    );
                self.with_kind(Kind::Array(changed.collect()))
            }
        }
    }

    /// Whether a list here or below has an element that is null. Such a list has no TOML.
    pub fn has_null_item(&self) -> bool {
        match &self.kind {
            Kind::Array(elements) => {
                elements.iter().any(|element| element.is_null() || element.has_null_item())
            }
            Kind::Table(members) => members.values().any(Self::has_null_item),
            _ => false,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null | Kind::Unset)
    }

    /// The text, of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Bool(bool) => Some(bool),
            _ => None,
        }
    }

    /// The number, of a number.
    pub fn as_number(&self) -> Option<&Number> {
        match &self.kind {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The elements, of a list.
    pub fn as_array(&self) -> Option<&List> {
        match &self.kind {
            Kind::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The members, of a table.
    pub fn as_table(&self) -> Option<&Table> {
        match &self.kind {
            Kind::Table(members) => Some(members),
            _ => None,
        }
    }

    /// The member of that name, of a table.
    pub fn member(&self, name: &str) -> Option<&Self> {
        self.as_table()?.get(name)
    }

    /// The value at a key below this one.
    pub fn get(&self, key: &Key) -> Option<&Self> {
        key.segments().iter().try_fold(self, |value, segment| match segment {
            Segment::Name(name) => value.member(name),
            Segment::Index(index) => value.as_array()?.get(*index),
        })
    }

    /// Calls `visit` for each leaf below this value, in key order: scalars, lists and empty tables.
    pub fn leaves<'a>(&'a self, visit: &mut dyn FnMut(&Key, &'a Self)) {
        self.leaves_below(&mut Key::root(), false, visit);
    }

    /// As [`leaves`](Self::leaves), but instead of a list its elements are visited.
    pub fn leaves_and_elements<'a>(&'a self, visit: &mut dyn FnMut(&Key, &'a Self)) {
        self.leaves_below(&mut Key::root(), true, visit);
    }

    fn leaves_below<'a>(&'a self, key: &mut Key, into_lists: bool, visit: &mut dyn FnMut(&Key, &'a Self)) {
        match &self.kind {
            Kind::Table(members) if !members.is_empty() => {
                for (name, member) in members {
                    key.push(Segment::Name(name.clone()));
                    member.leaves_below(key, into_lists, visit);
                    key.pop();
                }
            }
            Kind::Array(elements) if into_lists && !elements.is_empty() => {
                for (index, element) in elements.iter().enumerate() {
                    key.push(Segment::Index(index));
                    element.leaves_below(key, into_lists, visit);
                    key.pop();
                }
            }
            _ => visit(key, self),
        }
    }

    /// How many tables and lists lie in one another here; none for a scalar.
    pub(crate) fn levels(&self) -> usize {
        match &self.kind {
            Kind::Table(members) => 1 + members.values().map(Self::levels).max().unwrap_or(0),
            Kind::Array(elements) => 1 + elements.iter().map(Self::levels).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// The name of its type in JSON Schema. A date is a string there.
    pub fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::Null | Kind::Unset => "null",
            Kind::Bool(_) => "boolean",
            Kind::Number(number) if number.is_integer() => "integer",
            Kind::Number(_) => "number",
            Kind::String(_) | Kind::Datetime(_) => "string",
            Kind::Array(_) => "array",
            Kind::Table(_) => "object",
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Eq for Value {}

const SEED: u64 = 0x73_70_65_63_6b_69_74;
const TABLE: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834;

fn hash(tag: u8, bytes: &[u8]) -> Fingerprint {
    Fingerprint::of(xxh3_128_with_seed(bytes, SEED ^ u64::from(tag)))
}

fn fingerprint(kind: &Kind) -> Fingerprint {
    match kind {
        Kind::Null => hash(0, &[]),
        Kind::Bool(bool) => hash(1, &[u8::from(*bool)]),
        Kind::Number(Number::Int(int)) => hash(2, &int.to_le_bytes()),
        Kind::Number(Number::Float(float)) => hash(3, &float.to_bits().to_le_bytes()),
        Kind::Number(Number::Decimal(text)) => hash(4, text.as_bytes()),
        Kind::String(text) => hash(5, text.as_bytes()),
        Kind::Datetime(datetime) => hash(6, datetime.to_string().as_bytes()),
        Kind::Array(elements) => {
            let mut bytes = Vec::with_capacity(elements.len() * 16);
            for element in elements.iter() {
                bytes.extend_from_slice(&element.fingerprint.bits().to_le_bytes());
            }
            hash(7, &bytes)
        }
        Kind::Table(members) => {
            let sum = members.iter().fold(TABLE, |sum, (name, member)| sum.wrapping_add(entry(name, member)));
            Fingerprint::of(sum)
        }
        Kind::Unset => hash(8, &[]),
    }
}

/// The fingerprint of a table is a sum over its entries, so that a change of one costs one addition.
pub(crate) fn replace_entry(
    table: Fingerprint,
    name: &str,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Fingerprint {
    let part = |value: Option<&Value>| value.map_or(0, |value| entry(name, value));
    Fingerprint::of(table.bits().wrapping_sub(part(old)).wrapping_add(part(new)))
}

fn entry(name: &str, member: &Value) -> u128 {
    let Fingerprint { high, low } = member.fingerprint;
    // Two multiplications by keyed hashes of the name mix name and value without a copy of either.
    let name = xxh3_128_with_seed(name.as_bytes(), SEED ^ low);
    name.wrapping_mul(u128::from(high) << 1 | 1).wrapping_add(name.rotate_left(64))
        ^ member.fingerprint.bits()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{LayerKind, Source};

    fn origin() -> Origin {
        Origin::whole(&Source::fragment(LayerKind::Override, "test", ""))
    }

    fn int(int: i64) -> Value {
        Value::new(Kind::Number(Number::Int(int)), origin())
    }

    #[test]
    fn a_fingerprint_is_of_the_value_and_not_of_its_place() {
        let elsewhere = Origin::whole(&Source::variable("A", "1"));
        assert_eq!(int(1), int(1).at(elsewhere));
        assert_ne!(int(1), int(2));
        assert_ne!(int(1), Value::new(Kind::String("1".into()), origin()));
    }

    #[test]
    fn a_table_fingerprint_follows_one_replaced_entry() {
        let table = |x, y| Value::table([("x".into(), int(x)), ("y".into(), int(y))], origin());
        let (before, after) = (table(1, 2), table(1, 3));
        let stepped = replace_entry(before.fingerprint(), "y", Some(&int(2)), Some(&int(3)));
        assert_eq!(stepped, after.fingerprint());
        assert_ne!(table(1, 2), table(2, 1));
    }
}
