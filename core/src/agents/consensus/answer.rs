//! The answer in what an agent writes.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::{fmt, mem};

use memchr::memchr;
use serde::de::IgnoredAny;
use serde_json::Deserializer;

use super::json::{self, Lexer};
use crate::config::redact::Masks;
use crate::tree::{Key, MAX_DEPTH, REDACTED, Segment};

/// The longest JSON object of an output that is read, in bytes. A longer one gives no answer, and takes an earlier one back.
pub const LONGEST_OBJECT: usize = 1 << 20;

/// How many bytes are taken in at a time.
const PIECE_BYTES: usize = 16 * 1024;

/// Why there is no answer in what an agent wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// There is no JSON object in it.
    #[error("there is no JSON object in its output: have the prompt ask for one")]
    NoObject,
    /// No object in it has the key.
    #[error("no JSON object in its output has `{0}`: have the prompt ask for it")]
    NoKey(String),
    /// The last object that has the key is not whole, or the one is not that the last whole one stands in.
    #[error(
        "the last JSON object in its output that has `{0}` is broken: have the prompt ask for a whole one"
    )]
    Broken(String),
    /// The last object that may have the key is longer than [`LONGEST_OBJECT`].
    #[error(
        "the last JSON object in its output that may have `{0}` is longer than 1 MiB: have the prompt ask for a short one"
    )]
    TooLong(String),
    /// The last object that has the key has `null` there.
    #[error("`{0}` is null in its output: have the prompt ask for a value")]
    Null(String),
    /// A secret stands in the value, or the value in a secret.
    #[error("its answer at `{0}` holds a secret, which is masked")]
    Secret(String),
}

/// The value at a key of what an agent wrote, as compact JSON with sorted keys: of the last JSON object in its output that
/// has the key, since agents explain themselves before they answer.
///
/// Whatever stands around the objects is passed over: prose, fences, other braces. An object within another one is none of
/// its own, be the other one whole or broken; a longer key leads to it. Where an object with the key comes last and breaks off,
/// or something is wrong with it, there is no answer: an earlier one, such as an example, is none.
///
/// Of a name that an object has twice the last value counts. Equal numbers become equal texts, however they are written; texts
/// are compared to the letter.
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

/// Finds the [`answer`] in an output while that comes in, and keeps no more of it than one object and the one that is being read:
/// what a capture drops makes no difference. How the bytes are cut into pushes makes none either.
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
    /// The prompts that are passed over, each as what stands before its first `{`, and the rest.
    prompts: Vec<(Vec<u8>, Vec<u8>)>,
    /// What is still to be read, and before it at least as much as a prompt has before its first `{`.
    bytes: Vec<u8>,
    /// Where in `bytes` the reading goes on.
    at: usize,
    /// How many bytes there must be from there on before it does: twice as many as the last time, since it begins anew with the
    /// object that is not complete.
    wanted_bytes: usize,
    /// Where in `bytes` the objects begin that broken ones have begun and not closed: they are broken at the same place.
    unclosed: BTreeSet<usize>,
    /// Where in `bytes` the last broken object ends.
    broken_until: usize,
    /// Passes over an object that is too long.
    too_long: Option<Lexer>,
    /// The last object that has the key.
    last: Result<Vec<u8>, NoAnswer>,
    /// How many bytes were read in all attempts to read an object.
    #[cfg(test)]
    read_bytes: usize,
}

/// Shows nothing of the output, which may hold secrets.
impl fmt::Debug for AnswerScanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerScanner").field("key", &self.key).finish_non_exhaustive()
    }
}

