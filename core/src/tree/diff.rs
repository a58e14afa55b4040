//! The difference between two configurations, key by key.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::tree::{Key, Kind, Segment, Table, Value, redact_at};

/// The change of one key. At least one of `old` and `new` is set; both are where a value is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: Key,
    /// Its old value; `None` if it was not set.
    pub old: Option<Value>,
    /// Its new value; `None` if it is no longer set.
    pub new: Option<Value>,
}

/// The changes that lead from one tree to another, in key order.
///
/// A list is one value. A table that is new or gone is a change for each leaf in it; one that becomes empty, or
/// something else than a table, is one change that holds it. Shared parts of the trees are skipped, so that the
/// cost grows with the difference.
///
/// ```
/// use speckit_core::{LayerKind, Source};
/// use speckit_core::tree::diff::{diff, to_text};
/// use speckit_core::config::source::{Language, parse};
/// let tree = |text: &str| {
///     let source = Source::document(LayerKind::File, "app.toml", text);
///     parse(&source, Language::Toml).unwrap().root().clone()
/// };
/// let changes = diff(&tree("[server]\nport = 1\nhost = 'a'\n"), &tree("[server]\nport = 2\nhost = 'a'\n"));
/// assert_eq!(to_text(&changes), "- server.port = 1\n+ server.port = 2\n");
/// ```
pub fn diff(old: &Value, new: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(&mut Key::root(), Some(old), Some(new), &mut changes);
    changes
}

/// The tree that changes lead to: `apply(a, &diff(a, b)) == b`.
///
/// A table that loses its last member is gone with it.
#[must_use]
pub fn apply(value: &Value, changes: &[Change]) -> Value {
    changes.iter().fold(value.clone(), |tree, change| {
        put(&tree, change.key.segments(), change.new.as_ref()).unwrap_or_else(|| empty_like(&tree))
    })
}

/// The changes as lines: `- key = old`, `+ key = new`. Nothing is redacted here; see [`Change::redacted`].
pub fn to_text(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes {
        for (sign, value) in [('-', &change.old), ('+', &change.new)] {
            if let Some(value) = value {
                let key = change.key.to_string();
                let equals = if key.is_empty() { "" } else { " = " };
                text.push_str(&format!("{sign} {key}{equals}{value}\n"));
            }
        }
    }
    text
}

impl Change {
    /// The same change with its secrets redacted. It remains a change where both sides are redacted.
    #[must_use]
    pub fn redacted(&self, is_secret: &dyn Fn(&Key, &Value) -> bool) -> Self {
        let shown =
            |value: &Option<Value>| value.as_ref().map(|value| redact_at(value, &self.key, is_secret));
        Self { key: self.key.clone(), old: shown(&self.old), new: shown(&self.new) }
    }
}

/// The contract's JSON: `{"key","old","new"}`, null if a side is not set. Redact first.
impl serde::Serialize for Change {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut json = serializer.serialize_struct("Change", 3)?;
        json.serialize_field("key", &self.key.to_string())?;
        json.serialize_field("old", &self.old)?;
        json.serialize_field("new", &self.new)?;
        json.end()
    }
}

fn compare(key: &mut Key, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<Change>) {
    if old == new {
        return;
    }
    let at_root = key.is_root();
    let members = |value: &Option<&Value>| {
        value.and_then(Value::as_table).filter(|members| at_root || !members.is_empty()).cloned()
    };
    let (below_old, below_new) = match (members(&old), members(&new)) {
        (Some(below_old), Some(below_new)) => (below_old, below_new),
        (Some(below_old), None) if new.is_none() => (below_old, Table::new()),
        (None, Some(below_new)) if old.is_none() => (Table::new(), below_new),
        _ => {
            changes.push(Change { key: key.clone(), old: old.cloned(), new: new.cloned() });
            return;
        }
    };
    for (name, old, new) in below_old.differences(&below_new) {
        key.push(Segment::Name(name.clone()));
        compare(key, old, new, changes);
        key.pop();
    }
}

/// The tree with `new` at the path, or without it; `None` for a table that loses its last member.
fn put(tree: &Value, path: &[Segment], new: Option<&Value>) -> Option<Value> {
    let Some((first, rest)) = path.split_first() else {
        return new.cloned();
    };
    // A change holds a list as one value, so every step is a name.
    let Segment::Name(name) = first else {
        return Some(tree.clone());
    };
    let mut members = tree.as_table().cloned().unwrap_or_default();
    let below = match members.get(name) {
        Some(member) => put(member, rest, new),
        None => new.and_then(|value| put(&empty_like(value), rest, new)),
    };
    match below {
        Some(below) => drop(members.insert(name.clone(), below)),
        None => drop(members.remove(name)),
    }
    let gone = members.is_empty() && new.is_none();
    (!gone).then(|| Value::new(Kind::Table(members), tree.origin().clone()))
}

