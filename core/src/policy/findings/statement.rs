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

/// The statements of a text. Places are asked for in their order, so that the text is read once.
pub(super) struct Statements<'s, 't> {
    source: &'s SourceText<'t>,
    ends: Ends,
    /// The brackets around the last code before a comment, or around a match.
    code: OpenBrackets,
    /// The brackets around a comment.
    comments: OpenBrackets,
    /// A place, and the first code after it.
    next_code: Option<Range<usize>>,
}

impl<'s, 't> Statements<'s, 't> {
    pub(super) fn of(source: &'s SourceText<'t>) -> Self {
        let ends = Ends::of(source.language);
        let (code, comments) = (OpenBrackets::default(), OpenBrackets::default());
        Self { source, ends, code, comments, next_code: None }
    }

    /// The statement that a comment belongs to: the one around it, or the next one if it stands between two.
    pub(super) fn of_comment(&mut self, comment: Range<usize>) -> Range<usize> {
        let line = self.source.line_start(self.source.line_of(comment.start));
        if let Some(code) = last_code(self.source, line..comment.start) {
            return self.around(code);
        }
        self.comments.advance(self.source, self.ends, comment.start);
        let (start, depth) = self.comments.statement();
        if first_code(self.source, start..comment.start).is_some() {
            return start..self.end(comment.start, depth);
        }
        let code = self.code_after(comment.end);
        code..self.end(code, depth)
    }

    /// Where the call or other expression that begins at this byte ends: at the end of its brackets, or at a mark or a line end after
    /// it.
    pub(super) fn end_of_call(&self, at: usize) -> usize {
        let (source, ends) = (self.source, self.ends);
        let bytes = source.text.as_bytes();
        let mut depth = 0_usize;
        for (index, byte) in bytes.iter().enumerate().skip(at) {
            if !is_mark(*byte) || source.region_at(index) != Region::Code {
                continue;
            }
            match byte {
                b'{' if depth == 0 && index > at && !is_value(source, at..index) => return index,
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth > 0 => depth -= 1,
                b')' | b']' | b'}' => return index,
                b';' | b',' if depth == 0 => return index,
                b'|' | b'&' if depth == 0 && source.language == Some(Language::Shell) => return index,
                b'\n' if depth == 0 && is_line_end(source, ends, index) => return index,
                _ => {}
            }
        }
        bytes.len()
    }

    /// The statement with this byte.
    fn around(&mut self, at: usize) -> Range<usize> {
        self.code.advance(self.source, self.ends, at);
        let (start, depth) = self.code.statement();
        start..self.end(at, depth)
    }

    fn code_after(&mut self, at: usize) -> usize {
        match &self.next_code {
            Some(known) if known.start <= at && at <= known.end => known.end,
            _ => {
                let end = self.source.text.len();
                let code = first_code(self.source, at..end).unwrap_or(end);
                self.next_code = Some(at..code);
                code
            }
        }
    }

    /// Where the statement with this byte ends, which stands in `depth` brackets of it.
    fn end(&self, at: usize, mut depth: usize) -> usize {
        let (source, ends) = (self.source, self.ends);
        let bytes = source.text.as_bytes();
        for (index, byte) in bytes.iter().enumerate().skip(at) {
            if !is_mark(*byte) || source.region_at(index) != Region::Code {
                continue;
            }
            match byte {
                b'(' | b'[' => depth += 1,
                b'{' if depth > 0 || ends == Ends::Lines || is_value(source, at..index) => depth += 1,
                b'{' => return index + 1,
                b')' | b']' | b'}' if depth > 0 => depth -= 1,
                b')' | b']' | b'}' => return index,
                b';' | b',' if depth == 0 && ends != Ends::Lines => return index + 1,
                b'\n' if depth == 0 && is_line_end(source, ends, index) => return index,
                _ => {}
            }
        }
        bytes.len()
    }
}

/// The brackets that are open at a place.
#[derive(Default)]
struct OpenBrackets {
    /// The place.
    at: usize,
    open: Vec<OpenBracket>,
    /// Where the statement outside of all brackets began.
    start: usize,
}

