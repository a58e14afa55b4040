//! Merging: tables are joined, other values replaced, and replaced values are kept.
//!
//! The laws, tested as properties in `tests/properties/config/merge.rs`: merging is associative, shadowed and joined values included;
//! an empty layer changes nothing; without `Append`, a layer merged with itself gives its values; where lists are replaced, the
//! highest layer wins at every leaf; the origin of each leaf is in a layer that has that value.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use crate::tree::{
    Fingerprint, Key, Kind, LayerKind, List, Origin, Past, Segment, Table, Text, Value, replace_entry,
};

/// One layer of configuration: a tree whose values have origins.
///
/// [`crate::config::source`] creates layers; their order in a merge is their priority.
#[derive(Clone)]
pub struct Layer {
    root: Value,
    /// Whether the tree has entries that unset a key ([`Kind::Unset`]).
    has_unset: bool,
}

impl Layer {
    /// A layer of a tree. A root that is not a table replaces all lower layers.
    pub fn new(root: Value) -> Self {
        let has_unset = has_unset(&root);
        Self { root, has_unset }
    }

    /// A layer read from a document. A document cannot unset keys, so the tree is not searched for that.
    pub(crate) fn of_document(root: Value) -> Self {
        Self { root, has_unset: false }
    }

    /// The tree of the layer.
    pub fn root(&self) -> &Value {
        &self.root
    }
}

/// As the tree: one `key = value  # place` line for each leaf, secrets included.
impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.root, f)
    }
}

/// How a table or a list is merged with that of the layer below (`x-merge`). Other values are always replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MergeStrategy {
    /// Tables are joined key by key; a higher list replaces the lower one.
    #[default]
    Join,
    /// The higher table or list replaces the lower one.
    Replace,
    /// The lower list, then the higher one. Tables are joined.
    Append,
    /// The lower list, then those items of the higher one that it does not have, each once. Tables are joined.
    Union,
    /// The lower list, in which tables with the same value of this member are merged with those of the higher list; then
    /// the other items of the higher list. Tables are joined.
    By(Text),
}

impl MergeStrategy {
    /// Whether the value is joined with a lower one of the same kind.
    pub(crate) fn joins(&self, value: &Value) -> bool {
        match value.kind() {
            Kind::Table(_) => *self != Self::Replace,
            Kind::Array(_) => !matches!(self, Self::Join | Self::Replace),
            _ => false,
        }
    }
}

/// The layers of a configuration as one tree, in which each value has the lower values that it replaced.
#[derive(Clone)]
pub struct Merged {
    /// The tree with the entries that unset a key, for further merges.
    raw: Value,
    has_unset: bool,
    /// The same tree, with marks for what is left of other variants.
    marked: Value,
    root: Value,
}

/// Shows no values, as they may be secret.
impl fmt::Debug for Merged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merged").field("fingerprint", &self.root.fingerprint()).finish_non_exhaustive()
    }
}

impl Merged {
    /// Merges layers, lowest priority first; `strategy` returns how tables and lists at a key are merged.
    ///
    /// Returns `None` without layers.
    pub fn of<'a>(
        layers: impl IntoIterator<Item = &'a Layer>,
        strategy: &dyn Fn(&Key) -> MergeStrategy,
    ) -> Option<Self> {
        let mut layers = layers.into_iter();
        let first = layers.next()?;
        Some(Self::from_layer(first).with_higher_layers(layers, strategy))
    }

    /// Merges further layers over this tree, lowest first. As merging is associative, this equals merging all layers at
    /// once.
    pub(crate) fn with_higher_layers<'a>(
        &self,
        layers: impl IntoIterator<Item = &'a Layer>,
        strategy: &dyn Fn(&Key) -> MergeStrategy,
    ) -> Self {
        let layers: Vec<&Layer> = layers.into_iter().collect();
        let Some(above) = merge_all(&layers, strategy) else {
            return self.clone();
        };
        let has_unset = self.has_unset || layers.iter().any(|layer| layer.has_unset);
        Self::of_raw(merge(&self.raw, &above, strategy), has_unset)
    }

    /// Merges this tree over one more layer.
    pub(crate) fn with_lower_layer(&self, layer: &Layer, strategy: &dyn Fn(&Key) -> MergeStrategy) -> Self {
        Self::of_raw(merge(&layer.root, &self.raw, strategy), self.has_unset || layer.has_unset)
    }

    /// The tree of one layer.
    pub(crate) fn from_layer(layer: &Layer) -> Self {
        Self::of_raw(layer.root.clone(), layer.has_unset)
    }

    fn of_raw(raw: Value, has_unset: bool) -> Self {
        let root = if has_unset { without_unset(&raw) } else { raw.clone() };
        Self { marked: raw.clone(), raw, has_unset, root }
    }

    /// The same layers without the values that `find` marks; it gets the tree with the entries that unset a key.
    pub(crate) fn without_marked(self, find: impl FnOnce(&Value) -> Option<Value>) -> Self {
        match find(&self.raw) {
            Some(marked) => Self { root: without_unset(&marked), marked, ..self },
            None => self,
        }
    }

    /// The same layers without the values at these keys, each replaced by the value at that place.
    pub(crate) fn without_left_overs(mut self, left_overs: &[(Key, Origin)]) -> Self {
        for (key, chosen) in left_overs {
            let Some(left) = self.root.get(key) else { continue };
            let mut shadowed = left.shadowed().to_vec();
            shadowed.push(without_shadows(left));
            let mark = Value::new(Kind::Unset, chosen.clone()).with_shadowed(shadowed);
            self.marked = self.marked.with_value_at(key.segments(), Some(&mark));
            self.root = self.root.with_value_at(key.segments(), None);
        }
        self
    }

    /// The same layers with the values that `find` adds; it gets the tree with the entries that unset a key.
    pub(crate) fn with_added(self, find: impl FnOnce(&Value) -> Option<Value>) -> Self {
        match find(&self.marked) {
            Some(marked) => Self { root: without_unset(&marked), marked, ..self },
            None => self,
        }
    }

    /// The same layers with another merged tree.
    pub(crate) fn with_root(&self, root: Value) -> Self {
        Self { root, ..self.clone() }
    }

    /// The merged tree.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// The entry that unset the key, with the values that it shadows; `None` if the key is set or no layer unset it.
    ///
    /// A key that is left of another variant is unset by the value that chose the variant.
    pub fn removed(&self, key: &Key) -> Option<&Value> {
        self.marked.get(key).filter(|value| matches!(value.kind(), Kind::Unset))
    }
}

