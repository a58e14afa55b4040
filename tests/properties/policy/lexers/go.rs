//! The parts of Go are the tokens of Go's own scanner.

use std::path::PathBuf;
use std::process::Command;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::policy::lexer::Language;

use super::oracle::{OracleAnswer, ask, assert_same, assert_share, files, generate, runs, script};

/// What Go's scanner finds in each text; nothing where Go is missing.
fn tokens(texts: &[impl AsRef<str>]) -> Option<Vec<OracleAnswer>> {
    if !runs(Command::new("go").arg("version")) {
        eprintln!("skipped: there is no Go");
        return None;
    }
    Some(ask(Command::new("go").arg("run").arg(script("go_tokens.go")), texts))
}

/// Where Go keeps its own sources.
fn sources() -> PathBuf {
    let output = Command::new("go").args(["env", "GOROOT"]).output().unwrap();
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim_end()).join("src")
}

/// What begins, ends or escapes a string, a rune or a comment.
const PIECES: &[&str] = &[
    "'",
    "\"",
    "`",
    "`",
    "\\",
    "//",
    "/*",
    "*/",
    "/",
    "*",
    "\n",
    "\n",
    "\r\n",
    "\r",
    " ",
    "a",
    "é",
    "1",
    "0x1p-2",
    ".5",
    "'a'",
    "'é'",
    "'\\''",
    "'\"'",
    "'`'",
    "'\\\\'",
    "'\\u00e9'",
    "'\\x27'",
    "'\\000'",
    "\"\"",
    "\"//\"",
    "\"'\"",
    "\"\\\"\"",
    "\"\\\\\"",
    "\"`\"",
    "\"/*\"",
    "\"é\\n\"",
    "``",
    "`\\`",
    "`\n//`",
    "`\"`",
    "`'\r\n`",
    "/**/",
    "/*/ */",
    "/* ' */",
    "/* \" \r\n */",
    "// '\n",
    "// `\r\n",
    "// \" \r a\n",
    "(",
    ")",
    "{",
    "}",
    "+",
    "<-",
    "...",
    ";",
    ",",
    "~",
    "&^=",
];

fn soup() -> impl Strategy<Value = String> {
    vec(select(PIECES), 0..12).prop_map(|pieces| pieces.concat())
}

#[test]
fn the_parts_are_the_tokens_of_go() {
    let texts = generate(soup(), 20_000);
    let Some(tokens) = tokens(&texts) else { return };
    let accepted = assert_same(Language::Go, texts.iter().map(String::as_str).zip(tokens));
    assert_share(accepted, &texts, 10);
}

#[test]
fn the_parts_of_the_sources_of_go_are_its_tokens() {
    let Some(_) = tokens(&[""]) else { return };
    let texts: Vec<String> = files(&sources(), &[".go"], 1000).into_iter().map(|(_, text)| text).collect();
    let tokens = tokens(&texts).unwrap();
    let accepted = assert_same(Language::Go, texts.iter().map(String::as_str).zip(tokens));
    assert!(accepted * 10 >= texts.len() * 9, "{accepted} of {}", texts.len());
}
