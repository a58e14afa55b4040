//! A list of commands: what closes it, and which word and which parenthesis mean what within.

use alloc::vec::Vec;

/// What a list of commands is a part of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Enclosure {
    /// The script, or backquotes.
    Whole,
    /// `$(…)`
    Substitution,
    /// `(…)`: a subshell, a list of values, a process.
    Parentheses,
    /// One of the two parentheses of `((…))`, or one within. `<<` shifts.
    Arithmetic,
    /// `@(…)`: a pattern. It has no comments.
    Pattern,
}

/// Where in a command the next byte is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Command,
    Argument,
    WithinWord,
}

/// How far a `case` is read.
enum Case {
    Subject,
    Patterns,
    Commands,
}

/// A list of commands that is not closed yet.
pub(super) struct Commands {
    pub(super) enclosure: Enclosure,
    /// The number of here-documents that belong to lists around this one.
    pub(super) outer_documents: usize,
    cases: Vec<Case>,
}

impl Commands {
    pub(super) fn new(enclosure: Enclosure, outer_documents: usize) -> Self {
        Self { enclosure, outer_documents, cases: Vec::new() }
    }

    pub(super) fn has_comments(&self) -> bool {
        self.enclosure != Enclosure::Pattern
    }

    pub(super) fn has_here_documents(&self) -> bool {
        !matches!(self.enclosure, Enclosure::Pattern | Enclosure::Arithmetic)
    }

    /// Whether a pattern of a `case` is read, which a parenthesis closes and may open.
    pub(super) fn in_patterns(&self) -> bool {
        matches!(self.cases.last(), Some(Case::Patterns))
    }

    pub(super) fn end_patterns(&mut self) {
        self.set_case(Case::Commands);
    }

    /// After `;;` or `;&` other patterns follow.
    pub(super) fn begin_patterns(&mut self) {
        self.set_case(Case::Patterns);
    }

    fn set_case(&mut self, case: Case) {
        if let Some(last) = self.cases.last_mut() {
            *last = case;
        }
    }

    /// Reads a whole word without quotes and expansions. Returns the place after it.
    pub(super) fn word(&mut self, word: &[u8], place: Place) -> Place {
        match (self.cases.last(), word) {
            (Some(Case::Subject), b"in") => {
                self.begin_patterns();
                return Place::Command;
            }
            (Some(Case::Patterns), b"esac") => {
                self.cases.pop();
                return Place::WithinWord;
            }
            (Some(Case::Patterns), _) => return Place::WithinWord,
            _ if place != Place::Command || self.enclosure == Enclosure::Arithmetic => {
                return Place::WithinWord;
            }
            _ => {}
        }
        match word {
            b"case" => self.cases.push(Case::Subject),
            b"esac" => drop(self.cases.pop()),
            b"!" | b"{" | b"do" | b"elif" | b"else" | b"if" | b"then" | b"time" | b"until" | b"while" => {
                return Place::Command;
            }
            _ => {}
        }
        Place::WithinWord
    }
}