/// The tree of some layers, lowest first; `None` without layers. Merges the two halves: merging one layer at a time would
/// copy the growing lists of shadowed values once for each layer.
fn merge_all(layers: &[&Layer], strategy: &dyn Fn(&Key) -> MergeStrategy) -> Option<Value> {
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
pub fn merge(lower: &Value, upper: &Value, strategy: &dyn Fn(&Key) -> MergeStrategy) -> Value {
    merge_at(&mut Key::root(), lower, upper, strategy)
}

/// Merges the values at a key.
pub(crate) fn merge_below(
    key: &Key,
    lower: &Value,
    upper: &Value,
    strategy: &dyn Fn(&Key) -> MergeStrategy,
) -> Value {
    merge_at(&mut key.clone(), lower, upper, strategy)
}

/// A value of a layer that holds all of the value below it, with the changes of `change`. A merge takes it as it is, and its
/// history has only the changes.
pub(crate) fn extended(kind: Kind, change: Value) -> Value {
    let origin = change.origin().clone();
    let past = Past { shadowed: Vec::new(), joined: Vec::from([change]), extends: true };
    Value::new(kind, origin).with_past(past)
}

/// A value and the values that it shadows are a stack, lowest first, and merging puts the upper stack on the lower one. Only
/// the two values that touch can be joined (two tables, or two lists to append or unite). So the grouping of layers does
/// not matter: merging is associative.
fn merge_at(key: &mut Key, lower: &Value, upper: &Value, strategy: &dyn Fn(&Key) -> MergeStrategy) -> Value {
    let shadowed = match upper.shadowed().split_first() {
        None => {
            if let Some(joined) = join(key, lower, upper, strategy) {
                let past = Past {
                    shadowed: lower.shadowed().to_vec(),
                    joined: contributions(lower, upper),
                    // A value that would be joined with the one below it extends it too.
                    extends: lower.extends() || upper.extends() && strategy(key).joins(lower),
                };
                return joined.with_past(past);
            }
            let mut shadowed = Vec::with_capacity(lower.shadowed().len() + 1);
            shadowed.extend_from_slice(lower.shadowed());
            shadowed.push(without_shadows(lower));
            shadowed
        }
        Some((bottom, above)) => {
            let meeting = merge_at(key, lower, bottom, strategy);
            let mut shadowed = meeting.shadowed().to_vec();
            shadowed.push(without_shadows(&meeting));
            shadowed.extend_from_slice(above);
            shadowed
        }
    };
    upper.clone().with_shadowed(shadowed)
}

/// The value without its shadows.
fn without_shadows(value: &Value) -> Value {
    value.clone().with_shadowed(Vec::new())
}

/// The values of single layers that the join of `lower` and `upper` is made of.
fn contributions(lower: &Value, upper: &Value) -> Vec<Value> {
    let add_own = |all: &mut Vec<Value>, value: &Value| match value.joined() {
        [] => all.push(without_shadows(value)),
        joined => all.extend_from_slice(joined),
    };
    // An empty table contributes nothing, because an empty layer changes nothing.
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
    strategy: &dyn Fn(&Key) -> MergeStrategy,
) -> Option<Value> {
    match (lower.kind(), upper.kind()) {
        (Kind::Table(_), Kind::Table(_)) | (Kind::Array(_), Kind::Array(_)) if upper.extends() => {
            Some(upper.clone())
        }
        (Kind::Table(below), Kind::Table(above)) => {
            if !strategy(key).joins(lower) {
                return None;
            }
            if above.is_empty() {
                return Some(lower.clone());
            }
            if below.is_empty() {
                return Some(upper.clone());
            }
            let (members, fingerprint) =
                join_tables(key, (below, lower.fingerprint()), (above, upper.fingerprint()), strategy);
            // A missing key is reported at the origin of its table. So the table keeps the origin in a file, else in
            // another layer, else in the defaults; of two that are equally good, the upper one.
            let rank = |value: &Value| match value.origin() {
                origin if origin.layer() == LayerKind::Defaults => 0,
                origin if origin.source().has_lines() => 2,
                _ => 1,
            };
            let prefers_upper = rank(upper) >= rank(lower);
            let origin = if prefers_upper { upper.origin() } else { lower.origin() };
            Some(Value::table_with_fingerprint(members, origin.clone(), fingerprint))
        }
        (Kind::Array(below), Kind::Array(above)) => {
            let elements = match strategy(key) {
                MergeStrategy::Join | MergeStrategy::Replace => return None,
                MergeStrategy::Append => {
                    let mut elements = below.clone();
                    elements.append(above);
                    elements
                }
                MergeStrategy::Union => {
                    let mut elements = below.clone();
                    let mut seen: BTreeSet<Fingerprint> = below.iter().map(Value::fingerprint).collect();
                    elements.extend(above.iter().filter(|e| seen.insert(e.fingerprint())).cloned());
                    elements
                }
                MergeStrategy::By(name) => join_items(key, &name, below, above, strategy),
            };
            Some(Value::new(Kind::Array(elements), upper.origin().clone()))
        }
        _ => None,
    }
}

/// Merges the items of two lists that have the same value of the member `name`. If several items of one list have it, the
/// first is merged with the first of the other list, the second with the second.
fn join_items(
    key: &mut Key,
    name: &str,
    below: &List,
    above: &List,
    strategy: &dyn Fn(&Key) -> MergeStrategy,
) -> List {
    let places: BTreeMap<(Fingerprint, usize), usize> =
        identities(below, name).zip(0..).filter_map(|(identity, place)| Some((identity?, place))).collect();
    let mut elements = below.clone();
    // The place of an item depends on the other layers, and its strategies must not.
    key.push(Segment::Index(0));
    for (item, identity) in above.iter().zip(identities(above, name)) {
        let place = identity.and_then(|identity| places.get(&identity));
        match place.and_then(|place| Some((*place, merge_at(key, elements.get(*place)?, item, strategy)))) {
            Some((place, merged)) => elements.set(place, merged),
            None => elements.extend([item.clone()]),
        }
    }
    key.pop();
    elements
}

/// For each item the value of its member, and how many items up to this one have it.
fn identities<'a>(items: &'a List, name: &'a str) -> impl Iterator<Item = Option<(Fingerprint, usize)>> + 'a {
    let mut counts: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    items.iter().map(move |item| {
        let value = item.member(name)?.fingerprint();
        let count = counts.entry(value).or_default();
        *count += 1;
        Some((value, *count))
    })
}

/// Merges the smaller table into the larger one: an environment layer of three variables over ten thousand keys takes three
/// steps.
fn join_tables(
    key: &mut Key,
    (below, below_fingerprint): (&Table, Fingerprint),
    (above, above_fingerprint): (&Table, Fingerprint),
    strategy: &dyn Fn(&Key) -> MergeStrategy,
) -> (Table, Fingerprint) {
    let upper_is_smaller = above.len() < below.len();
    let (mut members, mut fingerprint, added) = if upper_is_smaller {
        (below.clone(), below_fingerprint, above)
    } else {
        (above.clone(), above_fingerprint, below)
    };
    for (name, entry) in added {
        let Some(existing) = members.get_mut(name) else {
            fingerprint = replace_entry(fingerprint, name, None, Some(entry));
            members.insert(name.clone(), entry.clone());
            continue;
        };
        let (lower, upper) = if upper_is_smaller { (&*existing, entry) } else { (entry, &*existing) };
        key.push(Segment::Name(name.clone()));
        let merged = merge_at(key, lower, upper, strategy);
        key.pop();
        if merged != *existing {
            fingerprint = replace_entry(fingerprint, name, Some(existing), Some(&merged));
        }
        *existing = merged;
    }
    (members, fingerprint)
}

/// The tree without the entries that unset keys; subtrees without such entries stay shared.
fn without_unset(value: &Value) -> Value {
    if !has_unset(value) {
        return value.clone();
    }
    let members = match value.kind() {
        Kind::Table(members) => members,
        Kind::Array(elements) => {
            return value.with_kind(Kind::Array(elements.iter().map(without_unset).collect()));
        }
        _ => return value.clone(),
    };
    let kept = members
        .iter()
        .filter(|(_, member)| !matches!(member.kind(), Kind::Unset))
        .map(|(name, member)| (name.clone(), without_unset(member)))
        .collect();
    value.with_kind(Kind::Table(kept))
}

fn has_unset(value: &Value) -> bool {
    match value.kind() {
        Kind::Unset => true,
        Kind::Table(members) => members.values().any(has_unset),
        Kind::Array(elements) => elements.iter().any(has_unset),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
