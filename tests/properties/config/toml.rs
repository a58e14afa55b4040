//! Laws of the tree of TOML: it equals the tree of the crate `toml`, and both refuse the same texts.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use speckit_core::config::source::{Language, parse};
use speckit_core::config::strategies::config_text;
use speckit_core::{Code, Diagnostic, Kind, LayerKind, Number, Source, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::source::damage_text;

fn read(text: &str) -> Result<Value, Vec<Diagnostic>> {
    let source = Source::document(LayerKind::File, "generated.toml", text);
    parse(&source, Language::Toml).map(|layer| layer.root().clone())
}

/// Compares the two parsers: their trees with the place of each value, or that both refuse the text.
fn compare(text: &str) {
    match (DeTable::parse(text), read(text)) {
        (Ok(expected), Ok(read)) => {
            let (span, table) = (expected.span(), expected.into_inner());
            assert_same(&Spanned::new(span, DeValue::Table(table)), &read, text);
        }
        // TOML has no limits for depth and numbers.
        (Ok(_), Err(found)) => {
            let is_limit = |found: &Diagnostic| matches!(found.code, Code::ParseTooDeep | Code::ParseNumber);
            assert!(found.iter().all(is_limit), "{found:#?} in {text}");
        }
        (Err(error), read) => assert!(read.is_err(), "{error} in {text}"),
    }
}

fn assert_same(expected: &Spanned<DeValue<'_>>, read: &Value, text: &str) {
    assert_eq!(read.origin().span(), expected.span(), "{read} in {text}");
    match (expected.get_ref(), read.kind()) {
        (DeValue::Table(expected), Kind::Table(members)) => {
            let names: Vec<&str> = members.keys().map(|name| name.as_str()).collect();
            assert_eq!(names, expected.keys().map(|name| &**name.get_ref()).collect::<Vec<_>>(), "{text}");
            expected
                .values()
                .zip(members.values())
                .for_each(|(expected, read)| assert_same(expected, read, text));
        }
        (DeValue::Array(expected), Kind::Array(elements)) => {
            assert_eq!(expected.len(), elements.len(), "{text}");
            expected.iter().zip(elements).for_each(|(expected, read)| assert_same(expected, read, text));
        }
        (expected, kind) => assert!(is_same_scalar(expected, kind), "{expected:?}, not {kind:?} in {text}"),
    }
}

fn is_same_scalar(expected: &DeValue<'_>, kind: &Kind) -> bool {
    match (expected, kind) {
        (DeValue::String(expected), Kind::String(text)) => *text == **expected,
        (DeValue::Boolean(expected), Kind::Bool(bool)) => bool == expected,
        (DeValue::Datetime(expected), Kind::Datetime(datetime)) => {
            datetime.to_string() == expected.to_string()
        }
        (DeValue::Integer(expected), Kind::Number(number)) => {
            let digits = expected.as_str().trim_start_matches('+');
            let expected = match i128::from_str_radix(digits, expected.radix()) {
                Ok(int) => Number::parse(&int.to_string()),
                Err(_) => Number::parse(digits),
            };
            number.same(&expected.unwrap())
        }
        (DeValue::Float(expected), Kind::Number(number)) => match expected.as_str().parse::<f64>().unwrap() {
            float if float.is_nan() => number.as_f64().is_nan() && !matches!(number, Number::Int(_)),
            float => number.as_f64().to_bits() == float.to_bits() && !matches!(number, Number::Int(_)),
        },
        _ => false,
    }
}

/// A key of the same few names.
fn key() -> impl Strategy<Value = String> {
    let name = select(&["a", "b", "c", "\"a\"", "'b'", "\"\\u0063\""][..]);
    prop::collection::vec(name, 1..=3).prop_map(|names| names.join("."))
}

fn line_end() -> impl Strategy<Value = &'static str> {
    select(&["\n", "\n", "\r\n", "  # comment\n", "\n\n"][..])
}