impl AnswerScanner {
    /// A scanner for the value at a key. An answer that shows what these masks hide is none.
    ///
    /// Many agents show first what they were asked, and that may hold an example of an answer: of these prompts, those that
    /// have an answer are passed over, wherever the whole of one is repeated. One that is nothing but an object is not, since it
    /// may be the answer, too.
    pub fn new<'p>(key: Key, prompts: impl IntoIterator<Item = &'p str>, masks: Arc<Masks>) -> Self {
        let passed_over = |prompt: &'p str| {
            let prompt = prompt.trim();
            let is_object = prompt.starts_with('{') && prompt.ends_with('}');
            let (before, rest) = prompt.split_at(prompt.find('{')?);
            (!is_object && answer(prompt, &key).is_ok()).then(|| (before.into(), rest.into()))
        };
        Self {
            prompts: prompts.into_iter().filter_map(passed_over).collect(),
            key,
            masks,
            bytes: Vec::new(),
            at: 0,
            wanted_bytes: 0,
            unclosed: BTreeSet::new(),
            broken_until: 0,
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

    /// The answer, when the output is over.
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
        // Two secrets look the same once they are masked; and one may show only without its escapes.
        let is_secret = self.masks.overlap(&object, &(start..start + value.len()))
            || self.masks.scrub(&written) != written
            || written.contains(REDACTED);
        if is_secret { Err(self.none(NoAnswer::Secret)) } else { Ok(written) }
    }

    fn none(&self, why: fn(String) -> NoAnswer) -> NoAnswer {
        why(self.key.to_string())
    }

    /// Reads as far as it can be known what is there.
    fn read(&mut self, is_end: bool) {
        let mut bytes = mem::take(&mut self.bytes);
        while self.step(&bytes, is_end) {}
        self.wanted_bytes = 2 * (bytes.len() - self.at);
        let context_bytes = self.prompts.iter().map(|(before, _)| before.len()).max().unwrap_or(0);
        let passed = self.at.saturating_sub(context_bytes);
        if passed > bytes.len() / 2 {
            bytes.drain(..passed);
            self.at -= passed;
            self.broken_until = self.broken_until.saturating_sub(passed);
            self.unclosed = self.unclosed.iter().filter_map(|at| at.checked_sub(passed)).collect();
        }
        self.bytes = bytes;
    }

    /// Passes over one thing. `false` where there is nothing more, or more must come before it is known what it is.
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

    /// Passes over what begins with a `{`: over an object as a whole, and else over the brace alone.
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
        // A number that breaks off is an error at its last byte.
        let is_cut = error.is_some() && valid.len() + 1 >= text.len();
        if error.is_none() {
            self.at += valid.len();
            self.whole(valid);
        } else if is_cut && text.len() == LONGEST_OBJECT {
            self.last = Err(self.none(NoAnswer::TooLong));
            self.too_long = Some(Lexer::default());
        } else if is_cut && !is_end {
            return false;
        } else {
            self.broken(valid);
            self.at += 1;
        }
        true
    }

    /// Takes in an object that ends where the reading is.
    fn whole(&mut self, object: &[u8]) {
        if json::value_at(object, &self.key).is_some() {
            let is_within_broken = self.at <= self.broken_until;
            self.last = if is_within_broken { Err(self.none(NoAnswer::Broken)) } else { Ok(object.into()) };
        } else if self.last == Err(NoAnswer::NoObject) {
            self.last = Err(self.none(NoAnswer::NoKey));
        }
    }

    /// Takes in as much of a broken object as is none the less valid. It begins where the reading is.
    fn broken(&mut self, beginning: &[u8]) {
        if let Some(Segment::Name(first)) = self.key.segments().first()
            && json::has_member(beginning, first)
        {
            self.last = Err(self.none(NoAnswer::Broken));
        }
        self.broken_until = self.broken_until.max(self.at + beginning.len());
        self.unclosed.extend(json::unclosed(beginning).into_iter().map(|within| self.at + within));
        self.unclosed.remove(&self.at);
    }
}

