//! The conclusion from the checks of all files.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::baseline::{Baseline, BaselineEntry};
use super::check_options::{CheckOptions, CheckedFiles};
use super::excerpt::shown;
use super::file_check::{FileCheck, FileOutcome, Hit};
use super::finding::{Finding, FindingState, fingerprint};
use super::limits::{RuleLimits, matches, missing_entry};
use super::policy_report::{CommandOutcome, PolicyReport, RuleSummary, SkippedFiles};
use crate::policy::config::Enforcement;
use crate::policy::rules::{Policy, Rule};
use crate::text::{grouped_count, visible};

impl Policy {
    /// The report about all files, whatever their order. A file that was checked twice counts once.
    pub fn conclude(
        &self,
        files: impl IntoIterator<Item = FileCheck>,
        options: &CheckOptions,
    ) -> PolicyReport {
        let mut files: Vec<FileCheck> = files.into_iter().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        // Most rules look at the first file, so that this is cheap.
        let mut idle: Vec<&Rule> = self.rules.iter().filter(|rule| rule.checks_files()).collect();
        for file in &files {
            idle.retain(|rule| !rule.looks_at(&file.path, false));
            if idle.is_empty() {
                break;
            }
        }
        let mut unchecked = Vec::new();
        let mut skipped = SkippedFiles::default();
        let mut hits: Vec<(String, Hit)> = Vec::new();
        let mut without_lexer: BTreeSet<String> = BTreeSet::new();
        let mut checked = 0;
        for file in files {
            match file.outcome {
                FileOutcome::Unconcerned => {}
                FileOutcome::Skipped(reason) => {
                    *skipped.of(reason) += 1;
                    unchecked.push(format!("`{}`", visible(&file.path)));
                }
                FileOutcome::Checked { hits: found, has_lexer } => {
                    checked += 1;
                    if !has_lexer {
                        without_lexer.insert(kind_of(&file.path));
                    }
                    hits.extend(found.into_iter().map(|hit| (file.path.clone(), hit)));
                }
            }
        }
        let mut notes = Vec::new();
        if options.files != CheckedFiles::Tree && !unchecked.is_empty() {
            notes.push(format!("not checked: {}", some_of(unchecked)));
        }
        if !without_lexer.is_empty() {
            let kinds = some_of(without_lexer);
            notes.push(format!("all of these files is code, since their languages have no lexer: {kinds}"));
        }
        if options.files == CheckedFiles::Tree && checked > 0 && !idle.is_empty() {
            let rules = some_of(idle.into_iter().map(|rule| format!("`{}`", rule.name)));
            notes
                .push(format!("no file is checked by these rules, see their `paths` and `exclude`: {rules}"));
        }
        let limits = self.limits(&hits, options, &mut notes);
        let mut findings = self.findings(hits, &limits, options);
        findings.extend(limits.missing);
        findings.sort_by(Finding::report_order);
        let rules = self.summaries(&findings, &limits.counts);
        let blocks =
            self.enforce == Enforcement::Block && findings.iter().any(|one| one.is_blocking(options.strict));
        PolicyReport {
            ok: !blocks,
            enforce: self.enforce,
            findings,
            rules,
            files: checked,
            skipped,
            commands: BTreeMap::new(),
            notes,
        }
    }

    /// The findings of all hits that are none of a rule within its limits.
    fn findings(
        &self,
        hits: Vec<(String, Hit)>,
        limits: &RuleLimits,
        options: &CheckOptions,
    ) -> Vec<Finding> {
        let is_finding = |hit: &Hit| {
            let is_rule = limits.counts.contains_key(&hit.rule);
            let is_limited = self.rule(&hit.rule).is_some_and(|rule| rule.allowed.at_most.is_some());
            !is_rule || limits.exceeded.contains(&hit.rule) || is_limited && hit.suppressed.is_some()
        };
        let hits: Vec<(String, Hit)> = hits.into_iter().filter(|(_, hit)| is_finding(hit)).collect();
        let counted: Vec<usize> = (0..hits.len())
            .filter(|index| hits.get(*index).is_some_and(|(_, hit)| hit.suppressed.is_none()))
            .collect();
        let entries: Vec<BaselineEntry> =
            counted.iter().filter_map(|index| hits.get(*index)).map(|(path, hit)| entry(path, hit)).collect();
        let accepted = options.baseline.accepts(&entries, &|path| options.gone.contains(path));
        let accepted: BTreeSet<usize> = counted
            .into_iter()
            .zip(accepted)
            .filter(|(_, accepted)| *accepted)
            .map(|(index, _)| index)
            .collect();
        let findings = hits.into_iter().enumerate().map(|(index, (path, hit))| {
            let state = match (&hit.suppressed, accepted.contains(&index)) {
                (Some(_), _) => FindingState::Suppressed,
                (None, true) => FindingState::Baseline,
                (None, false) => FindingState::New,
            };
            self.finding(path, hit, state, limits)
        });
        findings.collect()
    }

