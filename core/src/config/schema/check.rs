//! Checking a tree against a plan: first whether it is valid, and only where it is not, why.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::Cell;

use super::facts::TypeSet;
use super::finding::Finding;
use super::judge::Judge;
use super::location::Location;
use super::messages::{how_to_add, type_message, type_way_out, unknown_key};
use super::plan::{Dependency, Judged, Node, NodeId, Plan};
use crate::tree::{Code, Diagnostic, Key, Kind, Segment, Table, Value, in_report_order, redact_at};

/// How much of the stack judging a value may use, in steps of one open subschema (below 1 KiB in any build).
const MAX_OPEN: usize = 1000;
/// How many steps one subschema takes within the judge, and one explanation.
const JUDGED_STEPS: usize = 3;
const EXPLAINED_STEPS: usize = 4;
/// Behind so many steps an explanation goes no further: it opens more than the refusal had to.
const MAX_EXPLAINED: usize = 500;

/// Checks trees against one schema. Of a tree that follows a valid one, only what differs is looked at.
///
/// It is `Send` and not `Sync`, as valico's scope is: each loader owns its own, made by
/// [`Schema::validator`](super::Schema::validator).
pub struct SchemaValidator {
    pub(super) plan: Arc<Plan>,
    judge: Judge,
    open: Cell<usize>,
    too_deep: Cell<bool>,
    /// The last tree that was valid.
    valid_before: Cell<Option<Value>>,
}

impl SchemaValidator {
    pub(super) fn new(plan: &Arc<Plan>) -> Self {
        let judge = Judge::new(plan);
        Self {
            plan: Arc::clone(plan),
            judge,
            open: Cell::new(0),
            too_deep: Cell::new(false),
            valid_before: Cell::new(None),
        }
    }

    /// Tells whether the tree is valid; faster than [`SchemaValidator::check`] where it is not.
    pub fn is_valid(&self, root: &Value) -> bool {
        self.too_deep.set(false);
        let before = self.valid_before.take();
        let valid = self.valid_after(before.as_ref(), Plan::ROOT, root) && !self.too_deep.get();
        self.valid_before.set(if valid { Some(root.clone()) } else { before });
        valid
    }

    /// Returns every violation, by layer, then source, line, column, key and code; none for a valid tree.
    ///
    /// The values of secret keys are in no message.
    pub fn check(&self, root: &Value) -> Vec<Diagnostic> {
        in_report_order(self.findings(root).into_iter().map(Finding::into_diagnostic).collect())
    }

    /// Every violation, in the order of the schema; none for a valid tree.
    pub(super) fn findings(&self, root: &Value) -> Vec<Finding> {
        let mut found = Vec::new();
        if self.is_valid(root) {
            return found;
        }
        let mut place = Location { key: Key::root(), via: Code::SchemaType, brief: false };
        if self.too_deep.get() {
            let message = "the schema is nested too deeply to check this value";
            found.push(place.finding(Code::SchemaUnsupported, message, root));
        } else {
            self.explain(Plan::ROOT, root, &mut place, &mut found);
        }
        found
    }

    /// Tells whether the value is valid against one node.
    pub(super) fn valid(&self, id: NodeId, value: &Value) -> bool {
        self.valid_after(None, id, value)
    }

    /// The same, where another value, `before`, is known to be valid against the node: the members and elements that
    /// both have are then valid too.
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
        let node = self.plan.node(id);
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

