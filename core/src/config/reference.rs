//! A reference of all settings for people, in Markdown.

use alloc::format;
use alloc::string::{String, ToString as _};

use super::resolve::KeyRules;
use super::schema::Reload;
use super::settings_list::{Setting, SettingsTable};
use crate::text::markdown::{code_span, described, escaped};
use crate::tree::{Key, TypeSet, Value};

/// Writes a reference in Markdown: a section for each table and for each setting, with description, type, range, default, variable,
/// and whether it is secret or needs a restart.
///
/// `defaults` are the values without any input. A default that holds a secret is left out. Nothing in a text of the schema is
/// markup, except code between backticks.
pub fn reference(keys: &KeyRules, defaults: &Value) -> String {
    let names = keys.variable_names(Some(defaults));
    let variable = |key: &Key| names.and_then(|names| names.variable(key));
    let mut text = String::from("# Settings\n");
    for table in SettingsTable::all(keys, defaults) {
        add_table(&table, keys, &variable, &mut text);
        for setting in &table.settings {
            add_setting(setting, variable(&setting.key), &mut text);
        }
    }
    text
}

fn add_table(
    table: &SettingsTable,
    keys: &KeyRules,
    variable: &dyn Fn(&Key) -> Option<String>,
    text: &mut String,
) {
    let description = table.facts.description.as_deref();
    let listed = keys.member_names(&table.key).0;
    let free = ["name", "NAME"].into_iter().find(|name| listed.iter().all(|known| known != *name));
    let members = free.map_or(TypeSet::NONE, |name| keys.facts_at(&table.key.child(name)).types);
    // A table that is not described may have members that nobody reads.
    let is_map = table.is_open && members != TypeSet::ANY && !members.is_empty();
    // A title of one word is the name of a type.
    let description = description.filter(|text| !table.key.is_root() || text.contains(' '));
    if !table.key.is_root() {
        if description.is_none() && !is_map && table.has_tables && table.settings.is_empty() {
            return;
        }
        text.push_str(&format!("\n## {}\n", code_span(&format!("[{}]", table.key))));
    }
    add_description(description, text);
    if is_map && !table.key.is_root() {
        let variable = variable(&table.key).map(|variable| code_span(&format!("{variable}__NAME")));
        let variable = variable.map(|variable| format!(", by the variable {variable}")).unwrap_or_default();
        text.push_str(&format!("\n- Members: any name, each {members}{variable}\n"));
    }
}

fn add_setting(setting: &Setting, variable: Option<String>, text: &mut String) {
    let Setting { key, facts, default } = setting;
    text.push_str(&format!("\n## {}\n", code_span(&key.to_string())));
    add_description(facts.description.as_deref(), text);
    text.push_str(&format!("\n- Type: {}\n", facts.types));
    let mut line = |label: &str, content: &str| text.push_str(&format!("- {label}: {content}\n"));
    if let Some(range) = &facts.range {
        line("Range", &escaped(range));
    }
    if let Some(default) = default {
        line("Default", &code_span(&default.to_string()));
    }
    if let Some(variable) = variable {
        line("Variable", &code_span(&variable));
    }
    if facts.reload == Reload::Restart {
        line("Reload", "takes effect at a restart");
    }
    if facts.secret {
        line("Secret", "yes");
    }
    if !facts.alternatives.is_empty() {
        text.push_str("- One of:\n");
    }
    for alternative in &facts.alternatives {
        let description = alternative
            .description
            .as_deref()
            .map(|text| format!(": {}", described(text)))
            .unwrap_or_default();
        text.push_str(&format!("  - {}{description}\n", escaped(&alternative.label())));
    }
}

fn add_description(description: Option<&str>, text: &mut String) {
    for paragraph in description.unwrap_or_default().split("\n\n").filter(|text| !text.trim().is_empty()) {
        text.push_str(&format!("\n{}\n", described(paragraph)));
    }
}
