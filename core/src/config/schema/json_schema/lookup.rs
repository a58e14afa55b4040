//! Looking up a key in a schema: its facts, its types, and the known keys.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::facts::{NamedVariable, Reload};
use super::graph::{Combined, NodeId, SchemaGraph, SchemaNode};
use super::schema::Schema;
use crate::config::MergeStrategy;
use crate::tree::{Key, Kind, Segment, Text, TypeSet, Value};

/// How deep [`Schema::keys`] follows a schema that refers to itself.
const MAX_NAMES: usize = 12;

impl Schema {
    /// The types that the schema allows for a key, and for its elements if it is a list; `None` for an unknown key.
    pub(crate) fn types(&self, key: &Key) -> Option<(TypeSet, TypeSet)> {
        let full = key.segments().len();
        let (mut is_in_map, mut is_known) = (false, key.is_root());
        self.visit_while(key, &mut |depth, nodes| {
            is_in_map |= depth + 1 == full && key.last_name().is_some() && self.is_map_of_anything(nodes);
            is_known |= depth == full && nodes.iter().any(|id| !self.graph.node(*id).refuses);
            !is_in_map
        });
        if is_in_map {
            return Some((TypeSet::ANY, TypeSet::ANY));
        }
        let at = |key: &Key| self.graph.types_at(SchemaGraph::ROOT, key.segments());
        is_known.then(|| {
            let types = at(key);
            let has_elements = types.contains(TypeSet::ARRAY);
            (types, if has_elements { at(&key.element(0)) } else { TypeSet::NONE })
        })
    }

    /// The variable that the schema names for a key (`x-env`).
    pub(crate) fn variable(&self, key: &Key) -> Option<Text> {
        let full = key.segments().len();
        let mut variable = None;
        self.visit(key, &mut |depth, node| {
            if depth == full && variable.is_none() {
                variable.clone_from(&node.notes.variable);
            }
        });
        variable
    }

    /// Whether variables keep the capitals of free names at the key: `x-env-case` of the nearest key at or above it.
    pub(crate) fn keeps_case(&self, key: &Key) -> Option<bool> {
        let mut keeps = None;
        self.visit(key, &mut |_, node| keeps = node.notes.keeps_case.or(keeps));
        keeps
    }

    /// Whether an empty variable of the key is as if not set: `x-env-empty` of the nearest key at or above it.
    pub(crate) fn ignores_empty(&self, key: &Key) -> bool {
        let mut ignores = None;
        self.visit(key, &mut |_, node| ignores = node.notes.ignores_empty.or(ignores));
        ignores == Some(true)
    }

    /// Whether the table at a key may have a member of this name, as far as `propertyNames` and the types of the member say.
    pub(crate) fn takes_name(&self, key: &Key, name: &str) -> bool {
        let full = key.segments().len();
        let mut takes = self.types(&key.child(name)).is_some_and(|(types, _)| !types.is_empty());
        self.visit(key, &mut |depth, node| {
            for judged in node.combined.iter().filter(|_| depth == full) {
                takes &= !matches!(judged, Combined::PropertyNames(of) if !self.holds_of_name(*of, name));
            }
        });
        takes
    }

    fn holds_of_name(&self, id: NodeId, name: &str) -> bool {
        let node = self.graph.node(id);
        let text = Value::new(Kind::String(name.into()), node.origin.clone());
        let alternatives = |judged: &Combined| match judged {
            Combined::AnyOf(of) | Combined::OneOf(of) => of.iter().any(|id| self.holds_of_name(*id, name)),
            _ => true,
        };
        !node.refuses
            && node.assertions.iter().all(|assertion| assertion.holds(&text))
            && node.reference.iter().chain(&node.all_of).all(|id| self.holds_of_name(*id, name))
            && node.combined.iter().all(alternatives)
    }

    /// Whether the schema itself describes the member `name` of the root: in `properties`, `required`, or `patternProperties` by a pattern
    /// that not every name matches.
    pub(crate) fn names_at_root(&self, name: &str) -> bool {
        let mut is_named = false;
        self.visit(&Key::root(), &mut |_, node| {
            let mut patterns = node.patterns.iter().map(|(pattern, _)| pattern);
            is_named |= node.properties.contains_key(name)
                || node.required.iter().any(|required| required == name)
                || patterns.any(|pattern| pattern.is_match(name) && !pattern.is_match("a"));
        });
        is_named
    }

    /// When a change of the key takes effect.
    pub fn reload(&self, key: &Key) -> Reload {
        let mut reload = Reload::default();
        self.visit_while(key, &mut |_, nodes| {
            for node in nodes.iter().map(|id| self.graph.node(*id)) {
                reload = node.notes.reload.unwrap_or(reload);
            }
            nodes.iter().any(|id| self.graph.reloads_below.contains(*id))
        });
        reload
    }

