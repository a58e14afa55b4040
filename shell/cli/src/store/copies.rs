//! `store backup FILE` and `store restore FILE`.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use speckit_core::text::size;

use super::{LOCK_TIMEOUT, SIGNAL_TIMEOUT, check, failed};
use crate::args::BackupArgs;
use crate::context::{CommandResult, Context, Exit, visible_path};
use crate::signals::{Signal, SignalListener, Then};
use crate::terminal::StatusLine;
use speckit::store::{Backup, DatabaseCopy, Restored, StoreError};

pub(super) fn backup(context: &Context, database: &Path, args: &BackupArgs) -> CommandResult {
    let file = &args.file;
    let Backup { bytes, .. } =
        match copied(context, database, |copy| copy.replace(args.force).backup(database, file))? {
            Ok(backup) => backup,
            Err(error) => return refused(context, database, &error),
        };
    let (from, to) = (visible_path(database), visible_path(file));
    let document = json!({ "ok": true, "database": lossy(database), "file": lossy(file), "bytes": bytes });
    context.print(&document, format_args!("wrote a copy of `{from}` to `{to}`: {}\n", size(bytes)));
    Ok(Exit::Ok)
}

pub(super) fn restore(context: &Context, database: &Path, file: &Path) -> CommandResult {
    let Restored { bytes, kept, replaced, .. } =
        match copied(context, file, |copy| copy.restore(database, file))? {
            Ok(restored) => restored,
            Err(error) => return refused(context, file, &error),
        };
    let (from, to) = (visible_path(file), visible_path(database));
    let mut text = format!("restored `{to}` from `{from}`: {}\n", size(bytes));
    if let Some(kept) = &kept {
        text.push_str(&format!("the database before it is kept as `{}`\n", visible_path(kept)));
    }
    let document = json!({
        "ok": true,
        "database": lossy(database),
        "file": lossy(file),
        "bytes": bytes,
        "kept": kept.as_deref().map(lossy),
    });
    context.print(&document, text);
    context.report_replaced(database, &replaced);
    Ok(Exit::Ok)
}

/// Copies until a signal ends it.
fn copied<T>(
    context: &Context,
    source: &Path,
    run: impl FnOnce(DatabaseCopy) -> Result<T, StoreError>,
) -> Result<Result<T, StoreError>, Exit> {
    let is_ended = Arc::new(AtomicBool::new(false));
    let (ended, stopped) = (Arc::clone(&is_ended), Arc::clone(&is_ended));
    let signals = SignalListener::start(move |signal| match signal {
        Signal::Reload => Then::Listen,
        Signal::End => {
            ended.store(true, Ordering::Relaxed);
            Then::EndWithin(SIGNAL_TIMEOUT)
        }
    });
    let signals = signals.map_err(|error| context.fail(format!("signals cannot be handled: {error}")))?;
    let mut line = StatusLine::on(&context.terminal);
    line.draw(&format!("copying {}", visible_path(source)));
    let copy = DatabaseCopy::new(LOCK_TIMEOUT).stop_if(move || stopped.load(Ordering::Relaxed));
    let done = run(copy);
    line.clear();
    drop(signals);
    if done.is_err() && is_ended.load(Ordering::Relaxed) {
        return Err(context.fail("stopped; nothing is written"));
    }
    Ok(done)
}

/// Lists what is wrong with a file that is not sound; otherwise reports the error.
fn refused(context: &Context, source: &Path, error: &StoreError) -> CommandResult {
    if !matches!(error, StoreError::Corrupt { .. }) {
        return Err(failed(context, error));
    }
    context.terminal.note("note: nothing is written, since the database is not sound\n");
    match check(context, source)? {
        // Others may have changed it meanwhile.
        Exit::Ok => Err(failed(context, error)),
        exit => Ok(exit),
    }
}

fn lossy(path: &Path) -> Cow<'_, str> {
    path.to_string_lossy()
}
