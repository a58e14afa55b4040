//! The facts that a schema states about a key.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::assertion::{Assertion, list};
use super::check::SchemaValidator;
use super::facts::{Alternative, Facts};
use super::graph::{Combined, NodeId, SchemaGraph, SchemaNode};
use super::schema::Schema;
use crate::config::MergeStrategy;
use crate::text::count;
use crate::tree::{Key, Value};

impl Schema {
    /// The facts that the schema states about a key, whatever its value is; `None` for an unknown key.
    pub fn facts(&self, key: &Key) -> Option<Facts> {
        self.facts_by(key, &|nodes, _| self.graph.certain(nodes))
    }

    /// The facts about a key of a tree: those of an alternative count if its value in the tree matches the alternative.
    pub fn facts_in(&self, key: &Key, root: &Value) -> Option<Facts> {
        let validator = SchemaValidator::new(self);
        self.facts_by(key, &|nodes, at| match root.get(at) {
            Some(value) => validator.applicable(nodes, value),
            None => self.graph.certain(nodes),
        })
    }

    /// Why a value may not be at a key of a tree: its first violation; `None` if it may.
    pub(crate) fn refusal_at(&self, key: &Key, value: &Value, root: Option<&Value>) -> Option<String> {
        let validator = SchemaValidator::new(self);
        let at_root = root.is_some_and(|root| root.as_table().is_some());
        let certain =
            |nodes: &[NodeId], at: &Key| match root.filter(|_| at_root).and_then(|root| root.get(at)) {
                Some(present) => validator.applicable(nodes, present),
                None => self.graph.certain(nodes),
            };
        let mut at = Key::root();
        let mut nodes = Vec::from([SchemaGraph::ROOT]);
        let mut possible = nodes.clone();
        for segment in key.segments() {
            nodes = self.graph.below(&certain(&nodes, &at), segment);
            possible = self.graph.below(&self.graph.with_parts(&possible), segment);
            at.push(segment.clone());
        }
        if nodes.is_empty() {
            let refusals: Vec<String> =
                possible.iter().filter_map(|id| validator.refusal(*id, key, value)).collect();
            return refusals.first().filter(|_| refusals.len() == possible.len()).cloned();
        }
        nodes.iter().find_map(|id| validator.refusal(*id, key, value))
    }

    /// `certain` returns the nodes that apply to the value at a key, of those that may.
    fn facts_by(&self, key: &Key, certain: &dyn Fn(&[NodeId], &Key) -> Vec<NodeId>) -> Option<Facts> {
        let mut facts = Facts::default();
        let full = key.segments().len();
        let mut possible = Vec::new();
        self.visit_while(key, &mut |depth, nodes| {
            for notes in nodes.iter().map(|id| &self.graph.node(*id).notes) {
                facts.secret |= notes.secret;
                facts.reload = notes.reload.unwrap_or(facts.reload);
                if depth < full {
                    continue;
                }
                facts.aliases.extend(notes.aliases.iter().cloned());
                facts.variable = facts.variable.take().or_else(|| notes.variable.clone());
                if facts.merge == MergeStrategy::default() {
                    facts.merge = notes.merge.clone().unwrap_or_default();
                }
            }
            if depth == full {
                possible = nodes.to_vec();
            }
            true
        });
        let mut at = Key::root();
        let mut nodes = certain(&[SchemaGraph::ROOT], &at);
        for segment in key.segments() {
            let below = self.graph.below(&nodes, segment);
            at.push(segment.clone());
            nodes = certain(&below, &at);
        }
        if nodes.is_empty() {
            // Only alternatives of a table around the key know it.
            self.add_alternatives(&possible, &mut facts);
        } else {
            self.add_certain(&nodes, &mut facts);
        }
        (facts.types, facts.element_types) = self.types(key)?;
        Some(facts)
    }

    fn add_certain(&self, nodes: &[NodeId], facts: &mut Facts) {
        // The facts of a value that is one of several are not those of the key.
        let mut choices_only = Vec::new();
        for id in nodes {
            for combined in &self.graph.node(*id).combined {
                let (Combined::AnyOf(branches) | Combined::OneOf(branches)) = combined else { continue };
                let Some(choices) = self.graph.choices_of(branches).filter(|_| !choices_only.contains(id))
                else {
                    continue;
                };
                choices_only.extend(self.graph.with_parts(branches));
                add_choices(choices, facts);
            }
        }
        let nodes: Vec<NodeId> = nodes.iter().filter(|id| !choices_only.contains(id)).copied().collect();
        for node in nodes.iter().map(|id| self.graph.node(*id)) {
            let notes = &node.notes;
            facts.description = facts.description.take().or_else(|| notes.description());
            facts.default = facts.default.take().or_else(|| notes.default.clone());
            facts.range = facts.range.take().or_else(|| range(node));
            facts.deprecated |= notes.deprecated;
        }
        for combined in nodes.iter().flat_map(|id| &self.graph.node(*id).combined) {
            let (Combined::AnyOf(branches) | Combined::OneOf(branches)) = combined else { continue };
            if branches.iter().all(|branch| !nodes.contains(branch) && !choices_only.contains(branch)) {
                self.add_alternatives(branches, facts);
            }
        }
    }

