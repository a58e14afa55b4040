//! A checked text: its lines, its regions, and what a rule sees of it.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;
use core::ops::Range;

use crate::policy::lexer::rust_tests::test_items;
use crate::policy::lexer::{Language, Region, Span, lex};
use crate::policy::position::Position;
use crate::policy::rules::{Pattern, Regions};

/// A text that is checked. What is expensive is found when it is first needed.
pub(super) struct SourceText<'t> {
    pub(super) text: &'t str,
    pub(super) language: Option<Language>,
    spans: OnceCell<Vec<Span>>,
    lines: OnceCell<Vec<usize>>,
    tests: OnceCell<Vec<Range<usize>>>,
    without_comments: OnceCell<String>,
}

impl<'t> SourceText<'t> {
    pub(super) fn new(path: &str, text: &'t str) -> Self {
        Self { language: Language::of(path, text), ..Self::message(text) }
    }

    /// A text without a language: all of it is code.
    pub(super) fn message(text: &'t str) -> Self {
        Self {
            text,
            language: None,
            spans: OnceCell::new(),
            lines: OnceCell::new(),
            tests: OnceCell::new(),
            without_comments: OnceCell::new(),
        }
    }

    pub(super) fn spans(&self) -> &[Span] {
        self.spans.get_or_init(|| match self.language {
            Some(language) => lex(language, self.text),
            None => Vec::from([Span { region: Region::Code, end: self.text.len() }]),
        })
    }

    /// The span with this byte, and where it begins.
    fn span_at(&self, offset: usize) -> (Region, Range<usize>) {
        let spans = self.spans();
        let index = spans.partition_point(|span| span.end <= offset);
        let start = index.checked_sub(1).and_then(|before| spans.get(before)).map_or(0, |before| before.end);
        spans.get(index).map_or((Region::Code, start..self.text.len()), |span| (span.region, start..span.end))
    }

    pub(super) fn region_at(&self, offset: usize) -> Region {
        self.span_at(offset).0
    }

    /// The comments, in their order.
    pub(super) fn comments(&self) -> impl Iterator<Item = Range<usize>> {
        let starts = core::iter::once(0).chain(self.spans().iter().map(|span| span.end));
        let spans = starts.zip(self.spans());
        spans.filter(|(_, span)| span.region == Region::Comment).map(|(start, span)| start..span.end)
    }

    /// Where a test of its language is in the text.
    pub(super) fn is_test(&self, offset: usize) -> bool {
        let tests = self.tests.get_or_init(|| match self.language {
            Some(Language::Rust) => test_items(self.text, self.spans()),
            _ => Vec::new(),
        });
        tests.iter().any(|test| test.contains(&offset))
    }

    /// Where each line begins.
    pub(super) fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.text.as_bytes());
            core::iter::once(0).chain(ends.map(|end| end + 1)).collect()
        })
    }

    /// The line of a byte, counted from 0.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.lines().partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Where a line begins; the end of the text behind the last one.
    pub(super) fn line_start(&self, line: usize) -> usize {
        self.lines().get(line).copied().unwrap_or(self.text.len())
    }

    /// The bytes of a line without its line end.
    pub(super) fn line(&self, line: usize) -> Range<usize> {
        let start = self.line_start(line);
        let whole = self.text.get(start..self.line_start(line + 1)).unwrap_or_default();
        start..start + whole.trim_end_matches(['\n', '\r']).len()
    }

    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.line_of(offset);
        let before = self.text.get(self.line_start(line)..offset).unwrap_or_default();
        Position { line: line + 1, column: before.chars().count() + 1 }
    }

    /// The matches of a pattern that begin in these regions, in their order and without an overlap.
    ///
    /// A comment that is not searched counts as blanks, so that it does not hide what is around it.
    pub(super) fn matches(&self, pattern: &Pattern, regions: Regions) -> Vec<Range<usize>> {
        if pattern.find_at(self.text, 0).is_none() && (regions.comments || !self.has_comments()) {
            return Vec::new();
        }
        let text = if regions.comments { self.text } else { self.without_comments() };
        let mut found = Vec::new();
        let mut start = 0;
        while let Some(next) = pattern.find_at(text, start) {
            let (region, span) = self.span_at(next.start);
            let is_searched = match region {
                Region::Code => regions.code,
                Region::String => regions.strings,
                Region::Comment => regions.comments,
            };
            start = if is_searched { next.end } else { span.end };
            if is_searched {
                found.push(next);
            }
        }
        found
    }

    fn has_comments(&self) -> bool {
        self.comments().next().is_some()
    }

    /// The text with blanks in the place of comments.
    fn without_comments(&self) -> &str {
        self.without_comments.get_or_init(|| {
            let mut text = String::with_capacity(self.text.len());
            let mut done = 0;
            for comment in self.comments() {
                text.push_str(self.text.get(done..comment.start).unwrap_or_default());
                let hidden = self.text.get(comment.clone()).unwrap_or_default();
                text.extend(hidden.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
                done = comment.end;
            }
            text.push_str(self.text.get(done..).unwrap_or_default());
            text
        })
    }
}
