//! A schema as a graph of numbered nodes.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::assertion::Assertion;
use super::facts::Reload;
use super::pattern::Pattern;
use crate::config::MergeStrategy;
use crate::tree::{Key, Origin, Segment, Text, TypeSet, Value};

/// The number of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(pub(super) u32);

/// A set of nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeSet(pub(super) Vec<bool>);

impl NodeSet {
    pub(super) fn contains(&self, id: NodeId) -> bool {
        self.0.get(id.0 as usize) == Some(&true)
    }
}

/// The nodes that use each node, once for each use: pairs of a used node and one that uses it, sorted.
pub(super) struct NodeUsers(Vec<(NodeId, NodeId)>);

impl NodeUsers {
    fn of(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let start = self.0.partition_point(|(used, _)| *used < id);
        let uses = self.0.iter().skip(start).take_while(move |(used, _)| *used == id);
        uses.map(|(_, user)| *user)
    }
}

/// A compiled schema. Nodes refer to one another by number, so that a schema may refer to itself.
#[derive(Clone, Debug, Default)]
pub(super) struct SchemaGraph {
    pub(super) nodes: Vec<SchemaNode>,
    /// The length of the longest chain of subschemas that apply to the same value.
    pub(super) longest_chain: usize,
    pub(super) has_restarts: bool,
    /// The nodes from which a `default` can be reached.
    pub(super) defaults_below: NodeSet,
    /// For each node, whether its defaults are the same whatever the other layers hold.
    pub(super) settled_defaults: NodeSet,
    /// The nodes from which an `x-merge` can be reached.
    pub(super) strategies_below: NodeSet,
    /// The nodes from which an `x-reload` can be reached.
    pub(super) reloads_below: NodeSet,
    /// The nodes from which an `x-secret` can be reached.
    pub(super) secrets_below: NodeSet,
    /// The nodes from which a `deprecated` can be reached.
    pub(super) deprecated_below: NodeSet,
    /// The nodes from which a `default` of an element of a list can be reached.
    pub(super) item_defaults_below: NodeSet,
    /// The members of all tables from which an `x-secret` can be reached, by their names and former names.
    pub(super) secret_names: BTreeMap<Text, Vec<NodeId>>,
    /// The nodes from which alternatives with a discriminator can be reached.
    pub(super) variants_below: NodeSet,
    /// The nodes with subschemas that several others use.
    pub(super) shared: NodeSet,
}

/// One subschema.
#[derive(Clone, Debug)]
pub(super) struct SchemaNode {
    /// `false`: nothing is valid here.
    pub(super) refuses: bool,
    pub(super) types: TypeSet,
    pub(super) assertions: Vec<Assertion>,
    pub(super) properties: BTreeMap<Text, NodeId>,
    pub(super) patterns: Vec<(Pattern, NodeId)>,
    pub(super) additional: Option<NodeId>,
    pub(super) required: Vec<Text>,
    pub(super) items: Items,
    /// The target of a `$ref` that has no effective siblings. A node with one has nothing else but notes.
    pub(super) reference: Option<NodeId>,
    /// `allOf`, and the targets of references with siblings.
    pub(super) all_of: Vec<NodeId>,
    pub(super) combined: Vec<Combined>,
    /// `unevaluatedProperties`.
    pub(super) unevaluated_members: Option<NodeId>,
    /// `unevaluatedItems`.
    pub(super) unevaluated_elements: Option<NodeId>,
    pub(super) notes: Notes,
    /// The place of the subschema in its document.
    pub(super) origin: Origin,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Items {
    #[default]
    Any,
    Each(NodeId),
    Tuple {
        first: Vec<NodeId>,
        rest: Option<NodeId>,
    },
}

/// A keyword that combines subschemas.
#[derive(Clone, Debug)]
pub(super) enum Combined {
    AnyOf(Vec<NodeId>),
    OneOf(Vec<NodeId>),
    Not(NodeId),
    If {
        condition: NodeId,
        then: Option<NodeId>,
        otherwise: Option<NodeId>,
    },
    Contains(Contains),
    PropertyNames(NodeId),
    /// `dependencies`, `dependentRequired` and `dependentSchemas`.
    Dependencies(BTreeMap<Text, Vec<Dependency>>),
}

/// `contains` with the number of elements that must match.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contains {
    pub(super) of: NodeId,
    pub(super) min: usize,
    pub(super) max: Option<usize>,
    /// Whether `unevaluatedItems` leaves out the elements that match, as from 2020-12 on.
    pub(super) evaluates: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Dependency {
    Names(Vec<Text>),
    Schema(NodeId),
}

/// Annotations of a subschema, which do not restrict the value.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    pub(super) description: Option<Text>,
    pub(super) default: Option<Value>,
    pub(super) secret: bool,
    pub(super) reload: Option<Reload>,
    pub(super) merge: Option<MergeStrategy>,
    /// The place of `x-merge` in the schema.
    pub(super) merge_at: Option<(Key, Origin)>,
    pub(super) aliases: Vec<Text>,
    pub(super) variable: Option<Text>,
    /// `x-env-case`: whether variables keep the capitals of free names.
    pub(super) keeps_case: Option<bool>,
    /// `x-env-empty`: whether an empty variable is as if not set.
    pub(super) ignores_empty: Option<bool>,
    pub(super) deprecated: bool,
}

