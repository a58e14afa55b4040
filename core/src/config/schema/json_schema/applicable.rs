//! Which subschemas apply to a value.

use alloc::vec::Vec;

use super::check::SchemaValidator;
use super::graph::{Combined, Dependency, NodeId, SchemaGraph};
use crate::tree::Value;

impl SchemaGraph {
    /// The nodes with those that apply to every value that is not `null`: the targets of references, the parts of `allOf`,
    /// and the one alternative beside `null`.
    pub(super) fn certain(&self, nodes: &[NodeId]) -> Vec<NodeId> {
        self.applicable(nodes, &|combined| match combined {
            Combined::AnyOf(branches) | Combined::OneOf(branches) => self.beside_null(branches),
            _ => Vec::new(),
        })
    }

    /// The one alternative that is not `null`, if there are no others.
    fn beside_null(&self, branches: &[NodeId]) -> Vec<NodeId> {
        let mut others: Vec<NodeId> =
            branches.iter().filter(|branch| !self.is_null(**branch)).copied().collect();
        if others.len() > 1 {
            others.clear();
        }
        others
    }

    /// The nodes with those that apply beside them; `chosen` returns those of a keyword that combines subschemas.
    pub(super) fn applicable(
        &self,
        nodes: &[NodeId],
        chosen: &dyn Fn(&Combined) -> Vec<NodeId>,
    ) -> Vec<NodeId> {
        if let [only] = nodes
            && !self.node(*only).has_parts()
        {
            return nodes.to_vec();
        }
        let mut all = Vec::new();
        let mut rest: Vec<NodeId> = nodes.iter().rev().copied().collect();
        while let Some(id) = rest.pop() {
            if all.contains(&id) {
                continue;
            }
            all.push(id);
            let node = self.node(id);
            let chosen: Vec<NodeId> = node.combined.iter().flat_map(chosen).collect();
            rest.extend(node.reference.iter().chain(&node.all_of).chain(&chosen).rev());
        }
        all
    }

    /// The alternatives that a value chooses without matching them: those that its discriminator names, else the one beside
    /// `null`.
    pub(super) fn chosen(&self, branches: &[NodeId], value: &Value) -> Vec<NodeId> {
        let discriminator = self.discriminator(branches);
        let named = discriminator.and_then(|discriminator| {
            let (name, tag) = discriminator.tag(self, branches, value)?;
            Some(self.named_by(&discriminator, branches, (&name, tag)))
        });
        named.filter(|named| !named.is_empty()).unwrap_or_else(|| self.beside_null(branches))
    }
}

impl SchemaValidator {
    /// The nodes with those that apply to the value: of alternatives those that it matches, else those that its
    /// discriminator chooses, else the one beside `null`.
    pub(super) fn applicable(&self, nodes: &[NodeId], value: &Value) -> Vec<NodeId> {
        let graph = &self.schema.graph;
        graph.applicable(nodes, &|combined| match combined {
            Combined::AnyOf(branches) | Combined::OneOf(branches) => {
                let valid: Vec<NodeId> =
                    branches.iter().filter(|branch| self.valid(**branch, value)).copied().collect();
                if valid.is_empty() { graph.chosen(branches, value) } else { valid }
            }
            Combined::If { condition, then, otherwise } => {
                let branch = if self.valid(*condition, value) { then } else { otherwise };
                branch.iter().copied().collect()
            }
            Combined::Dependencies(of) => {
                let present = of.iter().filter(|(name, _)| value.member(name).is_some());
                let schemas = present.flat_map(|(_, needs)| needs).filter_map(|need| match need {
                    Dependency::Schema(of) => Some(*of),
                    Dependency::Names(_) => None,
                });
                schemas.collect()
            }
            _ => Vec::new(),
        })
    }
}
