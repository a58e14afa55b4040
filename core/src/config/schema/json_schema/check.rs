//! Checking a tree against a schema. Violations are explained only if the tree is invalid.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use super::assertion::Assertion;
use super::equality::text_of;
use super::explanations::Explanations;
use super::graph::{Combined, Contains, Dependency, NodeId, SchemaGraph, SchemaNode};
use super::pattern::Pattern;
use super::schema::Schema;
use super::violation::Violation;
use super::violation_context::ViolationContext;
use crate::config::redact::{IsSecret, may_be_secret};
use crate::tree::{Code, Diagnostic, Fingerprint, Key, Kind, Table, Text, TypeSet, Value, in_report_order};

/// The limit of stack use, in nested subschemas (each below 1 KiB in any build).
const MAX_OPEN: usize = 1000;
/// How many answers are remembered; beyond that all are forgotten, which costs only time.
const MAX_ANSWERS: usize = 100_000;

/// Checks trees against one schema. After a valid tree, only what differs from it is checked.
///
/// It is `Send` and not `Sync`: each loader owns one, created by [`Schema::validator`](super::Schema::validator).
pub struct SchemaValidator {
    pub(super) schema: Schema,
    pub(super) open: Cell<usize>,
    too_deep: Cell<bool>,
    /// The values, and the patterns that were given up on them.
    given_up: RefCell<Vec<(Value, Pattern)>>,
    /// The last tree that was valid.
    valid_before: Cell<Option<Value>>,
    /// Which values are valid against the nodes that several others use: otherwise each step of a chain of shared
    /// references would double the work.
    answers: RefCell<BTreeMap<(NodeId, Fingerprint), bool>>,
    pub(super) explanations: Explanations,
}

impl Schema {
    /// A validator of this schema, for one loader.
    pub fn validator(&self) -> SchemaValidator {
        SchemaValidator::new(self)
    }
}

impl SchemaValidator {
    pub(super) fn new(schema: &Schema) -> Self {
        Self {
            schema: schema.clone(),
            open: Cell::new(0),
            too_deep: Cell::new(false),
            given_up: RefCell::default(),
            valid_before: Cell::new(None),
            answers: RefCell::default(),
            explanations: Explanations::default(),
        }
    }

    /// Whether the tree is valid; faster than [`SchemaValidator::check`] if it is not.
    pub fn is_valid(&self, root: &Value) -> bool {
        self.too_deep.set(false);
        self.given_up.borrow_mut().clear();
        let before = self.valid_before.take();
        let valid = self.valid_after(before.as_ref(), SchemaGraph::ROOT, root)
            && !self.too_deep.get()
            && self.given_up.borrow().is_empty();
        self.answers.borrow_mut().clear();
        self.valid_before.set(if valid { Some(root.clone()) } else { before });
        valid
    }

    /// Returns every violation, by layer, then source, line, column, key and code; none for a valid tree.
    ///
    /// No message contains the value of a secret key.
    pub fn check(&self, root: &Value) -> Vec<Diagnostic> {
        let schema = self.schema.clone();
        let is_secret =
            move |key: &Key, value: &Value| may_be_secret(schema.description(), key.segments(), value);
        self.check_with(root, Arc::new(is_secret))
    }

    /// The same, with other secrets.
    pub(crate) fn check_with(&self, root: &Value, is_secret: Arc<IsSecret>) -> Vec<Diagnostic> {
        let violations = self.violations(root, is_secret).into_iter();
        in_report_order(violations.map(Violation::into_diagnostic).collect())
    }

    /// Every violation, in the order of the schema; none for a valid tree.
    pub(super) fn violations(&self, root: &Value, is_secret: Arc<IsSecret>) -> Vec<Violation> {
        let mut violations = Vec::new();
        if self.is_valid(root) {
            return violations;
        }
        let mut context = ViolationContext::new(Code::SchemaType, is_secret);
        if self.too_deep.get() {
            let message = "the schema is nested too deeply to check this value";
            violations.push(context.violation(Code::SchemaUnsupported, message, root));
        } else {
            self.explain(SchemaGraph::ROOT, root, &mut context, &mut violations);
            violations.extend(self.given_up(root));
        }
        self.answers.borrow_mut().clear();
        self.explanations.clear();
        violations
    }

    /// A violation for each string on which the engine gave up a pattern: whether it matches is not known.
    fn given_up(&self, root: &Value) -> Vec<Violation> {
        let mut seen = BTreeSet::new();
        let given_up = self.given_up.take();
        let new =
            given_up.iter().filter(|(value, pattern)| seen.insert((value.fingerprint(), pattern.as_str())));
        new.map(|(value, pattern)| {
            let key = key_of(root, value).unwrap_or_default();
            let message = format!("the pattern `{}` takes too long on this string", pattern.as_str());
            Violation::new(Code::SchemaPatternCost, key, message, value.origin())
                .help("shorten the string, or write the pattern without look-around and back references")
        })
        .collect()
    }

