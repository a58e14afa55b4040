//! A checked text: its lines, its regions, and what a rule sees of it.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, OnceCell};
use core::ops::Range;

use crate::policy::lexer::rust_tests::test_items;
use crate::policy::lexer::{Language, Region, Span, lex};
use crate::policy::position::Position;
use crate::policy::rules::{Regions, RulePattern};
use crate::tree::Fingerprint;

/// A text that is checked. What is expensive is found when it is first needed.
pub(super) struct SourceText<'t> {
    pub(super) text: &'t str,
    pub(super) language: Option<Language>,
    spans: OnceCell<Vec<Span>>,
    lines: OnceCell<Vec<usize>>,
    tests: OnceCell<Vec<Range<usize>>>,
    without_comments: OnceCell<String>,
    /// The number of characters before each block of [`BLOCK`] bytes.
    characters: OnceCell<Vec<usize>>,
    /// The last line whose hash was wanted: matches follow each other.
    line_hash: Cell<Option<(usize, Fingerprint)>>,
}

/// How many bytes a count of characters covers.
const BLOCK: usize = 256;

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
            characters: OnceCell::new(),
            line_hash: Cell::new(None),
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

    /// The parts of a kind, in their order.
    pub(super) fn parts(&self, region: Region) -> impl Iterator<Item = Range<usize>> {
        let starts = core::iter::once(0).chain(self.spans().iter().map(|span| span.end));
        let spans = starts.zip(self.spans());
        spans.filter(move |(_, span)| span.region == region).map(|(start, span)| start..span.end)
    }

    /// The comments, in their order.
    pub(super) fn comments(&self) -> impl Iterator<Item = Range<usize>> {
        self.parts(Region::Comment)
    }

    /// Where a test of its language is in the text.
    pub(super) fn is_test(&self, offset: usize) -> bool {
        let tests = self.tests.get_or_init(|| match self.language {
            Some(Language::Rust) => test_items(self.text, self.spans()),
            _ => Vec::new(),
        });
        let index = tests.partition_point(|test| test.end <= offset);
        tests.get(index).is_some_and(|test| test.start <= offset)
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
        let column = self.characters_before(offset) - self.characters_before(self.line_start(line));
        Position { line: line + 1, column: column + 1 }
    }

    /// The number of characters that begin before a byte. A long line with many matches is not counted again for each.
    fn characters_before(&self, offset: usize) -> usize {
        let bytes = self.text.as_bytes();
        let blocks = self.characters.get_or_init(|| {
            let mut before = 0;
            let count = |block: &[u8]| {
                let end = before + characters(block);
                core::mem::replace(&mut before, end)
            };
            bytes.chunks(BLOCK).map(count).collect()
        });
        let block = offset / BLOCK;
        let before = blocks.get(block).copied().unwrap_or_else(|| characters(bytes));
        before + characters(bytes.get(block * BLOCK..offset).unwrap_or_default())
    }

    /// The hash of a line, whatever its white space.
    pub(super) fn line_hash(&self, line: usize) -> Fingerprint {
        if let Some((known, hash)) = self.line_hash.get()
            && known == line
        {
            return hash;
        }
        let words = self.text.get(self.line(line)).unwrap_or_default().split_whitespace();
        let hash = Fingerprint::of_bytes(words.collect::<Vec<_>>().join(" ").as_bytes());
        self.line_hash.set(Some((line, hash)));
        hash
    }

    /// The matches of a pattern that begin in these regions, in their order and without an overlap.
    ///
    /// A comment that is not searched counts as blanks, so that it does not hide what is around it.
    pub(super) fn matches(&self, pattern: &RulePattern, regions: Regions) -> Vec<Range<usize>> {
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

/// How many characters begin in some bytes.
fn characters(bytes: &[u8]) -> usize {
    let is_first = |byte: &&u8| **byte & 0b1100_0000 != 0b1000_0000;
    bytes.iter().filter(is_first).count()
}
