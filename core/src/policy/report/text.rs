//! The report as text for a terminal.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use annotate_snippets::Renderer;

use super::rule_findings::RuleFindings;
use super::selection::Selection;
use super::words;
use crate::config::report::{Block, BlockPlace, Excerpt, Style, block_renderer};
use crate::policy::findings::{Finding, FindingState, PolicyReport};
use crate::text::{grouped, grouped_count, visible, visible_lines};

/// How many findings a text shows.
const MAX_BLOCKS: usize = 200;

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Colours and width.
    pub style: Style,
    /// How many findings are shown; the others are counted.
    pub max_findings: usize,
}

/// No colours, 100 columns, 200 findings.
impl Default for TextOptions {
    fn default() -> Self {
        Self { style: Style::default(), max_findings: MAX_BLOCKS }
    }
}

impl PolicyReport {
    /// Each new finding with its line of source, then the counts, and last how the check ended. Every line has a line end.
    pub fn to_text(&self, options: TextOptions) -> String {
        let renderer = block_renderer(options.style.color);
        let width = options.style.width.max(40);
        let new = self.findings.iter().filter(|finding| finding.state == FindingState::New);
        let selection = Selection::of(new, options.max_findings);
        let mut text = String::new();
        for finding in &selection.shown {
            text += &block(finding, &renderer, width);
            text += "\n\n";
        }
        if selection.omitted_count() > 0 {
            let rules = selection.omitted.iter();
            let rules = rules.map(|(rule, count)| format!("{}: {}", visible(rule), grouped(count)));
            let rules = rules.collect::<Vec<_>>().join(", ");
            text +=
                &format!("and {} ({rules})\n\n", grouped_count(selection.omitted_count(), "more finding"));
        }
        text + &summary(self)
    }
}

fn block(finding: &Finding, renderer: &Renderer, width: usize) -> String {
    let place = match &finding.source {
        None => BlockPlace::Name(visible(&words::place(finding))),
        Some(source) => BlockPlace::Line {
            path: visible(&finding.path),
            line: finding.start.line,
            column: finding.start.column,
            excerpt: Excerpt::of_line(finding.start.line, &source.text, source.matched.clone(), width),
        },
    };
    let related = finding.related.iter().map(|related| ("related", visible(&words::related_place(related))));
    let fix = finding.fix.iter().map(|fix| ("help", visible_lines(fix.trim_end())));
    let docs = finding.docs.iter().map(|docs| ("docs", visible(docs)));
    let block = Block {
        severity: finding.severity,
        code: &visible(&finding.rule),
        headline: visible(&finding.message),
        place: Some(place),
        notes: related.chain(fix).chain(docs).collect(),
    };
    block.render(renderer)
}

/// The counts, the notes, the failed commands and the verdict.
fn summary(report: &PolicyReport) -> String {
    let mut lines = Vec::new();
    for rule in RuleFindings::most_important_first(report) {
        lines.push(format!("{}: {}", visible(rule.name), words::rule_counts(&rule)));
    }
    lines.extend(words::coverage(report));
    lines.extend(report.notes.iter().map(|note| format!("note: {}", visible(note))));
    for (name, outcome) in words::failed_commands(report) {
        lines.push(words::command_failure(name, outcome));
        lines.extend(words::output_lines(outcome).map(|line| format!("  | {line}")));
    }
    lines.push(words::verdict(report));
    lines.into_iter().map(|line| line + "\n").collect()
}
