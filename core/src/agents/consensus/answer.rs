//! Finds the answer in the output of an agent.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::{fmt, mem};

use memchr::memchr;
use serde::de::IgnoredAny;
use serde_json::Deserializer;

use super::json::{self, Lexer};
use super::no_answer::NoAnswer;
use crate::config::redact::Masks;
use crate::tree::{Key, MAX_DEPTH, REDACTED, Segment};

/// The longest JSON object that is read, in bytes. A longer one discards earlier answers and gives none.
pub const LONGEST_OBJECT: usize = 1 << 20;

/// How many bytes are read at a time.
const PIECE_BYTES: usize = 16 * 1024;

/// The answer in the output of an agent: the value at a key of the last JSON object that has the key, as compact JSON with
/// sorted names. The last object counts because agents explain themselves before they answer.
///
/// Text around the objects is skipped: prose, code fences, other braces. A nested object does not count by itself; use a longer
/// key for it. If the last object with the key is invalid or incomplete, there is no answer, and earlier objects do not count:
/// they may be examples.
///
/// If an object has a name twice, its last value counts. Equal numbers have equal texts, whatever their notation; strings are
/// compared exactly.
///
/// ```
/// use speckit_core::Key;
/// use speckit_core::agents::consensus::answer;
/// let output = "I weigh {speed} higher.\n```json\n{\"verdict\": \"approve\", \"score\": 1.0}\n```\n";
/// assert_eq!(answer(output, &Key::of(["verdict"])).as_deref(), Ok("\"approve\""));
/// assert_eq!(answer(output, &Key::of(["score"])).as_deref(), Ok("1"));
/// ```
///
/// # Errors
/// [`NoAnswer`].
pub fn answer(output: &str, key: &Key) -> Result<String, NoAnswer> {
    let mut scanner = AnswerScanner::new(key.clone(), [], Arc::default());
    scanner.push(output.as_bytes());
    scanner.finish()
}

/// Finds the [`answer`] in a stream of output with bounded memory: it keeps the last object with the key and the one being read. The
/// sizes of the pushes do not change the result.
///
/// ```
/// use speckit_core::Key;
/// use speckit_core::agents::consensus::AnswerScanner;
/// use speckit_core::config::redact::Masks;
/// let mut scanner = AnswerScanner::new(Key::of(["verdict"]), [], Masks::default().into());
/// for piece in ["Let me see. {\"verdi", "ct\": \"approve\"} It is sound."] {
///     scanner.push(piece.as_bytes());
/// }
/// assert_eq!(scanner.finish().as_deref(), Ok("\"approve\""));
/// ```
#[derive(Clone)]
pub struct AnswerScanner {
    key: Key,
    masks: Arc<Masks>,
    /// The prompts to skip, each split before its first `{`.
    prompts: Arc<[(Vec<u8>, Vec<u8>)]>,
    /// The unread bytes, and before them at least as many as a prompt has before its first `{`.
    bytes: Vec<u8>,
    /// The position in `bytes` to read from.
    at: usize,
    /// How many unread bytes are needed before the next attempt: twice as many as the last time, since each attempt starts again
    /// at the incomplete object.
    wanted_bytes: usize,
    /// The positions in `bytes` of nested objects that an invalid object leaves open: they are invalid at the same position.
    unclosed: BTreeSet<usize>,
    /// The position in `bytes` where the last invalid object ends.
    invalid_until: usize,
    /// Skips an object that is too long.
    too_long: Option<Lexer>,
    /// The last object with the key.
    last: Result<Vec<u8>, NoAnswer>,
    /// How many bytes all attempts have read.
    #[cfg(test)]
    read_bytes: usize,
}

/// Hides the output, which may contain secrets.
impl fmt::Debug for AnswerScanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerScanner").field("key", &self.key).finish_non_exhaustive()
    }
}

impl AnswerScanner {
    /// The scanner with these masks instead.
    #[must_use]
    pub fn with_masks(self, masks: Arc<Masks>) -> Self {
        Self { masks, ..self }
    }

