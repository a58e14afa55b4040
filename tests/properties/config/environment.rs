//! Laws of the environment: strings keep their bytes, and variables set their keys.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};
use speckit_core::config::schema::Schema;
use speckit_core::config::source::{Environment, EnvironmentNames, Variable};
use speckit_core::{Diagnostic, Key, Kind, Layer, Severity, Value};

use super::generated::{compile, tree};

const PREFIX: &str = "APP";

fn read(schema: &Schema, variables: &[(&str, &str)]) -> (Option<Layer>, Vec<Diagnostic>) {
    EnvironmentNames::new(PREFIX, &[], Some(schema), None).layer(&Environment::of(variables.iter().copied()))
}

/// The value that a variable gives to `x` under a schema for it.
fn value_of(schema: Json, text: &str) -> Result<Value, Vec<Diagnostic>> {
    let schema = compile(&json!({ "properties": { "x": schema } })).unwrap();
    let (layer, diagnostics) = read(&schema, &[("APP_X", text)]);
    layer
        .filter(|_| diagnostics.is_empty())
        .map(|layer| layer.root().member("x").unwrap().clone())
        .ok_or(diagnostics)
}

/// Arbitrary texts, and texts that look like values of other types.
fn text() -> impl Strategy<Value = String> {
    const AMBIGUOUS: [&str; 15] = [
        "",
        " ",
        "00123",
        "1e10",
        "true",
        "no",
        "null",
        "[x",
        "[1]",
        "{",
        "{\"a\":1}",
        "a,b",
        "\"a\"",
        "0x10",
        "\u{feff}",
    ];
    prop_oneof![
        any::<String>(),
        select(&AMBIGUOUS[..]).prop_map(String::from),
        "[ \t\r\n\u{0}\"',\\[\\]{}0-9a-z]{0,6}"
    ]
}

/// Short names of letters in both cases, digits, `-` and `_`, which often are equal in capital letters.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-bA-B0-1]{1,2}[-_]{0,1}[a-b]{0,1}", 1 => "[_-]{0,2}[a-b0-1]{0,2}", 1 => select(&["a__b", "x_file", "é", "ß"][..]).prop_map(String::from)]
}

/// A schema of nested tables with strings as leaves.
fn tables() -> impl Strategy<Value = Json> {
    let leaf = Just(json!({ "type": "string" })).boxed();
    leaf.prop_recursive(3, 12, 3, |inner| {
        btree_map(name(), inner, 1..=3).prop_map(|members| {
            let members: Map<String, Json> = members.into_iter().collect();
            json!({ "type": "object", "properties": members, "additionalProperties": false })
        })
    })
    .prop_map(|schema| {
        if schema["type"] == "object" { schema } else { json!({ "properties": { "a": schema } }) }
    })
}

