//! Alternatives that are values: `oneOf` with a `const` and a description for each, as generators write an enum.

use alloc::vec::Vec;

use super::assertion::Assertion;
use super::facts::Alternative;
use super::graph::{Combined, NodeId, SchemaGraph};
use crate::tree::{TypeSet, Value};

/// Longer lists are alternatives like any others.
const MAX_CHOICES: usize = 1000;

impl SchemaGraph {
    /// The values that the alternatives of an `anyOf` or `oneOf` allow, if each alternative allows only listed values; `null`
    /// is left out.
    pub(super) fn choices_of(&self, branches: &[NodeId]) -> Option<Vec<Alternative>> {
        let mut choices = Vec::new();
        for branch in branches.iter().filter(|branch| !self.is_null(**branch)) {
            choices.extend(self.choices(*branch)?);
            if choices.len() > MAX_CHOICES {
                return None;
            }
        }
        (!choices.is_empty()).then_some(choices)
    }

    /// Whether the subschema allows `null` only.
    pub(super) fn is_null(&self, id: NodeId) -> bool {
        self.types(id) == TypeSet::NULL
    }

    fn choices(&self, id: NodeId) -> Option<Vec<Alternative>> {
        let node = self.node(id);
        if let Some(target) = node.reference {
            return self.choices(target);
        }
        let mut choices = match (node.assertions.as_slice(), node.combined.as_slice()) {
            _ if !node.all_of.is_empty() => return None,
            ([Assertion::Const(only)], []) => Vec::from([choice(only)]),
            ([Assertion::Enum(allowed)], []) => allowed.iter().map(choice).collect(),
            ([], [Combined::AnyOf(branches) | Combined::OneOf(branches)]) => self.choices_of(branches)?,
            _ => return None,
        };
        if let [only] = choices.as_mut_slice() {
            only.description = only.description.take().or_else(|| node.notes.description());
        }
        choices.iter_mut().for_each(|choice| choice.deprecated |= node.notes.deprecated);
        Some(choices)
    }
}

fn choice(value: &Value) -> Alternative {
    let types = TypeSet::of(value);
    Alternative { types, value: Some(value.clone()), range: None, description: None, deprecated: false }
}