    /// A scanner for the value at a key. An answer that contains a masked secret is rejected.
    ///
    /// Many agents repeat their prompt, which may contain an example of an answer. Each of these prompts that has an answer is
    /// skipped where it is repeated in full, unless it is just an object, which may be the answer.
    pub fn new<'p>(key: Key, prompts: impl IntoIterator<Item = &'p str>, masks: Arc<Masks>) -> Self {
        let to_skip = |prompt: &'p str| {
            let prompt = prompt.trim();
            let is_object = prompt.starts_with('{') && prompt.ends_with('}');
            let (before, rest) = prompt.split_at(prompt.find('{')?);
            (!is_object && answer(prompt, &key).is_ok()).then(|| (before.into(), rest.into()))
        };
        Self {
            prompts: prompts.into_iter().filter_map(to_skip).collect(),
            key,
            masks,
            bytes: Vec::new(),
            at: 0,
            wanted_bytes: 0,
            unclosed: BTreeSet::new(),
            invalid_until: 0,
            too_long: None,
            last: Err(NoAnswer::NoObject),
            #[cfg(test)]
            read_bytes: 0,
        }
    }

    /// Takes the next bytes of the output.
    pub fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE_BYTES) {
            self.bytes.extend_from_slice(piece);
            if self.bytes.len() - self.at >= self.wanted_bytes {
                self.read(false);
            }
        }
    }

    /// The answer, at the end of the output.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub fn finish(mut self) -> Result<String, NoAnswer> {
        self.read(true);
        let object = self.last.clone()?;
        let object = String::from_utf8_lossy(&object);
        let value = json::value_at(object.as_bytes(), &self.key).ok_or_else(|| self.none(NoAnswer::NoKey))?;
        if value == b"null" {
            return Err(self.none(NoAnswer::Null));
        }
        let written = json::canonical(value, MAX_DEPTH).ok_or_else(|| self.none(NoAnswer::Broken))?;
        let start = value.as_ptr().addr() - object.as_ptr().addr();
        // Masked secrets would all be equal, and escapes may hide a secret.
        let is_secret = self.masks.overlap(&object, &(start..start + value.len()))
            || self.masks.mask(&written) != written
            || written.contains(REDACTED);
        if is_secret { Err(self.none(NoAnswer::Secret)) } else { Ok(written) }
    }

    fn none(&self, why: fn(String) -> NoAnswer) -> NoAnswer {
        why(self.key.to_string())
    }

    /// Reads as far as the bytes so far determine the result.
    fn read(&mut self, is_end: bool) {
        let mut bytes = mem::take(&mut self.bytes);
        while self.step(&bytes, is_end) {}
        self.wanted_bytes = 2 * (bytes.len() - self.at);
        let context_bytes = self.prompts.iter().map(|(before, _)| before.len()).max().unwrap_or(0);
        let passed = self.at.saturating_sub(context_bytes);
        if passed > bytes.len() / 2 {
            bytes.drain(..passed);
            self.at -= passed;
            self.invalid_until = self.invalid_until.saturating_sub(passed);
            self.unclosed = self.unclosed.iter().filter_map(|at| at.checked_sub(passed)).collect();
        }
        self.bytes = bytes;
    }

    /// Skips one object, prompt or brace. `false`: there is none, or it is incomplete.
    fn step(&mut self, bytes: &[u8], is_end: bool) -> bool {
        let rest = bytes.get(self.at..).unwrap_or_default();
        if let Some(lexer) = &mut self.too_long {
            let Some(last) = rest.iter().position(|byte| lexer.ends_with(*byte)) else {
                self.at = bytes.len();
                return false;
            };
            self.at += last + 1;
            self.too_long = None;
            return true;
        }
        let Some(brace) = memchr(b'{', rest) else {
            self.at = bytes.len();
            return false;
        };
        self.at += brace;
        let (before, rest) = bytes.split_at(self.at);
        if self.unclosed.remove(&self.at) {
            self.at += 1;
            return true;
        }
        let may_follow = |prompt: &[u8]| rest.starts_with(prompt) || !is_end && prompt.starts_with(rest);
        match self.prompts.iter().find(|(start, end)| before.ends_with(start) && may_follow(end)) {
            Some((_, prompt)) if prompt.len() > rest.len() => false,
            Some((_, prompt)) => {
                self.at += prompt.len();
                true
            }
            None => self.step_over_object(rest, is_end),
        }
    }

    /// Skips a whole object, or else only its `{`.
    fn step_over_object(&mut self, rest: &[u8], is_end: bool) -> bool {
        let text = rest.get(..LONGEST_OBJECT).unwrap_or(rest);
        let mut objects = Deserializer::from_slice(text).into_iter::<IgnoredAny>();
        let error = objects.next().and_then(Result::err);
        let valid_bytes = error.as_ref().map_or(objects.byte_offset(), |error| valid_bytes(text, error));
        let valid = text.get(..valid_bytes).unwrap_or(text);
        #[cfg(test)]
        {
            self.read_bytes += valid.len();
        }
        // An incomplete number is an error at its last byte.
        let is_cut = error.is_some() && valid.len() + 1 >= text.len();
        if error.is_none() {
            self.at += valid.len();
            self.valid_object(valid);
        } else if is_cut && text.len() == LONGEST_OBJECT {
            self.last = Err(self.none(NoAnswer::TooLong));
            self.too_long = Some(Lexer::default());
        } else if is_cut && !is_end {
            return false;
        } else {
            self.invalid_object(valid);
            self.at += 1;
        }
        true
    }

    /// Handles a valid object, which ends at the current position.
    fn valid_object(&mut self, object: &[u8]) {
        if json::value_at(object, &self.key).is_some() {
            let is_within_invalid = self.at <= self.invalid_until;
            self.last = if is_within_invalid { Err(self.none(NoAnswer::Broken)) } else { Ok(object.into()) };
        } else if self.last == Err(NoAnswer::NoObject) {
            self.last = Err(self.none(NoAnswer::NoKey));
        }
    }

    /// Handles the valid beginning of an invalid object, which begins at the current position.
    fn invalid_object(&mut self, beginning: &[u8]) {
        if let Some(Segment::Name(first)) = self.key.segments().first()
            && json::has_member(beginning, first)
        {
            self.last = Err(self.none(NoAnswer::Broken));
        }
        self.invalid_until = self.invalid_until.max(self.at + beginning.len());
        self.unclosed.extend(json::unclosed(beginning).into_iter().map(|within| self.at + within));
        self.unclosed.remove(&self.at);
    }
}

