//! Reads the standard output of an agent in the form that its provider has.

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use core::{fmt, mem};

use memchr::memchr;
use serde_json::Value as Json;

use super::answer::AnswerScanner;
use super::document::{DocumentReader, DocumentState, FoundValue};
use super::no_answer::NoAnswer;
use super::pointer::JsonPointer;
use crate::agents::OutputMode;
use crate::config::redact::Masks;

/// What an agent wrote to its standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputReading {
    /// Its answer, as compact JSON; `Ok(None)` if it wrote something and answers are not compared.
    pub answer: Result<Option<String>, NoAnswer>,
    /// The error that it reports; the text may be empty.
    pub error: Option<String>,
}

/// The reading of nothing.
impl Default for OutputReading {
    fn default() -> Self {
        Self { answer: Err(NoAnswer::Empty), error: None }
    }
}

/// Reads a stream of output with bounded memory. The sizes of the pushes do not change the result.
///
/// Of JSON lines, each line that is not a whole JSON object or list is skipped, such as a warning. Of a JSON document, each line before
/// it and after it is. If a document is broken after the first name of the place of the answer, earlier answers do not count. An error
/// in any document counts. Output in which no document has the place of the answer is read as text.
///
/// ```
/// use speckit_core::Key;
/// use speckit_core::agents::OutputMode;
/// use speckit_core::agents::consensus::{AnswerScanner, OutputReader};
/// let scanner = AnswerScanner::new(Key::of(["verdict"]), [], Default::default());
/// let answer_at = "/result".parse().unwrap();
/// let mut reader = OutputReader::new(OutputMode::Json, Some(answer_at), "/is_error".parse().ok(), Some(scanner));
/// for piece in [r#"{"is_error": false, "result": "It is {\"verdict\""#, r#": \"approve\"}"}"#] {
///     reader.push(piece.as_bytes());
/// }
/// let reading = reader.finish();
/// assert_eq!(reading.answer, Ok(Some("\"approve\"".into())));
/// assert_eq!(reading.error, None);
/// ```
#[derive(Clone, Debug)]
pub struct OutputReader {
    /// Whether there was nothing but white space so far.
    is_blank: bool,
    /// Reads all of it as text; `None`: answers are not compared.
    text: Option<AnswerScanner>,
    documents: Option<OutputDocuments>,
}

/// A reader of text whose answers are not compared.
impl Default for OutputReader {
    fn default() -> Self {
        Self { is_blank: true, text: None, documents: None }
    }
}

/// The documents in an output.
#[derive(Clone)]
struct OutputDocuments {
    mode: OutputMode,
    answer_at: Option<JsonPointer>,
    error_at: Option<JsonPointer>,
    scanner: Option<AnswerScanner>,
    part: OutputPart,
    has_document: bool,
    answer: FoundAnswer,
    error: Option<String>,
}

/// Hides the output, which may contain secrets.
impl fmt::Debug for OutputDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputDocuments").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// What the next byte belongs to.
#[derive(Clone)]
enum OutputPart {
    /// The beginning of a line.
    LineStart,
    Document(Box<DocumentReader>),
    /// The rest of the line after a document.
    LineEnd(Box<DocumentReader>),
    /// The rest of a line that is skipped.
    Skipped,
}

#[derive(Clone)]
enum FoundAnswer {
    None,
    /// The last document that may have it is broken.
    Broken,
    Value(Box<FoundValue>),
}

impl OutputReader {
    /// A reader of this form. The scanner reads what is found at `answer_at`, or without it the whole output; `None`: answers are not
    /// compared.
    pub fn new(
        mode: OutputMode,
        answer_at: Option<JsonPointer>,
        error_at: Option<JsonPointer>,
        scanner: Option<AnswerScanner>,
    ) -> Self {
        let is_read = mode != OutputMode::Text && (answer_at.is_some() || error_at.is_some());
        let documents = is_read.then(|| OutputDocuments {
            mode,
            answer_at,
            error_at,
            scanner: scanner.clone(),
            part: OutputPart::LineStart,
            has_document: false,
            answer: FoundAnswer::None,
            error: None,
        });
        Self { is_blank: true, text: scanner, documents }
    }

    /// The reader with these masks instead, before its first byte.
    #[must_use]
    pub fn with_masks(self, masks: &Arc<Masks>) -> Self {
        let masked = |scanner: AnswerScanner| scanner.with_masks(Arc::clone(masks));
        let documents = |one: OutputDocuments| OutputDocuments { scanner: one.scanner.map(masked), ..one };
        Self { text: self.text.map(masked), documents: self.documents.map(documents), ..self }
    }

    /// Takes the next bytes of the output.
    pub fn push(&mut self, bytes: &[u8]) {
        self.is_blank = self.is_blank && bytes.iter().all(u8::is_ascii_whitespace);
        let mut is_text_needed = true;
        if let Some(documents) = &mut self.documents {
            documents.push(bytes);
            is_text_needed = !documents.decides();
        }
        if let Some(text) = self.text.as_mut().filter(|_| is_text_needed) {
            text.push(bytes);
        }
    }

    /// What was read, at the end of the output.
    pub fn finish(mut self) -> OutputReading {
        if let Some(documents) = &mut self.documents {
            documents.end_line();
        }
        let (error, has_document, missing) = match self.documents {
            Some(documents) if documents.decides() => return documents.reading(),
            Some(OutputDocuments { error, has_document, answer_at, .. }) => {
                (error, has_document, answer_at.filter(|_| has_document))
            }
            None => (None, true, None),
        };
        let not_at = missing.map(|place| NoAnswer::NotAt(place.to_string()));
        let answer = match (self.text, &not_at) {
            (None, _) if self.is_blank => Err(NoAnswer::Empty),
            (None, None) => Ok(None),
            (None, Some(not_at)) => Err(not_at.clone()),
            (Some(text), _) => text.finish().map(Some),
        };
        let because = |none: NoAnswer| match not_at {
            Some(not_at) => not_at,
            None if has_document || self.is_blank => none,
            None => NoAnswer::AsText(Box::new(none)),
        };
        OutputReading { answer: answer.map_err(because), error }
    }
}

