//! Prints configurations: for snapshots, as a TOML document, and with the origin of every value.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::text::visible;
use crate::tree::key::write_name;
use crate::tree::{Key, Kind, Segment, Table, Text, Value, redact_at};

/// An assignment with more characters does not shift the column of the origins.
const WIDEST: usize = 60;

/// The stable text of a configuration, for snapshots: one `key = value` line for each leaf, in key order, secrets
/// redacted.
///
/// A list is one line, an empty table `key = {}`. It holds no origins, so that a value may move from one layer to
/// another without a change. A root that is no table is one line without a key.
///
/// ```
/// use speckit_core::{Key, LayerKind, Source, Value};
/// use speckit_core::tree::print::to_text;
/// use speckit_core::config::source::{Language, parse};
/// let text = "[b]\ntoken = 'hunter2'\nports = [80, 81]\n[a]\n";
/// let layer = parse(&Source::document(LayerKind::File, "app.toml", text), Language::Toml)?;
/// let shown = to_text(layer.root(), &|key: &Key, _: &Value| key.last_name() == Some("token"));
/// assert_eq!(shown, "a = {}\nb.ports = [80, 81]\nb.token = \"[redacted]\"\n");
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
pub fn to_text(root: &Value, is_secret: &dyn Fn(&Key, &Value) -> bool) -> String {
    let mut text = String::new();
    redact_at(root, &Key::root(), is_secret).leaves(&mut |key, value| {
        text.push_str(&assignment(key, value));
        text.push('\n');
    });
    text
}

/// How [`show`] writes a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Show {
    /// A TOML document, by [`to_toml`].
    Toml,
    /// A JSON document on one line.
    Json,
    /// The origin behind every value, by [`with_origins`].
    Origins,
}

/// The configuration in a form for people or programs, secrets redacted.
///
/// ```
/// use speckit_core::{Key, LayerKind, Source, Value};
/// use speckit_core::tree::print::{Show, show};
/// use speckit_core::config::source::{Language, parse};
/// let text = "[b]\ntoken = 'hunter2'\nports = [80, 81]\n";
/// let layer = parse(&Source::document(LayerKind::File, "app.toml", text), Language::Toml)?;
/// let is_secret = |key: &Key, _: &Value| key.last_name() == Some("token");
/// assert_eq!(show(layer.root(), &is_secret, Show::Toml), "[b]\nports = [80, 81]\ntoken = \"[redacted]\"\n");
/// assert_eq!(show(layer.root(), &is_secret, Show::Json), "{\"b\":{\"ports\":[80,81],\"token\":\"[redacted]\"}}\n");
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
pub fn show(root: &Value, is_secret: &dyn Fn(&Key, &Value) -> bool, form: Show) -> String {
    let shown = redact_at(root, &Key::root(), is_secret);
    match form {
        Show::Toml => to_toml(&shown),
        // Only a name that is no text could fail.
        Show::Json => serde_json::to_string(&shown).unwrap_or_default() + "\n",
        Show::Origins => with_origins(&shown, &Key::root()),
    }
}

/// The value at a key with the origin behind every leaf: `server.port = 9000   # APP_SERVER__PORT`.
///
/// Nothing is redacted here: pass the tree that [`redact_at`] returns.
pub fn with_origins(value: &Value, at: &Key) -> String {
    let mut lines = Vec::new();
    value.leaves(&mut |key, value| {
        let key = key.segments().iter().fold(at.clone(), |key, segment| key.join(segment.clone()));
        lines.push((assignment(&key, value), visible(&value.origin().to_string())));
    });
    let width = |text: &str| text.chars().count();
    let widest = lines.iter().map(|(text, _)| width(text)).filter(|n| *n <= WIDEST).max().unwrap_or(0);
    let mut text = String::new();
    for (assignment, origin) in lines {
        let gap = " ".repeat(widest.saturating_sub(width(&assignment)) + 3);
        text.push_str(&format!("{assignment}{gap}# {origin}\n"));
    }
    text
}

/// The configuration as JSON, each leaf as `{"value":…,"origin":{…}}`. A list is one leaf.
///
/// Nothing is redacted here: pass the tree that [`redact_at`] returns.
pub fn origins_json(root: &Value) -> impl serde::Serialize + '_ {
    OriginsJson(root)
}

struct OriginsJson<'a>(&'a Value);

