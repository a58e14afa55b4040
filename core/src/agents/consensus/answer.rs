//! The answer in what an agent wrote.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::ops::Range;

use super::json::Json;
use super::objects::{Attempt, Read, attempts};
use super::severed;
use crate::tree::{Key, Segment};

/// Why there is no answer in what an agent wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// There is no JSON object in it.
    #[error("there is no JSON object in its output: have the prompt ask for one")]
    NoObject,
    /// No object in it has the key.
    #[error("no JSON object in its output has `{key}`: have the prompt ask for it")]
    NoKey {
        /// The key.
        key: String,
    },
    /// The last object that has the key is not whole, or the one is not that the last whole one stands in.
    #[error(
        "the last JSON object in its output that has `{key}` is broken: have the prompt ask for a whole one"
    )]
    Broken {
        /// The key.
        key: String,
    },
    /// It is not known what the last object is that has the key, since a part of the output is missing.
    #[error("it is uncertain whether the `{key}` in its output is the answer")]
    Uncertain {
        /// The key.
        key: String,
    },
    /// The last object that has the key has `null` there.
    #[error("`{key}` is null in its output: have the prompt ask for a value")]
    Null {
        /// The key.
        key: String,
    },
}

/// The value at a key of what an agent wrote, as compact JSON with sorted keys: of the last JSON object in its output that
/// has the key, since agents explain themselves before they answer.
///
/// Whatever stands around the objects is passed over: prose, fences, other braces. An object within another one is none of
/// its own, be the other one whole or broken; a longer key leads to it. Where an object with the key comes last and breaks off,
/// or something is wrong with it, there is no answer: an earlier one, such as an example, is none.
///
/// Of a name that an object has twice the last value counts. Equal numbers become equal texts, however they are written; texts
/// are compared to the letter. A number in which [`REDACTED`](crate::tree::REDACTED) stands is a text.
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
    let found = Found::of(output, key);
    match &found.last {
        _ if found.is_broken => Err(NoAnswer::Broken { key: key.to_string() }),
        Some((_, value)) => written(value, key),
        None => Err(found.none(key)),
    }
}

/// The same of an output of which only the beginning and the end are kept, and something between them is missing: an answer
/// only where it is that of the whole output, whatever is missing.
///
/// Thus one of the end: an object of the beginning may have been taken back. And none that may have been within another one,
/// which began in what is missing and is closed behind it; one that is never closed is not to be seen from the end.
///
/// ```
/// use speckit_core::Key;
/// use speckit_core::agents::consensus::{NoAnswer, answer_across_gap};
/// let key = Key::of(["verdict"]);
/// let said = |tail| answer_across_gap("Let me see.", tail, &key);
/// assert_eq!(said(" is sound.\n{\"verdict\": \"approve\"}").as_deref(), Ok("\"approve\""));
/// let within = "{\"verdict\": \"minor\"}], \"verdict\": \"reject\"}";
/// assert!(matches!(said(within), Err(NoAnswer::Uncertain { .. })));
/// ```
///
/// # Errors
/// [`NoAnswer`].
pub fn answer_across_gap(head: &str, tail: &str, key: &Key) -> Result<String, NoAnswer> {
    let (before, behind) = (Found::of(head, key), Found::of(tail, key));
    let uncertain = || NoAnswer::Uncertain { key: key.to_string() };
    if behind.is_broken {
        return Err(NoAnswer::Broken { key: key.to_string() });
    }
    let Some((last, value)) = &behind.last else {
        let none = if behind.spans.is_empty() { before.none(key) } else { behind.none(key) };
        return Err(if before.last.is_some() { uncertain() } else { none });
    };
    let is_passed_over = |end: usize| end > last.start || behind.is_within(end);
    match severed::ends(tail).into_iter().any(is_passed_over) {
        true => Err(uncertain()),
        false => written(value, key),
    }
}

/// The objects of a text, and what they have at a key.
struct Found {
    /// Where they stand, in their order.
    spans: Vec<Range<usize>>,
    /// The last one that has the key: where it stands, and its value.
    last: Option<(Range<usize>, Json)>,
    /// Whether that one stands in a broken one, or a broken one that has the key stands behind it.
    is_broken: bool,
}

impl Found {
    fn of(text: &str, key: &Key) -> Self {
        let mut found = Self { spans: Vec::new(), last: None, is_broken: false };
        let first = key.segments().first();
        let mut broken_until = 0;
        for Attempt { span, read } in attempts(text) {
            match read {
                Read::Object(object) => {
                    if let Some(value) = value_at(object, key) {
                        found.is_broken = span.end <= broken_until;
                        found.last = Some((span.clone(), value));
                    }
                    found.spans.push(span);
                }
                Read::Broken(names) => {
                    let is_key = |name: &String| matches!(first, Some(Segment::Name(first)) if first == name);
                    found.is_broken |= names.iter().any(is_key);
                    broken_until = broken_until.max(span.end);
                }
            }
        }
        found
    }

    /// Why there is no value.
    fn none(&self, key: &Key) -> NoAnswer {
        match self.spans.as_slice() {
            [] => NoAnswer::NoObject,
            _ => NoAnswer::NoKey { key: key.to_string() },
        }
    }

    /// Whether a place is within one of the objects; neither of its ends is.
    fn is_within(&self, place: usize) -> bool {
        let begun = self.spans.partition_point(|span| span.start < place);
        let last = begun.checked_sub(1).and_then(|last| self.spans.get(last));
        last.is_some_and(|span| place < span.end)
    }
}

fn written(value: &Json, key: &Key) -> Result<String, NoAnswer> {
    match value {
        Json::Null => Err(NoAnswer::Null { key: key.to_string() }),
        value => Ok(value.to_string()),
    }
}