    fn add_alternatives(&self, branches: &[NodeId], facts: &mut Facts) {
        if let Some(choices) = self.graph.choices_of(branches) {
            return add_choices(choices, facts);
        }
        let all: Vec<Alternative> = branches.iter().map(|branch| self.alternative(*branch)).collect();
        match all.as_slice() {
            [only] => {
                facts.description = facts.description.take().or_else(|| only.description.clone());
                facts.range = facts.range.take().or_else(|| only.range.clone());
                facts.deprecated |= only.deprecated;
            }
            _ if all
                .iter()
                .all(|one| one.range.is_none() && one.description.is_none() && !one.deprecated) => {}
            _ => facts.alternatives.extend(all),
        }
    }

    fn alternative(&self, branch: NodeId) -> Alternative {
        let mut facts = Facts::default();
        for node in self.graph.certain(&[branch]).iter().map(|id| self.graph.node(*id)) {
            facts.description = facts.description.take().or_else(|| node.notes.description());
            facts.range = facts.range.take().or_else(|| range(node));
            facts.deprecated |= node.notes.deprecated;
        }
        let Facts { description, range, deprecated, .. } = facts;
        Alternative { types: self.graph.types(branch), value: None, range, description, deprecated }
    }
}

/// Alternatives that are values: they are shown one by one only if that shows more than a list of them.
fn add_choices(choices: Vec<Alternative>, facts: &mut Facts) {
    let values: Vec<Value> = choices.iter().filter_map(|choice| choice.value.clone()).collect();
    facts.range = facts.range.take().or_else(|| Some(one_of(&values)));
    if choices.iter().any(|choice| choice.description.is_some() || choice.deprecated) {
        facts.alternatives.extend(choices);
    }
}

/// `one of "a" or "b"`; `only "a"`.
fn one_of(values: &[Value]) -> String {
    match values {
        [only] => format!("only {only}"),
        _ => format!("one of {}", list(values)),
    }
}

