//! `history rollback N`: restores the files of a generation.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use speckit_core::app::AppConfig;
use speckit_core::config::history::{
    CurrentFile, FileRestore, Generation, GenerationCause, RestoreAction, StoredFile, StoredState,
    plan_restore,
};
use speckit_core::config::redact::Masks;
use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::{Code, Diagnostic, LayerKind, Source};

use super::{display_path, full, generation, printer, refuse, unreadable};
use crate::args::RollbackArgs;
use crate::context::{CommandResult, Context, Exit, Need};
use speckit::internal::clock;
use speckit::internal::documents::{
    Disk, NotRewritten, Rewrite, Rewritten, Unread, layered, read_source, rewrite_all,
};
use speckit::{Builder, Sources};

pub(super) fn run(context: &Context, args: &RollbackArgs) -> CommandResult {
    let began = clock::since_epoch();
    let number = args.number;
    let (history, generation) = generation(context, number)?;
    if !generation.has_texts() {
        return Err(refuse(
            context,
            Code::HistoryNoTexts,
            format!("generation {number} cannot be restored: no texts are kept of it"),
            "it was recorded with store.history = \"metadata\"; only what `full` records can be restored",
        ));
    }
    let sources = context.sources().map_err(|diagnostics| context.refuse(&diagnostics))?;
    let files = history.files(number).map_err(|error| unreadable(context, &error))?.unwrap_or_default();
    require_same_files(context, number, &sources, &files)?;
    let rules = context.rules().map_err(|diagnostics| context.refuse(&diagnostics))?;
    // It may have been recorded under another schema.
    let rules = rules.with_secrets(generation.state.secrets());
    require_valid(context, &rules, &sources, &generation.state)?;
    let steps = plan_restore(&generation.state, &present(&sources)).unwrap_or_default();
    let diffs: Vec<String> =
        steps.iter().map(|step| step.diff(&printer().short_path(&step.path), &rules)).collect();
    if !context.is_json() {
        diffs.iter().for_each(|diff| context.terminal.result(diff));
    }
    let is_needed = steps.iter().any(|step| step.action != RestoreAction::Unchanged);
    let is_written = is_needed && !args.dry_run;
    let (mut written, mut new) = (Vec::new(), None);
    if is_written {
        written = rewrite_all(&rewrites(&steps)).map_err(|error| not_written(context, &error))?;
        report_written(context, &written);
        written
            .iter()
            .for_each(|file| context.report_replaced(Path::new(&display_path(&file.path)), &file.replaced));
        new = record(context, &generation, began)?;
    }
    let document = json!({
        "rolled_back_to": number,
        "needed": is_needed,
        "written": is_written,
        "files": documents(&steps, &diffs, &written),
        "number": new,
    });
    context.print(&document, summary(number, is_needed, is_written, new));
    Ok(Exit::Ok)
}

fn summary(number: i64, is_needed: bool, is_written: bool, new: Option<i64>) -> String {
    match (is_needed, is_written, new) {
        (false, ..) => format!("the files are those of generation {number} already\n"),
        (true, false, _) => "nothing is written (--dry-run)\n".into(),
        (true, true, Some(new)) => {
            format!("rolled back to generation {number}, which is now generation {new}\n")
        }
        (true, true, None) => format!("rolled back to generation {number}, which is not recorded again\n"),
    }
}

/// Refuses a generation that was loaded from other files than those of this command, or in another order.
fn require_same_files(
    context: &Context,
    number: i64,
    sources: &Sources,
    files: &[PathBuf],
) -> Result<(), Exit> {
    if sources.files.iter().map(|file| full(&file.path)).eq(files.iter().cloned()) {
        return Ok(());
    }
    let names: Vec<String> = files.iter().map(|path| display_path(path)).collect();
    let options: Vec<String> = names.iter().map(|name| format!("--config {name}")).collect();
    Err(refuse(
        context,
        Code::HistoryOtherFiles,
        format!("generation {number} was loaded from other files: {}", names.join(", ")),
        &format!(
            "select them: {}; or run the command in the folder where they were loaded",
            options.join(" ")
        ),
    ))
}

