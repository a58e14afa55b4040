//! The findings of each rule.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::policy::findings::{Finding, FindingState, PolicyReport};
use crate::tree::Severity;

/// A rule with its findings.
pub(super) struct RuleFindings<'r> {
    pub(super) name: &'r str,
    pub(super) severity: Severity,
    pub(super) message: &'r str,
    pub(super) fix: Option<&'r str>,
    pub(super) docs: Option<&'r str>,
    /// In the order of the report.
    pub(super) findings: Vec<&'r Finding>,
}

impl<'r> RuleFindings<'r> {
    /// The rules that were checked, and those that only findings name, such as `suppression/unused`, by name.
    pub(super) fn all(report: &'r PolicyReport) -> Vec<Self> {
        let mut rules: BTreeMap<&str, Self> = BTreeMap::new();
        for (name, rule) in &report.rules {
            let (fix, docs) = (rule.fix.as_deref(), rule.docs.as_deref());
            let (severity, message) = (rule.severity, rule.message.as_str());
            rules.insert(name, Self { name, severity, message, fix, docs, findings: Vec::new() });
        }
        for finding in &report.findings {
            let of_finding = || Self {
                name: &finding.rule,
                severity: finding.severity,
                message: &finding.message,
                fix: finding.fix.as_deref(),
                docs: finding.docs.as_deref(),
                findings: Vec::new(),
            };
            rules.entry(&finding.rule).or_insert_with(of_finding).findings.push(finding);
        }
        rules.into_values().collect()
    }

    /// Those with findings: first the ones with new errors, then those with new warnings, then the others, each by name.
    pub(super) fn most_important_first(report: &'r PolicyReport) -> Vec<Self> {
        let mut rules = Self::all(report);
        rules.retain(|rule| !rule.findings.is_empty());
        rules.sort_by_key(|rule| (rule.new_count(Severity::Error) == 0, rule.count(FindingState::New) == 0));
        rules
    }

    /// How many findings have this state.
    pub(super) fn count(&self, state: FindingState) -> usize {
        self.findings.iter().filter(|finding| finding.state == state).count()
    }

    /// How many new findings have this severity.
    pub(super) fn new_count(&self, severity: Severity) -> usize {
        let is_counted =
            |finding: &&&Finding| finding.state == FindingState::New && finding.severity == severity;
        self.findings.iter().filter(is_counted).count()
    }
}
