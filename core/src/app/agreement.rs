//! The schema, the defaults and the types of the settings agree.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use serde_json::{Value as Json, json};

use super::config::*;
use crate::agents::Stage;
use crate::config::schema::{Documents, Schema};
use crate::config::source::{Language, parse};
use crate::policy::Policy;
use crate::retry::RetryConfig;
use crate::tree::{Key, LayerKind, Source};

fn schema() -> Json {
    serde_json::from_str(AppConfig::SCHEMA).unwrap()
}

fn defaults() -> Json {
    let source = Source::document(LayerKind::Defaults, "defaults", AppConfig::DEFAULTS);
    parse(&source, Language::Toml).unwrap().root().to_json()
}

/// A schema, and the ones that its `$ref` and `allOf` add to it.
fn parts<'s>(root: &'s Json, schema: &'s Json) -> Vec<&'s Json> {
    if let Some(reference) = schema.get("$ref") {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        return parts(root, root.pointer(pointer).unwrap());
    }
    let all_of = schema.get("allOf").and_then(Json::as_array).into_iter().flatten();
    core::iter::once(schema).chain(all_of.flat_map(|part| parts(root, part))).collect()
}

/// The schemas of each property, and those of the other members.
fn properties<'s>(parts: &[&'s Json]) -> (BTreeMap<&'s str, Vec<&'s Json>>, Vec<&'s Json>) {
    let mut named: BTreeMap<&str, Vec<&Json>> = BTreeMap::new();
    let members = |name: &'static str| {
        parts.iter().filter_map(move |part: &&'s Json| part.get(name)?.as_object()).flatten()
    };
    for (name, schema) in members("properties").collect::<Vec<_>>() {
        named.entry(name).or_default().push(schema);
    }
    let additional = parts.iter().filter_map(|part| part.get("additionalProperties"));
    let others = members("patternProperties").map(|(_, schema)| schema);
    (named, others.chain(additional.filter(|schema| schema.is_object())).collect())
}

/// Calls `visit` with each key of `value`, every schema of it, and its value.
fn walk<'s>(
    root: &'s Json,
    schemas: &[&'s Json],
    key: &str,
    value: &Json,
    visit: &mut dyn FnMut(&str, &[&Json], &Json),
) {
    let all: Vec<&Json> = schemas.iter().flat_map(|schema| parts(root, schema)).collect();
    visit(key, &all, value);
    let Some(members) = value.as_object() else { return };
    let (named, patterns) = properties(&all);
    for (name, member) in members {
        let schemas = named.get(name.as_str()).unwrap_or(&patterns);
        assert!(!schemas.is_empty(), "the type has `{key}.{name}`, the schema has not");
        walk(root, schemas, &format!("{key}.{name}"), member, visit);
    }
}

/// A configuration with every optional setting.
fn populated() -> AppConfig {
    let mut config = AppConfig::default();
    config.orchestrator.agree_on = Some("verdict".into());
    config.orchestrator.accept = Some(vec!["approve".into(), 1.into(), true.into()]);
    config.orchestrator.quorum = Stage::ALL.map(|stage| (stage, 2)).into();
    let rest = json!({
        "policy": {
            "rules": {"no_x": {
                "pattern": "x", "all": ["x"], "any": ["y"], "not": ["z"], "within": 2, "in": ["code", "strings"], "tests": true,
                "paths": ["src/**"], "exclude": ["old/**"], "at_most": 2, "at_least": 1, "message": "no x", "fix": "y",
                "docs": "https://example.org/no-x", "severity": "warning", "redact": true,
            }},
            "commands": {"format": {
                "run": ["cargo", "fmt", "--check"], "on": ["check"], "when_paths": ["*.rs"], "timeout_s": 20,
            }},
        },
        "auth": {"example": {
            "issuer": "https://id.example", "device_authorization_url": "https://id.example/device",
            "token_url": "https://id.example/token", "revocation_url": "https://id.example/revoke", "client_id": "speckit",
            "client_secret_env": "EXAMPLE_SECRET", "client_authentication": "basic", "scopes": ["openid"],
            "parameters": {"audience": "speckit"}, "pkce": "s256", "store": "helper", "helper": "pass",
        }},
    });
    let AppConfig { policy, auth, .. } = serde_json::from_value(rest).unwrap();
    for provider in config.providers.values_mut() {
        (provider.login, provider.token_env) = (Some("example".into()), Some("EXAMPLE_TOKEN".into()));
        (provider.answer_at, provider.error_at) = (Some("/result".into()), Some("/is_error".into()));
        let patterns = json!([
            {"pattern": "limit, wait (\\d+) s", "class": "retryable", "retry_after": 1},
            {"pattern": "limit, wait (?<wait>\\d+) s", "class": "permanent", "retry_after": "wait"},
        ]);
        provider.failure_patterns = serde_json::from_value(patterns).unwrap();
        provider.retry =
            serde_json::from_value(serde_json::to_value(RetryConfig::default()).unwrap()).unwrap();
    }
    AppConfig { policy, auth, ..config }
}

