//! The tests in a text in Rust: the items that exist only when tests are compiled, and the functions that are tests.

#[cfg(test)]
mod tests;
mod tokens;

use alloc::vec::Vec;
use core::ops::Range;

use super::Span;
use tokens::{Token, closers, is_name, tokens};

/// The tests in a text with these parts, in order: from the first attribute of an item to its last byte.
///
/// An item is one if it has an attribute `cfg` that names `test`, other than in `not`, or an attribute whose last name is
/// `test` or `rstest`. An item whose brackets do not match is none.
pub(crate) fn test_items(text: &str, spans: &[Span]) -> Vec<Range<usize>> {
    if memchr::memmem::find(text.as_bytes(), b"test").is_none() {
        return Vec::new();
    }
    let tokens = tokens(text, spans);
    let closers = closers(&tokens);
    let items = Items { tokens: &tokens, closers: &closers };
    if items.is_test_file() {
        return Vec::from([Range { start: 0, end: text.len() }]);
    }
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = items.tokens.get(at) {
        let (after, is_test) = items.attributes(at);
        at = match is_test.then(|| items.end(after)).flatten() {
            Some(last) => {
                found.push(start.start..items.tokens.get(last).map_or(start.start, Token::end));
                last + 1
            }
            None => after.max(at + 1),
        };
    }
    found
}

struct Items<'a, 't> {
    tokens: &'a [Token<'t>],
    closers: &'a [Option<usize>],
}

impl Items<'_, '_> {
    fn text(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| token.text)
    }

    fn closer(&self, index: usize) -> Option<usize> {
        self.closers.get(index).copied().flatten()
    }

    /// Whether the attributes of the whole file restrict it to tests.
    fn is_test_file(&self) -> bool {
        let mut at = 0;
        while self.text(at) == "#"
            && self.text(at + 1) == "!"
            && let Some(end) = self.attribute(at + 2)
        {
            if self.text(at + 3) == "cfg" && self.is_test(at + 3, end) {
                return true;
            }
            at = end + 1;
        }
        false
    }

    /// Reads the attributes of an item. Returns the index after them, and whether one of them makes it a test.
    fn attributes(&self, mut at: usize) -> (usize, bool) {
        let mut is_test = false;
        while self.text(at) == "#"
            && let Some(end) = self.attribute(at + 1)
        {
            is_test |= self.is_test(at + 2, end);
            at = end + 1;
        }
        (at, is_test)
    }

    fn attribute(&self, bracket: usize) -> Option<usize> {
        self.closer(bracket).filter(|_| self.text(bracket) == "[")
    }

    /// Whether the attribute between these indices makes its item a test.
    fn is_test(&self, start: usize, end: usize) -> bool {
        if self.text(start) == "cfg" {
            return self.names_test(start + 1, end);
        }
        let is_path = |index: &usize| self.text(*index) == ":" || self.text(*index).starts_with(is_name);
        let last = (start..end).take_while(is_path).last();
        last.is_some_and(|last| matches!(self.text(last), "test" | "rstest"))
    }

    /// Whether a condition names `test`, other than in `not`.
    fn names_test(&self, mut at: usize, end: usize) -> bool {
        while at < end {
            match self.text(at) {
                "not" => at = self.closer(at + 1).unwrap_or(end),
                "test" if matches!(self.text(at + 1), "," | ")") => return true,
                _ => {}
            }
            at += 1;
        }
        false
    }

    /// The index of the last token of the item, statement, field or match arm that begins here.
    fn end(&self, start: usize) -> Option<usize> {
        let kind = self.kind(start);
        let mut at = start;
        loop {
            match self.text(at) {
                // The end of the text, or the begin of another item.
                "" | "#" => return None,
                ")" | "]" | "}" => return (kind == ItemKind::Other && at > start).then(|| at - 1),
                ";" => return Some(at),
                "," if kind == ItemKind::Other => return Some(at),
                "{" if kind != ItemKind::Value && !self.is_struct_pattern(at) => return self.closer(at),
                "(" | "[" | "{" => at = self.closer(at)? + 1,
                _ => at += 1,
            }
        }
    }

    /// Whether this brace belongs to the pattern of a match arm.
    fn is_struct_pattern(&self, brace: usize) -> bool {
        self.closer(brace).is_some_and(|closer| self.text(closer + 1) == "=" && self.text(closer + 2) == ">")
    }

    fn kind(&self, start: usize) -> ItemKind {
        let mut at = start;
        if self.text(at) == "pub" {
            at += 1;
            if self.text(at) == "(" {
                at = self.closer(at).map_or(at, |closer| closer + 1);
            }
        }
        match self.text(at) {
            "const" if !matches!(self.text(at + 1), "fn" | "async" | "unsafe" | "extern") => ItemKind::Value,
            "let" | "static" | "type" | "use" => ItemKind::Value,
            "async" | "const" | "enum" | "extern" | "fn" | "impl" | "macro_rules" | "mod" | "struct"
            | "trait" | "union" | "unsafe" => ItemKind::Block,
            _ => ItemKind::Other,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ItemKind {
    /// Ends with a block, or with a semicolon.
    Block,
    /// Ends with a semicolon after its value, which may have blocks.
    Value,
    /// A statement, field, variant or match arm.
    Other,
}
