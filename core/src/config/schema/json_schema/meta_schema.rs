//! The meta-schemas: what a schema of each draft looks like. Valico checks schemas against them.

use serde_json::{Map, Value as Json};
use url::Url;
use valico::json_schema::{SchemaVersion, Scope};

use super::dialect::Draft;
use crate::tree::typed::to_value;
use crate::tree::{LayerKind, Origin, Source, Value};

const DRAFT4: &str = include_str!("meta/draft4.json");
const DRAFT7: &str = include_str!("meta/draft7.json");
const DRAFT2019: &str = include_str!("meta/draft2019.json");
const DRAFT2020: &str = include_str!("meta/draft2020.json");

/// The meta-schema of a draft, in the keywords of Draft 7: that of Draft 7 with the differences of the draft.
fn meta_schema(draft: Draft) -> Json {
    let differences: &[&str] = match draft {
        Draft::Draft4 => &[DRAFT4],
        Draft::Draft6 | Draft::Draft7 => &[],
        Draft::Draft2019 => &[DRAFT2019],
        Draft::Draft2020 => &[DRAFT2019, DRAFT2020],
    };
    let parse = |text: &str| -> Map<_, _> { serde_json::from_str(text).unwrap_or_default() };
    let mut meta = parse(DRAFT7);
    for (name, different) in differences.iter().flat_map(|text| parse(text)) {
        match (meta.get_mut(&name).and_then(Json::as_object_mut), different) {
            (Some(members), Json::Object(different)) => members.extend(different),
            (_, different) => drop(meta.insert(name, different)),
        }
    }
    Json::Object(meta)
}

/// The meta-schema of a draft as a document.
pub(super) fn meta_document(draft: Draft) -> Option<Value> {
    let source = Source::fragment(LayerKind::Defaults, draft.name(), "");
    to_value(&meta_schema(draft), &Origin::whole(&source)).ok()
}

/// The meta-schema of one draft, compiled by valico.
pub(super) struct MetaSchema {
    scope: Scope,
    address: Url,
}

impl MetaSchema {
    /// The meta-schema of the draft; `None` if it does not compile.
    pub(super) fn of(draft: Draft) -> Option<Self> {
        let mut scope = Scope::without_formats(SchemaVersion::Draft7);
        let address = Url::parse(draft.address()).ok()?;
        scope.compile_with_id(&address, meta_schema(draft), false).ok()?;
        Some(Self { scope, address })
    }

    /// Whether the value is a schema of the draft.
    pub(super) fn accepts(&self, schema: &Value) -> bool {
        let meta = self.scope.resolve(&self.address);
        meta.is_some_and(|meta| meta.validate(&schema.to_json()).is_strictly_valid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_meta_schema_compiles_and_accepts_itself_as_a_schema_of_draft_7() {
        let drafts = [Draft::Draft4, Draft::Draft6, Draft::Draft7, Draft::Draft2019, Draft::Draft2020];
        let draft7 = MetaSchema::of(Draft::Draft7).unwrap();
        for draft in drafts {
            assert!(MetaSchema::of(draft).is_some(), "{}", draft.name());
            assert!(draft7.accepts(&meta_document(draft).unwrap()), "{}", draft.name());
        }
    }

    #[test]
    fn a_draft_refuses_the_forms_of_another_one() {
        let schema = |text: &str| {
            let source = Source::fragment(LayerKind::File, "s.json", "");
            let json: Json = serde_json::from_str(text).unwrap();
            to_value(&json, &Origin::whole(&source)).unwrap()
        };
        let accepts = |draft, text: &str| MetaSchema::of(draft).unwrap().accepts(&schema(text));
        assert!(accepts(Draft::Draft4, r#"{"maximum": 5, "exclusiveMaximum": true}"#));
        assert!(!accepts(Draft::Draft7, r#"{"maximum": 5, "exclusiveMaximum": true}"#));
        assert!(accepts(Draft::Draft2019, r#"{"items": [true]}"#));
        assert!(!accepts(Draft::Draft2020, r#"{"items": [true]}"#));
    }
}
