//! The line of source that a report shows.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::ops::Range;

use super::finding::SourceLine;
use super::source_text::SourceText;
use crate::policy::rules::Policy;
use crate::tree::REDACTED;

/// The most bytes of a line in a report.
const MAX_BYTES: usize = 400;
/// The bytes before the match that are kept of a longer line.
const BEFORE: usize = 80;

/// The line where a match begins, with the hidden bytes redacted.
pub(super) fn source_line(
    source: &SourceText<'_>,
    matched: &Range<usize>,
    hidden: &HiddenParts,
) -> SourceLine {
    let whole = source.line(source.line_of(matched.start));
    let line = window(source.text, whole, matched.start);
    let mut text = String::new();
    let mut covered: Option<Range<usize>> = None;
    let mut take = |part: Range<usize>, replacement: Option<&str>| {
        let shown = replacement.unwrap_or_else(|| source.text.get(part.clone()).unwrap_or_default());
        let before = text.len();
        text.push_str(shown);
        let overlap = part.start.max(matched.start)..part.end.min(matched.end);
        if overlap.start >= overlap.end {
            return;
        }
        let range = match replacement {
            Some(_) => before..text.len(),
            None => before + (overlap.start - part.start)..before + (overlap.end - part.start),
        };
        covered = Some(covered.take().map_or(range.clone(), |first| first.start..range.end));
    };
    let mut done = line.start;
    for part in hidden.within(line.clone()) {
        take(done..part.start, None);
        take(part.clone(), Some(REDACTED));
        done = part.end;
    }
    take(done..line.end, None);
    let end = text.len();
    SourceLine {
        text,
        matched: covered.unwrap_or(end..end),
        line: source.line_hash(source.line_of(matched.start)).to_string(),
    }
}

/// A text as reports show it: what the rules with `redact` match is hidden.
pub(super) fn shown(policy: &Policy, text: &str) -> String {
    let mut shown = String::new();
    let mut done = 0;
    for part in HiddenParts::new(policy.hidden(text)).0 {
        shown.push_str(text.get(done..part.start).unwrap_or_default());
        shown.push_str(REDACTED);
        done = part.end;
    }
    shown + text.get(done..).unwrap_or_default()
}

/// The bytes that reports hide, in their order and joined where they overlap.
pub(super) struct HiddenParts(Vec<Range<usize>>);

impl HiddenParts {
    pub(super) fn new(mut parts: Vec<Range<usize>>) -> Self {
        parts.sort_by_key(|part| (part.start, part.end));
        let mut joined: Vec<Range<usize>> = Vec::new();
        for part in parts {
            match joined.last_mut() {
                Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
                _ => joined.push(part),
            }
        }
        Self(joined)
    }

    /// Those of a line.
    fn within(&self, line: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let first = self.0.partition_point(|part| part.end <= line.start);
        let parts = self.0.iter().skip(first).take_while(move |part| part.start < line.end);
        parts.map(move |part| part.start.max(line.start)..part.end.min(line.end))
    }
}

/// The part of a long line around a place.
fn window(text: &str, line: Range<usize>, at: usize) -> Range<usize> {
    if line.len() <= MAX_BYTES {
        return line;
    }
    let boundary = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(at.saturating_sub(BEFORE).max(line.start));
    start..boundary((start + MAX_BYTES).min(line.end))
}
