//! Comments that suppress findings.

use alloc::vec::Vec;
use core::ops::Range;

use super::source_text::SourceText;
use super::statement::Statements;
use crate::policy::rules::ALLOW;

/// A comment that suppresses findings: `speckit:allow RULE reason…`, as the first words of a line of it.
pub(super) struct Suppression<'t> {
    /// The bytes of the directive.
    pub(super) place: Range<usize>,
    /// The name of the rule; empty if it is missing.
    pub(super) rule: &'t str,
    /// Why; empty if it is missing.
    pub(super) reason: &'t str,
    /// The statement that it belongs to.
    statement: Range<usize>,
}

impl<'t> Suppression<'t> {
    /// The suppressions of a text, in their order.
    pub(super) fn all_of(source: &SourceText<'t>) -> Vec<Self> {
        if memchr::memmem::find(source.text.as_bytes(), ALLOW.as_bytes()).is_none() {
            return Vec::new();
        }
        let comments: Vec<Range<usize>> = match source.language {
            Some(_) => source.comments().collect(),
            None => (0..source.lines().len()).map(|line| source.line(line)).collect(),
        };
        let statements = Statements::of(source);
        let lines = comments.into_iter().flat_map(|comment| lines_of(source.text, comment));
        let parsed = lines.filter_map(|(comment, line)| {
            let (start, rule, reason) = directive(source.text.get(line.clone())?, source.language.is_some())?;
            let statement = match source.language {
                Some(_) => statements.of_comment(comment),
                // Of a text without a lexer, a directive holds for the next line.
                None => next_line(source, line.end),
            };
            Some(Self { place: line.start + start..line.end, rule, reason, statement })
        });
        parsed.collect()
    }
}

/// The suppressions of one rule in a text, in an order in which those of a match are found.
pub(super) struct RuleSuppressions {
    /// Where each is, with its statement and its index in the text.
    places: Vec<(usize, Range<usize>, usize)>,
    /// By their starts: the statement of each, the last end up to it, and its index in the text.
    statements: Vec<(Range<usize>, usize, usize)>,
}

impl RuleSuppressions {
    pub(super) fn new(rule: &str, suppressions: &[Suppression<'_>]) -> Self {
        let numbered = suppressions.iter().enumerate();
        let of_rule = numbered.filter(|(_, one)| one.rule == rule && !one.reason.is_empty());
        let (places, mut statements): (Vec<_>, Vec<_>) = of_rule
            .map(|(index, one)| {
                let statement = one.statement.clone();
                ((one.place.start, statement.clone(), index), (statement, 0, index))
            })
            .unzip();
        statements.sort_by_key(|(statement, _, index)| (statement.start, core::cmp::Reverse(*index)));
        let mut last = 0;
        for (statement, last_end, _) in &mut statements {
            last = statement.end.max(last);
            *last_end = last;
        }
        Self { places, statements }
    }

    /// The index of the suppression of a match with this extent, which begins in this line: the one of the line, else the last one
    /// before it, else that of its innermost statement, else one within the match.
    pub(super) fn of_match(&self, extent: &Range<usize>, line: &Range<usize>) -> Option<usize> {
        let holds = |(_, statement, _): &&(usize, Range<usize>, usize)| statement.contains(&extent.start);
        let first = self.places.partition_point(|(place, ..)| *place < line.start);
        let in_line = self.places.get(first).filter(|(place, ..)| *place < line.end).filter(holds);
        let before = first.checked_sub(1).and_then(|last| self.places.get(last)).filter(holds);
        if let Some((.., index)) = in_line.or(before) {
            return Some(*index);
        }
        let before = self.statements.partition_point(|(statement, ..)| statement.start <= extent.start);
        let before = self.statements.get(..before).unwrap_or_default().iter().rev();
        let around = before
            .take_while(|(_, last_end, _)| *last_end > extent.start)
            .find(|(statement, ..)| statement.contains(&extent.start));
        around.map(|(.., index)| *index).or_else(|| {
            let first = self.places.partition_point(|(place, ..)| *place < extent.start);
            self.places.get(first).filter(|(place, ..)| *place < extent.end).map(|(.., index)| *index)
        })
    }
}

/// Each line of a comment, with the comment.
fn lines_of(text: &str, comment: Range<usize>) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let whole = text.get(comment.clone()).unwrap_or_default();
    let mut start = comment.start;
    whole.split_inclusive('\n').map(move |line| {
        let begin = start;
        start += line.len();
        (comment.clone(), begin..begin + line.trim_end().len())
    })
}

fn next_line(source: &SourceText<'_>, from: usize) -> Range<usize> {
    let first = source.line_of(from) + 1;
    let lines = (first..source.lines().len()).map(|line| source.line(line));
    let is_blank =
        |line: &Range<usize>| source.text.get(line.clone()).is_none_or(|text| text.trim().is_empty());
    lines.into_iter().find(|line| !is_blank(line)).unwrap_or(source.text.len()..source.text.len())
}

/// The marks that begin a comment, or a line of it.
const MARKS: [&str; 10] = ["<!--", "//", "/*", "--", "#", "*", ";", "%", "!", "/"];

/// The start of a directive in a line of a comment, its rule and its reason. A text without a lexer has a mark before it.
fn directive(line: &str, is_comment: bool) -> Option<(usize, &str, &str)> {
    let mut rest = line.trim_start();
    let mut has_mark = is_comment;
    while let Some(after) = MARKS.iter().find_map(|mark| rest.strip_prefix(mark)) {
        rest = after;
        has_mark = true;
    }
    rest = rest.trim_start();
    let after = rest.strip_prefix(ALLOW).filter(|_| has_mark)?;
    if after.starts_with(|c: char| !c.is_whitespace() && c != '*' && c != '-') {
        return None;
    }
    let words = after.trim_end_matches("-->").trim_end_matches("*/").trim();
    let (rule, reason) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    // A dash is no reason.
    let reason = if reason.contains(char::is_alphanumeric) { reason.trim() } else { "" };
    Some((line.len() - rest.len(), rule, reason))
}
