//! Old keys: former names (`x-aliases`) and `deprecated` keys.

use alloc::format;
use alloc::vec::Vec;

use super::check::SchemaValidator;
use super::graph::{NodeId, SchemaGraph};
use super::lookup::is_variable;
use super::schema::Schema;
use crate::config::Layer;
use crate::tree::{Code, Diagnostic, Key, Kind, LayerKind, Segment, Table, Text, Value, in_report_order};

impl Schema {
    /// The layer with former names of keys (`x-aliases`) replaced by current ones, and a warning for each.
    ///
    /// Where a table has both, the current name wins.
    pub fn canonical(&self, layer: &Layer) -> (Layer, Vec<Diagnostic>) {
        if self.graph.nodes.iter().all(|node| node.notes.aliases.is_empty()) {
            return (layer.clone(), Vec::new());
        }
        let mut diagnostics = Vec::new();
        let root =
            renamed(&self.graph, &[SchemaGraph::ROOT], layer.root(), &mut Key::root(), &mut diagnostics);
        (Layer::new(root), in_report_order(diagnostics))
    }

    /// A warning `schema/deprecated` for each `deprecated` key that a layer other than defaults sets, in key order.
    pub fn deprecated(&self, root: &Value) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        if self.graph.nodes.iter().any(|node| node.notes.deprecated) {
            let validator = self.validator();
            find_deprecated(&validator, &[SchemaGraph::ROOT], root, &mut Key::root(), &mut diagnostics);
        }
        diagnostics
    }
}

fn renamed(
    graph: &SchemaGraph,
    nodes: &[NodeId],
    value: &Value,
    key: &mut Key,
    diagnostics: &mut Vec<Diagnostic>,
) -> Value {
    let nodes = graph.with_parts(nodes);
    let mut inside = |segment: Segment, of: Vec<NodeId>, value: &Value| {
        key.push(segment);
        let renamed = renamed(graph, &of, value, key, diagnostics);
        key.pop();
        renamed
    };
    match value.kind() {
        Kind::Array(elements) => {
            let elements = elements.iter().enumerate().map(|(index, element)| {
                let segment = Segment::Index(index);
                let of = graph.below(&nodes, &segment);
                inside(segment, of, element)
            });
            Value::array(elements.collect::<Vec<_>>(), value.origin().clone())
        }
        Kind::Table(members) => {
            let mut renamed = Table::new();
            for (name, member) in members {
                let segment = Segment::Name(name.clone());
                let of = graph.below(&nodes, &segment);
                renamed.insert(name.clone(), inside(segment, of, member));
            }
            for (former, present) in former_names(graph, &nodes) {
                let Some(member) = renamed.get(&former).filter(|_| former != present).cloned() else {
                    continue;
                };
                renamed.remove(&former);
                let origin = member.origin().of_name(&former);
                let message =
                    format!("`{}` is a former name of `{}`", Key::of([former]), Key::of([present.clone()]));
                let diagnostic = Diagnostic::warning(Code::NameAlias, key.child(present.clone()), message);
                let ignored = renamed.contains_key(&present);
                let help = if ignored { "remove it: the new name is also set and wins" } else { "rename it" };
                diagnostics.push(diagnostic.at(&origin).help(help));
                if !ignored {
                    renamed.insert(present, member);
                }
            }
            Value::new(Kind::Table(renamed), value.origin().clone())
        }
        _ => value.clone(),
    }
}

