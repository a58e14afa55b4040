//! The `default`s of a schema as the lowest layer.

use alloc::vec::Vec;

use super::graph::{Combined, NodeId, NodeSet, SchemaGraph};
use super::schema::Schema;
use crate::config::{Layer, MergeStrategy, merge};
use crate::tree::{Segment, Text, Value};

impl Schema {
    /// The `default`s of the schema as a layer below `present`, the merged tree of all other layers.
    ///
    /// A table that no layer sets is filled only if its defaults contain every required key: an incomplete table would
    /// make the configuration invalid. A table that is itself a `default` is filled like one that a layer sets.
    ///
    /// A subschema that contains itself is filled only where a layer sets the table or it has a `default`. Below a table that a
    /// layer sets, such a `default` is filled in once, and the same subschema inside it is not set.
    ///
    /// Of alternatives, only the one beside `null` and the one that the discriminator chooses have an effect, and only in a table
    /// that is set. Tables in lists get theirs after the merge.
    pub fn defaults(&self, present: Option<&Value>) -> Option<Layer> {
        self.graph.lowest_layer(Given { present, ..Given::default() }).map(Layer::new)
    }

    /// The `default`s of [`Schema::defaults`] that are not in `known`, a layer that it returned for a tree of which `present`
    /// [chooses the variants](Self::chooses_alike). That tree with these defaults is `filled`: where `present` is like it, nothing is looked
    /// for.
    pub(crate) fn further_defaults(
        &self,
        present: Option<&Value>,
        known: &Layer,
        filled: &Value,
    ) -> Option<Layer> {
        let given = Given { present, known: Some(known.root()), filled: Some(filled), implied: None };
        self.graph.lowest_layer(given).map(Layer::new)
    }

    /// Whether two trees choose the same variant wherever a discriminator chooses one, and so may have the same defaults.
    pub(crate) fn chooses_alike(&self, one: &Value, other: &Value) -> bool {
        self.graph.choose_alike(&[SchemaGraph::ROOT], one, other)
    }
}

/// The values at a key whose default is looked for.
#[derive(Clone, Copy, Default)]
struct Given<'v> {
    /// The value of the other layers.
    present: Option<&'v Value>,
    /// The value that the `default` of a table around it has.
    implied: Option<&'v Value>,
    /// The default that is known.
    known: Option<&'v Value>,
    /// The value for which the known default was found, with that default.
    filled: Option<&'v Value>,
}

impl<'v> Given<'v> {
    fn member(self, name: &str) -> Self {
        let member = |table: Option<&'v Value>| table.and_then(|table| table.member(name));
        Self {
            present: member(self.present),
            implied: member(self.implied),
            known: member(self.known),
            filled: member(self.filled),
        }
    }

    /// Whether no layer sets more than the default that is known, or more than that for which it was found.
    fn is_known(self) -> bool {
        let is_default = self.present.zip(self.known).is_some_and(|(present, known)| {
            present == known && present.origin() == known.origin() && present.joined().is_empty()
        });
        is_default || self.filled.is_some() && self.filled == self.present
    }
}

/// The tables that no layer sets and that are being filled, from the outside to the inside.
#[derive(Debug, Default)]
struct AbsentTables {
    /// Their subschemas.
    open: Vec<NodeId>,
    /// Where in `open` the outermost subschema is that was found again inside.
    repeated: Option<usize>,
}

impl AbsentTables {
    /// Whether one of the subschemas is that of a table around the value.
    fn repeat(&mut self, nodes: &[NodeId]) -> bool {
        let place = self.open.iter().position(|id| nodes.contains(id));
        self.repeated = self.repeated.into_iter().chain(place).min();
        place.is_some()
    }

