//! Merging: tables are joined, other values replaced, and replaced values are kept.
//!
//! The laws, tested as properties in `tests/properties/config/merge.rs`: merging is associative, histories included;
//! an empty layer changes nothing; a layer merged with itself gives its values; the highest layer wins at
//! every leaf; the origin of each leaf is in a layer that has that value.

use alloc::vec::Vec;

use crate::tree::{Fingerprint, Key, Kind, LayerKind, Past, Segment, Table, Value, replace_entry};

/// One layer of configuration: a tree whose values have origins.
///
/// [`crate::config::source`] creates layers; their order in a merge is their priority.
#[derive(Clone, Debug)]
pub struct Layer {
    root: Value,
    /// Whether the tree has marks for removed keys.
    has_marks: bool,
}

impl Layer {
    /// A layer of a tree. A root that is not a table replaces everything below it.
    pub fn new(root: Value) -> Self {
        let has_marks = has_marks(&root);
        Self { root, has_marks }
    }

    /// A layer of a document, which cannot remove keys.
    pub(crate) fn of_document(root: Value) -> Self {
        Self { root, has_marks: false }
    }

    /// The tree of the layer.
    pub fn root(&self) -> &Value {
        &self.root
    }
}

/// How a list is merged with the list of the layer below (`x-merge`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListStrategy {
    /// The higher list replaces the lower one.
    #[default]
    Replace,
    /// The lower list, then the higher one.
    Append,
    /// The lower list, then the new items of the higher one; each value once, at its first position.
    Union,
}

/// The layers of a configuration as one tree, each value with its history.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The tree with the marks of `--unset`, for [`Merged::removed`].
    marked: Value,
    has_marks: bool,
    root: Value,
}

impl Merged {
    /// Merges layers, lowest priority first; `strategy` returns how lists at a key are merged.
    ///
    /// Returns `None` without layers.
    pub fn of<'a>(
        layers: impl IntoIterator<Item = &'a Layer>,
        strategy: &dyn Fn(&Key) -> ListStrategy,
    ) -> Option<Self> {
        let mut layers = layers.into_iter();
        let first = layers.next()?;
        Some(Self::from_layer(first).below(layers, strategy))
    }

    /// The tree with further layers on top, lowest first. As merging is associative, this equals merging all layers at
    /// once.
    pub(crate) fn below<'a>(
        &self,
        layers: impl IntoIterator<Item = &'a Layer>,
        strategy: &dyn Fn(&Key) -> ListStrategy,
    ) -> Self {
        let layers: Vec<&Layer> = layers.into_iter().collect();
        let Some(above) = merge_all(&layers, strategy) else {
            return self.clone();
        };
        let has_marks = self.has_marks || layers.iter().any(|layer| layer.has_marks);
        Self::of_marked(merge(&self.marked, &above, strategy), has_marks)
    }

    /// The tree with one more layer below all others.
    pub(crate) fn above(&self, layer: &Layer, strategy: &dyn Fn(&Key) -> ListStrategy) -> Self {
        Self::of_marked(merge(&layer.root, &self.marked, strategy), self.has_marks || layer.has_marks)
    }

    /// The tree of one layer.
    pub(crate) fn from_layer(layer: &Layer) -> Self {
        Self::of_marked(layer.root.clone(), layer.has_marks)
    }

    fn of_marked(marked: Value, has_marks: bool) -> Self {
        let root = if has_marks { without_marks(&marked) } else { marked.clone() };
        Self { marked, has_marks, root }
    }

    /// The same layers with another merged tree.
    pub(crate) fn with_root(&self, root: Value) -> Self {
        Self { root, ..self.clone() }
    }

    /// The merged tree.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// The mark of a layer that removed the key, with the values that it shadows; `None` if no layer did.
    pub fn removed(&self, key: &Key) -> Option<&Value> {
        self.marked.get(key).filter(|value| matches!(value.kind(), Kind::Unset))
    }
}

/// The tree of some layers, lowest first; `None` without layers. Halves are merged first, so that the histories of
/// thousands of layers are not copied once for each.
fn merge_all(layers: &[&Layer], strategy: &dyn Fn(&Key) -> ListStrategy) -> Option<Value> {
    match layers {
        [] => None,
        [only] => Some(only.root.clone()),
        _ => {
            let (lower, upper) = layers.split_at(layers.len() / 2);
            Some(merge(&merge_all(lower, strategy)?, &merge_all(upper, strategy)?, strategy))
        }
    }
}

/// Merges the value of a higher layer over that of a lower one.
pub fn merge(lower: &Value, upper: &Value, strategy: &dyn Fn(&Key) -> ListStrategy) -> Value {
    merge_at(&mut Key::root(), lower, upper, strategy)
}

/// A value with its shadows is a stack, and merging puts one stack on another. Where they meet, two tables
/// (or two lists that the strategy joins) become one; that is why merging is associative.
fn merge_at(key: &mut Key, lower: &Value, upper: &Value, strategy: &dyn Fn(&Key) -> ListStrategy) -> Value {
    let shadowed = match upper.shadowed().split_first() {
        None => {
            if let Some(joined) = join(key, lower, upper, strategy) {
                let past = Past { shadowed: lower.shadowed().to_vec(), joined: contributions(lower, upper) };
                return joined.with_past(past);
            }
            let mut shadowed = Vec::with_capacity(lower.shadowed().len() + 1);
            shadowed.extend_from_slice(lower.shadowed());
            shadowed.push(alone(lower));
            shadowed
        }
        Some((bottom, above)) => {
            let meeting = merge_at(key, lower, bottom, strategy);
            let mut shadowed = meeting.shadowed().to_vec();
            shadowed.push(alone(&meeting));
            shadowed.extend_from_slice(above);
            shadowed
        }
    };
    upper.clone().with_past(Past { shadowed, joined: upper.joined().to_vec() })
}

