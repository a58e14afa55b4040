//! The report as Markdown, for the summary of a step of GitHub Actions and for comments.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::rule_findings::RuleFindings;
use super::web_address::web_address;
use super::words;
use crate::policy::findings::{Finding, FindingState, PolicyReport};
use crate::text::markdown::{code, escaped};
use crate::text::{grouped_count, markup, visible_lines};

/// GitHub refuses a summary of more than 1 MiB.
const MAX_BYTES: usize = 1 << 20;
/// The bytes that are kept for the sentences after the findings.
const RESERVE: usize = 1 << 10;

impl PolicyReport {
    /// The verdict, a table of the rules, and the new findings of each rule behind a line that unfolds. At most 1 MiB: the findings
    /// that do not fit are counted.
    pub fn to_markdown(&self) -> String {
        let mut text = LimitedText { text: String::new(), room: MAX_BYTES - RESERVE };
        text.push(&format!("## Policy\n\n**{}**\n\n", escaped(&words::verdict(self))));
        for line in words::coverage(self) {
            text.push(&format!("{}  \n", escaped(&line)));
        }
        for note in &self.notes {
            text.push(&format!("\nNote: {}\n", escaped(note)));
        }
        for (name, outcome) in words::failed_commands(self) {
            text.push(&failed_command(
                &words::command_failure(name, outcome),
                &words::output_lines(outcome).collect::<Vec<_>>().join("\n"),
            ));
        }
        let rules = RuleFindings::most_important_first(self);
        if !rules.is_empty() {
            text.push("\n| rule | severity | new | baseline | suppressed |\n|---|---|---:|---:|---:|\n");
        }
        let omitted_rules = rules.iter().filter(|rule| !text.push(&rule_row(rule))).count();
        let omitted: usize = rules.iter().map(|rule| details(rule, &mut text)).sum();

        let mut text = text.text;
        let omitted = [(omitted_rules, "rule"), (omitted, "new finding")];
        let omitted = omitted.into_iter().filter(|(count, _)| *count > 0);
        text.extend(omitted.map(|(count, noun)| {
            format!("\n{} omitted, since a summary has at most 1 MiB.\n", grouped_count(count, noun))
        }));
        text
    }
}

/// A text that takes what fits.
struct LimitedText {
    text: String,
    room: usize,
}

impl LimitedText {
    /// Adds a part, if it fits.
    fn push(&mut self, part: &str) -> bool {
        let is_fitting = part.len() <= self.room;
        if is_fitting {
            self.room -= part.len();
            self.text += part;
        }
        is_fitting
    }
}

fn failed_command(failure: &str, output: &str) -> String {
    let output = markup::escaped(output);
    format!(
        // Without the empty line before it, `<pre>` would end at the first empty line of the output.
        "\n<details><summary>{}</summary>\n\n<pre>\n{output}\n</pre>\n</details>\n",
        markup::escaped(failure)
    )
}

fn rule_row(rule: &RuleFindings<'_>) -> String {
    format!(
        "| {} | {} | {} | {} | {} |\n",
        code(rule.name),
        words::severity(rule.severity),
        rule.count(FindingState::New),
        rule.count(FindingState::Baseline),
        rule.count(FindingState::Suppressed)
    )
}

/// Adds the new findings of a rule. Returns how many do not fit.
fn details(rule: &RuleFindings<'_>, text: &mut LimitedText) -> usize {
    let new = rule.findings.iter().filter(|finding| finding.state == FindingState::New).collect::<Vec<_>>();
    let Some(first) = new.first() else { return 0 };
    let head = head(rule);
    let foot = "\n</details>\n";
    // A rule without a row would be an empty table.
    let Some(room) = text.room.checked_sub(head.len() + finding_row(rule, first).len() + foot.len()) else {
        return new.len();
    };
    text.push(&head);
    text.push(&finding_row(rule, first));
    text.room = room;
    let omitted = new.iter().skip(1).filter(|finding| !text.push(&finding_row(rule, finding))).count();
    text.room += foot.len();
    text.push(foot);
    omitted
}

fn head(rule: &RuleFindings<'_>) -> String {
    let summary = markup::shown(&format!("{}: {}", rule.name, words::rule_counts(rule)));
    let mut items = format!("- problem: {}\n", escaped(rule.message));
    if let Some(fix) = rule.fix {
        let lines = visible_lines(fix.trim_end());
        items += &format!("- fix: {}\n", lines.lines().map(escaped).collect::<Vec<_>>().join("<br>"));
    }
    items.extend(rule.docs.and_then(web_address).map(|docs| format!("- docs: <{docs}>\n")));
    format!("\n<details><summary>{summary}</summary>\n\n{items}\n| place | source |\n|---|---|\n")
}

fn finding_row(rule: &RuleFindings<'_>, finding: &Finding) -> String {
    let source = words::page_excerpt(finding);
    let source = source.map(|excerpt| code(excerpt.text.trim().replace('\t', " ").as_str()));
    let message = (finding.message != rule.message).then(|| escaped(&finding.message));
    let about = message.into_iter().chain(source).collect::<Vec<_>>().join("<br>");
    format!("| {} | {about} |\n", code(&words::place(finding)))
}
