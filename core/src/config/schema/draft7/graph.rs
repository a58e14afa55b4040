//! A schema as a graph of numbered nodes.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::assertion::Assertion;
use super::facts::Reload;
use super::pattern::Pattern;
use crate::config::ListStrategy;
use crate::tree::{Diagnostic, Origin, Segment, Text, TypeSet, Value};

/// The number of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(pub(super) u32);

/// A set of nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeSet(Vec<bool>);

impl NodeSet {
    pub(super) fn contains(&self, id: NodeId) -> bool {
        self.0.get(id.0 as usize) == Some(&true)
    }
}

/// A compiled schema. Nodes refer to one another by number, so that a schema may refer to itself.
#[derive(Clone, Debug, Default)]
pub(super) struct SchemaGraph {
    pub(super) nodes: Vec<SchemaNode>,
    /// Warnings about the schema, which can be used all the same.
    pub(super) warnings: Vec<Diagnostic>,
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
}

/// One subschema. A node with a `$ref` has nothing else, as Draft 7 ignores its siblings.
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
    pub(super) reference: Option<NodeId>,
    pub(super) all_of: Vec<NodeId>,
    pub(super) judged: Vec<Judged>,
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

/// A keyword that valico checks. Its nodes are also used to explain a violation.
#[derive(Clone, Debug)]
pub(super) enum Judged {
    AnyOf(Vec<NodeId>),
    OneOf(Vec<NodeId>),
    Not(NodeId),
    If { condition: NodeId, then: Option<NodeId>, otherwise: Option<NodeId> },
    Contains(NodeId),
    PropertyNames(NodeId),
    Dependencies(BTreeMap<Text, Dependency>),
}

#[derive(Clone, Debug)]
pub(super) enum Dependency {
    Names(Vec<Text>),
    Schema(NodeId),
}

