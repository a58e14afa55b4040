//! Why a value is invalid: every violation, each with its key and place.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::check::{SchemaValidator, name_as_value};
use super::graph::{Combined, Contains, Dependency, Items, NodeId, SchemaNode};
use super::messages::{how_to_add, type_message, type_way_out, unknown_key};
use super::violation::Violation;
use super::violation_context::ViolationContext;
use crate::tree::{Code, Key, Kind, Segment, Text, TypeSet, Value};

/// How many nested subschemas of the check one explanation costs.
const EXPLAINED_STEPS: usize = 4;
/// Beyond so many steps an explanation stops, since it nests deeper than the check itself.
const MAX_EXPLAINED: usize = 500;

impl SchemaValidator {
    /// The first violation of a value at a key against one node, without the value, which may be secret.
    pub(super) fn refusal(&self, id: NodeId, key: &Key, value: &Value) -> Option<String> {
        if self.valid(id, value) {
            return None;
        }
        let mut context = ViolationContext::new(Code::SchemaType, Arc::new(|_, _| true));
        context.key = key.clone();
        let mut violations = Vec::new();
        self.explain(id, value, &mut context, &mut violations);
        self.explanations.clear();
        violations.first().map(|violation| match violation.closest_of {
            Some((count, _)) => format!("{}, the closest of {count} forms", violation.message),
            None => violation.message.to_string(),
        })
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
        if self.schema.graph.shared.contains(id) {
            self.explain_shared(id, value, context, violations);
        } else {
            self.explain_here(id, value, context, violations);
        }
        self.open.set(open);
    }

    /// Explains once what several nodes use, and adds it once to each list.
    fn explain_shared(
        &self,
        id: NodeId,
        value: &Value,
        context: &mut ViolationContext,
        violations: &mut Vec<Violation>,
    ) {
        if !context.explained.insert((id, context.key.clone())) {
            return;
        }
        let question = (id, context.key.clone(), context.via, context.brief);
        if let Some(known) = self.explanations.get(&question) {
            violations.extend(known);
            return;
        }
        let outer = core::mem::take(&mut context.explained);
        let mut found = Vec::new();
        self.explain_here(id, value, context, &mut found);
        context.explained = outer;
        violations.extend(found.iter().cloned());
        self.explanations.insert(question, found);
    }

