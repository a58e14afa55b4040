//! The members of a table.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::iter::{FusedIterator, Peekable};
use core::{mem, slice};

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
#[derive(Clone)]
pub struct Table(Members);

#[derive(Clone)]
enum Members {
    /// At most [`FEW`], in the order of their names. A change copies them, but most tables are small, and a map has empty slots.
    /// A name is looked up one by one: nearly all others have another length, so that their texts are not compared.
    Few(Arc<Vec<(Text, Value)>>),
    Many(OrdMap<Text, Value>),
}

const FEW: usize = 16;

impl Table {
    /// A table without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Members::Few(few) => few.len(),
            Members::Many(many) => many.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match &self.0 {
            Members::Few(few) => few.iter().find(|(other, _)| other == name).map(|(_, value)| value),
            Members::Many(many) => many.get(name),
        }
    }

    /// The member of that name, to change it. A shared one is copied first.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        match &mut self.0 {
            Members::Few(few) => {
                let place = few.iter().position(|(other, _)| other == name)?;
                Arc::make_mut(few).get_mut(place).map(|(_, value)| value)
            }
            Members::Many(many) => many.get_mut(name),
        }
    }

    /// Whether there is a member of that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets a member, and returns the value that it had.
    pub fn insert(&mut self, name: Text, value: Value) -> Option<Value> {
        let few = match &mut self.0 {
            Members::Few(few) => few,
            Members::Many(many) => return many.insert(name, value),
        };
        match place(few, &name) {
            Ok(place) => {
                let member = Arc::make_mut(few).get_mut(place);
                return member.map(|(_, member)| mem::replace(member, value));
            }
            Err(place) if few.len() < FEW => Arc::make_mut(few).insert(place, (name, value)),
            Err(_) => {
                let members = Arc::unwrap_or_clone(mem::take(few)).into_iter().chain([(name, value)]);
                self.0 = Members::Many(members.collect());
            }
        }
        None
    }

    /// Removes a member, and returns the value that it had.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        match &mut self.0 {
            Members::Few(few) => {
                let place = place(few, name).ok()?;
                Some(Arc::make_mut(few).remove(place).1)
            }
            Members::Many(many) => many.remove(name),
        }
    }

    /// Whether the two share all their members. Equal tables need not.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Members::Few(own), Members::Few(other)) => Arc::ptr_eq(own, other),
            (Members::Many(own), Members::Many(other)) => own.ptr_eq(other),
            _ => false,
        }
    }

    /// The members with their names, in the order of the names.
    pub fn iter(&self) -> TableIter<'_> {
        TableIter(match &self.0 {
            Members::Few(few) => MembersIter::Few(few.iter()),
            Members::Many(many) => MembersIter::Many(many.iter()),
        })
    }

    /// The names, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Text> + ExactSizeIterator {
        self.iter().map(|(name, _)| name)
    }

    /// The members, in the order of their names.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.iter().map(|(_, value)| value)
    }

    /// The members that differ, in the order of their names, as they are here and in `other`.
    ///
    /// Shared parts of two large tables are skipped.
    pub(crate) fn differences<'t>(&'t self, other: &'t Self) -> impl Iterator<Item = Difference<'t>> {
        let (skipping, comparing) = match (&self.0, &other.0) {
            (Members::Many(own), Members::Many(other)) => (Some(own.diff(other)), None),
            _ => {
                let (own, other) = (self.iter().peekable(), other.iter().peekable());
                (None, Some(Differences { own, other }))
            }
        };
        let skipping = skipping.into_iter().flatten().map(|difference| match difference {
            DiffItem::Add(name, other) => (name, None, Some(other)),
            DiffItem::Update { old: (name, own), new: (_, other) } => (name, Some(own), Some(other)),
            DiffItem::Remove(name, own) => (name, Some(own), None),
        });
        skipping.chain(comparing.into_iter().flatten())
    }
}

/// The index of that name, or the index where it would be.
fn place(few: &[(Text, Value)], name: &str) -> Result<usize, usize> {
    few.binary_search_by(|(other, _)| other.as_str().cmp(name))
}

/// A name, and its values in two tables.
type Difference<'t> = (&'t Text, Option<&'t Value>, Option<&'t Value>);

/// Compares all members of two tables.
struct Differences<'t> {
    own: Peekable<TableIter<'t>>,
    other: Peekable<TableIter<'t>>,
}

impl<'t> Iterator for Differences<'t> {
    type Item = Difference<'t>;

    fn next(&mut self) -> Option<Difference<'t>> {
        loop {
            let order = match (self.own.peek(), self.other.peek()) {
                (Some((own, _)), Some((other, _))) => own.cmp(other),
                (Some(_), None) => Ordering::Less,
                (None, _) => Ordering::Greater,
            };
            let own = if order.is_le() { self.own.next() } else { None };
            let other = if order.is_ge() { self.other.next() } else { None };
            let (name, _) = own.or(other)?;
            let (own, other) = (own.map(|(_, value)| value), other.map(|(_, value)| value));
            if own != other {
                return Some((name, own, other));
            }
        }
    }
}

