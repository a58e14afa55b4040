//! The report as one HTML page, complete in itself: no script, no font, no picture.

mod row;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use self::row::finding_row;
use super::rule_findings::RuleFindings;
use super::selection::Selection;
use super::web_address::web_address;
use super::words;
use crate::policy::findings::{CommandOutcome, Finding, FindingState, PolicyReport};
use crate::text::markup::{escaped, page, shown};
use crate::text::{grouped_count, visible_lines};

/// How many findings a page shows. A browser needs seconds for more.
const MAX_FINDINGS: usize = 10_000;

/// The layout of the tables and of the source.
const STYLE: &str = "\
.verdict{font-size:1.15rem}.failed{color:var(--bad)}.ok{color:var(--good)}code,pre{font:13px/1.5 ui-monospace,monospace}\
.findings{table-layout:fixed}.findings th:nth-child(2){width:50%}.findings td,.findings th{text-align:left;vertical-align:top}.findings code{white-space:pre-wrap;overflow-wrap:anywhere}\
.findings td{white-space:normal;overflow-wrap:anywhere}\
mark{background:var(--box);color:inherit}pre{overflow-x:auto;border:1px solid var(--line);padding:.5rem}\
.error{color:var(--bad)}dt{color:var(--soft)}dd{margin:0 0 .4rem;white-space:pre-wrap;overflow-wrap:anywhere}a{color:var(--dot)}";

impl PolicyReport {
    /// The page: how the check ended, the totals, and the findings of each rule, those that do not count too.
    pub fn to_html(&self) -> String {
        let class = if self.ok { "ok" } else { "failed" };
        let mut body = format!("<p class=\"verdict {class}\">{}</p>\n", escaped(&words::verdict(self)));
        body.extend(words::coverage(self).iter().map(|line| format!("<p>{}</p>\n", escaped(line))));
        body.extend(self.notes.iter().map(|note| format!("<p class=\"soft\">note: {}</p>\n", shown(note))));
        body.extend(words::failed_commands(self).map(|(name, outcome)| failed_command(name, outcome)));

        let rules = RuleFindings::most_important_first(self);
        body += &totals(&rules);
        let selection = Selection::of(self.findings.iter(), MAX_FINDINGS);
        let mut shown_findings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in selection.shown {
            shown_findings.entry(&finding.rule).or_default().push(finding);
        }
        for (number, rule) in rules.iter().enumerate() {
            let findings = shown_findings.remove(rule.name).unwrap_or_default();
            body += &section(number, rule, &findings);
        }
        page("Policy", STYLE, &body)
    }
}

fn failed_command(name: &str, outcome: &CommandOutcome) -> String {
    let output = words::output_lines(outcome).collect::<Vec<_>>().join("\n");
    let failure = escaped(&words::command_failure(name, outcome));
    format!("<p class=\"error\">{failure}</p>\n<pre>{}</pre>\n", escaped(&output))
}

/// The rules with their numbers, each with a link to its section.
fn totals(rules: &[RuleFindings<'_>]) -> String {
    if rules.is_empty() {
        return String::new();
    }
    let row = |(number, rule): (usize, &RuleFindings<'_>)| {
        let severity = words::severity(rule.severity);
        format!(
            "<tr><td><a href=\"#rule-{number}\">{}</a></td><td class=\"{severity}\">{severity}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            shown(rule.name),
            rule.count(FindingState::New),
            rule.count(FindingState::Baseline),
            rule.count(FindingState::Suppressed)
        )
    };
    let rows = rules.iter().enumerate().map(row).collect::<String>();
    let head = ["rule", "severity", "new", "baseline", "suppressed"].map(|name| format!("<th>{name}</th>"));
    format!("<div class=\"wide\"><table>\n<tr>{}</tr>\n{rows}</table></div>\n", head.concat())
}

/// A rule with the findings that are shown.
fn section(number: usize, rule: &RuleFindings<'_>, findings: &[&Finding]) -> String {
    let mut about = format!("<dt>problem</dt><dd>{}</dd>\n", shown(rule.message));
    if let Some(fix) = rule.fix {
        about += &format!("<dt>fix</dt><dd>{}</dd>\n", escaped(&visible_lines(fix.trim_end())));
    }
    if let Some(docs) = rule.docs {
        let text = shown(docs);
        let link = web_address(docs).map(|uri| format!("<a href=\"{}\">{text}</a>", escaped(&uri)));
        about += &format!("<dt>docs</dt><dd>{}</dd>\n", link.unwrap_or(text));
    }
    let rows = findings.iter().map(|finding| finding_row(rule, finding)).collect::<String>();
    let omitted = rule.findings.len() - findings.len();
    let rest = if omitted > 0 {
        format!("<p class=\"soft\">and {}</p>\n", grouped_count(omitted, "more finding"))
    } else {
        String::new()
    };
    format!(
        "<section id=\"rule-{number}\">\n<h2>{}</h2>\n<p class=\"soft\">{}</p>\n<dl>\n{about}</dl>\n\
         <table class=\"findings\">\n<tr><th>place</th><th>source</th><th>state</th></tr>\n{rows}</table>\n{rest}</section>\n",
        shown(rule.name),
        escaped(&words::rule_counts(rule))
    )
}
