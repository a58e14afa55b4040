//! `history rollback N`: the files are again those of a generation.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use speckit_core::app::AppConfig;
use speckit_core::config::history::{
    CurrentFile, FileRestore, Generation, GenerationCause, RestoreAction, StoredState, plan_restore,
};
use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::config::source::Language;
use speckit_core::{Code, Diagnostic, Key, LayerKind, Source};

use super::{found, places, unreadable};
use crate::context::{Context, Outcome};
use speckit::internal::clock;
use speckit::internal::documents::{
    Disk, NotRewritten, Rewrite, Rewritten, Unread, absolute, layered, read_source, rewrite_all,
};
use speckit::{Builder, Sources};

pub(super) fn run(context: &Context, number: i64, is_dry: bool) -> Result<Outcome, Outcome> {
    let began = clock::since_epoch();
    let (history, generation) = found(context, number)?;
    if !generation.has_texts() {
        return Err(refuse(
            context,
            Code::HistoryNoTexts,
            format!("generation {number} cannot be restored: no texts are kept of it"),
            "it was recorded with store.history = \"metadata\"; only what `full` records can be restored",
        ));
    }
    let sources = context.sources().map_err(|findings| context.refuse(&findings))?;
    let files = history.files(number).map_err(|error| unreadable(context, &error))?.unwrap_or_default();
    same_files(context, number, &sources, &files)?;
    let rules = context.rules().map_err(|findings| context.refuse(&findings))?;
    // It may have been recorded under another schema.
    let rules = rules.also_secret(generation.state.secrets());
    accepted(context, &rules, &sources, &generation.state)?;
    let steps = plan_restore(&generation.state, &present(&sources)).unwrap_or_default();
    let diffs: Vec<String> =
        steps.iter().map(|step| step.diff(&places().shown(&step.path), &rules)).collect();
    let is_needed = steps.iter().any(|step| step.action != RestoreAction::Unchanged);
    if !context.is_json() {
        diffs.iter().for_each(|diff| context.terminal.result(diff));
    }
    let written = match is_needed && !is_dry {
        true => Some(rewrite_all(&rewrites(&steps)).map_err(|error| not_written(context, &error))?),
        false => None,
    };
    let new = match &written {
        Some(written) => {
            say(context, written);
            recorded(context, &generation, began)?
        }
        None => None,
    };
    if context.is_json() {
        context.terminal.json(&json!({
            "rolled_back_to": number,
            "needed": is_needed,
            "written": written.is_some(),
            "files": documents(&steps, &diffs, written.as_deref().unwrap_or_default()),
            "number": new,
        }));
    } else {
        context.terminal.result(&verdict(number, is_needed, written.is_some(), new));
    }
    Ok(Outcome::Yes)
}

fn verdict(number: i64, is_needed: bool, is_written: bool, new: Option<i64>) -> String {
    match (is_needed, is_written, new) {
        (false, ..) => format!("the files are those of generation {number} already\n"),
        (true, false, _) => "nothing is written (--dry-run)\n".into(),
        (true, true, Some(new)) => {
            format!("rolled back to generation {number}, which is now generation {new}\n")
        }
        (true, true, None) => format!("rolled back to generation {number}, which is not recorded again\n"),
    }
}

/// The generation is one of the files that are layered here, in their order.
fn same_files(context: &Context, number: i64, sources: &Sources, files: &[PathBuf]) -> Result<(), Outcome> {
    if sources.files.iter().map(|file| full(&file.path)).eq(files.iter().cloned()) {
        return Ok(());
    }
    let names: Vec<String> = files.iter().map(|path| places().shown(&path.to_string_lossy())).collect();
    let options: Vec<String> = names.iter().map(|name| format!("--config {name}")).collect();
    Err(refuse(
        context,
        Code::HistoryOtherFiles,
        format!("generation {number} is one of other files: {}", names.join(", ")),
        &format!("name them: {}; or run it in the folder where they were layered", options.join(" ")),
    ))
}

/// Before anything is written: the texts obey the present rules, with the present environment and options.
fn accepted(context: &Context, rules: &Rules, sources: &Sources, kept: &StoredState) -> Result<(), Outcome> {
    let document = |source: &speckit_core::config::history::StoredFile| {
        let text = source.text.clone()?;
        let document = Source::document(LayerKind::File, source.path.as_str(), text);
        Some(Document::Text(document, Language::of_name(&source.path)))
    };
    // The files of secrets are read as they are read at each load.
    let without_files = Sources { files: Vec::new(), ..sources.clone() };
    let gathered = without_files.gather(&Disk, rules.keys().names(None).as_ref(), Default::default);
    let inputs = Inputs { documents: kept.sources.iter().filter_map(document).collect(), ..gathered };
    let checked = rules.check(rules.read(&inputs)).and_then(|checked| {
        if context.is_application() {
            checked.clone().typed::<AppConfig>()?;
        }
        Ok(checked)
    });
    match checked {
        Ok(_) => Ok(()),
        Err(refused) => {
            let masks = refused.masks(rules);
            context.terminal.report(refused.findings(), &masks);
            context.terminal.note("note: nothing is written: the present rules refuse that generation\n");
            if context.is_json() {
                let findings = masks.scrubbed(refused.findings());
                context.terminal.json(&json!({ "ok": false, "diagnostics": findings }));
            }
            Err(Outcome::No)
        }
    }
}

