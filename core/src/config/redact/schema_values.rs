//! The values in the text of a schema that belong to secret keys.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::tree::{Kind, Text, Value};

/// Keywords whose values are values of the key.
const VALUES: [&str; 4] = ["default", "const", "enum", "examples"];
/// Keywords with subschemas for the same value, or a list of them.
const PARTS: [&str; 7] = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"];
/// Longer chains of references are not followed: what is there counts as secret.
const MAX_STEPS: usize = 64;

/// The values of `default`, `const`, `enum` and `examples` of each key that is secret in a schema document.
pub(super) fn secret_values(document: &Value) -> Vec<&Value> {
    let schema = SchemaText { document };
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut pending = Vec::from([(document, false)]);
    while let Some((value, is_below_secret)) = pending.pop() {
        if !seen.insert((core::ptr::from_ref(value), is_below_secret)) {
            continue;
        }
        let is_secret = is_below_secret || schema.is_secret(value, &mut BTreeSet::new(), 0);
        for (name, member) in value.as_table().into_iter().flatten() {
            if is_secret && VALUES.contains(&name.as_str()) {
                found.push(member);
            } else {
                pending.push((member, is_secret));
            }
        }
        pending.extend(value.as_array().into_iter().flatten().map(|element| (element, is_secret)));
        if let (true, Some(Target::Here(target))) = (is_secret, schema.target(value)) {
            pending.push((target, true));
        }
    }
    found
}

/// A schema document without those parts of its `default`s that belong to secret keys.
///
/// ```
/// use speckit_core::config::redact::without_secret_defaults;
/// use speckit_core::config::source::{Language, parse};
/// use speckit_core::{LayerKind, Source};
/// let text = r#"{ "default": { "user": "ann", "token": "x" }, "properties": { "token": { "x-secret": true } } }"#;
/// let schema = parse(&Source::document(LayerKind::Defaults, "schema.json", text), Language::Json)?;
/// let without = without_secret_defaults(schema.root());
/// assert_eq!(without.member("default").unwrap().to_string(), r#"{ user = "ann" }"#);
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
#[must_use]
pub fn without_secret_defaults(document: &Value) -> Value {
    SchemaText { document }.without_secret_defaults(document)
}

struct SchemaText<'d> {
    document: &'d Value,
}

impl<'d> SchemaText<'d> {
    /// Whether a subschema, or one for the same value, marks the value as secret. A reference to another document may.
    fn is_secret(&self, schema: &Value, seen: &mut BTreeSet<*const Value>, steps: usize) -> bool {
        if !seen.insert(core::ptr::from_ref(schema)) {
            return false;
        }
        let is_set = |name| matches!(schema.member(name).map(Value::kind), Some(Kind::Bool(true)));
        let parts = PARTS.iter().filter_map(|name| schema.member(name));
        let mut parts = parts.flat_map(|part| part.as_array().into_iter().flatten().chain([part]));
        steps >= MAX_STEPS
            || is_set("x-secret")
            || is_set("writeOnly")
            || parts.any(|part| self.is_secret(part, seen, steps + 1))
            || match self.target(schema) {
                None => false,
                Some(Target::Here(target)) => self.is_secret(target, seen, steps + 1),
                Some(Target::Elsewhere) => true,
            }
    }

    fn without_secret_defaults(&self, at: &'d Value) -> Value {
        let origin = at.origin().clone();
        match at.kind() {
            Kind::Table(members) => {
                let kept = members.iter().filter_map(|(name, member)| {
                    let is_default = name == "default" && self.open_part(at, member).as_ref() != Some(member);
                    let kept = match is_default {
                        true => self.open_part(at, member)?,
                        false => self.without_secret_defaults(member),
                    };
                    Some((name.clone(), kept))
                });
                Value::table(kept, origin)
            }
            Kind::Array(elements) => {
                Value::array(elements.iter().map(|element| self.without_secret_defaults(element)), origin)
            }
            _ => at.clone(),
        }
    }

    /// The value without what is secret by its schema; `None` if it is secret itself.
    fn open_part(&self, schema: &'d Value, value: &Value) -> Option<Value> {
        if self.is_secret(schema, &mut BTreeSet::new(), 0) {
            return None;
        }
        let mut schemas = Vec::new();
        self.add_schemas_of_same_value(schema, &mut schemas);
        let open = |keywords: &[&str], name: Option<&str>, value: &Value| {
            let below = schemas.iter().flat_map(|schema| {
                let of_keyword = keywords.iter().filter_map(|keyword| schema.member(keyword));
                let of_name = name.and_then(|name| schema.member("properties")?.member(name));
                of_keyword.chain(of_name)
            });
            below.into_iter().try_fold(value.clone(), |value, below| self.open_part(below, &value))
        };
        match value.kind() {
            Kind::Table(members) => {
                let keywords = ["additionalProperties"];
                let open = members
                    .iter()
                    .filter_map(|(name, member)| Some((name.clone(), open(&keywords, Some(name), member)?)));
                Some(Value::table(open.collect::<Vec<(Text, Value)>>(), value.origin().clone()))
            }
            Kind::Array(elements) => {
                let open = elements.iter().filter_map(|element| open(&["items"], None, element));
                Some(Value::array(open.collect::<Vec<Value>>(), value.origin().clone()))
            }
            _ => Some(value.clone()),
        }
    }

