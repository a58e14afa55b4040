//! The statement around a place in a text, by its brackets and line ends.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cell::{OnceCell, RefCell};
use core::ops::Range;

use super::nearest_code::NearestCode;
use super::source_text::SourceText;
use crate::policy::lexer::{Language, Region};

/// What ends a statement of a language.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// `;`.
    Semicolons,
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
            Some(Language::Sql) => Self::Semicolons,
            Some(Language::Rust) => Self::Marks,
            Some(Language::Go | Language::JavaScript | Language::TypeScript) => Self::MarksAndLines,
            _ => Self::Lines,
        }
    }

    /// Whether a semicolon or a comma ends a statement.
    fn has(self, mark: u8) -> bool {
        match self {
            Self::Semicolons => mark == b';',
            Self::Marks | Self::MarksAndLines => true,
            Self::Lines => false,
        }
    }
}

/// A bracket that is open.
struct OpenBracket {
    /// Where the statement in it began; `None` if a statement goes through it, as through the arguments of a call.
    statement: Option<usize>,
    /// The index of the innermost open bracket, up to this one, that has statements in it.
    inner: Option<usize>,
}

/// What holds from a byte on, up to the next mark.
#[derive(Clone, Copy)]
struct StatementMark {
    from: usize,
    /// Where the statement began.
    start: usize,
    /// How many brackets of it are open.
    depth: usize,
}

/// The statements of a text. A text is read once, however many of its statements are wanted.
pub(super) struct Statements<'s, 't> {
    source: &'s SourceText<'t>,
    code: NearestCode<'s, 't>,
    ends: Ends,
    marks: OnceCell<Vec<StatementMark>>,
    /// Ends that were found: by the start of the statement, a byte of it and its end.
    found_ends: RefCell<BTreeMap<usize, (usize, usize)>>,
}

impl<'s, 't> Statements<'s, 't> {
    pub(super) fn of(source: &'s SourceText<'t>) -> Self {
        Self {
            source,
            code: NearestCode::of(source),
            ends: Ends::of(source.language),
            marks: OnceCell::new(),
            found_ends: RefCell::default(),
        }
    }

    /// The statement that a comment belongs to: the one around it, or the next one if it stands between two. Behind code these are
    /// all statements of the line.
    pub(super) fn of_comment(&self, comment: Range<usize>) -> Range<usize> {
        let line = self.source.line_start(self.source.line_of(comment.start));
        if let Some(last) = self.code.last_before(comment.start).filter(|code| *code >= line) {
            let first = self.code.within(line..last).next().map_or(last, |(first, _)| first);
            return self.around(first).start..self.around(last).end;
        }
        let around = self.around(comment.start);
        match self.code.first_from(around.start).filter(|code| *code < comment.start) {
            Some(_) => around,
            None => self.code.first_from(comment.end).map_or(around, |code| self.around(code)),
        }
    }

    /// The statement with this byte.
    fn around(&self, at: usize) -> Range<usize> {
        let marks = self.marks.get_or_init(|| self.read());
        let last = marks.partition_point(|mark| mark.from <= at).checked_sub(1);
        let (start, depth) =
            last.and_then(|last| marks.get(last)).map_or((0, 0), |mark| (mark.start, mark.depth));
        let mut found = self.found_ends.borrow_mut();
        let known = found.get(&start).copied().filter(|(from, end)| (*from..=*end).contains(&at));
        let (from, end) = known.unwrap_or_else(|| (at, self.end(at, depth)));
        found.insert(start, (from, end));
        start..end
    }