/// Refuses texts that are not valid under the current rules, environment and options, before anything is written.
fn require_valid(
    context: &Context,
    rules: &Rules,
    sources: &Sources,
    kept: &StoredState,
) -> Result<(), Exit> {
    let document = |source: &StoredFile| {
        let text = source.text.clone()?;
        let document = Source::document(LayerKind::File, source.path.as_str(), text);
        Some(sources.document(Path::new(&source.path), document))
    };
    let documents: Result<Vec<Document>, Diagnostic> = kept.sources.iter().filter_map(document).collect();
    let documents = documents.map_err(|diagnostic| context.refuse(&[diagnostic]))?;
    // Files that hold secrets are read anew, as at each load.
    let without_files = Sources { files: Vec::new(), ..sources.clone() };
    let gathered =
        without_files.gather(&Disk, [], rules.keys().variable_names(None).as_ref(), Default::default);
    let inputs = Inputs { documents, ..gathered };
    let checked = rules.check(rules.read(&inputs)).and_then(|checked| match context.is_application() {
        true => checked.typed::<AppConfig>().map(drop),
        false => Ok(()),
    });
    checked.map_err(|refused| {
        context.report_refusal(refused.diagnostics(), &refused.masks(rules));
        context.terminal.note("note: nothing is written: the present rules refuse that generation\n");
        Exit::Negative
    })
}

/// The files that are layered now. A file that cannot be read has no source.
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

fn report_written(context: &Context, written: &[Rewritten]) {
    if context.is_json() {
        return;
    }
    for file in written {
        let name = display_path(&file.path);
        context.terminal.result(&match (&file.backup, file.is_there()) {
            (Some(backup), true) => format!("wrote {name}, kept the old one as {}\n", display_path(backup)),
            (None, _) => format!("wrote {name}, which was not there\n"),
            (Some(backup), false) => {
                format!("moved {name} to {}, since that generation did not have it\n", display_path(backup))
            }
        });
    }
}

fn not_written(context: &Context, error: &NotRewritten) -> Exit {
    let mut message = format!("`{}` cannot be written: {}", display_path(&error.path), error.reason);
    for file in &error.left {
        let backup = file.backup.as_deref().map_or_else(|| "nothing".into(), display_path);
        message
            .push_str(&format!("; `{}` could not be put back, and was {backup}", display_path(&file.path)));
    }
    let help = match error.left.is_empty() {
        true => "every file is as it was",
        false => "the files that are named are not as they were; put them back by hand",
    };
    refuse(context, Code::HistoryUnwritten, message, help)
}

/// Loads the restored files, and records them; returns the number of their generation.
fn record(context: &Context, restored: &Generation, began: Duration) -> Result<Option<i64>, Exit> {
    let cause = GenerationCause::RolledBack(restored.number);
    let opened = match &context.globals.schema {
        Some(path) => context.with_schema(path).map(|builder| open(context, builder, cause, began)),
        None => context.application().map(|builder| {
            open(context, builder.history_settings(|settings| settings.store.clone()), cause, began)
        }),
    };
    opened.unwrap_or_else(|diagnostics| Err(context.refuse(&diagnostics)))
}

fn open<T: DeserializeOwned + Send + Sync + 'static>(
    context: &Context,
    builder: Builder<T>,
    cause: GenerationCause,
    began: Duration,
) -> Result<Option<i64>, Exit> {
    let builder = context.with_trust(context.recorded(builder, began).because(cause), Need::DATABASE);
    let config = builder.open().map_err(|error| {
        context.terminal.note(&format!("{error}\n"));
        Exit::Negative
    })?;
    let Some(history) = config.history() else { return Ok(None) };
    let generations = history.generations().map_err(|error| unreadable(context, &error))?;
    context.terminal.report(&config.status().warnings, &Masks::default());
    // Where this one could not be recorded, the newest of the same cause is from an earlier time.
    let is_this = |generation: &&Generation| {
        generation.cause == cause && u128::from(generation.accepted_at_ms) >= began.as_millis()
    };
    Ok(generations.iter().rev().find(is_this).map(|generation| generation.number))
}

fn documents(steps: &[FileRestore], diffs: &[String], written: &[Rewritten]) -> Vec<Json> {
    let each = steps.iter().zip(diffs).map(|(step, diff)| {
        let backup = written.iter().find(|file| file.path == Path::new(&step.path));
        let backup = backup.and_then(|file| file.backup.as_ref());
        json!({ "path": step.path, "action": step.action, "backup": backup, "diff": diff })
    });
    each.collect()
}
