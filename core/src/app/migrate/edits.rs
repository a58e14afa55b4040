//! Edits a TOML text: its agents become models, and every comment is kept.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::mem::take;

use toml_edit::{Array, Decor, DocumentMut, Item, Key, RawString, Table, Value};
use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

use super::plan::{KEPT, MigrationPlan, OldAgent, is_migrated};
use crate::config::source::comments;

/// The text with a model instead of each agent; `None` if `models` or `providers` is an inline table, because a
/// table cannot be added to it.
pub(super) fn rewritten(old: &str, plan: &MigrationPlan<'_>) -> Option<String> {
    let mut document: DocumentMut = old.parse().ok()?;
    let mut trailing = document.trailing().as_str()?.to_string();
    let (key, agents) = document.remove_entry("agents")?;
    match agents {
        Item::ArrayOfTables(tables) => {
            for (mut table, agent) in tables.into_iter().zip(&plan.agents) {
                rewrite(&mut table, agent, Vec::new())?;
                section(&mut document, "models")?.insert(&agent.canonical, Item::Table(table));
            }
        }
        Item::Value(Value::Array(mut list)) => {
            let mut comments = comments_in(key.leaf_decor().prefix()?.as_str()?);
            for (entry, agent) in list.iter().zip(&plan.agents) {
                comments.extend(comments_in(&entry.to_string()));
                let mut entry = entry.as_inline_table()?.clone();
                entry.retain(|name, _| is_migrated(name));
                let mut table = entry.into_table();
                rewrite(&mut table, agent, take(&mut comments))?;
                place_last(&mut table, &mut trailing);
                section(&mut document, "models")?.insert(&agent.canonical, Item::Table(table));
            }
            list.clear();
            comments.extend(comments_in(&Value::Array(list).to_string()));
            if !comments.is_empty() {
                trailing = format!("{trailing}\n{}\n", comments.join("\n"));
            }
        }
        _ => return None,
    }
    for (provider, command) in &plan.commands {
        let settings = section(section(&mut document, "providers")?, provider)?;
        if settings.is_implicit() && !settings.is_dotted() {
            place_last(settings, &mut trailing);
        }
        settings.insert("command", Item::Value(original_value(command)?));
    }
    document.set_trailing(trailing);
    Some(with_line_ends_of(old, &document.to_string()))
}

/// Turns the key-value pairs of an agent into those of its model, and puts `comments` above them.
///
/// The first new pair takes the place of `name`; the others come after `model`. If a pair is removed, its comments stay.
fn rewrite(table: &mut Table, agent: &OldAgent<'_>, mut comments: Vec<String>) -> Option<()> {
    let mut added = additions(table, agent).into_iter();
    let mut in_place_of_name = added.next();
    let above_model = prefix(table.key("model")?.leaf_decor());
    let indent = above_model.rsplit('\n').next().unwrap_or_default().to_string();
    let names: Vec<String> = table.iter().map(|(name, _)| name.into()).collect();
    // Each pair is removed and inserted again at the end, so that the order stays.
    for name in names {
        let (mut key, mut item) = table.remove_entry(&name)?;
        if let Some((new, mut value)) = in_place_of_name.take_if(|_| name == "name") {
            *value.decor_mut() = item.as_value()?.decor().clone();
            key = Key::new(new).with_leaf_decor(key.leaf_decor().clone());
            item = Item::Value(value);
        } else if !KEPT.contains(&name.as_str()) {
            comments.extend(comments_of(&key, item));
            continue;
        }
        if item.is_value() {
            let above: String = comments.drain(..).map(|comment| format!("{indent}{comment}\n")).collect();
            let decor = key.leaf_decor_mut();
            decor.set_prefix(above + prefix(decor));
        }
        table.insert_formatted(&key, item);
        if name == "model" {
            for (new, value) in added.by_ref() {
                let key = Key::new(new).with_leaf_decor(Decor::new(indent.as_str(), " "));
                table.insert_formatted(&key, Item::Value(value));
            }
        }
    }
    let last = table.iter_mut().filter_map(|(_, item)| item.as_value_mut()).last()?.decor_mut();
    let suffix = last.suffix().and_then(RawString::as_str).unwrap_or_default().to_string();
    let below: String = comments.iter().map(|comment| format!("\n{indent}{comment}")).collect();
    last.set_suffix(suffix + &below);
    Some(())
}

