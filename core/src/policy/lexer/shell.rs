//! The parts of a text in the POSIX shell, Bash and Zsh.
//!
//! Strings and here-documents contain commands, which contain strings: the modes that are not closed yet are on a stack.
//! A command substitution, an arithmetic expansion and `${…}` are code wherever they are; `$name` is a part of its string.

mod commands;
mod expansions;
mod here_document;
mod here_documents;
mod script;
#[cfg(test)]
mod tests;

use alloc::vec;
use alloc::vec::Vec;

use super::{Region, Scanner};
use commands::{Commands, Enclosure, Place};
use here_document::HereDocument;

/// How many here-documents and backquotes may be in each other. Each level is searched for its end.
const MAX_NESTED: usize = 16;

/// Reads a whole text.
pub(super) fn scan(scanner: &mut Scanner) {
    let limits = vec![Limit { modes: 0, end: scanner.rest().len(), closing: 0 }];
    let mut shell =
        Shell { scanner, modes: Vec::new(), limits, documents: Vec::new(), place: Place::Command };
    shell.open(Enclosure::Whole, 0);
    while let Some(limit) = shell.limits.last() {
        match shell.rest().first() {
            Some(byte) => shell.step(*byte),
            None => shell.close_limit(limit.modes, limit.closing),
        }
    }
}

enum Mode {
    Commands(Commands),
    Parameter(Quoting),
    DoubleQuotes {
        start: usize,
    },
    HereDocument {
        /// The number of here-documents that follow this one, or belong to lists of commands around.
        documents: usize,
    },
}

/// Whether an expansion is a part of a string or of another such expansion.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Quoted,
    Unquoted,
}

/// An end that is known before the text in front of it is read: of a here-document, of backquotes, of the whole text.
struct Limit {
    /// The number of modes outside.
    modes: usize,
    end: usize,
    /// The length of the closing line or backquote.
    closing: usize,
}

struct Shell<'s, 't> {
    scanner: &'s mut Scanner<'t>,
    modes: Vec<Mode>,
    limits: Vec<Limit>,
    /// The here-documents whose bodies were not read yet.
    documents: Vec<HereDocument>,
    place: Place,
}

impl<'t> Shell<'_, 't> {
    /// What is not read yet, up to the next limit.
    fn rest(&self) -> &'t [u8] {
        let end = self.limits.last().map_or(0, |limit| limit.end);
        let length = end.saturating_sub(self.scanner.position());
        self.scanner.rest().get(..length).unwrap_or_default()
    }

    fn take(&mut self, region: Region, bytes: usize) {
        self.scanner.take(region, bytes.min(self.rest().len()));
    }

    /// Reads the text up to the limit as code, since it is uncertain what it is.
    fn take_rest(&mut self) {
        self.take(Region::Code, usize::MAX);
    }

    /// Reads the mark that opens a list of commands.
    fn open(&mut self, enclosure: Enclosure, mark: usize) {
        self.take(Region::Code, mark);
        self.modes.push(Mode::Commands(Commands::new(enclosure, self.documents.len())));
        self.place = Place::Command;
    }

    /// Reads the mark that closes a string or an expansion.
    fn close(&mut self, region: Region) {
        self.take(region, 1);
        self.modes.pop();
        self.place = Place::WithinWord;
    }

    fn step(&mut self, byte: u8) {
        match (self.modes.last(), byte) {
            (Some(Mode::Commands(_)), _) => self.step_in_commands(byte),
            (Some(Mode::DoubleQuotes { .. }), b'"') => self.close(Region::String),
            (Some(Mode::Parameter(_)), b'}') => self.close(Region::Code),
            (Some(Mode::Parameter(quoting)), _) => self.step_in_parameter(byte, *quoting),
            _ => self.step_in_string(byte),
        }
    }

    /// Leaves the modes inside a limit. A string that is open there has no end, so that the text from it on is code.
    fn close_limit(&mut self, modes: usize, closing: usize) {
        let end = self.scanner.position();
        let (mut unclosed, mut document) = (None, None);
        for mode in self.modes.drain(modes..) {
            match mode {
                Mode::DoubleQuotes { start } => unclosed = unclosed.or(Some(start)),
                Mode::HereDocument { documents } => document = document.or(Some(documents)),
                Mode::Commands(_) | Mode::Parameter(_) => {}
            }
        }
        if let Some(start) = unclosed {
            self.scanner.retract(start);
            self.take(Region::Code, end - start);
        }
        self.limits.pop();
        self.take(Region::Code, closing);
        self.place = Place::WithinWord;
        if let Some(documents) = document {
            self.documents.truncate(documents);
            self.read_here_documents();
        }
    }
}
