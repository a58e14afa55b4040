//! JSON without characters that control a terminal.

use std::fmt::Write as _;

use serde::Serialize;
use speckit_core::config::source::Language;
use speckit_core::text::is_control;

/// A document on one line, with its line end. Characters that control a terminal are escaped, which means the same in JSON.
///
/// # Errors
/// The document cannot be serialized.
pub fn json_line(document: &impl Serialize) -> serde_json::Result<String> {
    Ok(escaped(serde_json::to_string(document)?, Language::Json, &[]) + "\n")
}

/// The text of a document with the characters that control a terminal as escapes of its language, except its line ends and
/// tabs.
pub(super) fn document(text: &str, language: Language) -> String {
    escaped(text.into(), language, &['\n', '\r', '\t'])
}

/// Most documents hold none, and are not copied.
fn escaped(text: String, language: Language, kept: &[char]) -> String {
    let is_hidden = |c: char| is_control(c) && !kept.contains(&c);
    if !text.contains(is_hidden) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        if is_hidden(c) && language == Language::Toml && u32::from(c) > 0xffff {
            // Writing into a string does not fail.
            let _ = write!(escaped, "\\U{:08x}", u32::from(c));
        } else if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
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
            text in "[\u{7d}-\u{ae}\u{600}-\u{620}\u{2000}-\u{2070}\u{fef0}-\u{feff}\u{e0000}-\u{e0080}]{0,12}|\\PC*",
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
    fn a_control_character_has_the_escape_of_json() {
        assert_eq!(json_line(&"\u{7f}\u{9b}\u{feff}é😀").unwrap(), "\"\\u007f\\u009b\\ufeffé😀\"\n");
        assert_eq!(json_line(&"\u{e0041}").unwrap(), "\"\\udb40\\udc41\"\n");
        assert_eq!(document("{\r\n\t\"a\": \"\u{202e}\"}\n", Language::Json), "{\r\n\t\"a\": \"\\u202e\"}\n");
    }
}
