//! The parts of JavaScript and TypeScript are the tokens of the compiler of TypeScript.
//!
//! `ORACLE_TYPESCRIPT` names the folder of its npm package, else it is `target/node/node_modules/typescript`, where
//! `npm install --prefix target/node typescript@5` puts it.

use std::path::PathBuf;
use std::process::Command;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::policy::lexer::Language;
use speckit_tests::workspace;

use super::oracle::{OracleAnswer, ask, assert_same, assert_share, files, generate, runs, script};

fn package() -> PathBuf {
    let folder = std::env::var_os("ORACLE_TYPESCRIPT").map(PathBuf::from);
    folder.unwrap_or_else(|| workspace().join("target/node/node_modules/typescript"))
}

/// What the compiler finds in each text, read as a file of this name; nothing where it is missing.
fn tokens(name: &str, texts: &[impl AsRef<str>]) -> Option<Vec<OracleAnswer>> {
    if !package().is_dir() || !runs(Command::new("node").arg("--version")) {
        eprintln!("skipped: there is no node, or no {}", package().display());
        return None;
    }
    let mut program = Command::new("node");
    program.arg("--stack-size=4000").arg(script("typescript_tokens.cjs")).arg(package()).arg(name);
    Some(ask(&mut program, texts))
}

/// A text of some of these pieces.
fn pieces(pieces: &[&'static str]) -> impl Strategy<Value = String> + Clone + use<> {
    vec(select(pieces.to_vec()), 0..4).prop_map(|pieces| pieces.concat())
}

fn literal() -> impl Strategy<Value = String> {
    let text = pieces(&[
        "a", "é", "'", "\"", "`", "//", "/*", "*/", "\\\\", "\\'", "\\\"", "\\`", "\\\n", "$", "{", "}",
        "\u{2028}",
    ]);
    let regex = pieces(&["a", "'", "\"", "`", "\\/", "[/]", "['\"/*]", "\\[", "\\\\", "*", "=", "é"]);
    prop_oneof![
        select(vec!["a", "1", "1.", ".5", "this", "{}", "[]", "a.return", "a?.b", "a?.5:1", "#p in a"])
            .prop_map(String::from),
        (text.clone(), select(vec!["'", "\"", "`"]))
            .prop_map(|(text, quote)| format!("{quote}{text}{quote}")),
        (regex, select(vec!["", "g", "gi"])).prop_map(|(text, flags)| format!("/b{text}/{flags}")),
    ]
}

/// Statements of expressions with strings, comments, regular expressions, divisions and elements.
fn program(with_elements: bool) -> impl Strategy<Value = String> {
    let space = || {
        let comments = ["", "", "", " ", " ", "\n", "/* it's */", " // \"c\n", "/*/**/"];
        select(comments.to_vec()).prop_map(String::from)
    };
    let expression = literal().prop_recursive(5, 24, 3, move |inner| {
        let text = pieces(&["it's", "// a", "\"", "`", "/*", " / ", "\n", "é", "&amp;"]);
        let wrapped = |before: &'static str, after: &'static str| {
            inner.clone().prop_map(move |inner| format!("{before}{inner}{after}")).boxed()
        };
        let operators =
            ["/", "/", " / ", "+", "<", " in ", " instanceof ", ",", "=", "&&", "?.5:", "=>", "?1:"];
        let binary = (inner.clone(), space(), select(operators.to_vec()), space(), inner.clone())
            .prop_map(|(a, before, operator, after, b)| format!("{a}{before}{operator}{after}{b}"));
        let values = [
            wrapped("(", ")"),
            wrapped("[", "]"),
            wrapped("f(", ")"),
            wrapped("({a: ", "})"),
            wrapped("`a'${", "}b\"`"),
            wrapped("!", ""),
            wrapped("typeof ", ""),
            wrapped("`${{a: `${", "}`}}`"),
            wrapped("() => {", "}"),
            wrapped("(", ")++"),
            wrapped("x = {", "}"),
            wrapped("(function () { return ", "})"),
            wrapped("(", ")!"),
            wrapped("(async () => await ", ")"),
            wrapped("a[", "]--"),
            wrapped("<any>", ""),
        ];
        let elements = [
            (text.clone(), inner.clone(), text.clone())
                .prop_map(|(a, b, c)| format!("<p>{a}{{{b}}}{c}</p>"))
                .boxed(),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("<B.C a='\\' b={{{a}}} {{...{b}}} />"))
                .boxed(),
            (text, inner.clone())
                .prop_map(|(a, b)| format!("<><i c=\"\n//\" {{...{b}}}>{a}<br/></i>'</>"))
                .boxed(),
        ];
        let mut all = Vec::from(values);
        if with_elements {
            all.extend(elements);
        }
        prop_oneof![2 => binary, 3 => proptest::strategy::Union::new(all)]
    });
    let statement = (
        expression,
        select(vec![
            ("", ";"),
            ("", "\n"),
            ("x = ", ";"),
            ("if (a) ", ";"),
            ("if (", ") b;"),
            ("while (a) {", "}"),
            ("{", "}"),
            ("else_: ", ";"),
            ("do ", "; while (a)\n"),
            ("function f() { return ", "}"),
            ("for (const a of ", ") /'/.test(a);"),
            ("throw ", "\n"),
            ("switch (a) { case ", ": b }"),
            ("if (a) {} else ", ";"),
            ("let a: {b: 'c'} = ", ";"),
            ("class A { b = ", "; c() {} }"),
            ("for await (const a of b) ", ";"),
            ("export default ", ";"),
            ("x = <T,>(a: T) => ", ";"),
            ("a\n++", ";"),
        ]),
        space(),
    );
    vec(statement, 1..4).prop_map(|statements| {
        let print = |(expression, (before, after), space)| format!("{before}{expression}{after}{space}");
        statements.into_iter().map(print).collect()
    })
}

/// Compares generated texts, most of which the compiler accepts.
fn assert_same_tokens(language: Language, name: &str, strategy: impl Strategy<Value = String>) {
    let texts = generate(strategy, 10_000);
    let Some(tokens) = tokens(name, &texts) else { return };
    let accepted = assert_same(language, texts.iter().map(String::as_str).zip(tokens));
    assert_share(accepted, &texts, 4);
}

#[test]
fn the_parts_of_typescript_are_the_tokens_of_its_compiler() {
    assert_same_tokens(Language::TypeScript, "a.mts", program(false));
}

#[test]
fn the_parts_of_typescript_with_elements_are_the_tokens_of_its_compiler() {
    assert_same_tokens(Language::TypeScript, "a.tsx", program(true));
}

#[test]
fn the_parts_of_javascript_are_the_tokens_of_the_compiler_of_typescript() {
    assert_same_tokens(Language::JavaScript, "a.js", program(true));
}

#[test]
fn the_parts_of_the_compiler_are_its_own_tokens() {
    for (language, name, end) in
        [(Language::TypeScript, "a.d.ts", ".d.ts"), (Language::JavaScript, "a.js", "_tsc.js")]
    {
        let texts: Vec<String> = files(&package(), &[end], 300).into_iter().map(|(_, text)| text).collect();
        let Some(tokens) = tokens(name, &texts) else { return };
        let accepted = assert_same(language, texts.iter().map(String::as_str).zip(tokens));
        assert_eq!(accepted, texts.len(), "the compiler accepts its own sources");
    }
}