fn empty_like(value: &Value) -> Value {
    Value::table([], value.origin().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::testing::trees;
    use crate::tree::{LayerKind, Source, Text};
    use proptest::prelude::*;

    fn tree(text: &str) -> Value {
        parse(&Source::document(LayerKind::File, "a.toml", text), Language::Toml).unwrap().root().clone()
    }

    fn shown(old: &str, new: &str) -> String {
        to_text(&diff(&tree(old), &tree(new)))
    }

    #[test]
    fn each_changed_key_has_its_lines() {
        assert_eq!(
            shown(
                "same = 1\nlist = [1, 2]\n[gone]\nx = 1\ny.z = 2\n[kept]\na = 1\n",
                "same = 1\nlist = [1, 3]\n[kept]\na = 1\nb = 'c'\n[models.m]\ntier = 'low'\n"
            ),
            "- gone.x = 1\n- gone.y.z = 2\n+ kept.b = \"c\"\n- list = [1, 2]\n+ list = [1, 3]\n+ models.m.tier = \"low\"\n"
        );
    }

    #[test]
    fn a_table_that_becomes_something_else_is_one_change() {
        assert_eq!(shown("[t]\nx = 1\n", "t = 5\n"), "- t = { x = 1 }\n+ t = 5\n");
        assert_eq!(shown("[t]\nx = 1\n", "[t]\n"), "- t = { x = 1 }\n+ t = {}\n");
        assert_eq!(shown("", "[t]\n"), "+ t = {}\n");
        assert_eq!(shown("[t]\n", ""), "- t = {}\n");
        assert_eq!(shown("[t]\nx = 1\n", ""), "- t.x = 1\n");
    }

    #[test]
    fn places_make_no_difference() {
        assert_eq!(shown("a = 1\nb = 2\n", "# moved\nb = 2\n\na = 1\n"), "");
    }

    #[test]
    fn a_changed_secret_is_a_change_without_its_values() {
        let changes = diff(&tree("[secret]\na = 'hunter1'\n"), &tree("[secret]\na = 'hunter2'\n"));
        let redacted: Vec<_> =
            changes.iter().map(|c| c.redacted(&|key, _| key.starts_with(&Key::of(["secret"])))).collect();
        assert_eq!(
            serde_json::to_string(&redacted).unwrap(),
            r#"[{"key":"secret.a","old":"[redacted]","new":"[redacted]"}]"#
        );
        assert_eq!(to_text(&redacted), "- secret.a = \"[redacted]\"\n+ secret.a = \"[redacted]\"\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_difference_applied_to_the_old_tree_is_the_new_one((a, b) in pairs()) {
            let changes = diff(&a, &b);
            prop_assert_eq!(apply(&a, &changes).to_string(), b.to_string());
            prop_assert!(changes.is_sorted_by(|x, y| x.key < y.key));
        }

        #[test]
        fn a_large_shared_table_differs_where_it_was_edited(
            size in 0_i64..2000,
            edits in prop::collection::vec((0_i64..2200, prop::option::of(any::<bool>())), 0..8),
        ) {
            let origin = tree("").origin().clone();
            let name = |n: i64| Text::from(format!("k{n}"));
            let value = |new: bool| Value::new(Kind::Bool(new), origin.clone());
            let large: Table = (0..size).map(|n| (name(n), value(false))).collect();
            let mut edited = large.clone();
            for (n, edit) in edits {
                match edit {
                    Some(new) => drop(edited.insert(name(n), value(new))),
                    None => drop(edited.remove(&name(n))),
                }
            }
            let naive = large.keys().chain(edited.keys()).collect::<alloc::collections::BTreeSet<_>>();
            let naive = naive.into_iter().filter(|name| large.get(name) != edited.get(name));
            let expected: Vec<Key> = naive.map(|name| Key::of([name.clone()])).collect();
            let [a, b] = [&large, &edited].map(|table| Value::new(Kind::Table(table.clone()), origin.clone()));
            let changes = diff(&a, &b);
            prop_assert_eq!(apply(&a, &changes), b);
            prop_assert_eq!(changes.into_iter().map(|change| change.key).collect::<Vec<_>>(), expected);
        }
    }

    /// Two trees, half of them with much in common.
    fn pairs() -> impl Strategy<Value = (Value, Value)> {
        (trees(), trees(), any::<bool>()).prop_map(|(a, b, related)| {
            let strategy = |_: &Key| crate::config::MergeStrategy::Join;
            let b = if related { crate::config::merge(&a, &b, &strategy) } else { b };
            (a, b)
        })
    }
}
