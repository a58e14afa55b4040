//! A short notation for the parts of a text: `‹a string›` and `«a comment»` between code.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Language, Region, lex};

/// Lexes the text without its marks and compares the parts with the marked ones.
#[track_caller]
pub(super) fn assert_parts(language: Language, marked: &str) {
    let text: String = marked.chars().filter(|c| !"‹›«»".contains(*c)).collect();
    assert_eq!(marked_parts(language, &text), marked);
}

fn marked_parts(language: Language, text: &str) -> String {
    let mut start = 0;
    let parts = lex(language, text).into_iter().map(|span| {
        let part = &text[start..span.end];
        start = span.end;
        match span.region {
            Region::Code => String::from(part),
            Region::String => ["‹", part, "›"].concat(),
            Region::Comment => ["«", part, "»"].concat(),
        }
    });
    parts.collect::<Vec<_>>().concat()
}
