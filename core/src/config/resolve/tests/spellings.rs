//! Keys with one spelling in the capitals of a variable.

use super::*;

/// The tree, or the diagnostics, of a file whose table has a second key of the spelling `A_B`.
fn beside(table: &str) -> String {
    let schema = format!(r#"{{"properties": {{"t": {table}}}, "additionalProperties": false}}"#);
    Case::of(&schema, &["t.a-b = 1"]).variable("APP_T__A_B", "2").shown()
}

#[test]
fn a_table_that_may_have_a_second_key_makes_a_variable_ambiguous() {
    let ambiguous = "t.a-b: `APP_T__A_B` may mean `t.a-b` or `t.a_b` at APP_T__A_B (set the intended key in a file, or by an override)";
    for table in [
        r#"{"properties": {"a_b": {"type": "integer"}}}"#,
        r#"{"properties": {"a_b": {"type": "integer"}}, "allOf": [{"type": "object"}]}"#,
        r#"{"properties": {"a_b": {"type": "integer"}},
            "allOf": [{"patternProperties": {"^a": {}}, "additionalProperties": false}]}"#,
        r#"{"properties": {"a_b": {"type": "integer"}},
            "anyOf": [{"properties": {"a_b": {}}, "additionalProperties": false}, {"type": "object"}]}"#,
    ] {
        assert_eq!(beside(table), ambiguous, "{table}");
    }
}

#[test]
fn in_a_table_that_refuses_other_keys_a_variable_sets_the_known_one() {
    for table in [
        r#"{"properties": {"a_b": {"type": "integer"}}, "additionalProperties": false}"#,
        r#"{"properties": {"a_b": {"type": "integer"}},
            "allOf": [{"properties": {"a_b": {}}, "additionalProperties": false}]}"#,
    ] {
        let shown = beside(table);
        assert!(!shown.contains("may mean") && shown.starts_with("t.a-b: unknown key"), "{table}: {shown}");
    }
}
