//! JSON that a terminal shows and does not obey.

use std::fmt::Write as _;

use serde::Serialize;
use speckit_core::text::is_control;

/// A document on one line, with the end of the line. What a terminal obeys is an escape in it, so that it means the same.
///
/// # Errors
/// Where the document has no form in JSON.
pub(crate) fn json_line(document: &impl Serialize) -> serde_json::Result<String> {
    let mut line = serde_json::to_string(document)?;
    if let Some(at) = first_obeyed(&line) {
        line = escaped_from(&line, at);
    }
    line.push('\n');
    Ok(line)
}

/// Where the first character lies that a terminal obeys. Of those in ASCII only DEL is left by `serde_json`.
fn first_obeyed(json: &str) -> Option<usize> {
    let ascii = json.bytes().position(|byte| byte >= 0x7f)?;
    let (_, rest) = json.split_at_checked(ascii)?;
    rest.find(is_control).map(|at| ascii + at)
}

fn escaped_from(json: &str, at: usize) -> String {
    let (before, rest) = json.split_at_checked(at).unwrap_or(("", json));
    let mut escaped = String::with_capacity(json.len() + 64);
    escaped.push_str(before);
    for c in rest.chars() {
        if is_control(c) {
            // All of them have four digits at most. Writing into a string does not fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_line_means_its_document_and_holds_nothing_that_a_terminal_obeys(
            text in "[\u{7d}-\u{a1}\u{600}-\u{620}\u{2000}-\u{2070}\u{fef0}-\u{feff}]{0,12}|\\PC*",
            name in any::<String>(),
        ) {
            let document = serde_json::json!({ "fixed": text, name: [text.as_str()] });
            let line = json_line(&document).unwrap();
            let (json, end) = line.split_at(line.len() - 1);
            prop_assert_eq!(end, "\n");
            prop_assert!(!json.contains(is_control), "{:?}", json);
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(json).unwrap(), document);
        }
    }

    #[test]
    fn all_that_a_terminal_obeys_has_an_escape_of_four_digits() {
        assert_eq!(('\u{10000}'..=char::MAX).find(|c| is_control(*c)), None);
        assert_eq!(json_line(&"\u{7f}\u{9b}\u{feff}é😀").unwrap(), "\"\\u007f\\u009b\\ufeffé😀\"\n");
    }
}