    /// Whether the value is valid against one node.
    pub(super) fn valid(&self, id: NodeId, value: &Value) -> bool {
        self.valid_after(None, id, value)
    }

    /// The same, where the value `before` is known to be valid against the node: members and elements that are equal in
    /// both are then valid too.
    fn valid_after(&self, before: Option<&Value>, id: NodeId, value: &Value) -> bool {
        if before == Some(value) {
            return true;
        }
        let question = self.schema.graph.shared.contains(id).then(|| (id, value.fingerprint()));
        if let Some(answer) = question.and_then(|question| self.answers.borrow().get(&question).copied()) {
            return answer;
        }
        if !self.enter() {
            return false;
        }
        let valid = self.valid_here(before, id, value);
        self.leave();
        if let Some(question) = question {
            let mut answers = self.answers.borrow_mut();
            if answers.len() >= MAX_ANSWERS {
                answers.clear();
            }
            answers.insert(question, valid);
        }
        valid
    }

    fn valid_here(&self, before: Option<&Value>, id: NodeId, value: &Value) -> bool {
        let node = self.schema.graph.node(id);
        if let Some(target) = node.reference {
            return self.valid_after(before, target, value);
        }
        !node.refuses
            && (node.types == TypeSet::ANY || node.types.contains(TypeSet::of(value)))
            && node.assertions.iter().all(|assertion| self.holds(assertion, value))
            && self.valid_inside(before, node, value)
            && self.valid_against_all(before, &node.all_of, value)
            && self.all_combined_hold(node, value)
            && self.unevaluated_are_valid(id, node, value)
    }

    /// Whether an assertion holds; not if it is a pattern that takes too long, which is recorded.
    pub(super) fn holds(&self, assertion: &Assertion, value: &Value) -> bool {
        match assertion {
            Assertion::Pattern(pattern) => {
                text_of(value).is_none_or(|text| self.matches(pattern, &text, value))
            }
            _ => assertion.holds(value),
        }
    }

    fn matches(&self, pattern: &Pattern, text: &str, value: &Value) -> bool {
        pattern.matches(text).unwrap_or_else(|| {
            self.given_up.borrow_mut().push((value.clone(), pattern.clone()));
            false
        })
    }

    fn valid_inside(&self, before: Option<&Value>, node: &SchemaNode, value: &Value) -> bool {
        match value.kind() {
            Kind::Table(members) => {
                let shallow =
                    node.properties.is_empty() && node.patterns.is_empty() && node.additional.is_none();
                node.required.iter().all(|name| members.contains_key(name))
                    && (shallow || self.valid_members(before.and_then(Value::as_table), node, members))
            }
            Kind::Array(elements) => {
                let before = before.and_then(Value::as_array);
                let valid = |(index, element)| {
                    let before = before.and_then(|before| before.get(index));
                    node.of_element(index).is_none_or(|of| self.valid_after(before, of, element))
                };
                elements.iter().enumerate().all(valid)
            }
            _ => true,
        }
    }

    fn valid_members(&self, before: Option<&Table>, node: &SchemaNode, members: &Table) -> bool {
        let valid = |before: Option<&Value>, name: &str, member: &Value| {
            let matches = |pattern: &Pattern| self.matches(pattern, name, member);
            node.of_member_by(name, matches).all(|of| self.valid_after(before, of, member))
        };
        match before {
            None => members.iter().all(|(name, member)| valid(None, name, member)),
            Some(before) => before
                .differences(members)
                .all(|(name, before, member)| member.is_none_or(|member| valid(before, name, member))),
        }
    }

    fn all_combined_hold(&self, node: &SchemaNode, value: &Value) -> bool {
        for combined in &node.combined {
            if !self.combined_holds(combined, value) {
                return false;
            }
        }
        true
    }

    /// Whether a keyword that combines subschemas holds.
    pub(super) fn combined_holds(&self, combined: &Combined, value: &Value) -> bool {
        match combined {
            Combined::AnyOf(branches) => self.count_valid(branches, value, 1) == 1,
            Combined::OneOf(branches) => self.count_valid(branches, value, 2) == 1,
            Combined::Not(of) => !self.valid(*of, value),
            Combined::If { condition, then, otherwise } => {
                let branch = if self.valid(*condition, value) { then } else { otherwise };
                branch.is_none_or(|branch| self.valid(branch, value))
            }
            Combined::Contains(contains) => self.contains_holds(contains, value),
            Combined::PropertyNames(of) => self.names_are_valid(*of, value),
            Combined::Dependencies(of) => self.dependencies_hold(of, value),
        }
    }

    /// How many of the nodes the value is valid against, at most `enough`. A plain loop, as it is nested the deepest.
    fn count_valid(&self, nodes: &[NodeId], value: &Value, enough: usize) -> usize {
        let mut count = 0;
        for node in nodes {
            if count < enough && self.valid_after(None, *node, value) {
                count += 1;
            }
        }
        count
    }

