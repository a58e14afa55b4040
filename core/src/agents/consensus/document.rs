//! Reads one JSON document that arrives in pieces, and finds the values at some places in it, with bounded memory.

use alloc::string::String;
use alloc::vec::Vec;

use super::answer::AnswerScanner;
use super::json_text::{JsonText, TextPiece};
use super::pointer::JsonPointer;

/// The deepest nesting that is followed. Each level takes a few bytes of memory.
const DEEPEST: usize = 10_000;

/// How many bytes of a found value are kept.
const KEPT_BYTES: usize = 4096;

/// Reads a document whose root is an object or a list.
#[derive(Clone)]
pub(super) struct DocumentReader {
    containers: Vec<JsonContainer>,
    expected: ExpectedToken,
    /// The name of the current member, with at most one byte more than the longest name that is searched for.
    name: Vec<u8>,
    longest_name: usize,
    searches: [ValueSearch; 2],
}

/// How far a document was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DocumentState {
    /// It goes on.
    Open,
    /// It is complete.
    Complete,
    /// It is not JSON.
    Invalid,
    /// It is nested deeper than is followed.
    TooDeep,
}

#[derive(Clone, Copy)]
enum JsonContainer {
    Object,
    /// With the index of the current element.
    List(usize),
}

/// What the next byte belongs to.
#[derive(Clone)]
enum ExpectedToken {
    Value,
    ElementOrEnd,
    Name,
    NameOrEnd,
    Colon,
    CommaOrEnd,
    Text { is_name: bool, text: JsonText },
    Literal { rest: &'static [u8] },
    Number(NumberPart),
    Nothing,
}

/// The part of a number that was read last (RFC 8259, section 6).
#[derive(Clone, Copy)]
enum NumberPart {
    Minus,
    Zero,
    Digits,
    Point,
    Fraction,
    E,
    ESign,
    Exponent,
}

/// Finds the value at a place. If an object has a name twice, its last value counts. A `null` is not found.
#[derive(Clone)]
struct ValueSearch {
    /// `None`: it searches for nothing.
    pointer: Option<JsonPointer>,
    /// Reads a found text.
    scanner: Option<AnswerScanner>,
    /// How many names and indexes of the pointer lead to the current value.
    matched: usize,
    /// Whether the document has the first one.
    is_begun: bool,
    is_capturing: bool,
    found: Option<FoundValue>,
}

/// A value at a place: the content of a text, or the JSON of any other value.
#[derive(Clone)]
pub(super) struct FoundValue {
    /// Whether it is a text.
    pub(super) is_text: bool,
    /// Whether it has nothing but white space.
    pub(super) is_blank: bool,
    /// Its first bytes.
    pub(super) beginning: Vec<u8>,
    /// What read it.
    pub(super) scanner: Option<AnswerScanner>,
}

impl DocumentReader {
    /// Searches for an answer, which the scanner reads, and for an error.
    pub(super) fn new(
        answer_at: Option<&JsonPointer>,
        scanner: Option<&AnswerScanner>,
        error_at: Option<&JsonPointer>,
    ) -> Self {
        let longest = [answer_at, error_at].into_iter().flatten().map(JsonPointer::longest_token).max();
        let search = |pointer: Option<&JsonPointer>, scanner: Option<&AnswerScanner>| ValueSearch {
            pointer: pointer.cloned(),
            scanner: scanner.cloned(),
            matched: 0,
            is_begun: pointer.is_some_and(|pointer| pointer.len() == 0),
            is_capturing: false,
            found: None,
        };
        Self {
            containers: Vec::new(),
            expected: ExpectedToken::Value,
            name: Vec::new(),
            longest_name: longest.unwrap_or(0),
            searches: [search(answer_at, scanner), search(error_at, None)],
        }
    }

    /// The answer and the error that were found so far.
    pub(super) fn found(self) -> [Option<FoundValue>; 2] {
        self.searches.map(|search| search.found)
    }

    /// Whether the document has the first name of the place of the answer.
    pub(super) fn may_have_answer(&self) -> bool {
        let [answer, _] = &self.searches;
        answer.is_begun
    }

    /// Reads the next bytes, up to the end of the document: how many it read, and the state then.
    pub(super) fn push(&mut self, bytes: &[u8]) -> (usize, DocumentState) {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let was_capturing = self.searches.each_ref().map(|search| search.is_capturing);
            let Some(length) = self.step(rest) else { return (at, DocumentState::Invalid) };
            let read = rest.get(..length).unwrap_or_default();
            for (search, was_capturing) in self.searches.iter_mut().zip(was_capturing) {
                search.push_json(read, was_capturing);
            }
            at += length;
            if self.containers.len() > DEEPEST {
                return (at, DocumentState::TooDeep);
            }
            if matches!(self.expected, ExpectedToken::Nothing) {
                return (at, DocumentState::Complete);
            }
        }
        (at, DocumentState::Open)
    }

