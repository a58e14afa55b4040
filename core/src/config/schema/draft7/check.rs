//! Checking a tree against a schema. Violations are explained only if the tree is invalid.

use alloc::format;
use alloc::vec::Vec;
use core::cell::Cell;

use super::graph::{Dependency, Items, Judged, NodeId, SchemaGraph, SchemaNode};
use super::judge::Judge;
use super::messages::{how_to_add, type_message, type_way_out, unknown_key};
use super::schema::Schema;
use super::violation::Violation;
use super::violation_context::ViolationContext;
use crate::tree::{Code, Diagnostic, Key, Kind, Segment, Table, TypeSet, Value, in_report_order, redact_at};

/// The limit of stack use, in nested subschemas (each below 1 KiB in any build).
const MAX_OPEN: usize = 1000;
/// How many such steps one subschema costs in the judge, and one explanation.
const JUDGED_STEPS: usize = 3;
const EXPLAINED_STEPS: usize = 4;
/// Beyond so many steps an explanation stops, since it nests deeper than the check itself.
const MAX_EXPLAINED: usize = 500;

/// Checks trees against one schema. After a valid tree, only what differs from it is checked.
///
/// It is `Send` and not `Sync`, like valico's scope: each loader owns one, created by
/// [`Schema::validator`](super::Schema::validator).
pub struct SchemaValidator {
    pub(super) schema: Schema,
    judge: Judge,
    open: Cell<usize>,
    too_deep: Cell<bool>,
    /// The last tree that was valid.
    valid_before: Cell<Option<Value>>,
}

impl Schema {
    /// A validator of this schema, for one loader.
    pub fn validator(&self) -> SchemaValidator {
        SchemaValidator::new(self)
    }
}

impl SchemaValidator {
    pub(super) fn new(schema: &Schema) -> Self {
        let judge = Judge::new(&schema.graph);
        Self {
            schema: schema.clone(),
            judge,
            open: Cell::new(0),
            too_deep: Cell::new(false),
            valid_before: Cell::new(None),
        }
    }

    /// Whether the tree is valid; faster than [`SchemaValidator::check`] if it is not.
    pub fn is_valid(&self, root: &Value) -> bool {
        self.too_deep.set(false);
        let before = self.valid_before.take();
        let valid = self.valid_after(before.as_ref(), SchemaGraph::ROOT, root) && !self.too_deep.get();
        self.valid_before.set(if valid { Some(root.clone()) } else { before });
        valid
    }

    /// Returns every violation, by layer, then source, line, column, key and code; none for a valid tree.
    ///
    /// No message contains the value of a secret key.
    pub fn check(&self, root: &Value) -> Vec<Diagnostic> {
        in_report_order(self.violations(root).into_iter().map(Violation::into_diagnostic).collect())
    }

    /// Every violation, in the order of the schema; none for a valid tree.
    pub(super) fn violations(&self, root: &Value) -> Vec<Violation> {
        let mut violations = Vec::new();
        if self.is_valid(root) {
            return violations;
        }
        let mut context = ViolationContext { key: Key::root(), via: Code::SchemaType, brief: false };
        if self.too_deep.get() {
            let message = "the schema is nested too deeply to check this value";
            violations.push(context.violation(Code::SchemaUnsupported, message, root));
        } else {
            self.explain(SchemaGraph::ROOT, root, &mut context, &mut violations);
        }
        violations
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
        if self.open.get() >= MAX_OPEN {
            self.too_deep.set(true);
            return false;
        }
        self.open.set(self.open.get() + 1);
        let valid = self.valid_here(before, id, value);
        self.open.set(self.open.get() - 1);
        valid
    }

