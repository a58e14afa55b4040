//! No output of the core contains a planted secret (a canary).

use std::sync::Arc;

use proptest::prelude::*;
use speckit_core::config::explain::explain;
use speckit_core::config::redact::{Masks, redact};
use speckit_core::config::report::{Style, render};
use speckit_core::config::source::{Language, parse};
use speckit_core::tree::diff::{Change, apply, diff, to_text as changes_text};
use speckit_core::tree::print::{origins_json, to_text, to_toml, with_origins};
use speckit_core::{
    Code, Diagnostic, Key, Layer, LayerKind, MergeStrategy, Merged, Origin, Segment, Source, Value,
};

const CANARIES: [&str; 8] =
    ["Zq7Xw9Kv", "86753090", "Yt5Rb3Nm", "Hj2Lp8Gd", "Vc6Ms4Fa", "Bx1Oe0Iu", "Kd3Wn7Qz", "271828182"];

/// Secrets as strings, numbers and multi-line texts, in lists and tables, and on a line with public values.
const DOCUMENT: &str = r#"
port = "bad"  # beside nothing secret
secret_name = "Zq7Xw9Kv"  # it was Zq7Xw9Kv before
inline = { port = "bad", secret_pin = 86753090, deep = { secret = 'Yt5Rb3Nm' } }
list = [{ port = "bad", secret = ["Hj2Lp8Gd", 86_753_090] }, { secret = 0x1027E15E }]
[secret.table]
x = "Vc6Ms4Fa"
y = [[{ z = "Bx1Oe0Iu" }]]
[text]
secret_key = """
-----BEGIN KEY-----
Kd3Wn7Qz=
Bx1Oe0Iu = 1
-----END KEY-----
""" # Kd3Wn7Qz
port = "bad"
"#;

/// The keys of the document without its secrets, like in a schema or another layer.
const NAMES: &str = r#"
port = 1
secret_name = 1
inline = { secret_pin = 1, deep = { secret = 1 } }
list = 1
text = { secret_key = 1, table = { x = 1, y = 1, z = 1 } }
"#;

fn is_secret_key(key: &Key, _: &Value) -> bool {
    key.segments().iter().any(|segment| matches!(segment, Segment::Name(name) if name.starts_with("secret")))
}

fn assert_no_canary(text: &str) {
    // A part of a secret is secret too.
    for canary in CANARIES {
        for start in 0..=canary.len() - 5 {
            let part = &canary[start..start + 5];
            assert!(!text.contains(part), "{part} in {text}");
        }
    }
}

/// Checks a text with hashes, which may contain a part of a secret by chance, for complete canaries.
fn assert_no_complete_canary(text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} in {text}");
    }
}

fn document(name: &str, text: &str) -> Layer {
    parse(&Source::document(LayerKind::File, name, text), Language::of(name, "").unwrap()).unwrap()
}

fn sources() -> [Layer; 3] {
    let toml = document("a.toml", DOCUMENT);
    let json = document("a.json", &toml.root().to_json().to_string());
    let text = r#"{"port": "bad", "secret": ["Zq7Xw9Kv", 86753090]}"#;
    let origin = Origin::whole(&Source::variable("APP", text));
    let values = document("env.json", text);
    let values = Value::table(
        values
            .root()
            .as_table()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().at(origin.clone()))),
        origin.clone(),
    );
    [toml, json, Layer::new(values)]
}

/// One diagnostic for every value, with the value in its message.
fn diagnostics_of(layers: &[Layer]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for layer in layers {
        layer.root().leaves_and_elements(&mut |key, value| {
            let message =
                format!("expected something other than {value} or `{}`", value.origin().raw().trim());
            found.push(
                Diagnostic::error(Code::SchemaType, key.clone(), message)
                    .at(value.origin())
                    .help(value.to_string()),
            );
        });
        found.push(Diagnostic::error(Code::SchemaRequired, Key::root(), "missing").at(layer.root().origin()));
    }
    found
}

