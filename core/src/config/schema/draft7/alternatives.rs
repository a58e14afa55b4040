//! `anyOf` and `oneOf`: the closest alternative, and why it does not match.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::assertion::joined;
use super::check::SchemaValidator;
use super::graph::NodeId;
use super::messages::type_message;
use super::violation::{Expected, Violation, ViolationMessage};
use super::violation_context::ViolationContext;
use crate::tree::{Code, TypeSet, Value};

impl SchemaValidator {
    /// Adds the violations of the closest alternative, or for `oneOf` that more than one matches.
    pub(super) fn explain_alternatives(
        &self,
        code: Code,
        branches: &[NodeId],
        value: &Value,
        context: &mut ViolationContext,
        violations: &mut Vec<Violation>,
    ) {
        let fitting: Vec<String> = branches
            .iter()
            .zip(1..)
            .filter(|(branch, _)| self.valid(**branch, value))
            .map(|(_, number)| format!("{number}"))
            .collect();
        if fitting.len() > 1 {
            let message = format!(
                "expected exactly one of {} alternatives to match, but {} do",
                branches.len(),
                joined(&fitting, "and")
            );
            violations.push(context.violation(code, message, value));
            return;
        }
        let secret = self.schema.is_secret(&context.key);
        let types =
            branches.iter().fold(TypeSet::NONE, |set, branch| set.or(self.schema.graph.types(*branch)));
        if !types.contains(TypeSet::of(value)) {
            violations.push(context.violation(code, type_message(types, value, secret), value));
            return;
        }
        let mut closest: Option<Alternative> = None;
        let mut selectors: Vec<Violation> = Vec::new();
        let outer = core::mem::replace(&mut context.brief, true);
        for branch in branches {
            let mut why = Vec::new();
            self.explain(*branch, value, context, &mut why);
            let branch = Alternative::new(self, *branch, value, context, why);
            selectors.extend(branch.selector.clone());
            if closest.as_ref().is_none_or(|best| branch.distance < best.distance) {
                closest = Some(branch);
            }
        }
        context.brief = outer;
        let Some(mut closest) = closest else {
            violations.push(context.violation(code, "no alternative matches", value));
            return;
        };
        // The same key selects every alternative, and its value selects none: that is the error.
        if selectors.len() == branches.len()
            && let Some(first) = selectors.first()
            && selectors.iter().all(|other| other.key == first.key)
        {
            let values: Vec<String> =
                selectors.iter().filter_map(|one| one.message.values().map(String::from)).collect();
            let expected = Expected::OneOf(joined(&values, "or"));
            let message =
                ViolationMessage::Mismatch { expected, found: first.message.found().map(String::from) };
            // All are about the same value, so the help of any of them applies.
            let with_help = selectors.iter().find(|one| one.help.is_some() || one.closest_of.is_some());
            violations.push(Violation { code, message, ..with_help.unwrap_or(first).clone() });
            return;
        }
        if !context.brief {
            closest.why.clear();
            self.explain(closest.id, value, context, &mut closest.why);
        }
        let of_its_type = |branch: &&NodeId| self.schema.graph.types(**branch).contains(TypeSet::of(value));
        if branches.iter().filter(of_its_type).count() == 1 {
            violations.extend(closest.why);
            return;
        }
        violations.extend(closest.why.into_iter().map(|violation| Violation {
            closest_of: violation.closest_of.or(Some((branches.len(), code))),
            ..violation
        }));
    }
}

/// One alternative and why the value does not match it.
struct Alternative {
    id: NodeId,
    why: Vec<Violation>,
    /// The violation about the member that selects an alternative, if it does not select this one.
    selector: Option<Violation>,
    /// Compared in this order: wrong type, selected otherwise, unknown keys, all violations.
    distance: (bool, bool, usize, usize),
}

impl Alternative {
    fn new(
        validator: &SchemaValidator,
        id: NodeId,
        value: &Value,
        context: &ViolationContext,
        why: Vec<Violation>,
    ) -> Self {
        let wrong_type = !validator.schema.graph.types(id).contains(TypeSet::of(value));
        let is_direct = |violation: &&Violation| {
            violation.key.parent().is_some_and(|parent| parent == context.key)
                && matches!(violation.code, Code::SchemaConst | Code::SchemaEnum)
        };
        let selector = why.iter().find(is_direct).cloned();
        let unknown =
            why.iter().filter(|violation| violation.code == Code::SchemaAdditionalProperties).count();
        let distance = (wrong_type, selector.is_some(), unknown, why.len());
        Self { id, why, selector, distance }
    }
}