fn value_at(object: Json, key: &Key) -> Option<Json> {
    key.segments().iter().try_fold(object, |value, segment| match (value, segment) {
        (Json::Object(mut members), Segment::Name(name)) => members.remove(name.as_str()),
        (Json::List(elements), Segment::Index(index)) => elements.into_iter().nth(*index),
        _ => None,
    })
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
    fn a_number_that_is_masked_breaks_no_object() {
        for masked in
            ["[redacted]", "12[redacted]", "[redacted]34", "-1[redacted][redacted].5e7", "[[redacted]]"]
        {
            let output = alloc::format!(
                r#"{{"pin": {masked}, "findings": [{{"verdict": "minor"}}], "verdict": "no"}}"#
            );
            assert_eq!(found(&output, "verdict").as_deref(), Ok("\"no\""), "{output}");
            assert!(found(&output, "pin").is_ok_and(|pin| pin.contains("[redacted]")), "{output}");
            let tail = alloc::format!(r#"{masked}, {{"verdict": "minor"}}]}}"#);
            assert_eq!(behind_a_gap(&tail).unwrap_err(), UNCERTAIN, "{tail}");
        }
        assert_eq!(found("{\"a\": [redact]} {\"a\": redacted]} {\"a\": 1}", "a").as_deref(), Ok("1"));
    }

    #[test]
    fn null_is_no_answer_and_takes_an_earlier_one_back() {
        assert_eq!(
            found(r#"{"verdict": "ok"} {"verdict": null} {}"#, "verdict").unwrap_err(),
            "`verdict` is null in its output: have the prompt ask for a value"
        );
    }

    fn behind_a_gap(tail: &str) -> Result<String, String> {
        answer_across_gap("{\"a\": [", tail, &Key::of(["verdict"])).map_err(|why| why.to_string())
    }

    const UNCERTAIN: &str = "it is uncertain whether the `verdict` in its output is the answer";

    #[test]
    fn an_object_behind_a_gap_that_may_be_within_another_one_is_no_answer() {
        for tail in [
            r#"{"verdict":"minor"}],"verdict":"reject"}"#,
            r#"{"verdict":"minor"}}"#,
            r#"ings": [{"verdict":"minor"}, {"verdict": 2}], "c": [[1, {}], null]}"#,
            r#"alse, {"verdict":"minor"}]} and so on"#,
            r#"17, "a": {"verdict":"minor"}, "b": "x"}"#,
            "\": 1},\n  {\"verdict\":\"minor\"}\n ]\n}\n```\n",
        ] {
            assert_eq!(behind_a_gap(tail).unwrap_err(), UNCERTAIN, "{tail}");
        }
    }

    #[test]
    fn a_gap_that_ends_within_a_string_may_turn_all_quotes_around() {
        let behind = |tail: &str| answer_across_gap("", tail, &Key::of([","]));
        let object = r#"{",": [1, ":", 2]}"#;
        assert_eq!(behind(object).as_deref(), Ok("[1,\":\",2]"));
        // The backslashes of the last two begin before the gap, and behind it.
        for before in ["", "x ", "\" x", "\\\" x"] {
            let tail = alloc::format!("{before}{object} \"}}");
            assert_eq!(behind(&tail), Err(NoAnswer::Uncertain { key: "\",\"".into() }), "{tail}");
            let line = alloc::format!("{before}\n{object} \"}}");
            assert!(behind(&line).is_ok(), "no string goes on in another line: {line}");
        }
        // What was begun ends within an object.
        assert_eq!(behind_a_gap(r#"{"}": 1} {"verdict": 1}"#).unwrap_err(), UNCERTAIN);
    }

    #[test]
    fn an_object_behind_a_gap_that_is_within_no_other_one_answers() {
        for tail in [
            r#"{"verdict":"ok"}"#,
            "{\"verdict\":\"ok\"}\n",
            "and so it's sound.\n\n```json\n{\n  \"verdict\": \"ok\",\n  \"notes\": [\"{\", {}]\n}\n```\nThat's it. }",
            // What was begun has ended before.
            "x\"}], \"verdict\": \"no\"}\n{\"verdict\": \"ok\"}\n",
            "{\"verdict\":\"no\"}\n{\"event\":\"}\"}\n{\"verdict\":\"ok\"}\n",
            // A list is no object.
            "{\"verdict\":\"no\"},\n{\"verdict\":\"ok\"}]\n",
            // What was begun is never closed, or breaks before.
            "1, {\"verdict\":\"ok\"}, 2",
            "1, {\"verdict\":\"ok\"}, }",
            "} {\"verdict\":\"ok\"}, \"a\": 1}",
            "a line\nbreaks the string {\"verdict\":\"ok\"}\"}",
        ] {
            assert_eq!(behind_a_gap(tail).as_deref(), Ok("\"ok\""), "{tail}");
        }
    }

    #[test]
    fn an_object_before_a_gap_may_have_been_taken_back() {
        let across =
            |head, tail| answer_across_gap(head, tail, &Key::of(["verdict"])).map_err(|why| why.to_string());
        assert_eq!(across("{\"verdict\": 1}", "and so on").unwrap_err(), UNCERTAIN);
        assert_eq!(across("{\"verdict\": 1}", "and so on {}").unwrap_err(), UNCERTAIN);
        assert_eq!(across("{\"verdict\": 1}", "no: {\"verdict\": 2}").as_deref(), Ok("2"));
        for (head, tail) in [("{}", ""), ("", "no {}")] {
            assert!(across(head, tail).unwrap_err().starts_with("no JSON object in its output has"));
        }
        assert!(across("", "").unwrap_err().starts_with("there is no JSON object"));
        assert!(across("", "no: {\"verdict\": null}").unwrap_err().starts_with("`verdict` is null"));
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
