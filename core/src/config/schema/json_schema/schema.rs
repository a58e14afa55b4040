//! A compiled schema.

use alloc::sync::Arc;

use super::facts::NamedVariable;
use super::graph::SchemaGraph;
use crate::tree::{Diagnostic, Text};

/// A compiled schema. Cloning copies a pointer.
#[derive(Clone, Debug)]
pub struct Schema {
    pub(super) graph: Arc<SchemaGraph>,
    pub(super) warnings: Arc<[Diagnostic]>,
    pub(super) named_variables: Arc<[NamedVariable]>,
}

impl Schema {
    pub(super) fn of_graph(graph: SchemaGraph) -> Self {
        let schema =
            Self { graph: Arc::new(graph), warnings: Arc::default(), named_variables: Arc::default() };
        Self { named_variables: schema.find_named_variables().into(), ..schema }
    }

    /// Warnings about the schema, which can be used all the same.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Whether any change takes effect only when the program starts again.
    pub(crate) fn has_restarts(&self) -> bool {
        self.graph.has_restarts
    }

    /// The names of all properties in the schema.
    pub(crate) fn property_names(&self) -> impl Iterator<Item = &Text> {
        self.graph.nodes.iter().flat_map(|node| node.properties.keys())
    }

    /// The variables that the schema names (`x-env`, and former ones in `x-aliases`), sorted by name.
    pub(crate) fn named_variables(&self) -> &[NamedVariable] {
        &self.named_variables
    }
}