/// Annotations of a subschema, which do not restrict the value.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    pub(super) description: Option<String>,
    pub(super) default: Option<Value>,
    pub(super) secret: bool,
    pub(super) reload: Option<Reload>,
    pub(super) merge: Option<ListStrategy>,
    pub(super) aliases: Vec<Text>,
    pub(super) variable: Option<Text>,
    /// `x-env-case`: whether variables keep the capitals of free names.
    pub(super) keeps_case: Option<bool>,
    /// `x-env-empty`: whether an empty variable is as if not set.
    pub(super) ignores_empty: Option<bool>,
    pub(super) deprecated: bool,
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
            judged: Vec::new(),
            notes: Notes::default(),
            origin,
        }
    }

    /// Whether other subschemas may apply to the same value; see [`SchemaNode::in_place`].
    pub(super) fn has_parts(&self) -> bool {
        self.reference.is_some() || !self.all_of.is_empty() || !self.judged.is_empty()
    }

    /// The subschemas that apply to the same value as this one.
    pub(super) fn in_place(&self) -> Vec<NodeId> {
        let mut nodes: Vec<NodeId> = self.reference.iter().chain(&self.all_of).copied().collect();
        for judged in &self.judged {
            match judged {
                Judged::AnyOf(branches) | Judged::OneOf(branches) => nodes.extend(branches),
                Judged::Not(node) => nodes.push(*node),
                Judged::If { condition, then, otherwise } => {
                    nodes.push(*condition);
                    nodes.extend(then.iter().chain(otherwise));
                }
                Judged::Contains(_) | Judged::PropertyNames(_) => {}
                Judged::Dependencies(of) => nodes.extend(of.values().filter_map(|on| match on {
                    Dependency::Schema(node) => Some(*node),
                    Dependency::Names(_) => None,
                })),
            }
        }
        nodes
    }

    /// The subschemas that apply to a member of that name.
    pub(super) fn of_member<'a>(&'a self, name: &'a str) -> impl Iterator<Item = NodeId> + 'a {
        let named = self.properties.get(name).copied();
        let matched =
            self.patterns.iter().filter(move |(pattern, _)| pattern.is_match(name)).map(|(_, node)| *node);
        let mut known = named.into_iter().chain(matched).peekable();
        let rest = if known.peek().is_none() { self.additional } else { None };
        known.chain(rest)
    }

    /// The subschemas of `contains`.
    pub(super) fn contains(&self) -> impl Iterator<Item = NodeId> {
        self.judged.iter().filter_map(|judged| match judged {
            Judged::Contains(node) => Some(*node),
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

impl Judged {
    /// The name of the keyword.
    pub(super) fn keyword(&self) -> &'static str {
        match self {
            Self::AnyOf(_) => "anyOf",
            Self::OneOf(_) => "oneOf",
            Self::Not(_) => "not",
            Self::If { .. } => "if",
            Self::Contains(_) => "contains",
            Self::PropertyNames(_) => "propertyNames",
            Self::Dependencies(_) => "dependencies",
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

    pub(super) fn ids(&self) -> impl Iterator<Item = NodeId> {
        (0u32..).take(self.nodes.len()).map(NodeId)
    }

    /// The smallest set that contains each node that `belongs` accepts for this set.
    pub(super) fn smallest_set(&self, belongs: impl Fn(&NodeSet, NodeId) -> bool) -> NodeSet {
        let mut set = NodeSet(Vec::from_iter(self.ids().map(|_| false)));
        loop {
            let mut grew = false;
            for id in self.ids() {
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
    pub(super) fn leading_to(&self, is_wanted: impl Fn(&SchemaNode) -> bool) -> NodeSet {
        self.smallest_set(|set, id| {
            let node = self.node(id);
            let (items, rest): (&[NodeId], _) = match &node.items {
                Items::Any => (&[], None),
                Items::Each(each) => (core::slice::from_ref(each), None),
                Items::Tuple { first, rest } => (first, rest.as_ref()),
            };
            let members = node.properties.values().chain(node.patterns.iter().map(|(_, id)| id));
            let below = members.chain(&node.additional).chain(items).chain(rest).copied();
            let mut next = below.chain(node.contains()).chain(node.in_place());
            is_wanted(node) || next.any(|id| set.contains(id))
        })
    }

    /// The types that the subschema allows for the value itself.
    pub(super) fn types(&self, id: NodeId) -> TypeSet {
        self.types_at(id, &[])
    }

    /// The nodes with all subschemas that apply to the same value, alternatives included.
    pub(super) fn with_parts(&self, nodes: &[NodeId]) -> Vec<NodeId> {
        if let [only] = nodes
            && !self.node(*only).has_parts()
        {
            return nodes.to_vec();
        }
        let mut all = Vec::new();
        let mut seen = BTreeSet::new();
        let mut rest: Vec<NodeId> = nodes.iter().rev().copied().collect();
        while let Some(id) = rest.pop() {
            if seen.insert(id) {
                all.push(id);
                rest.extend(self.node(id).in_place().into_iter().rev());
            }
        }
        all
    }

    /// The types that the key may have: those that all parts of `allOf` and some alternative of `anyOf` or `oneOf` allow.
    pub(super) fn types_at(&self, id: NodeId, segments: &[Segment]) -> TypeSet {
        self.stated_types(id, segments).unwrap_or(TypeSet::ANY)
    }

    /// [`types_at`](Self::types_at); `None` if the subschema says nothing about the key. Such an alternative does not count
    /// beside one that names the key: it is another variant of a tagged enum.
    fn stated_types(&self, id: NodeId, segments: &[Segment]) -> Option<TypeSet> {
        let node = self.node(id);
        if let Some(target) = node.reference {
            return self.stated_types(target, segments);
        }
        if node.refuses {
            return Some(TypeSet::NONE);
        }
        let own = match segments.split_first() {
            None => Some(
                node.assertions.iter().fold(node.types, |types, assertion| types.and(implied(assertion))),
            ),
            // A value that cannot be a table has no members: one side of a nullable union does not restrict them.
            Some((Segment::Name(_), _)) if !node.types.contains(TypeSet::OBJECT) => Some(TypeSet::NONE),
            Some((Segment::Index(_), _)) if !node.types.contains(TypeSet::ARRAY) => Some(TypeSet::NONE),
            Some((Segment::Name(name), rest)) => {
                node.of_member(name).filter_map(|of| self.stated_types(of, rest)).reduce(TypeSet::and)
            }
            Some((Segment::Index(index), rest)) => {
                node.of_element(*index).and_then(|of| self.stated_types(of, rest))
            }
        };
        let parts = node.all_of.iter().filter_map(|part| self.stated_types(*part, segments));
        let alternatives = node.judged.iter().filter_map(|judged| match judged {
            Judged::AnyOf(branches) | Judged::OneOf(branches) => {
                branches.iter().filter_map(|branch| self.stated_types(*branch, segments)).reduce(TypeSet::or)
            }
            _ => None,
        });
        own.into_iter().chain(parts).chain(alternatives).reduce(TypeSet::and)
    }
}

/// The types that an assertion allows.
fn implied(assertion: &Assertion) -> TypeSet {
    match assertion {
        Assertion::Enum(allowed) => {
            allowed.iter().fold(TypeSet::NONE, |set, value| set.or(TypeSet::of(value)))
        }
        Assertion::Const(only) => TypeSet::of(only),
        _ => TypeSet::ANY,
    }
}
