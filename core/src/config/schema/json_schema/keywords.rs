//! Reading the keywords of one subschema.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::assertion::Assertion;
use super::compiler::Compiler;
use super::dialect::Draft;
use super::documents::{SchemaLocation, count};
use super::facts::Reload;
use super::format::StringFormat;
use super::graph::{Combined, Contains, Dependency, Items, NodeId, Notes, SchemaNode};
use crate::config::MergeStrategy;
use crate::tree::nearest::nearest;
use crate::tree::{Code, Diagnostic, Kind, Table, Text, TypeSet, Value};

/// The keywords that we add to JSON Schema.
const OURS: &[&str] = &["x-aliases", "x-env", "x-env-case", "x-env-empty", "x-merge", "x-reload", "x-secret"];

/// The node of a subschema, read keyword by keyword.
pub(super) struct NodeReader<'c, 'd> {
    pub(super) compiler: &'c mut Compiler<'d>,
    pub(super) location: &'c SchemaLocation,
    pub(super) node: SchemaNode,
}

impl NodeReader<'_, '_> {
    /// Reads every keyword.
    pub(super) fn read(mut self, members: &Table) -> SchemaNode {
        let draft = self.location.resource.dialect.draft;
        let only_reference = self.location.ignores_siblings();
        for (name, value) in members {
            if self.read_note(name, value) {
                continue;
            }
            match name.as_str() {
                "$ref" | "$dynamicRef" | "$recursiveRef" if draft.has(name) => {
                    self.node.all_of.extend(self.compiler.reference(self.location, name, value));
                }
                _ if only_reference => self.warn_of_sibling(name, value),
                _ if draft.has(name) => self.read_keyword(name, value),
                _ => self.warn_of_later_keyword(name, value),
            }
        }
        if let [target] = *self.node.all_of.as_slice()
            && members.get("allOf").is_none()
            && self.node.has_only_references()
        {
            self.node.reference = Some(target);
            self.node.all_of.clear();
        }
        self.node
    }

    /// Reads a keyword that describes a value without restricting it; false if it is none.
    fn read_note(&mut self, name: &Text, value: &Value) -> bool {
        let text = || match value.kind() {
            Kind::String(text) => Some(text.clone()),
            _ => None,
        };
        let is_set = value.as_bool() == Some(true);
        let notes: &mut Notes = &mut self.node.notes;
        match name.as_str() {
            "description" => notes.description = text(),
            "title" => notes.description = notes.description.take().or_else(text),
            "default" => notes.default = Some(value.clone()),
            "deprecated" => notes.deprecated = is_set,
            "writeOnly" | "x-secret" => notes.secret |= is_set,
            "x-aliases" => notes.aliases = texts(value),
            "x-env" => notes.variable = value.as_str().map(Text::from),
            "x-env-case" => match value.as_str() {
                Some("lower") => notes.keeps_case = Some(false),
                Some("keep") => notes.keeps_case = Some(true),
                _ => self.invalid(name, value, "expected \"lower\" or \"keep\""),
            },
            "x-env-empty" => match value.as_str() {
                Some("value") => notes.ignores_empty = Some(false),
                Some("unset") => notes.ignores_empty = Some(true),
                _ => self.invalid(name, value, "expected \"value\" or \"unset\""),
            },
            "x-reload" => match value.as_str() {
                Some("live") => notes.reload = Some(Reload::Live),
                Some("restart") => notes.reload = Some(Reload::Restart),
                _ => self.invalid(name, value, "expected \"live\" or \"restart\""),
            },
            "x-merge" => match merge_strategy(value) {
                Some(strategy) => {
                    notes.merge = Some(strategy);
                    notes.merge_at = Some((self.location.key.child(name.clone()), value.origin().clone()));
                }
                None => {
                    let message = r#"expected "replace", "append", "union" or {"by": "name"}"#;
                    self.invalid(name, value, message);
                }
            },
            _ => match misspelt(name) {
                Some(meant) => {
                    let help = format!("did you mean `{meant}`?");
                    self.warn(
                        Code::SchemaUnknownKeyword,
                        name,
                        value,
                        format!("unknown keyword `{name}`"),
                        help,
                    );
                }
                None => return false,
            },
        }
        true
    }

