//! A key that the schema knows in another table: below the wrong header, or above the right one.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::schema::Schema;
use crate::tree::{Key, Segment, Text, TypeSet, Value};

/// How many lines are searched for the first header.
const MAX_LINES: usize = 1000;

/// Where to move the unknown key `name` of `table`: to the nearest table around it that has such a key, else to the only table
/// beside it, or in it, that has one for such a value.
pub(super) fn where_to_move(schema: &Schema, table: &Key, name: &str, value: &Value) -> Option<String> {
    let has_it = |place: &Key| !schema.wanted_names(place, &|known| known == name).0.is_empty();
    let fits = |place: &Key| {
        let types = || schema.types(&place.child(name)).map_or(TypeSet::NONE, |(types, _)| types);
        has_it(place) && types().contains(TypeSet::of(value))
    };
    let around = || core::iter::successors(table.parent(), Key::parent);
    let place = around().find(has_it).or_else(|| {
        let only = |parent: &Key| {
            let (names, _) = schema.member_names(parent);
            let below = names.iter().map(|name: &Text| parent.child(name.clone()));
            let found: Vec<Key> = below.filter(|place| place != table && fits(place)).take(2).collect();
            <[Key; 1]>::try_from(found).ok()
        };
        let [place] = table.parent().as_ref().and_then(only).or_else(|| only(table))?;
        Some(place)
    })?;
    let source = value.origin().source();
    if !source.has_lines() {
        return Some(format!("set `{}` instead", place.child(name)));
    }
    let name = Key::of([name]);
    let header = first_header(source.text());
    Some(match (header, place.is_root()) {
        (Some(header), true) => format!("`{name}` is a key of the top level: move it above `{header}`"),
        (None, true) => format!("`{name}` is a key of the top level: move it out of `{table}`"),
        (Some(_), false) => {
            format!("`{name}` is a key of `{place}`: move it below `[{}]`", header_of(&place))
        }
        (None, false) => format!("`{name}` is a key of `{place}`: move it there"),
    })
}

/// The key of a table without the numbers of list items, as in a header.
fn header_of(table: &Key) -> Key {
    table.segments().iter().fold(Key::root(), |key, segment| match segment {
        Segment::Name(name) => key.child(name.clone()),
        Segment::Index(_) => key,
    })
}

/// The first `[table]` or `[[list]]` of a TOML text; `None` if there is none, as in JSON.
fn first_header(text: &str) -> Option<String> {
    text.lines().take(MAX_LINES).find_map(|line| {
        let line = line.split('#').next()?.trim_start_matches('\u{feff}').trim();
        let inner = line.strip_prefix('[')?.strip_suffix(']')?;
        let inner = inner.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(inner);
        inner.trim().parse::<Key>().ok().filter(|key| !key.is_root())?;
        Some(line.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::schema::Documents;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};

    const SCHEMA: &str = r#"{
        "properties": {
            "debug": {"type": "boolean"},
            "server": {
                "properties": {
                    "port": {"type": "integer"},
                    "tls": {"properties": {"cert": {"type": "string"}}, "additionalProperties": false}
                },
                "additionalProperties": false
            },
            "client": {
                "properties": {"retries": {"type": "integer"}, "name": {}},
                "additionalProperties": false
            },
            "other": {"properties": {"name": {}}, "additionalProperties": false},
            "users": {"items": {"properties": {"id": {}}, "additionalProperties": false}}
        },
        "additionalProperties": false
    }"#;

    fn help(name: &str, text: &str) -> String {
        let read = |name: &str, text: &str| {
            let source = Source::document(LayerKind::File, name, text);
            parse(&source, Language::of(name, text).unwrap()).unwrap().root().clone()
        };
        let schema = Schema::compile(&Documents::new("speckit://s", &read("s.json", SCHEMA))).unwrap();
        let found = schema.validator().check(&read(name, text));
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].help.clone().unwrap_or_default()
    }

    #[test]
    fn a_key_below_the_wrong_header_is_led_to_its_table() {
        for (text, expected) in [
            (
                "[server]\nport = 80\ndebug = true\n",
                "`debug` is a key of the top level: move it above `[server]`",
            ),
            (
                "\u{feff}# c\n[client] # first\n[server]\ndebug = true\n",
                "`debug` is a key of the top level: move it above `[client]`",
            ),
            (
                "[[users]]\nid = 1\ndebug = true\n",
                "`debug` is a key of the top level: move it above `[[users]]`",
            ),
            (
                "[server.tls]\ndebug = true\n",
                "`debug` is a key of the top level: move it above `[server.tls]`",
            ),
            ("[server.tls]\nport = 80\n", "`port` is a key of `server`: move it below `[server]`"),
            ("[server]\nretries = 3\n", "`retries` is a key of `client`: move it below `[client]`"),
            ("[server]\ncert = 'x'\n", "`cert` is a key of `server.tls`: move it below `[server.tls]`"),
            ("port = 80\n[client]\n", "`port` is a key of `server`: move it below `[server]`"),
            ("server = { debug = true }\n", "`debug` is a key of the top level: move it out of `server`"),
            ("port = 80\n", "`port` is a key of `server`: move it there"),
        ] {
            assert_eq!(help("a.toml", text), expected, "{text}");
        }
        let json = r#"{"server": {"debug": true}}"#;
        assert_eq!(help("a.json", json), "`debug` is a key of the top level: move it out of `server`");
    }

    #[test]
    fn a_key_without_one_place_of_its_type_keeps_its_help() {
        for text in [
            // Two tables have it.
            "[server]\nname = 'x'\n",
            // Another type.
            "[server]\nretries = 'x'\n",
            // It is known nowhere.
            "[server]\nzzz = 1\n",
        ] {
            assert_eq!(help("a.toml", text), "known keys: port, tls", "{text}");
        }
        assert_eq!(help("a.toml", "[server]\nprot = 1\n"), "did you mean `port`?");
    }
}
