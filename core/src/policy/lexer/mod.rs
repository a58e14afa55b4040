//! The parts of a text: code, string literals and comments.
//!
//! A lexer never fails. Where it is in doubt, the text is code: a rule that looks at code then reports too much, never too little.

mod go;
mod javascript;
mod language;
mod python;
mod quoted;
mod rust;
pub(crate) mod rust_tests;
mod scanner;
mod shell;
mod sql;
#[cfg(test)]
mod testing;
mod toml;
mod yaml;

use alloc::vec::Vec;

pub use language::Language;
use scanner::Scanner;

/// What a part of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {
    /// Anything else than a string literal or a comment.
    Code,
    /// A string or character literal, with its quotes, prefix and suffix.
    String,
    /// A comment, with its marks and without the line end after it.
    Comment,
}

/// A part of a text. It begins where the part before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is. Neighbours differ.
    pub region: Region,
    /// The byte after its last one, on a boundary of characters.
    pub end: usize,
}

/// Splits a text into its parts, without gaps, from its first byte to its last.
///
/// ```
/// use speckit_core::policy::lexer::{Language, Region, lex};
/// let text = "let s = \"//\"; // a comment";
/// let spans = lex(Language::Rust, text);
/// let parts = spans.iter().scan(0, |start, span| {
///     let part = (span.region, &text[*start..span.end]);
///     *start = span.end;
///     Some(part)
/// });
/// let (code, string, comment) = (Region::Code, Region::String, Region::Comment);
/// assert_eq!(
///     parts.collect::<Vec<_>>(),
///     [(code, "let s = "), (string, "\"//\""), (code, "; "), (comment, "// a comment")]
/// );
/// ```
pub fn lex(language: Language, text: &str) -> Vec<Span> {
    let mut scanner = Scanner::new(text);
    match language {
        Language::Go => go::scan(&mut scanner),
        Language::JavaScript | Language::TypeScript => javascript::scan(&mut scanner),
        Language::Python => python::scan(&mut scanner),
        Language::Rust => rust::scan(&mut scanner),
        Language::Shell => shell::scan(&mut scanner),
        Language::Sql => sql::scan(&mut scanner),
        Language::Toml => toml::scan(&mut scanner),
        Language::Yaml => yaml::scan(&mut scanner),
    }
    scanner.finish()
}