/// The bounds of a node as text.
fn range(node: &SchemaNode) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let (mut low, mut high) = (None, None);
    let (mut min, mut max, mut noun) = (None, None, "");
    for assertion in &node.assertions {
        match assertion {
            Assertion::Enum(allowed) => parts.push(one_of(allowed)),
            Assertion::Const(only) => parts.push(one_of(core::slice::from_ref(only))),
            Assertion::Minimum(bound) => low = Some((">=", bound)),
            Assertion::ExclusiveMinimum(bound) => low = Some((">", bound)),
            Assertion::Maximum(bound) => high = Some(("<=", bound)),
            Assertion::ExclusiveMaximum(bound) => high = Some(("<", bound)),
            Assertion::MultipleOf(step) => parts.push(format!("a multiple of {step}")),
            Assertion::Pattern(pattern) => parts.push(format!("matches `{}`", pattern.as_str())),
            Assertion::Format(format) => parts.push(format!("format {}", format.name)),
            Assertion::UniqueItems => parts.push("unique items".into()),
            Assertion::MinLength(n) => (min, noun) = (Some(*n), "character"),
            Assertion::MaxLength(n) => (max, noun) = (Some(*n), "character"),
            Assertion::MinItems(n) => (min, noun) = (Some(*n), "item"),
            Assertion::MaxItems(n) => (max, noun) = (Some(*n), "item"),
            Assertion::MinProperties(n) => (min, noun) = (Some(*n), "key"),
            Assertion::MaxProperties(n) => (max, noun) = (Some(*n), "key"),
        }
    }
    match (low, high) {
        (Some((">=", low)), Some(("<=", high))) => parts.insert(0, format!("{low}..={high}")),
        _ => {
            let bounds = low.into_iter().chain(high);
            parts.extend(bounds.map(|(sign, bound)| format!("{sign} {bound}")));
        }
    }
    parts.extend(match (min, max) {
        (Some(min), Some(max)) => Some(format!("{min}..={max} {noun}s")),
        (Some(min), None) => Some(format!("at least {}", count(min, noun))),
        (None, max) => max.map(|max| format!("at most {}", count(max, noun))),
    });
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::super::Documents;
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};

    fn value(text: &str) -> Value {
        parse(&Source::document(LayerKind::File, "a.json", text), Language::Json).unwrap().root().clone()
    }

    fn schema(properties: &str) -> Schema {
        let text = format!(r#"{{"properties": {properties}}}"#);
        Schema::compile(&Documents::new("file:///s.json", &value(&text))).unwrap()
    }

    fn labels(facts: &Facts) -> Vec<String> {
        let description = |one: &Alternative| one.description.clone().unwrap_or_default();
        facts.alternatives.iter().map(|one| format!("{}: {}", one.label(), description(one))).collect()
    }

    #[test]
    fn alternatives_that_are_values_are_one_enum() {
        let one_of = r#"{"oneOf": [{"const": "a", "description": "first"}, {"enum": ["b", "c"]}]}"#;
        for level in [one_of, &format!(r#"{{"anyOf": [{one_of}, {{"type": "null"}}]}}"#)] {
            let schema = schema(&format!(r#"{{"level": {level}}}"#));
            let facts = schema.facts(&Key::of(["level"])).unwrap();
            assert_eq!(facts.range.as_deref(), Some(r#"one of "a", "b" or "c""#));
            assert_eq!(labels(&facts), [r#""a": first"#, r#""b": "#, r#""c": "#]);
            let found = schema.validator().check(&value(r#"{"level": "cc"}"#));
            let [violation] = found.as_slice() else { panic!("{found:?}") };
            assert_eq!(violation.code, "schema/enum");
            assert_eq!(violation.message, r#"expected one of "a", "b" or "c", found "cc""#);
            assert_eq!(violation.help.as_deref(), Some(r#"did you mean "c"?"#));
        }
    }

    const TIMEOUT: &str = r#"{"timeout": {"description": "How long.", "anyOf": [
        {"type": "integer", "minimum": 0, "description": "Seconds.", "default": 5},
        {"type": "string", "pattern": "s$", "description": "A duration.", "deprecated": true}]}}"#;

    #[test]
    fn an_alternative_states_facts_only_where_the_value_matches_it() {
        let schema = schema(TIMEOUT);
        let key = Key::of(["timeout"]);
        let unset = schema.facts(&key).unwrap();
        assert_eq!((unset.range.as_deref(), unset.deprecated), (None, false));
        assert_eq!(
            labels(&unset),
            ["integer, >= 0: Seconds.", "string, matches `s$` (deprecated): A duration."]
        );
        assert!(unset.default.is_none(), "a default that is not applied");
        let facts = |text: &str| schema.facts_in(&key, &value(text)).unwrap();
        let (number, text) = (facts(r#"{"timeout": 1}"#), facts(r#"{"timeout": "1s"}"#));
        assert_eq!((number.range.as_deref(), number.deprecated), (Some(">= 0"), false));
        assert_eq!((text.range.as_deref(), text.deprecated), (Some("matches `s$`"), true));
        assert_eq!(number.description.as_deref(), Some("How long."));
    }

    #[test]
    fn only_the_form_that_is_deprecated_gives_a_warning() {
        let schema = schema(TIMEOUT);
        let warnings = |text: &str| -> Vec<String> {
            schema.deprecated(&value(text)).iter().map(|warning| warning.message.to_string()).collect()
        };
        assert!(warnings(r#"{"timeout": 1}"#).is_empty());
        assert_eq!(warnings(r#"{"timeout": "1s"}"#), ["this form of `timeout` is deprecated"]);
    }

    #[test]
    fn a_key_of_a_variant_has_the_facts_of_the_variant_that_the_discriminator_names() {
        let schema = schema(
            r#"{"store": {"oneOf": [
                {"properties": {"kind": {"const": "s3"}, "name": {"maxLength": 3, "description": "bucket"}}},
                {"properties": {"kind": {"const": "fs"}, "name": {"description": "folder"}}}]}}"#,
        );
        let name: Key = "store.name".parse().unwrap();
        let description = |text: &str| schema.facts_in(&name, &value(text)).unwrap().description;
        assert_eq!(description(r#"{"store": {"kind": "fs", "name": "/x"}}"#).as_deref(), Some("folder"));
        assert_eq!(description(r#"{"store": {"kind": "s3", "name": "long"}}"#).as_deref(), Some("bucket"));
        assert_eq!(description("{}"), None);
    }
}