#[test]
fn no_output_contains_a_planted_secret() {
    let layers = sources();
    let masks = Masks::of(&layers, &is_secret_key);
    let diagnostics = diagnostics_of(&layers);
    for width in [0, 60, 100, 10_000] {
        for color in [false, true] {
            assert_no_canary(&render(&diagnostics, &masks, Style { color, width }));
        }
    }
    assert_no_canary(&format!("{masks:?}"));

    let merged = Merged::of(&layers, &|_| MergeStrategy::Append).unwrap();
    let root = merged.root();
    assert_no_canary(&to_text(root, &is_secret_key));
    let shown = redact(root, &is_secret_key);
    assert_no_canary(&format!("{shown}{}", shown.to_json()));
    assert_no_complete_canary(&format!("{shown:?}"));
    assert_no_canary(&with_origins(&shown, &Key::root()));
    assert_no_canary(&to_toml(&shown));
    assert_no_canary(&serde_json::to_string(&origins_json(&shown)).unwrap());

    let [first, ..] = &layers;
    let mut changes = diff(root, first.root());
    changes.extend(diff(&Value::table([], root.origin().clone()), root));
    let changes: Vec<Change> = changes.iter().map(|change| change.redacted(&is_secret_key)).collect();
    assert_no_canary(&changes_text(&changes));
    assert_no_canary(&serde_json::to_string(&changes).unwrap());
    assert_no_complete_canary(&format!("{changes:?}"));
    assert_no_canary(&apply(&shown, &changes).to_string());

    let mut keys = Vec::from([Key::root()]);
    root.leaves_and_elements(&mut |key, _| {
        keys.extend(std::iter::successors(Some(key.clone()), Key::parent));
    });
    for key in keys {
        let found = explain(&merged, &key, None, &is_secret_key, None).unwrap();
        assert_no_canary(&(found.to_text() + &serde_json::to_string(&found).unwrap()));
        assert_no_complete_canary(&format!("{found:?}"));
    }
}

fn render_lines(masks: &Masks, source: &Arc<Source>, unparsed: bool) -> String {
    let mut at = 0;
    let mut shown = String::new();
    for line in source.text().split_inclusive('\n') {
        let (_, bytes) = source.line_at(u32::try_from(at).unwrap());
        shown += &if unparsed { masks.unparsed_line(source, bytes) } else { masks.line(source, bytes) };
        shown.push('\n');
        at += line.len();
    }
    shown
}

fn assert_no_canary_from(name: &str, text: &str) {
    let source = Source::document(LayerKind::File, name, text);
    match parse(&source, Language::of(name, "").unwrap()) {
        Err(found) => {
            let masks = Masks::of([&document("names.toml", NAMES)], &|_, _| false);
            assert_no_canary(&render_lines(&masks, &source, false));
            assert_no_canary(&render(&found, &masks, Style::default()));
        }
        // An edit may have renamed a secret key, so that its value may be shown.
        Ok(layer) => assert_no_canary(&render_lines(&Masks::of([&layer], &|_, _| true), &source, true)),
    }
}

#[test]
fn a_string_that_ends_too_early_is_masked() {
    let damaged =
        DOCUMENT.replace("KEY-----\nKd3", "KEY---\"\"\"\nKd3").replace("\"\"\" # Kd3", "'\"\" # Kd3");
    assert_ne!(damaged, DOCUMENT);
    assert_no_canary_from("a.toml", &damaged);
}

proptest! {
    #[test]
    fn a_broken_document_shows_no_secret_on_any_line(
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), 0_usize..3, prop::sample::select(&["", "\"", "'", "=", "#", "[", "}", "\n", "\\", ",", "\"\"\""][..])),
            1..3,
        ),
        json in any::<bool>(),
    ) {
        let mut text = String::from(DOCUMENT);
        if json {
            let [toml, ..] = sources();
            let one_line = toml.root().to_json().to_string();
            text = one_line.replace(",", ",\n");
        }
        for (at, removed, inserted) in edits {
            let at = at.index(text.len());
            let end = (at + removed).min(text.len());
            text.replace_range(at..end, inserted);
        }
        let name = if json { "a.json" } else { "a.toml" };
        assert_no_canary_from(name, &text);
    }
}
