//! The members of a table.

use core::fmt;
use core::iter::FusedIterator;

use im::OrdMap;
use im::ordmap::{self, DiffItem};

use super::Value;
use crate::tree::Text;

/// The members of a table, in the order of their names.
///
/// A clone shares its members with the original until one of the two changes, and then all but those that changed.
///
/// ```
/// use speckit_core::tree::{Origin, Source, LayerKind, Table, Value, Kind};
/// let origin = Origin::whole(&Source::fragment(LayerKind::Override, "example", ""));
/// let mut table = Table::new();
/// table.insert("port".into(), Value::new(Kind::Bool(true), origin));
/// assert!(table.contains_key("port"));
/// ```
#[derive(Clone, Default)]
pub struct Table(OrdMap<Text, Value>);

impl Table {
    /// A table without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The member of that name, to change it. A shared one is copied first.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0.get_mut(name)
    }

    /// Whether there is a member of that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Sets a member, and returns the value that it had.
    pub fn insert(&mut self, name: Text, value: Value) -> Option<Value> {
        self.0.insert(name, value)
    }

    /// Removes a member, and returns the value that it had.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// Whether the two share all their members. Equal tables need not.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }

    /// The members with their names, in the order of the names.
    pub fn iter(&self) -> TableIter<'_> {
        TableIter(self.0.iter())
    }

    /// The names, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Text> + ExactSizeIterator {
        self.0.keys()
    }

    /// The members, in the order of their names.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.0.values()
    }

    /// The members that differ, in the order of their names, as they are here and in `other`.
    ///
    /// Shared parts of the two tables are skipped.
    pub(crate) fn differences<'t>(
        &'t self,
        other: &'t Self,
    ) -> impl Iterator<Item = (&'t Text, Option<&'t Value>, Option<&'t Value>)> {
        self.0.diff(&other.0).map(|difference| match difference {
            DiffItem::Add(name, other) => (name, None, Some(other)),
            DiffItem::Update { old: (name, own), new: (_, other) } => (name, Some(own), Some(other)),
            DiffItem::Remove(name, own) => (name, Some(own), None),
        })
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromIterator<(Text, Value)> for Table {
    fn from_iter<I: IntoIterator<Item = (Text, Value)>>(members: I) -> Self {
        Self(members.into_iter().collect())
    }
}

impl Extend<(Text, Value)> for Table {
    fn extend<I: IntoIterator<Item = (Text, Value)>>(&mut self, members: I) {
        self.0.extend(members);
    }
}

impl<'t> IntoIterator for &'t Table {
    type Item = (&'t Text, &'t Value);
    type IntoIter = TableIter<'t>;

    fn into_iter(self) -> TableIter<'t> {
        self.iter()
    }
}

/// The members of a [`Table`] with their names, in the order of the names.
#[derive(Clone)]
pub struct TableIter<'t>(ordmap::Iter<'t, Text, Value, im::shared_ptr::DefaultSharedPtr>);

impl<'t> Iterator for TableIter<'t> {
    type Item = (&'t Text, &'t Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for TableIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back()
    }
}

impl ExactSizeIterator for TableIter<'_> {}
impl FusedIterator for TableIter<'_> {}
