//! What merging gives, and that values which extend others are merged associatively.

use alloc::format;
use alloc::string::{String, ToString};

use super::*;
use crate::config::source::{Language, parse};
use crate::tree::Source;

fn layer(name: &str, text: &str) -> Layer {
    parse(&Source::document(LayerKind::File, name, text), Language::Toml).unwrap()
}

/// The merged tree on one line.
fn merged(strategy: &MergeStrategy, texts: &[&str]) -> String {
    let layers: Vec<Layer> = texts.iter().map(|text| layer("a", text)).collect();
    let by_key = |key: &Key| match key.last_name() {
        Some("a") if key.segments().len() == 1 => strategy.clone(),
        _ => MergeStrategy::Join,
    };
    Merged::of(&layers, &by_key).unwrap().root().to_string()
}

#[test]
fn a_table_that_replaces_takes_nothing_from_the_lower_one() {
    let replace = MergeStrategy::Replace;
    assert_eq!(
        merged(&replace, &["a.x = 1\nb.x = 1", "a.y = 2\nb.y = 2"]),
        "{ a = { y = 2 }, b = { x = 1, y = 2 } }"
    );
    assert_eq!(merged(&replace, &["a.x = 1", "a = {}"]), "{ a = {} }");
    assert_eq!(merged(&replace, &["a = {}", "a.x = 1"]), "{ a = { x = 1 } }");
    assert_eq!(merged(&replace, &["a.x = 1", "b = 1"]), "{ a = { x = 1 }, b = 1 }");
    assert_eq!(merged(&replace, &["a.x = 1", "a = 1", "a.y = 2"]), "{ a = { y = 2 } }");
    assert_eq!(merged(&replace, &["a = [1]", "a = [2]"]), "{ a = [2] }");
}

/// Every value of the stack on its own line, with its history.
fn debug_text(value: &Value) -> String {
    format!("{value:#?}")
}

#[test]
fn merging_values_that_extend_others_is_associative() {
    let value = |name: &str, text: &str| layer(name, text).root().member("a").unwrap().clone();
    let change = |name: &str, text: &str| {
        let whole = value(name, text);
        extended(whole.kind().clone(), whole)
    };
    let values = [
        value("1", "a = [1, 2]"),
        change("2", "a = [3, 2]"),
        change("3", "a = [3, 4]"),
        value("4", "a = 5"),
        change("5", "a = {x = 1}"),
        value("6", "a = {y = 1}"),
        value("7", "a = {}"),
        value("8", "a = []"),
    ];
    let strategies =
        [MergeStrategy::Join, MergeStrategy::Replace, MergeStrategy::Append, MergeStrategy::By("x".into())];
    for strategy in strategies {
        let m = |lower: &Value, upper: &Value| merge(lower, upper, &|_| strategy.clone());
        for a in &values {
            for b in &values {
                for c in &values {
                    let (left, right) = (m(&m(a, b), c), m(a, &m(b, c)));
                    assert!(debug_text(&left) == debug_text(&right), "{strategy:?}: {a}, {b}, {c}");
                }
            }
        }
    }
}

#[test]
fn items_with_the_same_member_are_merged() {
    let by = MergeStrategy::By("id".into());
    let of = |lower: &str, upper: &str| merged(&by, &[&format!("a = {lower}"), &format!("a = {upper}")]);
    assert_eq!(
        of("[{id = 1, x = 1}, {id = 2}]", "[{id = 2, y = 2}, {id = 1, x = 3}]"),
        "{ a = [{ id = 1, x = 3 }, { id = 2, y = 2 }] }"
    );
    assert_eq!(
        of("[{id = 1}]", "[{id = '1'}, {x = 1}, 5]"),
        "{ a = [{ id = 1 }, { id = \"1\" }, { x = 1 }, 5] }"
    );
    assert_eq!(of("[{x = 1}]", "[{x = 1}]"), "{ a = [{ x = 1 }, { x = 1 }] }");
    assert_eq!(
        of("[{id = 1, x = 1}, {id = 1, x = 2}]", "[{id = 1, y = 1}]"),
        "{ a = [{ id = 1, x = 1, y = 1 }, { id = 1, x = 2 }] }"
    );
    assert_eq!(of("[]", "[{id = 1}]"), "{ a = [{ id = 1 }] }");
    assert_eq!(of("[{id = 1}]", "[]"), "{ a = [{ id = 1 }] }");
    assert_eq!(
        of("[{id = 1, t = {x = 1}}]", "[{id = 1, t = {y = 1}}]"),
        "{ a = [{ id = 1, t = { x = 1, y = 1 } }] }"
    );
    assert_eq!(of("5", "[{id = 1}]"), "{ a = [{ id = 1 }] }");
}