impl serde::Serialize for OriginsJson<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        match self.0.kind() {
            Kind::Table(members) if !members.is_empty() => serializer
                .collect_map(members.iter().map(|(name, member)| (name.as_str(), OriginsJson(member)))),
            _ => {
                let mut json = serializer.serialize_struct("Leaf", 2)?;
                json.serialize_field("value", self.0)?;
                json.serialize_field("origin", self.0.origin())?;
                json.end()
            }
        }
    }
}

/// The configuration as a TOML document with `[tables]` and `[[lists of tables]]`, which reads back as the same tree.
///
/// TOML has no null: members that are null are left out, and a value with a list that has null items is a comment. A root that is no
/// table is no document; it is written as one line.
pub fn to_toml(root: &Value) -> String {
    let mut text = String::new();
    match root.as_table() {
        Some(members) => write_members(&mut text, &mut Key::root(), members),
        None => text = format!("{root}\n"),
    }
    text
}

/// The value at a key as a TOML document with only this value; of an item of a list, or a part of one, as a document of this item.
///
/// ```
/// use speckit_core::{LayerKind, Source};
/// use speckit_core::config::source::{Language, parse};
/// use speckit_core::tree::print::part_to_toml;
/// let source = Source::document(LayerKind::File, "app.toml", "[server]\nport = 80\n[[peers]]\nhost = 'a'\n");
/// let layer = parse(&source, Language::Toml)?;
/// let shown = |key: &str| key.parse().ok().and_then(|key| Some(part_to_toml(layer.root().get(&key)?, &key)));
/// assert_eq!(shown("server").as_deref(), Some("[server]\nport = 80\n"));
/// assert_eq!(shown("peers[0]").as_deref(), Some("host = \"a\"\n"));
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
pub fn part_to_toml(value: &Value, key: &Key) -> String {
    let names = key.segments().iter().rev().map_while(|segment| match segment {
        Segment::Name(name) => Some(name),
        Segment::Index(_) => None,
    });
    let around = |inner: Value, name: &Text| {
        let origin = inner.origin().clone();
        Value::table([(name.clone(), inner)], origin)
    };
    to_toml(&names.fold(value.clone(), around))
}

fn assignment(key: &Key, value: &Value) -> String {
    if key.is_root() { value.to_string() } else { format!("{key} = {value}") }
}

/// First the values with a line of their own, then the tables: a line after a header belongs to its table.
fn write_members(text: &mut String, key: &mut Key, members: &Table) {
    for (name, member) in members.iter().filter(|(_, member)| !has_header(member)) {
        if member.is_null() {
            continue;
        }
        let is_comment = member.has_null_item();
        text.push_str(if is_comment { "# " } else { "" });
        // Writing to a String cannot fail.
        let _ = write_name(text, name);
        text.push_str(&format!(" = {member:#}"));
        text.push_str(if is_comment { "   # TOML has no null: see --format json\n" } else { "\n" });
    }
    for (name, member) in members.iter().filter(|(_, member)| has_header(member)) {
        key.push(Segment::Name(name.clone()));
        match member.kind() {
            Kind::Table(below) => {
                // The headers of its tables imply a table that holds only tables.
                if below.is_empty() || below.values().any(|member| !has_header(member)) {
                    write_header(text, &format!("[{key}]"));
                }
                write_members(text, key, below);
            }
            Kind::Array(elements) => {
                for element in elements.iter().filter_map(Value::as_table) {
                    write_header(text, &format!("[[{key}]]"));
                    write_members(text, key, element);
                }
            }
            _ => {}
        }
        key.pop();
    }
}

fn write_header(text: &mut String, header: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(header);
    text.push('\n');
}

