//! Laws of validation: it agrees with another implementation.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use speckit_core::config::schema::{Documents, Schema};
use speckit_core::config::source::{Language, parse};
use speckit_core::{Key, LayerKind, Source};

use super::generated::{compile, edit_instance, instance, key, schema, tree};

fn other_validator(schema: &Json) -> jsonschema::Validator {
    let draft = match schema.get("$schema") {
        None => jsonschema::Draft::Draft7,
        Some(named) if named.as_str().is_some_and(|named| named.contains("2019")) => {
            jsonschema::Draft::Draft201909
        }
        Some(_) => jsonschema::Draft::Draft202012,
    };
    jsonschema::options().with_draft(draft).build(schema).unwrap_or_else(|error| panic!("{schema}: {error}"))
}

/// Whether the other implementation gives a wrong result. It converts numbers to binary floats before it divides, so it
/// says that 9007199254740993 is not a multiple of 0.3 and that 1e300 is a multiple of 3. Section 6.2.1 of the validation
/// specification has no such rounding. It also counts what `contains` matches as evaluated in 2019-09, where
/// `unevaluatedItems` looks only at `items` and `additionalItems` (core, section 9.3.1.3).
fn is_wrong_in_other(schema: &Json, instance: &Json) -> bool {
    let is_fraction = |step: &Json| step.as_f64().is_some_and(|step| step.fract() != 0.0);
    let is_wide =
        |number: &Json| number.as_f64().is_some_and(|number| number.abs() >= 9_007_199_254_740_992.0);
    let is_wide_float = |number: &Json| number.is_f64() && is_wide(number);
    let divides =
        |wanted: &dyn Fn(&Json) -> bool| contains(schema, &|json| json.get("multipleOf").is_some_and(wanted));
    let has = |name: &str| contains(schema, &|json| json.get(name).is_some());
    let is_2019 = schema.get("$schema").and_then(Json::as_str).is_some_and(|named| named.contains("2019"));
    (is_2019 && has("contains") && has("unevaluatedItems"))
        || (divides(&is_fraction) && contains(instance, &is_wide))
        || (divides(&|_| true) && contains(instance, &is_wide_float))
}

fn contains(json: &Json, wanted: &dyn Fn(&Json) -> bool) -> bool {
    wanted(json)
        || match json {
            Json::Array(elements) => elements.iter().any(|element| contains(element, wanted)),
            Json::Object(members) => members.values().any(|member| contains(member, wanted)),
            _ => false,
        }
}

proptest! {
    #![proptest_config(speckit_tests::cases(24))]

    #[test]
    fn validation_agrees_with_the_other_implementation(
        schema in schema(),
        instances in prop::collection::vec(instance(), 8),
    ) {
        let ours = compile(&schema);
        prop_assert!(ours.is_ok(), "{:?}", ours);
        let ours = ours.unwrap().validator();
        let theirs = other_validator(&schema);
        for instance in instances.iter().filter(|instance| !is_wrong_in_other(&schema, instance)) {
            let value = tree(instance);
            prop_assert_eq!(ours.is_valid(&value), theirs.is_valid(instance), "{} against {}", instance, schema);
        }
    }

    #[test]
    fn a_prepared_schema_is_the_compiled_one(schema in schema()) {
        let text = schema.to_string();
        let source = Source::document(LayerKind::Defaults, "schema.json", text.as_str());
        let document = parse(&source, Language::Json).unwrap();
        let compiled = Schema::compile(&Documents::new("schema.json", document.root())).unwrap();
        match Schema::prepare(&text) {
            Ok(prepared) => {
                let prepared = Schema::of_prepared(&prepared, &source).unwrap();
                prop_assert_eq!(format!("{prepared:?}"), format!("{compiled:?}"));
            }
            Err(warnings) => prop_assert_eq!(warnings.len(), compiled.warnings().len()),
        }
    }

    #[test]
    fn a_value_is_valid_exactly_if_it_has_no_violations(
        schema in schema(),
        instances in prop::collection::vec(instance(), 8),
    ) {
        let validator = compile(&schema).unwrap().validator();
        for instance in &instances {
            let value = tree(instance);
            let diagnostics = validator.check(&value);
            prop_assert_eq!(diagnostics.is_empty(), validator.is_valid(&value), "{} against {}: {:?}", instance, schema, diagnostics);
        }
    }

    #[test]
    fn secrets_and_reloads_of_a_key_match_its_facts(
        schema in schema(),
        keys in prop::collection::vec(key(), 32),
    ) {
        let schema = compile(&with_annotations(schema)).unwrap();
        for key in keys {
            if let Some(facts) = schema.facts(&key) {
                prop_assert_eq!((schema.is_secret(&key), schema.reload(&key)), (facts.secret, facts.reload), "{}", key);
            }
        }
    }

    #[test]
    fn earlier_trees_do_not_change_the_result_of_a_validator(
        schema in schema(),
        others in prop::collection::vec((select(&["a", "b"][..]), instance(), any::<u8>()), 24),
    ) {
        let schema = compile(&for_two_members(schema)).unwrap();
        let reused = schema.validator();
        let mut valid = json!({});
        for (name, other, place) in others {
            let instance = edit_instance(&valid, &json!({ name: other }), place.into());
            let value = tree(&instance);
            let diagnostics = reused.check(&value);
            prop_assert_eq!(&diagnostics, &schema.validator().check(&value), "{} after {}", instance, valid);
            if diagnostics.is_empty() {
                valid = instance;
            }
        }
    }
}

