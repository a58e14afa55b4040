//! One JSON value (RFC 8259) somewhere in a text.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::tree::{MAX_DEPTH, Number, REDACTED};

/// A value without its place. Shown as compact JSON with sorted keys: equal values, equal texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// As its text, which equal numbers share.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(bool) => write!(f, "{bool}"),
            Self::Number(number) => f.write_str(number),
            Self::Text(text) => write_text(f, text),
            Self::List(elements) => {
                f.write_str("[")?;
                for (i, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if i == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (i, (name, member)) in members.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { "," })?;
                    write_text(f, name)?;
                    write!(f, ":{member}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "{}", serde_json::Value::from(text))
}

/// Reads one value, which may be a number that is masked, in part or as a whole; `None` where there is none, and then it stands where it could not read on.
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Where the objects that it is in begin. None is taken off when a reading fails.
    unclosed: Vec<usize>,
    /// The names of the members of the first object, as far as it was read.
    names: Vec<String>,
    depth: usize,
}

impl<'t> Reader<'t> {
    /// A reader that begins at a byte of the text.
    pub(super) fn new(text: &'t str, at: usize) -> Self {
        Self { text, at, unclosed: Vec::new(), names: Vec::new(), depth: 0 }
    }

    /// A reader that begins within a string, whose opening quote is not in the text.
    pub(super) fn within_text(text: &'t str, at: usize) -> Option<Self> {
        let mut reader = Self::new(text, at);
        reader.rest_of_text()?;
        Some(reader)
    }

    /// Up to where it has read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Where the objects begin that were not closed when the reading failed.
    pub(super) fn unclosed(&self) -> impl Iterator<Item = usize> {
        self.unclosed.iter().copied()
    }

