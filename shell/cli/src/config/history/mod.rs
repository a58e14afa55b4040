//! `history`: what was accepted and refused, and the way back.

use std::path::PathBuf;

use serde_json::json;
use speckit_core::config::history::{Generation, HistoryPrinter, redacted_source};
use speckit_core::{Code, Diagnostic, Key, LayerKind, Source};

use crate::args::{GenerationArgs, HistoryArgs, HistoryCommand};
use crate::context::{Context, Outcome};
use speckit::History;
use speckit::internal::documents::{absolute, exists};
use speckit::internal::environment;
use speckit::store::{StoreError, StoreOptions};

mod rollback;

pub(crate) fn run(context: &Context, args: &HistoryArgs) -> Outcome {
    let done = match &args.command {
        None => list(context),
        Some(HistoryCommand::Show(with)) => show(context, &with.args),
        Some(HistoryCommand::Diff(with)) => diff(context, with.args.from, with.args.to),
        Some(HistoryCommand::Rollback(with)) => rollback::run(context, with.args.number, with.args.dry_run),
    };
    done.unwrap_or_else(|outcome| outcome)
}

fn list(context: &Context) -> Result<Outcome, Outcome> {
    let database = database(context)?;
    let (generations, refusals) = match opened(context, &database)? {
        Some(history) => {
            let read = history.generations().and_then(|all| Ok((all, history.refusals()?)));
            read.map_err(|error| unreadable(context, &error))?
        }
        None => Default::default(),
    };
    if context.is_json() {
        let generations: Vec<_> = generations.iter().map(|one| one.to_json(false)).collect();
        let refusals: Vec<_> = refusals.iter().map(|one| one.to_json()).collect();
        context
            .terminal
            .json(&json!({ "database": full(&database), "generations": generations, "refusals": refusals }));
    } else if generations.is_empty() && refusals.is_empty() {
        let name = places().shown(&full(&database));
        context.terminal.result(&format!("nothing is recorded yet in {name}: `speckit watch` records\n"));
    } else {
        context.terminal.result(&places().list(&generations, &refusals));
    }
    Ok(Outcome::Yes)
}

fn show(context: &Context, args: &GenerationArgs) -> Result<Outcome, Outcome> {
    let (_, generation) = found(context, args.number)?;
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
        let mut json = generation.to_json(true);
        for (at, text) in texts.into_iter().enumerate() {
            if let Some(file) =
                json.pointer_mut(&format!("/files/{at}")).and_then(|file| file.as_object_mut())
            {
                file.insert("text".into(), text.into());
            }
        }
        context.terminal.json(&json);
        return Ok(Outcome::Yes);
    }
    let mut text = places().show(&generation);
    for (source, shown) in generation.state.sources.iter().zip(texts) {
        text.push_str(&format!("\n==> {} <==\n{shown}", places().shown(&source.path)));
    }
    context.terminal.result(&text);
    Ok(Outcome::Yes)
}

/// The texts of the files, masked unless they are to be revealed.
fn texts(context: &Context, generation: &Generation, reveal: bool) -> Result<Vec<String>, Outcome> {
    let rules = context.rules().map_err(|findings| context.refuse(&findings))?;
    // It may have been recorded under another schema.
    let rules = rules.also_secret(generation.state.secrets());
    let texts = generation.state.sources.iter().filter_map(|source| {
        let text = source.text.clone()?;
        if reveal {
            return Some(text.to_string());
        }
        Some(redacted_source(&Source::document(LayerKind::File, source.path.as_str(), text), &rules))
    });
    Ok(texts.collect())
}

fn diff(context: &Context, from: i64, to: i64) -> Result<Outcome, Outcome> {
    let (history, _) = found(context, from)?;
    let difference = history.difference(from, to).map_err(|error| unreadable(context, &error))?;
    let Some(difference) = difference else { return Err(unknown(context, &history, to)) };
    if context.is_json() {
        context.terminal.json(&difference.to_json(from, to));
    } else {
        context.terminal.result(&difference.to_text(from, to));
    }
    Ok(Outcome::Yes)
}

/// The history with the generation of a number; says which numbers there are where there is none.
fn found(context: &Context, number: i64) -> Result<(History, Generation), Outcome> {
    let database = database(context)?;
    let Some(history) = opened(context, &database)? else {
        let name = places().shown(&full(&database));
        let message = format!("there is no generation {number}: nothing is recorded yet in `{name}`");
        let finding = Diagnostic::error(Code::HistoryUnknown, Key::root(), message);
        return Err(context.refuse(&[finding.help("`speckit watch` records what it accepts")]));
    };
    match history.generation(number).map_err(|error| unreadable(context, &error))? {
        Some(generation) => Ok((history, generation)),
        None => Err(unknown(context, &history, number)),
    }
}

fn unknown(context: &Context, history: &History, number: i64) -> Outcome {
    let numbers: Vec<i64> = match history.generations() {
        Ok(all) => all.iter().map(|one| one.number).collect(),
        Err(error) => return unreadable(context, &error),
    };
    let range = match (numbers.first(), numbers.last()) {
        (Some(first), Some(last)) if first == last => format!("the history has only {first}"),
        (Some(first), Some(last)) => format!("the history has {first} to {last}"),
        _ => "the history has none".into(),
    };
    let message = format!("there is no generation {number}: {range}");
    let finding = Diagnostic::error(Code::HistoryUnknown, Key::root(), message);
    context.refuse(&[finding.help("`speckit history` lists them")])
}

/// The file that the history lies in, whether the configuration obeys its rules or not.
fn database(context: &Context) -> Result<PathBuf, Outcome> {
    // The history is for mending what cannot be read.
    context.database().map(|(path, _)| path).map_err(|finding| context.refuse(&[finding]))
}

/// The history in a file; `None` where there is no file, and none is made.
fn opened(context: &Context, database: &std::path::Path) -> Result<Option<History>, Outcome> {
    if !exists(database) {
        return Ok(None);
    }
    let opened = StoreOptions::new(database).open();
    opened.map(|store| Some(History::of(store))).map_err(|error| unreadable(context, &error))
}

fn unreadable(context: &Context, error: &StoreError) -> Outcome {
    let message = format!("the history cannot be read: {error}");
    context.refuse(&[Diagnostic::error(Code::HistoryUnavailable, Key::root(), message)])
}

fn places() -> HistoryPrinter {
    let text = |path: PathBuf| Some(path.to_string_lossy().into_owned());
    HistoryPrinter {
        folder: absolute(std::path::Path::new(".")).ok().and_then(text),
        home: environment::home().and_then(text),
    }
}

fn full(path: &std::path::Path) -> String {
    absolute(path).unwrap_or_else(|_| path.to_path_buf()).to_string_lossy().into_owned()
}
