//! JSON without characters that control a terminal.

use std::fmt::Write as _;

use serde::Serialize;
use speckit_core::text::is_control;

/// A document on one line, with its line end. Characters that control a terminal are escaped, which means the same in JSON.
///
/// # Errors
/// The document cannot be serialized.
pub(crate) fn json_line(document: &impl Serialize) -> serde_json::Result<String> {
    let mut line = serde_json::to_string(document)?;
    // Most documents hold none, and are not copied.
    if line.contains(is_control) {
        line = escaped(&line);
    }
    line.push('\n');
    Ok(line)
}

fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if is_control(c) {
            // None of them needs more than four digits. Writing into a string does not fail.
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
        fn a_line_means_its_document_and_holds_no_control_character(
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
    fn every_control_character_has_an_escape_of_four_digits() {
        assert_eq!(('\u{10000}'..=char::MAX).find(|c| is_control(*c)), None);
        assert_eq!(json_line(&"\u{7f}\u{9b}\u{feff}é😀").unwrap(), "\"\\u007f\\u009b\\ufeffé😀\"\n");
    }
}