    fn valid_inside(&self, before: Option<&Value>, node: &Node, value: &Value) -> bool {
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

    fn valid_members(&self, before: Option<&Table>, node: &Node, members: &Table) -> bool {
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
        // The judge's own recursion cannot be counted from here, so its measure is taken beforehand.
        let most = (value.levels() + 1).saturating_mul(self.plan.longest_chain + 1);
        if most.saturating_mul(JUDGED_STEPS) + self.open.get() > MAX_OPEN {
            self.too_deep.set(true);
            return false;
        }
        self.judge.holds(id, index, value)
    }

    /// Adds what is wrong with the value to `found`. It is called for invalid values only.
    pub(super) fn explain(&self, id: NodeId, value: &Value, place: &mut Location, found: &mut Vec<Finding>) {
        let open = self.open.get();
        if open >= MAX_EXPLAINED {
            let message =
                format!("invalid value; the reason is more than {} subschemas deep", open / EXPLAINED_STEPS);
            found.push(place.finding(Code::SchemaUnsupported, message, value));
            return;
        }
        self.open.set(open + EXPLAINED_STEPS);
        self.explain_here(id, value, place, found);
        self.open.set(open);
    }

    fn explain_here(&self, id: NodeId, value: &Value, place: &mut Location, found: &mut Vec<Finding>) {
        let node = self.plan.node(id);
        if let Some(target) = node.reference {
            return self.explain(target, value, place, found);
        }
        if node.refuses {
            let mut finding = place.finding(place.via, "not allowed here", value).help("remove it");
            if let Some(name) = place.key.last_name() {
                finding.origin = value.origin().of_name(name);
            }
            found.push(finding);
            return;
        }
        let secret = self.plan.is_secret(&place.key);
        if !node.types.contains(TypeSet::of(value)) {
            let finding = place.finding(Code::SchemaType, type_message(node.types, value, secret), value);
            found.push(Finding { help: type_way_out(node.types, value).filter(|_| !secret), ..finding });
        } else {
            let secret = secret || self.holds_secret(value, &place.key);
            for assertion in node.assertions.iter().filter(|assertion| !assertion.holds(value)) {
                let finding = place.finding(assertion.code(), assertion.message(value, secret), value);
                found.push(Finding { help: assertion.way_out(value, secret), ..finding });
            }
        }
        match value.kind() {
            Kind::Table(_) => self.explain_members(node, value, place, found),
            Kind::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    if let Some(of) = node.of_element(index) {
                        place.inside(Segment::Index(index), node.items_code(index), |place| {
                            self.explain_invalid(of, element, place, found);
                        });
                    }
                }
            }
            _ => {}
        }
        for part in &node.all_of {
            self.explain_invalid(*part, value, place, found);
        }
        for (index, judged) in node.judged.iter().enumerate() {
            if !self.judge_holds(id, index, value) {
                self.explain_judged(judged, value, place, found);
            }
        }
    }

    /// Tells whether something below the value is a secret, so that no message shows the whole of it.
    fn holds_secret(&self, value: &Value, key: &Key) -> bool {
        matches!(value.kind(), Kind::Table(_) | Kind::Array(_))
            && redact_at(value, key, &|key| self.plan.is_secret(key)) != *value
    }

    fn explain_invalid(&self, id: NodeId, value: &Value, place: &mut Location, found: &mut Vec<Finding>) {
        if !self.valid(id, value) {
            self.explain(id, value, place, found);
        }
    }

    fn explain_members(&self, node: &Node, table: &Value, place: &mut Location, found: &mut Vec<Finding>) {
        let members = table.as_table().into_iter().flatten();
        for name in node.required.iter().filter(|name| table.member(name).is_none()) {
            let key = place.key.child(name.clone());
            let message = format!("missing key `{}`", Key::of([name.clone()]));
            let finding = Finding::new(Code::SchemaRequired, key.clone(), message, table.origin());
            found.push(if place.brief { finding } else { finding.help(how_to_add(&self.plan, &key)) });
        }
        for (name, member) in members {
            let is_rest = node.additional.is_some_and(|rest| node.of_member(name).eq([rest]))
                && !node.properties.contains_key(name);
            if is_rest && node.additional.is_some_and(|rest| self.plan.node(rest).refuses) {
                found.push(unknown_key(node, name, member, place));
                continue;
            }
            let via = if is_rest { Code::SchemaAdditionalProperties } else { Code::SchemaProperties };
            for of in node.of_member(name) {
                place.inside(Segment::Name(name.clone()), via, |place| {
                    self.explain_invalid(of, member, place, found)
                });
            }
        }
    }

    fn explain_judged(&self, judged: &Judged, value: &Value, place: &mut Location, found: &mut Vec<Finding>) {
        match judged {
            Judged::AnyOf(of) => self.explain_alternatives(Code::SchemaAnyOf, of, value, place, found),
            Judged::OneOf(of) => self.explain_alternatives(Code::SchemaOneOf, of, value, place, found),
            Judged::Not(_) => {
                found.push(place.finding(Code::SchemaNot, "the schema excludes this value", value))
            }
            Judged::If { condition, then, otherwise } => {
                let branch = if self.valid(*condition, value) { then } else { otherwise };
                branch.iter().for_each(|branch| self.explain_invalid(*branch, value, place, found));
            }
            Judged::Contains(of) => {
                let mut why = String::new();
                if let Some(first) = value.as_array().and_then(|elements| elements.first()) {
                    let mut inner = Vec::new();
                    place.inside(Segment::Index(0), Code::SchemaContains, |place| {
                        self.explain(*of, first, place, &mut inner)
                    });
                    why = inner
                        .first()
                        .map(|finding| format!("; item 0: {}", finding.message))
                        .unwrap_or_default();
                }
                let message = format!("expected at least one matching item{why}");
                found.push(place.finding(Code::SchemaContains, message, value));
            }
            Judged::PropertyNames(of) => {
                for (name, member) in value.as_table().into_iter().flatten() {
                    let text = Value::new(Kind::String(name.clone()), member.origin().of_name(name));
                    let mut inner = Vec::new();
                    place.inside(Segment::Name(name.clone()), Code::SchemaPropertyNames, |place| {
                        self.explain_invalid(*of, &text, place, &mut inner);
                    });
                    let at = member.origin().of_name(name);
                    found.extend(inner.into_iter().map(|finding| Finding {
                        origin: at.clone(),
                        code: Code::SchemaPropertyNames,
                        message: format!("name not allowed here: {}", finding.message).into(),
                        ..finding
                    }));
                }
            }
            Judged::Dependencies(of) => {
                for (name, on) in of.iter().filter(|(name, _)| value.member(name).is_some()) {
                    match on {
                        Dependency::Schema(node) => self.explain_invalid(*node, value, place, found),
                        Dependency::Names(needed) => {
                            for missing in needed.iter().filter(|needed| value.member(needed).is_none()) {
                                let key = place.key.child(missing.clone());
                                let message = format!("missing key `{missing}`, which `{name}` requires");
                                let help = how_to_add(&self.plan, &key);
                                let code = Code::SchemaDependencies;
                                found.push(Finding::new(code, key, message, value.origin()).help(help));
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
        f.debug_struct("SchemaValidator").field("nodes", &self.plan.nodes.len()).finish_non_exhaustive()
    }
}

impl Node {
    fn items_code(&self, index: usize) -> Code {
        match &self.items {
            super::plan::Items::Tuple { first, .. } if index >= first.len() => Code::SchemaAdditionalItems,
            _ => Code::SchemaItems,
        }
    }
}