    fn valid_here(&self, before: Option<&Value>, id: NodeId, value: &Value) -> bool {
        let node = self.schema.graph.node(id);
        if let Some(target) = node.reference {
            return self.valid_after(before, target, value);
        }
        !node.refuses
            && (node.types == TypeSet::ANY || node.types.contains(TypeSet::of(value)))
            && node.assertions.iter().all(|assertion| assertion.holds(value))
            && self.valid_inside(before, node, value)
            && node.all_of.iter().all(|part| self.valid_after(before, *part, value))
            && (0..node.judged.len()).all(|index| self.judge_holds(id, index, value))
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
            node.of_member(name).all(|of| self.valid_after(before, of, member))
        };
        match before {
            None => members.iter().all(|(name, member)| valid(None, name, member)),
            Some(before) => before
                .differences(members)
                .all(|(name, before, member)| member.is_none_or(|member| valid(before, name, member))),
        }
    }

    fn judge_holds(&self, id: NodeId, index: usize, value: &Value) -> bool {
        // The recursion inside the judge cannot be counted from here, so it is estimated beforehand.
        let max = (value.levels() + 1).saturating_mul(self.schema.graph.longest_chain + 1);
        if max.saturating_mul(JUDGED_STEPS) + self.open.get() > MAX_OPEN {
            self.too_deep.set(true);
            return false;
        }
        self.judge.holds(id, index, value)
    }

    /// Adds every violation of an invalid value to `violations`.
    pub(super) fn explain(
        &self,
        id: NodeId,
        value: &Value,
        context: &mut ViolationContext,
        violations: &mut Vec<Violation>,
    ) {
        let open = self.open.get();
        if open >= MAX_EXPLAINED {
            let message =
                format!("invalid value; the reason is more than {} subschemas deep", open / EXPLAINED_STEPS);
            violations.push(context.violation(Code::SchemaUnsupported, message, value));
            return;
        }
        self.open.set(open + EXPLAINED_STEPS);
        self.explain_here(id, value, context, violations);
        self.open.set(open);
    }

    fn explain_here(
        &self,
        id: NodeId,
        value: &Value,
        context: &mut ViolationContext,
        violations: &mut Vec<Violation>,
    ) {
        let node = self.schema.graph.node(id);
        if let Some(target) = node.reference {
            return self.explain(target, value, context, violations);
        }
        if node.refuses {
            let mut violation = context.violation(context.via, "not allowed here", value).help("remove it");
            if let Some(name) = context.key.last_name() {
                violation.origin = value.origin().of_name(name);
            }
            violations.push(violation);
            return;
        }
        let secret = self.schema.is_secret(&context.key);
        if !node.types.contains(TypeSet::of(value)) {
            let violation =
                context.violation(Code::SchemaType, type_message(node.types, value, secret), value);
            violations
                .push(Violation { help: type_way_out(node.types, value).filter(|_| !secret), ..violation });
        } else {
            let secret = secret || self.holds_secret(value, &context.key);
            for assertion in node.assertions.iter().filter(|assertion| !assertion.holds(value)) {
                let violation = context.violation(assertion.code(), assertion.message(value, secret), value);
                violations.push(Violation { help: assertion.way_out(value, secret), ..violation });
            }
        }
        match value.kind() {
            Kind::Table(_) => self.explain_members(node, value, context, violations),
            Kind::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    if let Some(of) = node.of_element(index) {
                        let via = match &node.items {
                            Items::Tuple { first, .. } if index >= first.len() => Code::SchemaAdditionalItems,
                            _ => Code::SchemaItems,
                        };
                        context.inside(Segment::Index(index), via, |context| {
                            self.explain_invalid(of, element, context, violations);
                        });
                    }
                }
            }
            _ => {}
        }
        for part in &node.all_of {
            self.explain_invalid(*part, value, context, violations);
        }
        for (index, judged) in node.judged.iter().enumerate() {
            if !self.judge_holds(id, index, value) {
                self.explain_judged(judged, value, context, violations);
            }
        }
    }

    /// Whether the value contains a secret, so that no message may show all of it.
    fn holds_secret(&self, value: &Value, key: &Key) -> bool {
        matches!(value.kind(), Kind::Table(_) | Kind::Array(_))
            && redact_at(value, key, &|key| self.schema.is_secret(key)) != *value
    }

    fn explain_invalid(
        &self,
        id: NodeId,
        value: &Value,
        context: &mut ViolationContext,
        violations: &mut Vec<Violation>,
    ) {
        if !self.valid(id, value) {
            self.explain(id, value, context, violations);
        }
    }

    fn explain_members(
        &self,
        node: &SchemaNode,
        table: &Value,
        context: &mut ViolationContext,
        violations: &mut Vec<Violation>,
    ) {
        let members = table.as_table().into_iter().flatten();
        for name in node.required.iter().filter(|name| table.member(name).is_none()) {
            let key = context.key.child(name.clone());
            let message = format!("missing key `{}`", Key::of([name.clone()]));
            let violation = Violation::new(Code::SchemaRequired, key.clone(), message, table.origin());
            violations.push(if context.brief {
                violation
            } else {
                violation.help(how_to_add(&self.schema, &key))
            });
        }
        for (name, member) in members {
            let is_rest = node.additional.is_some_and(|rest| node.of_member(name).eq([rest]))
                && !node.properties.contains_key(name);
            if is_rest && node.additional.is_some_and(|rest| self.schema.graph.node(rest).refuses) {
                violations.push(unknown_key(&self.schema, node, name, member, context));
                continue;
            }
            let via = if is_rest { Code::SchemaAdditionalProperties } else { Code::SchemaProperties };
            for of in node.of_member(name) {
                context.inside(Segment::Name(name.clone()), via, |context| {
                    self.explain_invalid(of, member, context, violations)
                });
            }
        }
    }

    fn explain_judged(
        &self,
        judged: &Judged,
        value: &Value,
        context: &mut ViolationContext,
        violations: &mut Vec<Violation>,
    ) {
        match judged {
            Judged::AnyOf(of) => self.explain_alternatives(Code::SchemaAnyOf, of, value, context, violations),
            Judged::OneOf(of) => self.explain_alternatives(Code::SchemaOneOf, of, value, context, violations),
            Judged::Not(_) => {
                violations.push(context.violation(Code::SchemaNot, "the schema excludes this value", value))
            }
            Judged::If { condition, then, otherwise } => {
                let branch = if self.valid(*condition, value) { then } else { otherwise };
                branch.iter().for_each(|branch| self.explain_invalid(*branch, value, context, violations));
            }
            Judged::Contains(of) => {
                let mut inner = Vec::new();
                if let Some(first) = value.as_array().and_then(|elements| elements.first()) {
                    context.inside(Segment::Index(0), Code::SchemaContains, |context| {
                        self.explain(*of, first, context, &mut inner)
                    });
                }
                let why = inner.first().map(|violation| format!("; item 0: {}", violation.message));
                let why = why.unwrap_or_default();
                let message = format!("expected at least one matching item{why}");
                violations.push(context.violation(Code::SchemaContains, message, value));
            }
            Judged::PropertyNames(of) => {
                for (name, member) in value.as_table().into_iter().flatten() {
                    let text = Value::new(Kind::String(name.clone()), member.origin().of_name(name));
                    let mut inner = Vec::new();
                    context.inside(Segment::Name(name.clone()), Code::SchemaPropertyNames, |context| {
                        self.explain_invalid(*of, &text, context, &mut inner);
                    });
                    let at = member.origin().of_name(name);
                    violations.extend(inner.into_iter().map(|violation| Violation {
                        origin: at.clone(),
                        code: Code::SchemaPropertyNames,
                        message: format!("name not allowed here: {}", violation.message).into(),
                        ..violation
                    }));
                }
            }
            Judged::Dependencies(of) => {
                for (name, on) in of.iter().filter(|(name, _)| value.member(name).is_some()) {
                    match on {
                        Dependency::Schema(node) => self.explain_invalid(*node, value, context, violations),
                        Dependency::Names(needed) => {
                            for missing in needed.iter().filter(|needed| value.member(needed).is_none()) {
                                let key = context.key.child(missing.clone());
                                let message = format!("missing key `{missing}`, which `{name}` requires");
                                let help = how_to_add(&self.schema, &key);
                                let code = Code::SchemaDependencies;
                                violations
                                    .push(Violation::new(code, key, message, value.origin()).help(help));
                            }
                        }
                    }
                }
            }
        }
    }
}

impl core::fmt::Debug for SchemaValidator {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SchemaValidator")
            .field("nodes", &self.schema.graph.nodes.len())
            .finish_non_exhaustive()
    }
}