proptest! {
    #![proptest_config(speckit_tests::cases(48))]

    #[test]
    fn a_string_key_keeps_every_character(text in text(), nullable in any::<bool>(), allows_other_types in any::<bool>()) {
        let types = match (nullable, allows_other_types) {
            (false, false) => json!({ "type": "string" }),
            (true, false) => json!({ "type": ["string", "null"] }),
            (false, true) => json!({ "type": ["integer", "string", "array"] }),
            (true, true) => json!(true),
        };
        let value = value_of(types, &text);
        prop_assert_eq!(value.as_ref().map(Value::as_str), Ok(Some(text.as_str())));
    }

    #[test]
    fn a_variable_sets_its_key_or_is_reported_as_ambiguous(schema in tables(), text in text()) {
        let schema = compile(&schema).unwrap();
        let names = EnvironmentNames::new(PREFIX, &[], Some(&schema), None);
        let rows = names.table(&Environment::default());
        prop_assert!(!rows.is_empty());
        for row in &rows {
            let variable = names.variable(&row.key).unwrap();
            prop_assert_eq!(&variable, &row.variable);
            let (layer, diagnostics) = names.layer(&Environment::of([(variable.as_str(), text.as_str())]));
            // Tables have variables too, so a variable may be ambiguous between a table and a setting in it.
            let named = |key: &&Key| names.variable(key).as_deref() == Some(&variable);
            let keys = schema.keys();
            let keys_of_variable: Vec<&Key> = keys.iter().filter(named).collect();
            if let [only] = keys_of_variable.as_slice() {
                prop_assert!(diagnostics.is_empty(), "{:?}", diagnostics);
                let layer = layer.unwrap();
                prop_assert_eq!(*only, &row.key);
                prop_assert_eq!(layer.root().get(only).and_then(Value::as_str), Some(text.as_str()));
                let mut leaves = 0;
                layer.root().leaves(&mut |_, _| leaves += 1);
                prop_assert_eq!(leaves, 1);
            } else {
                prop_assert!(layer.is_none());
                prop_assert_eq!(diagnostics.len(), 1, "{:?}", diagnostics);
                prop_assert_eq!(diagnostics[0].code, "env/ambiguous");
                for key in &keys_of_variable[..2] {
                    prop_assert!(diagnostics[0].message.contains(&format!("`{key}`")), "{} of {:?}", diagnostics[0].message, keys_of_variable);
                }
            }
        }
    }

    #[test]
    fn an_unknown_variable_is_a_warning_and_changes_nothing(schema in tables(), suffix in "[A-B0-1_]{0,8}") {
        let schema = compile(&schema).unwrap();
        let names = EnvironmentNames::new(PREFIX, &[], Some(&schema), None);
        let keys = schema.keys();
        let unknown = format!("APP_{suffix}");
        prop_assume!(keys.iter().all(|key| names.variable(key).as_deref() != Some(&unknown)));
        let (layer, diagnostics) = read(&schema, &[(&unknown, "hunter2")]);
        prop_assert!(layer.is_none());
        prop_assert_eq!(diagnostics.len(), 1);
        prop_assert_eq!((diagnostics[0].code.as_str(), diagnostics[0].severity), ("env/unknown", Severity::Warning));
        let shown = format!("{diagnostics:?}");
        prop_assert!(!shown.contains("hunter2"));
    }

    #[test]
    fn a_variable_without_the_prefix_is_ignored(name in "[A-Z_]{0,6}", text in text()) {
        prop_assume!(!name.starts_with("APP_"));
        let schema = compile(&json!({})).unwrap();
        let (layer, diagnostics) = read(&schema, &[(&name, &text)]);
        prop_assert!(layer.is_none() && diagnostics.is_empty());
        let names = EnvironmentNames::new(PREFIX, &[], None, None);
        prop_assert!(names.layer(&Environment::new([(name, Variable::NotUnicode)])).1.is_empty());
    }

    #[test]
    fn an_unrelated_variable_changes_nothing(
        named in vec((select(&["A", "B_FILE", "APP_Z"][..]), any::<bool>(), any::<bool>()), 2),
        variables in btree_map("(APP_?)?_?[ABXYZ](_FILE)?", text(), 0..6),
    ) {
        let member = |(name, is_former, is_secret): &(&str, bool, bool)| match is_former {
            true => json!({ "type": "string", "x-secret": is_secret, "x-aliases": [name] }),
            false => json!({ "type": "string", "x-secret": is_secret, "x-env": name }),
        };
        let schema = compile(&json!({ "properties": { "x": member(&named[0]), "y": member(&named[1]) } })).unwrap();
        let reserved = ["Z".to_owned()];
        let names = EnvironmentNames::new(PREFIX, &reserved, Some(&schema), None);
        let complete = Environment::of(variables.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let filtered = complete.clone().filtered(|name| names.concerns(name));
        prop_assert_eq!(names.secret_files(&filtered), names.secret_files(&complete));
        let ((filtered, filtered_diagnostics), (expected, expected_diagnostics)) = (names.layer(&filtered), names.layer(&complete));
        prop_assert_eq!(filtered.map(|layer| layer.root().clone()), expected.map(|layer| layer.root().clone()));
        prop_assert_eq!(filtered_diagnostics, expected_diagnostics);
    }

    #[test]
    fn an_integer_is_read_from_its_text(int in any::<i64>(), nullable in any::<bool>()) {
        let types = if nullable { json!({ "type": ["integer", "null"] }) } else { json!({ "type": "integer" }) };
        let value = value_of(types, &int.to_string());
        prop_assert_eq!(value.unwrap().as_number().unwrap().as_i64(), Some(int));
    }

    #[test]
    fn a_float_is_read_from_its_text(float in any::<f64>().prop_filter("JSON has no other", |float| float.is_finite())) {
        let value = value_of(json!({ "type": "number" }), &format!("{float:?}"));
        prop_assert_eq!(value.unwrap().as_number().unwrap().as_f64(), float);
    }

    #[test]
    fn a_boolean_is_read_in_every_spelling(
        (spelling, expected) in select(&[("true", true), ("on", true), ("yes", true), ("1", true), ("false", false), ("off", false), ("no", false), ("0", false)][..]),
        capital in any::<bool>(),
    ) {
        let spelling = if capital { spelling.to_uppercase() } else { spelling.to_string() };
        prop_assert_eq!(value_of(json!({ "type": "boolean" }), &spelling).unwrap().as_bool(), Some(expected));
    }

    #[test]
    fn a_list_is_read_in_both_formats(texts in vec(text(), 0..4), ints in vec(any::<i64>(), 0..4)) {
        let list = |of: &str| json!({ "type": "array", "items": { "type": of } });
        let schema = compile(&json!({ "properties": { "s": list("string"), "i": list("integer") } })).unwrap();
        let read_as = |variable, format: &str| {
            let (layer, diagnostics) = read(&schema, &[(variable, format)]);
            layer.map(|layer| layer.root().clone()).ok_or(diagnostics)
        };
        let quoted: Vec<_> = texts.iter().map(|text| format!("\"{}\"", text.replace('"', "\"\""))).collect();
        for format in [quoted.join(","), quoted.join(" , "), json!(texts).to_string()] {
            prop_assert_eq!(read_as("APP_S", &format), Ok(tree(&json!({ "s": texts }))), "{}", format);
        }
        let plain: Vec<_> = ints.iter().map(i64::to_string).collect();
        for format in [plain.join(","), plain.join(", "), json!(ints).to_string()] {
            prop_assert_eq!(read_as("APP_I", &format), Ok(tree(&json!({ "i": ints }))), "{}", format);
        }
    }

    #[test]
    fn a_list_can_be_set_by_one_variable_for_each_item(texts in vec(text(), 1..12)) {
        let schema = compile(&json!({ "properties": { "x": { "type": "array", "items": { "type": "string" } } } })).unwrap();
        let names: Vec<_> = (0..texts.len()).map(|index| format!("APP_X__{index}")).collect();
        let variables: Vec<_> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
        let (layer, diagnostics) = read(&schema, &variables);
        prop_assert!(diagnostics.is_empty(), "{:?}", diagnostics);
        let layer = layer.unwrap();
        prop_assert_eq!(layer.root(), &tree(&json!({ "x": texts })));
    }

    #[test]
    fn a_secret_file_sets_its_text_without_the_last_line_end(
        text in any::<String>(),
        end in select(&["", "\n", "\r\n"][..]),
    ) {
        prop_assume!(!text.ends_with(['\n', '\r']));
        let schema = compile(&json!({ "properties": { "x": { "type": "string", "x-secret": true } } })).unwrap();
        let names = EnvironmentNames::new(PREFIX, &[], Some(&schema), None);
        let mut environment = Environment::of([("APP_X_FILE", "/run/x")]);
        prop_assert_eq!(names.secret_files(&environment), ["/run/x"]);
        environment.add_file("/run/x", Ok(format!("{text}{end}")));
        let (layer, diagnostics) = names.layer(&environment);
        prop_assert!(diagnostics.is_empty(), "{:?}", diagnostics);
        let layer = layer.unwrap();
        let value = layer.root().member("x").unwrap();
        prop_assert_eq!(value.as_str(), Some(text.as_str()));
        prop_assert_eq!(value.origin().to_string(), "APP_X_FILE");
    }
}

#[test]
fn only_a_secret_can_come_from_a_file() {
    let schema =
        compile(&json!({ "properties": { "x": { "type": "string" } }, "additionalProperties": false }))
            .unwrap();
    let names = EnvironmentNames::new(PREFIX, &[], Some(&schema), None);
    let environment = Environment::of([("APP_X_FILE", "/run/x")]);
    assert!(names.secret_files(&environment).is_empty());
    assert_eq!(names.layer(&environment).1[0].code, "env/unknown");
}

#[test]
fn an_empty_variable_is_null_if_strings_are_not_allowed() {
    for text in ["", "null"] {
        assert!(matches!(value_of(json!({ "type": ["integer", "null"] }), text).unwrap().kind(), Kind::Null));
    }
}

proptest! {
    #[test]
    fn a_free_name_is_the_one_that_was_written_or_a_warning_names_both(
        name in "[A-Za-z0-9]{1,6}(_[A-Za-z0-9]{1,4})?",
        text in text(),
    ) {
        let schema = json!({ "properties": { "m": { "additionalProperties": { "type": "string" } } } });
        let (layer, diagnostics) = read(&compile(&schema).unwrap(), &[(&format!("APP_M__{name}"), &text)]);
        let has_small_letter = name.chars().any(char::is_lowercase);
        let read_as = if has_small_letter { name.clone() } else { name.to_lowercase() };
        let set = layer.unwrap().root().get(&Key::of(["m", read_as.as_str()])).and_then(|value| value.as_str().map(String::from));
        prop_assert_eq!(set.as_deref(), Some(text.as_str()));
        let codes: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
        let expected: &[&str] = if read_as == name { &[] } else { &["env/case"] };
        prop_assert_eq!(codes, expected);
        for diagnostic in diagnostics {
            prop_assert!(diagnostic.message.contains(&format!("`m.{read_as}`, not `m.{name}`")), "{}", diagnostic.message);
        }
    }
}
