//! Laws of the parsers: no text crashes them, and a printed tree is read as the same tree.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value as Json, json};
use speckit_core::config::redact::Masks;
use speckit_core::config::report::{Style, render};
use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::config::schema::{Documents, Schema};
use speckit_core::config::source::{Environment, EnvironmentNames, Language, Override, Variable, parse};
use speckit_core::config::strategies::{config, config_text};
use speckit_core::tree::print::to_toml;
use speckit_core::{Code, Diagnostic, Layer, LayerKind, Source, Value};

use super::generated::{compile, instance, schema, tree};

/// Rules with a recursive schema that has keys of every type, a secret, a list, and a table with arbitrary names.
fn rules() -> Rules {
    let schema = serde_json::json!({
        "properties": {
            "port": { "type": "integer" },
            "name": { "type": ["string", "null"] },
            "token": { "type": "string", "x-secret": true },
            "ports": { "type": "array", "items": { "type": "integer" } },
            "ratio": { "type": "number", "multipleOf": 0.1 },
            "models": { "additionalProperties": { "$ref": "#" } },
            "a": { "$ref": "#" },
        },
    });
    Rules::new(Some(compile(&schema).unwrap())).with_prefix("APP", &[])
}

fn report(found: &[Diagnostic], layers: &[Layer]) -> usize {
    let masks = Masks::of(layers, &|key, _| key.last_name() == Some("token"));
    render(found, &masks, Style::default()).len() + serde_json::to_string(found).unwrap().len()
}

fn read(text: &str, language: Language) -> Result<Layer, Vec<Diagnostic>> {
    let name = if language == Language::Json { "generated.json" } else { "generated.toml" };
    parse(&Source::document(LayerKind::File, name, text), language)
}

/// Passes a text to every parser, and then reports, prints or converts each result.
fn read_everywhere(text: &str) {
    let rules = rules();
    for language in [Language::Toml, Language::Json, Language::Jsonc] {
        match read(text, language) {
            Err(found) => {
                assert!(!found.is_empty());
                report(&found, &[]);
            }
            Ok(layer) => {
                to_toml(layer.root());
                let _ = speckit_core::tree::typed::from_value::<Json>(layer.root());
                let documents = Documents::new("speckit://generated/schema.json", layer.root());
                match Schema::compile(&documents) {
                    Err(found) => drop(report(&found, &[layer])),
                    Ok(schema) => drop(report(&schema.validator().check(layer.root()), &[layer])),
                }
            }
        }
    }
    let inputs = Inputs {
        documents: vec![Document::Text(Source::document(LayerKind::File, "a.toml", text), Language::Toml)],
        environment: Environment::new([
            ("APP_PORT".to_string(), Variable::Text(text.into())),
            ("APP_NAME".to_string(), Variable::Text(text.into())),
            ("APP_PORTS".to_string(), Variable::Text(text.into())),
            ("APP_MODELS".to_string(), Variable::Text(text.into())),
            ("APP_TOKEN_FILE".to_string(), Variable::Text(text.into())),
            (format!("APP_{text}"), Variable::Text("1".into())),
            (text.to_string(), Variable::NotUnicode),
        ]),
        overrides: ["port", "ratio", "ports", "models.x", text]
            .iter()
            .flat_map(|key| {
                let set = Override::Set { key: key.to_string(), text: text.into() };
                [set, Override::Unset { key: key.to_string() }]
            })
            .chain(Override::assignment(text))
            .collect(),
        ..Inputs::default()
    };
    let layers = rules.read(&inputs);
    report(layers.diagnostics(), layers.layers());
    match rules.check(layers) {
        Ok(checked) => drop(checked.typed::<Json>()),
        Err(refused) => drop(report(refused.diagnostics(), refused.layers())),
    }
}

/// Removes, replaces or inserts parts of a text.
pub(super) fn damage_text(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let insertion = prop_oneof![
        "[\\[\\]{}\"'=:,.#\\\\\n\r\t \u{0}\u{feff}0-9eE+_-]{0,3}",
        prop::sample::select(&["\"\"\"", "'''", "[[", "\\u", "\\ud800", "nan", "-0", "1e999", "é", "0x"][..])
            .prop_map(String::from),
        any::<String>(),
    ];
    (text, prop::collection::vec((any::<Index>(), 0_usize..4, insertion), 1..4)).prop_map(
        |(mut text, edits)| {
            for (at, removed_bytes, insertion) in edits {
                let floor =
                    |text: &str, at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap();
                let at = floor(&text, at.index(text.len() + 1));
                let end = floor(&text, (at + removed_bytes).min(text.len())).max(at);
                text.replace_range(at..end, &insertion);
            }
            text
        },
    )
}

