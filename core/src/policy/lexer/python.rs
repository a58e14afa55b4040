//! The parts of a text in Python. The fields of f-strings and t-strings are code, with their braces (PEP 701, PEP 750).

use alloc::vec::Vec;

use super::quoted::{Backslash, escape_length, one_line, triple};
use super::{Region, Scanner};

/// Reads a whole text.
pub(super) fn scan(scanner: &mut Scanner) {
    let mut lexer = PythonLexer { scanner, modes: Vec::new() };
    while !lexer.scanner.rest().is_empty() {
        match lexer.modes.last().copied() {
            None => lexer.read_module(),
            Some(PythonMode::Text(string)) => lexer.read_text(string, false),
            Some(PythonMode::Field { string, brackets }) => lexer.read_field(string, brackets),
            Some(PythonMode::Format(string)) => lexer.read_text(string, true),
        }
    }
    if let Some(start) = lexer.modes.iter().find_map(PythonMode::start_of_lines) {
        lexer.scanner.retract(start);
    }
}

struct PythonLexer<'s, 't> {
    scanner: &'s mut Scanner<'t>,
    /// From the outermost f-string to the innermost; none in the module itself.
    modes: Vec<PythonMode>,
}

#[derive(Clone, Copy)]
enum PythonMode {
    /// The text of an f-string.
    Text(FString),
    /// A field of this f-string, with so many brackets open in it.
    Field { string: FString, brackets: usize },
    /// What is between the colon and the end of a field of this f-string.
    Format(FString),
}

#[derive(Clone, Copy)]
struct FString {
    /// Where its prefix begins.
    start: usize,
    quote: u8,
    is_triple: bool,
    is_raw: bool,
}

impl PythonMode {
    /// Where an f-string of several lines begins.
    fn start_of_lines(&self) -> Option<usize> {
        match self {
            Self::Text(string) if string.is_triple => Some(string.start),
            _ => None,
        }
    }
}

impl PythonLexer<'_, '_> {
    fn read_module(&mut self) {
        let rest = self.scanner.rest();
        match memchr::memchr3(b'#', b'"', b'\'', rest) {
            Some(code) => self.read_comment_or_string(code),
            None => self.scanner.take(Region::Code, rest.len()),
        }
    }

    fn read_field(&mut self, string: FString, brackets: usize) {
        let rest = self.scanner.rest();
        let mark = rest.iter().copied().enumerate().find(|(_, byte)| b"#\"'()[]{}:".contains(byte));
        let (code, brackets) = match mark {
            Some((code, b'#' | b'"' | b'\'')) => return self.read_comment_or_string(code),
            Some((code, b'(' | b'[' | b'{')) => (code + 1, Some(brackets + 1)),
            Some((code, b':')) if brackets == 0 => {
                self.modes.push(PythonMode::Format(string));
                return self.scanner.take(Region::Code, code + 1);
            }
            Some((code, b':')) => (code + 1, Some(brackets)),
            Some((code, b'}')) if brackets == 0 => (code + 1, None),
            Some((code, _)) => (code + 1, Some(brackets.saturating_sub(1))),
            None => (rest.len(), Some(brackets)),
        };
        self.scanner.take(Region::Code, code);
        self.modes.pop();
        self.modes.extend(brackets.map(|brackets| PythonMode::Field { string, brackets }));
    }

    /// Reads code of this length, and the comment or the beginning of a string after it.
    fn read_comment_or_string(&mut self, code: usize) {
        let (code, literal) = self.scanner.rest().split_at_checked(code).unwrap_or_default();
        if literal.starts_with(b"#") {
            self.scanner.take(Region::Code, code.len());
            return self.scanner.take(Region::Comment, self.scanner.line_length());
        }
        let prefix = Prefix::at_the_end_of(code);
        self.scanner.take(Region::Code, code.len() - prefix.length);
        let quote = literal.first().copied().unwrap_or_default();
        let is_triple = literal.starts_with(&[quote; 3]);
        if prefix.has_fields {
            let start = self.scanner.position();
            self.modes.push(PythonMode::Text(FString { start, quote, is_triple, is_raw: prefix.is_raw }));
            return self.scanner.take(Region::String, prefix.length + if is_triple { 3 } else { 1 });
        }
        let length = match is_triple {
            true => triple(literal, Backslash::Continues),
            false => Some(one_line(literal, Backslash::Continues)),
        };
        self.scanner.take_closed(Region::String, length.map(|length| prefix.length + length));
    }

    /// Reads the text of an f-string, or the format of a field, up to the next field or to its end.
    fn read_text(&mut self, string: FString, is_format: bool) {
        let text = self.scanner.rest();
        let quotes: &[u8] = if string.is_triple { &[string.quote; 3] } else { &[string.quote] };
        let mut length = 0;
        loop {
            let rest = text.get(length..).unwrap_or_default();
            length += match rest {
                [] => return self.scanner.take(Region::String, length),
                [b'\\', b'{' | b'}', ..] => 1,
                [b'\\', b'N', b'{', name @ ..] if !string.is_raw => 3 + character_name_length(name),
                [b'\\', ..] => escape_length(Some(rest), Backslash::Continues),
                [b'{', b'{', ..] if !is_format => 2,
                [b'{', ..] => {
                    self.scanner.take(Region::String, length);
                    self.modes.push(PythonMode::Field { string, brackets: 0 });
                    return self.scanner.take(Region::Code, 1);
                }
                // The field ends, or goes on in the next line.
                [b'}' | b'\n' | b'\r', ..] if is_format => break,
                [b'\n' | b'\r', ..] if !string.is_triple => break,
                rest if rest.starts_with(quotes) => {
                    length += quotes.len();
                    if is_format {
                        self.modes.truncate(self.modes.len().saturating_sub(2));
                    }
                    break;
                }
                _ => 1,
            };
        }
        self.scanner.take(Region::String, length);
        self.modes.pop();
    }
}

/// The letters before a quote.
#[derive(Default)]
struct Prefix {
    length: usize,
    has_fields: bool,
    is_raw: bool,
}

impl Prefix {
    fn at_the_end_of(code: &[u8]) -> Self {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
        // No prefix has three letters.
        let length = code.iter().rev().take(3).take_while(|byte| is_word(byte)).count();
        let word = code.get(code.len() - length..).unwrap_or_default();
        let has = |letter: u8| word.iter().any(|byte| byte.eq_ignore_ascii_case(&letter));
        let (is_raw, has_fields) = (has(b'r'), has(b'f') || has(b't'));
        let is_prefix = match length {
            1 => is_raw || has_fields || has(b'b') || has(b'u'),
            2 => is_raw && (has_fields || has(b'b')),
            _ => false,
        };
        if is_prefix { Self { length, has_fields, is_raw } } else { Self::default() }
    }
}

/// The length of the name of a character (`\N{EM DASH}`) and the brace after it.
fn character_name_length(text: &[u8]) -> usize {
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-');
    let name = text.iter().take_while(is_name).count();
    name + usize::from(text.get(name) == Some(&b'}'))
}

#[cfg(test)]
mod tests;
