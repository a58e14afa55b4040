//! The JSON objects in a text that is none.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::json::{Json, Reader};

/// One attempt to read an object.
pub(super) struct Attempt {
    /// What was read for it.
    pub(super) span: Range<usize>,
    pub(super) read: Read,
}

/// What came of an attempt.
pub(super) enum Read {
    Object(Json),
    /// It breaks off, or something is wrong with it: the names of its members up to there.
    Broken(Vec<String>),
}

/// Tries at each `{` of a text that is not within an object that was read: an object within another one is a part of that one.
///
/// Where an attempt fails, those at the objects that it had not closed yet would read the same and fail at the same place,
/// and are left out. Of two attempts that read the same byte, one thus takes it for a part of a string and one does not,
/// or one succeeds: no byte is read more than three times.
pub(super) fn attempts(text: &str) -> impl Iterator<Item = Attempt> {
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
        Some(Attempt { span, read: object.map_or_else(|| Read::Broken(reader.into_names()), Read::Object) })
    })
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const MEGABYTE: usize = 1 << 20;

    fn found(text: &str) -> Vec<String> {
        let objects = attempts(text).filter_map(|attempt| match attempt.read {
            Read::Object(object) => Some(format!("{object}")),
            Read::Broken(_) => None,
        });
        objects.collect()
    }

    #[test]
    fn of_a_broken_object_the_names_of_its_own_members_are_known() {
        let text = r#"{"a": {"b": 1}, "c": [{"d": 2}], "e": }"#;
        let names = attempts(text).find_map(|attempt| match attempt.read {
            Read::Broken(names) => Some(names),
            Read::Object(_) => None,
        });
        assert_eq!(names.unwrap(), ["a", "c", "e"]);
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
        assert_eq!(found(&format!("{{\"a\":{}", "[".repeat(MEGABYTE))).len(), 0);
        assert!(found(&deep(MEGABYTE / 6)).len() <= 1);
    }
}
