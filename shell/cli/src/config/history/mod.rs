//! `history`: lists, shows, compares and restores the recorded generations.

use std::path::{Path, PathBuf};
use std::time::Duration;

use speckit_core::config::history::{Generation, HistoryPrinter, redacted_source};
use speckit_core::{Code, Diagnostic, Key, LayerKind, Source};

use crate::args::{GenerationArgs, HistoryCommand};
use crate::context::{CommandResult, Context, Exit};
use speckit::History;
use speckit::internal::documents::{absolute, exists};
use speckit::internal::environment;
use speckit::store::{StoreError, StoreOptions};

mod list;
mod rollback;

/// How long to wait for a lock of another process.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) fn run(context: &Context, command: Option<&HistoryCommand>) -> CommandResult {
    match command {
        None => list::run(context),
        Some(HistoryCommand::Show(args)) => show(context, args),
        Some(HistoryCommand::Diff { from, to }) => diff(context, *from, *to),
        Some(HistoryCommand::Rollback(args)) => rollback::run(context, args),
    }
}

fn show(context: &Context, args: &GenerationArgs) -> CommandResult {
    let (_, generation) = generation(context, args.number)?;
    let texts = if args.sources { texts(context, &generation, args.reveal)? } else { Vec::new() };
    if args.sources {
        context.terminal.note(match (generation.has_texts(), args.reveal) {
            (false, _) => "note: no texts are kept of it\n",
            (true, true) => "note: the texts may hold secrets, which are shown\n",
            (true, false) => {
                "note: the texts may hold secrets; those that the schema knows are masked (--reveal shows them)\n"
            }
        });
    }
    if context.is_json() {
        context.terminal.json(&generation.to_json_with_values(&texts));
        return Ok(Exit::Ok);
    }
    let mut text = printer().show(&generation);
    for (source, shown) in generation.state.sources.iter().zip(texts) {
        text.push_str(&format!("\n==> {} <==\n{shown}", printer().short_path(&source.path)));
    }
    context.terminal.result(&text);
    Ok(Exit::Ok)
}

/// The texts of the files, with secrets masked unless `reveal`.
fn texts(context: &Context, generation: &Generation, reveal: bool) -> Result<Vec<String>, Exit> {
    let rules = context.rules().map_err(|diagnostics| context.refuse(&diagnostics))?;
    // It may have been recorded under another schema.
    let rules = rules.with_secrets(generation.state.secrets());
    let texts = generation.state.sources.iter().filter_map(|source| {
        let text = source.text.clone()?;
        if reveal {
            return Some(text.to_string());
        }
        Some(redacted_source(&Source::document(LayerKind::File, source.path.as_str(), text), &rules))
    });
    Ok(texts.collect())
}

fn diff(context: &Context, from: i64, to: i64) -> CommandResult {
    let (history, _) = generation(context, from)?;
    let difference = history.difference(from, to).map_err(|error| unreadable(context, &error))?;
    let difference = difference.ok_or_else(|| report_unknown(context, &history, to))?;
    context.print(&difference.to_json(from, to), difference.to_text(from, to));
    Ok(Exit::Ok)
}

/// The history with the generation of this number; reports which numbers exist where this one does not.
fn generation(context: &Context, number: i64) -> Result<(History, Generation), Exit> {
    let database = database(context)?;
    let Some(history) = open(context, &database)? else {
        let name = display_path(&database);
        let message = format!("there is no generation {number}: nothing is recorded yet in `{name}`");
        return Err(refuse(context, Code::HistoryUnknown, message, records(context)));
    };
    match history.generation(number).map_err(|error| unreadable(context, &error))? {
        Some(generation) => Ok((history, generation)),
        None => Err(report_unknown(context, &history, number)),
    }
}

fn report_unknown(context: &Context, history: &History, number: i64) -> Exit {
    let generations = match history.generations() {
        Ok(generations) => generations,
        Err(error) => return unreadable(context, &error),
    };
    let range = match (generations.first(), generations.last()) {
        (Some(first), Some(last)) if first.number == last.number => {
            format!("the history has only {}", first.number)
        }
        (Some(first), Some(last)) => format!("the history has {} to {}", first.number, last.number),
        _ => "the history has none".into(),
    };
    let message = format!("there is no generation {number}: {range}");
    refuse(context, Code::HistoryUnknown, message, "`speckit history` lists them")
}

/// The database of the history. An invalid configuration is allowed, because the user may want to repair it with the history.
fn database(context: &Context) -> Result<PathBuf, Exit> {
    context.database().map(|(path, _)| path)
}

/// The history in a database, for reading only; `None` if the file does not exist.
fn open(context: &Context, database: &Path) -> Result<Option<History>, Exit> {
    if !exists(database) {
        return Ok(None);
    }
    context.warn_of_unread_log(database);
    let opened = StoreOptions::new(database).deadline(LOCK_TIMEOUT).open_to_read();
    opened.map(|store| Some(History::of(store))).map_err(|error| unreadable(context, &error))
}

fn unreadable(context: &Context, error: &StoreError) -> Exit {
    let message = format!("the history cannot be read: {error}");
    context.refuse(&[Diagnostic::error(Code::HistoryUnavailable, Key::root(), message)])
}

fn refuse(context: &Context, code: Code, message: String, help: &str) -> Exit {
    context.refuse(&[Diagnostic::error(code, Key::root(), message).help(help)])
}

fn printer() -> HistoryPrinter {
    let text = |path: PathBuf| Some(path.to_string_lossy().into_owned());
    HistoryPrinter {
        folder: absolute(Path::new(".")).ok().and_then(text),
        home: environment::home().and_then(text),
    }
}

/// Which command records configurations.
fn records(context: &Context) -> &'static str {
    match context.is_application() {
        true => "`speckit watch` records configurations",
        false => "with --schema, `speckit watch` records configurations if --database is given",
    }
}

/// A path relative to the working folder or the home folder.
fn display_path(path: &Path) -> String {
    printer().short_path(&full(path).to_string_lossy())
}

fn full(path: &Path) -> PathBuf {
    absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
