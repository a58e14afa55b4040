//! The answer in what an agent wrote.

use alloc::string::{String, ToString as _};

use super::json::Json;
use super::objects::objects;
use crate::key::{Key, Segment};

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
/// its own; a longer key leads to it. Of a name that an object has twice the last value counts. Equal numbers become equal
/// texts, however they are written; texts are compared to the letter.
///
/// ```
/// use speckit_core::{Key, consensus::answer};
/// let output = "I weigh {speed} higher.\n```json\n{\"verdict\": \"approve\", \"score\": 1.0}\n```\n";
/// assert_eq!(answer(output, &Key::of(["verdict"])).as_deref(), Ok("\"approve\""));
/// assert_eq!(answer(output, &Key::of(["score"])).as_deref(), Ok("1"));
/// ```
///
/// # Errors
/// [`NoAnswer`].
pub fn answer(output: &str, key: &Key) -> Result<String, NoAnswer> {
    let mut why_not = NoAnswer::NoObject;
    let mut last = None;
    for object in objects(output) {
        match value_at(object, key) {
            Some(value) => last = Some(value),
            None => why_not = NoAnswer::NoKey { key: key.to_string() },
        }
    }
    match last {
        Some(Json::Null) => Err(NoAnswer::Null { key: key.to_string() }),
        Some(value) => Ok(value.to_string()),
        None => Err(why_not),
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
            "{\"verdict\": \"no\", } {\"verdict\":\"ok\"} {\"verdict\": \"no\"",
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
    fn null_is_no_answer_and_takes_an_earlier_one_back() {
        assert_eq!(
            found(r#"{"verdict": "ok"} {"verdict": null} {}"#, "verdict").unwrap_err(),
            "`verdict` is null in its output: have the prompt ask for a value"
        );
    }

    #[test]
    fn without_an_object_there_is_no_answer() {
        for output in ["", "approve", "[1, 2]", "{verdict: ok}", "{\"verdict\": \"ok\"", "\u{feff}{"] {
            assert_eq!(
                found(output, "verdict").unwrap_err(),
                "there is no JSON object in its output: have the prompt ask for one",
                "{output}"
            );
        }
    }
}