    /// Reads some bytes: how many. `None`: they are not JSON.
    fn step(&mut self, rest: &[u8]) -> Option<usize> {
        let byte = *rest.first()?;
        if let ExpectedToken::Number(part) = self.expected {
            return match part.next(byte) {
                Some(next) => {
                    self.expected = ExpectedToken::Number(next);
                    Some(1)
                }
                None if part.is_end() => {
                    self.end_value();
                    Some(0)
                }
                None => None,
            };
        }
        if let ExpectedToken::Text { is_name, text } = &mut self.expected {
            let is_name = *is_name;
            let (length, piece) = text.step(rest)?;
            match piece {
                TextPiece::Content(content) => self.push_text(is_name, content.as_bytes(rest)),
                TextPiece::Nothing => {}
                TextPiece::End if is_name => self.expected = ExpectedToken::Colon,
                TextPiece::End => self.end_value(),
            }
            return Some(length);
        }
        if let ExpectedToken::Literal { rest } = &mut self.expected {
            let (first, others) = rest.split_first()?;
            *rest = others;
            let is_end = others.is_empty();
            return (*first == byte).then(|| {
                if is_end {
                    self.end_value();
                }
                1
            });
        }
        if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            self.structure(byte)?;
        }
        Some(1)
    }

    /// Reads a byte between names and values.
    fn structure(&mut self, byte: u8) -> Option<()> {
        match (&self.expected, byte, self.containers.last_mut()) {
            (ExpectedToken::ElementOrEnd, b']', _) | (ExpectedToken::NameOrEnd, b'}', _) => self.close(),
            (ExpectedToken::ElementOrEnd, _, _) => {
                self.enter_member();
                self.begin_value(byte)?;
            }
            (ExpectedToken::Value, _, _) => self.begin_value(byte)?,
            (ExpectedToken::Name | ExpectedToken::NameOrEnd, b'"', _) => {
                self.name.clear();
                self.expected = ExpectedToken::Text { is_name: true, text: JsonText::default() };
            }
            (ExpectedToken::Colon, b':', _) => {
                self.enter_member();
                self.expected = ExpectedToken::Value;
            }
            (ExpectedToken::CommaOrEnd, b',', Some(JsonContainer::Object)) => {
                self.leave_member();
                self.expected = ExpectedToken::Name;
            }
            (ExpectedToken::CommaOrEnd, b',', Some(JsonContainer::List(index))) => {
                *index += 1;
                self.leave_member();
                self.enter_member();
                self.expected = ExpectedToken::Value;
            }
            (ExpectedToken::CommaOrEnd, b'}', Some(JsonContainer::Object))
            | (ExpectedToken::CommaOrEnd, b']', Some(JsonContainer::List(_))) => {
                self.leave_member();
                self.close();
            }
            _ => return None,
        }
        Some(())
    }

    /// Begins a value with its first byte.
    fn begin_value(&mut self, byte: u8) -> Option<()> {
        let level = self.containers.len();
        self.expected = match byte {
            b'"' => ExpectedToken::Text { is_name: false, text: JsonText::default() },
            b'{' => ExpectedToken::NameOrEnd,
            b'[' => ExpectedToken::ElementOrEnd,
            b't' => ExpectedToken::Literal { rest: b"rue" },
            b'f' => ExpectedToken::Literal { rest: b"alse" },
            b'n' => ExpectedToken::Literal { rest: b"ull" },
            b'-' => ExpectedToken::Number(NumberPart::Minus),
            b'0' => ExpectedToken::Number(NumberPart::Zero),
            b'1'..=b'9' => ExpectedToken::Number(NumberPart::Digits),
            _ => return None,
        };
        self.searches.iter_mut().for_each(|search| search.begin_value(level, byte));
        match byte {
            b'{' => self.containers.push(JsonContainer::Object),
            b'[' => self.containers.push(JsonContainer::List(0)),
            _ => {}
        }
        Some(())
    }

    fn close(&mut self) {
        self.containers.pop();
        self.end_value();
    }

    fn end_value(&mut self) {
        let level = self.containers.len();
        self.searches.iter_mut().for_each(|search| search.end_value(level));
        self.expected = if level == 0 { ExpectedToken::Nothing } else { ExpectedToken::CommaOrEnd };
    }

    /// A member of the innermost container begins.
    fn enter_member(&mut self) {
        let level = self.containers.len();
        let index;
        let token = match self.containers.last() {
            Some(JsonContainer::List(number)) => {
                index = alloc::format!("{number}");
                index.as_bytes()
            }
            _ => self.name.as_slice(),
        };
        self.searches.iter_mut().for_each(|search| search.enter_member(level, token));
    }

    fn leave_member(&mut self) {
        let level = self.containers.len();
        for search in self.searches.iter_mut().filter(|search| search.matched == level) {
            search.matched = level.saturating_sub(1);
        }
    }

    /// Takes the content of a name or of a text.
    fn push_text(&mut self, is_name: bool, content: &[u8]) {
        if is_name {
            // A name that is too long matches nothing, also without its rest.
            let free = (self.longest_name + 1).saturating_sub(self.name.len());
            self.name.extend(content.iter().take(free));
        } else {
            self.searches.iter_mut().for_each(|search| search.push_text(content));
        }
    }
}

