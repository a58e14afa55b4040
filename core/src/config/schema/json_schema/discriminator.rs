//! What names one of the alternatives of a table: a member that each allows other values (`kind = "s3"`), or the one member
//! that each has (`s3.bucket`).

use alloc::vec::Vec;

use super::assertion::Assertion;
use super::graph::{NodeId, SchemaGraph};
use crate::tree::{Kind, Text, TypeSet, Value};

/// What names the variant of a table.
pub(super) enum Discriminator {
    /// The value of a member.
    Value(Text),
    /// The name of the only member.
    Name,
}

impl Discriminator {
    /// The member of a table that names its variant, and its value.
    pub(super) fn tag<'l>(
        &self,
        graph: &SchemaGraph,
        branches: &[NodeId],
        layer: &'l Value,
    ) -> Option<(Text, &'l Value)> {
        match self {
            Discriminator::Value(name) => {
                Some((name.clone(), layer.member(name).filter(|value| !matches!(value.kind(), Kind::Unset))?))
            }
            Discriminator::Name => {
                let names = branches.iter().filter_map(|branch| graph.only_member(*branch));
                let mut set = names.filter_map(|name| {
                    Some((
                        name.clone(),
                        layer.member(name).filter(|value| !matches!(value.kind(), Kind::Unset))?,
                    ))
                });
                // A layer with two variants chooses none.
                set.next().filter(|_| set.next().is_none())
            }
        }
    }
}

impl SchemaGraph {
    /// The discriminator of alternatives, if they have one.
    pub(super) fn discriminator(&self, branches: &[NodeId]) -> Option<Discriminator> {
        let tables: Vec<NodeId> = branches.iter().filter(|branch| self.is_table(**branch)).copied().collect();
        let [first, others @ ..] = tables.as_slice() else { return None };
        if others.is_empty() {
            return None;
        }
        let first_nodes = self.certain(&[*first]);
        let mut names = first_nodes.iter().flat_map(|id| self.node(*id).properties.keys());
        let differs = |name: &&Text| {
            let allowed: Option<Vec<&Assertion>> =
                tables.iter().map(|branch| self.allowed(*branch, name)).collect();
            allowed.is_some_and(|allowed| {
                let values: Vec<&Value> = allowed.iter().flat_map(|allowed| allowed.values()).collect();
                values
                    .iter()
                    .enumerate()
                    .all(|(place, value)| !values.iter().skip(place + 1).any(|other| other == value))
            })
        };
        if let Some(name) = names.find(differs) {
            return Some(Discriminator::Value(name.clone()));
        }
        let members: Option<Vec<&Text>> = tables.iter().map(|branch| self.only_member(*branch)).collect();
        let mut members = members?;
        members.sort_unstable();
        members.windows(2).all(|pair| pair.first() != pair.last()).then_some(Discriminator::Name)
    }

    fn is_table(&self, branch: NodeId) -> bool {
        self.types(branch).contains(TypeSet::OBJECT)
    }

    /// The only member that an alternative allows and requires.
    fn only_member(&self, branch: NodeId) -> Option<&Text> {
        let nodes = self.certain(&[branch]);
        let nodes = || nodes.iter().map(|id| self.node(*id));
        let mut names = nodes().flat_map(|node| node.properties.keys());
        let name = names.next().filter(|_| names.next().is_none())?;
        let is_required = nodes().any(|node| node.required.contains(name));
        let is_closed = nodes().any(|node| node.additional.is_some_and(|rest| self.node(rest).refuses));
        (is_required && is_closed).then_some(name)
    }

    /// The alternatives that a discriminator of this name and value names.
    pub(super) fn named_by(
        &self,
        discriminator: &Discriminator,
        branches: &[NodeId],
        (name, tag): (&Text, &Value),
    ) -> Vec<NodeId> {
        let is_named = |branch: &&NodeId| match discriminator {
            Discriminator::Value(_) => {
                self.is_table(**branch)
                    && self.allowed(**branch, name).is_some_and(|allowed| allowed.holds(tag))
            }
            Discriminator::Name => self.only_member(**branch) == Some(name),
        };
        branches.iter().filter(is_named).copied().collect()
    }

    /// The `const` or `enum` of a member.
    fn allowed(&self, id: NodeId, name: &str) -> Option<&Assertion> {
        let below: Vec<NodeId> = self
            .certain(&[id])
            .iter()
            .filter_map(|id| self.node(*id).properties.get(name))
            .copied()
            .collect();
        let nodes = self.certain(&below);
        let assertions = nodes.into_iter().flat_map(|id| &self.node(id).assertions);
        assertions.into_iter().find(|assertion| matches!(assertion, Assertion::Const(_) | Assertion::Enum(_)))
    }
}