    /// How a table or a list at the key is merged with that of the layer below.
    pub fn merge_strategy(&self, key: &Key) -> MergeStrategy {
        self.strategy_at(SchemaGraph::ROOT, key.segments(), &mut BTreeSet::new()).unwrap_or_default()
    }

    /// The first strategy in the order of [`Schema::visit`].
    fn strategy_at(
        &self,
        id: NodeId,
        segments: &[Segment],
        seen: &mut BTreeSet<(NodeId, usize)>,
    ) -> Option<MergeStrategy> {
        let node = self.graph.node(id);
        // Only a subschema with others for the same value can lead back to itself.
        let is_new = |seen: &mut BTreeSet<_>| !node.has_parts() || seen.insert((id, segments.len()));
        if !self.graph.strategies_below.contains(id) || !is_new(seen) {
            return None;
        }
        let own = match segments.split_first() {
            None => node.notes.merge.clone(),
            Some((Segment::Name(name), rest)) => {
                node.of_member(name).find_map(|of| self.strategy_at(of, rest, seen))
            }
            Some((Segment::Index(index), rest)) => {
                node.of_element(*index).and_then(|of| self.strategy_at(of, rest, seen))
            }
        };
        own.or_else(|| node.in_place().into_iter().find_map(|part| self.strategy_at(part, segments, seen)))
    }

    /// Visits each node that may apply to the key or to one above it, whatever the values are:
    /// alternatives count too, since a setting is secret if it is secret in one of them.
    pub(super) fn visit(&self, key: &Key, visit: &mut dyn FnMut(usize, &SchemaNode)) {
        self.visit_while(key, &mut |depth, nodes| {
            nodes.iter().for_each(|id| visit(depth, self.graph.node(*id)));
            true
        });
    }

    /// Visits the nodes that may apply to each part of the key, from the root on, until `visit` returns false.
    pub(super) fn visit_while(&self, key: &Key, visit: &mut dyn FnMut(usize, &[NodeId]) -> bool) {
        let mut here: Vec<NodeId> = Vec::from([SchemaGraph::ROOT]);
        for depth in 0..=key.segments().len() {
            let nodes = self.graph.with_parts(&here);
            if !visit(depth, &nodes) {
                return;
            }
            let Some(segment) = key.segments().get(depth) else { return };
            here = self.graph.below(&nodes, segment);
            if matches!(segment, Segment::Index(_)) {
                here.extend(nodes.iter().flat_map(|id| self.graph.node(*id).contains()));
            }
        }
    }

    /// The keys that the schema names, tables and lists included, in their order.
    pub fn keys(&self) -> Vec<Key> {
        let mut keys = BTreeSet::new();
        self.keys_below(&[SchemaGraph::ROOT], &mut Key::root(), &mut Vec::new(), &mut keys);
        keys.into_iter().collect()
    }

    fn keys_below(&self, nodes: &[NodeId], key: &mut Key, open: &mut Vec<NodeId>, keys: &mut BTreeSet<Key>) {
        if key.segments().len() >= MAX_NAMES {
            return;
        }
        // A schema that refers to itself names keys without end.
        let nodes: Vec<NodeId> =
            self.graph.with_parts(nodes).into_iter().filter(|id| !open.contains(id)).collect();
        let depth = open.len();
        open.extend(&nodes);
        let mut members: BTreeMap<&Text, Vec<NodeId>> = BTreeMap::new();
        for (name, of) in nodes.iter().flat_map(|id| &self.graph.node(*id).properties) {
            if !self.graph.node(*of).refuses {
                members.entry(name).or_default().push(*of);
            }
        }
        for (name, of) in members {
            key.push(Segment::Name(name.clone()));
            keys.insert(key.clone());
            self.keys_below(&of, key, open, keys);
            key.pop();
        }
        open.truncate(depth);
    }

    /// The variables that the schema names, sorted by name.
    pub(super) fn find_named_variables(&self) -> Vec<NamedVariable> {
        let silent = |node: &SchemaNode| node.notes.variable.is_none() && node.notes.aliases.is_empty();
        if self.graph.nodes.iter().all(silent) {
            return Vec::new();
        }
        let mut all = Vec::new();
        for key in self.keys() {
            let Some(facts) = self.facts(&key) else { continue };
            let former = facts.aliases.into_iter().filter(|alias| is_variable(alias));
            let names =
                facts.variable.map(|name| (name, false)).into_iter().chain(former.map(|name| (name, true)));
            all.extend(names.map(|(variable, former)| NamedVariable { variable, key: key.clone(), former }));
        }
        all.sort_by(|a, b| a.variable.cmp(&b.variable).then_with(|| a.key.cmp(&b.key)));
        all
    }