/// The files that are layered now.
fn present(sources: &Sources) -> Vec<CurrentFile> {
    let paths = sources.files.iter().flat_map(|file| layered(&Disk, &file.path).unwrap_or_default());
    let read = |path: PathBuf| {
        let path = full(&path);
        let source = match read_source(&Disk, LayerKind::File, &path) {
            Ok(source) => Some(source),
            Err(Unread::Missing) => return None,
            Err(_) => None,
        };
        Some(CurrentFile { path: path.to_string_lossy().into_owned(), source })
    };
    paths.filter_map(read).collect()
}

fn rewrites(steps: &[FileRestore]) -> Vec<Rewrite> {
    let changed = steps.iter().filter(|step| step.action != RestoreAction::Unchanged);
    changed
        .map(|step| Rewrite {
            path: PathBuf::from(&step.path),
            text: step.new.as_ref().map(|source| source.text().to_owned()),
        })
        .collect()
}

fn say(context: &Context, written: &[Rewritten]) {
    if context.is_json() {
        return;
    }
    for file in written {
        let name = shown(&file.path);
        context.terminal.result(&match (&file.backup, file.is_there()) {
            (Some(backup), true) => format!("wrote {name}, kept the old one as {}\n", shown(backup)),
            (None, _) => format!("wrote {name}, which was not there\n"),
            (Some(backup), false) => {
                format!("moved {name} to {}, since that generation did not have it\n", shown(backup))
            }
        });
    }
}

fn not_written(context: &Context, error: &NotRewritten) -> Outcome {
    let mut message = format!("`{}` cannot be written: {}", shown(&error.path), error.reason);
    for file in &error.left {
        let backup = file.backup.as_deref().map_or_else(|| "nothing".into(), shown);
        message.push_str(&format!("; `{}` could not be put back, and was {backup}", shown(&file.path)));
    }
    let help = match error.left.is_empty() {
        true => "every file is as it was",
        false => "the files that are named are not as they were; put them back by hand",
    };
    refuse(context, Code::HistoryUnwritten, message, help)
}

/// Loads what was restored, and records it; gives its number.
fn recorded(context: &Context, generation: &Generation, began: Duration) -> Result<Option<i64>, Outcome> {
    let cause = GenerationCause::RolledBack(generation.number);
    match &context.globals.schema {
        Some(path) => opened(
            context,
            context.recorded(context.with_schema(path).map_err(|findings| context.refuse(&findings))?, began),
            cause,
            began,
        ),
        None => {
            let builder = context
                .application()
                .map_err(|findings| context.refuse(&findings))?
                .history_settings(|settings| settings.store.clone());
            opened(context, context.recorded(builder, began), cause, began)
        }
    }
}

fn opened<T: DeserializeOwned + Send + Sync + 'static>(
    context: &Context,
    builder: Builder<T>,
    cause: GenerationCause,
    began: Duration,
) -> Result<Option<i64>, Outcome> {
    let shell = builder.because(cause).open().map_err(|error| {
        context.terminal.note(&error.to_string());
        Outcome::No
    })?;
    let Some(history) = shell.history() else { return Ok(None) };
    let all = history.generations().map_err(|error| unreadable(context, &error))?;
    let warnings = shell.status().warnings;
    if !warnings.is_empty() {
        context.terminal.report(&warnings, &Default::default());
    }
    // The newest of this cause may be one of an earlier day, where this one could not be written.
    let is_this =
        |one: &&Generation| one.cause == cause && u128::from(one.accepted_at_ms) >= began.as_millis();
    Ok(all.iter().rev().find(is_this).map(|one| one.number))
}

fn documents(steps: &[FileRestore], diffs: &[String], written: &[Rewritten]) -> Vec<Json> {
    let each = steps.iter().zip(diffs).map(|(step, diff)| {
        let backup = written.iter().find(|file| file.path == Path::new(&step.path));
        let backup = backup.and_then(|file| file.backup.as_ref());
        json!({ "path": step.path, "action": step.action, "backup": backup, "diff": diff })
    });
    each.collect()
}

fn refuse(context: &Context, code: Code, message: String, help: &str) -> Outcome {
    context.refuse(&[Diagnostic::error(code, Key::root(), message).help(help)])
}

fn shown(path: &Path) -> String {
    places().shown(&path.to_string_lossy())
}

fn full(path: &Path) -> PathBuf {
    absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