/// Reads a JSON text, in which dates, `nan` and `inf` are strings.
fn read_json(text: &str) -> Value {
    read(text, Language::Json).unwrap_or_else(|found| panic!("{text}: {found:?}")).root().clone()
}

proptest! {
    #![proptest_config(speckit_tests::cases(64))]

    #[test]
    fn no_bytes_crash_a_parser(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        read_everywhere(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_text_crashes_a_parser(text in prop_oneof![any::<String>(), "[a-c\\[\\]{}\"'=:,.;#/*\\\\\n\r \u{a0}\u{feff}\u{0}0-9eE+_-]{0,40}"]) {
        read_everywhere(&text);
    }

    #[test]
    fn no_damaged_toml_crashes_a_parser(text in damage_text(config_text())) {
        read_everywhere(&text);
    }

    #[test]
    fn no_damaged_json_crashes_a_parser(text in damage_text(instance().prop_map(|json| json.to_string()))) {
        read_everywhere(&text);
    }

    #[test]
    fn no_damaged_schema_crashes_the_compiler(
        text in damage_text(schema().prop_map(|json| json.to_string())),
        instance in instance(),
    ) {
        if let Ok(layer) = read(&text, Language::Json)
            && let Ok(schema) = Schema::compile(&Documents::new("speckit://generated/schema.json", layer.root()))
        {
            schema.validator().check(&tree(&instance));
            schema.defaults(Some(&tree(&instance)));
            schema.keys().iter().for_each(|key| drop(schema.facts(key)));
        }
    }

    #[test]
    fn printed_toml_is_read_as_the_same_tree((_, tree) in config()) {
        let text = to_toml(&tree);
        let read_again = read(&text, Language::Toml);
        prop_assert!(read_again.is_ok(), "{:?} in {}", read_again, text);
        let read_again = read_again.unwrap();
        prop_assert_eq!(read_again.root(), &tree, "{}", text);
    }

    #[test]
    fn comments_and_trailing_commas_change_no_value_and_no_line(json in instance()) {
        let plain = serde_json::to_string_pretty(&json).unwrap();
        let mut text = String::new();
        for line in plain.split_inclusive('\n') {
            // A bracket that closes on its own line follows a member.
            if line.trim_start().starts_with(['}', ']']) && text.ends_with('\n') {
                let end = text.rfind(" //").unwrap();
                text.insert(end, ',');
            }
            text.push_str(&line.replace('\n', " // \" } ] /*\n/* , \" */ "));
        }
        let lenient = read(&text, Language::Jsonc);
        prop_assert!(lenient.is_ok(), "{:?} in {}", lenient, text);
        let lenient = lenient.unwrap();
        let strict = read_json(&plain);
        prop_assert_eq!(lenient.root(), &strict, "{}", text);
        strict.leaves_and_elements(&mut |key, leaf| {
            let same = lenient.root().get(key).unwrap();
            let line = |value: &Value| value.origin().line_column().unwrap().0;
            assert_eq!((line(same), same.origin().raw()), (line(leaf), leaf.origin().raw()), "{key} in {text}");
        });
    }

    #[test]
    fn printed_json_is_read_as_the_same_tree(json in instance()) {
        let value = tree(&json);
        let text = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(&read_json(&text), &value, "{}", text);
        prop_assert_eq!(&read_json(&value.to_json().to_string()), &value, "{}", text);
        prop_assert_eq!(&serde_json::from_str::<Json>(&text).unwrap(), &value.to_json(), "{}", text);
    }

    #[test]
    fn a_tree_from_json_is_read_as_the_same_tree((_, tree) in config()) {
        // The first round turns values that JSON lacks into texts, and the second round changes nothing.
        let once = read_json(&tree.to_json().to_string());
        prop_assert_eq!(read_json(&once.to_json().to_string()), once);
    }
}

/// Reads a text, and checks that a debug build takes less than 30 seconds. A stack of 2 MiB must be enough.
fn read_quickly(name: &str, text: String) {
    let start = Instant::now();
    read_everywhere(&text);
    let elapsed = start.elapsed();
    assert!(elapsed < Duration::from_secs(30), "{name}: {elapsed:?}");
}

/// At this depth, a recursion overflows 2 MiB if each level takes more than half a KiB.
const DEPTH: usize = 4_000;

#[test]
fn deep_lists_and_tables_do_not_overflow_the_stack() {
    for (open, close) in
        [("[", "]"), ("{\"a\":", "}"), ("{a=", "}"), ("x=[", "]"), ("[[", "]]"), ("[{\"a\":", "}]")]
    {
        read_quickly(open, open.repeat(DEPTH));
        read_quickly(open, format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH)));
        read_quickly(open, format!("x = {}1{}\n", open.repeat(DEPTH), close.repeat(DEPTH)));
    }
}