impl Default for Table {
    fn default() -> Self {
        Self(Members::Few(Arc::default()))
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl FromIterator<(Text, Value)> for Table {
    /// Of several members with one name, the table has the last.
    fn from_iter<I: IntoIterator<Item = (Text, Value)>>(members: I) -> Self {
        let mut members: Vec<_> = members.into_iter().collect();
        if !members.is_sorted_by(|(a, _), (b, _)| a < b) {
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            members.dedup_by(|later, kept| {
                let is_same = later.0 == kept.0;
                if is_same {
                    mem::swap(later, kept);
                }
                is_same
            });
        }
        Self(if members.len() <= FEW {
            members.shrink_to_fit();
            Members::Few(Arc::new(members))
        } else {
            Members::Many(members.into_iter().collect())
        })
    }
}

impl Extend<(Text, Value)> for Table {
    fn extend<I: IntoIterator<Item = (Text, Value)>>(&mut self, members: I) {
        members.into_iter().for_each(|(name, value)| drop(self.insert(name, value)));
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
pub struct TableIter<'t>(MembersIter<'t>);

#[derive(Clone)]
enum MembersIter<'t> {
    Few(slice::Iter<'t, (Text, Value)>),
    Many(ordmap::Iter<'t, Text, Value, im::shared_ptr::DefaultSharedPtr>),
}

impl<'t> Iterator for TableIter<'t> {
    type Item = (&'t Text, &'t Value);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            MembersIter::Few(few) => few.next().map(|(name, value)| (name, value)),
            MembersIter::Many(many) => many.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            MembersIter::Few(few) => few.size_hint(),
            MembersIter::Many(many) => many.size_hint(),
        }
    }
}

impl DoubleEndedIterator for TableIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            MembersIter::Few(few) => few.next_back().map(|(name, value)| (name, value)),
            MembersIter::Many(many) => many.next_back(),
        }
    }
}

impl ExactSizeIterator for TableIter<'_> {}
impl FusedIterator for TableIter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Kind, LayerKind, Number, Origin, Source};
    use alloc::collections::BTreeMap;
    use alloc::format;

    fn int(int: i64) -> Value {
        let origin = Origin::whole(&Source::fragment(LayerKind::Override, "test", ""));
        Value::new(Kind::Number(Number::Int(int)), origin)
    }

    /// A table of the numbers below `count` in an order that is not that of their names, and the same as a map of std.
    fn tables(count: i64) -> (Table, BTreeMap<Text, Value>) {
        let members = (0..count).map(|n| (Text::from(format!("{}", n * 7 % count)), int(n)));
        (members.clone().collect(), members.collect())
    }

    #[test]
    fn a_table_of_any_size_is_a_map() {
        for count in [0, 1, 5, 15, 16, 17, 40] {
            let (mut table, mut map) = tables(count);
            assert!(table.iter().eq(&map) && table.iter().rev().eq(map.iter().rev()));
            let before = table.clone();
            for n in [3, 100, 3, 101, 0] {
                let name = Text::from(format!("{n}"));
                assert_eq!(table.insert(name.clone(), int(-n)), map.insert(name.clone(), int(-n)));
                assert_eq!(table.get(&name), map.get(&name));
            }
            assert!(table.iter().eq(&map));
            for name in ["0", "absent", "100"] {
                assert_eq!(table.remove(name), map.remove(name));
                assert_eq!(table.get(name), None);
                assert_eq!(table.get_mut(name), None);
            }
            assert!(table.iter().eq(&map) && before.iter().eq(&tables(count).1));
        }
    }

    #[test]
    fn a_repeated_name_has_its_last_value() {
        let members = [("b", 1), ("a", 2), ("b", 3), ("b", 4)].map(|(name, n)| (name.into(), int(n)));
        let table: Table = members.into_iter().collect();
        assert_eq!((table.len(), table.get("b")), (2, Some(&int(4))));
    }

    #[test]
    fn tables_of_all_sizes_differ_where_their_members_do() {
        for (count, other_count) in [(0, 3), (4, 4), (10, 30), (30, 10), (16, 17), (40, 40)] {
            let ((own, _), (mut other, _)) = (tables(count), tables(other_count));
            other.insert("1".into(), int(-1));
            let names = own.keys().chain(other.keys().filter(|name| !own.contains_key(name)));
            let mut expected: Vec<Difference<'_>> =
                names.map(|name| (name, own.get(name), other.get(name))).filter(|d| d.1 != d.2).collect();
            expected.sort_by_key(|(name, ..)| *name);
            assert_eq!(own.differences(&other).collect::<Vec<_>>(), expected);
        }
    }
}