    fn read_keyword(&mut self, name: &str, value: &Value) {
        let dialect = self.location.resource.dialect;
        match name {
            "additionalProperties" => self.node.additional = Some(self.child(name, value)),
            "allOf" => {
                let parts = self.children(name, value);
                self.node.all_of.extend(parts);
            }
            "anyOf" => self.combine_branches(name, value, Combined::AnyOf),
            "oneOf" => self.combine_branches(name, value, Combined::OneOf),
            "not" => self.combine(name, value, Combined::Not),
            "propertyNames" => self.combine(name, value, Combined::PropertyNames),
            "contains" => {
                let count = |name: &str| self.location.count(name).filter(|_| dialect.asserts);
                let (min, max) = (count("minContains").unwrap_or(1), count("maxContains"));
                let evaluates = dialect.draft >= Draft::Draft2020;
                self.combine(name, value, |of| Combined::Contains(Contains { of, min, max, evaluates }));
            }
            "if" => {
                let mut branch = |name: &str| {
                    let value = self.location.value.member(name)?;
                    Some(self.compiler.node(self.location.child(name, value)))
                };
                let (then, otherwise) = (branch("then"), branch("else"));
                self.combine(name, value, |condition| Combined::If { condition, then, otherwise });
            }
            "dependencies" | "dependentRequired" | "dependentSchemas" => self.read_dependencies(name, value),
            "items" => self.read_items(name, value),
            "prefixItems" => {
                let first = self.children(name, value);
                let rest = self.location.keyword("items").map(|rest| self.compiler.node(rest));
                self.node.items = Items::Tuple { first, rest };
            }
            "patternProperties" => self.read_patterns(name, value),
            "properties" => self.node.properties = self.compiler.map(&self.location.child(name, value)),
            "unevaluatedItems" => self.node.unevaluated_elements = Some(self.child(name, value)),
            "unevaluatedProperties" => self.node.unevaluated_members = Some(self.child(name, value)),
            "format" if dialect.asserts_formats => {
                let format = value.as_str().and_then(StringFormat::named);
                self.node.assertions.extend(format.map(Assertion::Format));
            }
            "required" if dialect.asserts => self.node.required = texts(value),
            "type" if dialect.asserts => self.read_types(name, value),
            _ if dialect.asserts => self.read_assertion(name, value),
            _ => {}
        }
    }

    fn read_assertion(&mut self, name: &str, value: &Value) {
        // In Draft 4 a boolean beside the bound makes it exclusive.
        let is_exclusive =
            |name: &str| self.location.value.member(name).and_then(Value::as_bool) == Some(true);
        let number = || value.as_number().cloned();
        let count = || count(value);
        let assertion = match name {
            "enum" => value.as_array().map(|all| Assertion::Enum(all.iter().cloned().collect())),
            "const" => Some(Assertion::Const(value.clone())),
            "minimum" if is_exclusive("exclusiveMinimum") => number().map(Assertion::ExclusiveMinimum),
            "minimum" => number().map(Assertion::Minimum),
            "exclusiveMinimum" => number().map(Assertion::ExclusiveMinimum),
            "maximum" if is_exclusive("exclusiveMaximum") => number().map(Assertion::ExclusiveMaximum),
            "maximum" => number().map(Assertion::Maximum),
            "exclusiveMaximum" => number().map(Assertion::ExclusiveMaximum),
            "multipleOf" => number().map(Assertion::MultipleOf),
            "minLength" => count().map(Assertion::MinLength),
            "maxLength" => count().map(Assertion::MaxLength),
            "pattern" => value.as_str().and_then(|text| match self.compiler.pattern(text) {
                Ok(pattern) => Some(Assertion::Pattern(pattern)),
                Err(why) => {
                    self.invalid(name, value, &invalid_pattern(text, &why));
                    None
                }
            }),
            "minItems" => count().map(Assertion::MinItems),
            "maxItems" => count().map(Assertion::MaxItems),
            "uniqueItems" => (value.as_bool() == Some(true)).then_some(Assertion::UniqueItems),
            "minProperties" => count().map(Assertion::MinProperties),
            "maxProperties" => count().map(Assertion::MaxProperties),
            _ => None,
        };
        self.node.assertions.extend(assertion);
    }

    fn read_types(&mut self, name: &str, value: &Value) {
        let named = |value: &Value| value.as_str().and_then(TypeSet::named);
        let types = match value.kind() {
            Kind::Array(names) => {
                names.iter().try_fold(TypeSet::NONE, |set, name| Some(set.or(named(name)?)))
            }
            _ => named(value),
        };
        match types {
            Some(types) => self.node.types = types,
            None => {
                self.invalid(name, value, "expected array, boolean, integer, null, number, object or string")
            }
        }
    }

    fn read_items(&mut self, name: &str, value: &Value) {
        if value.as_array().is_some() {
            let first = self.children(name, value);
            let rest = self.location.keyword("additionalItems").map(|rest| self.compiler.node(rest));
            self.node.items = Items::Tuple { first, rest };
        } else if self.location.keyword("prefixItems").is_none() {
            self.node.items = Items::Each(self.child(name, value));
        }
    }

    fn read_patterns(&mut self, name: &str, value: &Value) {
        for (text, id) in self.compiler.map(&self.location.child(name, value)) {
            match self.compiler.pattern(&text) {
                Ok(pattern) => self.node.patterns.push((pattern, id)),
                Err(why) => {
                    let key = self.location.key.child(name).child(text.clone());
                    self.compiler.invalid(key, value, invalid_pattern(&text, &why));
                }
            }
        }
    }

