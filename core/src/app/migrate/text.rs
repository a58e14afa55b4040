//! The rewritten text of an old file: edits at the places of the agents, and every other byte as it was.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use similar::TextDiff;
use toml_edit::{Document, Item, Table};

use super::convert;
use super::edits::Edits;
use super::plan::{Agent, KEPT, Plan, entries, plan};
use crate::agents::Provider;
use crate::config::source::{Language, parse};
use crate::tree::{Diagnostic, Key, Segment, Source};

/// A file before and after its migration. `Debug` shows no text, since it may hold secrets.
#[derive(Clone)]
pub struct Migration {
    before: Arc<Source>,
    after: Arc<Source>,
    warnings: Vec<Diagnostic>,
}

impl Migration {
    /// The text in the new form; the old text where there is nothing to migrate.
    pub fn text(&self) -> &str {
        self.after.text()
    }

    /// Tells whether the file is of the old form.
    pub fn is_needed(&self) -> bool {
        self.before.text() != self.after.text()
    }

    /// What is left out, and why, in the order of reports.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The change as a unified diff with three lines around it; empty where there is nothing to migrate.
    ///
    /// Values at keys that are secret, and values that are left out, are shown as `"***"`.
    pub fn diff(&self, name: &str, is_secret: &dyn Fn(&Key) -> bool) -> String {
        let (before, after) = (masked(&self.before, is_secret), masked(&self.after, is_secret));
        TextDiff::from_lines(&before, &after).unified_diff().header(name, name).to_string()
    }
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration")
            .field("before", &self.before)
            .field("is_needed", &self.is_needed())
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// Rewrites a TOML text of the first form; see [`super::migrate_layer`] for what becomes of its agents.
///
/// Comments stay where they are: those above an agent are then above its model. The keys that the new form
/// does not have go, with a warning. Whatever is not an agent stays byte for byte.
///
/// # Errors
/// The syntax errors of the text; the errors of [`super::migrate_layer`]; `migrate/form` where `models` or
/// `providers` is written in one line, so that no table can be added to it.
///
/// ```
/// use speckit_core::{LayerKind, Source};
/// use speckit_core::app::migrate::migrate_text;
/// let old = "[[agents]]\nname = \"claude\" # ours\nmodel = \"claude-opus-4\"\n";
/// let migration = migrate_text(&Source::document(LayerKind::File, "old.toml", old))?;
/// let new = "[models.claude]\nprovider = \"anthropic\" # ours\nmodel = \"claude-opus-4\"\ntier = \"high\"\n";
/// assert_eq!(migration.text(), new);
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
pub fn migrate_text(source: &Arc<Source>) -> Result<Migration, Vec<Diagnostic>> {
    let layer = parse(source, Language::Toml)?;
    let Some(agents) = entries(layer.root()) else {
        return Ok(Migration { before: Arc::clone(source), after: Arc::clone(source), warnings: Vec::new() });
    };
    let plan = plan(layer.root())?;
    let text = rewritten(source.text(), &plan).unwrap_or_default();
    let after = Source::document(source.layer(), source.name(), text);
    let expected = convert(layer.root(), agents, &plan);
    // What cannot be rewritten in place shows here, so that no wrong text is ever handed out.
    match parse(&after, Language::Toml) {
        Ok(written) if *written.root() == expected => {
            Ok(Migration { before: Arc::clone(source), after, warnings: plan.warnings })
        }
        _ => {
            let message = "the agents cannot be rewritten beside `models` or `providers` on one line";
            Err(Vec::from([Diagnostic::error("migrate/form", Key::of(["agents"]), message)
                .help("write them as tables with headers, such as [models.claude], and migrate again")
                .at(agents.origin())]))
        }
    }
}

fn rewritten(text: &str, plan: &Plan<'_>) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let root = document.as_table();
    let (key, agents) = root.get_key_value("agents")?;
    let mut edits = Edits::new(text);
    match agents {
        Item::ArrayOfTables(tables) => {
            for (table, agent) in tables.iter().zip(&plan.agents) {
                rewrite_table(&mut edits, table, agent)?;
            }
        }
        agents => {
            let span = agents.span()?;
            let mut from = span.start;
            for agent in &plan.agents {
                let until = agent.entry.origin().span().end;
                for comment in comments_in(text.get(from..until)?) {
                    edits.append_comment(comment);
                }
                append_table(&mut edits, agent);
                from = until;
            }
            for comment in comments_in(text.get(from..span.end)?) {
                edits.append_comment(comment);
            }
            edits.remove(key.span()?.start..span.end);
        }
    }
    for (provider, command) in &plan.commands {
        let line = format!("command = {}", command.origin().raw());
        match header_of(root, *provider) {
            Some(header) => edits.insert_lines_after(header.end, &[line]),
            None => edits.append_table(&format!("[providers.{provider}]"), &[line]),
        }
    }
    Some(edits.finish())
}

/// Turns an `[[agents]]` of its own header into a `[models.x]`, statement by statement.
fn rewrite_table(edits: &mut Edits<'_>, table: &Table, agent: &Agent<'_>) -> Option<()> {
    edits.replace(table.span()?, format!("[models.{}]", agent.canonical));
    let mut new_lines = new_lines(agent, table.contains_key("aliases")).into_iter();
    for (name, item) in table {
        let (key, _) = table.get_key_value(name)?;
        match name {
            "name" => {
                let span = key.span()?.start..item.span()?.end;
                match new_lines.next() {
                    Some(line) => edits.replace(span, line),
                    None => edits.remove(span),
                }
            }
            "aliases" => {
                if let (Some(old), Some(aliases)) = (agent.alias, item.as_array()) {
                    let comma = if aliases.is_empty() { "" } else { ", " };
                    let first = item.span()?.start + 1;
                    edits.replace(first..first, format!("{}{comma}", old.origin().raw()));
                }
            }
            kept if KEPT.contains(&kept) => {}
            _ => remove_item(edits, table, name)?,
        }
    }
    let lines: Vec<String> = new_lines.collect();
    edits.insert_lines_after(table.get("model")?.span()?.end, &lines);
    Some(())
}

/// The statements that an agent does not have and its model needs.
fn new_lines(agent: &Agent<'_>, has_aliases: bool) -> Vec<String> {
    let provider = agent.inferred_provider.map(|provider| format!("provider = \"{provider}\""));
    let tier = agent.inferred_tier.map(|tier| format!("tier = \"{tier}\""));
    let old = agent.alias.filter(|_| !has_aliases);
    let aliases = old.map(|old| format!("aliases = [{}]", old.origin().raw()));
    provider.into_iter().chain(tier).chain(aliases).collect()
}

/// Removes a key of a table and everything below it, wherever that is written.
fn remove_item(edits: &mut Edits<'_>, table: &Table, name: &str) -> Option<()> {
    let below = |edits: &mut Edits<'_>, table: &Table| {
        if !table.is_dotted() && !table.is_implicit() {
            edits.remove(table.span()?);
        }
        table.iter().try_for_each(|(name, _)| remove_item(edits, table, name))
    };
    let (key, item) = table.get_key_value(name)?;
    match item {
        Item::None => {}
        // Of a dotted key, the key of the value is the last part; the statement begins with the line.
        Item::Value(value) => edits.remove(edits.statement_start(key.span()?.start)..value.span()?.end),
        Item::Table(table) => below(edits, table)?,
        Item::ArrayOfTables(tables) => tables.iter().try_for_each(|table| below(edits, table))?,
    }
    Some(())
}