/// A line or several that set one key.
fn assignment() -> impl Strategy<Value = String> {
    let numbers = ["1", "-0", "+1_0", "0xfF", "0o17", "0.50", "-nan", "1e3"];
    let others = ["true", "1979-05-27 07:32:00Z", "07:32"];
    let strings =
        ["''", "\"\\t\"", "\"\"\"\n\\\n a\"\"\"", "'''\na\n'''", "\"too long to be held in place\""];
    let scalar = select([&numbers[..], &others[..], &strings[..]].concat()).prop_map(String::from);
    let space = || select(&["", "", "", " ", "\t", "\n", " # comment\n"][..]);
    let value = scalar.prop_recursive(3, 12, 4, move |below| {
        let item = (space(), below.clone(), space())
            .prop_map(|(before, item, after)| format!("{before}{item}{after}"));
        let entry = (space(), key(), below, space())
            .prop_map(|(before, key, value, after)| format!("{before}{key} = {value}{after}"));
        prop_oneof![
            (prop::collection::vec(item, 0..3), space())
                .prop_map(|(items, end)| format!("[{}{end}]", items.join(","))),
            prop::collection::vec(entry, 0..4).prop_map(|entries| format!("{{{}}}", entries.join(","))),
        ]
    });
    (key(), value, line_end()).prop_map(|(key, value, end)| format!("{key} = {value}{end}"))
}

/// Lines that define the same few keys in different ways, so that many of the texts break a rule of tables.
fn lines() -> impl Strategy<Value = String> {
    let table = (key(), line_end()).prop_map(|(key, end)| format!("[{key}]{end}"));
    let item = (key(), line_end()).prop_map(|(key, end)| format!("[[ {key} ]]{end}"));
    prop::collection::vec(prop_oneof![3 => assignment(), 2 => table, 2 => item], 0..7)
        .prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(speckit_tests::cases(256))]

    #[test]
    fn a_text_has_the_tree_of_the_crate_toml(text in prop_oneof![lines(), config_text()]) {
        compare(&text);
    }

    #[test]
    fn a_damaged_text_is_refused_if_the_crate_toml_refuses_it(
        text in damage_text(prop_oneof![lines(), config_text()])
    ) {
        compare(&text);
    }
}

proptest! {
    #![proptest_config(speckit_tests::cases(16))]

    #[test]
    fn a_text_that_is_longer_than_what_is_parsed_at_once_has_the_same_tree(
        items in prop::collection::vec(prop::collection::vec(assignment(), 0..4), 200),
        last in lines(),
    ) {
        let items = items.into_iter().map(|lines| lines.concat()).filter(|item| DeTable::parse(item).is_ok());
        compare(&(items.map(|item| format!("[[items]]\n{item}")).collect::<String>() + &last));
    }
}

#[test]
fn the_lines_of_a_text_follow_and_break_the_rules() {
    let mut runner = TestRunner::deterministic();
    let texts = (0..1000).map(|_| lines().new_tree(&mut runner).unwrap().current());
    let read = texts.filter(|text| DeTable::parse(text).is_ok()).count();
    assert!((300..700).contains(&read), "{read} of 1000 texts are read");
}

#[test]
fn both_parsers_have_the_same_limits_of_depth() {
    for depth in 78..=82 {
        let names = vec!["a"; depth].join(".");
        for text in [
            format!("a = {}{}", "[".repeat(depth), "]".repeat(depth)),
            format!("a = {}1{}", "{a = ".repeat(depth), "}".repeat(depth)),
            format!("{names} = 1"),
            format!("b = {{ {names} = 1 }}"),
            format!("[{names}]"),
            format!("[[{names}]]\n[{names}.b]"),
            format!("{names} = {{ {names} = 1 }}"),
            format!("[{names}]\n{names} = [[{{ {names} = 1 }}]]"),
            (1..depth).map(|count| format!("[[{}]]\n", vec!["a"; count].join("."))).collect(),
        ] {
            compare(&text);
        }
    }
}
