//! The parts of a text in JavaScript or TypeScript. Regular expressions and the text of JSX elements are code.

mod before;
mod comment;
mod frames;
mod jsx;
mod regex;

use self::before::Before;
use self::frames::{Frame, FrameStack};
use self::jsx::Elements;
use super::quoted::{Backslash, escape_length, one_line};
use super::{Region, Scanner};

/// Reads a whole text.
pub(super) fn scan(scanner: &mut Scanner) {
    comment::read_first_line(scanner);
    let mut lexer = JavaScriptLexer {
        scanner,
        frames: FrameStack::default(),
        elements: Elements::default(),
        before: Before::Statement,
        is_new_line: false,
        no_regex_before: 0,
    };
    lexer.read();
}

struct JavaScriptLexer<'s, 't> {
    scanner: &'s mut Scanner<'t>,
    frames: FrameStack,
    elements: Elements<'t>,
    /// What stands before the position, but for white space and comments.
    before: Before,
    /// Whether a line ended since then.
    is_new_line: bool,
    /// A slash before this position was looked at, and does not begin a regular expression.
    no_regex_before: usize,
}

impl JavaScriptLexer<'_, '_> {
    fn read(&mut self) {
        while !self.scanner.rest().is_empty() {
            let depth = self.frames.depth();
            match self.frames.last() {
                Some(Frame::Template { .. }) => self.read_template(),
                Some(Frame::Tag) => jsx::read_tag(self.scanner, &mut self.frames),
                Some(Frame::Children) => jsx::read_children(self.scanner, &mut self.frames),
                _ => {
                    self.read_code();
                    continue;
                }
            }
            // A hole begins, or a template or an element ends.
            self.before = if self.frames.depth() > depth { Before::Operator } else { Before::Value };
            self.is_new_line = false;
        }
        if let Some(start) = self.frames.first_template() {
            self.scanner.retract(start);
        }
    }

    /// Reads a token, a comment or white space.
    fn read_code(&mut self) {
        let rest = self.scanner.rest();
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.scanner.take(Region::Code, blank);
        if blank > 0 || comment::read(self.scanner) {
            let read = rest.get(..rest.len() - self.scanner.rest().len()).unwrap_or_default();
            self.is_new_line |= memchr::memchr2(b'\n', b'\r', read).is_some();
            return;
        }
        self.before = match rest {
            [b'\'' | b'"', ..] => {
                self.scanner.take(Region::String, one_line(rest, Backslash::Continues));
                Before::Value
            }
            [b'`', ..] => {
                self.frames.push(Frame::Template { start: self.scanner.position() });
                self.scanner.take(Region::String, 1);
                Before::Value
            }
            [b'/', ..] => self.read_slash(),
            [b'<', ..] if self.before.is_before_value() && self.elements.begins(self.scanner) => {
                self.frames.push(Frame::Tag);
                self.take(1, Before::Operator)
            }
            _ => match word_length(rest) {
                0 => self.read_punctuator(),
                length => self.take(length, self.before.after_word(rest.get(..length).unwrap_or_default())),
            },
        };
        self.is_new_line = false;
    }

    fn read_slash(&mut self) -> Before {
        let rest = self.scanner.rest();
        let can_be_regex = match self.before {
            Before::Value | Before::Dot => false,
            // `<Button {...properties} />`
            Before::Block if rest.starts_with(b"/>") => false,
            _ => self.scanner.position() >= self.no_regex_before,
        };
        if !can_be_regex {
            return self.take(1, Before::Operator);
        }
        match regex::length(rest) {
            Some(length) => self.take(length, Before::Value),
            None => {
                self.no_regex_before = self.scanner.position() + comment::line_length(rest);
                self.take(1, Before::Operator)
            }
        }
    }

    fn read_punctuator(&mut self) -> Before {
        // What stands after a value in the same line belongs to it.
        let is_postfix = self.before == Before::Value && !self.is_new_line;
        match self.scanner.rest() {
            [b'{', ..] => {
                let is_object = self.before == Before::Operator;
                self.frames.push(Frame::Brace { is_object });
                self.take(1, if is_object { Before::Operator } else { Before::Statement })
            }
            [b'}', ..] => {
                let after = self.frames.close_brace();
                self.take(1, after)
            }
            [b'(', ..] => {
                self.frames.push(Frame::Parenthesis { is_condition: self.before == Before::Condition });
                self.take(1, Before::Operator)
            }
            [b')', ..] => {
                let after = self.frames.close_parenthesis();
                self.take(1, after)
            }
            [b']', ..] => self.take(1, Before::Value),
            [b';', ..] => self.take(1, Before::Statement),
            [b'=', b'>', ..] => self.take(2, Before::Statement),
            [b'.', b'.', b'.', ..] => self.take(3, Before::Operator),
            // The second one begins no element.
            [b'<', b'<', ..] => self.take(2, Before::Operator),
            [b'.', ..] => self.take(1, Before::Dot),
            [b'?', b'.', rest @ ..] if !rest.first().is_some_and(u8::is_ascii_digit) => {
                self.take(2, Before::Dot)
            }
            [b'+', b'+', ..] | [b'-', b'-', ..] if is_postfix => self.take(2, Before::Value),
            // TypeScript: the value is not null.
            [b'!', rest @ ..] if is_postfix && !rest.starts_with(b"=") => self.take(1, Before::Value),
            _ => self.take(1, Before::Operator),
        }
    }

    fn take(&mut self, length: usize, before: Before) -> Before {
        self.scanner.take(Region::Code, length);
        before
    }

    /// Reads the text of a template, up to the next hole or to its end.
    fn read_template(&mut self) {
        let text = self.scanner.rest();
        let mut length = 0;
        loop {
            let rest = text.get(length..).unwrap_or_default();
            length += match rest {
                [] => return self.scanner.take(Region::String, length),
                [b'\\', ..] => escape_length(Some(rest), Backslash::Continues),
                [b'`', ..] => {
                    self.frames.pop();
                    return self.scanner.take(Region::String, length + 1);
                }
                [b'$', b'{', ..] => {
                    self.scanner.take(Region::String, length);
                    self.frames.push(Frame::Hole);
                    return self.scanner.take(Region::Code, 2);
                }
                _ => 1,
            };
        }
    }
}

/// The length of a name or number, with the dot of a number.
fn word_length(text: &[u8]) -> usize {
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_$#\\".contains(byte) || !byte.is_ascii();
    let length = text.iter().take_while(is_word).count();
    let is_number = text.first().is_some_and(u8::is_ascii_digit);
    length + usize::from(is_number && text.get(length) == Some(&b'.'))
}

#[cfg(test)]
mod tests;
