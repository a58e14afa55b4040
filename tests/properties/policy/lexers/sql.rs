//! The parts of SQL are the tokens of the crate `sqlparser`, or code where dialects differ.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::policy::lexer::{Language, Region};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Location, Span, Token, Tokenizer, Whitespace};

use super::oracle::{OracleAnswer, assert_agree, assert_same, assert_share, generate};

/// The strings and comments of a text in the dialect of PostgreSQL, unless a token has no end.
fn tokens(text: &str) -> OracleAnswer {
    let dialect = PostgreSqlDialect {};
    let tokens = Tokenizer::new(&dialect, text).with_unescape(false).tokenize_with_location().ok()?;
    let bytes = bytes_of_lines(text);
    let marked = tokens.iter().filter_map(|token| Some((region(&token.token)?, range(&bytes, token.span))));
    Some(marked.collect())
}

fn region(token: &Token) -> Option<Region> {
    match token {
        Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
            Some(Region::Comment)
        }
        Token::SingleQuotedString(_)
        | Token::DollarQuotedString(_)
        | Token::EscapedStringLiteral(_)
        | Token::NationalStringLiteral(_)
        | Token::HexStringLiteral(_)
        | Token::SingleQuotedByteStringLiteral(_)
        | Token::UnicodeStringLiteral(_) => Some(Region::String),
        _ => None,
    }
}

/// Where each character of each line begins, and where the line ends.
fn bytes_of_lines(text: &str) -> Vec<Vec<usize>> {
    let mut lines = vec![Vec::new()];
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        lines.last_mut().unwrap().push(at);
        if character == '\n' {
            lines.push(Vec::new());
        }
    }
    lines
}

fn range(bytes: &[Vec<usize>], span: Span) -> Range<usize> {
    let byte = |location: Location| bytes[location.line as usize - 1][location.column as usize - 1];
    byte(span.start)..byte(span.end)
}

/// Statements whose strings and comments all dialects read in the same way, or PostgreSQL alone as a string.
fn statements() -> impl Strategy<Value = String> {
    let text = || {
        let pieces =
            ["a", "é", "''", "\"", "--", "/*", "*", "$", "$$", "$b$", "`", " ", "\n", "\r\n", "\\n", "\\\\"];
        vec(select(pieces.to_vec()), 0..5).prop_map(|pieces| pieces.concat())
    };
    let prefix = select(vec!["", "", "", "E", "e", "N", "X", "x", "B", "U&"]);
    let string = (prefix, text()).prop_map(|(prefix, text)| format!("{prefix}'{text}'"));
    let escaped = (text(), text()).prop_map(|(first, second)| format!("E'{first}\\'{second}'"));
    let dollar =
        (select(vec!["$$", "$a$", "$_1$", "$é$"]), select(vec!["", "it's", "--", "\n/*", "$", "$c$", "$1"]))
            .prop_map(|(tag, text)| format!("{tag}{text} {tag}"));
    let name = text().prop_map(|text| format!("\"{}\"", text.replace('"', "\"\"")));
    let comment = prop_oneof![
        text().prop_map(|text| format!("--{}\n", text.replace(['\r', '\n'], " "))),
        text().prop_map(|text| format!("/* {} */", text.replace("/*", "/ *").replace("*/", "* /"))),
    ];
    let other = select(vec![
        "a", "é", "select", "$1", "1.5", "a$b", "(", ")", ",", "=", ";", "::", "- 1", "a / 2", "\r\n",
    ]);
    let piece = prop_oneof![
        3 => string,
        1 => escaped,
        2 => dollar,
        1 => name,
        2 => comment,
        2 => other.prop_map(String::from),
    ];
    vec((piece, select(vec![" ", "\n", " , "])), 1..6)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, space)| piece + space).collect())
}

/// What begins or ends a string or a comment, without order, and without what only PostgreSQL reads otherwise: backquotes, a
/// backslash before a quote, a carriage return in a comment.
///
/// A space follows each operator and number: `sqlparser` reads some operators beyond the comment that begins in them, and a number
/// before a dollar is an error of PostgreSQL and a name of MySQL.
fn soup() -> impl Strategy<Value = String> {
    let pieces = [
        "'", "'", "''", "\"", "--", "- ", "/*", "*/ ", "/ ", "* ", "/*!", "$", "$$", "$a$", "$1 ", "E'",
        "e'", "B'", "U&'", "a", "1 ", "é", "_", "[", "]", "(", ")", " ", "\n", "\r\n", "'a'", " E'\\''",
        "/* a */", "--a\n",
    ];
    vec(select(pieces.to_vec()), 0..16).prop_map(|pieces| pieces.concat())
}

/// Whether a rule would miss code.
fn hides(found: Region, expected: Region) -> bool {
    found != Region::Code && expected == Region::Code
}

#[test]
fn the_parts_are_the_tokens_of_postgresql_where_dialects_agree() {
    let texts = generate(statements(), 10_000);
    let accepted = assert_same(Language::Sql, texts.iter().map(|text| (text.as_str(), tokens(text))));
    assert_share(accepted, &texts, 2);
}

#[test]
fn code_of_postgresql_is_code() {
    let texts = generate(soup(), 20_000);
    let accepted = assert_agree(Language::Sql, texts.iter().map(|text| (text.as_str(), tokens(text))), hides);
    assert_share(accepted, &texts, 10);
}
