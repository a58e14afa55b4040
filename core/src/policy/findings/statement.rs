//! The statement around a place in a text, by its brackets and line ends.

use alloc::vec::Vec;
use core::ops::Range;

use super::source_text::SourceText;
use crate::policy::lexer::{Language, Region};

/// What ends a statement of a language.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// `;`, `,` and braces.
    Marks,
    /// Those, and a line end where the statement is complete.
    MarksAndLines,
    /// A line end outside brackets.
    Lines,
}

impl Ends {
    fn of(language: Option<Language>) -> Self {
        match language {
            Some(Language::Rust | Language::Sql) => Self::Marks,
            Some(Language::Go | Language::JavaScript | Language::TypeScript) => Self::MarksAndLines,
            _ => Self::Lines,
        }
    }
}

/// A bracket that is open.
struct OpenBracket {
    close: u8,
    /// Where the statement in it began; `None` if a statement goes through it, as through the arguments of a call.
    statement: Option<usize>,
}

/// The statements of a text.
pub(super) struct Statements<'s, 't> {
    source: &'s SourceText<'t>,
    ends: Ends,
}

impl<'s, 't> Statements<'s, 't> {
    pub(super) fn of(source: &'s SourceText<'t>) -> Self {
        Self { source, ends: Ends::of(source.language) }
    }

    /// The statement that a comment belongs to: the one around it, or the next one if it stands between two.
    pub(super) fn of_comment(&self, comment: Range<usize>) -> Range<usize> {
        let line = self.source.line_start(self.source.line_of(comment.start));
        if let Some(code) = self.last_code(line..comment.start) {
            return self.around(code);
        }
        let around = self.around(comment.start);
        match self.first_code(around.start..comment.start) {
            Some(_) => around,
            None => {
                self.first_code(comment.end..self.source.text.len()).map_or(around, |code| self.around(code))
            }
        }
    }

    /// The bytes of code and string literals that are no white space, in a range.
    fn significant(&self, range: Range<usize>) -> impl DoubleEndedIterator<Item = (usize, u8)> {
        let bytes = self.source.text.as_bytes().get(range.clone()).unwrap_or_default();
        let numbered =
            bytes.iter().copied().enumerate().map(move |(index, byte)| (range.start + index, byte));
        numbered
            .filter(|(at, byte)| !byte.is_ascii_whitespace() && self.source.region_at(*at) != Region::Comment)
    }

    fn first_code(&self, range: Range<usize>) -> Option<usize> {
        self.significant(range).next().map(|(at, _)| at)
    }

    fn last_code(&self, range: Range<usize>) -> Option<usize> {
        self.significant(range).next_back().map(|(at, _)| at)
    }

    /// The statement with this byte.
    fn around(&self, at: usize) -> Range<usize> {
        let mut open: Vec<OpenBracket> = Vec::new();
        let mut start = 0;
        let bytes = self.source.text.as_bytes();
        for (index, byte) in bytes.iter().enumerate().take(at) {
            if self.source.region_at(index) != Region::Code {
                continue;
            }
            let is_through = open.last().is_some_and(|bracket| bracket.statement.is_none());
            match byte {
                b'(' | b'[' => {
                    open.push(OpenBracket { close: if *byte == b'(' { b')' } else { b']' }, statement: None })
                }
                b'{' if self.ends == Ends::Lines => open.push(OpenBracket { close: b'}', statement: None }),
                b'{' => {
                    open.push(OpenBracket { close: b'}', statement: Some(index + 1) });
                }
                b')' | b']' | b'}' => {
                    let is_pair = open.last().is_some_and(|bracket| bracket.close == *byte);
                    let closed = if is_pair { open.pop() } else { None };
                    let is_block = closed.is_some_and(|bracket| bracket.statement.is_some());
                    let is_open = open.last().is_none_or(|bracket| bracket.statement.is_some());
                    if is_block && is_open && !self.continues(index + 1) {
                        set(&mut open, &mut start, index + 1);
                    }
                }
                b';' | b',' if !is_through && self.ends != Ends::Lines => {
                    set(&mut open, &mut start, index + 1)
                }
                b'\n' if !is_through && self.is_line_end(index) => set(&mut open, &mut start, index + 1),
                _ => {}
            }
        }
        // The arguments of a call belong to the statement of the call.
        let inner = open.iter().rposition(|bracket| bracket.statement.is_some());
        let start = inner.and_then(|index| open.get(index)?.statement).unwrap_or(start);
        let depth = open.len() - inner.map_or(0, |index| index + 1);
        start..self.end(at, depth)
    }

    /// Where the statement with this byte ends, which stands in `depth` brackets of it.
    fn end(&self, at: usize, mut depth: usize) -> usize {
        let bytes = self.source.text.as_bytes();
        for (index, byte) in bytes.iter().enumerate().skip(at) {
            if self.source.region_at(index) != Region::Code {
                continue;
            }
            match byte {
                b'(' | b'[' => depth += 1,
                b'{' if depth > 0 || self.ends == Ends::Lines => depth += 1,
                b'{' => return index + 1,
                b')' | b']' | b'}' if depth > 0 => depth -= 1,
                b')' | b']' | b'}' => return index,
                b';' | b',' if depth == 0 && self.ends != Ends::Lines => return index + 1,
                b'\n' if depth == 0 && self.is_line_end(index) => return index,
                _ => {}
            }
        }
        bytes.len()
    }

    /// Whether the line end at this byte ends a statement.
    fn is_line_end(&self, line_end: usize) -> bool {
        let line = self.source.line_start(self.source.line_of(line_end));
        let last = self.significant(line..line_end).next_back().map(|(_, byte)| byte);
        match self.ends {
            Ends::Marks => false,
            Ends::Lines => last.is_some() && last != Some(b'\\'),
            Ends::MarksAndLines => {
                let continues = last.is_some_and(|byte| b"=+-*/&|.?:<(,".contains(&byte));
                last.is_some() && !continues && !self.continues(line_end)
            }
        }
    }

    /// Whether the code after a place continues the statement before it: `.then(…)`, `? :`, `)`.
    fn continues(&self, from: usize) -> bool {
        let next = self.significant(from..self.source.text.len()).next();
        next.is_some_and(|(_, byte)| b".?&|+*/=:);,]".contains(&byte))
    }
}

/// Begins a statement in the innermost bracket, or outside of all.
fn set(open: &mut [OpenBracket], start: &mut usize, at: usize) {
    match open.last_mut() {
        Some(bracket) => bracket.statement = Some(at),
        None => *start = at,
    }
}
