use super::*;
use crate::config::Layer;
use crate::config::source::{Language, parse};
use crate::tree::{Code, Key, LayerKind, Value};
use alloc::vec;

fn document(name: &str, text: &str) -> (Arc<Source>, Layer) {
    let source = Source::document(LayerKind::File, name, text);
    let layer = parse(&source, Language::of(name, source.text()).unwrap()).unwrap();
    (source, layer)
}

fn at(layer: &Layer, key: &str) -> Diagnostic {
    let key: Key = key.parse().unwrap();
    let found = layer.root().get(&key).unwrap().clone();
    Diagnostic::error(Code::SchemaType, key, "expected integer, found string").at(found.origin())
}

fn plain(diagnostics: &[Diagnostic], masks: &Masks) -> String {
    render(diagnostics, masks, Style::default()) + "\n"
}

fn secret(key: &Key, _: &Value) -> bool {
    key.to_string().contains("secret")
}

#[test]
fn a_long_line_is_cut_around_the_caret() {
    let long = "x".repeat(10_000);
    let text = alloc::format!(r#"{{"a":"{long}","port":"high","z":"{long}"}}"#);
    let (_, layer) = document("a.json", &text);
    assert_eq!(
        render(
            &[at(&layer, "z"), at(&layer, "a")],
            &Masks::of([&layer], &secret),
            Style { color: false, width: 60 }
        ),
        "\
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

2 errors"
    );
}

#[test]
fn control_characters_are_escaped() {
    let (_, layer) = document("a\u{1b}.json", "{\"k\": \"\u{7f}\u{9b}\u{202e}x\"}");
    let mistake = at(&layer, "k").help("first\nerror: forged \u{1b}[2J");
    let report = [mistake, at(&layer, "k").at(layer.root().origin())];
    let masks = Masks::of([&layer], &secret);
    let text = plain(&report, &masks);
    assert!(text.contains("1 | {\"k\": \"\u{2421}\u{fffd}\u{fffd}x\"}"), "{text}");
    assert!(text.contains("help: first\\nerror: forged \\u{1b}[2J"), "{text}");
    assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{text:?}");
}

#[test]
fn a_long_report_ends_with_the_count_of_the_rest() {
    let (_, layer) = document("a.toml", "x = 'y'\n");
    let error = at(&layer, "x");
    let warning = Diagnostic::warning(Code::EnvUnknown, Key::root(), "unused");
    let report = |errors: usize, warnings: usize| {
        let all = [vec![warning.clone(); warnings], vec![error.clone(); errors]].concat();
        plain(&all, &Masks::default())
    };
    let shown = report(50_000, 3);
    assert_eq!((shown.matches("error[").count(), shown.matches("warning[").count()), (100, 0));
    assert!(
        shown.ends_with("\n\nand 49,900 more errors, 3 more warnings\n\n50,000 errors, 3 warnings\n"),
        "{shown}"
    );
    let shown = report(1, 2_090);
    assert_eq!((shown.matches("error[").count(), shown.matches("warning[").count()), (1, 99));
    assert!(shown.ends_with("\n\nand 1,991 more warnings\n\n1 error, 2,090 warnings\n"), "{shown}");
    assert!(report(0, 101).ends_with("\n\nand 1 more warning\n\n101 warnings\n"));
    assert!(report(40, 60).ends_with("\n\n40 errors, 60 warnings\n") && !report(40, 60).contains("more"));
}

#[test]
fn only_a_coloured_style_has_colours() {
    let (_, layer) = document("a.toml", "x = 'y'\n");
    let masks = Masks::of([&layer], &secret);
    let report = [at(&layer, "x")];
    assert!(render(&report, &masks, Style { color: true, width: 80 }).contains('\u{1b}'));
    assert_eq!(render(&[], &masks, Style::default()), "");
    assert!(!plain(&report, &masks).contains('\u{1b}'));
}

#[test]
fn any_width_and_any_place_can_be_rendered() {
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

#[test]
fn a_long_key_and_a_long_message_are_shortened() {
    let key = Key::of(["k".repeat(3000).as_str()]);
    let report = plain(&[Diagnostic::error(Code::SchemaType, key, "é".repeat(3000))], &Masks::default());
    let expected = format!("error[schema/type]: {}…: {}…\n\n1 error\n", "k".repeat(999), "é".repeat(999));
    assert!(report == expected, "{} bytes", report.len());
}
