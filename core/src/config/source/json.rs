//! A parser of JSON (RFC 8259), also with comments and trailing commas, that keeps the origin of every value.

use alloc::borrow::Cow;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use memchr::memchr2;

use super::json_help::{WayOut, help};
use super::{syntax, too_deep};
use crate::text::invisible;
use crate::tree::{Code, Diagnostic, Kind, LayerKind, MAX_DEPTH, Number, Origin, Source, Text, Value};

/// Parses a text; `is_lenient` allows comments (`//`, `/* */`) and a comma after the last member.
pub(super) fn parse(source: &Arc<Source>, is_lenient: bool) -> Result<Value, Vec<Diagnostic>> {
    let start = if source.text().starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = JsonReader {
        source,
        text: source.text(),
        at: start,
        is_lenient,
        members: Vec::new(),
        elements: Vec::new(),
        diagnostics: Vec::new(),
    };
    match reader.document() {
        Ok(value) if reader.diagnostics.is_empty() => Ok(value),
        Ok(_) => Err(reader.diagnostics),
        Err(SyntaxError(diagnostic)) => {
            reader.diagnostics.push(*diagnostic);
            Err(reader.diagnostics)
        }
    }
}

/// A syntax error, which ends the parsing. Boxed, since it is rare and large.
struct SyntaxError(alloc::boxed::Box<Diagnostic>);

impl SyntaxError {
    fn help(mut self, help: &str) -> Self {
        self.0.help = Some(help.into());
        self
    }
}

struct JsonReader<'s> {
    source: &'s Arc<Source>,
    text: &'s str,
    at: usize,
    /// Whether comments and trailing commas are allowed.
    is_lenient: bool,
    /// The members of all objects that are open, each with the place of its name.
    members: Vec<(Range<usize>, Text, Value)>,
    /// The elements of all lists that are open.
    elements: Vec<Value>,
    /// Errors that do not end the parsing: repeated names.
    diagnostics: Vec<Diagnostic>,
}

impl<'s> JsonReader<'s> {
    fn document(&mut self) -> Result<Value, SyntaxError> {
        let value = self.value(0)?;
        self.skip_space();
        match self.peek() {
            None => Ok(value),
            Some(_) => Err(self.unexpected("the end of the input")),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, SyntaxError> {
        self.skip_space();
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => return self.object(depth),
            Some(b'[') => return self.array(depth),
            Some(b'"') => Kind::String(Text::new(self.string()?)),
            Some(b'-' | b'0'..=b'9') => Kind::Number(self.number()?),
            _ if self.word("true") => Kind::Bool(true),
            _ if self.word("false") => Kind::Bool(false),
            _ if self.word("null") => Kind::Null,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Value::new(kind, Origin::new(self.source, start..self.at)))
    }

    fn object(&mut self, depth: usize) -> Result<Value, SyntaxError> {
        let start = self.open(depth)?;
        let outer = self.members.len();
        self.skip_space();
        while !self.take(b'}') {
            if self.members.len() > outer {
                self.expect(b',', "`,` or `}`")?;
                self.skip_space();
                if self.is_lenient && self.take(b'}') {
                    break;
                }
            }
            let name_start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a name in double quotes"));
            }
            let name = Text::new(self.string()?);
            let name_span = name_start..self.at;
            self.skip_space();
            self.expect(b':', "`:`")?;
            let value = self.value(depth + 1)?;
            self.members.push((name_span, name, value));
            self.skip_space();
        }
        let origin = Origin::new(self.source, start..self.at);
        let own = self.members.get_mut(outer..).unwrap_or_default();
        if !own.is_sorted_by(|(_, name, _), (_, next, _)| name < next) {
            // Members with one name stay in the order of the text.
            own.sort_by(|(_, name, _), (_, next, _)| name.cmp(next));
            self.diagnostics.extend(duplicates(self.source, own));
        }
        let members = self.members.drain(outer..).map(|(_, name, value)| (name, value));
        Ok(Value::table(members, origin))
    }

