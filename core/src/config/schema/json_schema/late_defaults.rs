//! The `default`s that the lowest layer cannot give.

use alloc::vec::Vec;

use super::graph::{NodeId, SchemaGraph};
use super::schema::Schema;
use crate::config::{MergeStrategy, merge};
use crate::tree::{Kind, Segment, Value};

impl Schema {
    /// The merged tree with the `default`s of tables in lists, and of tables above a value that replaced the lowest layer; `None` if
    /// there are none.
    pub(crate) fn with_late_defaults(&self, root: &Value) -> Option<Value> {
        let late = LateDefaults { graph: &self.graph, is_anywhere: has_table_above_others(root) };
        late.filled(&[SchemaGraph::ROOT], root, false)
    }
}

/// Whether a table replaced a value, which may be one that replaced the defaults.
fn has_table_above_others(value: &Value) -> bool {
    match value.kind() {
        Kind::Table(members) => !value.shadowed().is_empty() || members.values().any(has_table_above_others),
        Kind::Array(elements) => elements.iter().any(has_table_above_others),
        _ => false,
    }
}

struct LateDefaults<'s> {
    graph: &'s SchemaGraph,
    /// Whether any table may lack its defaults, not only those in lists and those that replace others.
    is_anywhere: bool,
}

impl LateDefaults<'_> {
    /// The value with its defaults; `None` if nothing changes.
    fn filled(&self, nodes: &[NodeId], value: &Value, is_element: bool) -> Option<Value> {
        if !self.may_fill_below(nodes) && !is_element {
            return None;
        }
        let replaces = || !value.shadowed().is_empty() || self.graph.replaces(nodes);
        let default = match value.as_table() {
            Some(_) if is_element && !self.graph.replaces(nodes) => self.graph.defaults_of(nodes, value),
            Some(_) if replaces() => self.graph.defaults_inside(nodes, value),
            _ => None,
        };
        let default = default.filter(|default| default.as_table().is_some());
        // The default is below the value, not below those that the value replaced.
        let with_default = default.map(|default| {
            let top = value.clone().with_shadowed(Vec::new());
            merge(&default, &top, &|_| MergeStrategy::Join).with_shadowed(value.shadowed().to_vec())
        });
        let inner = self.filled_below(nodes, with_default.as_ref().unwrap_or(value));
        inner.or(with_default)
    }

    fn filled_below(&self, nodes: &[NodeId], value: &Value) -> Option<Value> {
        if !self.may_fill_below(nodes) {
            return None;
        }
        let nodes = self.graph.conjunction(nodes, Some(value));
        match value.kind() {
            Kind::Table(members) => {
                let mut all = members.clone();
                let mut changes = false;
                for (name, member) in members {
                    let of = self.graph.below(&nodes, &Segment::Name(name.clone()));
                    if let Some(filled) = self.filled(&of, member, false) {
                        all.insert(name.clone(), filled);
                        changes = true;
                    }
                }
                changes.then(|| value.with_kind(Kind::Table(all)))
            }
            Kind::Array(elements) => {
                let mut changes = false;
                let all = elements.iter().enumerate().map(|(index, element)| {
                    let of = self.graph.below(&nodes, &Segment::Index(index));
                    let filled = self.filled(&of, element, true);
                    changes |= filled.is_some();
                    filled.unwrap_or_else(|| element.clone())
                });
                let all = all.collect();
                changes.then(|| value.with_kind(Kind::Array(all)))
            }
            _ => None,
        }
    }

    fn may_fill_below(&self, nodes: &[NodeId]) -> bool {
        nodes.iter().any(|id| {
            self.graph.item_defaults_below.contains(*id)
                || (self.is_anywhere && self.graph.defaults_below.contains(*id))
        })
    }
}
