//! Events as lines of text, or as one JSON document each.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use speckit_core::text::{count, duration, visible};
use speckit_core::tree::diff;
use speckit_core::{CodeFamily, Diagnostic, Key, Severity};

use crate::context::Context;
use speckit::{
    ConfigError, ConfigReloadEvent, Diagnostics, RecordState, Reloaded, Snapshot, Status, Watching,
};

/// Prints events on stdout, and reports of diagnostics on stderr.
pub(super) struct EventPrinter<'a> {
    context: &'a Context,
    generation: u64,
    /// The warnings that were reported last.
    warnings: Diagnostics,
}

impl<'a> EventPrinter<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        Self { context, generation: 0, warnings: Diagnostics::default() }
    }

    /// The first generation.
    pub(super) fn loaded<T>(&mut self, snapshot: &Snapshot<T>, status: &Status, watching: Watching) {
        self.generation = snapshot.generation();
        let (mode, description) = match watching {
            Watching::Off => ("off", "not watched (hot_reload.enabled is false)".into()),
            Watching::Native => ("native", "watched".into()),
            Watching::Poll { every } => ("poll", format!("read every {}", duration(every))),
        };
        self.print("loaded", &json!({ "watching": mode }), || {
            format!("loaded generation {}, {description}\n", snapshot.generation())
        });
        self.report_new_warnings(snapshot.warnings());
        // Warnings about the watching arrive as events.
        let warnings = status.warnings.iter().filter(|warning| warning.code.family() == CodeFamily::History);
        let warnings: Vec<Diagnostic> = warnings.cloned().collect();
        if !warnings.is_empty() {
            self.warning(&Diagnostics::plain(warnings));
        }
        if let Some(refusal) = &status.refusal {
            self.failed(refusal, "runs instead");
        }
    }

    /// There is no first generation. The error is already reported on stderr.
    pub(super) fn refused(&self, error: &ConfigError) {
        self.print("reload_failed", &json!({ "diagnostics": error.diagnostics() }), String::new);
    }

    /// An event, with the warnings of the generation that it published.
    pub(super) fn event(&mut self, event: &ConfigReloadEvent, warnings: &Diagnostics) {
        match event {
            ConfigReloadEvent::FileChanged { paths } => {
                self.print("file_changed", &json!({ "paths": paths }), || {
                    let names =
                        paths.iter().map(|path| visible(&path.display().to_string())).collect::<Vec<_>>();
                    format!("changed {}\n", names.join(", "))
                })
            }
            ConfigReloadEvent::ReloadSuccess { generation, changed, pending_restart, elapsed, recorded } => {
                self.generation = *generation;
                let pending: Vec<String> = pending_restart.iter().map(Key::to_string).collect();
                let elapsed = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
                let (pending_restart, recorded) = (pending.as_slice(), *recorded);
                let data = SuccessData { changed, pending_restart, elapsed_us: elapsed, recorded };
                self.print("reload_success", &data, || success(*generation, changed, &pending, elapsed));
                self.report_new_warnings(warnings);
            }
            // A person expects it and sees a warning where it fails.
            ConfigReloadEvent::Recorded { generation } if self.context.is_json() => {
                let (event, generation, data) = ("recorded", *generation, &json!({}));
                self.context.terminal.json(&EventDocument { event, generation, data });
            }
            ConfigReloadEvent::ReloadFailed { diagnostics, .. } => self.failed(diagnostics, "stays"),
            ConfigReloadEvent::ReloadDeferred { busy } => {
                self.print("reload_deferred", &json!({ "busy": busy }), || {
                    let verb = if *busy == 1 { "is" } else { "are" };
                    format!("deferred until {} {verb} done\n", count(*busy as u64, "task"))
                })
            }
            ConfigReloadEvent::Warning { diagnostics } => self.warning(diagnostics),
            ConfigReloadEvent::Missed { count } => {
                self.print("missed", &json!({ "count": count }), || format!("missed {count} events\n"));
            }
            _ => {}
        }
    }

    /// The result of a reload by SIGHUP. Its changes, or why it is refused, arrive as an event.
    pub(super) fn reloaded(&self, result: Result<Reloaded, ConfigError>) {
        let note = match result {
            Ok(Reloaded::Unchanged) => "nothing has changed",
            Err(_) => "the files are refused",
            Ok(Reloaded::Renewed | Reloaded::Deferred) => return,
        };
        self.context.terminal.note(&format!("reload on SIGHUP: {note}\n"));
    }

    /// Ends the stream. The warning counts what is not recorded.
    pub(super) fn stopped(&self, unrecorded: Option<Diagnostic>) {
        if let Some(unrecorded) = unrecorded {
            self.warning(&Diagnostics::plain(vec![unrecorded]));
        }
        self.print("stopped", &json!({}), || "stopped\n".into());
    }

    fn warning(&self, diagnostics: &Diagnostics) {
        self.note_report(diagnostics);
        self.print("warning", &json!({ "diagnostics": **diagnostics }), String::new);
    }

    fn failed(&self, diagnostics: &Diagnostics, status: &str) {
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
        let errors = count(errors, "error");
        self.print("reload_failed", &json!({ "diagnostics": **diagnostics }), || {
            format!("refused with {errors}, generation {} {status}\n", self.generation)
        });
        self.note_report(diagnostics);
    }

    fn note_report(&self, diagnostics: &Diagnostics) {
        if !diagnostics.is_empty() {
            self.context.terminal.note(&format!("{diagnostics}\n"));
        }
    }

    /// Reports warnings that differ from those reported last.
    fn report_new_warnings(&mut self, warnings: &Diagnostics) {
        if *warnings != self.warnings {
            self.note_report(warnings);
            self.warnings = warnings.clone();
        }
    }

    fn print(&self, event: &str, data: &impl Serialize, text: impl FnOnce() -> String) {
        if !self.context.is_json() {
            return self.context.terminal.result(&text());
        }
        self.context.terminal.json(&EventDocument { event, generation: self.generation, data });
    }
}

/// One event of the stream.
#[derive(Serialize)]
struct EventDocument<'a, D> {
    event: &'a str,
    generation: u64,
    #[serde(flatten)]
    data: &'a D,
}

/// What `reload_success` reports.
#[derive(Serialize)]
struct SuccessData<'a> {
    changed: &'a [diff::Change],
    pending_restart: &'a [String],
    elapsed_us: u64,
    recorded: RecordState,
}

fn success(generation: u64, changed: &[diff::Change], pending: &[String], elapsed_us: u64) -> String {
    let elapsed = duration(Duration::from_micros(elapsed_us));
    let mut text = match changed {
        [] => format!("generation {generation} is in use, with nothing changed\n"),
        _ => format!("generation {generation} is in use after {elapsed}\n"),
    };
    for line in diff::to_text(changed).lines() {
        text.push_str(&format!("  {line}\n"));
    }
    if !pending.is_empty() {
        text.push_str(&format!("  waits for a restart: {}\n", pending.join(", ")));
    }
    text
}
