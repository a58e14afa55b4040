//! The `default`s of a schema as the lowest layer.

use alloc::vec::Vec;

use super::graph::{Combined, NodeId, NodeSet, SchemaGraph};
use super::schema::Schema;
use crate::config::{Layer, MergeStrategy, merge};
use crate::tree::{Kind, Segment, Text, Value};

impl Schema {
    /// The `default`s of the schema as a layer below `present`, the merged tree of all other layers.
    ///
    /// A table that no layer sets is filled only if its defaults contain every required key: an incomplete table would
    /// make the configuration invalid. Of alternatives, only the one beside `null` and the one that the discriminator chooses
    /// have an effect, and only in a table that some layer sets. Tables in lists get theirs after the merge.
    pub fn defaults(&self, present: Option<&Value>) -> Option<Layer> {
        self.graph.lowest_layer(present, None).map(Layer::new)
    }

    /// The `default`s of [`Schema::defaults`] that are not in `known`, a layer that it returned before.
    pub(crate) fn further_defaults(&self, present: Option<&Value>, known: &Layer) -> Option<Layer> {
        self.graph.lowest_layer(present, Some(known.root())).map(Layer::new)
    }
}

impl Schema {
    /// The merged tree with the `default`s of tables in lists, and of tables that replace those of lower layers, the
    /// `default`s of the schema included; `None` if there are none.
    pub(crate) fn with_item_defaults(&self, root: &Value) -> Option<Value> {
        self.graph.filled(&[SchemaGraph::ROOT], root, false)
    }
}

