//! `unevaluatedProperties` and `unevaluatedItems`: what no other subschema of a table or list evaluates
//! (JSON Schema 2020-12, core, section 11).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::check::SchemaValidator;
use super::graph::{Combined, Dependency, Items, NodeId, SchemaGraph};
use crate::tree::{Segment, Value};

impl SchemaGraph {
    /// Whether no subschema of a value can name the member or element, whatever the value is; the `unevaluated…` of the node
    /// itself does not count.
    pub(super) fn is_unnamed(&self, id: NodeId, segment: &Segment) -> bool {
        self.with_parts(&[id]).into_iter().all(|part| {
            let node = self.node(part);
            let is_other = part != id;
            match segment {
                Segment::Name(name) => {
                    node.of_member(name).next().is_none() && !(is_other && node.unevaluated_members.is_some())
                }
                Segment::Index(index) => {
                    node.of_element(*index).is_none()
                        && node.contains().next().is_none()
                        && !(is_other && node.unevaluated_elements.is_some())
                }
            }
        })
    }
}

impl SchemaValidator {
    /// The members and elements that only `unevaluatedProperties` or `unevaluatedItems` of the node applies to, with the
    /// subschema there.
    pub(super) fn unevaluated<'v>(&self, id: NodeId, value: &'v Value) -> Vec<(Segment, NodeId, &'v Value)> {
        let node = self.schema.graph.node(id);
        let is_rest = |segment: &Segment| !self.evaluates(id, value, segment, &mut BTreeSet::new());
        let mut rest = Vec::new();
        if let (Some(of), Some(members)) = (node.unevaluated_members, value.as_table()) {
            let all = members.iter().map(|(name, member)| (Segment::Name(name.clone()), of, member));
            rest.extend(all.filter(|(segment, ..)| is_rest(segment)));
        }
        if let (Some(of), Some(elements)) = (node.unevaluated_elements, value.as_array()) {
            let all =
                elements.iter().enumerate().map(|(index, element)| (Segment::Index(index), of, element));
            rest.extend(all.filter(|(segment, ..)| is_rest(segment)));
        }
        rest
    }

    /// Whether a keyword of the node, which is valid, applies to the member or element. `seen` has the nodes that were
    /// asked before; the first one is asked without its own `unevaluated…`.
    fn evaluates(&self, id: NodeId, value: &Value, segment: &Segment, seen: &mut BTreeSet<NodeId>) -> bool {
        let is_first = seen.is_empty();
        if !seen.insert(id) {
            return false;
        }
        if !self.enter() {
            return false;
        }
        let evaluates = self.evaluates_here(id, value, segment, seen, is_first);
        self.leave();
        evaluates
    }

    fn evaluates_here(
        &self,
        id: NodeId,
        value: &Value,
        segment: &Segment,
        seen: &mut BTreeSet<NodeId>,
        is_first: bool,
    ) -> bool {
        let node = self.schema.graph.node(id);
        let own = match segment {
            Segment::Name(name) => {
                node.of_member(name).next().is_some() || (!is_first && node.unevaluated_members.is_some())
            }
            Segment::Index(index) => {
                let listed = match &node.items {
                    Items::Any => false,
                    Items::Each(_) => true,
                    Items::Tuple { first, rest } => *index < first.len() || rest.is_some(),
                };
                listed || (!is_first && node.unevaluated_elements.is_some())
            }
        };
        own || node.reference.iter().chain(&node.all_of).any(|of| self.evaluates(*of, value, segment, seen))
            || node.combined.iter().any(|combined| self.combined_evaluates(combined, value, segment, seen))
    }

    fn combined_evaluates(
        &self,
        combined: &Combined,
        value: &Value,
        segment: &Segment,
        seen: &mut BTreeSet<NodeId>,
    ) -> bool {
        match combined {
            Combined::AnyOf(branches) | Combined::OneOf(branches) => branches
                .iter()
                .any(|branch| self.valid(*branch, value) && self.evaluates(*branch, value, segment, seen)),
            Combined::If { condition, then, otherwise } => {
                if self.valid(*condition, value) {
                    let then = then.iter().chain([condition]);
                    then.into_iter().any(|of| self.evaluates(*of, value, segment, seen))
                } else {
                    otherwise.is_some_and(|of| self.evaluates(of, value, segment, seen))
                }
            }
            Combined::Contains(contains) => match segment {
                Segment::Index(index) if contains.evaluates => value
                    .as_array()
                    .and_then(|elements| elements.get(*index))
                    .is_some_and(|element| self.valid(contains.of, element)),
                _ => false,
            },
            Combined::Dependencies(of) => {
                of.iter().filter(|(name, _)| value.member(name).is_some()).flat_map(|(_, needs)| needs).any(
                    |need| match need {
                        Dependency::Schema(of) => self.evaluates(*of, value, segment, seen),
                        Dependency::Names(_) => false,
                    },
                )
            }
            Combined::Not(_) | Combined::PropertyNames(_) => false,
        }
    }
}
