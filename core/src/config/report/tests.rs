use super::*;
use crate::config::Layer;
use crate::config::source::{Language, parse};
use crate::tree::{Code, Key, LayerKind};
use alloc::vec::Vec;

fn document(name: &str, text: &str) -> (Arc<Source>, Layer) {
    let source = Source::document(LayerKind::File, name, text);
    let layer = parse(&source, Language::of_name(name)).unwrap();
    (source, layer)
}

fn at(layer: &Layer, key: &str) -> Diagnostic {
    let key: Key = key.parse().unwrap();
    let found = layer.root().get(&key).unwrap().clone();
    Diagnostic::error(Code::SchemaType, key, "expected integer, found string").at(found.origin())
}

fn plain(diagnostics: &[Diagnostic], masks: &Masks) -> String {
    render(diagnostics, masks, Style::default())
}

fn secret(key: &Key) -> bool {
    key.to_string().contains("secret")
}

#[test]
fn every_kind_of_place_has_its_form() {
    let (_, layer) = document("app.toml", "[server]\nport = \"high\"\n");
    let key: Key = "server.port".parse().unwrap();
    let report = [
        Diagnostic::warning(Code::GateAgentCount, Key::root(), "no place to point at"),
        at(&layer, "server.port").help("write a number: port = 8080"),
        at(&layer, "server.port")
            .at(&Origin::whole(&Source::variable("APP_SERVER__PORT", "hunter2")))
            .help("unset it"),
        at(&layer, "server.port").at(&Origin::whole(&Source::fragment(
            LayerKind::Override,
            "--set server.port",
            "hunter2",
        ))),
        Diagnostic::error(Code::SchemaRequired, key, "missing").at(layer.root().origin()),
    ];
    assert_eq!(
        plain(&report, &Masks::of([&layer], &secret)),
        "\
warning[gate/agent-count]: no place to point at

error[schema/type]: server.port: expected integer, found string
 --> app.toml:2:8
  |
2 | port = \"high\"
  |        ^^^^^^
  |
  = help: write a number: port = 8080

error[schema/type]: server.port: expected integer, found string
 --> APP_SERVER__PORT (environment)
  = help: unset it

error[schema/type]: server.port: expected integer, found string
 --> --set server.port

error[schema/required]: server.port: missing
 --> app.toml:1:1
  |
1 | [server]
  | ^

4 errors, 1 warning
"
    );
    assert_eq!(
        render_short(&report, &Masks::of([&layer], &secret)),
        "\
warning[gate/agent-count]: no place to point at
app.toml:2:8: error[schema/type]: server.port: expected integer, found string (write a number: port = 8080)
APP_SERVER__PORT (environment): error[schema/type]: server.port: expected integer, found string (unset it)
--set server.port: error[schema/type]: server.port: expected integer, found string
app.toml:1:1: error[schema/required]: server.port: missing
"
    );
}

#[test]
fn nothing_to_report_is_an_empty_text() {
    assert_eq!(plain(&[], &Masks::default()), "");
}

#[test]
fn tabs_and_wide_characters_keep_the_caret_in_its_place() {
    let (_, layer) = document("a.toml", "\tx = { a = '漢字é', b = 'hit' }\n");
    assert_eq!(
        plain(&[at(&layer, "x.b")], &Masks::of([&layer], &secret)),
        "\
error[schema/type]: x.b: expected integer, found string
 --> a.toml:1:23
  |
1 |     x = { a = '漢字é', b = 'hit' }
  |                            ^^^^^

1 error
"
    );
}