/// How many bytes come before the position of the error, whose line and column count from 1.
fn valid_bytes(text: &[u8], error: &serde_json::Error) -> usize {
    if error.is_eof() {
        return text.len();
    }
    let lines = text.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    (lines.map(<[u8]>::len).sum::<usize>() + error.column()).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(output: &str, key: &str) -> Result<String, String> {
        answer(output, &key.parse().unwrap()).map_err(|why| why.to_string())
    }

    #[test]
    fn an_invalid_object_discards_earlier_answers_and_its_own_parts() {
        for invalid in [
            r#"{"verdict": "reject", "why": "it is bro"#,
            r#"{"verdict": "reject", "why": "x",}"#,
            r#"{"verdict": reject}"#,
            r#"{"verdict": "reject", "other": {"verdict": "approve"}"#,
            r#"{"findings": [{"verdict": "approve"}], "why": "it is"#,
        ] {
            let output = alloc::format!("such as {{\"verdict\": \"approve\"}}:\n{invalid}");
            let reason = "the last JSON object with `verdict` in its output is invalid or incomplete";
            assert_eq!(found(&output, "verdict").unwrap_err(), reason, "{invalid}");
            let later = alloc::format!("{output}\n\n{{\"verdict\": \"ok\"}}");
            assert_eq!(found(&later, "verdict").as_deref(), Ok("\"ok\""), "{later}");
        }
        assert!(found(r#"{"a": {"verdict": 1}} {"a": {"verdict": 2}, }"#, "a.verdict").is_err());
    }

    #[test]
    fn only_an_answer_that_overlaps_a_secret_is_rejected() {
        let secrets = ["12345678", "ab/cd", "1.50e3", r#"[{"verdict": "service"}]"#, r#", "verdict": 5, "#];
        let masks = Arc::new(Masks::of_texts(secrets.map(String::from)));
        let found = |output: &str, key: &str| {
            let mut scanner = AnswerScanner::new(key.parse().unwrap(), [], Arc::clone(&masks));
            scanner.push(output.as_bytes());
            scanner.finish().map_err(|why| why.to_string())
        };
        let output = r#"{"pin": -12345678, "price": 1.50e3, "id": "\u00312345678", "path": {"ab\/cd": 1}, "verdict": "no"}"#;
        for hidden in [
            (output, "pin"),
            (output, "price"),
            (output, "id"),
            (output, "path"),
            (secrets[3], "verdict"),
            ("{\"a\": 1, \"verdict\": 5, \"b\": 2}", "verdict"),
        ] {
            let why = alloc::format!("its answer at `{}` contains a masked secret", hidden.1);
            assert_eq!(found(hidden.0, hidden.1), Err(why), "{hidden:?}");
        }
        assert_eq!(found(output, "verdict").as_deref(), Ok("\"no\""));
        assert!(found("{\"verdict\": \"[redacted]\"}", "verdict").is_err());
    }

    #[test]
    fn a_too_long_object_discards_earlier_answers() {
        let too_long = "the last JSON object that may have `verdict` in its output is longer than 1 MiB";
        let of_length = |bytes: usize| {
            let frame = r#"{"findings": [{"verdict": "minor"}, ""], "verdict": "no"}"#;
            frame.replace("\"\"", &alloc::format!("\"{}\"", "{".repeat(bytes - frame.len())))
        };
        let before = "{\"verdict\": \"approve\"} ";
        for end in ["", "}", " {\"other\": 1}"] {
            let output = |bytes| alloc::format!("{before}{}{end}", of_length(bytes));
            assert_eq!(found(&output(LONGEST_OBJECT), "verdict").as_deref(), Ok("\"no\""));
            assert_eq!(found(&output(LONGEST_OBJECT + 1), "verdict").unwrap_err(), too_long);
        }
        let long = of_length(3 * LONGEST_OBJECT);
        // It is complete, or it ends within a string or after it.
        for long in [&long, &alloc::format!("{}\n", &long[..2 * LONGEST_OBJECT]), long.trim_end_matches('}')]
        {
            let later = alloc::format!("{long} So it is {{\"verdict\": \"ok\"}}");
            assert_eq!(found(&later, "verdict").as_deref(), Ok("\"ok\""));
        }
    }

    #[test]
    fn a_long_output_takes_little_memory() {
        let prompt = "Is it sound? Reply with {\"verdict\": \"no\"}.";
        let mut scanner = AnswerScanner::new(Key::of(["verdict"]), [prompt], Arc::default());
        scanner.push(b"{\"verdict\": \"ok\"}");
        for part in ["no brace", "{\"a\": [1, {\"b\": \"x\"}", "{\"a\":\"x", "\"", "{\"c\": {}}", "{[\n"] {
            let piece = part.repeat(50_000 / part.len());
            for _ in 0..=LONGEST_OBJECT / piece.len() {
                scanner.push(piece.as_bytes());
                assert!(scanner.bytes.len() <= 2 * LONGEST_OBJECT);
            }
        }
        assert!(scanner.bytes.capacity() <= 4 * LONGEST_OBJECT, "{}", scanner.bytes.capacity());
    }

    #[test]
    fn hostile_text_is_read_a_bounded_number_of_times() {
        let endless = [
            "{",
            "{\"",
            "{\"a\":",
            "{\"a\":[",
            "{\"a\":{},\"b\":",
            "{ \n",
            "{\"{\"",
            "\":1,",
            "\":{},",
            "{\"\\u",
            "{\"a\\\"{",
            "{\"a\":\"{\",",
            "{\"a\":1e",
            "{}",
            "{\"a\":[{\"b\":[{\"c\":{}}]}]},",
        ];
        let beginnings = ["", "{\"a\":[", "{\"a\":\"", "{\"a\":{\"b\":[", "{\"", "[", "{\"a\":1,\""];
        let is_bounded = |beginning: &str, part: &str, bytes: usize| {
            let text = alloc::format!("{beginning}{}", part.repeat(bytes / part.len()));
            let mut scanner = AnswerScanner::new(Key::of(["a"]), [], Arc::default());
            text.as_bytes().chunks(100).for_each(|piece| scanner.push(piece));
            scanner.read(true);
            let read = scanner.read_bytes;
            assert!(read <= 6 * text.len(), "{beginning}{part}…: {read} bytes of {}", text.len());
        };
        for (beginning, part) in beginnings.iter().flat_map(|b| endless.map(|part| (b, part))) {
            is_bounded(beginning, part, LONGEST_OBJECT / 64);
        }
        is_bounded("{", "{\"a\":[{\"b\":\"{\"}],", LONGEST_OBJECT / 2);
        is_bounded("", "{\"a\":[", 2 * LONGEST_OBJECT);
    }

    #[test]
    fn unlimited_depth_does_not_overflow_the_stack() {
        let deep = |depth: usize| alloc::format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert_eq!(found(&deep(100), "a").map(|answer| answer.len()), Ok(deep(99).len()));
        for output in [
            deep(LONGEST_OBJECT / 8),
            "{\"a\":".repeat(LONGEST_OBJECT),
            "{\"a\":[".repeat(LONGEST_OBJECT),
            "{".repeat(LONGEST_OBJECT),
        ] {
            assert!(found(&output, "a").is_err());
        }
    }

    #[test]
    fn a_missing_answer_has_a_reason() {
        for (output, reason) in [
            ("", "its output has no JSON object; ask for one in the prompt"),
            (
                "approve [1, 2] {verdict: ok} \u{feff}{",
                "its output has no JSON object; ask for one in the prompt",
            ),
            (
                "{\"a\": {\"verdict\": 1}}",
                "no JSON object in its output has `verdict`; ask for it in the prompt",
            ),
            (
                "{\"verdict\": 1} {\"verdict\": null} {}",
                "`verdict` is null in its output; ask for a value in the prompt",
            ),
        ] {
            assert_eq!(found(output, "verdict").unwrap_err(), reason, "{output}");
        }
    }
}
