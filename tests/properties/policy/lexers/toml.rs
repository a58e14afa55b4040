//! The parts of TOML are the tokens of the crate `toml`.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::policy::lexer::{Language, Region};
use toml::de::DeTable;
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::oracle::{OracleAnswer, assert_same, assert_share, crates, files, generate};

/// The tokens of a text that the crate `toml` accepts.
fn tokens(text: &str) -> OracleAnswer {
    DeTable::parse(text).ok()?;
    let tokens = Source::new(text).lex().filter_map(|token| {
        let region = match token.kind() {
            TokenKind::Comment => Region::Comment,
            TokenKind::LiteralString
            | TokenKind::BasicString
            | TokenKind::MlLiteralString
            | TokenKind::MlBasicString => Region::String,
            _ => return None,
        };
        Some((region, token.span().start()..token.span().end()))
    });
    Some(tokens.collect())
}

/// Documents, most of them valid, of keys with strings that hold what begins or ends strings and comments.
fn document() -> impl Strategy<Value = String> {
    let text =
        || vec(select(&["a", "é", "#", "'", "\"", "\\", "\\\\", "\\\"", " ", "[", "=", "{"][..]), 0..5);
    let lines =
        || (text(), select(&["\n", "\r\n", ""][..]), text(), select(&["", "'", "''", "\"", "\"\""][..]));
    let string = prop_oneof![
        text().prop_map(|text| format!("\"{}\"", text.concat())),
        text().prop_map(|text| format!("'{}'", text.concat())),
        (lines(), select(&["'''", "\"\"\""][..])).prop_map(|((first, end, second, quotes), mark)| {
            format!("{mark}{}{end}{}{quotes}{mark}", first.concat(), second.concat())
        }),
    ];
    let value = prop_oneof![
        4 => string.clone(),
        1 => Just(String::from("1")),
        1 => (string.clone(), string.clone()).prop_map(|(a, b)| format!("[{a}, {b}, # it's\n]")),
        1 => (string.clone(), string.clone()).prop_map(|(a, b)| format!("{{ b = {a}, c = {b} }}")),
    ];
    let comment = || select(&["", "", " # a \"b\" 'c'", "# '''"][..]);
    let line = prop_oneof![
        4 => value.prop_map(|value| format!(" = {value}")),
        1 => string.prop_map(|key| format!(".{key}.b = 1")),
    ];
    let line = (line, comment(), select(&["\n", "\r\n"][..]));
    vec(line, 1..5).prop_map(|lines| {
        let number = |(number, (line, comment, end))| format!("k{number}{line}{comment}{end}");
        lines.into_iter().enumerate().map(number).collect()
    })
}

#[test]
fn the_parts_are_the_tokens_of_the_crate() {
    let texts = generate(document(), 5000);
    let accepted = assert_same(Language::Toml, texts.iter().map(|text| (text.as_str(), tokens(text))));
    assert_share(accepted, &texts, 10);
}

#[test]
fn the_parts_of_manifests_are_the_tokens_of_the_crate() {
    let files = files(&crates(), &[".toml", "Cargo.lock"], 500);
    let accepted = assert_same(Language::Toml, files.iter().map(|(_, text)| (text.as_str(), tokens(text))));
    assert!(accepted * 10 >= files.len() * 9, "{accepted} of {}", files.len());
}