    fn explain_here(
        &self,
        id: NodeId,
        value: &Value,
        context: &mut ViolationContext,
        violations: &mut Vec<Violation>,
    ) {
        let before = violations.len();
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
        let secret = context.is_secret(value);
        if !node.types.contains(TypeSet::of(value)) {
            let violation =
                context.violation(Code::SchemaType, type_message(node.types, value, secret), value);
            violations
                .push(Violation { help: type_way_out(node.types, value).filter(|_| !secret), ..violation });
        } else {
            let secret = secret || context.holds_secret(value);
            let broken = node.assertions.iter().filter(|assertion| !self.holds(assertion, value));
            for assertion in broken.filter(|assertion| !assertion.gives_up(value)) {
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
        for combined in node.combined.iter().filter(|combined| !self.combined_holds(combined, value)) {
            self.explain_combined(combined, value, context, violations);
        }
        self.explain_unevaluated(id, value, violations.len() == before, context, violations);
    }

    /// What no other subschema of the table or list names. A violation of another subschema makes all that it names
    /// unevaluated, so beside one (`is_exact` is false) only what none of them can name is explained.
    fn explain_unevaluated(
        &self,
        id: NodeId,
        value: &Value,
        is_exact: bool,
        context: &mut ViolationContext,
        violations: &mut Vec<Violation>,
    ) {
        for (segment, of, inner) in self.unevaluated(id, value) {
            if self.valid(of, inner) || !(is_exact || self.schema.graph.is_unnamed(id, &segment)) {
                continue;
            }
            let via = match &segment {
                Segment::Name(_) => Code::SchemaUnevaluatedProperties,
                Segment::Index(_) => Code::SchemaUnevaluatedItems,
            };
            match &segment {
                Segment::Name(name) if self.schema.graph.node(of).refuses => {
                    let (names, _) = self.schema.wanted_names(&context.key, &|_| true);
                    let known: Vec<&str> = names.iter().map(Text::as_str).collect();
                    violations.push(unknown_key(&self.schema, &known, None, via, name, inner, context));
                }
                _ => context.inside(segment, via, |context| self.explain(of, inner, context, violations)),
            }
        }
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
                let known: Vec<&str> = node.properties.keys().map(Text::as_str).collect();
                let pattern = node.patterns.first().map(|(pattern, _)| pattern.as_str());
                let code = Code::SchemaAdditionalProperties;
                violations.push(unknown_key(&self.schema, &known, pattern, code, name, member, context));
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

    fn explain_combined(
        &self,
        combined: &Combined,
        value: &Value,
        context: &mut ViolationContext,
        violations: &mut Vec<Violation>,
    ) {
        match combined {
            Combined::AnyOf(of) => {
                self.explain_alternatives(Code::SchemaAnyOf, of, value, context, violations)
            }
            Combined::OneOf(of) => {
                self.explain_alternatives(Code::SchemaOneOf, of, value, context, violations)
            }
            Combined::Not(of) => {
                let secret = context.is_secret(value) || context.holds_secret(value);
                let message = self.excluded(*of, value).filter(|_| !secret);
                let message = message.unwrap_or_else(|| "the schema excludes this value".into());
                violations.push(context.violation(Code::SchemaNot, message, value))
            }
            Combined::If { condition, then, otherwise } => {
                let holds = self.valid(*condition, value);
                let branch = if holds { then } else { otherwise };
                let reason = self.condition(*condition, value, context).filter(|_| holds);
                let mut found = Vec::new();
                branch.iter().for_each(|branch| self.explain_invalid(*branch, value, context, &mut found));
                violations.extend(found.into_iter().map(|violation| match &reason {
                    Some(reason) => violation.because(reason),
                    None => violation,
                }));
            }
            Combined::Contains(contains) => self.explain_contains(contains, value, context, violations),
            Combined::PropertyNames(of) => {
                for (name, member) in value.as_table().into_iter().flatten() {
                    let text = name_as_value(name, member);
                    let mut inner = Vec::new();
                    let outer = context.begin_list();
                    context.inside(Segment::Name(name.clone()), Code::SchemaPropertyNames, |context| {
                        self.explain_invalid(*of, &text, context, &mut inner);
                    });
                    context.end_list(outer);
                    // The explanations of a name have the key of the member, and must not be taken for its own.
                    self.explanations.clear();
                    violations.extend(inner.into_iter().map(|violation| Violation {
                        origin: text.origin().clone(),
                        code: Code::SchemaPropertyNames,
                        message: format!("name not allowed here: {}", violation.message).into(),
                        ..violation
                    }));
                }
            }
            Combined::Dependencies(of) => {
                for (name, needs) in of.iter().filter(|(name, _)| value.member(name).is_some()) {
                    for need in needs {
                        match need {
                            Dependency::Schema(node) => {
                                self.explain_invalid(*node, value, context, violations)
                            }
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

    fn explain_contains(
        &self,
        contains: &Contains,
        value: &Value,
        context: &mut ViolationContext,
        violations: &mut Vec<Violation>,
    ) {
        let elements = value.as_array().into_iter().flatten();
        let matching = elements.filter(|element| self.valid(contains.of, element)).count();
        let message = match (contains.max, contains.min) {
            (Some(max), _) if matching > max => {
                format!("expected at most {max} matching items, found {matching}")
            }
            (_, 0 | 1) => {
                let mut inner = Vec::new();
                if let Some(first) = value.as_array().and_then(|elements| elements.first()) {
                    let outer = context.begin_list();
                    context.inside(Segment::Index(0), Code::SchemaContains, |context| {
                        self.explain(contains.of, first, context, &mut inner)
                    });
                    context.end_list(outer);
                }
                let why = inner.first().map(|violation| format!("; item 0: {}", violation.message));
                format!("expected at least one matching item{}", why.unwrap_or_default())
            }
            (_, min) => format!("expected at least {min} matching items, found {matching}"),
        };
        violations.push(context.violation(Code::SchemaContains, message, value));
    }
}