/// Adds the model of an agent that is written on a line with others.
fn append_table(edits: &mut Edits<'_>, agent: &Agent<'_>) {
    let aliases = agent.entry.member("aliases");
    let mut lines = new_lines(agent, aliases.is_some());
    for name in KEPT {
        let Some(value) = agent.entry.member(name) else { continue };
        let raw = value.origin().raw();
        lines.push(match (name, agent.alias, raw.strip_prefix('[')) {
            ("aliases", Some(old), Some(rest)) => {
                let comma = if value.as_array().is_some_and(|all| all.is_empty()) { "" } else { ", " };
                format!("aliases = [{}{comma}{rest}", old.origin().raw())
            }
            _ => format!("{name} = {raw}"),
        });
    }
    edits.append_table(&format!("[models.{}]", agent.canonical), &lines);
}

/// The place of `[providers.x]`, where the file has that header.
fn header_of(root: &Table, provider: Provider) -> Option<core::ops::Range<usize>> {
    let table = root.get("providers")?.as_table()?.get(provider.name())?.as_table()?;
    if table.is_dotted() || table.is_implicit() { None } else { table.span() }
}

/// The comments of a piece of TOML, without the `#` that stand in strings.
fn comments_in(toml: &str) -> Vec<&str> {
    let mut comments = Vec::new();
    let mut rest = toml;
    while let Some(at) = rest.find(['#', '"', '\'']) {
        let (_, from) = rest.split_at(at);
        let end = match from.as_bytes() {
            [b'#', ..] => {
                let end = from.find(['\n', '\r']).unwrap_or(from.len());
                comments.extend(from.get(..end));
                end
            }
            _ => string_end(from),
        };
        rest = from.get(end..).unwrap_or_default();
    }
    comments
}

/// Where the string ends that a text begins with.
fn string_end(text: &str) -> usize {
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| text.starts_with(quote));
    let quote = quote.unwrap_or_default();
    let mut at = quote.len();
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(quote) {
            return at + quote.len();
        }
        let escape = rest.starts_with('\\') && quote.starts_with('"');
        at += rest.chars().take(if escape { 2 } else { 1 }).map(char::len_utf8).sum::<usize>();
    }
    text.len()
}

/// The text with `"***"` in place of what must not be shown.
fn masked(source: &Arc<Source>, is_secret: &dyn Fn(&Key) -> bool) -> String {
    let Ok(layer) = parse(source, Language::Toml) else { return String::new() };
    let mut places = Vec::new();
    layer.root().leaves(true, &mut |key, value| {
        if is_secret(key) || is_left_out(key) {
            places.push(value.origin().span());
        }
    });
    places.sort_by_key(|place| place.start);
    let mut masked = source.text().to_string();
    for place in places.into_iter().rev() {
        masked.replace_range(place, "\"***\"");
    }
    masked
}

/// What an agent has beside the keys that are carried over may be anything, such as a token for its program.
fn is_left_out(key: &Key) -> bool {
    match key.segments() {
        [Segment::Name(agents), Segment::Index(_), Segment::Name(name), ..] => {
            agents == "agents" && name != "name" && name != "command" && !KEPT.contains(&name.as_str())
        }
        _ => false,
    }
}