/// A configuration whose map entries have only the required keys, completed by the defaults of the types.
fn completed() -> Json {
    let mut providers = defaults().get("providers").unwrap().clone();
    providers["local"] = json!({"command": "ollama"});
    let config: AppConfig = serde_json::from_value(json!({
        "models": {"m": {"provider": "openai", "model": "gpt-5", "tier": "low"}},
        "providers": providers,
        "policy": {"rules": {"r": {"pattern": "x", "message": "no x"}}, "commands": {"c": {"run": ["true"]}}},
        "auth": {"a": {"client_id": "c", "store": "file"}},
    }))
    .unwrap();
    serde_json::to_value(config).unwrap()
}

#[test]
fn the_embedded_defaults_equal_those_of_the_types() {
    let typed: AppConfig = serde_json::from_value(defaults()).unwrap();
    assert_eq!(typed, AppConfig::default());
    assert_eq!(defaults(), serde_json::to_value(AppConfig::default()).unwrap());
}

/// The check of a configuration does not compile rules that only the defaults set.
#[test]
fn the_shipped_rules_compile_and_check_the_usual_languages() {
    let config = AppConfig::default().policy;
    let names: Vec<&str> = config.rules.keys().map(String::as_str).collect();
    assert_eq!(names, ["memory_hygiene", "storage_separation", "tag_schema"]);
    let policy = Policy::compile(&config).unwrap();
    for path in ["a.rs", "src/a.py", "a.ts", "a.go", "bin/a.sh", "bin/a", "a.json"] {
        assert!(policy.looks_at(path), "{path}");
    }
    for path in ["README.md", "docs/a.rst", "tests/a.rs"] {
        assert!(!policy.looks_at(path), "{path}");
    }
}

/// The program compiles it without this check.
#[test]
fn the_schema_is_one_of_its_draft() {
    let source = Source::document(LayerKind::Defaults, "config.schema.json", AppConfig::SCHEMA);
    let document = parse(&source, Language::Json).unwrap();
    let schema = Schema::compile(&Documents::new("file:///config.schema.json", document.root())).unwrap();
    assert_eq!(schema.warnings(), []);
}

#[test]
fn the_schema_accepts_the_defaults_and_a_full_configuration() {
    let mut scope = valico::json_schema::Scope::new();
    let compiled = scope.compile_and_return(schema(), false).unwrap();
    for config in [defaults(), serde_json::to_value(populated()).unwrap(), completed(), json!({})] {
        let state = compiled.validate(&config);
        assert!(state.is_valid(), "{:?}", state.errors);
    }
}