    /// Calls `fill` for the inside of a table, and returns whether the table contains itself.
    fn enter<R>(&mut self, nodes: &[NodeId], fill: impl FnOnce(&mut Self) -> R) -> (R, bool) {
        let before = self.repeated.take();
        let depth = self.open.len();
        self.open.extend(nodes);
        let filled = fill(self);
        let contains_itself = self.repeated.is_some_and(|repeated| repeated < self.open.len());
        self.open.truncate(depth);
        self.repeated = before.into_iter().chain(self.repeated).min();
        (filled, contains_itself)
    }
}

impl SchemaGraph {
    /// The defaults of a table that other layers set: its own, and those of its members.
    pub(super) fn defaults_of(&self, nodes: &[NodeId], table: &Value) -> Option<Value> {
        let given = Given { present: Some(table), ..Given::default() };
        self.default_at(nodes, given, &mut AbsentTables::default())
    }

    /// The defaults of the members of such a table, without its own.
    pub(super) fn defaults_inside(&self, nodes: &[NodeId], table: &Value) -> Option<Value> {
        let nodes = self.conjunction(nodes, Some(table));
        let given = Given { present: Some(table), ..Given::default() };
        let members = self.default_members(&nodes, given, &mut AbsentTables::default());
        let origin = members.first()?.1.origin().clone();
        Some(Value::table(members, origin))
    }

    /// Whether a table of these subschemas replaces the one of lower layers (`x-merge`).
    pub(super) fn replaces(&self, nodes: &[NodeId]) -> bool {
        let has_strategy = |id: &NodeId| self.strategies_below.contains(*id);
        nodes.iter().any(has_strategy)
            && self
                .with_parts(nodes)
                .iter()
                .any(|id| self.node(*id).notes.merge == Some(MergeStrategy::Replace))
    }

    fn choose_alike(&self, nodes: &[NodeId], one: &Value, other: &Value) -> bool {
        if one == other || !nodes.iter().any(|id| self.variants_below.contains(*id)) {
            return true;
        }
        let chosen = self.conjunction(nodes, Some(one));
        let are_alike = |(name, member): (&Text, &Value)| {
            other.member(name).is_none_or(|other| {
                let of = self.below(&chosen, &Segment::Name(name.clone()));
                self.choose_alike(&of, member, other)
            })
        };
        chosen == self.conjunction(nodes, Some(other))
            && one.as_table().is_none_or(|members| members.iter().all(are_alike))
    }

    fn lowest_layer(&self, given: Given<'_>) -> Option<Value> {
        let root = [SchemaGraph::ROOT];
        // The defaults of such a table are added to the merged one.
        let is_table = given.present.is_some_and(|present| present.as_table().is_some());
        if is_table && self.replaces(&root) {
            return None;
        }
        self.default_at(&root, given, &mut AbsentTables::default())
    }

    /// The default of a value: its own, in a table also those of its members.
    fn default_at(&self, nodes: &[NodeId], given: Given<'_>, absent: &mut AbsentTables) -> Option<Value> {
        if !nodes.iter().any(|node| self.defaults_below.contains(*node)) || given.is_known() {
            return None;
        }
        if given.known.is_some() && nodes.iter().all(|id| self.settled_defaults.contains(*id)) {
            return None;
        }
        if let [only] = nodes
            && self.is_alone(*only)
        {
            return self.node(*only).notes.default.clone();
        }
        let is_root = *nodes == [Self::ROOT];
        // A value that is not a table shadows its defaults, which stay the same below it.
        let is_table = |value: &&Value| value.as_table().is_some();
        let present = given.present.filter(is_table);
        let implied = given.implied.filter(is_table);
        let nodes = self.conjunction(nodes, present);
        let own = nodes.iter().find_map(|id| self.node(*id).notes.default.as_ref());
        let own = own.filter(|_| given.known.is_none());
        // The `null` of an optional table has no effect in a table that is set.
        if let Some(other) = own.filter(|own| !is_table(own) && present.is_none()) {
            return Some(other.clone());
        }
        let given = Given { present, implied, ..given };
        self.default_table(nodes, own.filter(is_table), given, present.is_some() || is_root, absent)
    }