/// How many bytes of a text are valid JSON as far as they go: those before the place of the error, which is counted from 1.
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
    fn the_last_object_that_has_the_key_answers() {
        let output = "{\"verdict\": \"reject\"}\nOn second thought: {\"verdict\": \"approve\"}. Cost: {\"tokens\": 12}";
        assert_eq!(found(output, "verdict").as_deref(), Ok("\"approve\""));
        assert_eq!(found(output, "tokens").as_deref(), Ok("12"));
    }

    #[test]
    fn objects_are_found_in_fences_lines_prose_and_lists() {
        for output in [
            "```json\n{\n  \"verdict\": \"ok\"\n}\n```",
            "{\"event\":\"start\"}\r\n{\"verdict\":\"ok\"}\r\n{\"event\":\"end\"}\r\n",
            "fn main() { } is {fine} {{\"verdict\": \"ok\"}} {",
            "[{\"verdict\": \"no\"}, {\"verdict\": \"ok\"}]",
            "it said \"{\\\"verdict\\\"\" and \"{\"verdict\":\"ok\"}",
            "{\"verdict\": \"no\", } {\"verdict\":\"ok\"} {\"verdict\" and {\"other\": 1, }",
            "žluťoučký {\"kůň\": \"{\", \"verdict\": \"ok\"} 🎉",
        ] {
            assert_eq!(found(output, "verdict").as_deref(), Ok("\"ok\""), "{output}");
        }
    }

    #[test]
    fn an_object_within_another_one_needs_the_longer_key() {
        let output =
            r#"{"review": {"verdict": "ok", "notes": [{"line": 3}]}, "text": "{\"verdict\": \"no\"}"}"#;
        assert_eq!(found(output, "review.verdict").as_deref(), Ok("\"ok\""));
        assert_eq!(found(output, "review.notes[0].line").as_deref(), Ok("3"));
        assert_eq!(
            found(output, "verdict").unwrap_err(),
            "no JSON object in its output has `verdict`: have the prompt ask for it"
        );
    }

    #[test]
    fn an_answer_is_the_same_however_it_is_written() {
        let written = r#"{"a": { "z" : [1.0, 1e0, -0.0, 100e-2, "\u00e9\n"], "b": true, "b": {"d": null, "c": 2.50} }}"#;
        assert_eq!(found(written, "a").as_deref(), Ok(r#"{"b":{"c":2.5,"d":null},"z":[1,1,0,1,"é\n"]}"#));
    }

    #[test]
    fn a_broken_object_takes_an_earlier_answer_back_and_one_of_its_own_parts_is_none() {
        for broken in [
            r#"{"verdict": "reject", "why": "it is bro"#,
            r#"{"verdict": "reject", "why": "x",}"#,
            r#"{"verdict": reject}"#,
            "{\"why\": \"x\", \"verdict\":",
            r#"{"verdict": "reject", "other": {"verdict": "approve"}"#,
            r#"{"findings": [{"verdict": "approve"}], "why": "it is"#,
        ] {
            for before in ["", "such as {\"verdict\": \"approve\"}:\n"] {
                let why = found(&alloc::format!("{before}{broken}"), "verdict").unwrap_err();
                assert_eq!(
                    why,
                    "the last JSON object in its output that has `verdict` is broken: have the prompt ask for a whole one",
                    "{before}{broken}"
                );
                let later = alloc::format!("{before}{broken}\n\n{{\"verdict\": \"ok\"}}");
                if !broken.ends_with(':') {
                    assert_eq!(found(&later, "verdict").as_deref(), Ok("\"ok\""), "{later}");
                }
            }
        }
        assert!(found(r#"{"a": {"verdict": 1}} {"a": {"verdict": 2}, }"#, "a.verdict").is_err());
    }

    #[test]
    fn a_secret_in_a_value_or_around_it_makes_it_no_answer_and_no_other_one() {
        let secrets = ["12345678", "1.50e3", r#"[{"verdict": "service"}]"#, r#", "verdict": 5, "#];
        let masks = Arc::new(Masks::of_texts(secrets.map(String::from)));
        let found = |output: &str, key: &str| {
            let mut scanner = AnswerScanner::new(key.parse().unwrap(), [], Arc::clone(&masks));
            scanner.push(output.as_bytes());
            scanner.finish().map_err(|why| why.to_string())
        };
        let output = r#"{"pin": -12345678, "price": 1.50e3, "id": "\u00312345678", "verdict": "no"}"#;
        for hidden in [
            (output, "pin"),
            (output, "price"),
            (output, "id"),
            (secrets[2], "verdict"),
            ("{\"a\": 1, \"verdict\": 5, \"b\": 2}", "verdict"),
        ] {
            let why = alloc::format!("its answer at `{}` holds a secret, which is masked", hidden.1);
            assert_eq!(found(hidden.0, hidden.1), Err(why), "{hidden:?}");
        }
        assert_eq!(found(output, "verdict").as_deref(), Ok("\"no\""));
        assert!(found("{\"verdict\": \"[redacted]\"}", "verdict").is_err());
    }

    #[test]
    fn null_is_no_answer_and_takes_an_earlier_one_back() {
        assert_eq!(
            found(r#"{"verdict": "ok"} {"verdict": null} {}"#, "verdict").unwrap_err(),
            "`verdict` is null in its output: have the prompt ask for a value"
        );
    }

    #[test]
    fn an_object_that_is_too_long_gives_no_answer_and_takes_an_earlier_one_back() {
        let too_long = "the last JSON object in its output that may have `verdict` is longer than 1 MiB: have the prompt ask \
                        for a short one";
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
        // It ends, or breaks off within a string or behind it.
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
    fn hostile_text_is_read_a_few_times_at_most() {
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
    fn a_depth_without_end_is_no_overflow() {
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
    fn without_an_object_there_is_no_answer() {
        for output in ["", "approve", "[1, 2]", "{verdict: ok}", "{\"verdict\"", "\u{feff}{"] {
            assert_eq!(
                found(output, "verdict").unwrap_err(),
                "there is no JSON object in its output: have the prompt ask for one",
                "{output}"
            );
        }
    }
}
