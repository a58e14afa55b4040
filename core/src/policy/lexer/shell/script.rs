//! Lists of commands: comments, words, operators and parentheses.

use memchr::memchr;

use super::{Enclosure, Mode, Place, Region, Shell};

/// What ends a word.
const METACHARACTERS: &[u8] = b" \t\n;&|()<>";

impl Shell<'_, '_> {
    /// Reads a part of a list of commands.
    pub(super) fn step_in_commands(&mut self, byte: u8) {
        let rest = self.rest();
        let Some(Mode::Commands(commands)) = self.modes.last_mut() else { return };
        match byte {
            b'\n' => {
                self.operator(1);
                self.begin_here_documents();
            }
            b' ' | b'\t' => {
                self.take(Region::Code, 1);
                if self.place == Place::WithinWord {
                    self.place = Place::Argument;
                }
            }
            b'#' if self.place != Place::WithinWord && commands.has_comments() => self.comment(),
            b'(' => self.open_parenthesis(),
            b')' => self.close_parenthesis(),
            b';' if rest.starts_with(b";;") || rest.starts_with(b";&") => {
                commands.begin_patterns();
                self.operator(2);
            }
            b';' | b'&' | b'|' => self.operator(1),
            b'<' if rest.starts_with(b"<<") && commands.has_here_documents() => self.here_document(),
            b'<' | b'>' => {
                self.take(Region::Code, 1);
                self.place = Place::Argument;
            }
            b'\\' | b'\'' | b'"' | b'`' | b'$' => self.quote_or_expansion(byte),
            _ => self.word(),
        }
    }

    /// Reads an operator that a command may follow.
    fn operator(&mut self, length: usize) {
        self.take(Region::Code, length);
        self.place = Place::Command;
    }

    fn comment(&mut self) {
        let rest = self.rest();
        let line = rest.get(..memchr(b'\n', rest).unwrap_or(rest.len())).unwrap_or_default();
        self.take(Region::Comment, line.strip_suffix(b"\r").unwrap_or(line).len());
        self.place = Place::Argument;
    }

    /// Reads a word, or what is in front of a string or an expansion in it.
    fn word(&mut self) {
        let rest = self.rest();
        let ends = |byte: &u8| METACHARACTERS.contains(byte) || b"'\"`$\\".contains(byte);
        let length = rest.iter().skip(1).position(ends).map_or(rest.len(), |length| length + 1);
        let (word, after) = rest.split_at_checked(length).unwrap_or((rest, b""));
        let is_whole =
            self.place != Place::WithinWord && after.first().is_none_or(|byte| METACHARACTERS.contains(byte));
        self.place = match self.modes.last_mut() {
            Some(Mode::Commands(commands)) if is_whole => commands.word(word, self.place),
            _ => Place::WithinWord,
        };
        self.take(Region::Code, length);
    }

    fn open_parenthesis(&mut self) {
        let Some(Mode::Commands(commands)) = self.modes.last() else { return };
        let within = self.place == Place::WithinWord;
        let is_pattern = within && self.scanner.before().last().is_some_and(|byte| b"?*+@".contains(byte));
        match commands.enclosure {
            _ if commands.in_patterns() && !within => self.operator(1),
            _ if is_pattern => self.open(Enclosure::Pattern, 1),
            enclosure @ (Enclosure::Pattern | Enclosure::Arithmetic) => self.open(enclosure, 1),
            _ if !within && self.rest().starts_with(b"((") => {
                self.open(Enclosure::Arithmetic, 2);
                self.open(Enclosure::Arithmetic, 0);
            }
            _ => self.open(Enclosure::Parentheses, 1),
        }
    }

    fn close_parenthesis(&mut self) {
        self.operator(1);
        let Some(Mode::Commands(commands)) = self.modes.last_mut() else { return };
        let enclosure = commands.enclosure;
        if commands.in_patterns() {
            commands.end_patterns();
        } else if enclosure != Enclosure::Whole {
            self.modes.pop();
            if enclosure != Enclosure::Parentheses {
                self.place = Place::WithinWord;
            }
        }
    }
}