fn find_deprecated(
    validator: &SchemaValidator,
    within: &[NodeId],
    value: &Value,
    key: &mut Key,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let graph = &validator.schema.graph;
    if !within.iter().any(|id| graph.deprecated_below.contains(*id)) {
        return;
    }
    let nodes = validator.applicable(within, value);
    let is_set = value.origin().layer() != LayerKind::Defaults;
    if is_set && let Some(node) = nodes.iter().map(|id| graph.node(*id)).find(|node| node.notes.deprecated) {
        let name = key.last_name().unwrap_or_default();
        let is_whole_key = graph.certain(within).iter().any(|id| graph.node(*id).notes.deprecated);
        let message = match is_whole_key {
            true => format!("`{key}` is deprecated"),
            false => format!("this form of `{key}` is deprecated"),
        };
        let diagnostic = Diagnostic::warning(Code::SchemaDeprecated, key.clone(), message);
        let diagnostic = diagnostic.at(&value.origin().of_name(name));
        diagnostics.push(match node.notes.description() {
            Some(description) => diagnostic.help(description),
            None => diagnostic.help("remove it"),
        });
    }
    let members = value.as_table().into_iter().flatten();
    let members = members.map(|(name, member)| (Segment::Name(name.clone()), member));
    let elements = value.as_array().into_iter().flatten().enumerate();
    let elements = elements.map(|(index, element)| (Segment::Index(index), element));
    for (segment, inner) in members.chain(elements) {
        let of = graph.below(&nodes, &segment);
        key.push(segment);
        find_deprecated(validator, &of, inner, key, diagnostics);
        key.pop();
    }
}

/// The former names of members, each with its current name.
fn former_names(graph: &SchemaGraph, nodes: &[NodeId]) -> Vec<(Text, Text)> {
    let mut names = Vec::new();
    for (present, id) in nodes.iter().flat_map(|id| &graph.node(*id).properties) {
        for part in graph.with_parts(&[*id]) {
            let former = graph.node(part).notes.aliases.iter().filter(|alias| !is_variable(alias));
            names.extend(former.map(|former| (former.clone(), present.clone())));
        }
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use super::super::Documents;
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::Source;

    fn schema(text: &str) -> Schema {
        let layer = parse(&Source::document(LayerKind::Defaults, "s.json", text), Language::Json).unwrap();
        Schema::compile(&Documents::new("file:///s.json", layer.root())).unwrap()
    }

    fn layer(text: &str) -> Layer {
        parse(&Source::document(LayerKind::File, "a.toml", text), Language::Toml).unwrap()
    }

    fn shown(diagnostics: &[Diagnostic]) -> Vec<String> {
        let place = |d: &Diagnostic| d.origin.as_ref().map(ToString::to_string).unwrap_or_default();
        diagnostics.iter().map(|d| format!("{} {} {}", place(d), d.code, d.message)).collect()
    }

    const RENAMED: &str = r#"{"properties": {"hosts": {"additionalProperties": {"properties":
        {"port": {"type": "integer", "x-aliases": ["prt", "APP_PRT"]}}}}}}"#;

    #[test]
    fn a_former_name_becomes_the_current_one_below_free_names_too() {
        let (current, diagnostics) = schema(RENAMED).canonical(&layer("[hosts.a]\nprt = 1\n"));
        assert_eq!(current.root(), layer("[hosts.a]\nport = 1\n").root());
        assert_eq!(shown(&diagnostics), ["a.toml:2:1 name/alias `prt` is a former name of `port`"]);
    }

    #[test]
    fn the_current_name_wins_if_both_are_set() {
        let (current, diagnostics) = schema(RENAMED).canonical(&layer("[hosts.a]\nprt = 1\nport = 2\n"));
        assert_eq!(current.root(), layer("[hosts.a]\nport = 2\n").root());
        assert_eq!(diagnostics[0].help.as_deref(), Some("remove it: the new name is also set and wins"));
    }

    #[test]
    fn a_deprecated_key_is_a_warning_where_a_file_sets_it() {
        let schema = schema(r#"{"properties": {"old": {"deprecated": true, "description": "use new"}}}"#);
        let diagnostics = schema.deprecated(layer("old = 1\nnew = 2\n").root());
        assert_eq!(shown(&diagnostics), ["a.toml:1:1 schema/deprecated `old` is deprecated"]);
        assert_eq!(diagnostics[0].help.as_deref(), Some("use new"));
    }
}
