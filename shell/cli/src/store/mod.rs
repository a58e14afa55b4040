//! `store stats|check|vacuum`: the database.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use speckit_core::config::redact::Masks;
use speckit_core::text::size;

use crate::args::{StoreArgs, StoreCommand};
use crate::context::{Context, Outcome};
use crate::signals::{Signal, SignalListener, Then};
use speckit::internal::documents;
use speckit::store::{StoreError, StoreFinding, StoreOptions, StoreStats, VacuumProgress, check_file};

/// How long a lock of another process is waited for: a person sits before it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it has to end between two steps after a signal.
const SIGNAL_PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn run(context: &Context, args: &StoreArgs) -> Outcome {
    let path = match context.database() {
        Ok((path, warning)) => {
            context.terminal.report(warning.as_slice(), &Masks::default());
            path
        }
        Err(finding) => return context.refuse(&[finding]),
    };
    match args.command {
        StoreCommand::Stats => stats(context, path),
        StoreCommand::Check => check(context, &path),
        StoreCommand::Vacuum => vacuum(context, &path),
    }
}

fn stats(context: &Context, path: PathBuf) -> Outcome {
    let stats = match StoreStats::of_file(path, PATIENCE) {
        Ok(stats) => stats,
        Err(error) => return failed(context, &error),
    };
    if context.is_json() {
        context.terminal.json(&stats);
    } else {
        context.terminal.result(&format!("{stats}\n"));
    }
    Outcome::Yes
}

fn check(context: &Context, path: &Path) -> Outcome {
    let findings = match check_file(path, PATIENCE) {
        Ok(findings) => findings,
        Err(error) => return failed(context, &error),
    };
    let is_sound = findings.is_empty();
    if context.is_json() {
        let findings: Vec<_> = findings.iter().map(with_message).collect();
        context.terminal.json(&json!({ "ok": is_sound, "findings": findings }));
    } else if is_sound {
        context.terminal.result(&format!("`{}` is sound\n", path.display()));
    } else {
        let lines: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
        context.terminal.result(&lines);
        let help = "help: restore the file from a copy; `sqlite3 FILE .recover` saves what can be read\n";
        if findings.iter().any(|finding| matches!(finding, StoreFinding::Damage { .. })) {
            context.terminal.note(help);
        }
    }
    if is_sound { Outcome::Yes } else { Outcome::No }
}

fn with_message(finding: &StoreFinding) -> serde_json::Value {
    let mut document = json!(finding);
    if let Some(members) = document.as_object_mut() {
        members.insert("message".into(), finding.to_string().into());
    }
    document
}

fn vacuum(context: &Context, path: &Path) -> Outcome {
    if !documents::exists(path) {
        // Opening it would make it.
        return match StoreStats::of_file(path, PATIENCE) {
            Err(error) => failed(context, &error),
            Ok(_) => Outcome::Failed,
        };
    }
    let is_ended = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&is_ended);
    let signals = SignalListener::start(move |signal| {
        ended.store(true, Ordering::Relaxed);
        match signal {
            Signal::Hangup => Then::Listen,
            Signal::End => Then::EndWithin(SIGNAL_PATIENCE),
        }
    });
    let signals = match signals {
        Ok(signals) => signals,
        Err(error) => return unheard(context, &error),
    };
    let mut line = ProgressLine { context, shown: String::new() };
    let done = StoreOptions::new(path).deadline(PATIENCE).open().and_then(|store| {
        store.vacuum_with(|progress| {
            line.show(progress);
            if is_ended.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    });
    line.clear();
    drop(signals);
    let done = match done {
        Ok(done) => done,
        Err(error) => return failed(context, &error),
    };
    if context.is_json() {
        context.terminal.json(&done);
    } else {
        context.terminal.result(&format!("{done}\n"));
    }
    if done.is_finished { Outcome::Yes } else { Outcome::Failed }
}

/// One line on the terminal that is written over and over.
struct ProgressLine<'a> {
    context: &'a Context,
    shown: String,
}

impl ProgressLine<'_> {
    fn show(&mut self, VacuumProgress { freed_bytes, rest_bytes, .. }: VacuumProgress) {
        if !self.context.terminal.shows_progress() {
            return;
        }
        let all = size(freed_bytes.saturating_add(rest_bytes));
        let text = format!("gave {} of {all} back", size(freed_bytes));
        if text != self.shown {
            let width = self.shown.len();
            self.context.terminal.note(&format!("\r{text:width$}"));
            self.shown = text;
        }
    }

    fn clear(&mut self) {
        if !self.shown.is_empty() {
            self.context.terminal.note(&format!("\r{:width$}\r", "", width = self.shown.len()));
        }
    }
}

fn failed(context: &Context, error: &StoreError) -> Outcome {
    context.terminal.note(&format!("error: {error}\n"));
    if context.is_json() {
        context.terminal.json(&json!({ "ok": false, "error": error.to_string() }));
    }
    Outcome::Failed
}

fn unheard(context: &Context, error: &io::Error) -> Outcome {
    context.terminal.note(&format!("error: signals cannot be heard: {error}\n"));
    Outcome::Failed
}