    /// Where statements begin, and how many of their brackets are open.
    fn read(&self) -> Vec<StatementMark> {
        let mut marks: Vec<StatementMark> = Vec::new();
        let mut open: Vec<OpenBracket> = Vec::new();
        let mut outer = 0;
        let bytes = self.source.text.as_bytes();
        for index in self.source.parts(Region::Code).flatten() {
            let is_through = open.last().is_some_and(|bracket| bracket.statement.is_none());
            match bytes.get(index).copied().unwrap_or_default() {
                b'(' | b'[' => push(&mut open, None),
                b'{' => {
                    let is_value = self.ends == Ends::Lines || self.is_value(index);
                    push(&mut open, (!is_value).then_some(index + 1));
                }
                // Whichever bracket it closes, as for the end of a statement: what is suppressed is less then.
                b')' | b']' | b'}' => {
                    let is_block = open.pop().is_some_and(|bracket| bracket.statement.is_some());
                    let is_open = open.last().is_none_or(|bracket| bracket.statement.is_some());
                    if is_block && is_open && !self.continues(index + 1) {
                        set(&mut open, &mut outer, index + 1);
                    }
                }
                byte @ (b';' | b',') if !is_through && self.ends.has(byte) => {
                    set(&mut open, &mut outer, index + 1)
                }
                b'\n' if !is_through && self.is_line_end(index) => set(&mut open, &mut outer, index + 1),
                _ => continue,
            }
            // The arguments of a call belong to the statement of the call.
            let inner = open.last().and_then(|bracket| bracket.inner);
            let start = inner.and_then(|index| open.get(index)?.statement).unwrap_or(outer);
            let depth = open.len() - inner.map_or(0, |index| index + 1);
            marks.push(StatementMark { from: index + 1, start, depth });
        }
        marks
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
                b'{' if depth > 0 || self.ends == Ends::Lines || self.is_value(index) => depth += 1,
                b'{' => return index + 1,
                b')' | b']' | b'}' if depth > 0 => depth -= 1,
                b')' | b']' | b'}' => return index,
                byte @ (b';' | b',') if depth == 0 && self.ends.has(*byte) => return index + 1,
                b'\n' if depth == 0 && self.is_line_end(index) => return index,
                _ => {}
            }
        }
        bytes.len()
    }

    /// Where the call or other expression at the start of a range ends: with its brackets, at a mark or a line end after it, or with
    /// the range.
    pub(super) fn end_of_call(&self, range: Range<usize>) -> usize {
        let bytes = self.source.text.as_bytes();
        let mut depth = 0_usize;
        for (index, byte) in bytes.iter().enumerate().take(range.end).skip(range.start) {
            if self.source.region_at(index) != Region::Code {
                continue;
            }
            match byte {
                b'{' if depth == 0 && index > range.start && !self.is_value(index) => return index,
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth > 0 => depth -= 1,
                b')' | b']' | b'}' => return index,
                b';' | b',' if depth == 0 => return index,
                b'|' | b'&' if depth == 0 && self.source.language == Some(Language::Shell) => return index,
                b'\n' if depth == 0 && self.is_line_end(index) => return index,
                _ => {}
            }
        }
        range.end
    }

    /// Whether the braces at this byte are a value, such as a table in the arguments of a call, and no block.
    fn is_value(&self, braces: usize) -> bool {
        let line = self.source.line_start(self.source.line_of(braces));
        let last = self.code.within(line..braces).next_back();
        last.is_some_and(|(_, byte)| b"=(,:[?".contains(&byte))
    }

    /// Whether the line end at this byte ends a statement.
    fn is_line_end(&self, line_end: usize) -> bool {
        let line = self.source.line_start(self.source.line_of(line_end));
        let last = self.code.within(line..line_end).next_back().map(|(_, byte)| byte);
        match self.ends {
            Ends::Semicolons | Ends::Marks => false,
            Ends::Lines => last.is_some() && last != Some(b'\\'),
            Ends::MarksAndLines => {
                let continues = last.is_some_and(|byte| b"=+-*/&|.?:<(,".contains(&byte));
                last.is_some() && !continues && !self.continues(line_end)
            }
        }
    }

    /// Whether the code after a place continues the statement before it: `.then(…)`, `? :`, `)`.
    fn continues(&self, from: usize) -> bool {
        let next = self.code.within(from..self.source.text.len()).next();
        next.is_some_and(|(_, byte)| b".?&|+*/=:);,]".contains(&byte))
    }
}

fn push(open: &mut Vec<OpenBracket>, statement: Option<usize>) {
    let below = open.last().and_then(|bracket| bracket.inner);
    let inner = if statement.is_some() { Some(open.len()) } else { below };
    open.push(OpenBracket { statement, inner });
}

/// Begins a statement in the innermost bracket, or outside of all.
fn set(open: &mut [OpenBracket], start: &mut usize, at: usize) {
    match open.last_mut() {
        Some(bracket) => bracket.statement = Some(at),
        None => *start = at,
    }
}
