//! The sentences that the reports for people share.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::rule_findings::RuleFindings;
use crate::config::report::{Excerpt, severity_counts};
use crate::policy::Enforcement;
use crate::policy::findings::{CommandOutcome, FilePosition, Finding, FindingState, PolicyReport, Position};
use crate::text::{command_line, grouped, grouped_count, visible};
use crate::tree::Severity;

/// The columns of an excerpt on a page.
const PAGE_WIDTH: usize = 160;
/// How many lines of the output of a failed command are shown.
const OUTPUT_LINES: usize = 40;

/// How the check ended: `failed: 2 errors, 1 warning, 1 failed command`.
pub(super) fn verdict(report: &PolicyReport) -> String {
    let new = |severity| {
        let is_counted =
            |finding: &&Finding| finding.state == FindingState::New && finding.severity == severity;
        report.findings.iter().filter(is_counted).count()
    };
    let [errors, warnings] = [Severity::Error, Severity::Warning].map(new);
    let failed = failed_commands(report).count();
    let mut found = Vec::new();
    if errors + warnings > 0 {
        found.push(severity_counts(errors, warnings, ""));
    }
    if failed > 0 {
        found.push(grouped_count(failed, "failed command"));
    }
    if found.is_empty() {
        found.push("no new findings".into());
    }
    let found = found.join(", ");
    match report.enforce {
        Enforcement::Off => "off: nothing was checked, since policy.enforce is \"off\"".into(),
        _ if !report.ok && errors + failed == 0 && warnings > 0 => {
            format!("failed: {found}; --strict makes warnings fail the check")
        }
        _ if !report.ok => format!("failed: {found}"),
        Enforcement::Report if errors + failed > 0 => {
            format!("not enforced: {found}; policy.enforce is \"report\"")
        }
        _ => format!("ok: {found}"),
    }
}

/// What the check covered: the files, those that it skipped, and the findings that do not count.
pub(super) fn coverage(report: &PolicyReport) -> Vec<String> {
    let skipped = report.skipped;
    let reasons =
        [(skipped.binary, "binary"), (skipped.too_large, "too large"), (skipped.unreadable, "unreadable")];
    let reasons = reasons.into_iter().filter(|(count, _)| *count > 0);
    let reasons: Vec<String> =
        reasons.map(|(count, reason)| format!("{} {reason}", grouped(&count))).collect();
    let files = format!("{} checked", grouped_count(report.files, "file"));
    let files = if reasons.is_empty() { files } else { format!("{files}; skipped: {}", reasons.join(", ")) };
    let [baseline, suppressed] =
        [FindingState::Baseline, FindingState::Suppressed].map(|state| report.count(state));
    let mut lines = Vec::from([files]);
    let accepted = accepted(baseline, suppressed);
    lines.extend((!accepted.is_empty()).then(|| format!("accepted: {accepted}")));
    lines
}

/// The findings of a rule: `2 errors, 1 in the baseline, 1 suppressed`.
pub(super) fn rule_counts(rule: &RuleFindings<'_>) -> String {
    let [errors, warnings] = [Severity::Error, Severity::Warning].map(|severity| rule.new_count(severity));
    let [baseline, suppressed] =
        [FindingState::Baseline, FindingState::Suppressed].map(|state| rule.count(state));
    let new = if errors + warnings > 0 { severity_counts(errors, warnings, "") } else { String::new() };
    let parts = [new, accepted(baseline, suppressed)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn accepted(baseline: usize, suppressed: usize) -> String {
    let parts = [(baseline, "in the baseline"), (suppressed, "suppressed")];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, state)| format!("{} {state}", grouped(&count))).collect::<Vec<_>>().join(", ")
}

/// The commands that failed, by name.
pub(super) fn failed_commands(report: &PolicyReport) -> impl Iterator<Item = (&str, &CommandOutcome)> {
    let failed = report.commands.iter().filter(|(_, outcome)| !outcome.ok);
    failed.map(|(name, outcome)| (name.as_str(), outcome))
}

/// How a command failed: `command fmt failed: exit status 1: cargo fmt --check`.
pub(super) fn command_failure(name: &str, outcome: &CommandOutcome) -> String {
    let line = command_line(&outcome.run);
    format!("command {} failed: {}: {line}", visible(name), visible(&outcome.ending))
}

/// The last lines of the output of a command.
pub(super) fn output_lines(outcome: &CommandOutcome) -> impl Iterator<Item = String> {
    let output = outcome.output.trim_end();
    let skipped = output.lines().count().saturating_sub(OUTPUT_LINES);
    output.lines().skip(skipped).map(visible)
}

/// Where a finding is: `path:line:column`.
pub(super) fn place(finding: &Finding) -> String {
    place_in(&finding.path, finding.start)
}

/// Where another match of a finding is.
pub(super) fn related_place(related: &FilePosition) -> String {
    place_in(&related.path, related.position)
}

fn place_in(path: &str, position: Position) -> String {
    format!("{path}:{}:{}", position.line, position.column)
}

/// What a page shows of the line of a finding.
pub(super) fn page_excerpt(finding: &Finding) -> Option<Excerpt> {
    let source = finding.source.as_ref()?;
    Some(Excerpt::of_line(finding.start.line, &source.text, source.matched.clone(), PAGE_WIDTH))
}

/// The name of a severity.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