impl Notes {
    /// The description, to show it.
    pub(super) fn description(&self) -> Option<String> {
        self.description.as_deref().map(String::from)
    }
}

impl SchemaNode {
    /// A node that allows every value.
    pub(super) fn any(origin: Origin) -> Self {
        Self {
            refuses: false,
            types: TypeSet::ANY,
            assertions: Vec::new(),
            properties: BTreeMap::new(),
            patterns: Vec::new(),
            additional: None,
            required: Vec::new(),
            items: Items::Any,
            reference: None,
            all_of: Vec::new(),
            combined: Vec::new(),
            unevaluated_members: None,
            unevaluated_elements: None,
            notes: Notes::default(),
            origin,
        }
    }

    /// Whether it has `unevaluatedProperties` or `unevaluatedItems`.
    pub(super) fn has_unevaluated(&self) -> bool {
        self.unevaluated_members.or(self.unevaluated_elements).is_some()
    }

    /// Whether it has nothing but references.
    pub(super) fn has_only_references(&self) -> bool {
        self.types == TypeSet::ANY
            && self.assertions.is_empty()
            && self.required.is_empty()
            && self.combined.is_empty()
            && self.is_alone()
    }

    /// Whether it says nothing about single members and elements.
    pub(super) fn is_alone(&self) -> bool {
        let rest = self.additional.or(self.unevaluated_members).or(self.unevaluated_elements);
        self.properties.is_empty()
            && self.patterns.is_empty()
            && rest.is_none()
            && matches!(self.items, Items::Any)
    }

    /// Whether other subschemas may apply to the same value; see [`SchemaNode::in_place`].
    pub(super) fn has_parts(&self) -> bool {
        self.reference.is_some() || !self.all_of.is_empty() || !self.combined.is_empty()
    }

    /// The subschemas that apply to the same value as this one.
    pub(super) fn in_place(&self) -> Vec<NodeId> {
        let mut nodes: Vec<NodeId> = self.reference.iter().chain(&self.all_of).copied().collect();
        for combined in &self.combined {
            match combined {
                Combined::AnyOf(branches) | Combined::OneOf(branches) => nodes.extend(branches),
                Combined::Not(node) => nodes.push(*node),
                Combined::If { condition, then, otherwise } => {
                    nodes.push(*condition);
                    nodes.extend(then.iter().chain(otherwise));
                }
                Combined::Contains(_) | Combined::PropertyNames(_) => {}
                Combined::Dependencies(of) => nodes.extend(of.values().flatten().filter_map(|on| match on {
                    Dependency::Schema(node) => Some(*node),
                    Dependency::Names(_) => None,
                })),
            }
        }
        nodes
    }

    /// The subschemas that apply to members and elements of the value.
    pub(super) fn below(&self) -> impl Iterator<Item = NodeId> {
        let members = self.properties.values().chain(self.patterns.iter().map(|(_, id)| id));
        let members = members.chain(&self.additional).chain(&self.unevaluated_members);
        members.copied().chain(self.elements()).chain(self.contains())
    }

    /// The subschemas that apply to elements of the value.
    pub(super) fn elements(&self) -> impl Iterator<Item = NodeId> {
        let (items, rest): (&[NodeId], _) = match &self.items {
            Items::Any => (&[], None),
            Items::Each(each) => (core::slice::from_ref(each), None),
            Items::Tuple { first, rest } => (first, rest.as_ref()),
        };
        items.iter().chain(rest).chain(&self.unevaluated_elements).copied()
    }

    /// The branches of `anyOf` and `oneOf`.
    pub(super) fn alternatives(&self) -> impl Iterator<Item = NodeId> {
        let branches = self.combined.iter().filter_map(|combined| match combined {
            Combined::AnyOf(branches) | Combined::OneOf(branches) => Some(branches),
            _ => None,
        });
        branches.flatten().copied()
    }

    /// The subschemas that apply to a member of that name.
    pub(super) fn of_member<'a>(&'a self, name: &'a str) -> impl Iterator<Item = NodeId> + 'a {
        self.of_member_by(name, |pattern| pattern.is_match(name))
    }

