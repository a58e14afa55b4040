//! The changes of a generation, as far as they are recorded.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::config::source::{Language, parse};
use crate::tree::diff::Change;
use crate::tree::{Key, LayerKind, Source, Value};

/// The changes of a generation in key order.
#[derive(Clone, Debug, PartialEq)]
pub enum Changes {
    /// Not known.
    Unknown,
    /// The keys alone.
    Keys(Vec<Key>),
    /// The keys with old and new values; secrets are redacted.
    Values(Vec<Change>),
}

impl Changes {
    /// The keys; `None` if they are not known.
    pub fn keys(&self) -> Option<Vec<&Key>> {
        match self {
            Self::Unknown => None,
            Self::Keys(keys) => Some(keys.iter().collect()),
            Self::Values(changes) => Some(changes.iter().map(|change| &change.key).collect()),
        }
    }

    /// The JSON text to store; `None` if they are not known. `old` or `new` is omitted if the key was not set.
    pub fn to_text(&self) -> Option<String> {
        let text = match self {
            Self::Unknown => return None,
            Self::Keys(keys) => serde_json::to_string(&keys.iter().map(Key::to_string).collect::<Vec<_>>()),
            Self::Values(changes) => {
                serde_json::to_string(&changes.iter().map(Stored::of).collect::<Vec<_>>())
            }
        };
        text.ok()
    }

    /// Parses a text of [`Changes::to_text`]; anything else is [`Changes::Unknown`].
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

#[derive(serde::Serialize)]
struct Stored<'a> {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: &'a Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: &'a Option<Value>,
}

impl<'a> Stored<'a> {
    fn of(change: &'a Change) -> Self {
        Self { key: change.key.to_string(), old: &change.old, new: &change.new }
    }
}

/// Parses a value that was stored as JSON.
pub fn value_of(json: &str) -> Option<Value> {
    let source = Source::document(LayerKind::File, "history", json);
    parse(&source, Language::Json).ok().map(|layer| layer.root().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::diff::diff;

    #[test]
    fn changes_round_trip_with_missing_sides() {
        let toml = |text: &str| {
            parse(&Source::document(LayerKind::File, "a.toml", text), Language::Toml).unwrap().root().clone()
        };
        let changes = diff(
            &toml("gone = 1\n\"a.b\" = 'x'\n"),
            &toml("new = [1, { y = 2.5 }]\n\"a.b\" = 18446744073709551617\n"),
        );
        let changes = Changes::Values(changes);
        assert_eq!(Changes::of_text(changes.to_text().as_deref()), changes);
        let keys = Changes::Keys(changes.keys().unwrap().into_iter().cloned().collect());
        assert_eq!(Changes::of_text(keys.to_text().as_deref()), keys);
        assert_eq!(keys.to_text().unwrap(), r#"["\"a.b\"","gone","new"]"#);
    }

    #[test]
    fn other_texts_are_unknown() {
        for text in [None, Some(""), Some("{}"), Some("[1]"), Some(r#"[{"key":"a..b"}]"#)] {
            assert_eq!(Changes::of_text(text), Changes::Unknown, "{text:?}");
        }
        assert_eq!(Changes::of_text(Some("[]")), Changes::Values(Vec::new()));
    }
}
