//! `gate list` and `gate show`: the runs that are kept.

use std::path::{Path, PathBuf};

use serde_json::json;
use speckit_core::Diagnostic;
use speckit_core::gate::{Run, list_text};
use speckit_core::history::rfc3339;

use super::super::args::GateListArgs;
use super::super::context::{Context, Outcome};
use super::{error, unavailable};
use crate::documents::{Disk, absolute, exists, read_source};
use crate::store::{Runs, StoreError, StoreOptions};

pub(super) fn list(context: &Context, args: &GateListArgs) -> Result<Outcome, Outcome> {
    let database = database(context)?;
    let runs = match opened(context, &database)? {
        Some(runs) => runs.list().map_err(|why| unreadable(context, &why))?,
        None => Vec::new(),
    };
    let is_empty = runs.is_empty();
    let mut runs: Vec<(i64, Run)> = runs.into_iter().filter(|(_, run)| is_wanted(run, args)).collect();
    if let Some(limit) = args.limit {
        runs.drain(..runs.len().saturating_sub(limit.get()));
    }
    if context.is_json() {
        let documents: Vec<_> = runs.iter().map(|(number, run)| run.to_json(Some(*number))).collect();
        context.terminal.json(&json!({ "database": database, "runs": documents }));
    } else if is_empty {
        let name = database.display();
        context.terminal.result(&format!("no run is kept yet in `{name}`: `speckit gate run` keeps them\n"));
    } else if runs.is_empty() {
        context.terminal.result("no run that is kept is such a one\n");
    } else {
        context.terminal.result(&list_text(&runs));
    }
    Ok(Outcome::Yes)
}

fn is_wanted(run: &Run, args: &GateListArgs) -> bool {
    args.stage.is_none_or(|stage| stage.name() == run.stage)
        && args.spec.as_ref().is_none_or(|spec| *spec == run.spec)
}

/// Shows the run of a number, or of a file that one was saved to.
pub(super) fn show(context: &Context, name: &str) -> Result<Outcome, Outcome> {
    let (number, run, place) = match name.parse::<i64>() {
        Ok(number) => {
            let database = database(context)?;
            (Some(number), stored(context, number, &database)?, database)
        }
        Err(_) => {
            let path = PathBuf::from(name);
            let (number, run) = saved(&path).map_err(|finding| context.refuse(&[finding]))?;
            (number, run, path)
        }
    };
    if context.is_json() {
        context.terminal.json(&run.to_json_with_outputs(number));
    } else {
        let name = number.map_or_else(|| "a run".into(), |number| format!("run {number}"));
        let (begun, place) = (rfc3339(run.started_at_ms), place.display());
        let text = run.to_text_with_outputs();
        context.terminal.result(&format!("{name}, begun {begun}, in `{place}`\n{text}"));
    }
    Ok(Outcome::Yes)
}

fn stored(context: &Context, number: i64, database: &Path) -> Result<Run, Outcome> {
    let unknown = |what: &str| {
        let finding = error("gate/unknown", format!("there is no run {number}: {what}"));
        context
            .refuse(&[finding
                .help("`speckit gate list` lists them; a file is named with its folder, such as `./7`")])
    };
    let Some(runs) = opened(context, database)? else {
        return Err(unknown(&format!("none is kept yet in `{}`", database.display())));
    };
    if let Some(run) = runs.run(number).map_err(|why| unreadable(context, &why))? {
        return Ok(run);
    }
    let all = runs.list().map_err(|why| unreadable(context, &why))?;
    Err(match (all.first(), all.last()) {
        (Some((first, _)), Some((last, _))) if first == last => unknown(&format!("only {first} is kept")),
        (Some((first, _)), Some((last, _))) => unknown(&format!("{first} to {last} are kept")),
        _ => unknown("none is kept yet"),
    })
}

/// The run in a file, with its number where it says one.
fn saved(path: &Path) -> Result<(Option<i64>, Run), Diagnostic> {
    let name = path.display();
    let source =
        read_source(&Disk, speckit_core::LayerKind::File, path).map_err(|unread| unread.finding(path))?;
    let no_run = |why: String| {
        let finding = error("gate/no-run", format!("`{name}` holds no run: {why}"));
        finding
            .help("`gate run` writes such files where the database refuses; `gate list` lists what it keeps")
    };
    let document = serde_json::from_str(source.text()).map_err(|why| no_run(why.to_string()))?;
    Run::from_json(&document).map_err(no_run)
}

/// The file that runs are kept in, whether the configuration obeys its rules or not.
fn database(context: &Context) -> Result<PathBuf, Outcome> {
    let path = context.database().map_err(|finding| context.refuse(&[finding]))?;
    Ok(absolute(&path).unwrap_or(path))
}

/// The runs in a file; `None` where there is no file, and none is made.
fn opened(context: &Context, database: &Path) -> Result<Option<Runs>, Outcome> {
    if !exists(database) {
        return Ok(None);
    }
    let opened = StoreOptions::new(database).open();
    opened.map(|store| Some(Runs::of(store))).map_err(|why| unreadable(context, &why))
}

fn unreadable(context: &Context, why: &StoreError) -> Outcome {
    context.refuse(&[unavailable(why)])
}
