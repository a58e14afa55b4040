//! The events as lines: for a person, or one JSON document each.

use std::time::Duration;

use serde_json::{Value as Json, json};
use speckit_core::text::{count, duration, visible};
use speckit_core::tree::diff;
use speckit_core::{CodeFamily, Diagnostic, Key};

use crate::context::Context;
use speckit::{ConfigError, ConfigReloadEvent, Diagnostics, Reloaded, Snapshot, Status, Watching};

/// Writes events to stdout, and reports to stderr.
pub(super) struct Lines<'a> {
    context: &'a Context,
    generation: u64,
    warnings: Diagnostics,
}

impl<'a> Lines<'a> {
    pub(super) fn of(context: &'a Context) -> Self {
        Self { context, generation: 1, warnings: Diagnostics::default() }
    }

    /// What the watching begins with.
    pub(super) fn loaded<T>(&mut self, snapshot: &Snapshot<T>, status: &Status, watching: Watching) {
        self.generation = snapshot.generation();
        let how = describe(watching);
        let word = match watching {
            Watching::Off => "off",
            Watching::Native => "native",
            Watching::Poll { .. } => "poll",
        };
        self.write("loaded", &json!({ "watching": word }), || {
            format!("loaded generation {}, {how}\n", snapshot.generation())
        });
        self.warn(snapshot.warnings());
        // What is about the watching is told as an event.
        let told = |warning: &&Diagnostic| warning.code.family() == CodeFamily::History;
        let warnings: Vec<Diagnostic> = status.warnings.iter().filter(told).cloned().collect();
        if !warnings.is_empty() {
            self.warning(&Diagnostics::plain(warnings));
        }
        if let Some(refusal) = &status.refusal {
            self.failed(refusal, "stands in");
        }
    }

    /// What it ends with when nothing could be loaded: there is no generation yet.
    pub(super) fn refused(&self, error: &ConfigError) {
        let none = Self { context: self.context, generation: 0, warnings: Diagnostics::default() };
        none.write("reload_failed", &json!({ "diagnostics": error.diagnostics() }), String::new);
    }

    pub(super) fn event<T>(&mut self, event: &ConfigReloadEvent, snapshot: &Snapshot<T>) {
        match event {
            ConfigReloadEvent::FileChanged { paths } => {
                self.write("file_changed", &json!({ "paths": paths }), || {
                    let names =
                        paths.iter().map(|path| visible(&path.display().to_string())).collect::<Vec<_>>();
                    format!("changed {}\n", names.join(", "))
                })
            }
            ConfigReloadEvent::ReloadSuccess { generation, changed, pending_restart, elapsed } => {
                self.generation = *generation;
                let pending: Vec<String> = pending_restart.iter().map(Key::to_string).collect();
                let elapsed = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
                let data = json!({ "changed": changed, "pending_restart": pending, "elapsed_us": elapsed });
                self.write("reload_success", &data, || success(*generation, changed, &pending, elapsed));
                self.warn(snapshot.warnings());
            }
            ConfigReloadEvent::ReloadFailed { diagnostics, .. } => self.failed(diagnostics, "stays"),
            ConfigReloadEvent::ReloadDeferred { busy } => {
                self.write("reload_deferred", &json!({ "busy": busy }), || {
                    format!(
                        "deferred until {busy} {} done\n",
                        if *busy == 1 { "task is" } else { "tasks are" }
                    )
                })
            }
            ConfigReloadEvent::Warning { diagnostics } => self.warning(diagnostics),
            ConfigReloadEvent::Missed { count } => {
                self.write("missed", &json!({ "count": count }), || format!("missed {count} events\n"));
            }
            _ => {}
        }
    }

    /// What became of a reload by hand; what it changed or why it is refused is told as an event.
    pub(super) fn reloaded(&self, outcome: Result<Reloaded, ConfigError>) {
        let note = match outcome {
            Ok(Reloaded::Unchanged) => "nothing has changed",
            Err(_) => "the files are refused",
            Ok(Reloaded::Renewed | Reloaded::Deferred) => return,
        };
        self.context.terminal.note(&format!("reloaded by hand: {note}\n"));
    }

    pub(super) fn stopped(&self) {
        self.write("stopped", &json!({}), || "stopped\n".into());
    }

    fn warning(&self, diagnostics: &Diagnostics) {
        self.context.terminal.note(diagnostics.report());
        self.write("warning", &json!({ "diagnostics": **diagnostics }), String::new);
    }

    fn failed(&self, diagnostics: &Diagnostics, what: &str) {
        let errors =
            diagnostics.iter().filter(|finding| finding.severity == speckit_core::Severity::Error).count();
        let errors = count(errors, "error");
        self.write("reload_failed", &json!({ "diagnostics": **diagnostics }), || {
            format!("refused with {errors}, generation {} {what}\n", self.generation)
        });
        self.context.terminal.note(diagnostics.report());
    }

    /// Says warnings that were not said already.
    fn warn(&mut self, warnings: &Diagnostics) {
        if *warnings != self.warnings {
            self.context.terminal.note(warnings.report());
            self.warnings = warnings.clone();
        }
    }

    fn write(&self, event: &str, data: &Json, text: impl FnOnce() -> String) {
        if !self.context.is_json() {
            return self.context.terminal.result(&text());
        }
        self.context.terminal.json(&Document { event, generation: self.generation, data });
    }
}

/// One event of the stream.
#[derive(serde::Serialize)]
struct Document<'a> {
    event: &'a str,
    generation: u64,
    #[serde(flatten)]
    data: &'a Json,
}

fn success(generation: u64, changed: &[diff::Change], pending: &[String], elapsed_us: u64) -> String {
    let elapsed = duration(Duration::from_micros(elapsed_us));
    let mut text = match changed {
        [] => format!("generation {generation} is in force, with nothing changed\n"),
        _ => format!("generation {generation} is in force after {elapsed}\n"),
    };
    for line in diff::to_text(changed).lines() {
        text.push_str(&format!("  {line}\n"));
    }
    if !pending.is_empty() {
        text.push_str(&format!("  waits for a restart: {}\n", pending.join(", ")));
    }
    text
}

/// How changes are noticed, in words.
pub(super) fn describe(watching: Watching) -> String {
    match watching {
        Watching::Off => "not watched (hot_reload.enabled is false)".into(),
        Watching::Native => "watched".into(),
        Watching::Poll { every } => format!("read every {}", duration(every)),
    }
}