/// Bounds that no invalid file of the golden texts exceeds.
#[test]
fn the_schema_refuses_values_out_of_range() {
    let mut scope = valico::json_schema::Scope::new();
    let compiled = scope.compile_and_return(schema(), false).unwrap();
    for (config, place) in [
        (json!({"models": {"a__b": {}}}), "/models"),
        (json!({"retry": {"max_attempts": 0}}), "/retry/max_attempts"),
        (json!({"retry": {"initial_backoff_ms": 0}}), "/retry/initial_backoff_ms"),
        (json!({"retry": {"multiplier": 0.5}}), "/retry/multiplier"),
        (json!({"providers": {"openai": {"retryable_exits": [256]}}}), "/providers/openai/retryable_exits/0"),
        (json!({"providers": {"openai": {"cmd": "x"}}}), "/providers/openai"),
        (json!({"providers": {"openai": {"credentials": []}}}), "/providers/openai/credentials"),
        (
            json!({"providers": {"openai": {"credentials": ["login", "login"]}}}),
            "/providers/openai/credentials",
        ),
        (json!({"providers": {"openai": {"credentials": ["key"]}}}), "/providers/openai/credentials/0"),
        (json!({"providers": {"openai": {"output": "xml"}}}), "/providers/openai/output"),
        (
            json!({"providers": {"openai": {"retry": {"multiplier": 0.5}}}}),
            "/providers/openai/retry/multiplier",
        ),
        (
            json!({"providers": {"openai": {"failure_patterns": [{"pattern": "x"}]}}}),
            "/providers/openai/failure_patterns/0/class",
        ),
        (
            json!({"providers": {"openai": {"failure_patterns": [{"retry_after": 0}]}}}),
            "/providers/openai/failure_patterns/0/retry_after",
        ),
        (json!({"orchestrator": {"accept": []}}), "/orchestrator/accept"),
        (json!({"orchestrator": {"accept": [null]}}), "/orchestrator/accept/0"),
        (json!({"auth": {"a": {"store": "file"}}}), "/auth/a/client_id"),
        (json!({"auth": {"a": {"client_id": "c"}}}), "/auth/a/store"),
        (json!({"auth": {"a": {"store": "memory"}}}), "/auth/a/store"),
        (json!({"auth": {"a": {"pkce": "plain"}}}), "/auth/a/pkce"),
        (json!({"auth": {"a": {"parameters": {"p": 1}}}}), "/auth/a/parameters/p"),
        (json!({"orchestrator": {"agent_timeout_s": 0}}), "/orchestrator/agent_timeout_s"),
        (json!({"orchestrator": {"max_agents": 0}}), "/orchestrator/max_agents"),
        (json!({"orchestrator": {"max_agents": 101}}), "/orchestrator/max_agents"),
        (json!({"models": {"m": {"model": "-c"}}}), "/models/m/model"),
        (json!({"models": {"m": {"model": ""}}}), "/models/m/model"),
        (json!({"providers": {"local__llm": {}}}), "/providers/[local__llm]"),
        (json!({"providers": {"local": {}}}), "/providers/local/command"),
        (json!({"providers": {"local": {"cmd": "x"}}}), "/providers/local"),
        (json!({"orchestrator": {"grace_s": -1}}), "/orchestrator/grace_s"),
        (json!({"store": {"keep_generations": 1.5}}), "/store/keep_generations"),
        (json!({"policy": {"rules": {"r": {"pattern": "x"}}}}), "/policy/rules/r/message"),
        (json!({"policy": {"rules": {"r": {"within": 0}}}}), "/policy/rules/r/within"),
        (json!({"policy": {"rules": {"r": {"in": []}}}}), "/policy/rules/r/in"),
        (json!({"policy": {"rules": {"r": {"at_least": 0}}}}), "/policy/rules/r/at_least"),
        (json!({"policy": {"rules": {"r": {"docs": "ftp://x"}}}}), "/policy/rules/r/docs"),
        (json!({"policy": {"rules": {"R": {}}}}), "/policy/rules"),
        (json!({"policy": {"commands": {"c": {"run": []}}}}), "/policy/commands/c/run"),
        (json!({"policy": {"commands": {"c": {"on": ["push"]}}}}), "/policy/commands/c/on/0"),
    ] {
        let state = compiled.validate(&config);
        let places: Vec<_> = state.errors.iter().map(|error| error.get_path()).collect();
        assert!(places.contains(&place), "{config}: {places:?}");
    }
}

#[test]
fn every_property_of_the_schema_is_a_field_and_every_field_a_property() {
    let (root, full) = (schema(), serde_json::to_value(populated()).unwrap());
    let mut tables = 0;
    walk(&root, &[&root], "", &full, &mut |key, schemas, value| {
        let Some(members) = value.as_object() else { return };
        tables += 1;
        let closes = |part: &&Json| {
            part.get("additionalProperties") == Some(&Json::Bool(false))
                || part.get("propertyNames").is_some()
        };
        let closed = schemas.iter().any(closes);
        assert!(closed, "`{key}` admits unknown keys");
        for name in properties(schemas).0.keys() {
            assert!(members.contains_key(*name), "the schema has `{key}.{name}`, the type has not");
        }
    });
    assert_eq!(tables, 30);
}

