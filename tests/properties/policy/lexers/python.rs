//! The parts of Python are the tokens of its own module `tokenize`.
//!
//! The program is `ORACLE_PYTHON`, else `python3`. Only from 3.12 on it reads the fields of f-strings.

use std::path::PathBuf;
use std::process::Command;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::policy::lexer::Language;

use super::oracle::{OracleAnswer, ask, assert_same, assert_share, files, generate, runs, script};

fn python() -> Command {
    Command::new(std::env::var_os("ORACLE_PYTHON").unwrap_or_else(|| "python3".into()))
}

/// What `tokenize` finds in each text; nothing where there is no Python.
fn tokens(texts: &[impl AsRef<str>]) -> Option<Vec<OracleAnswer>> {
    if !runs(python().arg("--version")) {
        eprintln!("skipped: there is no python3");
        return None;
    }
    Some(ask(python().arg("-W").arg("ignore").arg(script("python_tokens.py")), texts))
}

/// Lines of strings, comments and code.
fn soup() -> impl Strategy<Value = String> {
    let text = || {
        let pieces = [
            "'",
            "\"",
            "'''",
            "\"\"\"",
            "\\",
            "\\\\",
            "\\'",
            "\\\n",
            "\\\r\n",
            "{{",
            "}}",
            "# c",
            "\n",
            "\r\n",
            " ",
            "é",
            "\\N{DASH}",
            "\\N",
            "a",
            "1",
            "(",
            ")",
            "\u{2028}",
        ];
        vec(select(pieces.to_vec()), 0..3).prop_map(|pieces| pieces.concat())
    };
    let literal = move |field: BoxedStrategy<String>| {
        let prefixes = ["", "", "r", "b", "Rb", "u", "f", "f", "F", "fr", "rF", "t", "tr", "x if "];
        let quotes = ["'", "\"", "'''", "\"\"\""];
        (select(prefixes.to_vec()), select(quotes.to_vec()), text(), field, text()).prop_map(
            |(prefix, quote, before, field, after)| format!("{prefix}{quote}{before}{field}{after}{quote}"),
        )
    };
    let literals = literal(Just(String::new()).boxed()).prop_recursive(4, 16, 4, move |inner| {
        let value = prop_oneof![
            inner.clone(),
            inner.clone().prop_map(|inner| format!("d[{inner}]")),
            inner.clone().prop_map(|inner| format!("{{{inner}: {{}}}}")),
            inner.prop_map(|inner| format!("(x := {inner}) # it's\n")),
            select(vec!["x", " x", "x[1:2]", "(lambda x: x)", "x\n", "x != y", "a\\\n"])
                .prop_map(String::from),
        ];
        let ends = [
            "}",
            "}",
            "!r}",
            "=}",
            " = !s}",
            ":>3}",
            ":{y}.{z!r:#}}",
            "!r:#x}",
            ":%H:'}",
            ":a\n}",
            ":\\N{DASH}}",
            ":",
        ];
        literal((value, select(ends.to_vec())).prop_map(|(value, end)| format!("{{{value}{end}")).boxed())
    });
    let code = ["# it's \"\"\"", "x = 1 # c", "x\\", "if x:", " x", "'", "\"\"\""];
    let line = prop_oneof![6 => literals, 1 => select(code.to_vec()).prop_map(String::from)];
    vec((line, select(vec!["\n", "\r\n", " # 'c'\n", " "])), 1..4)
        .prop_map(|lines| lines.into_iter().map(|(line, end)| format!("{line}{end}")).collect())
}

#[test]
fn the_parts_are_the_tokens_of_python() {
    let texts = generate(soup(), 20_000);
    let Some(tokens) = tokens(&texts) else { return };
    let accepted = assert_same(Language::Python, texts.iter().map(String::as_str).zip(tokens));
    assert_share(accepted, &texts, 20);
}

#[test]
fn the_parts_of_the_standard_library_are_the_tokens_of_python() {
    let folder = python().args(["-c", "import os; print(os.path.dirname(os.__file__))"]).output();
    let folder =
        folder.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let texts: Vec<String> =
        files(&PathBuf::from(folder), &[".py"], 200).into_iter().map(|(_, text)| text).collect();
    let Some(tokens) = tokens(&texts) else { return };
    let accepted = assert_same(Language::Python, texts.iter().map(String::as_str).zip(tokens));
    assert!(accepted > 100, "{accepted} of {}", texts.len());
}