    /// Adds a subschema and those for the same value: its parts, and what it refers to.
    fn add_schemas_of_same_value(&self, schema: &'d Value, found: &mut Vec<&'d Value>) {
        if found.iter().any(|known| core::ptr::eq(*known, schema)) {
            return;
        }
        found.push(schema);
        let parts = PARTS.iter().filter_map(|name| schema.member(name));
        let parts = parts.flat_map(|part| part.as_array().into_iter().flatten().chain([part]));
        parts.for_each(|part| self.add_schemas_of_same_value(part, found));
        if let Some(Target::Here(target)) = self.target(schema) {
            self.add_schemas_of_same_value(target, found);
        }
    }

    /// What a subschema refers to.
    fn target(&self, schema: &Value) -> Option<Target<'d>> {
        let reference = schema.member("$ref").and_then(Value::as_str)?;
        let pointer = reference.strip_prefix('#').filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let mut names = pointer.into_iter().flat_map(|pointer| pointer.split('/').skip(1));
        let target = names.try_fold(self.document, |at, name| {
            let name = name.replace("~1", "/").replace("~0", "~");
            let index = || name.parse().ok().and_then(|index: usize| at.as_array()?.get(index));
            at.member(&name).or_else(index)
        });
        Some(match target.filter(|_| pointer.is_some()) {
            Some(target) => Target::Here(target),
            None => Target::Elsewhere,
        })
    }
}

/// What a reference leads to.
enum Target<'d> {
    /// A subschema of the same document.
    Here(&'d Value),
    /// Another document, or nothing.
    Elsewhere,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};
    use alloc::string::{String, ToString};

    fn found(schema: &str) -> Vec<String> {
        let source = Source::document(LayerKind::File, "s.json", schema);
        let layer = parse(&source, Language::Json).unwrap();
        secret_values(layer.root()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn tables_that_begin_at_one_header_are_all_visited() {
        let text = "[properties.token]\nx-secret = true\ndefault = 'a'\n[properties.x.y.z]\nwriteOnly = true\nconst = 'b'\n";
        let layer = parse(&Source::document(LayerKind::File, "s.toml", text), Language::Toml).unwrap();
        let found = secret_values(layer.root()).len();
        assert_eq!(found, 2);
    }

    #[test]
    fn values_of_secret_keys_are_found_here_below_and_through_references() {
        for (schema, expected) in [
            (r##"{ "default": 1, "x-secret": true }"##, ["1"].as_slice()),
            (r##"{ "const": 1, "writeOnly": true, "enum": [2], "examples": [3] }"##, &["1", "[2]", "[3]"]),
            (r##"{ "default": 1, "x-secret": false }"##, &[]),
            (r##"{ "x-secret": true, "properties": { "a": { "default": 1 } } }"##, &["1"]),
            (r##"{ "properties": { "a": { "default": 1 }, "b": { "x-secret": true } } }"##, &[]),
            (r##"{ "allOf": [{ "anyOf": [{ "x-secret": true }] }], "default": 1 }"##, &["1"]),
            (r##"{ "$ref": "#/d/a~1b", "default": 1, "d": { "a/b": { "x-secret": true } } }"##, &["1"]),
            (r##"{ "$ref": "other.json", "default": 1 }"##, &["1"]),
            (r##"{ "p": { "x-secret": true, "$ref": "#/d" }, "d": { "default": 1 } }"##, &["1"]),
            (r##"{ "p": { "$ref": "#/d" }, "d": { "default": 1 } }"##, &[]),
            (r##"{ "$ref": "#", "default": 1 }"##, &[]),
            (r##"{ "$ref": "#/nowhere", "default": 1 }"##, &["1"]),
        ] {
            assert_eq!(found(schema), expected, "{schema}");
        }
    }

    #[test]
    fn a_schema_without_secret_defaults_keeps_all_others() {
        let without = |schema: &str| {
            let source = Source::document(LayerKind::File, "s.json", schema);
            let layer = parse(&source, Language::Json).unwrap();
            serde_json::to_string(&without_secret_defaults(layer.root())).unwrap()
        };
        for (schema, expected) in [
            (r##"{"default":1,"x-secret":true}"##, r##"{"x-secret":true}"##),
            (
                r##"{"default":{"a":1,"b":2},"properties":{"a":{"x-secret":true}}}"##,
                r##"{"default":{"b":2},"properties":{"a":{"x-secret":true}}}"##,
            ),
            (
                r##"{"$defs":{"d":{"items":{"x-secret":true}}},"$ref":"#/$defs/d","default":[1]}"##,
                r##"{"$defs":{"d":{"items":{"x-secret":true}}},"$ref":"#/$defs/d","default":[]}"##,
            ),
            (
                r##"{"anyOf":[{"additionalProperties":{"writeOnly":true}}],"default":{"a":1}}"##,
                r##"{"anyOf":[{"additionalProperties":{"writeOnly":true}}],"default":{}}"##,
            ),
            (
                r##"{"properties":{"default":{"default":1,"x-secret":true}}}"##,
                r##"{"properties":{"default":{"x-secret":true}}}"##,
            ),
        ] {
            assert_eq!(without(schema), expected, "{schema}");
            assert_eq!(without(expected), expected);
        }
    }
}
