//! The parts of YAML are the tokens of PyYAML.

use std::process::Command;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::policy::lexer::Language;

use super::oracle::{OracleAnswer, ask, assert_same, assert_share, crates, files, generate, runs, script};

/// What PyYAML finds in each text; nothing where it is missing.
fn tokens(texts: &[impl AsRef<str>]) -> Option<Vec<OracleAnswer>> {
    if !runs(Command::new("python3").args(["-c", "import yaml"])) {
        eprintln!("skipped: python3 has no PyYAML");
        return None;
    }
    Some(ask(Command::new("python3").arg(script("yaml_tokens.py")), texts))
}

/// Lines of YAML, a part of which is valid together.
fn document() -> impl Strategy<Value = String> {
    let beginnings = [
        "",
        "",
        "",
        "- ",
        "- ",
        "k: ",
        "k: ",
        "l: ",
        "? ",
        ": ",
        "'q': ",
        "\"q\" : ",
        "- k: ",
        "- - ",
        "--- ",
        "k: !!str ",
        "k: &a ",
        "&b ",
        "- !t &c ",
        "[a]: ",
        "{a: b}: ",
        "...",
    ];
    let quoted = vec(
        select(vec!["a", "é", "#", " #", "''", "\\\\", "\\\"", "\n", "\n   ", "\r\n ", "---", ": "]),
        0..4,
    );
    let quoted = (quoted, select(vec!["'", "\""]))
        .prop_map(|(text, quote)| format!("{quote}{}{quote}", text.concat()));
    let plain = select(vec![
        "a", "don't", "a b", "a: b", "x 'y'", "a#b", "-a", "?a", ":a", "http://b", "a\"", "b,c", "[a", "c]",
        "*a ", "|a", "é 'e",
    ]);
    let flow = (quoted.clone(), plain.clone(), select(vec!["", " ", "\n ", " # it's\n "])).prop_map(|(quoted, plain, space)| {
        format!("[{quoted},{space}{plain}{space}, {{{quoted}:{quoted},{space}{plain} :{space}{quoted}}}, {plain}: {quoted}, ? {plain}{space}]")
    });
    let header = select(vec!["|", ">", "|-", ">+", "|2", ">1-", "|+3", "| # it's", ">  ", "|\t"]);
    let lines = vec((0_usize..6, select(vec!["", "a", "# b", "'c", "- d", "e: f", "\"", "\t"])), 0..4);
    let block = (header, lines, select(vec!["\n", "\r\n"])).prop_map(|(header, lines, end)| {
        let lines = lines.into_iter().map(|(spaces, text)| format!("{end}{}{text}", " ".repeat(spaces)));
        format!("{header}{}", lines.collect::<String>())
    });
    let value = prop_oneof![
        3 => quoted,
        4 => plain.prop_map(String::from),
        1 => flow,
        2 => block,
        2 => Just(String::new()),
    ];
    let comment = select(vec!["", "", "", " # it's \"c\"", "\t#'", "  #"]);
    let line = (
        select(vec![0_usize, 0, 1, 2, 2, 4]),
        select(beginnings.to_vec()),
        value,
        comment,
        select(vec!["\n", "\n", "\r\n", "\n\n"]),
    );
    vec(line, 1..6).prop_map(|lines| {
        let print = |(spaces, beginning, value, comment, end)| {
            format!("{}{beginning}{value}{comment}{end}", " ".repeat(spaces))
        };
        lines.into_iter().map(print).collect()
    })
}

#[test]
fn the_parts_are_the_tokens_of_pyyaml() {
    let texts = generate(document(), 20_000);
    let Some(tokens) = tokens(&texts) else { return };
    let accepted = assert_same(Language::Yaml, texts.iter().map(String::as_str).zip(tokens));
    assert_share(accepted, &texts, 20);
}

#[test]
fn the_parts_of_workflows_are_the_tokens_of_pyyaml() {
    let texts: Vec<String> =
        files(&crates(), &[".yml", ".yaml"], 200).into_iter().map(|(_, text)| text).collect();
    let Some(tokens) = tokens(&texts) else { return };
    let accepted = assert_same(Language::Yaml, texts.iter().map(String::as_str).zip(tokens));
    assert!(accepted * 10 >= texts.len() * 9, "{accepted} of {}", texts.len());
}