    /// The names of the members of the first object, as far as it was read.
    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }

    /// An object. Of a name that it has twice the last value counts.
    pub(super) fn object(&mut self) -> Option<Json> {
        let start = self.at;
        self.enter(b'{')?;
        self.unclosed.push(start);
        let mut members = BTreeMap::new();
        self.skip_space();
        while !self.take(b'}') {
            if !members.is_empty() {
                self.expect(b',')?;
                self.skip_space();
            }
            let name = self.text()?;
            self.skip_space();
            self.expect(b':')?;
            if let [_] = self.unclosed.as_slice() {
                self.names.push(name.clone());
            }
            members.insert(name, self.value()?);
            self.skip_space();
        }
        self.depth -= 1;
        self.unclosed.pop();
        Some(Json::Object(members))
    }

    /// Any value, and the space before it.
    pub(super) fn value(&mut self) -> Option<Json> {
        self.skip_space();
        match self.peek()? {
            b'{' => self.object(),
            b'[' if !self.is_masked() => self.list(),
            b'"' => self.text().map(Json::Text),
            b'-' | b'0'..=b'9' | b'[' => self.number(),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => None,
        }
    }

    fn list(&mut self) -> Option<Json> {
        self.enter(b'[')?;
        let mut elements = Vec::new();
        self.skip_space();
        while !self.take(b']') {
            if !elements.is_empty() {
                self.expect(b',')?;
            }
            elements.push(self.value()?);
            self.skip_space();
        }
        self.depth -= 1;
        Some(Json::List(elements))
    }

    /// Depth is bounded, since it is the depth of the stack.
    fn enter(&mut self, bracket: u8) -> Option<()> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.expect(bracket)?;
        self.depth += 1;
        Some(())
    }

    fn text(&mut self) -> Option<String> {
        let start = self.at;
        self.expect(b'"')?;
        let is_escaped = self.rest_of_text()?;
        let quoted = self.text.get(start..self.at)?;
        if is_escaped { serde_json::from_str(quoted).ok() } else { Some(quoted.trim_matches('"').into()) }
    }

    /// The rest of a string with its closing quote; tells whether a backslash is in it.
    fn rest_of_text(&mut self) -> Option<bool> {
        let mut is_escaped = false;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    is_escaped = true;
                    self.at += 1;
                    self.peek().filter(u8::is_ascii)?;
                }
                0..0x20 => return None,
                _ => {}
            }
            self.at += 1;
        }
        self.at += 1;
        Some(is_escaped)
    }

    fn number(&mut self) -> Option<Json> {
        let start = self.at;
        self.skip_word(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        let written = self.text.get(start..self.at)?;
        if written.contains(REDACTED) {
            return Some(Json::Text(written.into()));
        }
        Some(Json::Number(number_text(written)?))
    }

    /// Passes over such bytes, and what is masked among them.
    pub(super) fn skip_word(&mut self, is_part: impl Fn(u8) -> bool) {
        loop {
            if self.is_masked() {
                self.at += REDACTED.len();
            } else if self.peek().is_some_and(&is_part) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    fn is_masked(&self) -> bool {
        self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(REDACTED.as_bytes()))
    }

    fn word(&mut self, word: &str, means: Json) -> Option<Json> {
        self.text.get(self.at..)?.starts_with(word).then(|| {
            self.at += word.len();
            means
        })
    }

    /// Passes over a byte, if it is the next one.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    pub(super) fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// The one text of all numbers that equal this one; `None` for what is no number.
fn number_text(written: &str) -> Option<String> {
    let number = Number::parse(written).ok()?;
    // Whether it is whole, and whether a float holds it exactly, are questions of its value and not of its notation.
    match (number.as_i128(), &number) {
        (Some(whole), _) => Some(alloc::format!("{whole}")),
        (None, Number::Decimal(written)) => Some(plain(written)),
        (None, number) => Some(alloc::format!("{number}")),
    }
}

/// A decimal as `digits` and `e` and a power of ten, without a zero at either end of the digits.
fn plain(written: &str) -> String {
    let (mantissa, exponent) = written.split_once(['e', 'E']).unwrap_or((written, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let without_zeros = digits.trim_end_matches('0');
    let bound = if exponent.starts_with('-') { i128::MIN / 2 } else { i128::MAX / 2 };
    let power = exponent.parse::<i128>().unwrap_or(bound);
    let length = |text: &str| i128::try_from(text.len()).unwrap_or_default();
    let power = power - length(fraction) + length(&digits) - length(without_zeros);
    alloc::format!("{sign}{}e{power}", without_zeros.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_one_text() {
        for (text, same) in [
            ("1", &["1.0", "1e0", "10e-1", "0.1E+1", "1.000000000000000000000000000000"][..]),
            ("0", &["-0", "0.0", "-0e9"]),
            ("-2.5", &["-2.50", "-25e-1", "-0.25e1"]),
            ("18446744073709551617", &["18446744073709551617.0", "1.8446744073709551617e19"]),
            ("1e300", &["1.0e300", "10e299", "0.001e303"]),
            (
                "10000000000000000000000000000000000000001e-20",
                &[
                    "100000000000000000000.00000000000000000001",
                    "100000000000000000000.000000000000000000010",
                ],
            ),
            ("12345678901234567890123e-400", &["1.23456789012345678901230e-378"]),
        ] {
            assert_eq!(number_text(text).as_deref(), Some(text));
            for other in same {
                assert_eq!(number_text(other).as_deref(), Some(text), "{other}");
            }
        }
        assert_ne!(number_text("18446744073709551617"), number_text("18446744073709551616"));
        for text in ["01", "1.", "-", "1e", "1e+", "--1", "1.2.3"] {
            assert_eq!(number_text(text), None, "{text}");
        }
    }

    #[test]
    fn a_failed_reading_stands_where_it_failed_and_knows_what_was_open() {
        let mut reader = Reader::new(r#"..{"a": {}, "b": [{"c": tru"#, 2);
        assert_eq!(reader.object(), None);
        assert_eq!((reader.at(), reader.unclosed().collect::<Vec<_>>()), (24, Vec::from([2, 18])));
    }
}