impl OpenBrackets {
    /// Reads up to another place, from the start of the text if that is an earlier one.
    fn advance(&mut self, source: &SourceText<'_>, ends: Ends, to: usize) {
        if to < self.at {
            *self = Self::default();
        }
        let bytes = source.text.as_bytes();
        for (index, byte) in bytes.iter().enumerate().take(to).skip(self.at) {
            if is_mark(*byte) && source.region_at(index) == Region::Code {
                self.read(source, ends, index, *byte);
            }
        }
        self.at = to;
    }

    fn read(&mut self, source: &SourceText<'_>, ends: Ends, index: usize, byte: u8) {
        let is_through = self.open.last().is_some_and(|bracket| bracket.statement.is_none());
        match byte {
            b'(' => self.open.push(OpenBracket { close: b')', statement: None }),
            b'[' => self.open.push(OpenBracket { close: b']', statement: None }),
            b'{' => {
                let is_value = ends == Ends::Lines || is_value(source, self.statement().0..index);
                let statement = (!is_value).then_some(index + 1);
                self.open.push(OpenBracket { close: b'}', statement });
            }
            b')' | b']' | b'}' => {
                let closed = self.open.pop_if(|bracket| bracket.close == byte);
                let is_block = closed.is_some_and(|bracket| bracket.statement.is_some());
                let is_open = self.open.last().is_none_or(|bracket| bracket.statement.is_some());
                if is_block && is_open && !continues(source, index + 1) {
                    self.begin_statement(index + 1);
                }
            }
            b';' | b',' if !is_through && ends != Ends::Lines => self.begin_statement(index + 1),
            b'\n' if !is_through && is_line_end(source, ends, index) => self.begin_statement(index + 1),
            _ => {}
        }
    }

    /// Begins a statement in the innermost bracket, or outside of all.
    fn begin_statement(&mut self, at: usize) {
        match self.open.last_mut() {
            Some(bracket) => bracket.statement = Some(at),
            None => self.start = at,
        }
    }

    /// Where the statement here began, and how many brackets of it are open. The arguments of a call belong to the statement of
    /// the call.
    fn statement(&self) -> (usize, usize) {
        let through = self.open.iter().rev().take_while(|bracket| bracket.statement.is_none()).count();
        let inner = self.open.iter().rev().find_map(|bracket| bracket.statement);
        (inner.unwrap_or(self.start), through)
    }
}

/// Whether a byte may begin or end a statement.
fn is_mark(byte: u8) -> bool {
    b"()[]{};,|&\n".contains(&byte)
}

/// The bytes of code and string literals that are no white space, in a range.
fn significant(source: &SourceText<'_>, range: Range<usize>) -> impl DoubleEndedIterator<Item = (usize, u8)> {
    let bytes = source.text.as_bytes().get(range.clone()).unwrap_or_default();
    let numbered = bytes.iter().copied().enumerate().map(move |(index, byte)| (range.start + index, byte));
    numbered.filter(|(at, byte)| !byte.is_ascii_whitespace() && source.region_at(*at) != Region::Comment)
}

fn first_code(source: &SourceText<'_>, range: Range<usize>) -> Option<usize> {
    significant(source, range).next().map(|(at, _)| at)
}

fn last_code(source: &SourceText<'_>, range: Range<usize>) -> Option<usize> {
    significant(source, range).next_back().map(|(at, _)| at)
}

/// Whether braces after this code are a value, such as a table in the arguments of a call, and no block.
fn is_value(source: &SourceText<'_>, before: Range<usize>) -> bool {
    let last = significant(source, before).next_back();
    last.is_some_and(|(_, byte)| b"=(,:[?".contains(&byte))
}

/// Whether the line end at this byte ends a statement.
fn is_line_end(source: &SourceText<'_>, ends: Ends, line_end: usize) -> bool {
    let line = source.line_start(source.line_of(line_end));
    let last = significant(source, line..line_end).next_back().map(|(_, byte)| byte);
    match ends {
        Ends::Marks => false,
        Ends::Lines => last.is_some() && last != Some(b'\\'),
        Ends::MarksAndLines => {
            let is_open = last.is_some_and(|byte| b"=+-*/&|.?:<(,".contains(&byte));
            last.is_some() && !is_open && !continues(source, line_end)
        }
    }
}

/// Whether the code after a place continues the statement before it: `.then(…)`, `? :`, `)`.
fn continues(source: &SourceText<'_>, from: usize) -> bool {
    let next = significant(source, from..source.text.len()).next();
    next.is_some_and(|(_, byte)| b".?&|+*/=:);,]".contains(&byte))
}