#[test]
fn deep_keys_do_not_overflow_the_stack() {
    let dotted = ["a"; DEPTH].join(".");
    for text in [
        dotted.clone(),
        format!("{dotted} = 1\n"),
        format!("[{dotted}]\nb = 1\n"),
        format!("[[{dotted}]]\nb = 1\n"),
        format!("x = {{ {dotted} = 1 }}\n"),
        format!("x = {}1{}\n", format!("{{ {} = ", ["a"; 79].join(".")).repeat(79), "}".repeat(79)),
        format!("{dotted}=1"),
        ["A"; DEPTH].join("__"),
        ["MODELS__X"; DEPTH].join("__"),
        ["0"; DEPTH].join("__"),
        "A__".repeat(DEPTH),
        "_".repeat(DEPTH),
        "TOKEN_FILE".to_string() + &"_FILE".repeat(DEPTH),
    ] {
        read_quickly(&text.chars().take(20).collect::<String>(), text);
    }
}

#[test]
fn a_variable_beyond_the_depth_limit_is_unknown() {
    let environment = |levels: usize| {
        let name = format!("APP_{}", vec!["A"; levels].join("__"));
        let environment = Environment::of([(name.as_str(), "1")]);
        let (layer, found) = EnvironmentNames::new("APP", &[], None, None).layer(&environment);
        (layer.is_some(), found.into_iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>())
    };
    assert_eq!(environment(speckit_core::MAX_DEPTH), (true, vec![]));
    assert_eq!(environment(speckit_core::MAX_DEPTH + 1), (false, vec![Code::EnvUnknown]));
}

#[test]
fn long_tokens_are_parsed_in_time() {
    let long = 100_000;
    for text in [
        "9".repeat(long),
        format!("-{}", "9".repeat(long)),
        format!("0.{}1", "0".repeat(long)),
        format!("1{}", "0".repeat(long)),
        format!("1e{}", "9".repeat(long)),
        format!("x = {}\n", "9".repeat(long)),
        format!("ratio = 0.{}\n", "3".repeat(long)),
        format!("ratio = 1e{}\n", "9".repeat(long)),
        format!("x = 0x{}\n", "f".repeat(long)),
        format!("x = 1{}\n", "_0".repeat(long)),
        format!("{} = 1\n", "k".repeat(long)),
        format!("\"{}\" = 1\n", "é".repeat(long)),
        format!("{{\"{}\": 1}}", "k".repeat(long)),
        format!("x = \"{}\"\n", "y".repeat(long)),
        format!("x = \"{}\n", "y".repeat(long)),
        format!("x = [{}]\n", "1,".repeat(long / 20)),
        format!("[{}1]", "1,".repeat(long / 20)),
        "\n".repeat(long),
        "a\n".repeat(200),
        "\"".repeat(1000),
        ",".repeat(long / 20),
        "#".repeat(long),
        "\\".repeat(long),
    ] {
        read_quickly(&format!("{}… of {}", text.chars().take(12).collect::<String>(), text.len()), text);
    }
}

