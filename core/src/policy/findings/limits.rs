//! The limits of rules: how many matches the whole tree may or must have.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::baseline::{Baseline, BaselineEntry};
use super::check_options::{CheckOptions, CheckedFiles};
use super::file_check::Hit;
use super::finding::{Finding, FindingState, fingerprint};
use crate::policy::position::{FilePosition, Position};
use crate::policy::rules::{Policy, Rule};
use crate::text::grouped;

/// What the limits of the rules say about the matches.
#[derive(Default)]
pub(super) struct RuleLimits {
    /// The matches of each rule that are not suppressed.
    pub(super) counts: BTreeMap<String, usize>,
    /// The rules with more matches than they allow.
    pub(super) exceeded: BTreeSet<String>,
    /// The findings of rules with fewer matches than they require.
    pub(super) missing: Vec<Finding>,
}

impl Policy {
    /// The matches of each rule that are not suppressed, against its limits.
    pub(super) fn limits(
        &self,
        hits: &[(String, Hit)],
        options: &CheckOptions,
        notes: &mut Vec<String>,
    ) -> RuleLimits {
        let mut places: BTreeMap<&str, Vec<FilePosition>> = BTreeMap::new();
        for (path, hit) in hits.iter().filter(|(_, hit)| hit.suppressed.is_none()) {
            places
                .entry(&hit.rule)
                .or_default()
                .push(FilePosition { path: path.clone(), position: hit.start });
        }
        let mut limits = RuleLimits::default();
        let mut undecided = Vec::new();
        for rule in &self.rules {
            let places = places.remove(rule.name.as_str()).unwrap_or_default();
            let count = places.len();
            limits.counts.insert(rule.name.clone(), count);
            if rule.allowed.at_most.is_some_and(|most| count > most) {
                limits.exceeded.insert(rule.name.clone());
            }
            if count < rule.allowed.at_least {
                match options.files {
                    CheckedFiles::Tree => limits.missing.push(self.missing(rule, places, &options.baseline)),
                    CheckedFiles::Named => undecided.push(format!("`{}`", rule.name)),
                    CheckedFiles::Changed => {}
                }
            }
        }
        if !undecided.is_empty() {
            let rules = undecided.join(", ");
            notes.push(format!(
                "only a part of the files was checked, so that rules that require matches are not decided: {rules}"
            ));
        }
        limits
    }

    /// The finding about required matches that are missing, at the place of the rule.
    fn missing(&self, rule: &Rule, places: Vec<FilePosition>, baseline: &Baseline) -> Finding {
        let (expected, found) = (matches(rule.allowed.at_least), places.len());
        let message =
            format!("{} (expected at least {expected} in the whole tree, found {found})", rule.message);
        let place = self.places.get(&rule.name).cloned().unwrap_or_else(|| FilePosition {
            path: format!("policy.rules.{}", rule.name),
            position: Position { line: 1, column: 1 },
        });
        Finding {
            rule: rule.name.clone(),
            severity: rule.severity,
            fingerprint: fingerprint(&[&rule.name, "missing"]),
            path: place.path,
            start: place.position,
            end: place.position,
            message,
            fix: rule.fix.clone(),
            docs: rule.docs.clone(),
            source: None,
            state: match baseline.has(&missing_entry(&rule.name)) {
                true => FindingState::Baseline,
                false => FindingState::New,
            },
            reason: None,
            related: places,
        }
    }
}

/// `1 match`, `3 matches`.
pub(super) fn matches(number: usize) -> String {
    if number == 1 { "1 match".into() } else { format!("{} matches", grouped(&number)) }
}

/// The entry of a baseline that accepts missing matches.
pub(super) fn missing_entry(rule: &str) -> BaselineEntry {
    BaselineEntry { path: String::new(), rule: rule.into(), line: "at_least".into() }
}
