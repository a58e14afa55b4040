//! Checking the keywords that combine subschemas, by valico.
//!
//! Valico gets a normalised schema, in which every node of the graph is a definition and every reference leads to
//! a definition. It checks JSON; a number that `serde_json` cannot represent is passed as a marked string. Our own
//! keyword [`OURS`] checks single values, with exact numbers, ECMA-262 patterns and formats.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::OnceCell;

use serde_json::{Map, Value as Json, json};
use url::Url;
use valico::json_schema::keywords::{Keyword, KeywordResult};
use valico::json_schema::schema::WalkContext;
use valico::json_schema::validators::Validator;
use valico::json_schema::{Scope, ValidationState, errors};

use super::assertion::Assertion;
use super::graph::{Dependency, Items, Judged, NodeId, SchemaGraph, SchemaNode};
use crate::tree::{Kind, Number, Origin, TypeSet, Value};

const ADDRESS: &str = "speckit://plan/";
/// Our keyword for valico: the types and assertions of the node with this number.
const OURS: &str = "x-speckit-node";
/// Marks a string that represents a number, and escapes a string that begins with this character.
const MARK: char = '\u{0}';

/// Checks the combining keywords of a graph. It is not `Sync`, like valico's scope; each loader has its own.
pub(super) struct Judge {
    graph: Arc<SchemaGraph>,
    scope: OnceCell<Option<Scope>>,
}

impl Judge {
    pub(super) fn new(graph: &Arc<SchemaGraph>) -> Self {
        Self { graph: Arc::clone(graph), scope: OnceCell::new() }
    }

    /// Whether a value satisfies the `index`th judged keyword of a node.
    pub(super) fn holds(&self, node: NodeId, index: usize, value: &Value) -> bool {
        let scope = self.scope.get_or_init(|| scope(&self.graph));
        let Some(scope) = scope else { return false };
        let address = format!("{ADDRESS}#/definitions/{}", judged_name(node, index));
        let Some(schema) = Url::parse(&address).ok().and_then(|url| scope.resolve(&url)) else {
            return false;
        };
        schema.validate(&to_json(value)).is_strictly_valid()
    }
}

fn judged_name(node: NodeId, index: usize) -> String {
    format!("{}-{index}", node.0)
}

fn scope(graph: &Arc<SchemaGraph>) -> Option<Scope> {
    let mut scope = Scope::without_formats(valico::json_schema::SchemaVersion::Draft7);
    scope.add_keyword([OURS].into(), Ours(Arc::clone(graph)));
    let mut definitions = Map::new();
    for id in graph.ids() {
        let node = graph.node(id);
        definitions.insert(id.0.to_string(), definition(id, node));
        for (index, judged) in node.judged.iter().enumerate() {
            let mut alone = Map::new();
            put_judged(&mut alone, judged);
            definitions.insert(judged_name(id, index), Json::Object(alone));
        }
    }
    let url = Url::parse(ADDRESS).ok()?;
    scope.compile_with_id(&url, json!({ "definitions": definitions }), false).ok()?;
    Some(scope)
}

/// One node as a schema in which every subschema is a reference to its own definition.
fn definition(id: NodeId, node: &SchemaNode) -> Json {
    if node.refuses {
        return json!({ "not": {} });
    }
    if let Some(target) = node.reference {
        return reference(target);
    }
    let mut schema = Map::new();
    let mut put = |name: &str, value: Json| drop(schema.insert(name.to_string(), value));
    if node.types != TypeSet::ANY || !node.assertions.is_empty() {
        put(OURS, json!(id.0));
    }
    if !node.properties.is_empty() {
        put("properties", by_name(node.properties.iter().map(|(name, id)| (name.to_string(), *id))));
    }
    if !node.patterns.is_empty() {
        put(
            "patternProperties",
            by_name(node.patterns.iter().map(|(p, id)| (p.translated().to_string(), *id))),
        );
    }
    if let Some(rest) = node.additional {
        put("additionalProperties", reference(rest));
    }
    if !node.required.is_empty() {
        put("required", json!(node.required.iter().map(|name| name.as_str()).collect::<Vec<_>>()));
    }
    match &node.items {
        Items::Any => {}
        Items::Each(each) => put("items", reference(*each)),
        Items::Tuple { first, rest } => {
            put("items", references(first));
            if let Some(rest) = rest {
                put("additionalItems", reference(*rest));
            }
        }
    }
    if !node.all_of.is_empty() {
        put("allOf", references(&node.all_of));
    }
    for judged in &node.judged {
        put_judged(&mut schema, judged);
    }
    Json::Object(schema)
}

fn put_judged(schema: &mut Map<String, Json>, judged: &Judged) {
    let mut put = |name: &str, value: Json| drop(schema.insert(name.to_string(), value));
    match judged {
        Judged::AnyOf(branches) | Judged::OneOf(branches) => put(judged.keyword(), references(branches)),
        Judged::Not(node) | Judged::Contains(node) | Judged::PropertyNames(node) => {
            put(judged.keyword(), reference(*node));
        }
        Judged::If { condition, then, otherwise } => {
            put("if", reference(*condition));
            then.iter().for_each(|node| put("then", reference(*node)));
            otherwise.iter().for_each(|node| put("else", reference(*node)));
        }
        Judged::Dependencies(of) => {
            // Valico mistakes a dependency named like a keyword, such as `properties`, for that keyword.
            let of = of.iter().map(|(name, on)| {
                let on = match on {
                    Dependency::Names(names) => {
                        json!({ "required": names.iter().map(|name| name.as_str()).collect::<Vec<_>>() })
                    }
                    Dependency::Schema(node) => reference(*node),
                };
                json!({ "if": { "type": "object", "required": [name.as_str()] }, "then": on })
            });
            if let Json::Array(all) = schema.entry("allOf").or_insert_with(|| json!([])) {
                all.extend(of);
            }
        }
    }
}

