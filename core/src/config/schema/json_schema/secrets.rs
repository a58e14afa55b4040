//! Which keys and values are secret by a schema.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::assertion::Assertion;
use super::graph::{Combined, NodeId, SchemaGraph, SchemaNode};
use super::lookup::is_variable;
use super::schema::Schema;
use crate::config::MergeStrategy;
use crate::config::redact::{KeyDescription, Meaning};
use crate::tree::{Key, Kind, Segment, Text, Value};

impl Schema {
    /// Whether the schema marks the key, or one above it, as secret.
    pub fn is_secret(&self, key: &Key) -> bool {
        let mut secret = false;
        self.visit_while(key, &mut |_, nodes| {
            secret |= nodes.iter().any(|id| self.graph.node(*id).notes.secret);
            !secret && nodes.iter().any(|id| self.graph.secrets_below.contains(*id))
        });
        secret
    }

    /// The description of the whole tree.
    pub(crate) fn description(&self) -> SchemaDescription {
        let nodes = self.graph.with_parts(&[SchemaGraph::ROOT]);
        SchemaDescription { graph: Arc::clone(&self.graph), nodes }
    }
}

impl SchemaGraph {
    /// The members that have a secret, by their names and former names.
    pub(super) fn find_secret_names(&self) -> BTreeMap<Text, Vec<NodeId>> {
        let mut all: BTreeMap<Text, Vec<NodeId>> = BTreeMap::new();
        for (name, id) in self.nodes.iter().flat_map(|node| self.secret_names_of(node)) {
            all.entry(name).or_default().push(id);
        }
        all
    }

    /// The members of one subschema that have a secret, by their names and former names.
    fn secret_names_of(&self, node: &SchemaNode) -> Vec<(Text, NodeId)> {
        let mut names = Vec::new();
        let secret = node.properties.iter().filter(|(_, id)| self.secrets_below.contains(**id));
        for (name, id) in secret {
            names.push((name.clone(), *id));
            let parts = self.with_parts(&[*id]);
            let former = parts.iter().flat_map(|part| &self.node(*part).notes.aliases);
            names.extend(former.filter(|alias| !is_variable(alias)).map(|alias| (alias.clone(), *id)));
        }
        names
    }
}

/// What a schema says about the value at one key.
pub(crate) struct SchemaDescription {
    graph: Arc<SchemaGraph>,
    /// All subschemas that may apply to the value.
    nodes: Vec<NodeId>,
}

impl SchemaDescription {
    fn of(&self, nodes: impl IntoIterator<Item = NodeId>) -> Self {
        Self { graph: Arc::clone(&self.graph), nodes: self.graph.with_parts(&Vec::from_iter(nodes)) }
    }

    /// Those of some subschemas that have a secret.
    fn of_secrets(&self, nodes: impl Iterator<Item = NodeId>) -> Self {
        self.of(nodes.filter(|id| self.graph.secrets_below.contains(*id)))
    }

    fn nodes(&self) -> impl Iterator<Item = &SchemaNode> {
        self.nodes.iter().map(|id| self.graph.node(*id))
    }

    /// Whether a member of the name breaks `propertyNames`, as far as this is simple.
    fn refuses_name(&self, name: &Text) -> bool {
        self.nodes().flat_map(|node| &node.combined).any(|combined| {
            let Combined::PropertyNames(of) = combined else { return false };
            let node = self.graph.node(*of);
            let node = node.reference.map_or(node, |target| self.graph.node(target));
            let name = Value::new(Kind::String(name.clone()), node.origin.clone());
            node.refuses || !node.assertions.iter().all(|assertion| assertion.holds(&name))
        })
    }
}

impl KeyDescription for SchemaDescription {
    fn is_secret(&self) -> bool {
        self.nodes().any(|node| node.notes.secret)
    }

    fn has_secret(&self) -> bool {
        self.nodes.iter().any(|id| self.graph.secrets_below.contains(*id))
    }

    fn lists(&self, value: &Value) -> bool {
        let is_list = |one: &Assertion| matches!(one, Assertion::Enum(_) | Assertion::Const(_));
        self.nodes().flat_map(|node| &node.assertions).any(|one| is_list(one) && one.holds(value))
    }

    fn below(&self, segment: &Segment) -> (Self, Meaning) {
        let mut below = self.graph.below(&self.nodes, segment);
        if matches!(segment, Segment::Index(_)) {
            below.extend(self.nodes().flat_map(SchemaNode::contains));
            // An item of a layer has another index in the merged list.
            let is_joined = |node: &SchemaNode| {
                let strategy = node.notes.merge.as_ref();
                strategy.is_some_and(|strategy| *strategy != MergeStrategy::Replace)
            };
            if self.nodes().any(is_joined) {
                below.extend(self.elements().nodes);
            }
        }
        let refuses = |id: &NodeId| self.graph.node(*id).refuses;
        let is_property =
            |name: &Text| self.nodes().filter_map(|node| node.properties.get(name)).any(|id| !refuses(id));
        let meaning = match segment {
            Segment::Name(name) if is_property(name) => Meaning::Named,
            Segment::Name(name) if self.refuses_name(name) => Meaning::Refused,
            _ if below.iter().any(refuses) => Meaning::Refused,
            _ if below.is_empty() => Meaning::Open,
            _ => Meaning::Entry,
        };
        (self.of(below), meaning)
    }

    fn named(&self, is_wanted: &dyn Fn(&str) -> bool) -> Self {
        let names = self.nodes().flat_map(|node| self.graph.secret_names_of(node));
        self.of(names.filter(|(name, _)| is_wanted(name)).map(|(_, id)| id))
    }

    fn entries(&self) -> Self {
        self.of_secrets(self.nodes().flat_map(|node| {
            let patterns = node.patterns.iter().map(|(_, id)| *id);
            patterns.chain(node.additional).chain(node.unevaluated_members)
        }))
    }

    fn elements(&self) -> Self {
        self.of_secrets(self.nodes().flat_map(|node| node.elements().chain(node.contains())))
    }

    fn anywhere(&self, is_wanted: &dyn Fn(&str) -> bool) -> Self {
        let names = self.graph.secret_names.iter().filter(|(name, _)| is_wanted(name));
        self.of(names.flat_map(|(_, ids)| ids).copied())
    }

    fn or(&self, other: &Self) -> Self {
        self.of(self.nodes.iter().chain(&other.nodes).copied())
    }
}
