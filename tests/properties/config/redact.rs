//! No text that is made between inputs and settings contains a planted secret.

use proptest::prelude::*;
use proptest::sample::select;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use speckit_core::config::explain::explain;
use speckit_core::config::redact::{Masks, redact};
use speckit_core::config::report::{Style, render};
use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::config::schema::{Documents, Schema};
use speckit_core::config::source::{Environment, Language, Override, Variable};
use speckit_core::tree::diff::{diff, to_text as changes_text};
use speckit_core::tree::print::{to_text, to_toml};
use speckit_core::{Diagnostic, Key, LayerKind, Source, Value};

use super::generated::compile;

const CANARIES: [&str; 4] = ["Zq7Xw9KvYt", "86753090867", "Hj2Lp8GdVc", "Bx1Oe0IuKd"];

/// Schemas for every keyword that a canary violates.
fn violated_schema() -> impl Strategy<Value = Json> {
    select(vec![
        json!({ "type": "boolean" }),
        json!({ "enum": ["a", "Zq7Xw9KvYx", 1] }),
        json!({ "const": "a" }),
        json!({ "type": "string", "pattern": "^b", "not": { "type": "integer" } }),
        json!({ "minimum": 1e300, "minLength": 90 }),
        json!({ "maximum": 1, "maxLength": 1 }),
        json!({ "exclusiveMinimum": 1e300, "format": "email" }),
        json!({ "exclusiveMaximum": 1, "format": "date-time" }),
        json!({ "multipleOf": 7.5, "format": "uri" }),
        json!({ "not": {} }),
        json!(false),
        json!({ "anyOf": [{ "const": "a" }, { "enum": ["b"] }, { "type": "array", "items": { "const": "c" } }] }),
        json!({ "oneOf": [{}, { "type": ["string", "integer", "array", "object"] }] }),
        json!({ "oneOf": [{ "type": "null" }, { "properties": { "x": { "const": 1 } }, "required": ["x", "y"] }] }),
        json!({ "if": true, "then": { "enum": [] } }),
        json!({ "allOf": [{ "maxLength": 2 }, { "maximum": 2 }, { "items": { "maxLength": 2 } }] }),
        json!({ "type": "array", "uniqueItems": true, "contains": { "const": 1 }, "items": { "enum": [1] } }),
        json!({ "type": "object", "additionalProperties": { "const": 1 }, "maxProperties": 0 }),
    ])
}

fn rules(secret: Json) -> Rules {
    let mut secret = match secret {
        Json::Object(_) => secret,
        other => json!({ "allOf": [other] }),
    };
    secret["x-secret"] = true.into();
    let inside = json!({ "properties": { "token": { "x-secret": true } } });
    let with = |more: Json| json!({ "allOf": [inside, more] });
    let schema = json!({ "properties": {
        "token": secret,
        "pin": { "type": "integer", "x-secret": true },
        // A table and a list that are not secret themselves but contain a secret.
        "table": with(json!({ "enum": [{ "token": "a" }, 1] })),
        "list": { "items": inside, "const": [], "uniqueItems": true, "contains": with(json!({ "const": 1 })) },
        "either": { "oneOf": [with(json!({ "const": {} })), with(json!({ "const": [] }))] },
        "port": { "type": "integer" },
    } });
    Rules::new(Some(compile(&schema).unwrap())).with_prefix("APP", &[])
}

fn document(language: Language) -> String {
    let [text, number, third, fourth] = CANARIES;
    let json = json!({
        "port": 80,
        "table": { "token": text, "open": 1 },
        "list": [{ "token": third }, { "token": third }],
        "either": { "token": [fourth, { "x": text }] },
        "token": { "x": third, "list": [text, number.parse::<u64>().unwrap()] },
    });
    match language {
        Language::Json | Language::Jsonc => serde_json::to_string_pretty(&json).unwrap(),
        Language::Toml => to_toml(&super::generated::tree(&json)),
    }
}

fn assert_no_secret(name: &str, text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} in {name}: {text}");
    }
}