fn reference(node: NodeId) -> Json {
    json!({ "$ref": format!("{ADDRESS}#/definitions/{}", node.0) })
}

fn references(nodes: &[NodeId]) -> Json {
    nodes.iter().map(|node| reference(*node)).collect()
}

fn by_name(nodes: impl Iterator<Item = (String, NodeId)>) -> Json {
    Json::Object(nodes.map(|(name, node)| (name, reference(node))).collect())
}

/// The keyword [`OURS`]: checks types and assertions of a node as the graph does.
struct Ours(Arc<SchemaGraph>);

impl Keyword for Ours {
    fn compile(&self, definition: &Json, _: &WalkContext<'_>) -> KeywordResult {
        let number =
            definition.get(OURS).and_then(Json::as_u64).and_then(|number| u32::try_from(number).ok());
        Ok(number.map(|number| {
            let node = self.0.node(NodeId(number));
            let looks_inside = node.assertions.iter().any(|assertion| {
                matches!(assertion, Assertion::Enum(_) | Assertion::Const(_) | Assertion::UniqueItems)
            });
            Box::new(OursAt { graph: Arc::clone(&self.0), node: NodeId(number), looks_inside })
                as Box<dyn Validator + Send + Sync>
        }))
    }
}

struct OursAt {
    graph: Arc<SchemaGraph>,
    node: NodeId,
    looks_inside: bool,
}

impl Validator for OursAt {
    fn validate(&self, json: &Json, path: &str, _: &Scope, _: &ValidationState) -> ValidationState {
        let node = self.graph.node(self.node);
        let value = from_json(json, self.looks_inside, &node.origin);
        let mut state = ValidationState::new();
        let holds =
            node.types.contains(TypeSet::of(&value)) && node.assertions.iter().all(|a| a.holds(&value));
        if !holds {
            state.errors.push(Box::new(errors::Const { path: path.to_string() }));
        }
        state
    }
}

/// The value as JSON for valico.
fn to_json(value: &Value) -> Json {
    let marked =
        |text: &str| if text.starts_with(MARK) { format!("{MARK}{MARK}{text}") } else { text.to_string() };
    match value.kind() {
        Kind::Number(Number::Decimal(_)) => format!("{MARK}{value}").into(),
        Kind::Number(Number::Float(float)) if !float.is_finite() => format!("{MARK}{value}").into(),
        Kind::String(text) => marked(text).into(),
        Kind::Array(elements) => elements.iter().map(to_json).collect(),
        Kind::Table(members) => {
            members.iter().map(|(name, member)| (name.to_string(), to_json(member))).collect()
        }
        _ => value.to_json(),
    }
}

/// The value that valico's JSON represents. Unless `deep`, elements and members are nulls: then only their number
/// matters.
fn from_json(json: &Json, deep: bool, origin: &Origin) -> Value {
    let child = |json: &Json| {
        if deep { from_json(json, deep, origin) } else { Value::new(Kind::Null, origin.clone()) }
    };
    let kind = match json {
        Json::Null => Kind::Null,
        Json::Bool(bool) => Kind::Bool(*bool),
        Json::Number(number) => {
            Kind::Number(Number::parse(&number.to_string()).unwrap_or(Number::Float(f64::NAN)))
        }
        Json::String(text) => match text.strip_prefix(MARK) {
            Some(rest) => match rest.strip_prefix(MARK) {
                Some(text) => Kind::String(text.into()),
                None => Kind::Number(marked_number(rest)),
            },
            None => Kind::String(text.as_str().into()),
        },
        Json::Array(elements) => return Value::array(elements.iter().map(child), origin.clone()),
        Json::Object(members) => {
            let members = members.iter().map(|(name, member)| (name.as_str().into(), child(member)));
            return Value::table(members, origin.clone());
        }
    };
    Value::new(kind, origin.clone())
}

fn marked_number(text: &str) -> Number {
    Number::parse(text).unwrap_or_else(|_| Number::Float(text.parse().unwrap_or(f64::NAN)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{LayerKind, Source};

    #[test]
    fn values_survive_the_conversion_to_json_and_back() {
        let origin = Origin::whole(&Source::fragment(LayerKind::Override, "test", ""));
        let kinds = [
            Kind::Number(Number::parse("98249283749234923498293171823948729348710298301928331").unwrap()),
            Kind::Number(Number::Float(f64::NEG_INFINITY)),
            Kind::Number(Number::Int(i64::MIN)),
            Kind::String("\u{0}5".into()),
            Kind::String("\u{0}\u{0}".into()),
            Kind::String("plain".into()),
        ];
        let value = Value::array(kinds.map(|kind| Value::new(kind, origin.clone())), origin.clone());
        assert_eq!(from_json(&to_json(&value), true, &origin), value);
    }
}