/// Adds `x-secret` to every subschema of strings, and `x-reload` to those of other types.
fn with_annotations(mut schema: Json) -> Json {
    if let Json::Array(inner) = &mut schema {
        inner.iter_mut().for_each(|inner| *inner = with_annotations(inner.take()));
    } else if let Json::Object(inner) = &mut schema {
        inner.values_mut().for_each(|inner| *inner = with_annotations(inner.take()));
        let annotation = match inner.get("type").and_then(Json::as_str) {
            Some("string") => Some(("x-secret", json!(true))),
            Some("object") => Some(("x-reload", json!("restart"))),
            Some("integer") => Some(("x-reload", json!("live"))),
            _ => None,
        };
        inner.extend(annotation.map(|(name, annotation)| (name.to_string(), annotation)));
    }
    schema
}

/// Applies the schema to two members of a table, so that one can change while the other does not.
fn for_two_members(mut schema: Json) -> Json {
    let mut take = |name| schema.as_object_mut().and_then(|root| root.remove(name));
    let (definitions, draft) = (take("definitions"), take("$schema"));
    let mut both = json!({ "properties": { "a": schema, "b": schema } });
    both["definitions"] = definitions.unwrap_or_else(|| json!({}));
    both["$schema"] = draft.unwrap_or_else(|| json!("http://json-schema.org/draft-07/schema#"));
    both
}

#[test]
fn dependencies_without_a_name_hold_for_every_value() {
    let schema = json!({ "anyOf": [{ "dependencies": {} }] });
    assert!(compile(&schema).unwrap().validator().is_valid(&tree(&Json::Null)));
}

/// Without memory, each of the 30 steps would double the work.
#[test]
fn a_chain_of_shared_references_costs_as_much_as_its_steps() {
    const STEPS: usize = 30;
    let step = |of: Json, name: &str| match name {
        "not" => json!({ "not": { "anyOf": [of, { "not": of }] } }),
        "if" => json!({ "if": of, "then": of, "else": of }),
        "properties" => json!({ "properties": { "a": of }, "patternProperties": { "^a": of, "a$": of } }),
        "unevaluatedProperties" => json!({ "allOf": [of, of], "unevaluatedProperties": of }),
        _ => json!({ name: [of, of] }),
    };
    for name in ["allOf", "anyOf", "oneOf", "not", "if", "properties", "unevaluatedProperties"] {
        let steps = if name == "not" { STEPS / 2 } else { STEPS };
        let link = |index: usize| match index {
            _ if index == steps => json!({ "type": "object", "properties": { "a": { "default": 1 } } }),
            _ => step(json!({ "$ref": format!("#/definitions/{}", index + 1) }), name),
        };
        let definitions: serde_json::Map<_, _> =
            (0..=steps).map(|index| (index.to_string(), link(index))).collect();
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "$ref": "#/definitions/0",
            "definitions": definitions,
        });
        let schema = compile(&schema).unwrap_or_else(|found| panic!("{name}: {found:?}"));
        let validator = schema.validator();
        let deep = (0..STEPS).fold(json!("text"), |inner, _| json!({ "a": inner }));
        for instance in [deep, json!({ "a": { "a": 1 } }), json!({ "b": 1 }), json!("text")] {
            let found = validator.check(&tree(&instance));
            assert_eq!(validator.is_valid(&tree(&instance)), found.is_empty(), "{name}: {instance}");
            assert!(found.len() < 10, "{name}: {} violations", found.len());
        }
        let key = Key::of(["a"]);
        let facts = schema.facts(&key);
        assert_eq!(
            (schema.is_secret(&key), schema.reload(&key)),
            (false, speckit_core::config::schema::Reload::Live)
        );
        assert!(!facts.is_some_and(|facts| facts.secret));
        schema.defaults(None);
        schema.keys();
        schema.member_names(&key);
        schema.merge_strategy(&key);
    }
}
