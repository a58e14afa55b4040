//! `history`: the list of generations and refusals.

use serde::Serialize;
use serde_json::to_string;
use speckit::History;
use speckit::store::StoreError;
use speckit_core::config::source::Language;

use super::{database, display_path, full, open, printer, records, unreadable};
use crate::context::{CommandResult, Context, Exit};

/// How many bytes of a long list are written at a time.
const PART_BYTES: usize = 64 << 10;

/// A result that is written in parts.
type Parts = Box<dyn Iterator<Item = String>>;

pub(super) fn run(context: &Context) -> CommandResult {
    let database = database(context)?;
    let history = open(context, &database)?;
    let read = match context.is_json() {
        true => json(history.as_ref(), &full(&database).to_string_lossy()).map(Some),
        false => lines(history.as_ref()),
    };
    match read.map_err(|error| unreadable(context, &error))? {
        Some(parts) => write(context, parts),
        None => {
            let name = display_path(&database);
            let text = format!("nothing is recorded in {name} yet: {}\n", records(context));
            context.terminal.result(&text);
        }
    }
    Ok(Exit::Ok)
}

/// The lines of the list; `None` if nothing is recorded.
fn lines(history: Option<&History>) -> Result<Option<Parts>, StoreError> {
    let Some(history) = history else { return Ok(None) };
    let printer = printer();
    let mut rows = history.map_generations(|generation| printer.generation_row(&generation))?;
    rows.extend(history.map_refusals(|refusal| printer.refusal_row(&refusal))?);
    Ok((!rows.is_empty()).then(|| Box::new(printer.list(rows)) as Parts))
}

/// The document `{"database","generations","refusals"}`.
fn json(history: Option<&History>, database: &str) -> Result<Parts, StoreError> {
    let (generations, refusals) = match history {
        Some(history) => (
            history.map_generations(|generation| text(&generation.to_json()))?,
            history.map_refusals(|refusal| text(&refusal.to_json()))?,
        ),
        None => Default::default(),
    };
    let list = |items: Vec<String>| {
        items.into_iter().enumerate().map(|(at, item)| if at == 0 { item } else { format!(",{item}") })
    };
    let begin = format!("{{\"database\":{},\"generations\":[", text(&database));
    let parts = [begin].into_iter().chain(list(generations)).chain(["],\"refusals\":[".into()]);
    Ok(Box::new(parts.chain(list(refusals)).chain(["]}\n".into()])))
}

fn text(document: &impl Serialize) -> String {
    // Each of these documents is a table or a text, and its keys are texts.
    to_string(document).unwrap_or_default()
}

/// Writes the parts, until nobody reads them any more.
fn write(context: &Context, parts: Parts) {
    let mut text = String::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        text.push_str(&part);
        if context.terminal.is_closed() {
            return;
        }
        if text.len() < PART_BYTES && parts.peek().is_some() {
            continue;
        }
        match context.is_json() {
            true => context.terminal.document(&text, Language::Json),
            false => context.terminal.result(&text),
        }
        text.clear();
    }
}