impl SchemaGraph {
    /// The value with the defaults that [`Schema::with_item_defaults`] adds; `None` if nothing changes.
    fn filled(&self, nodes: &[NodeId], value: &Value, is_element: bool) -> Option<Value> {
        if !nodes.iter().any(|id| self.item_defaults_below.contains(*id)) && !is_element {
            return None;
        }
        let default = match value.as_table() {
            None => None,
            Some(_) if self.replaces(nodes) => self.defaults_inside(nodes, value),
            Some(_) if is_element => self.default_at(nodes, Some(value), None, &mut Vec::new()),
            Some(_) => None,
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
        if !nodes.iter().any(|id| self.item_defaults_below.contains(*id)) {
            return None;
        }
        let nodes = self.conjunction(nodes, Some(value));
        match value.kind() {
            Kind::Table(members) => {
                let mut all = members.clone();
                let mut changes = false;
                for (name, member) in members {
                    let of = self.below(&nodes, &Segment::Name(name.clone()));
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
                    let of = self.below(&nodes, &Segment::Index(index));
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

    /// The defaults of the members of a table, without the `default` of the table itself.
    fn defaults_inside(&self, nodes: &[NodeId], table: &Value) -> Option<Value> {
        let nodes = self.conjunction(nodes, Some(table));
        let members = self.default_members(&nodes, Some(table), None, &mut nodes.clone());
        let origin = members.first()?.1.origin().clone();
        Some(Value::table(members, origin))
    }

    /// Whether a table of these subschemas replaces the one of lower layers (`x-merge`).
    fn replaces(&self, nodes: &[NodeId]) -> bool {
        let mut nodes = self.with_parts(nodes).into_iter().filter(|id| self.strategies_below.contains(*id));
        nodes.any(|id| self.node(id).notes.merge == Some(MergeStrategy::Replace))
    }

    fn lowest_layer(&self, present: Option<&Value>, known: Option<&Value>) -> Option<Value> {
        let root = [SchemaGraph::ROOT];
        // The defaults of such a table are added to the merged one.
        let is_table = present.is_some_and(|present| present.as_table().is_some());
        if is_table && self.replaces(&root) {
            return None;
        }
        self.default_at(&root, present, known, &mut Vec::new())
    }

    fn default_at(
        &self,
        nodes: &[NodeId],
        present: Option<&Value>,
        known: Option<&Value>,
        open: &mut Vec<NodeId>,
    ) -> Option<Value> {
        if !nodes.iter().any(|node| self.defaults_below.contains(*node)) {
            return None;
        }
        if known.is_some() && nodes.iter().all(|id| self.settled_defaults.contains(*id)) {
            return None;
        }
        if let [only] = nodes
            && self.is_alone(*only)
        {
            return self.node(*only).notes.default.clone();
        }
        let nodes = self.conjunction(nodes, present);
        let own =
            nodes.iter().find_map(|id| self.node(*id).notes.default.clone()).filter(|_| known.is_none());
        // A value that is not a table shadows its defaults, which stay the same below it.
        let is_present = present.is_some_and(|present| present.as_table().is_some());
        // A schema that refers to itself would fill tables without end.
        if !is_present && nodes.iter().any(|id| open.contains(id)) {
            return own;
        }
        // The `null` of an optional table has no effect in a table that is set.
        let own = own.filter(|own| !is_present || own.as_table().is_some());
        let depth = open.len();
        open.extend(&nodes);
        let members = self.default_members(&nodes, present, known, open);
        open.truncate(depth);
        let required = || nodes.iter().flat_map(|id| &self.node(*id).required);
        let own_has = |name: &str| own.as_ref().is_some_and(|own| own.member(name).is_some());
        let complete = required().all(|name| own_has(name) || members.iter().any(|(known, _)| known == name));
        let Some((_, first)) = members.first().filter(|_| is_present || depth == 0 || complete) else {
            return own;
        };
        // An empty table has no effect in a merge, but missing keys are reported at its origin.
        let empty = present.filter(|present| present.as_table().is_some_and(|members| members.is_empty()));
        let origin = empty.unwrap_or(first).origin().clone();
        let table = Value::table(members, origin);
        Some(match own {
            Some(own) => merge(&table, &own, &|_| MergeStrategy::Join),
            None => table,
        })
    }

    fn default_members(
        &self,
        all: &[NodeId],
        present: Option<&Value>,
        known: Option<&Value>,
        open: &mut Vec<NodeId>,
    ) -> Vec<(Text, Value)> {
        let table = present.and_then(Value::as_table);
        let nodes = || all.iter().map(|id| self.node(*id));
        // Skip members that lead to no default, and those whose defaults are known.
        let free = all.iter().any(|id| self.has_free_below(*id));
        let leads = |id: &NodeId| {
            self.defaults_below.contains(*id) && (known.is_none() || !self.settled_defaults.contains(*id))
        };
        let named = nodes().flat_map(|node| &node.properties);
        let named = named.filter(|(_, id)| free || leads(id));
        let others = table.filter(|_| free).into_iter().flat_map(|table| table.keys());
        let mut names: Vec<_> = named.map(|(name, _)| name).chain(others).collect();
        names.sort_unstable();
        names.dedup();
        // Tables of the same subschemas share one default, as the entries of a map do. An empty table has its own, at
        // its own origin.
        let mut shared: Option<(Vec<NodeId>, Option<Value>)> = None;
        let mut default_of = |name: &Text| {
            let of: Vec<NodeId> = nodes().flat_map(|node| node.of_member(name)).collect();
            let present = table.and_then(|table| table.get(name));
            // The defaults of such a table are added to the merged one.
            if present.is_some_and(|present| present.as_table().is_some()) && self.replaces(&of) {
                return None;
            }
            let known_here = known.and_then(|known| known.member(name));
            let is_table = present.and_then(Value::as_table).is_some_and(|members| !members.is_empty());
            match &shared {
                Some((shared, default)) if is_table && *shared == of && known_here.is_none() => {
                    return default.clone();
                }
                _ => {}
            }
            let default = self.default_at(&of, present, known_here, open);
            if is_table && known_here.is_none() && self.is_flat(&of) {
                shared = Some((of, default.clone()));
            }
            default
        };
        names.into_iter().filter_map(|name| Some((name.clone(), default_of(name)?))).collect()
    }

    /// Whether the defaults of a present table do not depend on its content: only named members have one, and none has
    /// further defaults inside.
    fn is_flat(&self, nodes: &[NodeId]) -> bool {
        let is_leaf = |id: &NodeId| {
            let inner = self.conjunction(&[*id], None);
            inner.iter().all(|id| self.named_below(*id).next().is_none() && !self.varies(*id))
        };
        self.conjunction(nodes, None)
            .iter()
            .all(|id| !self.varies(*id) && self.named_below(*id).all(|(_, id)| is_leaf(id)))
    }

    /// The nodes whose defaults do not depend on the other layers: only named members have one, every table with one
    /// has all its required keys, and none contains itself.
    pub(super) fn find_settled_defaults(&self) -> NodeSet {
        self.smallest_set(|settled, id| {
            let node = self.node(id);
            let is_settled = |id: &NodeId| settled.contains(*id) || !self.defaults_below.contains(*id);
            let own_has =
                |name: &str| node.notes.default.as_ref().is_some_and(|own| own.member(name).is_some());
            let has_default = |name: &Text| {
                own_has(name) || node.properties.get(name).is_some_and(|id| self.defaults_below.contains(*id))
            };
            let is_complete = id == Self::ROOT
                || self.named_below(id).next().is_none()
                || node.required.iter().all(has_default);
            let is_table = |default: &Value| default.as_table().is_some();
            let is_fixed =
                node.notes.default.as_ref().is_none_or(is_table) || self.named_below(id).next().is_none();
            is_complete
                && is_fixed
                && !self.varies(id)
                && node.notes.merge != Some(MergeStrategy::Replace)
                && node.all_of.iter().chain(&node.reference).all(is_settled)
                && self.named_below(id).all(|(_, id)| is_settled(id))
        })
    }

    /// Whether the subschema has only its own default, as most settings do.
    fn is_alone(&self, id: NodeId) -> bool {
        let node = self.node(id);
        let has_parts = node.reference.is_some() || !node.all_of.is_empty();
        !has_parts && self.named_below(id).next().is_none() && !self.varies(id)
    }

    /// The named members that lead to a default.
    fn named_below(&self, id: NodeId) -> impl Iterator<Item = (&Text, &NodeId)> {
        self.node(id).properties.iter().filter(|(_, id)| self.defaults_below.contains(**id))
    }

    /// Whether members of free names (`patternProperties`, `additionalProperties`) lead to a default.
    fn has_free_below(&self, id: NodeId) -> bool {
        let node = self.node(id);
        let mut free = node.patterns.iter().map(|(_, id)| id).chain(&node.additional);
        free.any(|id| self.defaults_below.contains(*id))
    }

    /// Whether the defaults depend on the value: on its free names, or on which alternative it chooses.
    fn varies(&self, id: NodeId) -> bool {
        self.has_free_below(id) || self.node(id).alternatives().any(|id| self.defaults_below.contains(id))
    }

    /// The nodes that apply to the value: references, `allOf` and, in a table that is present, the alternative that it chooses.
    pub(super) fn conjunction(&self, nodes: &[NodeId], present: Option<&Value>) -> Vec<NodeId> {
        let table = present.filter(|present| present.as_table().is_some());
        self.applicable(nodes, &|combined| match (combined, table) {
            (Combined::AnyOf(branches) | Combined::OneOf(branches), Some(table)) => {
                self.chosen(branches, table)
            }
            _ => Vec::new(),
        })
    }

    /// The nodes from which a default can be reached without passing a list.
    pub(super) fn find_defaults(&self) -> NodeSet {
        self.smallest_set(|set, id| {
            let node = self.node(id);
            let next = node.reference.iter().chain(&node.all_of).chain(node.properties.values());
            let next = next.chain(node.patterns.iter().map(|(_, id)| id)).chain(&node.additional);
            let mut next = next.copied().chain(node.alternatives());
            node.notes.default.is_some() || next.any(|id| set.contains(id))
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use super::super::Documents;
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};

    fn value(text: &str) -> Value {
        parse(&Source::document(LayerKind::File, "a.json", text), Language::Json).unwrap().root().clone()
    }

    /// The tree with the defaults of the schema.
    fn filled(properties: &str, present: &str) -> String {
        let schema = value(&alloc::format!(r#"{{"properties": {properties}}}"#));
        let schema = Schema::compile(&Documents::new("file:///s.json", &schema)).unwrap();
        let present = value(present);
        let tree = match schema.defaults(Some(&present)) {
            Some(defaults) => merge(defaults.root(), &present, &|_| MergeStrategy::Join),
            None => present,
        };
        schema.with_item_defaults(&tree).unwrap_or(tree).to_json().to_string()
    }

    const PORT: &str = r#"{"properties": {"port": {"default": 80}}}"#;

    #[test]
    fn tables_in_lists_get_defaults_at_every_depth() {
        let list = alloc::format!(r#"{{"a": {{"items": {PORT}}}}}"#);
        assert_eq!(filled(&list, r#"{"a": [{}, {"port": 1}, 5]}"#), r#"{"a":[{"port":80},{"port":1},5]}"#);
        let tuple = alloc::format!(r#"{{"a": {{"items": [true, {PORT}], "additionalItems": {PORT}}}}}"#);
        assert_eq!(filled(&tuple, r#"{"a": [{}, {}, {}]}"#), r#"{"a":[{},{"port":80},{"port":80}]}"#);
        let nested =
            alloc::format!(r#"{{"a": {{"items": {{"properties": {{"b": {{"items": {PORT}}}}}}}}}}}"#);
        assert_eq!(filled(&nested, r#"{"a": [{"b": [{}]}]}"#), r#"{"a":[{"b":[{"port":80}]}]}"#);
        let free = alloc::format!(r#"{{"m": {{"additionalProperties": {{"items": {PORT}}}}}}}"#);
        assert_eq!(filled(&free, r#"{"m": {"x": [{}]}}"#), r#"{"m":{"x":[{"port":80}]}}"#);
    }

    #[test]
    fn an_optional_table_gets_defaults_only_if_it_is_present() {
        let optional = alloc::format!(r#"{{"tls": {{"anyOf": [{PORT}, {{"type": "null"}}]}}}}"#);
        let optional = optional.replacen("{\"properties\"", "{\"type\": \"object\", \"properties\"", 1);
        assert_eq!(filled(&optional, r#"{"tls": {}}"#), r#"{"tls":{"port":80}}"#);
        assert_eq!(filled(&optional, "{}"), "{}");
        assert_eq!(filled(&optional, r#"{"tls": null}"#), r#"{"tls":null}"#);
    }

    #[test]
    fn the_null_of_an_optional_table_does_not_hide_the_defaults_of_one_that_is_set() {
        for table in [
            r#"{"anyOf": [{"type": "object", "properties": {"port": {"default": 80}}}, {"type": "null"}], "default": null}"#,
            r#"{"type": ["object", "null"], "properties": {"port": {"default": 80}}, "default": null}"#,
        ] {
            let one = alloc::format!(r#"{{"tls": {table}}}"#);
            assert_eq!(filled(&one, r#"{"tls": {"a": 1}}"#), r#"{"tls":{"a":1,"port":80}}"#, "{table}");
            assert_eq!(filled(&one, "{}"), r#"{"tls":null}"#, "{table}");
            let list = alloc::format!(r#"{{"tls": {{"items": {table}}}}}"#);
            assert_eq!(filled(&list, r#"{"tls": [{"a": 1}, null]}"#), r#"{"tls":[{"a":1,"port":80},null]}"#);
        }
    }

    #[test]
    fn a_variant_gets_its_defaults_if_the_discriminator_names_it() {
        let variants = r#"{"s": {"oneOf": [
            {"properties": {"kind": {"const": "a"}, "x": {"default": 1}}},
            {"properties": {"kind": {"enum": ["b", "c"]}, "y": {"default": 2}}}]}}"#;
        assert_eq!(filled(variants, r#"{"s": {"kind": "a"}}"#), r#"{"s":{"kind":"a","x":1}}"#);
        assert_eq!(filled(variants, r#"{"s": {"kind": "c"}}"#), r#"{"s":{"kind":"c","y":2}}"#);
        assert_eq!(filled(variants, r#"{"s": {"kind": "d"}}"#), r#"{"s":{"kind":"d"}}"#);
        assert_eq!(filled(variants, r#"{"s": {}}"#), r#"{"s":{}}"#);
    }

    #[test]
    fn a_member_that_every_variant_has_alike_names_none() {
        let variants = r#"{"s": {"oneOf": [
            {"properties": {"env": {"enum": ["dev"]}, "kind": {"const": "a"}, "x": {"default": 1}}},
            {"properties": {"env": {"enum": ["dev"]}, "kind": {"const": "b"}, "y": {"default": 2}}}]}}"#;
        assert_eq!(
            filled(variants, r#"{"s": {"env": "dev", "kind": "b"}}"#),
            r#"{"s":{"env":"dev","kind":"b","y":2}}"#
        );
        assert_eq!(filled(variants, r#"{"s": {"env": "dev"}}"#), r#"{"s":{"env":"dev"}}"#);
    }

    #[test]
    fn a_variant_gets_its_defaults_if_its_only_member_names_it() {
        let variant = |name: &str| {
            alloc::format!(
                r#"{{"required": ["{name}"], "additionalProperties": false,
                    "properties": {{"{name}": {{"properties": {{"port": {{"default": 1}}}}}}}}}}"#
            )
        };
        let variants = alloc::format!(r#"{{"s": {{"oneOf": [{}, {}]}}}}"#, variant("a"), variant("b"));
        assert_eq!(filled(&variants, r#"{"s": {"b": {}}}"#), r#"{"s":{"b":{"port":1}}}"#);
    }
}