    fn finding(&self, path: String, hit: Hit, state: FindingState, limits: &RuleLimits) -> Finding {
        let rule = self.rule(&hit.rule);
        let message = match (&hit.message, rule) {
            (Some(message), _) => message.clone(),
            (None, Some(rule)) => {
                let count = matches(limits.counts.get(&rule.name).copied().unwrap_or_default());
                match rule.allowed.at_most {
                    Some(most) if most > 0 => {
                        format!("{} ({count} in the whole tree, at most {most} allowed)", rule.message)
                    }
                    _ => rule.message.clone(),
                }
            }
            (None, None) => String::new(),
        };
        Finding {
            fingerprint: fingerprint(&[&hit.rule, &path, &hit.source.line, &hit.ordinal.to_string()]),
            rule: hit.rule,
            severity: hit.severity,
            path,
            start: hit.start,
            end: hit.end,
            message,
            fix: rule.and_then(|rule| rule.fix.clone()),
            docs: rule.and_then(|rule| rule.docs.clone()),
            source: Some(hit.source),
            state,
            reason: hit.suppressed,
            related: hit.related,
        }
    }

    fn rule(&self, name: &str) -> Option<&Rule> {
        // They are in the order of their names.
        let index = self.rules.binary_search_by(|rule| rule.name.as_str().cmp(name)).ok()?;
        self.rules.get(index)
    }

    /// The rules that were checked, and the checks of suppressions that found something.
    fn summaries(
        &self,
        findings: &[Finding],
        counts: &BTreeMap<String, usize>,
    ) -> BTreeMap<String, RuleSummary> {
        let mut summaries: BTreeMap<String, RuleSummary> = BTreeMap::new();
        for rule in &self.rules {
            let summary = RuleSummary {
                severity: rule.severity,
                message: rule.message.clone(),
                fix: rule.fix.clone(),
                docs: rule.docs.clone(),
                count: 0,
            };
            summaries.insert(rule.name.clone(), summary);
        }
        for finding in findings {
            let summary = summaries.entry(finding.rule.clone()).or_insert_with(|| RuleSummary {
                severity: finding.severity,
                message: about_suppressions(&finding.rule).into(),
                fix: None,
                docs: None,
                count: 0,
            });
            summary.count += 1;
        }
        let required = self.rules.iter().filter(|rule| rule.allowed.at_most.is_none());
        for rule in required {
            if let Some(summary) = summaries.get_mut(&rule.name) {
                summary.count = counts.get(&rule.name).copied().unwrap_or_default();
            }
        }
        summaries
    }
}

impl PolicyReport {
    /// Adds the commands that ran. One that failed fails the check, if findings do. Their output hides what the rules with `redact` match.
    #[must_use]
    pub fn with_commands(mut self, policy: &Policy, mut commands: BTreeMap<String, CommandOutcome>) -> Self {
        self.ok &= self.enforce != Enforcement::Block || commands.values().all(|command| command.ok);
        for command in commands.values_mut() {
            command.output = shown(policy, &command.output);
        }
        self.commands = commands;
        self
    }

    /// The baseline that accepts what the report finds, except what is suppressed.
    pub fn baseline(&self) -> Baseline {
        let accepted = self.findings.iter().filter(|finding| finding.state != FindingState::Suppressed);
        Baseline::of(accepted.map(|finding| match &finding.source {
            Some(source) => {
                let (path, rule) = (finding.path.clone(), finding.rule.clone());
                BaselineEntry { path, rule, line: source.line.clone() }
            }
            None => missing_entry(&finding.rule),
        }))
    }
}

fn entry(path: &str, hit: &Hit) -> BaselineEntry {
    BaselineEntry { path: path.into(), rule: hit.rule.clone(), line: hit.source.line.clone() }
}

/// What a check of the suppressions looks for.
fn about_suppressions(check: &str) -> &'static str {
    match check {
        "suppression/malformed" => "a suppression without a rule or a reason",
        "suppression/unknown-rule" => "a suppression of a rule that does not exist",
        _ => "a suppression that suppresses nothing",
    }
}

/// The first names of a list, and how many others there are.
fn some_of(names: impl IntoIterator<Item = String>) -> String {
    const MAX_NAMES: usize = 5;
    let names: Vec<String> = names.into_iter().collect();
    let first = names.get(..MAX_NAMES).unwrap_or(&names).join(", ");
    match names.len().checked_sub(MAX_NAMES).filter(|others| *others > 0) {
        Some(others) => format!("{first} and {}", grouped_count(others, "other")),
        None => first,
    }
}

/// The kind of a file: its extension, else its name.
fn kind_of(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("*.{extension}"),
        _ => name.into(),
    }
}