fn assert_report_has_no_secret(found: &[Diagnostic], masks: &Masks) {
    // Even without masks, no diagnostic may contain a secret.
    assert_no_secret("messages", &format!("{found:?}{}", serde_json::to_string(found).unwrap()));
    assert_no_secret("a report", &render(found, masks, Style::default()));
    assert_no_secret("debug", &format!("{masks:?}"));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its types matter, and converting to them fails")]
struct Settings {
    port: Option<u16>,
    pin: Option<bool>,
    token: u8,
}

fn check_texts(rules: &Rules, inputs: &Inputs) {
    let layers = rules.read(inputs);
    assert_no_secret("inputs", &format!("{:?}{:?}", inputs.environment, inputs.overrides));
    let masks = Masks::of(layers.layers(), &|key, value| rules.keys().is_secret(key, value));
    assert_report_has_no_secret(layers.diagnostics(), &masks);
    match rules.check(layers) {
        Err(refused) => assert_report_has_no_secret(refused.diagnostics(), &refused.masks(rules)),
        Ok(checked) => {
            let is_secret = |key: &Key, value: &Value| rules.keys().is_secret(key, value);
            let root = checked.merged().root();
            assert_no_secret("the text", &to_text(root, &is_secret));
            let shown = redact(root, &is_secret);
            for layer in checked.layers() {
                let changes =
                    diff(layer.root(), root).iter().map(|c| c.redacted(&is_secret)).collect::<Vec<_>>();
                assert_no_secret("a difference", &changes_text(&changes));
            }
            let mut keys = vec![Key::root()];
            shown.leaves_and_elements(&mut |key, _| keys.push(key.clone()));
            for key in keys {
                let facts = rules.schema().and_then(|schema| schema.facts(&key));
                let found = explain(checked.merged(), &key, facts.as_ref(), &is_secret, None).unwrap();
                assert_no_secret(
                    "an explanation",
                    &(found.to_text() + &serde_json::to_string(&found).unwrap()),
                );
            }
            if let Err(refused) = checked.typed::<Settings>() {
                assert_report_has_no_secret(refused.diagnostics(), &refused.masks(rules));
            }
        }
    }
}

proptest! {
    #![proptest_config(speckit_tests::cases(48))]

    #[test]
    fn no_text_between_inputs_and_settings_shows_a_secret(
        secret in violated_schema(),
        json in any::<bool>(),
        (variable, canary) in (select(&["APP_TOKEN", "APP_PIN", "APP_TOKEN_FILE", "APP_TABLE__TOKEN"][..]), select(&CANARIES[..])),
        wrap in select(&["", "[", "{\"x\":", "\"", "{\"x\":[", "[1,"][..]),
        damage in proptest::option::of((any::<prop::sample::Index>(), select(&["", "\"", "=", "[", "}", "\n", "\\"][..]))),
    ) {
        let rules = rules(secret);
        let language = if json { Language::Json } else { Language::Toml };
        let mut text = document(language);
        if let Some((at, insertion)) = damage {
            let at = at.index(text.len());
            // If a name were damaged, its value would not be secret any more.
            let in_a_name = text[..at].rfind(['\n', '{', ',', '[']).is_none_or(|start| !text[start..at].contains([':', '=']));
            if !in_a_name {
                text.insert_str(at, insertion);
            }
        }
        let name = if json { "a.json" } else { "a.toml" };
        let mut environment = Environment::new([(variable, Variable::Text(format!("{wrap}{canary}")))]);
        environment.add_file(format!("{wrap}{canary}"), Ok(canary.to_string()));
        let set = |key: &str| Override::Set { key: key.into(), text: format!("{wrap}{canary}") };
        let inputs = Inputs {
            documents: vec![Document::Text(Source::document(LayerKind::File, name, text), language)],
            environment,
            overrides: vec![set("token"), set("pin"), set("either.token")],
            ..Inputs::default()
        };
        check_texts(&rules, &inputs);
        check_texts(&rules, &Inputs { overrides: vec![], ..inputs.clone() });
        check_texts(&rules, &Inputs { documents: vec![], ..inputs });
    }

    #[test]
    fn no_text_shows_a_secret_of_a_dotenv_file(
        secret in violated_schema(),
        lines in proptest::collection::vec(dotenv_line(), 1..5),
        damage in proptest::option::of((any::<prop::sample::Index>(), select(&["", "\"", "'", "=", "\n", "#", " ", "\\"][..]))),
    ) {
        let rules = rules(secret);
        let mut text = lines.concat();
        if let Some((at, insertion)) = damage {
            text.insert_str(at.index(text.len()), insertion);
        }
        let file = Source::document(LayerKind::Dotenv, ".env", text);
        let (variables, diagnostics) = Environment::dotenv(&file, &|name| name.starts_with("APP_"));
        let inputs = Inputs { documents: vec![Document::Dotenv(variables)], diagnostics, ..Inputs::default() };
        check_texts(&rules, &inputs);
    }
}

/// A line of a `.env` file with a secret as the value of a secret key, of a misspelt one, or of no variable at all.
fn dotenv_line() -> impl Strategy<Value = String> {
    let names = [
        "APP_TOKEN=",
        "export APP_PIN=",
        "APP_TABLE__TOKEN=",
        "APP_TOKN=",
        "APP_TOKEN_FILE=",
        "APP_TOKEN: ",
        "export APP_TOKEN ",
        "OTHER=",
        "",
        "APP_PORT=8\nAPP_TOKEN=",
        "APP_PORT=\"8\nAPP_TOKEN=",
    ];
    let quotes = [
        ("", ""),
        ("'", "'"),
        ("\"", "\""),
        ("\"", ""),
        ("", "\""),
        ("'a\n", "'"),
        ("", " # x"),
        ("\"", "\" x"),
        ("[", "]"),
    ];
    (select(names.to_vec()), select(quotes.to_vec()), select(&CANARIES[..]))
        .prop_map(|(name, (open, close), canary)| format!("{name}{open}{canary}{close}\n"))
}

/// Ways to write a secret, `?`, into the wrong place. A schema with other keys in its tables refuses the name of those in
/// `REFUSED`; in an open schema such a key is a valid one.
const MISPLACED: [&str; 40] = [
    // Of another type.
    r#"{ "keys": ? }"#,
    r#"{ "keys": { "a": ? } }"#,
    r#"{ "keys": { "a": { "b": [?] } } }"#,
    r#"{ "headers": ? }"#,
    r#"{ "headers": [[?, "x"]] }"#,
    r#"{ "database": ? }"#,
    r#"{ "database": [?] }"#,
    r#"{ "database": [{ "other": ? }] }"#,
    r#"{ "database": { "password": [{ "x": ? }] } }"#,
    r#"{ "logins": ? }"#,
    r#"{ "logins": { "corp": ? } }"#,
    r#"{ "logins": { "corp": [?] } }"#,
    r#"{ "list": [?] }"#,
    r#"{ "list": { "x": ? } }"#,
    r#"{ "union": ? }"#,
    r#"{ "union": { "a": ? } }"#,
    // The name of a secret in another table.
    r#"{ "password": ? }"#,
    r#"{ "server": { "password": ? } }"#,
    r#"{ "server": { "password": { "x": [?] } } }"#,
    r#"{ "server": { "keys": [?] } }"#,
    r#"{ "server": { "headers": { "x": ? } } }"#,
    r#"{ "list": [{ "password": ? }] }"#,
    r#"{ "database": { "database": { "password": ? } } }"#,
    r#"{ "labels": { "password": ? } }"#,
    r#"{ "free": { "a": [{ "former_password": ? }] } }"#,
    // Below a misspelt name.
    r#"{ "database": { "pasword": ? } }"#,
    r#"{ "databas": { "password": ? } }"#,
    r#"{ "databas": { "pasword": [?] } }"#,
    r#"{ "keyes": [?] }"#,
    r#"{ "logins": { "corp": { "tokn": ? } } }"#,
    r#"{ "pasword": ? }"#,
    r#"{ "Pass-Word": ? }"#,
    r#"{ "former-password": { "x": [?] } }"#,
    r#"{ "free": { "pasword": ? } }"#,
    r#"{ "free": { "PASSWD": ? } }"#,
    r#"{ "free": { "a": [{ "formerPassword": [?] }] } }"#,
    r#"{ "free": { "a": { "keyes": [?] } } }"#,
    r#"{ "free": { "header": { "x": ? } } }"#,
    r#"{ "labels": { "pasword": ? } }"#,
    r#"{ "server": { "pasword": { "x": ? } } }"#,
];

const REFUSED: [&str; 13] = [
    r#"{ "database": { "post": ? } }"#,
    r#"{ "database": { "other": ? } }"#,
    r#"{ "database": { "other": { "x": [?] } } }"#,
    r#"{ "logins": { "My-Corp": ? } }"#,
    r#"{ "logins": { "My-Corp": { "token": ? } } }"#,
    r#"{ "logins": { "My-Corp": { "other": ? } } }"#,
    r#"{ "list": [{ "nam": ? }] }"#,
    r#"{ "pair": ["a", "b", ?] }"#,
    r#"{ "server": { "pasword": ? } }"#,
    // The key of an alternative that does not apply.
    r#"{ "store": { "kind": "vault", "path": ? } }"#,
    r#"{ "store": { "kind": "vault", "path": { "x": [?] } } }"#,
    r#"{ "stores": [{ "kind": "disk" }, { "kind": "vault", "path": ? }] }"#,
    r#"{ "store": { "kind": "disk", "path": "x", "other": ? } }"#,
];

/// A schema with secrets in each kind of table and list.
fn schema_with_secrets(is_closed: bool) -> Json {
    let secret = || json!({ "type": "string", "x-secret": true });
    let table = |properties: Json| json!({ "type": "object", "properties": properties, "additionalProperties": !is_closed });
    let store = json!({ "oneOf": [
        table(json!({ "kind": { "const": "vault" }, "secret_id": secret() })),
        table(json!({ "kind": { "const": "disk" }, "path": {} })),
    ] });
    json!({ "properties": {
        "stores": { "items": store },
        "store": store,
        "keys": { "type": "array", "items": secret() },
        "headers": { "type": "object", "additionalProperties": secret() },
        "database": table(json!({
            "password": { "allOf": [secret()], "x-aliases": ["former_password"] },
            "port": { "type": "integer" },
            "pool": { "type": "integer" },
        })),
        "logins": {
            "type": "object",
            "patternProperties": { "^[a-z]+$": table(json!({ "id": { "type": "integer" }, "token": secret() })) },
            "additionalProperties": !is_closed,
        },
        "list": { "type": "array", "items": table(json!({ "name": { "type": "integer" }, "key": secret() })) },
        "pair": { "type": "array", "items": [{ "type": "string" }, secret()], "additionalItems": !is_closed },
        "union": { "anyOf": [{ "type": "array", "items": secret() }, { "type": "string" }, { "const": 1 }] },
        "server": table(json!({ "port": { "type": "integer" }, "host": { "type": "string" } })),
        "labels": { "type": "object", "additionalProperties": { "type": ["string", "integer"] } },
        "free": { "type": "object" },
    } })
}

fn check_misplaced(rules: &Rules, document: &str, canary: &str, language: Language) {
    let text = document.replace('?', canary);
    let (name, text) = match language {
        Language::Json | Language::Jsonc => ("a.json", text),
        Language::Toml => ("a.toml", to_toml(&super::generated::tree(&serde_json::from_str(&text).unwrap()))),
    };
    let source = Source::document(LayerKind::File, name, text);
    check_texts(rules, &Inputs { documents: vec![Document::Text(source, language)], ..Inputs::default() });
}

proptest! {
    #[test]
    fn no_text_shows_a_secret_in_the_wrong_place(
        is_closed in any::<bool>(),
        canary in select(&["\"Zq7Xw9KvYt\"", "86753090867", "\"Hj2Lp8GdVc and many more than the sixty characters of a text that is shown whole\""][..]),
        json in any::<bool>(),
    ) {
        let rules = Rules::new(Some(compile(&schema_with_secrets(is_closed)).unwrap()));
        let language = if json { Language::Json } else { Language::Toml };
        for document in MISPLACED.iter().chain(REFUSED.iter().filter(|_| is_closed)) {
            check_misplaced(&rules, document, canary, language);
        }
    }
}

proptest! {
    #[test]
    fn no_report_shows_a_comment_that_names_a_secret(
        comment in select(&[
            " password = \"?\"", "password is ?", "it's the pasword \"?\"", " // # PASSWD: ?", "APP_DB__PASSWORD=?",
        ][..]),
        line in select(&[
            ("port = \"x\" #%\n", Language::Toml),
            ("x = '#' #%\nport = \"x\" #%\nlist = [ #%\n'y', #%\n] #%\n", Language::Toml),
            ("{\"port\": \"x\" //%\n}", Language::Jsonc),
            ("{\"x\": \"#//\", //%\n /*%*/ \"port\" /*%*/ : /*%*/ \"x\", /*%\n%*/ \"list\": [\"y\"] /*%*/ } //%", Language::Jsonc),
        ][..]),
    ) {
        let (text, language) = line;
        let text = text.replace('%', &comment.replace('?', CANARIES[0]));
        let schema = json!({ "properties": {
            "port": { "type": "integer" }, "list": { "items": { "type": "integer" } }, "password": { "x-secret": true },
        } });
        let rules = Rules::new(Some(compile(&schema).unwrap()));
        let source = Source::document(LayerKind::File, "a file", text);
        let inputs = Inputs { documents: vec![Document::Text(source, language)], ..Inputs::default() };
        prop_assert!(rules.check(rules.read(&inputs)).is_err());
        check_texts(&rules, &inputs);
    }
}

/// As those of a schema, but named by the program.
#[test]
fn no_text_shows_a_secret_key_of_the_builder_in_the_wrong_place() {
    let mut schema = schema_with_secrets(true).to_string();
    schema = schema.replace("\"x-secret\":true", "\"x-secret\":false");
    let schema = compile(&serde_json::from_str(&schema).unwrap()).unwrap();
    let secrets = ["keys", "headers", "database.password", "logins.corp.token"];
    let rules = Rules::new(Some(schema)).with_secrets(secrets.map(|key| key.parse().unwrap()));
    let is_unnamed = |document: &&&str| {
        ["list", "union", "pair", "My-Corp", "ormer", "store"].iter().any(|name| document.contains(name))
    };
    for document in MISPLACED.iter().chain(&REFUSED).filter(|document| !is_unnamed(document)) {
        check_misplaced(&rules, document, "\"Zq7Xw9KvYt\"", Language::Json);
    }
}

#[test]
fn values_away_from_secrets_are_shown() {
    let rules = Rules::new(Some(compile(&schema_with_secrets(true)).unwrap()));
    for document in [
        r#"{ "server": { "port": ? } }"#,
        r#"{ "server": { "prot": ? } }"#,
        r#"{ "labels": { "x": [?] } }"#,
        r#"{ "database": { "port": ? } }"#,
        r#"{ "logins": { "corp": { "id": ? } } }"#,
        r#"{ "list": [{ "name": ? }] }"#,
        r#"{ "server": { "host": 1 }, "free": { "other": ? } }"#,
    ] {
        let source = Source::document(LayerKind::File, "a.json", document.replace('?', "\"visible\""));
        let inputs = Inputs { documents: vec![Document::Text(source, Language::Json)], ..Inputs::default() };
        let refused = rules.check(rules.read(&inputs)).unwrap_err();
        let report = render(refused.diagnostics(), &refused.masks(&rules), Style::default());
        assert!(report.contains("visible"), "{report}");
    }
}

/// In the report of a valid file, beside its own secrets, and of the schema alone.
#[test]
fn the_line_of_a_schema_is_shown_without_the_values_of_secret_keys() {
    let text = r##"{ "properties": { "port": { "$ref": "#/definitions/port", "default": 8080 }, "token": { "x-secret": true, "default": "hunter2" } }, "definitions": { "port": {} } }"##;
    let source =
        Source::document(LayerKind::Defaults, "s.schema.json", text.replace("8080", "8080, \"maximum\": 1"));
    let layer = speckit_core::config::source::parse(&source, Language::Json).unwrap();
    let schema = Schema::compile(&Documents::new("file:///s.schema.json", layer.root())).unwrap();
    let rules = Rules::new(Some(schema.clone()));
    let checked = rules.check(rules.read(&Inputs::default())).unwrap();
    assert_eq!(schema.warnings().len(), 1);
    let style = Style { width: 400, ..Style::default() };
    for masks in [checked.masks(&rules), Masks::of_schemas(schema.warnings())] {
        let report = render(schema.warnings(), &masks, style);
        let line = source.text().replace("\"hunter2\"", "****");
        assert!(report.contains(&line), "{report}");
    }
}

#[test]
fn a_secret_under_a_former_name_beside_the_new_one_is_masked() {
    let rules = Rules::new(Some(compile(&schema_with_secrets(true)).unwrap()));
    let document =
        r#"{ "database": { "former_password": ?, "password": "Bx1Oe0IuKd" }, "server": { "port": "x" } }"#;
    let source = Source::document(LayerKind::File, "a.json", document.replace('?', "\"Zq7Xw9KvYt\""));
    let inputs = Inputs { documents: vec![Document::Text(source, Language::Json)], ..Inputs::default() };
    let refused = rules.check(rules.read(&inputs)).unwrap_err();
    assert_no_secret("a report", &render(refused.diagnostics(), &refused.masks(&rules), Style::default()));
}

#[test]
fn a_refused_table_with_a_secret_is_not_quoted() {
    let schema = compile(&json!({ "enum": [1], "properties": { "token": { "x-secret": true } } })).unwrap();
    let found = schema.validator().check(&super::generated::tree(&json!({ "token": "hunter2" })));
    assert_eq!(found[0].message, "expected one of 1");
}