#[test]
fn wide_numbers_are_compared_in_time() {
    let digits = "7".repeat(100_000);
    let schema = format!(
        r#"{{"items": {{"multipleOf": 1{digits}, "minimum": -{digits}, "exclusiveMaximum": 1e{digits}, "enum": [1, {digits}],
             "anyOf": [{{"const": {digits}}}, {{"multipleOf": 0.{digits}}}]}}, "minItems": 2.0, "uniqueItems": true}}"#
    );
    let start = Instant::now();
    for text in [format!("x = {digits}\n"), format!("x = -0.{digits}\n"), format!("x = 1e{digits}\n")] {
        report(&read(&text, Language::Toml).err().unwrap_or_default(), &[]);
    }
    let schema = read(&schema, Language::Json).unwrap();
    let schema = Schema::compile(&Documents::new("speckit://wide", schema.root())).unwrap();
    let list = read(&format!("[{digits}, {digits}.0, 1e{digits}, -1e-{digits}, 1]"), Language::Json).unwrap();
    let found = schema.validator().check(list.root());
    assert!(report(&found, &[list]) > 0 && !found.is_empty());
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn byte_order_marks_and_all_line_ends_are_read() {
    let value = |text: &str, language| read(text, language).map(|layer| layer.root().to_string());
    assert_eq!(value("\u{feff}a = 1\r\nb = 2\r\n", Language::Toml).unwrap(), "{ a = 1, b = 2 }");
    assert_eq!(value("\u{feff}{\"a\":\r\n1}\r", Language::Json).unwrap(), "{ a = 1 }");
    assert_eq!(value("", Language::Toml).unwrap(), "{}");
    for text in [
        "a = 1\rb = 2\r",
        "a = \"\u{0}\"",
        "\u{0}",
        "a\u{0}b = 1",
        "\u{feff}\u{feff}a = 1",
        "a = 1\n\u{feff}",
    ] {
        assert!(read(text, Language::Toml).is_err(), "{text:?}");
        read_everywhere(text);
    }
    for text in [
        "",
        "\u{feff}",
        "{\"a\": \"\u{0}\"}",
        "{} \u{0}",
        "\"\\ud800\"",
        "\u{a0}1",
        "{\"a\":1,}",
        "01",
        "\"\\",
    ] {
        assert!(read(text, Language::Json).is_err(), "{text:?}");
        read_everywhere(text);
    }
}

/// Each cycle of the schema is a chain of `allOf` and one step into the tree. The violation is at the first step.
#[test]
fn a_long_chain_over_a_deep_tree_is_explained_without_overflow() {
    let chain = 30;
    let definitions: serde_json::Map<String, Json> = (0..chain)
        .map(|index| {
            let next = serde_json::json!({ "allOf": [{ "$ref": format!("#/definitions/{}", index + 1) }] });
            (index.to_string(), next)
        })
        .chain([(
            chain.to_string(),
            serde_json::json!({ "properties": { "a": { "$ref": "#/definitions/0" } }, "required": ["b"] }),
        )])
        .collect();
    for first in [
        serde_json::json!({ "$ref": "#/definitions/0" }),
        serde_json::json!({ "required": ["b"], "allOf": [{ "$ref": "#/definitions/15" }] }),
    ] {
        let mut schema = first;
        schema["definitions"] = Json::Object(definitions.clone());
        let validator = compile(&schema).unwrap().validator();
        for depth in [1, 10, 40, 99] {
            let text = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
            let found = validator.check(read(&text, Language::Json).unwrap().root());
            assert!(!found.is_empty(), "{depth}");
        }
    }
}

/// Wraps a schema into a keyword that combines subschemas.
type Wrap = fn(Json) -> Json;

/// The deepest trees that are still checked, through every keyword that combines subschemas.
#[test]
fn a_deep_tree_is_checked_without_overflow() {
    for chain in [1, 2, 4, 8, 16, 30] {
        let combinations: [(&str, Wrap); 9] = [
            ("allOf", |inner| json!({ "allOf": [inner] })),
            ("anyOf", |inner| json!({ "anyOf": [false, inner] })),
            ("oneOf", |inner| json!({ "oneOf": [false, inner] })),
            ("not", |inner| json!({ "not": { "not": inner } })),
            ("if", |inner| json!({ "if": inner, "then": true, "else": false })),
            ("then", |inner| json!({ "if": true, "then": inner })),
            ("dependentSchemas", |inner| json!({ "dependentSchemas": { "a": inner } })),
            (
                "unevaluatedProperties",
                |inner| json!({ "allOf": [inner], "unevaluatedProperties": { "$ref": "#" } }),
            ),
            ("contains", |inner| json!({ "allOf": [inner, { "contains": { "$ref": "#" } }] })),
        ];
        for (combine, wrap) in combinations {
            let mut inner = json!({ "properties": { "a": { "$ref": "#" } } });
            for _ in 0..chain {
                inner = wrap(inner);
            }
            inner["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
            let Ok(schema) = compile(&inner) else { continue };
            let validator = schema.validator();
            let mut checked = 0;
            for depth in (1..100).step_by(3) {
                let (open, close) = if combine == "contains" { ("[", "]") } else { ("{\"a\":", "}") };
                let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
                let value = read(&text, Language::Json).unwrap();
                let found = validator.check(value.root());
                assert!(found.iter().all(|diagnostic| diagnostic.code == "schema/unsupported"), "{found:?}");
                checked += usize::from(found.is_empty());
            }
            assert!(checked >= 3, "{checked} of {combine} in a chain of {chain}");
        }
    }
}