    /// The default of a table: its `own`, and those of its members. `is_set` is false if no layer sets it.
    fn default_table(
        &self,
        mut nodes: Vec<NodeId>,
        own: Option<&Value>,
        given: Given<'_>,
        is_set: bool,
        absent: &mut AbsentTables,
    ) -> Option<Value> {
        // A subschema that contains itself would fill tables without end.
        let repeats = !is_set && absent.repeat(&nodes);
        let own = own.filter(|_| !repeats);
        let implied = joined(own, given.implied);
        if repeats && implied.is_none() {
            return None;
        }
        let table = joined(implied.as_ref(), given.present);
        if implied.is_some() {
            nodes = self.conjunction(&nodes, table.as_ref());
        }
        let inside = Given { implied: implied.as_ref(), ..given };
        let (members, contains_itself) = if is_set {
            (self.default_members(&nodes, inside, absent), false)
        } else {
            absent.enter(&nodes, |absent| self.default_members(&nodes, inside, absent))
        };
        let mut required = nodes.iter().flat_map(|id| &self.node(*id).required);
        let is_filled = is_set
            || implied.is_some()
            || !contains_itself && required.all(|name| members.iter().any(|(known, _)| known == name));
        let Some((_, first)) = members.first().filter(|_| is_filled) else { return own.cloned() };
        // An empty table has no effect in a merge, but missing keys are reported at its origin.
        let empty = table.filter(|table| table.as_table().is_some_and(|members| members.is_empty()));
        let origin = empty.as_ref().unwrap_or(first).origin().clone();
        joined(Some(&Value::table(members, origin)), own)
    }

    fn default_members(
        &self,
        all: &[NodeId],
        given: Given<'_>,
        absent: &mut AbsentTables,
    ) -> Vec<(Text, Value)> {
        let nodes = || all.iter().map(|id| self.node(*id));
        // Skip members that lead to no default, and those whose defaults are known.
        let free = all.iter().any(|id| self.has_free_below(*id));
        let leads = |id: &NodeId| {
            self.defaults_below.contains(*id)
                && (given.known.is_none() || !self.settled_defaults.contains(*id))
        };
        let named = nodes().flat_map(|node| &node.properties);
        let named = named.filter(|(_, id)| free || leads(id));
        let tables = [given.present, given.implied].into_iter().flatten().filter_map(Value::as_table);
        let others = tables.filter(|_| free).flat_map(|table| table.keys());
        let mut names: Vec<_> = named.map(|(name, _)| name).chain(others).collect();
        names.sort_unstable();
        names.dedup();
        // Tables of the same subschemas share one default, as the entries of a map do. An empty table has its own, at
        // its own origin.
        let mut shared: Option<(Vec<NodeId>, Option<Value>)> = None;
        let mut default_of = |name: &Text| {
            let of: Vec<NodeId> = nodes().flat_map(|node| node.of_member(name)).collect();
            let given = given.member(name);
            let table = given.present.and_then(Value::as_table);
            // The defaults of such a table are added to the merged one.
            if table.is_some() && self.replaces(&of) {
                return None;
            }
            let is_like_others = given.known.is_none()
                && given.implied.is_none()
                && table.is_some_and(|members| !members.is_empty());
            match &shared {
                Some((shared, default)) if is_like_others && *shared == of => return default.clone(),
                _ => {}
            }
            let default = self.default_at(&of, given, absent);
            if is_like_others && self.is_flat(&of) {
                shared = Some((of, default.clone()));
            }
            default
        };
        names.into_iter().filter_map(|name| Some((name.clone(), default_of(name)?))).collect()
    }

    /// Whether the defaults of a present table do not depend on its content: only named members have one, and none has
    /// further defaults inside.
    fn is_flat(&self, nodes: &[NodeId]) -> bool {
        let is_leaf = |id: &NodeId| {
            let inner = self.conjunction(&[*id], None);
            inner.iter().all(|id| self.named_below(*id).next().is_none() && !self.varies(*id))
        };
        self.conjunction(nodes, None)
            .iter()
            .all(|id| !self.varies(*id) && self.named_below(*id).all(|(_, id)| is_leaf(id)))
    }