    /// The key that `rest` spells using only names of the schema. Every table on the way must allow no other names, so
    /// that no layer can add a second key with this spelling. `behind` removes a name from the front of a text.
    ///
    /// `None` if the schema alone does not decide the key.
    pub(crate) fn closed_key(
        &self,
        mut rest: &str,
        behind: &dyn for<'v> Fn(&'v str, &str) -> Option<&'v str>,
    ) -> Option<Key> {
        let mut key = Key::root();
        let mut here = Vec::from([SchemaGraph::ROOT]);
        loop {
            let nodes = self.graph.with_parts(&here);
            let mut found: Option<(&Text, &str)> = None;
            if self.take_other_names(&nodes) && !self.refuse_other_names(&here) {
                return None;
            }
            for node in nodes.iter().map(|id| self.graph.node(*id)) {
                for name in node.properties.keys() {
                    let after =
                        behind(rest, name).filter(|after| after.is_empty() || after.starts_with("__"));
                    match (after, found) {
                        (Some(_), Some((known, _))) if known != name => return None,
                        (Some(after), _) => found = Some((name, after)),
                        (None, _) => {}
                    }
                }
            }
            let (name, after) = found?;
            let segment = Segment::Name(name.clone());
            here = self.graph.below(&nodes, &segment);
            key.push(segment);
            match after.strip_prefix("__") {
                Some(below) => rest = below,
                None => {
                    let has_own = |id: &NodeId| self.graph.node(*id).notes.variable.is_some();
                    return (!self.graph.with_parts(&here).iter().any(has_own)).then_some(key);
                }
            }
        }
    }

    /// Whether a node that applies to every table of these subschemas refuses all members that it does not name.
    fn refuse_other_names(&self, nodes: &[NodeId]) -> bool {
        self.graph.conjunction(nodes, None).iter().map(|id| self.graph.node(*id)).any(|node| {
            node.patterns.is_empty() && node.additional.is_some_and(|rest| self.graph.node(rest).refuses)
        })
    }

    /// Whether the nodes, which all apply to one table, allow members that they do not name.
    fn take_other_names(&self, nodes: &[NodeId]) -> bool {
        if self.is_map_of_anything(nodes) {
            return true;
        }
        let nodes = || nodes.iter().map(|id| self.graph.node(*id));
        let refuses = |rest: NodeId| self.graph.node(rest).refuses;
        // `unevaluatedProperties: false` refuses what no other subschema of the table names.
        let is_closed = nodes().any(|node| node.unevaluated_members.is_some_and(refuses));
        nodes().filter(|node| node.reference.is_none()).any(|node| {
            let is_silent =
                node.properties.is_empty() && node.additional.or(node.unevaluated_members).is_none();
            let takes_rest = match node.additional {
                Some(rest) => !refuses(rest),
                None => !is_closed && !is_silent,
            };
            !node.patterns.is_empty() || takes_rest
        })
    }

    /// Whether the nodes, which all apply to one table, describe a map of anything: an object, and nothing about its members.
    fn is_map_of_anything(&self, nodes: &[NodeId]) -> bool {
        let nodes = || nodes.iter().map(|id| self.graph.node(*id));
        let is_silent = |node: &SchemaNode| {
            let rest = node.additional.or(node.unevaluated_members);
            node.properties.is_empty() && node.patterns.is_empty() && rest.is_none()
        };
        let is_object =
            |node: &SchemaNode| node.types != TypeSet::ANY && node.types.contains(TypeSet::OBJECT);
        nodes().all(is_silent) && nodes().any(is_object)
    }

    /// The names that the schema gives to the members of a table, and whether it allows others.
    pub fn member_names(&self, key: &Key) -> (Vec<Text>, bool) {
        let (names, open) = self.wanted_names(key, &|_| true);
        (names.into_iter().collect(), open)
    }

    /// [`Schema::member_names`], limited to the names that `wanted` accepts.
    pub(crate) fn wanted_names(&self, key: &Key, wanted: &dyn Fn(&str) -> bool) -> (BTreeSet<Text>, bool) {
        let full = key.segments().len();
        let mut names = BTreeSet::new();
        let mut open = false;
        self.visit_while(key, &mut |depth, nodes| {
            if depth == full {
                let named = nodes.iter().flat_map(|id| self.graph.node(*id).properties.keys());
                names.extend(named.filter(|name| wanted(name)).cloned());
                open = self.take_other_names(nodes);
            }
            true
        });
        (names, open)
    }
}

/// Whether an entry of `x-aliases` is a variable, not a key: capitals, digits and `_` only.
pub(super) fn is_variable(alias: &str) -> bool {
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    alias.starts_with(|c: char| c.is_ascii_uppercase()) && alias.chars().all(allowed)
}