    /// The same, where `matches` decides which patterns the name matches.
    pub(super) fn of_member_by<'a>(
        &'a self,
        name: &str,
        matches: impl Fn(&Pattern) -> bool + 'a,
    ) -> impl Iterator<Item = NodeId> + 'a {
        let named = self.properties.get(name).copied();
        let matched =
            self.patterns.iter().filter(move |(pattern, _)| matches(pattern)).map(|(_, node)| *node);
        let mut known = named.into_iter().chain(matched).peekable();
        let rest = if known.peek().is_none() { self.additional } else { None };
        known.chain(rest)
    }

    /// The subschemas of `contains`.
    pub(super) fn contains(&self) -> impl Iterator<Item = NodeId> {
        self.combined.iter().filter_map(|combined| match combined {
            Combined::Contains(contains) => Some(contains.of),
            _ => None,
        })
    }

    /// The subschema that applies to the element at that index.
    pub(super) fn of_element(&self, index: usize) -> Option<NodeId> {
        match &self.items {
            Items::Any => None,
            Items::Each(node) => Some(*node),
            Items::Tuple { first, rest } => first.get(index).copied().or(*rest),
        }
    }
}

impl SchemaGraph {
    pub(super) const ROOT: NodeId = NodeId(0);

    /// The node with that number.
    #[expect(clippy::indexing_slicing, reason = "only the compiler of this graph creates node numbers")]
    pub(super) fn node(&self, id: NodeId) -> &SchemaNode {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }

    /// The smallest set that contains each node that `belongs` accepts for this set.
    pub(super) fn smallest_set(&self, belongs: impl Fn(&NodeSet, NodeId) -> bool) -> NodeSet {
        let mut set = NodeSet(Vec::from_iter(self.ids().map(|_| false)));
        loop {
            let mut grew = false;
            // Most subschemas have a smaller number than those below them.
            for id in self.ids().rev() {
                if !set.contains(id) && belongs(&set, id) {
                    set.0.get_mut(id.0 as usize).into_iter().for_each(|flag| *flag = true);
                    grew = true;
                }
            }
            if !grew {
                return set;
            }
        }
    }

    /// The nodes from which a node that `is_wanted` accepts can be reached.
    pub(super) fn leading_to(
        &self,
        users: &NodeUsers,
        is_wanted: impl Fn(NodeId, &SchemaNode) -> bool,
    ) -> NodeSet {
        let mut set = NodeSet(self.ids().zip(&self.nodes).map(|(id, node)| is_wanted(id, node)).collect());
        let mut rest: Vec<NodeId> = self.ids().filter(|id| set.contains(*id)).collect();
        while let Some(id) = rest.pop() {
            for user in users.of(id) {
                if let Some(flag) = set.0.get_mut(user.0 as usize)
                    && !*flag
                {
                    *flag = true;
                    rest.push(user);
                }
            }
        }
        set
    }

    /// For each node, those that use it.
    pub(super) fn users(&self) -> NodeUsers {
        let users = |(id, node): (NodeId, &SchemaNode)| {
            let used: Vec<NodeId> = node.below().chain(node.in_place()).collect();
            used.into_iter().map(move |used| (used, id))
        };
        let mut uses: Vec<(NodeId, NodeId)> = self.ids().zip(&self.nodes).flat_map(users).collect();
        uses.sort_unstable();
        NodeUsers(uses)
    }

    /// The nodes with subschemas that several nodes use, or one node several times.
    pub(super) fn find_shared(&self, users: &NodeUsers) -> NodeSet {
        let has_subschemas = |node: &SchemaNode| node.has_parts() || node.below().next().is_some();
        let nodes = self.ids().zip(&self.nodes);
        NodeSet(nodes.map(|(id, node)| users.of(id).nth(1).is_some() && has_subschemas(node)).collect())
    }

    /// The nodes with all subschemas that apply to the same value, alternatives included.
    pub(super) fn with_parts(&self, nodes: &[NodeId]) -> Vec<NodeId> {
        if let [only] = nodes
            && !self.node(*only).has_parts()
        {
            return nodes.to_vec();
        }
        let mut all = Vec::new();
        // In their order, which is nearly always the one in which they come.
        let mut seen: Vec<NodeId> = Vec::new();
        let mut rest: Vec<NodeId> = nodes.iter().rev().copied().collect();
        while let Some(id) = rest.pop() {
            if let Err(place) = seen.binary_search(&id) {
                seen.insert(place, id);
                all.push(id);
                rest.extend(self.node(id).in_place().into_iter().rev());
            }
        }
        all
    }

    /// The subschemas that apply to a member or an element of a value, where `nodes` are all that may apply to the value.
    pub(super) fn below(&self, nodes: &[NodeId], segment: &Segment) -> Vec<NodeId> {
        let mut below = Vec::new();
        let nodes = || nodes.iter().map(|id| self.node(*id));
        match segment {
            Segment::Name(name) => {
                below.extend(nodes().flat_map(|node| node.of_member(name)));
                if below.is_empty() {
                    below.extend(nodes().filter_map(|node| node.unevaluated_members));
                }
            }
            Segment::Index(index) => {
                below.extend(nodes().filter_map(|node| node.of_element(*index)));
                if below.is_empty() {
                    below.extend(nodes().filter_map(|node| node.unevaluated_elements));
                }
            }
        }
        below
    }
}