#[test]
fn every_default_of_the_schema_equals_that_of_the_types() {
    let (root, completed) = (schema(), completed());
    let mut without = Vec::new();
    walk(&root, &[&root], "", &completed, &mut |key, schemas, value| {
        let mut defaults = schemas.iter().filter_map(|part| part.get("default")).peekable();
        if defaults.peek().is_none() && !value.is_object() {
            without.push(String::from(key));
        }
        for default in defaults {
            assert_eq!(default, value, "`{key}`");
        }
    });
    let required = vec![
        ".auth.a.client_id",
        ".auth.a.store",
        ".models.m.aliases",
        ".models.m.model",
        ".models.m.provider",
        ".models.m.tier",
        ".policy.commands.c.run",
        ".policy.rules.r.message",
        ".policy.rules.r.pattern",
        ".providers.local.command",
    ];
    assert_eq!(without, required, "settings without a default");
}

#[test]
fn every_key_of_the_schema_is_described_and_no_keyword_is_misspelt() {
    const KEYWORDS: &str = "$schema $id $ref title description type enum default required properties \
        patternProperties additionalProperties minimum maximum minLength maxLength pattern minItems maxItems uniqueItems items allOf \
        propertyNames definitions x-secret x-reload x-merge x-env";
    fn check(schema: &Json, place: &str) {
        let object = schema.as_object().unwrap();
        for (keyword, value) in object {
            assert!(KEYWORDS.split(' ').any(|known| known == keyword), "`{keyword}` at {place}");
            match keyword.as_str() {
                "properties" | "patternProperties" | "definitions" => {
                    for (name, member) in value.as_object().unwrap() {
                        // A schema that only adds a default is described where the setting is defined.
                        let adds_default = member.as_object().unwrap().keys().all(|key| key == "default");
                        let described = member.get("description").is_some() || member.get("$ref").is_some();
                        assert!(described || adds_default, "{place}/{keyword}/{name} has no description");
                        check(member, &format!("{place}/{keyword}/{name}"));
                    }
                }
                "items" => check(value, &format!("{place}/items")),
                _ => {}
            }
        }
    }
    check(&schema(), "#");
}

#[test]
fn no_setting_is_a_secret_because_secrets_are_in_variables() {
    assert!(!AppConfig::SCHEMA.contains("x-secret"));
    for name in ["api_key_env", "client_secret_env"] {
        assert!(AppConfig::SCHEMA.contains(&format!("\"{name}\"")));
    }
}

/// The settings that programs embed, with the schemas of their types.
#[cfg(feature = "schemars")]
#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Embedded {
    retry: RetryConfig,
    hot_reload: crate::config::HotReloadConfig,
    store: crate::store::StoreConfig,
}

#[cfg(feature = "schemars")]
#[test]
fn the_schemas_of_embedded_types_say_the_same_as_the_shipped_schema() {
    let compiled = |text: &str| {
        let source = Source::document(LayerKind::Defaults, "s.json", text);
        let root = parse(&source, Language::Json).unwrap().root().clone();
        Schema::compile(&Documents::new("s.json", &root)).unwrap()
    };
    let settings = schemars::generate::SchemaSettings::draft07();
    let derived = settings.into_generator().into_root_schema_for::<Embedded>().to_value();
    let derived = compiled(&format!("{derived}"));
    let shipped = compiled(AppConfig::SCHEMA);
    let sections = ["retry", "hot_reload", "store"];
    let is_embedded = |key: &Key| sections.iter().any(|name| key.starts_with(&Key::of([*name])));
    let keys = |schema: &Schema| schema.keys().into_iter().filter(is_embedded).collect::<Vec<Key>>();
    assert_eq!(keys(&derived), keys(&shipped));
    for key in keys(&derived).iter().filter(|key| key.segments().len() == 2) {
        let facts = |schema: &Schema| {
            let facts = schema.facts(key).unwrap();
            let default = facts.default.map(|default| default.to_json());
            (facts.types, facts.element_types, facts.range, default, facts.reload, facts.merge, facts.secret)
        };
        assert_eq!(facts(&derived), facts(&shipped), "{key}");
        assert!(derived.facts(key).unwrap().description.is_some(), "{key} has a description");
    }
}