fn has_header(value: &Value) -> bool {
    match value.kind() {
        Kind::Table(_) => true,
        Kind::Array(elements) => !elements.is_empty() && elements.iter().all(|e| e.as_table().is_some()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::text::is_control;
    use crate::tree::testing::trees;
    use crate::tree::{LayerKind, Origin, Source};
    use proptest::prelude::*;

    fn root(name: &str, text: &str) -> Value {
        let source = Source::document(LayerKind::File, name, text);
        parse(&source, Language::of(name, source.text()).unwrap()).unwrap().root().clone()
    }

    #[test]
    fn the_text_of_a_configuration_is_sorted_and_redacted() {
        let tree = root(
            "a.toml",
            "z = nan\n\"a b\" = 'q\"\\'\nwhen = 2026-01-02\n[t]\nlist = [1, [], { x = 1.0, secret = 'hunter2' }]\n\
             secret = { a = 'hunter2', b = 12345 }\n[t.none]\n",
        );
        let secret = |key: &Key, _: &Value| key.to_string().contains("secret");
        assert_eq!(
            to_text(&tree, &secret),
            "\"a b\" = \"q\\\"\\\\\"\nt.list = [1, [], { secret = \"[redacted]\", x = 1.0 }]\nt.none = {}\n\
             t.secret.a = \"[redacted]\"\nt.secret.b = \"[redacted]\"\nwhen = 2026-01-02\nz = nan\n"
        );
        assert_eq!(to_text(&root("a.toml", ""), &secret), "{}\n");
        assert_eq!(to_text(&root("a.json", "[1, null]"), &secret), "[1, null]\n");
    }

    #[test]
    fn a_document_has_tables_and_lists_of_tables() {
        let tree = root(
            "a.json",
            r#"{"b": {"c": {"d": 1, "n": null}, "e": {}}, "a": [{"x": 1, "y": {"z": [null, 2]}}, {}],
                "m": [1, {"k": "v"}], "s": "line\nnext\u0001", "big": 123456789012345678901234567890}"#,
        );
        assert_eq!(
            to_toml(&tree),
            "big = 123456789012345678901234567890\nm = [1, { k = \"v\" }]\ns = \"line\\nnext\\u0001\"\n\n[[a]]\nx = 1\n\n[a.y]\n# z \
             = [null, 2]   # TOML has no null: see --format json\n\n[[a]]\n\n[b.c]\nd = 1\n\n[b.e]\n"
        );
    }

    #[test]
    fn no_list_gets_shorter_and_no_null_is_written() {
        for (json, toml) in [
            (r#"{"l": [1, null, {}]}"#, "# l = [1, null, {}]   # TOML has no null: see --format json\n"),
            (r#"{"l": [null]}"#, "# l = [null]   # TOML has no null: see --format json\n"),
            (r#"{"l": [[1], [null]]}"#, "# l = [[1], [null]]   # TOML has no null: see --format json\n"),
            (r#"{"l": [1, {"a": null, "b": 2}]}"#, "l = [1, { b = 2 }]\n"),
            (r#"{"l": [{"a": null}, {"b": 2}]}"#, "[[l]]\n\n[[l]]\nb = 2\n"),
            (
                r#"{"l": [1, {"a": [null]}]}"#,
                "# l = [1, { a = [null] }]   # TOML has no null: see --format json\n",
            ),
            (r#"{"a": null, "t": {"b": null}}"#, "[t]\n"),
        ] {
            let shown = to_toml(&root("a.json", json));
            assert_eq!(shown, toml, "{json}");
            assert!(
                parse(&Source::document(LayerKind::File, "a.toml", shown.as_str()), Language::Toml).is_ok()
            );
        }
    }

    #[test]
    fn origins_follow_values() {
        let tree = root(
            "app.toml",
            "name = 'x'\nlong = 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy'\n[server]\nport = 9000\n",
        );
        assert_eq!(
            with_origins(&tree, &Key::root()),
            "long = \"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\"   # app.toml:2:8\n\
             name = \"x\"           # app.toml:1:8\nserver.port = 9000   # app.toml:4:8\n"
        );
        let variable = Origin::whole(&Source::variable("APP_P", "[1]"));
        let list = Value::array([Value::new(Kind::Bool(true), variable.clone())], variable);
        assert_eq!(
            serde_json::to_string(&origins_json(&Value::table([("p".into(), list)], tree.origin().clone())))
                .unwrap(),
            r#"{"p":{"value":[true],"origin":{"layer":"env","name":"environment","line":null,"column":null,"variable":"APP_P"}}}"#
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_printed_document_reads_back_as_the_same_tree(tree in trees()) {
            let text = to_toml(&tree);
            prop_assert!(text.chars().all(|c| c == '\n' || !is_control(c)), "{:?}", text);
            let read = root("a.toml", &text);
            prop_assert_eq!(read.to_string(), tree.to_string());
            prop_assert_eq!(read, tree, "{}", text);
        }

        #[test]
        fn a_number_keeps_its_value_in_toml_and_json(
            digits in "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?",
        ) {
            let tree = root("a.json", &format!("{{\"n\": {digits}}}"));
            let json = serde_json::to_string(&tree).unwrap();
            prop_assert_eq!(&root("a.json", &json), &tree, "{}", json);
            prop_assert_eq!(root("a.toml", &to_toml(&tree)), tree);
        }

        #[test]
        fn the_text_of_a_configuration_reads_back_as_the_same_tree(tree in trees()) {
            let text = to_text(&tree, &|_, _| false);
            let is_empty = text == "{}\n";
            prop_assert_eq!(root("a.toml", if is_empty { "" } else { &text }), tree, "{}", text);
        }
    }
}
