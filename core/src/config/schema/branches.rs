//! `anyOf` and `oneOf`: of many alternatives, the closest one and why it does not fit.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::check::SchemaValidator;
use super::facts::TypeSet;
use super::location::Location;
use super::messages::type_message;
use super::plan::NodeId;
use crate::tree::{Code, Diagnostic, Value};

impl SchemaValidator {
    /// Adds the findings of the closest alternative; for `oneOf` also says when more than one fits.
    pub(super) fn explain_alternatives(
        &self,
        code: Code,
        branches: &[NodeId],
        value: &Value,
        place: &mut Location,
        found: &mut Vec<Diagnostic>,
    ) {
        let fitting: Vec<String> = branches
            .iter()
            .zip(1..)
            .filter(|(branch, _)| self.valid(**branch, value))
            .map(|(_, number)| format!("{number}"))
            .collect();
        if fitting.len() > 1 {
            let message = format!(
                "expected exactly one of {} alternatives to fit, but {} do",
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
        let mut selectors: Vec<Diagnostic> = Vec::new();
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
            found.push(place.finding(code, "no alternative is left", value));
            return;
        };
        // Every alternative is chosen by the same key, and its value chooses none of them: that is the mistake.
        if selectors.len() == branches.len()
            && let Some(first) = selectors.first()
            && selectors.iter().all(|other| other.key == first.key)
        {
            let expected: Vec<&str> =
                selectors.iter().filter_map(|s| s.message.strip_prefix("expected ")).collect();
            let wanted: Vec<String> = expected
                .iter()
                .map(|text| String::from(text.split_once(", found ").map_or(*text, |(wanted, _)| wanted)))
                .map(|wanted| wanted.strip_prefix("one of ").map(String::from).unwrap_or(wanted))
                .collect();
            let found_part =
                expected.first().and_then(|text| text.split_once(", found ")).map(|(_, found)| found);
            let tail = found_part.map(|found| format!(", found {found}")).unwrap_or_default();
            let message = format!("expected one of {}{tail}", joined(&wanted, "or"));
            let help = selectors.iter().find_map(|selector| selector.help.clone());
            found.push(Diagnostic { code, message, help, ..first.clone() });
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
        let note = format!("this is the closest of {} alternatives of `{}`", branches.len(), code.name());
        found.extend(closest.why.into_iter().map(|finding| match &finding.help {
            Some(help) if help.contains("the closest of") => finding,
            Some(help) => {
                let help = format!("{help}; {note}");
                finding.help(help)
            }
            None => finding.help(note.clone()),
        }));
    }
}

/// One alternative with what is wrong with it.
struct Branch {
    id: NodeId,
    why: Vec<Diagnostic>,
    /// The finding about the member that chooses between the alternatives, if it chose against this one.
    selector: Option<Diagnostic>,
    /// Type first, then the choosing member, then the unknown keys, then the number of findings.
    distance: (bool, bool, usize, usize),
}

impl Branch {
    fn new(
        validator: &SchemaValidator,
        id: NodeId,
        value: &Value,
        place: &Location,
        why: Vec<Diagnostic>,
    ) -> Self {
        let wrong_type = !validator.plan.types(id).contains(TypeSet::of(value));
        let is_direct = |finding: &&Diagnostic| {
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
