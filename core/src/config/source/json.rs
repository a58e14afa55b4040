//! A parser of JSON (RFC 8259) that keeps the origin of every value.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{syntax, too_deep};
use crate::tree::{Code, Diagnostic, Kind, MAX_DEPTH, Number, Origin, Source, Text, Value};

pub(super) fn parse(source: &Arc<Source>) -> Result<Value, Vec<Diagnostic>> {
    let start = if source.text().starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = JsonReader { source, text: source.text(), at: start, diagnostics: Vec::new() };
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
        let mut members: BTreeMap<Text, Value> = BTreeMap::new();
        self.skip_space();
        while !self.take(b'}') {
            if !members.is_empty() {
                self.expect(b',', "`,` or `}`")?;
                self.skip_space();
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
            if let Some(first) = members.get(&name) {
                let diagnostic = syntax(
                    self.source,
                    Code::ParseDuplicateKey,
                    format!("`{name}` is set a second time"),
                    name_span,
                );
                self.diagnostics.push(
                    diagnostic.help(format!("keep one of them: the first value is at {}", first.origin())),
                );
            } else {
                members.insert(name, value);
            }
            self.skip_space();
        }
        Ok(Value::table(members, Origin::new(self.source, start..self.at)))
    }

    fn array(&mut self, depth: usize) -> Result<Value, SyntaxError> {
        let start = self.open(depth)?;
        let mut elements = Vec::new();
        self.skip_space();
        while !self.take(b']') {
            if !elements.is_empty() {
                self.expect(b',', "`,` or `]`")?;
            }
            elements.push(self.value(depth + 1)?);
            self.skip_space();
        }
        Ok(Value::array(elements, Origin::new(self.source, start..self.at)))
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
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(byte) if byte >= 0x20 => self.at += 1,
                Some(b'\n' | b'\r') => {
                    let message = "unclosed string: the line ends inside it";
                    let help = "close it with `\"`, or write a line break as \\n";
                    return Err(self.stop(message, start..start + 1).help(help));
                }
                Some(_) => {
                    let stop = self.stop("a control character in a string", self.at..self.at + 1);
                    return Err(stop.help("write the character as an escape, such as \\u0007"));
                }
                None => {
                    let stop = self.stop("unclosed string", start..start + 1);
                    return Err(stop.help("close it with `\"`"));
                }
            }
        }
        self.at += 1;
        let span = start..self.at;
        let quoted = self.text.get(span.clone()).unwrap_or_default();
        if !escaped {
            return Ok(Cow::Borrowed(quoted.trim_matches('"')));
        }
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

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn unexpected(&self, wanted: &str) -> SyntaxError {
        let (found, width) = match self.rest().chars().next() {
            None => ("the end of the input".into(), 0),
            // A letter may be the first of a secret without quotes.
            Some(c) if c.is_alphanumeric() => ("an unquoted word".into(), c.len_utf8()),
            Some(c) if c.is_control() => (format!("`{}`", c.escape_default()), c.len_utf8()),
            Some(c) => (format!("`{c}`"), c.len_utf8()),
        };
        let stop = self.stop(&format!("expected {wanted}, found {found}"), self.at..self.at + width);
        match self.help(wanted) {
            Some(help) => stop.help(help),
            None => stop,
        }
    }

    /// A help text: what to write instead.
    fn help(&self, wanted: &str) -> Option<&'static str> {
        let (before, rest) = self.text.split_at_checked(self.at)?;
        let is_name = wanted.starts_with("a name");
        Some(match rest.chars().next() {
            None if before.trim_matches(['\u{feff}', ' ', '\t', '\n', '\r']).is_empty() => {
                "write {} for an empty configuration"
            }
            None => return None,
            Some('/' | '#') => "JSON has no comments",
            Some('}' | ']') if before.trim_end().ends_with(',') => "remove the comma before it",
            Some(_) if wanted.starts_with("the end") => {
                "JSON allows one value at the top level: merge the two"
            }
            Some('"' | '{' | '[') if wanted.starts_with("`,`") => "put a comma before it",
            Some('\'') if !is_name => "put a string in double quotes",
            Some(c) if is_name && (c == '\'' || c.is_alphabetic()) => "put the name in double quotes",
            Some('+' | '.') => "write a number as 3, -0.5 or 1e6",
            Some(c) if wanted == "a value" && c.is_alphabetic() => {
                "put a string in double quotes; only `true`, `false` and `null` need none"
            }
            Some(_) => return None,
        })
    }

    fn stop(&self, message: &str, span: core::ops::Range<usize>) -> SyntaxError {
        SyntaxError(syntax(self.source, Code::ParseJson, message, span).into())
    }
}