    fn contains_holds(&self, contains: &Contains, value: &Value) -> bool {
        let Some(elements) = value.as_array() else { return true };
        let enough = contains.max.map_or(contains.min, |max| max.saturating_add(1));
        let mut matching = 0;
        for element in elements {
            if matching < enough && self.valid(contains.of, element) {
                matching += 1;
            }
        }
        matching >= contains.min && contains.max.is_none_or(|max| matching <= max)
    }

    fn names_are_valid(&self, of: NodeId, value: &Value) -> bool {
        for (name, member) in value.as_table().into_iter().flatten() {
            if !self.valid(of, &name_as_value(name, member)) {
                return false;
            }
        }
        true
    }

    fn dependencies_hold(&self, of: &BTreeMap<Text, Vec<Dependency>>, value: &Value) -> bool {
        for need in of.iter().filter(|(name, _)| value.member(name).is_some()).flat_map(|(_, needs)| needs) {
            let holds = match need {
                Dependency::Names(names) => names.iter().all(|name| value.member(name).is_some()),
                Dependency::Schema(of) => self.valid(*of, value),
            };
            if !holds {
                return false;
            }
        }
        true
    }

    fn unevaluated_are_valid(&self, id: NodeId, node: &SchemaNode, value: &Value) -> bool {
        if !node.has_unevaluated() {
            return true;
        }
        for (_, of, inner) in self.unevaluated(id, value) {
            if !self.valid(of, inner) {
                return false;
            }
        }
        true
    }

    /// Takes one step deeper; false, and recorded, if that would need too much of the stack.
    pub(super) fn enter(&self) -> bool {
        let open = self.open.get();
        if open >= MAX_OPEN {
            self.too_deep.set(true);
            return false;
        }
        self.open.set(open + 1);
        true
    }

    /// Returns from the step that [`SchemaValidator::enter`] took.
    pub(super) fn leave(&self) {
        self.open.set(self.open.get() - 1);
    }

    /// Whether the value is valid against each of the nodes.
    fn valid_against_all(&self, before: Option<&Value>, nodes: &[NodeId], value: &Value) -> bool {
        for node in nodes {
            if !self.valid_after(before, *node, value) {
                return false;
            }
        }
        true
    }
}

/// The name of a member as a value at the place of the name.
pub(super) fn name_as_value(name: &str, member: &Value) -> Value {
    Value::new(Kind::String(name.into()), member.origin().of_name(name))
}

/// The key of a value, or of the member with the value as its name.
fn key_of(root: &Value, wanted: &Value) -> Option<Key> {
    let mut found = None;
    root.leaves_and_elements(&mut |key, value| {
        let is_wanted = |value: &Value| value == wanted && value.origin() == wanted.origin();
        let is_name = || key.last_name().is_some_and(|name| is_wanted(&name_as_value(name, value)));
        if found.is_none() && (is_wanted(value) || is_name()) {
            found = Some(key.clone());
        }
    });
    found
}

impl core::fmt::Debug for SchemaValidator {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SchemaValidator")
            .field("nodes", &self.schema.graph.nodes.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema::Documents;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};

    fn value(text: &str) -> Value {
        parse(&Source::document(LayerKind::File, "a.json", text), Language::Json).unwrap().root().clone()
    }

    fn found(schema: &str, instance: &str) -> Vec<alloc::string::String> {
        let schema = Schema::compile(&Documents::new("file:///s.json", &value(schema))).unwrap();
        let validator = schema.validator();
        let instance = value(instance);
        let found = validator.check(&instance);
        assert_eq!(validator.is_valid(&instance), found.is_empty());
        found.iter().map(|d| format!("{} {}: {}", d.code, d.key, d.message)).collect()
    }

    #[test]
    fn a_pattern_that_takes_too_long_is_neither_a_yes_nor_a_no() {
        let pattern = r#"{"pattern": "(?=a)(?:a|aa)+c|b"}"#;
        let (short, long) = ("ab".into(), format!("{}b", "a".repeat(60)));
        let member = |text: &alloc::string::String| format!(r#"{{"p": "{text}"}}"#);
        let expected = "schema/pattern-cost p: the pattern `(?=a)(?:a|aa)+c|b` takes too long on this string";
        for (schema, holds) in [
            (format!(r#"{{"properties": {{"p": {pattern}}}}}"#), true),
            (format!(r#"{{"properties": {{"p": {{"not": {pattern}}}}}}}"#), false),
            (format!(r#"{{"additionalProperties": {{"anyOf": [{pattern}, {{"type": "string"}}]}}}}"#), true),
        ] {
            assert_eq!(found(&schema, &member(&short)).is_empty(), holds, "{schema}");
            assert_eq!(found(&schema, &member(&long)), [expected], "{schema}");
        }
        let names = r#"{"patternProperties": {"(?=a)(?:a|aa)+c|b": false}}"#;
        let found = found(names, &format!(r#"{{"{long}": 1}}"#));
        assert!(found[0].starts_with("schema/pattern-cost a"), "{found:?}");
    }
}
