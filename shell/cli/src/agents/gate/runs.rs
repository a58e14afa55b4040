//! `gate list` and `gate show`: the recorded runs.

use std::path::{Path, PathBuf};

use serde_json::json;
use speckit_core::agents::gate::{Run, list_text};
use speckit_core::config::redact::Masks;
use speckit_core::text::rfc3339;
use speckit_core::tree::{is_ok, with_strictness};
use speckit_core::{Code, Diagnostic, Key};

use super::{error, unavailable};
use crate::args::GateListArgs;
use crate::context::{Context, Exit, visible_path};
use speckit::agents::{FoundRuns, Runs, RunsFilter};
use speckit::internal::documents::{Disk, absolute, exists, read_source};
use speckit::store::{StoreError, StoreOptions};

pub(super) fn list(context: &Context, args: &GateListArgs) -> Result<Exit, Exit> {
    let database = database(context)?;
    let runs = opened(context, &database)?;
    let find = |runs: &Runs| runs.find(&filter(args)).map_err(|why| unreadable(context, &why));
    let FoundRuns { runs: found, unreadable: unread } =
        runs.as_ref().map(find).transpose()?.unwrap_or_default();
    let diagnostics = with_strictness(unread.iter().map(unread_run).collect(), context.globals.strict);
    context.terminal.report(&diagnostics, &Masks::default());
    if context.is_json() {
        let documents: Vec<_> = found.iter().map(|(number, run)| run.to_json(Some(*number))).collect();
        let list = json!({ "database": database, "runs": documents, "diagnostics": diagnostics });
        context.terminal.json(&list);
    } else if !found.is_empty() {
        context.terminal.result(&list_text(&found));
    } else if !diagnostics.is_empty() {
        context.terminal.result("no matching run can be read\n");
    } else if first_and_last(context, runs.as_ref())?.is_some() {
        context.terminal.result("no recorded run matches\n");
    } else {
        let name = database.display();
        context
            .terminal
            .result(&format!("no run is recorded yet in `{name}`: `speckit gate run` records them\n"));
    }
    Ok(if is_ok(&diagnostics) { Exit::Ok } else { Exit::Negative })
}

fn filter(args: &GateListArgs) -> RunsFilter {
    RunsFilter {
        stage: args.stage.map(|stage| stage.name().into()),
        spec: args.spec.clone(),
        limit: args.limit.map(|limit| u32::try_from(limit.get()).unwrap_or(u32::MAX)),
    }
}

/// The numbers of the first and the last recorded run; `None` without runs.
fn first_and_last(context: &Context, runs: Option<&Runs>) -> Result<Option<(i64, i64)>, Exit> {
    let numbers = runs.map(Runs::first_and_last).transpose();
    numbers.map(Option::flatten).map_err(|why| unreadable(context, &why))
}

/// The warning about a run that cannot be read.
fn unread_run(why: &StoreError) -> Diagnostic {
    let message = match why {
        StoreError::Unreadable { row, reason, .. } => format!("run {row} cannot be read: {reason}"),
        why => why.to_string(),
    };
    Diagnostic::warning(Code::GateUnreadable, Key::root(), message).help(
        "a newer release may have written it and can read it; otherwise `speckit store check` shows whether the file is \
         damaged, and its table `agent_outputs` has the output of the agents",
    )
}

/// Shows a run by its number, or from the file that it was saved to.
pub(super) fn show(context: &Context, name: &str) -> Result<Exit, Exit> {
    let (number, run, place) = match name.parse::<i64>() {
        Ok(number) => {
            let database = database(context)?;
            (Some(number), stored(context, number, &database)?, database)
        }
        Err(_) => {
            let path = PathBuf::from(name);
            let (number, run) = saved(&path).map_err(|diagnostic| context.refuse(&[diagnostic]))?;
            (number, run, path)
        }
    };
    if context.is_json() {
        context.terminal.json(&run.to_json_with_outputs(number));
    } else {
        let name = number.map_or_else(|| "a run".into(), |number| format!("run {number}"));
        let (begun, place) = (rfc3339(run.started_at_ms), visible_path(&place));
        let text = run.to_text_with_outputs();
        context.terminal.result(&format!("{name}, begun {begun}, in `{place}`\n{text}"));
    }
    Ok(Exit::Ok)
}

fn stored(context: &Context, number: i64, database: &Path) -> Result<Run, Exit> {
    let unknown = |what: &str| {
        let diagnostic = error(Code::GateUnknown, format!("there is no run {number}: {what}"));
        context.refuse(&[diagnostic
            .help(format!("`speckit gate list` lists the runs; for a file of this name write `./{number}`"))])
    };
    let runs = opened(context, database)?;
    match runs.as_ref().map(|runs| runs.run(number)).transpose() {
        Ok(Some(Some(run))) => return Ok(run),
        Ok(_) => {}
        Err(why @ StoreError::Unreadable { .. }) => {
            return Err(context.refuse(&with_strictness(vec![unread_run(&why)], true)));
        }
        Err(why) => return Err(unreadable(context, &why)),
    }
    Err(match first_and_last(context, runs.as_ref())? {
        Some((first, last)) if first == last => unknown(&format!("only run {first} is recorded")),
        Some((first, last)) => unknown(&format!("runs {first} to {last} are recorded")),
        None => unknown(&format!("none is recorded yet in `{}`", database.display())),
    })
}

/// The run in a file, with its number if the file has one.
fn saved(path: &Path) -> Result<(Option<i64>, Run), Diagnostic> {
    let name = path.display();
    let source =
        read_source(&Disk, speckit_core::LayerKind::File, path).map_err(|unread| unread.diagnostic(path))?;
    let no_run = |why: String| {
        let diagnostic = error(Code::GateNoRun, format!("`{name}` contains no run: {why}"));
        diagnostic
            .help("`gate run` writes such files if the database cannot; `gate list` lists the recorded runs")
    };
    let document = serde_json::from_str(source.text()).map_err(|why| no_run(why.to_string()))?;
    Run::from_json(&document).map_err(no_run)
}

/// The database of runs, even if the configuration is refused.
fn database(context: &Context) -> Result<PathBuf, Exit> {
    let (path, warning) = context.database()?;
    context.terminal.report(warning.as_slice(), &Masks::default());
    Ok(absolute(&path).unwrap_or(path))
}

/// The runs in a file, for reading only; `None` without a file.
fn opened(context: &Context, database: &Path) -> Result<Option<Runs>, Exit> {
    if !exists(database) {
        return Ok(None);
    }
    context.warn_of_unread_log(database);
    let opened = StoreOptions::new(database).open_to_read();
    opened.map(|store| Some(Runs::of(store))).map_err(|why| unreadable(context, &why))
}

fn unreadable(context: &Context, why: &StoreError) -> Exit {
    context.refuse(&[unavailable(why)])
}