impl OutputDocuments {
    /// Whether a document has the place of the answer, or may have it and is broken.
    fn decides(&self) -> bool {
        !matches!(self.answer, FoundAnswer::None)
    }

    fn push(&mut self, mut bytes: &[u8]) {
        while let Some(first) = bytes.first() {
            bytes = match &mut self.part {
                OutputPart::LineStart => match first {
                    b'{' | b'[' => {
                        let (answer_at, error_at) = (self.answer_at.as_ref(), self.error_at.as_ref());
                        let reader = DocumentReader::new(answer_at, self.scanner.as_ref(), error_at);
                        self.part = OutputPart::Document(Box::new(reader));
                        bytes
                    }
                    _ => {
                        // A byte order mark may come before the first document.
                        if !matches!(first, b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf) {
                            self.part = OutputPart::Skipped;
                        }
                        bytes.get(1..).unwrap_or_default()
                    }
                },
                OutputPart::Document(reader) => {
                    let line = match self.mode {
                        OutputMode::Jsonl => memchr(b'\n', bytes).map_or(bytes, |end| bytes.split_at(end).0),
                        OutputMode::Text | OutputMode::Json => bytes,
                    };
                    let (read, state) = reader.push(line);
                    let rest = bytes.get(read..).unwrap_or_default();
                    match state {
                        DocumentState::Complete => self.end_document(),
                        DocumentState::Invalid => self.broken(),
                        DocumentState::TooDeep => self.too_deep(),
                        // The line ends within the document.
                        DocumentState::Open if !rest.is_empty() => self.broken(),
                        DocumentState::Open => {}
                    }
                    rest
                }
                OutputPart::LineEnd(_) if *first == b'\n' => {
                    self.end_line();
                    bytes
                }
                OutputPart::LineEnd(_) => {
                    if !first.is_ascii_whitespace() {
                        self.broken();
                    }
                    bytes.get(1..).unwrap_or_default()
                }
                OutputPart::Skipped => {
                    let end = memchr(b'\n', bytes);
                    if end.is_some() {
                        self.part = OutputPart::LineStart;
                    }
                    end.and_then(|end| bytes.get(end..)).unwrap_or_default()
                }
            };
        }
    }

    /// A document ends, and nothing may follow it in its line.
    fn end_document(&mut self) {
        if let OutputPart::Document(reader) = mem::replace(&mut self.part, OutputPart::LineStart) {
            self.part = OutputPart::LineEnd(reader);
        }
    }

    /// A line ends, or the output.
    fn end_line(&mut self) {
        match mem::replace(&mut self.part, OutputPart::LineStart) {
            OutputPart::LineEnd(reader) => self.complete(*reader),
            part @ OutputPart::Document(_) => {
                self.part = part;
                self.broken();
            }
            OutputPart::LineStart | OutputPart::Skipped => {}
        }
    }

    /// The document is not valid, and the rest of its line is skipped. The error that it has shown before counts.
    fn broken(&mut self) {
        if let OutputPart::Document(reader) | OutputPart::LineEnd(reader) =
            mem::replace(&mut self.part, OutputPart::Skipped)
        {
            if reader.may_have_answer() {
                self.answer = FoundAnswer::Broken;
            }
            let [answer, error] = reader.found();
            self.take_error(error, answer.as_ref());
        }
    }

    /// The document is nested too deep to be read to its end, where an error may be.
    fn too_deep(&mut self) {
        self.broken();
        if self.error_at.is_some() && self.error.is_none() {
            self.error = Some("a document is nested too deep".into());
        }
    }

    fn take_error(&mut self, error: Option<FoundValue>, answer: Option<&FoundValue>) {
        if let Some(error) = error.filter(FoundValue::is_true) {
            self.error = Some(error_text(&error, answer));
        }
    }

    fn complete(&mut self, reader: DocumentReader) {
        self.has_document = true;
        let [answer, error] = reader.found();
        self.take_error(error, answer.as_ref());
        if let Some(answer) = answer {
            self.answer = FoundAnswer::Value(Box::new(answer));
        }
    }

    fn reading(self) -> OutputReading {
        let answer_at = || self.answer_at.as_ref().map(JsonPointer::to_string).unwrap_or_default();
        let answer = match self.answer {
            FoundAnswer::None => Err(NoAnswer::NotAt(answer_at())),
            FoundAnswer::Broken => Err(NoAnswer::BrokenDocument(answer_at())),
            FoundAnswer::Value(value) => match value.scanner {
                Some(scanner) => scanner.finish().map(Some),
                None if value.is_blank => Err(NoAnswer::Empty),
                None => Ok(None),
            },
        };
        OutputReading { answer, error: self.error }
    }
}

/// What an error says: its text, its `message`, itself, or the answer in its place.
fn error_text(error: &FoundValue, answer: Option<&FoundValue>) -> String {
    let written = error.text();
    let message = || Some(serde_json::from_str::<Json>(&written).ok()?.get("message")?.as_str()?.to_string());
    match error.beginning.first() {
        _ if error.is_text => written,
        Some(b'{') => message().unwrap_or(written),
        Some(b'[') => written,
        _ => answer.map(FoundValue::text).unwrap_or_default(),
    }
}
