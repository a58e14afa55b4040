//! `store`: inspects, checks, shrinks, copies and restores the database.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use speckit_core::config::redact::Masks;
use speckit_core::text::size;

use crate::args::StoreCommand;
use crate::context::{CommandResult, Context, Exit, visible_path};
use crate::signals::{Signal, SignalListener, Then};
use crate::terminal::StatusLine;
use speckit::internal::documents;
use speckit::store::{StoreError, StoreFinding, StoreOptions, StoreStats, VacuumProgress, check_file};

mod copies;

/// How long to wait for a lock of another process.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a step of a vacuum may take to end after a signal, before the process is ended.
const SIGNAL_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn run(context: &Context, command: &StoreCommand) -> CommandResult {
    let (path, warning) = context.database()?;
    context.terminal.report(warning.as_slice(), &Masks::default());
    match command {
        StoreCommand::Stats => stats(context, path),
        StoreCommand::Check => check(context, &path),
        StoreCommand::Vacuum => vacuum(context, &path),
        StoreCommand::Backup(args) => copies::backup(context, &path, args),
        StoreCommand::Restore { file } => copies::restore(context, &path, file),
    }
}

fn stats(context: &Context, path: PathBuf) -> CommandResult {
    context.warn_of_unread_log(&path);
    let stats = StoreStats::of_file(path, LOCK_TIMEOUT).map_err(|error| failed(context, &error))?;
    context.print(&stats, format_args!("{stats}\n"));
    Ok(Exit::Ok)
}

fn check(context: &Context, path: &Path) -> CommandResult {
    context.warn_of_unread_log(path);
    let findings = check_file(path, LOCK_TIMEOUT).map_err(|error| failed(context, &error))?;
    let is_sound = findings.is_empty();
    if context.is_json() {
        let findings: Vec<_> = findings.iter().map(with_message).collect();
        context.terminal.json(&json!({ "ok": is_sound, "findings": findings }));
    } else if is_sound {
        context.terminal.result(&format!("`{}` is sound\n", visible_path(path)));
    } else {
        let lines: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
        context.terminal.result(&lines);
        let help = "help: restore the file from a copy; `sqlite3 FILE .recover` saves what can be read\n";
        if findings.iter().any(|finding| matches!(finding, StoreFinding::Damage { .. })) {
            context.terminal.note(help);
        }
    }
    Ok(if is_sound { Exit::Ok } else { Exit::Negative })
}

fn with_message(finding: &StoreFinding) -> serde_json::Value {
    let mut document = json!(finding);
    if let Some(members) = document.as_object_mut() {
        members.insert("message".into(), finding.to_string().into());
    }
    document
}

fn vacuum(context: &Context, path: &Path) -> CommandResult {
    if !documents::exists(path) {
        // Opening a store would create the file; this only fails with the reason.
        return stats(context, path.into()).and(Err(Exit::Incomplete));
    }
    let is_ended = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&is_ended);
    let signals = SignalListener::start(move |signal| {
        ended.store(true, Ordering::Relaxed);
        match signal {
            Signal::Reload => Then::Listen,
            Signal::End => Then::EndWithin(SIGNAL_TIMEOUT),
        }
    });
    let signals = signals.map_err(|error| context.fail(format!("signals cannot be handled: {error}")))?;
    let mut line = StatusLine::on(&context.terminal);
    let done = StoreOptions::new(path).deadline(LOCK_TIMEOUT).open().and_then(|store| {
        store.vacuum_with(|progress| {
            let VacuumProgress { freed_bytes, rest_bytes, .. } = progress;
            let all = size(freed_bytes.saturating_add(rest_bytes));
            line.draw(&format!("gave {} of {all} back", size(freed_bytes)));
            if is_ended.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    });
    line.clear();
    drop(signals);
    let done = done.map_err(|error| failed(context, &error))?;
    context.print(&done, format_args!("{done}\n"));
    Ok(if done.is_finished { Exit::Ok } else { Exit::Incomplete })
}

fn failed(context: &Context, error: &StoreError) -> Exit {
    if context.is_json() {
        context.terminal.json(&json!({ "ok": false, "error": error.to_string() }));
    }
    context.fail(error)
}
