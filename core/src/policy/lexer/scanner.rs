//! A position in a text, and the parts before it.

use alloc::vec::Vec;

use super::{Region, Span};

/// Reads a text from its first byte to its last, and keeps what each part is.
pub(super) struct Scanner<'t> {
    text: &'t str,
    position: usize,
    spans: Vec<Span>,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, position: 0, spans: Vec::new() }
    }

    /// The bytes that are not read yet.
    pub(super) fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.position..).unwrap_or_default()
    }

    /// The bytes that were read.
    pub(super) fn before(&self) -> &'t [u8] {
        self.text.as_bytes().get(..self.position).unwrap_or_default()
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    pub(super) fn starts_with(&self, prefix: &[u8]) -> bool {
        self.rest().starts_with(prefix)
    }

    /// Reads `bytes` bytes more, up to the next boundary of characters, as a part of this kind.
    pub(super) fn take(&mut self, region: Region, bytes: usize) {
        let mut end = self.position.saturating_add(bytes).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        if end == self.position {
            return;
        }
        self.position = end;
        match self.spans.last_mut() {
            Some(last) if last.region == region => last.end = end,
            _ => self.spans.push(Span { region, end }),
        }
    }

    /// Reads up to the line end, or to the end of the text.
    pub(super) fn take_line(&mut self, region: Region) {
        let rest = self.rest();
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let length =
            if rest.get(..length).is_some_and(|line| line.ends_with(b"\r")) { length - 1 } else { length };
        self.take(region, length);
    }

    /// Reads a part of this kind. Without a length it has no end, and the rest of the text is code.
    pub(super) fn take_closed(&mut self, region: Region, length: Option<usize>) {
        match length {
            Some(length) => self.take(region, length),
            None => self.take(Region::Code, self.rest().len()),
        }
    }

    /// Goes back to a position: what was read after it is not what it seemed to be.
    pub(super) fn retract(&mut self, position: usize) {
        let mut cut = None;
        while let Some(span) = self.spans.pop_if(|span| span.end > position) {
            cut = Some(span.region);
        }
        let end = self.spans.last().map_or(0, |span| span.end);
        if let Some(region) = cut.filter(|_| end < position) {
            self.spans.push(Span { region, end: position });
        }
        self.position = self.position.min(position);
    }

    /// The parts; what is not read is code.
    pub(super) fn finish(mut self) -> Vec<Span> {
        self.take(Region::Code, self.text.len());
        self.spans
    }
}
