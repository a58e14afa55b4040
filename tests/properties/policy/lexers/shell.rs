//! The parts of shell scripts are those of the syntax tree of `shfmt`.

use std::io::Write as _;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use speckit_core::policy::lexer::{Language, Region};

use super::oracle::{Marked, OracleAnswer, assert_same, assert_share, files, generate, runs};

/// The option of `shfmt` that prints the tree; nothing where the program is missing.
fn option() -> Option<&'static str> {
    let option = ["--to-json", "-tojson"].into_iter().find(|option| runs(Command::new("shfmt").arg(option)));
    if option.is_none() {
        eprintln!("skipped: there is no shfmt");
    }
    option
}

/// The strings and comments of a script, unless `shfmt` refuses it.
fn tokens(option: &str, text: &str) -> OracleAnswer {
    let mut child = Command::new("shfmt")
        .args(["-ln=bash", option])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let script = text.to_owned();
    // It stops reading where it finds an error.
    let writer = std::thread::spawn(move || _ = input.write_all(script.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let tree = output.status.success().then(|| serde_json::from_slice(&output.stdout).ok())??;
    let mut marked = Vec::new();
    mark(text, &tree, &mut marked);
    Some(marked)
}

/// Marks a node, then the nodes in it.
fn mark(text: &str, node: &Value, marked: &mut Marked) {
    match node {
        Value::Array(nodes) => nodes.iter().for_each(|node| mark(text, node, marked)),
        Value::Object(fields) => {
            let is_comment = fields.contains_key("Hash");
            match node["Type"].as_str() {
                _ if is_comment => marked.extend(range(node).map(|range| (Region::Comment, range))),
                Some("SglQuoted") => marked.extend(range(node).map(|range| (Region::String, range))),
                Some("DblQuoted") => mark_parts(node, marked),
                _ => mark_here_document(text, &node["Hdoc"], marked),
            }
            let has_body = node["Hdoc"].is_object();
            // The delimiter of a here-document is code.
            let within = fields.iter().filter(|(name, _)| !(has_body && *name == "Word"));
            within.for_each(|(_, node)| mark(text, node, marked));
        }
        _ => {}
    }
}

/// Marks a string that contains expansions: they are code, except for a name without braces.
fn mark_parts(node: &Value, marked: &mut Marked) {
    marked.extend(range(node).map(|range| (Region::String, range)));
    for part in node["Parts"].as_array().into_iter().flatten() {
        let is_text = part["Type"] == "Lit" || part["Short"] == true;
        marked.extend(range(part).filter(|_| !is_text).map(|range| (Region::Code, range)));
    }
}

/// Marks the body of a here-document, whose last part `shfmt` lets end after the delimiter.
fn mark_here_document(text: &str, node: &Value, marked: &mut Marked) {
    mark_parts(node, marked);
    if let Some(Range { start, end }) = range(node) {
        let length = text[start..end].rfind('\n').map_or(0, |at| at + 1);
        marked.push((Region::Code, start + length..end));
    }
}

fn range(node: &Value) -> Option<Range<usize>> {
    let offset = |name: &str| Some(node[name]["Offset"].as_u64()? as usize);
    Some(offset("Pos")?..offset("End")?)
}

/// A word outside of quotes, with strings and expansions that contain commands.
///
/// No name stands before a number sign: after `$a`, some releases of `shfmt` take it for the begin of a comment.
fn word(commands: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = String> + Clone {
    let plain = select(vec![
        "a",
        "é",
        ".#b",
        "\\#",
        "\\'",
        "\\\"",
        "\\`",
        "*",
        "x=",
        "-",
        "$a",
        "$#",
        "$$",
        "${a}",
        "${#a}",
        "${a#\\#}",
        "${a##*/}",
        "$((1 + 2))",
        "$((a<<2))",
    ]);
    let inner = select(vec![
        "a", "é", " ", "'", " # b", "#", "\\\"", "\\\\", "\\$", "\\`", "\n", "$a", "$", "(", ")", "${a}",
        "${a:-b}", "$((1))", "<<E", "}", ";;",
    ]);
    let single = vec(select(vec!["a", "\"", "#", " # ", "\\", "$(", "`", "\n", ")", "<<E"]), 0..4)
        .prop_map(|text| format!("'{}'", text.concat()));
    let ansi = vec(select(vec!["a", "\"", " # ", "\\'", "\\\\", "\\n", "$(", "`"]), 0..4)
        .prop_map(|text| format!("$'{}'", text.concat()));
    let substitution = commands.prop_map(|commands| format!("$({commands}\n)"));
    let within = prop_oneof![5 => inner.prop_map(String::from), 1 => substitution.clone()];
    let double = (select(vec!["\"", "\"", "\"", "$\""]), vec(within, 0..4))
        .prop_map(|(mark, text)| format!("{mark}{}\"", text.concat()));
    let quoted = prop_oneof![single, ansi, double];
    let default = quoted.clone().prop_map(|word| format!("${{a:-{word}}}"));
    let piece = prop_oneof![4 => plain.prop_map(String::from), 3 => quoted, 1 => substitution, 1 => default];
    vec(piece, 1..3).prop_map(|pieces| pieces.concat())
}

/// Commands, with their line ends, that contain others.
fn commands() -> impl Strategy<Value = String> + Clone {
    let simple = select(vec!["a", "a b", "a 'b'", "a # it's", "a \"#\" # \"b"]).prop_map(String::from);
    simple.prop_recursive(3, 16, 3, |inner| {
        let words = vec(word(inner.clone()), 1..4).prop_map(|words| format!("a {}", words.join(" ")));
        let body = vec(
            select(vec!["a", "'", "\"", " # b", "$a", "$(c 'd')", "`c`", "${a}", "\\$", "\n", "\n\t"]),
            0..5,
        );
        let document = (
            select(vec![("<<E", "E"), ("<< E", "E"), ("<<'E'", "E"), ("<<-E", "\tE"), ("<<\"E F\"", "E F")]),
            select(vec!["", " # it's", " | b"]),
            body,
        )
            .prop_map(|((begin, end), after, body)| {
                format!("cat {begin}{after}\nb {}\n{end}\n", body.concat())
            });
        let compound = (inner.clone(), inner, 0..8_usize).prop_map(|(first, second, kind)| match kind {
            0 => format!("if {first}\nthen {second}\nfi"),
            1 => format!("case $a in\n(b|'c') {first}\n;; # it's\n*#d) {second}\nesac"),
            2 => format!("({first}\n)#b\n{{ {second}\n}}"),
            3 => format!("for a in b 'c'; do {first}\ndone # \"\n{second}"),
            4 => format!("a() {{ {first}\n}}\n{second}"),
            5 => format!("a=(b 'c' # d\n\"e\")\n{first}\n{second}"),
            6 => format!("{first}\n[[ $a == 'b' ]] && ((a << 2))\n{second}"),
            _ => format!("a <<< \"b\"\n{first}\n\\\n# '\n{second}"),
        });
        let end = select(vec!["\n", "\n", "; ", " # it's \"\n", "\n# `\n", ";# a\n", " && "]);
        (prop_oneof![3 => words, 1 => document, 2 => compound], end)
            .prop_map(|(command, end)| if end == " && " { format!("{command}{end}b") } else { command + end })
    })
}

#[test]
fn the_parts_are_those_of_shfmt() {
    let Some(option) = option() else { return };
    let texts = generate(commands(), 1000);
    let accepted =
        assert_same(Language::Shell, texts.iter().map(|text| (text.as_str(), tokens(option, text))));
    assert_share(accepted, &texts, 4);
}

#[test]
fn the_parts_of_real_scripts_are_those_of_shfmt() {
    let Some(option) = option() else { return };
    let files = files(Path::new("/usr"), &[".sh"], 200);
    let accepted =
        assert_same(Language::Shell, files.iter().map(|(_, text)| (text.as_str(), tokens(option, text))));
    assert!(accepted * 10 >= files.len() * 9, "{accepted} of {}", files.len());
}
