//! Laws of validation: it agrees with another implementation of Draft 7.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

use super::generated::{compile, edit_instance, instance, key, schema, tree};

fn other_validator(schema: &Json) -> jsonschema::Validator {
    jsonschema::draft7::new(schema).unwrap_or_else(|error| panic!("{schema}: {error}"))
}

/// Whether the other implementation gives a wrong result. It converts numbers to binary floats before it divides, so it
/// says that 9007199254740993 is not a multiple of 0.3 and that 1e300 is a multiple of 3. Section 6.2.1 of the validation
/// specification has no such rounding.
fn is_wrong_in_other(schema: &Json, instance: &Json) -> bool {
    let is_fraction = |step: &Json| step.as_f64().is_some_and(|step| step.fract() != 0.0);
    let is_wide =
        |number: &Json| number.as_f64().is_some_and(|number| number.abs() >= 9_007_199_254_740_992.0);
    let is_wide_float = |number: &Json| number.is_f64() && is_wide(number);
    let divides =
        |wanted: &dyn Fn(&Json) -> bool| contains(schema, &|json| json.get("multipleOf").is_some_and(wanted));
    (divides(&is_fraction) && contains(instance, &is_wide))
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
    let definitions = schema.as_object_mut().and_then(|root| root.remove("definitions"));
    json!({ "properties": { "a": schema, "b": schema }, "definitions": definitions.unwrap_or_else(|| json!({})) })
}

#[test]
fn dependencies_without_a_name_hold_for_every_value() {
    let schema = json!({ "anyOf": [{ "dependencies": {} }] });
    assert!(compile(&schema).unwrap().validator().is_valid(&tree(&Json::Null)));
}
