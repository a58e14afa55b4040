//! Reads JSON text (RFC 8259) that is known to be valid, or to be the beginning of valid text.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::tree::{Key, MAX_DEPTH, Number, Segment};
use serde_json::{Deserializer, Value};

/// The state at a position in JSON text: inside a string or not, and the nesting depth.
#[derive(Clone, Debug, Default)]
pub(super) struct Lexer {
    is_in_string: bool,
    is_escaped: bool,
    depth: usize,
}

impl Lexer {
    /// Reads the next byte.
    fn read(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' => self.is_escaped = self.is_in_string,
            b'"' => self.is_in_string = !self.is_in_string,
            _ if self.is_in_string => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    /// Reads the next byte of an object. `true`: it is the last one, or not allowed in JSON.
    pub(super) fn ends_with(&mut self, byte: u8) -> bool {
        let is_json = match self.is_in_string {
            true => byte >= b' ',
            false => byte.is_ascii_digit() || b"{}[]:,\" \t\r\n+-.Etruefalsn".contains(&byte),
        };
        self.read(byte);
        self.depth == 0 || !is_json
    }
}

/// The elements of a list, or the members of an object, trimmed.
fn parts(json: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut lexer = Lexer::default();
    let parts = json.split(move |byte| {
        lexer.read(*byte);
        let is_outermost = lexer.depth == 0 || lexer.depth == 1 && matches!(byte, b'{' | b'[' | b',');
        is_outermost && !lexer.is_in_string
    });
    parts.map(<[u8]>::trim_ascii).filter(|part| !part.is_empty())
}

/// The name and value of a member; `None`: the text ends before the colon.
fn member(part: &[u8]) -> Option<(String, &[u8])> {
    let mut names = Deserializer::from_slice(part).into_iter::<String>();
    let name = names.next()?.ok()?;
    let value = part.get(names.byte_offset()..)?.trim_ascii_start().strip_prefix(b":")?;
    Some((name, value.trim_ascii_start()))
}

/// Whether an object, or the beginning of one, has a member of this name.
pub(super) fn has_member(object: &[u8], name: &str) -> bool {
    parts(object).filter_map(member).any(|(found, _)| found == name)
}

/// The value at a key. If an object has a name twice, its last value counts.
pub(super) fn value_at<'j>(json: &'j [u8], key: &Key) -> Option<&'j [u8]> {
    key.segments().iter().try_fold(json, |json, segment| match (json.first()?, segment) {
        (b'{', Segment::Name(name)) => {
            let members = parts(json).filter_map(member).filter(|(found, _)| found == name.as_str());
            members.last().map(|(_, value)| value)
        }
        (b'[', Segment::Index(index)) => parts(json).nth(*index),
        _ => None,
    })
}

/// The start positions of objects that are still open at the end of the text.
pub(super) fn unclosed(beginning: &[u8]) -> Vec<usize> {
    let (mut lexer, mut open) = (Lexer::default(), Vec::new());
    for (at, byte) in beginning.iter().enumerate() {
        let depth = lexer.depth;
        lexer.read(*byte);
        if lexer.depth > depth {
            open.push((at, *byte));
        } else if lexer.depth < depth {
            open.pop();
        }
    }
    open.into_iter().filter(|(_, bracket)| *bracket == b'{').map(|(at, _)| at).collect()
}

/// The compact text of a JSON value, as answers have it.
pub(crate) fn compact(json: &str) -> String {
    canonical(json.as_bytes(), MAX_DEPTH).unwrap_or_else(|| json.into())
}

/// Compact JSON with sorted names: equal values have equal texts. `None`: it is nested too deeply, or has an invalid escape.
pub(super) fn canonical(json: &[u8], max_depth: usize) -> Option<String> {
    let inner = |json| canonical(json, max_depth.checked_sub(1)?);
    match json.first()? {
        b'{' => {
            let member = |part| member(part).and_then(|(name, value)| Some((name, inner(value)?)));
            let members: BTreeMap<String, String> = parts(json).map(member).collect::<Option<_>>()?;
            let written = members.into_iter().map(|(name, value)| format!("{}:{value}", Value::from(name)));
            Some(format!("{{{}}}", written.collect::<Vec<_>>().join(",")))
        }
        b'[' => Some(format!("[{}]", parts(json).map(inner).collect::<Option<Vec<_>>>()?.join(","))),
        b'-' | b'0'..=b'9' => number_text(core::str::from_utf8(json).ok()?),
        _ => serde_json::from_slice::<Value>(json).ok().map(|value| value.to_string()),
    }
}

/// The canonical text of a number; `None`: not a number.
fn number_text(written: &str) -> Option<String> {
    let number = Number::parse(written).ok()?;
    // The value decides whether it is an integer or an exact float, not the notation.
    match (number.as_i128(), &number) {
        (Some(whole), _) => Some(alloc::format!("{whole}")),
        (None, Number::Decimal(written)) => Some(scientific(written)),
        (None, number) => Some(alloc::format!("{number}")),
    }
}

/// A decimal as `digits`, `e` and a power of ten, without leading and trailing zeros in the digits.
fn scientific(written: &str) -> String {
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
    fn the_beginning_of_an_object_has_members_and_open_objects() {
        let beginning = br#"{"a": {"b\"": "{", "c": 1}, "\u0064" : [{"e": 2}, {"f": [{}, "g"#;
        assert_eq!(unclosed(beginning), [0, 50]);
        let names = ["a", "d", "b\"", "c", "e", "f", "g"].map(|name| has_member(beginning, name));
        assert_eq!(names, [true, true, false, false, false, false, false]);
        assert!(!has_member(br#"{"a""#, "a"), "without a colon it may be a value");
    }

    #[test]
    fn a_value_that_is_nested_too_deeply_has_no_text() {
        assert_eq!(canonical(b"[[1]]", 2).as_deref(), Some("[[1]]"));
        assert_eq!(canonical(b"[[1]]", 1), None);
    }
}
