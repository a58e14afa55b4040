//! The JSON objects in a text that is none.

use alloc::collections::BTreeSet;
use core::ops::Range;

use super::json::{Json, Reader};

/// The JSON objects in a text and where they stand, in their order; what stands around them is passed over, and an object
/// within another one is a part of that one.
pub(super) fn objects(text: &str) -> impl Iterator<Item = (Range<usize>, Json)> {
    attempts(text).filter_map(|Attempt { span, object }| Some((span, object?)))
}

/// One attempt to read an object.
struct Attempt {
    /// What was read for it.
    span: Range<usize>,
    object: Option<Json>,
}

/// Tries at each `{` that is not within an object that was read.
///
/// Where an attempt fails, those at the objects that it had not closed yet would read the same and fail at the same place,
/// and are left out. Of two attempts that read the same byte, one thus takes it for a part of a string and one does not,
/// or one succeeds: no byte is read more than three times.
fn attempts(text: &str) -> impl Iterator<Item = Attempt> {
    let mut at = 0;
    let mut hopeless: BTreeSet<usize> = BTreeSet::new();
    core::iter::from_fn(move || {
        loop {
            at += text.get(at..)?.find('{')?;
            if !hopeless.remove(&at) {
                break;
            }
            at += 1;
        }
        let start = at;
        let mut reader = Reader::new(text, start);
        let object = reader.object();
        let span = start..reader.at();
        at = if object.is_some() { span.end } else { start + 1 };
        hopeless.extend(reader.unclosed().filter(|unclosed| *unclosed > start));
        // Those that a success has passed over are never met.
        hopeless = hopeless.split_off(&at);
        Some(Attempt { span, object })
    })
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    const MEGABYTE: usize = 1 << 20;

    fn found(text: &str) -> Vec<String> {
        objects(text).map(|(_, object)| format!("{object}")).collect()
    }

    #[test]
    fn closed_objects_are_found_in_one_that_is_never_closed() {
        assert_eq!(
            found(r#"{"a": [{"b": 1}, {"c": {"d": 2}}, {"e": {"f": 3}"#),
            [r#"{"b":1}"#, r#"{"c":{"d":2}}"#, r#"{"f":3}"#]
        );
    }

    #[test]
    fn an_object_that_began_in_what_looked_like_a_string_is_found() {
        assert_eq!(found(r#"{"a": "{"b": "c"}"#), [r#"{"b":"c"}"#]);
    }

    #[test]
    fn hostile_text_is_read_three_times_at_most() {
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
            let text = format!("{beginning}{}", part.repeat(bytes / part.len()));
            let read: usize = attempts(&text).map(|attempt| attempt.span.len()).sum();
            assert!(read <= 3 * text.len(), "{beginning}{part}…: {read} bytes of {}", text.len());
        };
        for (beginning, part) in beginnings.iter().flat_map(|b| endless.map(|part| (b, part))) {
            is_bounded(beginning, part, MEGABYTE / 64);
        }
        is_bounded("{", "{\"a\":[{\"b\":\"{\"}],", MEGABYTE);
    }

    #[test]
    fn a_depth_without_end_is_no_overflow() {
        let deep = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert_eq!(found(&deep(100)).len(), 1);
        assert_eq!(objects(&format!("{{\"a\":{}", "[".repeat(MEGABYTE))).count(), 0);
        assert!(objects(&deep(MEGABYTE / 6)).count() <= 1);
    }
}
