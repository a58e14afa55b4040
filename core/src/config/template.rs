//! A commented template of a configuration, generated from its schema.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::config::schema::{Reload, Schema};
use crate::text::wrapped;
use crate::tree::{Key, Kind, Value};

/// Writes a TOML template: a header that names the schema for editors, then every table with its description,
/// and every setting as a comment with description, type, range and default.
///
/// A default with null items in a list has no TOML, and is only described.
/// `defaults` are the values in the template; a key without one has only its type. Uncommenting every `#key = value`
/// line gives the defaults.
pub fn template(schema: &Schema, defaults: &Value, schema_address: &str) -> String {
    let mut text = format!("#:schema {schema_address}\n");
    text.push_str(
        "#\n# Every setting is shown with its default, if it has one, except those of tables that you name yourself. To change it, remove the `#` before the key and before its `[table]`.\n",
    );
    // A schema that refers to itself names keys without end; these end where it does.
    let keys = schema.keys().into_iter().collect();
    table(schema, &keys, &Key::root(), defaults, &mut text);
    text
}

fn table(schema: &Schema, keys: &BTreeSet<Key>, key: &Key, defaults: &Value, text: &mut String) {
    let (mut names, _) = schema.member_names(key);
    let present = defaults.get(key).and_then(Value::as_table);
    names.extend(present.into_iter().flat_map(|table| table.keys().cloned()));
    names.sort();
    names.dedup();
    let (mut settings, mut tables): (Vec<Key>, Vec<Key>) = (Vec::new(), Vec::new());
    for name in names {
        let child = key.child(name);
        if defaults.get(&child).is_none() && !keys.contains(&child) {
            continue;
        }
        let is_table = match defaults.get(&child) {
            Some(value) => value.as_table().is_some(),
            None => !schema.member_names(&child).0.is_empty() || schema.member_names(&child).1,
        };
        if is_table { tables.push(child) } else { settings.push(child) }
    }
    let mut lines = String::new();
    for key in &settings {
        setting(schema, key, defaults.get(key), &mut lines);
    }
    if !key.is_root() && (!settings.is_empty() || tables.is_empty()) {
        text.push('\n');
        describe(schema, key, text);
        // Without a default in it, the table is no part of the defaults either.
        let has_default = present.is_some() || lines.is_empty() || lines.lines().any(is_default);
        text.push_str(&format!("#{}[{key}]\n", if has_default { "" } else { " " }));
    }
    text.push_str(&lines);
    for key in &tables {
        table(schema, keys, key, defaults, text);
    }
}

/// Whether a line is a setting with its default, and not a description.
fn is_default(line: &str) -> bool {
    line.strip_prefix('#').is_some_and(|rest| !rest.starts_with(' '))
}

fn setting(schema: &Schema, key: &Key, value: Option<&Value>, text: &mut String) {
    let facts = schema.facts(key).unwrap_or_default();
    describe(schema, key, text);
    let mut notes = Vec::from([facts.types.to_string()]);
    notes.extend(facts.range.clone());
    if facts.reload == Reload::Restart {
        notes.push("takes effect at a restart".into());
    }
    if facts.secret {
        notes.push("secret".into());
    }
    text.push_str(&format!("# ({})\n", notes.join("; ")));
    for alternative in &facts.alternatives {
        let description =
            alternative.description.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        for (index, line) in wrapped(&format!("{}{description}", alternative.label()), 96).iter().enumerate()
        {
            text.push_str(&format!("#   {}{line}\n", if index == 0 { "" } else { "  " }));
        }
    }
    let name = key.last_name().map(|name| Key::of([name]).to_string()).unwrap_or_default();
    match value.or(facts.default.as_ref()).filter(|value| !matches!(value.kind(), Kind::Null)) {
        Some(value) if !facts.secret && value.has_null_item() => {
            text.push_str(&format!("# {name} = {value:#}   # TOML has no null: set it in a file of JSON\n"));
        }
        // Null members are left out, as TOML has no null.
        Some(value) if !facts.secret => text.push_str(&format!("#{name} = {value:#}\n")),
        _ => text.push_str(&format!("# {name} =\n")),
    }
}

fn describe(schema: &Schema, key: &Key, text: &mut String) {
    let description = schema.facts(key).and_then(|facts| facts.description).unwrap_or_default();
    for line in wrapped(&description, 100) {
        text.push_str(&format!("# {line}\n"));
    }
}
