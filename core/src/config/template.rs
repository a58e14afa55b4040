//! A commented template of a configuration, from its schema or from the type of the settings.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::resolve::KeyRules;
use super::schema::Reload;
use super::settings_list::{Setting, SettingsTable};
use crate::text::wrapped;
use crate::tree::Value;

/// Writes a TOML template: a header that names the schema for editors, if it has an address, then every table with its
/// description, and every setting as a comment with description, type, range and default.
///
/// A default with null items in a list has no TOML, and is only described. A default that holds a secret is left out.
/// `defaults` are the values in the template; a key without one has only its type. Uncommenting every `#key = value`
/// line gives the defaults.
pub fn template(keys: &KeyRules, defaults: &Value, schema_address: Option<&str>) -> String {
    let mut text = schema_address.map(|address| format!("#:schema {address}\n#\n")).unwrap_or_default();
    text.push_str(
        "# Every setting is shown with its default, if it has one, except those of tables that you name yourself. To change it, remove the `#` before the key and before its `[table]`.\n",
    );
    for table in SettingsTable::all(keys, defaults) {
        add_table(&table, &mut text);
    }
    text
}

fn add_table(table: &SettingsTable, text: &mut String) {
    let SettingsTable { key, settings, .. } = table;
    if key.is_root() && !settings.is_empty() {
        text.push('\n');
    }
    if !key.is_root() && (!settings.is_empty() || !table.has_tables) {
        text.push('\n');
        describe(table.facts.description.as_deref(), text);
        // Without a default in it, the table is no part of the defaults either.
        let has_default = table.is_default || settings.is_empty() || settings.iter().any(is_written);
        text.push_str(&format!("#{}[{key}]\n", if has_default { "" } else { " " }));
    }
    for setting in settings {
        add_setting(setting, text);
    }
}

/// Whether uncommenting the setting gives its default.
fn is_written(setting: &Setting) -> bool {
    setting.default.as_ref().is_some_and(|value| !value.has_null_item())
}

fn add_setting(setting: &Setting, text: &mut String) {
    let Setting { facts, default, .. } = setting;
    describe(facts.description.as_deref(), text);
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
    let name = setting.name();
    match default {
        Some(value) if value.has_null_item() => {
            text.push_str(&format!("# {name} = {value:#}   # TOML has no null: set it in a file of JSON\n"));
        }
        // Null members are left out, as TOML has no null.
        Some(value) => text.push_str(&format!("#{name} = {value:#}\n")),
        None => text.push_str(&format!("# {name} =\n")),
    }
}

fn describe(description: Option<&str>, text: &mut String) {
    for line in wrapped(description.unwrap_or_default(), 100) {
        text.push_str(&format!("# {line}\n"));
    }
}
