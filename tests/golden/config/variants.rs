//! Reports about tables whose variant a higher layer changed.

use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::config::source::Language;
use speckit_core::{LayerKind, Source};
use speckit_tests::golden;

use crate::{report, schema};

const SCHEMA: &str = r#"{"properties": {"store": {"oneOf": [
    {"type": "object", "required": ["kind", "bucket"], "additionalProperties": false, "properties": {
        "kind": {"const": "s3"}, "bucket": {"type": "string"}, "size": {"type": "integer"}}},
    {"type": "object", "required": ["kind", "path"], "additionalProperties": false, "properties": {
        "kind": {"const": "fs"}, "path": {"type": "string"}, "size": {"type": "string"}}}]}}}"#;

#[test]
fn what_is_left_of_another_variant_is_reported_with_both_places() {
    let document = |name: &str, text: &str| {
        Document::Text(Source::document(LayerKind::File, name, text), Language::Toml)
    };
    let base = "[store]\nkind = \"s3\"\nbucket = \"prod\"\nsize = 5\n";
    let documents = vec![document("base.toml", base), document("local.toml", "[store]\nkind = \"fs\"\n")];
    let rules = Rules::new(Some(schema("app.schema.json", SCHEMA)));
    golden!(
        "config/variants",
        "left_from_another_variant",
        report(&rules, &Inputs { documents, ..Inputs::default() })
    );
}
