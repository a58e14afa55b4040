//! What a generation changed, as far as it is kept.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Map, Value as Json};

use crate::config::source::{Language, parse};
use crate::tree::diff::Change;
use crate::tree::{Key, LayerKind, Source, Value};

/// What a generation changed, in key order.
#[derive(Clone, Debug, PartialEq)]
pub enum Changes {
    /// What was before is not known.
    Unknown,
    /// The keys alone.
    Keys(Vec<Key>),
    /// The keys with what they were and are; secrets are redacted.
    Values(Vec<Change>),
}

impl Changes {
    /// The keys; `None` where they are not known.
    pub fn keys(&self) -> Option<Vec<&Key>> {
        match self {
            Self::Unknown => None,
            Self::Keys(keys) => Some(keys.iter().collect()),
            Self::Values(changes) => Some(changes.iter().map(|change| &change.key).collect()),
        }
    }

    /// The text under which they are kept, JSON; `None` where they are not known. A side that is not set is left out.
    pub fn to_text(&self) -> Option<String> {
        let items: Vec<Json> = match self {
            Self::Unknown => return None,
            Self::Keys(keys) => keys.iter().map(|key| key.to_string().into()).collect(),
            Self::Values(changes) => changes.iter().map(object).collect(),
        };
        Some(Json::Array(items).to_string())
    }

    /// Reads what [`Changes::to_text`] wrote; of anything else nothing is known.
    pub fn of_text(text: Option<&str>) -> Self {
        let Some(root) = text.and_then(value_of) else { return Self::Unknown };
        let Some(items) = root.as_array() else { return Self::Unknown };
        let keys: Option<Vec<Key>> = items.iter().map(|item| item.as_str()?.parse().ok()).collect();
        if let Some(keys) = keys.filter(|keys| !keys.is_empty()) {
            return Self::Keys(keys);
        }
        let change = |item: &Value| {
            let key = item.member("key")?.as_str()?.parse().ok()?;
            Some(Change { key, old: item.member("old").cloned(), new: item.member("new").cloned() })
        };
        items.iter().map(change).collect::<Option<Vec<_>>>().map_or(Self::Unknown, Self::Values)
    }
}

fn object(change: &Change) -> Json {
    let mut members = Map::new();
    members.insert("key".into(), change.key.to_string().into());
    for (name, side) in [("old", &change.old), ("new", &change.new)] {
        if let Some(value) = side {
            members.insert(name.into(), value.to_json());
        }
    }
    Json::Object(members)
}

/// A value that was kept as JSON.
pub(super) fn value_of(json: &str) -> Option<Value> {
    let source = Source::document(LayerKind::File, "history", json);
    parse(&source, Language::Json).ok().map(|layer| layer.root().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::diff::diff;

    #[test]
    fn changes_read_back_with_what_is_not_set() {
        let toml = |text: &str| {
            parse(&Source::document(LayerKind::File, "a.toml", text), Language::Toml).unwrap().root().clone()
        };
        let changes =
            diff(&toml("gone = 1\n\"a.b\" = 'x'\n"), &toml("new = [1, { y = 2.5 }]\n\"a.b\" = 'z'\n"));
        let changes = Changes::Values(changes);
        assert_eq!(Changes::of_text(changes.to_text().as_deref()), changes);
        let keys = Changes::Keys(changes.keys().unwrap().into_iter().cloned().collect());
        assert_eq!(Changes::of_text(keys.to_text().as_deref()), keys);
        assert_eq!(keys.to_text().unwrap(), r#"["\"a.b\"","gone","new"]"#);
    }

    #[test]
    fn of_what_nobody_wrote_nothing_is_known() {
        for text in [None, Some(""), Some("{}"), Some("[1]"), Some(r#"[{"key":"a..b"}]"#)] {
            assert_eq!(Changes::of_text(text), Changes::Unknown, "{text:?}");
        }
        assert_eq!(Changes::of_text(Some("[]")), Changes::Values(Vec::new()));
    }
}