/// The pairs that a model needs and its agent lacks. An old name is added to existing aliases.
fn additions(table: &mut Table, agent: &OldAgent<'_>) -> Vec<(&'static str, Value)> {
    let provider = agent.inferred_provider.map(|provider| ("provider", Value::from(provider)));
    let tier = agent.inferred_tier.map(|tier| ("tier", Value::from(tier.name())));
    let mut alias = agent.alias.and_then(original_value);
    if let Some(item) = table.get_mut("aliases")
        && let (Some(old), Some(aliases)) = (alias.take(), item.as_array_mut())
    {
        if let Some(first) = aliases.get_mut(0).filter(|first| prefix(first.decor()).is_empty()) {
            first.decor_mut().set_prefix(" ");
        }
        aliases.insert(0, old);
    }
    let aliases = alias.map(|old| ("aliases", Value::Array(Array::from_iter([old]))));
    provider.into_iter().chain(tier).chain(aliases).collect()
}

/// The table of that name; a missing one is created without a header of its own.
fn section<'t>(parent: &'t mut Table, name: &str) -> Option<&'t mut Table> {
    let new_table = || {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    };
    parent.entry(name).or_insert_with(new_table).as_table_mut()
}

/// Moves a table after all others, below the comments at the end of the text.
fn place_last(table: &mut Table, trailing: &mut String) {
    table.set_implicit(false);
    table.set_position(Some(isize::MAX));
    let above = take(trailing);
    if !above.trim_ascii().is_empty() {
        table.decor_mut().set_prefix(format!("{}\n\n", above.trim_ascii_end()));
    }
}

/// A value with its original spelling.
fn original_value(value: &crate::tree::Value) -> Option<Value> {
    let mut value: Value = value.origin().raw().parse().ok()?;
    value.decor_mut().clear();
    Some(value)
}

fn prefix(decor: &Decor) -> &str {
    decor.prefix().and_then(RawString::as_str).unwrap_or_default()
}

/// The comments above, in, after and below a pair or a table.
fn comments_of(key: &Key, item: Item) -> Vec<String> {
    let mut alone = Table::new();
    alone.insert_formatted(key, item);
    comments_in(&DocumentMut::from(alone).to_string())
}

fn comments_in(toml: &str) -> Vec<String> {
    comments(toml).filter_map(|comment| toml.get(comment)).map(Into::into).collect()
}

/// The new text with the byte order mark and the line ends of the old one. [`toml_edit`] writes `\n`, but does not
/// change line ends in multi-line strings.
fn with_line_ends_of(old: &str, new: &str) -> String {
    let mark = if old.starts_with('\u{feff}') { "\u{feff}" } else { "" };
    let is_newline = |token: &Token| token.kind() == TokenKind::Newline;
    let line_end =
        Source::new(old).lex().find(is_newline).and_then(|token| text_of(old, token)).unwrap_or("\n");
    let new = if old.starts_with(['\r', '\n']) { new } else { new.trim_start_matches('\n') };
    let new = if old.ends_with('\n') { new } else { new.strip_suffix('\n').unwrap_or(new) };
    let tokens = Source::new(new).lex();
    let texts =
        tokens.filter_map(|token| if is_newline(&token) { Some(line_end) } else { text_of(new, token) });
    core::iter::once(mark).chain(texts).collect()
}

fn text_of(toml: &str, token: Token) -> Option<&str> {
    toml.get(token.span().start()..token.span().end())
}
