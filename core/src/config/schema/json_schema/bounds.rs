//! The bounds of the values at a key.

use alloc::string::String;
use alloc::vec::Vec;

use super::assertion::Assertion;
use super::check::SchemaValidator;
use super::graph::{NodeId, SchemaGraph};
use super::schema::Schema;
use crate::config::schema::bounds::Bounds;
use crate::tree::{Key, Value};

impl Schema {
    /// What the schema allows at a key of a tree that it accepts.
    pub(crate) fn bounds(&self, key: &Key, root: &Value) -> Bounds {
        let validator = SchemaValidator::new(self);
        let mut at = Key::root();
        let mut nodes = Vec::from([SchemaGraph::ROOT]);
        let mut here = validator.applicable(&nodes, root);
        for segment in key.segments() {
            nodes = self.graph.below(&here, segment);
            at.push(segment.clone());
            here = match root.get(&at) {
                Some(value) => validator.applicable(&nodes, value),
                None => self.graph.certain(&nodes),
            };
        }
        let all = self.graph.certain(&nodes);
        let alternatives: Vec<NodeId> =
            all.iter().flat_map(|id| self.graph.node(*id).alternatives()).collect();
        let mut bounds = self.bounds_of(if alternatives.is_empty() { &here } else { &all });
        let alternative = |id: NodeId| (self.graph.types(id), self.bounds_of(&self.graph.certain(&[id])));
        bounds.alternatives = alternatives.into_iter().map(alternative).collect();
        bounds
    }

    fn bounds_of(&self, nodes: &[NodeId]) -> Bounds {
        let mut bounds = Bounds::default();
        for assertion in nodes.iter().flat_map(|id| &self.graph.node(*id).assertions) {
            bounds.add(assertion);
        }
        bounds
    }
}

impl Bounds {
    fn add(&mut self, assertion: &Assertion) {
        match assertion {
            Assertion::Enum(_) | Assertion::Const(_) => self.allowed.extend_from_slice(assertion.values()),
            Assertion::Minimum(bound) | Assertion::ExclusiveMinimum(bound) => self.min = Some(bound.clone()),
            Assertion::Maximum(bound) | Assertion::ExclusiveMaximum(bound) => self.max = Some(bound.clone()),
            Assertion::MultipleOf(step) => self.step = Some(step.clone()),
            Assertion::MinLength(min) => self.min_length = self.min_length.max(*min),
            Assertion::MaxLength(max) => self.max_length = Some(*max),
            Assertion::Pattern(pattern) => self.patterns.push(String::from(pattern.as_str())),
            Assertion::Format(format) => self.format = Some(format.name),
            Assertion::MinItems(min) => self.min_items = self.min_items.max(*min),
            Assertion::MaxItems(max) => self.max_items = Some(*max),
            Assertion::UniqueItems | Assertion::MinProperties(_) | Assertion::MaxProperties(_) => {}
        }
    }
}
