//! `anyOf` and `oneOf`: the closest alternative, and why it does not match.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::assertion::{Assertion, joined};
use super::check::SchemaValidator;
use super::graph::NodeId;
use super::messages::{how_to_add, type_message};
use super::violation::{Expected, Violation, ViolationMessage};
use super::violation_context::ViolationContext;
use crate::tree::{Code, Key, TypeSet, Value};

impl SchemaValidator {
    /// Adds why no alternative matches: as a rule the violations of the closest one. If several
    /// alternatives of a `oneOf` match, adds only that.
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
                "expected exactly one of {} alternatives to match, but numbers {} match",
                branches.len(),
                joined(&fitting, "and")
            );
            violations.push(context.violation(code, message, value));
            return;
        }
        let secret = context.is_secret(value);
        if let Some(choices) = self.schema.graph.choices_of(branches) {
            let allowed = Assertion::Enum(choices.into_iter().filter_map(|choice| choice.value).collect());
            let violation = context.violation(allowed.code(), allowed.message(value, secret), value);
            violations.push(Violation { help: allowed.way_out(value, secret), ..violation });
            return;
        }
        let types =
            branches.iter().fold(TypeSet::NONE, |set, branch| set.or(self.schema.graph.types(*branch)));
        if !types.contains(TypeSet::of(value)) {
            violations.push(context.violation(code, type_message(types, value, secret), value));
            return;
        }
        let mut closest: Option<Alternative> = None;
        let mut discriminators: Vec<Violation> = Vec::new();
        // The members that alternatives as close as the closest one lack, if they lack nothing else.
        let mut missing: Option<Vec<Key>> = None;
        let outer = core::mem::replace(&mut context.brief, true);
        for branch in branches {
            let mut why = Vec::new();
            let list = context.begin_list();
            self.explain(*branch, value, context, &mut why);
            context.end_list(list);
            let branch = Alternative::new(self, *branch, value, context, why);
            discriminators.extend(branch.discriminator.clone());
            let is_closer = closest.as_ref().is_none_or(|best| branch.distance < best.distance);
            if is_closer {
                missing = Some(Vec::new());
            }
            if closest.as_ref().is_none_or(|best| branch.distance <= best.distance) {
                missing = match (missing, branch.missing_member(context)) {
                    (Some(mut known), Some(key)) => {
                        if !known.contains(&key) {
                            known.push(key);
                        }
                        Some(known)
                    }
                    _ => None,
                };
            }
            if is_closer {
                closest = Some(branch);
            }
        }
        context.brief = outer;
        let Some(mut closest) = closest else {
            violations.push(context.violation(code, "no alternative matches", value));
            return;
        };
        // Each alternative requires another value of the same member, and the value is none of them: report only that.
        if discriminators.len() == branches.len()
            && let Some(first) = discriminators.first()
            && discriminators.iter().all(|other| other.key == first.key)
        {
            let values: Vec<String> =
                discriminators.iter().filter_map(|one| one.message.values().map(String::from)).collect();
            let expected = Expected::OneOf(joined(&values, "or"));
            let message =
                ViolationMessage::Mismatch { expected, found: first.message.found().map(String::from) };
            // All are about the same value, so the help of any of them applies.
            let with_help = discriminators.iter().find(|one| one.help.is_some() || one.closest_of.is_some());
            violations.push(Violation { code, message, ..with_help.unwrap_or(first).clone() });
            return;
        }
        // Several alternatives lack one member each: name all of them.
        if let Some([first, _, ..]) = missing.as_deref() {
            let missing = missing.as_deref().unwrap_or_default();
            let names: Vec<String> = missing
                .iter()
                .filter_map(Key::last_name)
                .map(|name| format!("`{}`", Key::of([name])))
                .collect();
            let message = format!("missing key: {}", joined(&names, "or"));
            let violation =
                Violation::new(Code::SchemaRequired, context.key.clone(), message, value.origin());
            let help = format!("{}, or one of the others", how_to_add(&self.schema, first));
            violations.push(if context.brief { violation } else { violation.help(help) });
            return;
        }
        // The first pass was brief: explain the closest one again in full.
        if !context.brief {
            closest.why.clear();
            let list = context.begin_list();
            self.explain(closest.id, value, context, &mut closest.why);
            context.end_list(list);
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
    /// The violation of the discriminator: a member whose value is not the `const`, or not in the `enum`, of this
    /// alternative.
    discriminator: Option<Violation>,
    /// Compared in this order: whether the type is wrong, whether the discriminator does not fit, the number of unknown keys,
    /// the number of violations.
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
        let discriminator = why.iter().find(is_direct).cloned();
        let unknown =
            why.iter().filter(|violation| violation.code == Code::SchemaAdditionalProperties).count();
        let distance = (wrong_type, discriminator.is_some(), unknown, why.len());
        Self { id, why, discriminator, distance }
    }

    /// The member of the value that is missing, if nothing else is wrong.
    fn missing_member(&self, context: &ViolationContext) -> Option<Key> {
        let [Violation { code: Code::SchemaRequired, key, .. }] = self.why.as_slice() else { return None };
        (key.parent()? == context.key).then(|| key.clone())
    }
}