impl ValueSearch {
    fn is_at(&self, level: usize) -> bool {
        self.matched == level && self.pointer.as_ref().is_some_and(|pointer| pointer.len() == level)
    }

    fn begin_value(&mut self, level: usize, byte: u8) {
        if self.is_at(level) && byte != b'n' {
            let is_text = byte == b'"';
            let (beginning, scanner) = (Vec::new(), self.scanner.clone());
            self.found = Some(FoundValue { is_text, is_blank: true, beginning, scanner });
            self.is_capturing = true;
        }
    }

    fn end_value(&mut self, level: usize) {
        if self.is_at(level) {
            self.is_capturing = false;
        }
    }

    fn enter_member(&mut self, level: usize, token: &[u8]) {
        let Some(pointer) = &self.pointer else { return };
        let above = level.saturating_sub(1);
        if self.matched == above && pointer.token(above).is_some_and(|wanted| wanted.as_bytes() == token) {
            self.matched = level;
            self.is_begun = true;
            self.found = None;
        }
    }

    /// Takes the content of a text.
    fn push_text(&mut self, content: &[u8]) {
        if self.is_capturing {
            self.push(content, true);
        }
    }

    /// Takes JSON that was read, from the first byte of a value to its last.
    fn push_json(&mut self, json: &[u8], was_capturing: bool) {
        if self.is_capturing || was_capturing {
            self.push(json, false);
        }
    }

    fn push(&mut self, bytes: &[u8], is_content: bool) {
        if let Some(found) = self.found.as_mut().filter(|found| found.is_text == is_content) {
            let free = KEPT_BYTES.saturating_sub(found.beginning.len());
            found.beginning.extend(bytes.iter().take(free));
            found.is_blank &= bytes.iter().all(u8::is_ascii_whitespace);
            if let Some(scanner) = &mut found.scanner {
                scanner.push(bytes);
            }
        }
    }
}

impl FoundValue {
    /// Whether it is anything but `false`, 0, and an empty text, list or object.
    pub(super) fn is_true(&self) -> bool {
        let bytes = self.beginning.as_slice();
        match bytes {
            _ if self.is_text => !bytes.is_empty(),
            [b'{' | b'[', inner @ ..] => !matches!(inner.trim_ascii_start(), [b'}' | b']', ..]),
            [b'-' | b'0'..=b'9', ..] => {
                let digits = bytes.iter().take_while(|byte| !matches!(byte, b'e' | b'E'));
                digits.filter(|byte| byte.is_ascii_digit()).any(|digit| *digit != b'0')
            }
            _ => bytes.starts_with(b"t"),
        }
    }

    /// Its beginning as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.beginning).into_owned()
    }
}

impl NumberPart {
    /// The part after this byte. `None`: it does not belong to the number.
    fn next(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Minus, b'0') => Some(Self::Zero),
            (Self::Minus | Self::Digits, b'0'..=b'9') => Some(Self::Digits),
            (Self::Zero | Self::Digits, b'.') => Some(Self::Point),
            (Self::Point | Self::Fraction, b'0'..=b'9') => Some(Self::Fraction),
            (Self::Zero | Self::Digits | Self::Fraction, b'e' | b'E') => Some(Self::E),
            (Self::E, b'+' | b'-') => Some(Self::ESign),
            (Self::E | Self::ESign | Self::Exponent, b'0'..=b'9') => Some(Self::Exponent),
            _ => None,
        }
    }

    fn is_end(self) -> bool {
        matches!(self, Self::Zero | Self::Digits | Self::Fraction | Self::Exponent)
    }
}
