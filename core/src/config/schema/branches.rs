//! `anyOf` and `oneOf`: of many alternatives, the closest one and why it does not fit.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::check::SchemaValidator;
use super::facts::TypeSet;
use super::finding::{Expected, Finding, Message};
use super::location::Location;
use super::messages::type_message;
use super::plan::NodeId;
use crate::tree::{Code, Value};

impl SchemaValidator {
    /// Adds the findings of the closest alternative; for `oneOf` also says when more than one fits.
    pub(super) fn explain_alternatives(
        &self,
        code: Code,
        branches: &[NodeId],
        value: &Value,
        place: &mut Location,
        found: &mut Vec<Finding>,
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
            found.push(place.finding(code, message, value));
            return;
        }
        let secret = self.plan.is_secret(&place.key);
        let types = branches.iter().fold(TypeSet::NONE, |set, branch| set.or(self.plan.types(*branch)));
        if !types.contains(TypeSet::of(value)) {
            found.push(place.finding(code, type_message(types, value, secret), value));
            return;
        }
        let mut closest: Option<Branch> = None;
        let mut selectors: Vec<Finding> = Vec::new();
        let outer = core::mem::replace(&mut place.brief, true);
        for branch in branches {
            let mut why = Vec::new();
            self.explain(*branch, value, place, &mut why);
            let branch = Branch::new(self, *branch, value, place, why);
            selectors.extend(branch.selector.clone());
            if closest.as_ref().is_none_or(|best| branch.distance < best.distance) {
                closest = Some(branch);
            }
        }
        place.brief = outer;
        let Some(mut closest) = closest else {
            found.push(place.finding(code, "no alternative matches", value));
            return;
        };
        // Every alternative is chosen by the same key, and its value chooses none of them: that is the mistake.
        if selectors.len() == branches.len()
            && let Some(first) = selectors.first()
            && selectors.iter().all(|other| other.key == first.key)
        {
            let values: Vec<String> =
                selectors.iter().filter_map(|one| one.message.values().map(String::from)).collect();
            let expected = Expected::OneOf(joined(&values, "or"));
            let message = Message::Mismatch { expected, found: first.message.found().map(String::from) };
            // All are about the same value: the help of any of them serves.
            let with_help = selectors.iter().find(|one| one.help.is_some() || one.closest_of.is_some());
            found.push(Finding { code, message, ..with_help.unwrap_or(first).clone() });
            return;
        }
        if !place.brief {
            closest.why.clear();
            self.explain(closest.id, value, place, &mut closest.why);
        }
        let of_its_type = |branch: &&NodeId| self.plan.types(**branch).contains(TypeSet::of(value));
        if branches.iter().filter(of_its_type).count() == 1 {
            found.extend(closest.why);
            return;
        }
        found.extend(closest.why.into_iter().map(|finding| Finding {
            closest_of: finding.closest_of.or(Some((branches.len(), code))),
            ..finding
        }));
    }
}

/// One alternative with what is wrong with it.
struct Branch {
    id: NodeId,
    why: Vec<Finding>,
    /// The finding about the member that chooses between the alternatives, if it chose against this one.
    selector: Option<Finding>,
    /// Type first, then the choosing member, then the unknown keys, then the number of findings.
    distance: (bool, bool, usize, usize),
}

impl Branch {
    fn new(
        validator: &SchemaValidator,
        id: NodeId,
        value: &Value,
        place: &Location,
        why: Vec<Finding>,
    ) -> Self {
        let wrong_type = !validator.plan.types(id).contains(TypeSet::of(value));
        let is_direct = |finding: &&Finding| {
            finding.key.parent().is_some_and(|parent| parent == place.key)
                && matches!(finding.code, Code::SchemaConst | Code::SchemaEnum)
        };
        let selector = why.iter().find(is_direct).cloned();
        let unknown = why.iter().filter(|finding| finding.code == Code::SchemaAdditionalProperties).count();
        let distance = (wrong_type, selector.is_some(), unknown, why.len());
        Self { id, why, selector, distance }
    }
}

fn joined(texts: &[String], word: &str) -> String {
    match texts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, front)) => format!("{} {word} {last}", front.join(", ")),
        None => String::new(),
    }
}