/// The value without its shadows.
fn alone(value: &Value) -> Value {
    value.clone().with_past(Past { shadowed: Vec::new(), joined: value.joined().to_vec() })
}

/// The values of single layers that a join of the two consists of.
fn contributions(lower: &Value, upper: &Value) -> Vec<Value> {
    let add_own = |all: &mut Vec<Value>, value: &Value| match value.joined() {
        [] => all.push(alone(value)),
        joined => all.extend_from_slice(joined),
    };
    // An empty table contributes nothing, by the identity law.
    let is_empty = |value: &Value| value.as_table().is_some_and(Table::is_empty);
    match (is_empty(lower), is_empty(upper)) {
        (_, true) => lower.joined().to_vec(),
        (true, false) => upper.joined().to_vec(),
        (false, false) => {
            let mut all = Vec::with_capacity(lower.joined().len().max(1) + upper.joined().len().max(1));
            add_own(&mut all, lower);
            add_own(&mut all, upper);
            all
        }
    }
}

fn join(
    key: &mut Key,
    lower: &Value,
    upper: &Value,
    strategy: &dyn Fn(&Key) -> ListStrategy,
) -> Option<Value> {
    match (lower.kind(), upper.kind()) {
        (Kind::Table(_), Kind::Table(above)) if above.is_empty() => Some(lower.clone()),
        (Kind::Table(below), Kind::Table(_)) if below.is_empty() => Some(upper.clone()),
        (Kind::Table(below), Kind::Table(above)) => {
            let (members, fingerprint) =
                join_tables(key, (below, lower.fingerprint()), (above, upper.fingerprint()), strategy);
            // A missing key is reported at its table's origin: preferably a header in a file, then any other layer,
            // and defaults last.
            let rank = |value: &Value| match value.origin() {
                origin if origin.layer() == LayerKind::Defaults => 0,
                origin if origin.source().has_lines() => 2,
                _ => 1,
            };
            let upper_has_place = rank(upper) >= rank(lower);
            let origin = if upper_has_place { upper.origin() } else { lower.origin() };
            Some(Value::table_with_fingerprint(members, origin.clone(), fingerprint))
        }
        (Kind::Array(below), Kind::Array(above)) => {
            let mut elements = below.clone();
            match strategy(key) {
                ListStrategy::Replace => return None,
                ListStrategy::Append => elements.append(above),
                ListStrategy::Union => {
                    let mut seen: alloc::collections::BTreeSet<Fingerprint> =
                        below.iter().map(Value::fingerprint).collect();
                    elements.extend(above.iter().filter(|e| seen.insert(e.fingerprint())).cloned());
                }
            }
            Some(Value::new(Kind::Array(elements), upper.origin().clone()))
        }
        _ => None,
    }
}

/// Merges the smaller table into the larger one, so that three variables over ten thousand keys cost three steps.
fn join_tables(
    key: &mut Key,
    (below, below_fingerprint): (&Table, Fingerprint),
    (above, above_fingerprint): (&Table, Fingerprint),
    strategy: &dyn Fn(&Key) -> ListStrategy,
) -> (Table, Fingerprint) {
    let upper_is_smaller = above.len() < below.len();
    let (mut members, mut fingerprint, guests) = if upper_is_smaller {
        (below.clone(), below_fingerprint, above)
    } else {
        (above.clone(), above_fingerprint, below)
    };
    for (name, guest) in guests {
        let Some(host) = members.get_mut(name) else {
            fingerprint = replace_entry(fingerprint, name, None, Some(guest));
            members.insert(name.clone(), guest.clone());
            continue;
        };
        let (lower, upper) = if upper_is_smaller { (&*host, guest) } else { (guest, &*host) };
        key.push(Segment::Name(name.clone()));
        let merged = merge_at(key, lower, upper, strategy);
        key.pop();
        if merged != *host {
            fingerprint = replace_entry(fingerprint, name, Some(host), Some(&merged));
        }
        *host = merged;
    }
    (members, fingerprint)
}

/// The tree without the marks of removed keys; subtrees without marks stay shared.
fn without_marks(value: &Value) -> Value {
    if !has_marks(value) {
        return value.clone();
    }
    let Kind::Table(members) = value.kind() else {
        return value.clone();
    };
    let kept = members
        .iter()
        .filter(|(_, member)| !matches!(member.kind(), Kind::Unset))
        .map(|(name, member)| (name.clone(), without_marks(member)))
        .collect();
    let past = Past { shadowed: value.shadowed().to_vec(), joined: value.joined().to_vec() };
    Value::new(Kind::Table(kept), value.origin().clone()).with_past(past)
}

fn has_marks(value: &Value) -> bool {
    match value.kind() {
        Kind::Unset => true,
        Kind::Table(members) => members.values().any(has_marks),
        _ => false,
    }
}