#[test]
fn a_long_line_is_cut_around_the_caret() {
    let long = "x".repeat(10_000);
    let text = alloc::format!(r#"{{"a":"{long}","port":"high","z":"{long}"}}"#);
    let (_, layer) = document("a.json", &text);
    assert_eq!(
        render(
            &[at(&layer, "port"), at(&layer, "z"), at(&layer, "a")],
            &Masks::of([&layer], &secret),
            Style { color: false, width: 60 }
        ),
        "\
error[schema/type]: port: expected integer, found string
 --> a.json:1:10016
  |
1 | ...xxxxxxx\",\"port\":\"high\",\"z\":\"xxxxxxxxxxxxxxxxxxxxxx...
  |                    ^^^^^^

error[schema/type]: z: expected integer, found string
 --> a.json:1:10027
  |
1 | ...ort\":\"high\",\"z\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...
  |                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

error[schema/type]: a: expected integer, found string
 --> a.json:1:6
  |
1 | {\"a\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...
  |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

3 errors
"
    );
}

#[test]
fn a_place_over_several_lines_shows_its_first() {
    let (_, layer) = document("a.toml", "x = [\n 1,\n 2 ]\r\ny = 1\r\n");
    assert_eq!(
        plain(&[at(&layer, "x"), at(&layer, "y")], &Masks::of([&layer], &secret)),
        "\
error[schema/type]: x: expected integer, found string
 --> a.toml:1:5
  |
1 | x = [
  |     ^

error[schema/type]: y: expected integer, found string
 --> a.toml:4:5
  |
4 | y = 1
  |     ^

2 errors
"
    );
}

#[test]
fn a_byte_order_mark_moves_no_caret_and_an_empty_file_has_one() {
    let (_, layer) = document("a.toml", "\u{feff}x = 'y'\n");
    let report = plain(&[at(&layer, "x")], &Masks::of([&layer], &secret));
    assert!(report.contains("1 | x = 'y'\n  |     ^^^\n"), "{report}");
    let (_, empty) = document("b.toml", "");
    let report = plain(
        &[Diagnostic::error(Code::SchemaRequired, Key::root(), "missing").at(empty.root().origin())],
        &Masks::of([&empty], &secret),
    );
    assert_eq!(report, "error[schema/required]: missing\n --> b.toml:1:1\n  |\n1 |\n  | ^\n\n1 error\n");
}

#[test]
fn no_text_reaches_the_terminal_as_a_command() {
    let (_, layer) = document("a\u{1b}.json", "{\"k\": \"\u{7f}\u{9b}\u{202e}x\"}");
    let mistake = at(&layer, "k").help("first\nerror: forged \u{1b}[2J");
    let report = [mistake, at(&layer, "k").at(layer.root().origin())];
    let masks = Masks::of([&layer], &secret);
    let text = plain(&report, &masks) + &render_short(&report, &masks);
    assert!(text.contains("1 | {\"k\": \"\u{2421}\u{fffd}\u{fffd}x\"}"), "{text}");
    assert!(text.contains("help: first\\nerror: forged \\u{1b}[2J"), "{text}");
    assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{text:?}");
}

#[test]
fn colour_comes_only_when_asked_for() {
    let (_, layer) = document("a.toml", "x = 'y'\n");
    let masks = Masks::of([&layer], &secret);
    let report = [at(&layer, "x")];
    assert!(render(&report, &masks, Style { color: true, width: 80 }).contains('\u{1b}'));
    assert!(!plain(&report, &masks).contains('\u{1b}'));
}

#[test]
fn a_source_that_did_not_parse_shows_no_value() {
    let text = "[db]\npassword = \"hunter2\nport = 1\n";
    let source = Source::document(LayerKind::File, "a.toml", text);
    let found: Vec<Diagnostic> = parse(&source, Language::Toml).unwrap_err();
    let report = plain(&found, &Masks::default());
    assert!(report.contains("2 | ******** = \"*******\n"), "{report}");
    assert!(!report.contains("hunter2"), "{report}");
}

#[test]
fn any_width_and_any_place_is_survived() {
    let text = "é\t漢 = '''\n\u{1}\n'''\r\n\r\nlast = \u{7}";
    let source = Source::document(LayerKind::File, "a.toml", text);
    for start in 0..=text.len() {
        for end in [start, start + 1, text.len()] {
            let mistake =
                Diagnostic::error(Code::ParseToml, Key::root(), "x").at(&Origin::new(&source, start..end));
            for width in [0, 1, 41, usize::MAX] {
                assert!(plain(core::slice::from_ref(&mistake), &Masks::default()).ends_with("\n1 error\n"));
                assert!(
                    render(core::slice::from_ref(&mistake), &Masks::default(), Style { color: true, width })
                        .contains("parse")
                );
            }
        }
    }
}
