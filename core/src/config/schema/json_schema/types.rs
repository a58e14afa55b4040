//! The types that a schema allows for a key.

use alloc::collections::BTreeMap;

use super::assertion::Assertion;
use super::graph::{Combined, NodeId, SchemaGraph};
use crate::tree::{Segment, TypeSet};

impl SchemaGraph {
    /// The types that the subschema allows for the value itself.
    pub(super) fn types(&self, id: NodeId) -> TypeSet {
        self.types_at(id, &[])
    }

    /// The types that the key may have: those that all parts of `allOf` and some alternative of `anyOf` or `oneOf` allow.
    pub(super) fn types_at(&self, id: NodeId, segments: &[Segment]) -> TypeSet {
        let mut search = TypeSearch { graph: self, known: BTreeMap::new() };
        search.stated(id, segments).unwrap_or(TypeSet::ANY)
    }
}

/// One search, which asks each node once for each part of the key.
struct TypeSearch<'g> {
    graph: &'g SchemaGraph,
    /// By node and the number of segments that were left.
    known: BTreeMap<(NodeId, usize), Option<TypeSet>>,
}

impl TypeSearch<'_> {
    /// The types; `None` if the subschema says nothing about the key. Such an alternative does not count beside one that
    /// names the key: it is another variant of a tagged enum.
    fn stated(&mut self, id: NodeId, segments: &[Segment]) -> Option<TypeSet> {
        let node = self.graph.node(id);
        if let Some(target) = node.reference {
            return self.stated(target, segments);
        }
        if node.refuses {
            return Some(TypeSet::NONE);
        }
        let question = node.has_parts().then_some((id, segments.len()));
        if let Some(known) = question.and_then(|question| self.known.get(&question)) {
            return *known;
        }
        let stated = self.stated_here(id, segments);
        self.known.extend(question.map(|question| (question, stated)));
        stated
    }

    fn stated_here(&mut self, id: NodeId, segments: &[Segment]) -> Option<TypeSet> {
        let node = self.graph.node(id);
        let own = match segments.split_first() {
            None => Some(
                node.assertions.iter().fold(node.types, |types, assertion| types.and(implied(assertion))),
            ),
            // A value that cannot be a table has no members: one side of a nullable union does not restrict them.
            Some((Segment::Name(_), _)) if !node.types.contains(TypeSet::OBJECT) => Some(TypeSet::NONE),
            Some((Segment::Index(_), _)) if !node.types.contains(TypeSet::ARRAY) => Some(TypeSet::NONE),
            Some((Segment::Name(name), rest)) => {
                node.of_member(name).filter_map(|of| self.stated(of, rest)).reduce(TypeSet::and)
            }
            Some((Segment::Index(index), rest)) => {
                node.of_element(*index).and_then(|of| self.stated(of, rest))
            }
        };
        let mut all = own;
        let mut and = |types: Option<TypeSet>| all = all.into_iter().chain(types).reduce(TypeSet::and);
        for part in &node.all_of {
            and(self.stated(*part, segments));
        }
        for combined in &node.combined {
            if let Combined::AnyOf(branches) | Combined::OneOf(branches) = combined {
                let stated = branches.iter().filter_map(|branch| self.stated(*branch, segments));
                and(stated.reduce(TypeSet::or));
            }
        }
        all.or_else(|| {
            let (first, rest) = segments.split_first()?;
            let unevaluated = match first {
                Segment::Name(_) => node.unevaluated_members,
                Segment::Index(_) => node.unevaluated_elements,
            };
            self.stated(unevaluated?, rest)
        })
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
