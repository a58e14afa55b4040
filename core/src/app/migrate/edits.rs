//! Edits of a text at byte ranges, which know where lines end.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::ops::Range;

/// Changes to a text, applied at once.
pub(super) struct Edits<'t> {
    text: &'t str,
    newline: &'static str,
    changes: Vec<(Range<usize>, String)>,
    tail: String,
    /// Whether the tail ends in comments that belong to the next table.
    tail_is_open: bool,
}

impl<'t> Edits<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self { text, newline, changes: Vec::new(), tail: String::new(), tail_is_open: false }
    }

    pub(super) fn replace(&mut self, span: Range<usize>, with: String) {
        self.changes.push((span, with));
    }

    /// Removes a statement; its line goes too, unless a comment stands behind it.
    pub(super) fn remove(&mut self, span: Range<usize>) {
        let start = self.line_start(span.start);
        let behind = self.text.get(span.end..).unwrap_or_default();
        let comment = span.end + behind.len() - behind.trim_start_matches([' ', '\t']).len();
        let end = self.line_end(span.end);
        let range = if comment < end {
            span.start..comment
        } else {
            start..end + self.text.get(end..).map_or(0, newline_length)
        };
        self.changes.push((range, String::new()));
    }

    /// Adds lines below the one that an offset lies in, each indented as that one.
    pub(super) fn insert_lines_after(&mut self, offset: usize, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        let indent = self.text.get(self.line_start(offset)..self.statement_start(offset)).unwrap_or_default();
        let end = self.line_end(offset);
        let added = lines.iter().flat_map(|line| [self.newline, indent, line]).collect();
        self.changes.push((end..end, added));
    }

    /// Adds a table at the end of the text.
    pub(super) fn append_table(&mut self, header: &str, lines: &[String]) {
        self.open_tail();
        for line in core::iter::once(header).chain(lines.iter().map(String::as_str)) {
            self.tail.push_str(line);
            self.tail.push_str(self.newline);
        }
        self.tail_is_open = false;
    }

    /// Adds a comment at the end of the text, above the table that is appended next.
    pub(super) fn append_comment(&mut self, comment: &str) {
        self.open_tail();
        self.tail.push_str(comment);
        self.tail.push_str(self.newline);
    }

    /// Where the statement begins whose line an offset lies in.
    pub(super) fn statement_start(&self, offset: usize) -> usize {
        let start = self.line_start(offset);
        let line = self.text.get(start..offset).unwrap_or_default();
        start + line.len() - line.trim_start_matches([' ', '\t', '\u{feff}']).len()
    }

    /// The text with every change. Changes do not overlap.
    pub(super) fn finish(mut self) -> String {
        self.changes.sort_by_key(|(span, _)| (span.start, span.end));
        let mut text = self.text.to_string();
        for (span, with) in self.changes.iter().rev() {
            text.replace_range(span.clone(), with);
        }
        if self.tail.is_empty() {
            return text;
        }
        let is_blank = text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty();
        if !is_blank {
            if !text.ends_with('\n') {
                text.push_str(self.newline);
            }
            text.push_str(self.newline);
        }
        text.push_str(&self.tail);
        text
    }

    /// Parts the next piece of the tail from the one before.
    fn open_tail(&mut self) {
        if !self.tail_is_open && !self.tail.is_empty() {
            self.tail.push_str(self.newline);
        }
        self.tail_is_open = true;
    }

    fn line_start(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        // A byte order mark is of no line.
        if start == 0 && before.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { start }
    }

    /// Where the line of an offset ends, before its line end.
    fn line_end(&self, offset: usize) -> usize {
        let behind = self.text.get(offset..).unwrap_or_default();
        let line = behind.split('\n').next().unwrap_or_default();
        let ended = line.len() < behind.len();
        offset + if ended { line.strip_suffix('\r').unwrap_or(line).len() } else { line.len() }
    }
}

fn newline_length(text: &str) -> usize {
    ["\r\n", "\n"].into_iter().find(|newline| text.starts_with(newline)).map_or(0, str::len)
}