    fn array(&mut self, depth: usize) -> Result<Value, SyntaxError> {
        let start = self.open(depth)?;
        let outer = self.elements.len();
        self.skip_space();
        while !self.take(b']') {
            if self.elements.len() > outer {
                self.expect(b',', "`,` or `]`")?;
                self.skip_space();
                if self.is_lenient && self.take(b']') {
                    break;
                }
            }
            let element = self.value(depth + 1)?;
            self.elements.push(element);
            self.skip_space();
        }
        let origin = Origin::new(self.source, start..self.at);
        Ok(Value::array(self.elements.drain(outer..), origin))
    }

    /// Steps over an opening bracket, unless it is one level too deep.
    fn open(&mut self, depth: usize) -> Result<usize, SyntaxError> {
        if depth >= MAX_DEPTH {
            return Err(SyntaxError(too_deep(self.source, self.at..self.at + 1).into()));
        }
        self.at += 1;
        Ok(self.at - 1)
    }

    fn string(&mut self) -> Result<Cow<'s, str>, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let mut escaped = false;
        loop {
            let bytes = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let plain = bytes.get(..memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len())).unwrap_or_default();
            // Every byte is compared, since a search that may stop at one cannot compare many at once.
            let has_control = plain.iter().fold(false, |found, byte| found | (*byte < 0x20));
            let control = if has_control { plain.iter().position(|byte| *byte < 0x20) } else { None };
            self.at += control.unwrap_or(plain.len());
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(b'\n' | b'\r') => {
                    let message = "unclosed string: the line ends inside it";
                    let help = "close it with `\"`, or write a line break as \\n";
                    return Err(self.stop(message, start..start + 1).help(help));
                }
                Some(_) => {
                    let name = self.rest().chars().next().and_then(invisible).map(|(name, _)| name);
                    let (name, help) = match name {
                        Some(name) => (name, "write the character as an escape, such as \\u0007"),
                        None => ("a tab".into(), "write it as \\t"),
                    };
                    return Err(self.stop(&format!("{name}, in a string"), self.at..self.at + 1).help(help));
                }
                None => {
                    let stop = self.stop("unclosed string", start..start + 1);
                    return Err(stop.help("close it with `\"`"));
                }
            }
        }
        self.at += 1;
        let span = start..self.at;
        if !escaped {
            return Ok(Cow::Borrowed(self.text.get(start + 1..self.at - 1).unwrap_or_default()));
        }
        let quoted = self.text.get(span.clone()).unwrap_or_default();
        serde_json::from_str(quoted)
            .map(Cow::Owned)
            .map_err(|_| self.stop("invalid escape in a string", span).help("write a backslash as `\\\\`"))
    }

    fn number(&mut self) -> Result<Number, SyntaxError> {
        let rest = self.rest();
        let end =
            rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let (text, _) = rest.split_at(end);
        let span = self.at..self.at + end;
        let number = Number::parse(text)
            .map_err(|_| self.stop("invalid number", span).help("write a number as 3, -0.5 or 1e6"))?;
        self.at += end;
        Ok(number)
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, byte: u8, wanted: &str) -> Result<(), SyntaxError> {
        if self.take(byte) { Ok(()) } else { Err(self.unexpected(wanted)) }
    }

    /// Steps over white space, and over the comments of a lenient text. A comment that is not closed stays.
    fn skip_space(&mut self) {
        loop {
            self.at += space_length(self.text.as_bytes().get(self.at..).unwrap_or_default());
            if !self.is_lenient {
                return;
            }
            let rest = self.rest();
            let comment = match rest.get(..2) {
                // A carriage return alone does not end a comment (as in the editors of this format).
                Some("//") => Some(rest.find('\n').unwrap_or(rest.len())),
                Some("/*") => rest.get(2..).and_then(|inside| inside.find("*/")).map(|end| end + 4),
                _ => None,
            };
            let Some(length) = comment else { return };
            self.at += length;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn unexpected(&self, wanted: &str) -> SyntaxError {
        let next = self.rest().chars().next();
        let invisible = next.and_then(invisible);
        let found = match (next, &invisible) {
            (None, _) => "the end of the input".into(),
            (Some(_), Some((name, _))) => name.clone(),
            // A letter may be the first of a secret without quotes.
            (Some(c), None) if c.is_alphanumeric() => "an unquoted word".into(),
            (Some(c), None) => format!("`{c}`"),
        };
        let width = next.map_or(0, char::len_utf8);
        let stop = self.stop(&format!("expected {wanted}, found {found}"), self.at..self.at + width);
        let before = self.text.get(..self.at).unwrap_or_default();
        let way = match self.source.layer() {
            _ if self.is_lenient => WayOut::Lenient,
            LayerKind::File => WayOut::Rename,
            _ => WayOut::None,
        };
        match invisible.map(|(_, help)| help).or_else(|| help(before, self.rest(), wanted, way)) {
            Some(help) => stop.help(help),
            None => stop,
        }
    }

    fn stop(&self, message: &str, span: Range<usize>) -> SyntaxError {
        SyntaxError(syntax(self.source, Code::ParseJson, message, span).into())
    }
}

/// How many bytes of white space there are at the beginning. Most of it is indentation, so eight spaces are compared at once.
fn space_length(bytes: &[u8]) -> usize {
    const SPACES: u64 = u64::from_le_bytes(*b"        ");
    let mut rest = bytes;
    while let [b' ' | b'\t' | b'\n' | b'\r', after @ ..] = rest {
        let next = after.first_chunk().map_or(0, |next| u64::from_le_bytes(*next));
        let spaces = (next ^ SPACES).trailing_zeros() / 8;
        rest = after.get(spaces as usize..).unwrap_or_default();
    }
    bytes.len() - rest.len()
}

/// The errors for members with the name of an earlier one, where the members are sorted by name, then place. In the order of the
/// text.
fn duplicates(source: &Arc<Source>, members: &[(Range<usize>, Text, Value)]) -> Vec<Diagnostic> {
    let mut found: Vec<(&Range<usize>, &Text, &Value)> = Vec::new();
    for same in members.chunk_by(|(_, name, _), (_, next, _)| name == next) {
        if let [(_, name, first), later @ ..] = same {
            found.extend(later.iter().map(|(span, ..)| (span, name, first)));
        }
    }
    found.sort_by_key(|(span, ..)| span.start);
    let report = |(span, name, first): (&Range<usize>, &Text, &Value)| {
        let message = format!("`{name}` is set a second time");
        let diagnostic = syntax(source, Code::ParseDuplicateKey, message, span.clone());
        diagnostic.help(format!("keep one of them: the first value is at {}", first.origin()))
    };
    found.into_iter().map(report).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    fn read(text: &str, is_lenient: bool) -> Result<String, String> {
        let source = Source::document(LayerKind::File, "a.jsonc", text);
        let first = |found: Vec<Diagnostic>| {
            let (line, column) = found[0].origin.as_ref().unwrap().line_column().unwrap();
            format!("{line}:{column} {}; {}", found[0].message, found[0].help.as_deref().unwrap_or("no help"))
        };
        parse(&source, is_lenient).map(|value| value.to_string()).map_err(first)
    }

    #[test]
    fn comments_and_a_last_comma_are_read_where_they_are_allowed() {
        for (text, expected) in [
            ("// c\n/* d */{}", "{}"),
            ("{\"a\": 1,} // no line end", "{ a = 1 }"),
            ("\u{feff}/**/[/* ] */1//,\n,/* * / */2/***/,\n// }\n]", "[1, 2]"),
            ("{\"a\"/*:*/:/*,*/\"//\"/*\"*/,\r\n\"b\": \"/* */\"}", "{ a = \"//\", b = \"/* */\" }"),
            ("[[], {},]", "[[], {}]"),
        ] {
            assert_eq!(read(text, true).as_deref(), Ok(expected), "{text}");
            assert!(read(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn every_repeated_name_is_reported_in_the_order_of_the_text() {
        let text = "{\"b\": 1, \"a\": {\"c\": 2, \"c\": 3},\n\"b\": 4, \"d\": 5, \"a\": 6, \"b\": 7}";
        let source = Source::document(LayerKind::File, "a.json", text);
        let found = parse(&source, false).unwrap_err();
        let place = |diagnostic: &Diagnostic| diagnostic.origin.as_ref().unwrap().to_string();
        let found: Vec<String> =
            found.iter().map(|one| format!("{} {}", place(one), one.help.as_ref().unwrap())).collect();
        let expected =
            [("1:24", "1:21"), ("2:1", "1:7"), ("2:17", "1:15"), ("2:25", "1:7")].map(|(place, first)| {
                format!("a.json:{place} keep one of them: the first value is at a.json:{first}")
            });
        assert_eq!(found, expected);
    }

    #[test]
    fn a_string_ends_at_its_quote_and_space_is_skipped_up_to_the_next_value() {
        let long = "x".repeat(100);
        for (text, expected) in [("\"\"", "\"\""), ("\"'\"", "\"'\""), ("        {        }        ", "{}")] {
            assert_eq!(read(text, false).as_deref(), Ok(expected), "{text}");
        }
        for indentation in 0..20 {
            let space = " ".repeat(indentation);
            let text = format!("[\r\n{space}\"{long}\"{space},\n{space}1\t]");
            assert_eq!(read(&text, false), Ok(format!("[\"{long}\", 1]")), "{text}");
        }
        for at in [0, 15, 16, 99] {
            let mut text = format!("\"{long}\"");
            text.insert(at + 1, '\u{1f}');
            let error = read(&text, false).unwrap_err();
            assert!(error.starts_with(&format!("1:{} U+001F", at + 2)), "{error}");
        }
    }

    #[test]
    fn what_no_json_has_stays_an_error() {
        for (text, expected) in [
            ("{\"a\": 1,,}", "1:9 expected a name in double quotes, found `,`; remove one of the two commas"),
            ("{,}", "1:2 expected a name in double quotes, found `,`; remove the comma"),
            ("[,1]", "1:2 expected a value, found `,`; remove the comma"),
            ("[1]\n/* x", "2:1 expected the end of the input, found `/`; close the comment with `*/`"),
            ("/* 1 /* 2 */ */ 1", "1:14 expected a value, found `*`; no help"),
            ("# c\n{}", "1:1 expected a value, found `#`; a comment begins with `//`"),
            ("{\"a\": 1 / 2}", "1:9 expected `,` or `}`, found `/`; a comment begins with `//` or `/*`"),
        ] {
            assert_eq!(read(text, true).as_ref().map_err(String::as_str), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_mistake_of_another_format_gets_the_help_that_ends_it() {
        for (text, found) in [
            ("{\u{a0}}", "found U+00A0, a no-break space; write a plain space instead"),
            ("{\"a\":\u{200b}1}", "found U+200B, a zero-width space; remove it"),
            ("{}\u{1a}", "found U+001A, the end-of-file mark of DOS (Ctrl-Z); remove it"),
            ("{\"a\": None}", "found an unquoted word; write `null`"),
            ("{\"a\": undefined}", "found an unquoted word; write `null`"),
            ("{\"a\": True}", "found an unquoted word; write `true` or `false` in lower case"),
            (
                "{\"a\": yes}",
                "found an unquoted word; write `true` or `false`, or put a string in double quotes",
            ),
            ("{\"a\": \u{201c}x\u{201d}}", "found `“`; use straight quotes: \"text\""),
            ("{\"a\" = 1}", "found `=`; write `:` between name and value"),
            ("{\"a\": 1; \"b\": 2}", "found `;`; put a comma between two members"),
            ("{\"a\": [1]]}", "found `]`; close the object with `}` first, or remove the `]`"),
            ("{}}", "found `}`; remove it: there is one `}` too many"),
            (
                "{\"a\": 1,000}",
                "found an unquoted word; write a number without commas, such as 1000, and a decimal number with a \
                 point, such as 1.5",
            ),
            ("[\"\t\"]", "a tab, in a string; write it as \\t"),
            (
                "[\"\u{1}\"]",
                "U+0001, a control character, in a string; write the character as an escape, such as \\u0007",
            ),
            ("[\"C:\\Users\"]", "invalid escape in a string; write a backslash as `\\\\`"),
        ] {
            let error = read(text, false).unwrap_err();
            assert!(error.ends_with(found), "{text}: {error}");
        }
    }
}