    /// The nodes whose defaults do not depend on the other layers: only named members have one, every table with one
    /// has all its required keys, and none contains itself.
    pub(super) fn find_settled_defaults(&self) -> NodeSet {
        self.smallest_set(|settled, id| {
            let node = self.node(id);
            let is_settled = |id: &NodeId| settled.contains(*id) || !self.defaults_below.contains(*id);
            let own_has =
                |name: &str| node.notes.default.as_ref().is_some_and(|own| own.member(name).is_some());
            let has_default = |name: &Text| {
                own_has(name) || node.properties.get(name).is_some_and(|id| self.defaults_below.contains(*id))
            };
            let is_complete = id == Self::ROOT
                || self.named_below(id).next().is_none()
                || node.required.iter().all(has_default);
            let is_table = |default: &Value| default.as_table().is_some();
            let is_fixed =
                node.notes.default.as_ref().is_none_or(is_table) || self.named_below(id).next().is_none();
            is_complete
                && is_fixed
                && !self.varies(id)
                && (node.notes.merge != Some(MergeStrategy::Replace) || self.named_below(id).next().is_none())
                && node.all_of.iter().chain(&node.reference).all(is_settled)
                && self.named_below(id).all(|(_, id)| is_settled(id))
        })
    }

    /// Whether the subschema has only its own default, as most settings do.
    fn is_alone(&self, id: NodeId) -> bool {
        let node = self.node(id);
        let has_parts = node.reference.is_some() || !node.all_of.is_empty();
        !has_parts && self.named_below(id).next().is_none() && !self.varies(id)
    }

    /// The named members that lead to a default.
    fn named_below(&self, id: NodeId) -> impl Iterator<Item = (&Text, &NodeId)> {
        self.node(id).properties.iter().filter(|(_, id)| self.defaults_below.contains(**id))
    }

    /// Whether members of free names (`patternProperties`, `additionalProperties`) lead to a default.
    fn has_free_below(&self, id: NodeId) -> bool {
        let node = self.node(id);
        let mut free = node.patterns.iter().map(|(_, id)| id).chain(&node.additional);
        free.any(|id| self.defaults_below.contains(*id))
    }

    /// Whether the defaults depend on the value: on its free names, or on which alternative it chooses.
    fn varies(&self, id: NodeId) -> bool {
        self.has_free_below(id) || self.node(id).alternatives().any(|id| self.defaults_below.contains(id))
    }

    /// The nodes that apply to the value: references, `allOf` and, in a table that is present, the alternative that it chooses.
    pub(super) fn conjunction(&self, nodes: &[NodeId], present: Option<&Value>) -> Vec<NodeId> {
        let table = present.filter(|present| present.as_table().is_some());
        self.applicable(nodes, &|combined| match (combined, table) {
            (Combined::AnyOf(branches) | Combined::OneOf(branches), Some(table)) => {
                self.chosen(branches, table)
            }
            _ => Vec::new(),
        })
    }

    /// The nodes from which a default can be reached without passing a list.
    pub(super) fn find_defaults(&self) -> NodeSet {
        self.smallest_set(|set, id| {
            let node = self.node(id);
            let next = node.reference.iter().chain(&node.all_of).chain(node.properties.values());
            let next = next.chain(node.patterns.iter().map(|(_, id)| id)).chain(&node.additional);
            let mut next = next.copied().chain(node.alternatives());
            node.notes.default.is_some() || next.any(|id| set.contains(id))
        })
    }
}

/// The tables of two layers as one.
fn joined(lower: Option<&Value>, upper: Option<&Value>) -> Option<Value> {
    match (lower, upper) {
        (Some(lower), Some(upper)) => Some(merge(lower, upper, &|_| MergeStrategy::Join)),
        (lower, upper) => lower.or(upper).cloned(),
    }
}

#[cfg(test)]
mod tests;