    fn read_dependencies(&mut self, name: &str, value: &Value) {
        let mut dependencies: BTreeMap<Text, Vec<Dependency>> = BTreeMap::new();
        let map = self.location.child(name, value);
        for (member, needs) in value.as_table().into_iter().flatten() {
            let dependency = match needs.kind() {
                Kind::Array(_) => Dependency::Names(texts(needs)),
                _ => Dependency::Schema(self.compiler.node(map.child(member, needs))),
            };
            dependencies.entry(member.clone()).or_default().push(dependency);
        }
        if !dependencies.is_empty() {
            self.node.combined.push(Combined::Dependencies(dependencies));
        }
    }

    fn combine(&mut self, name: &str, value: &Value, combined: impl FnOnce(NodeId) -> Combined) {
        let of = self.child(name, value);
        self.node.combined.push(combined(of));
    }

    /// Every draft requires at least one alternative; an empty list is ignored.
    fn combine_branches(&mut self, name: &str, value: &Value, combined: fn(Vec<NodeId>) -> Combined) {
        let branches = self.children(name, value);
        if !branches.is_empty() {
            self.node.combined.push(combined(branches));
        }
    }

    fn child(&mut self, name: &str, value: &Value) -> NodeId {
        self.compiler.node(self.location.child(name, value))
    }

    fn children(&mut self, name: &str, value: &Value) -> Vec<NodeId> {
        self.compiler.list(&self.location.child(name, value))
    }

    fn invalid(&mut self, name: &str, value: &Value, message: &str) {
        self.compiler.invalid(self.location.key.child(name), value, message);
    }

    fn warn(&mut self, code: Code, name: &str, value: &Value, message: String, help: String) {
        let warning = Diagnostic::warning(code, self.location.key.child(name), message);
        self.compiler.warnings.push(warning.at(&value.origin().of_name(name)).help(help));
    }

    /// Warns of a keyword beside a `$ref`, where it has no effect although its author meant it.
    fn warn_of_sibling(&mut self, name: &str, value: &Value) {
        if has_effect(name) {
            let draft = self.location.resource.dialect.draft.name();
            let message = format!("{draft} ignores `{name}` beside `$ref`");
            let help = r#"put the `$ref` into `allOf`: "allOf": [{"$ref": …}]"#;
            self.warn(Code::SchemaIgnoredKeyword, name, value, message, help.into());
        }
    }

    /// Warns of a keyword that only a later draft has.
    fn warn_of_later_keyword(&mut self, name: &str, value: &Value) {
        let draft = self.location.resource.dialect.draft;
        if let Some(later) = draft.later(name) {
            let message = format!("{} has no keyword `{name}`, which is ignored", draft.name());
            let help = format!(r#"declare the draft that has it: "$schema": "{}""#, later.address());
            self.warn(Code::SchemaIgnoredKeyword, name, value, message, help);
        }
    }
}

fn merge_strategy(value: &Value) -> Option<MergeStrategy> {
    match value.kind() {
        Kind::String(text) => match text.as_str() {
            "replace" => Some(MergeStrategy::Replace),
            "append" => Some(MergeStrategy::Append),
            "union" => Some(MergeStrategy::Union),
            _ => None,
        },
        Kind::Table(members) if members.len() == 1 => {
            let name = members.get("by")?.as_str().filter(|name| !name.is_empty())?;
            Some(MergeStrategy::By(name.into()))
        }
        _ => None,
    }
}

fn invalid_pattern(text: &str, why: &str) -> String {
    format!("invalid pattern `{text}`: {why}")
}

/// Whether the keyword restricts a value, or leads to subschemas that do.
fn has_effect(keyword: &str) -> bool {
    matches!(
        keyword,
        "additionalItems"
            | "additionalProperties"
            | "allOf"
            | "anyOf"
            | "const"
            | "contains"
            | "dependencies"
            | "enum"
            | "exclusiveMaximum"
            | "exclusiveMinimum"
            | "format"
            | "if"
            | "items"
            | "maxItems"
            | "maxLength"
            | "maxProperties"
            | "maximum"
            | "minItems"
            | "minLength"
            | "minProperties"
            | "minimum"
            | "multipleOf"
            | "not"
            | "oneOf"
            | "pattern"
            | "patternProperties"
            | "properties"
            | "propertyNames"
            | "required"
            | "type"
            | "uniqueItems"
    )
}

/// The keyword of ours that a name is a misspelling of.
fn misspelt(name: &str) -> Option<&'static str> {
    let is_ours = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
    if !is_ours || OURS.contains(&name) {
        return None;
    }
    nearest(name, OURS.iter().copied())
}

fn texts(value: &Value) -> Vec<Text> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(Text::from).collect()
}
