//! The `tracing` events of loads, reloads and diagnostics. The guide has the table of their fields.

use speckit_core::text::{listed, visible};
use speckit_core::{Diagnostic, Key, Severity};
use tracing::{Level, event};

use super::events::ConfigReloadEvent;

/// The target of these events, for filters: `speckit::config=warn`.
const TARGET: &str = "speckit::config";

/// The number of keys or files that an event names.
const MAX_NAMES: usize = 20;

/// Opening is refused, or a fallback is used instead.
pub(crate) fn load_failed(diagnostics: &[Diagnostic]) {
    emit_diagnostics(diagnostics);
    let (errors, warnings) = counts(diagnostics);
    event!(
        target: TARGET,
        Level::ERROR,
        event = "load_failed",
        errors,
        warnings,
        "the configuration is refused"
    );
}

/// The first generation is in use.
pub(crate) fn loaded(generation: u64, warnings: &[Diagnostic]) {
    emit_diagnostics(warnings);
    let warnings = warnings.len();
    event!(target: TARGET, Level::INFO, event = "loaded", generation, warnings, "the configuration is loaded");
}

/// Warnings of a generation that the one before did not have. Their places do not matter, since an edit moves them.
pub(crate) fn new_warnings(before: &[Diagnostic], now: &[Diagnostic]) {
    let is_same =
        |a: &Diagnostic, b: &Diagnostic| (a.code, &a.key, &a.message) == (b.code, &b.key, &b.message);
    for warning in now.iter().filter(|warning| !before.iter().any(|known| is_same(known, warning))) {
        emit_diagnostic(warning);
    }
}

/// An event that subscribers get; `warnings` is the number of those of the generation that it published.
pub(crate) fn reload_event(event: &ConfigReloadEvent, warnings: usize) {
    match event {
        ConfigReloadEvent::FileChanged { paths } => event!(
            target: TARGET,
            Level::DEBUG,
            event = "file_changed",
            paths = listed(paths.iter().map(|path| visible(&path.display().to_string())), MAX_NAMES),
            "files of the configuration changed"
        ),
        ConfigReloadEvent::ReloadSuccess { generation, changed, pending_restart, elapsed, .. } => event!(
            target: TARGET,
            Level::INFO,
            event = "reload_success",
            generation,
            changed = changed.len(),
            changed_keys = keys(changed.iter().map(|change| &change.key)),
            pending_restart = keys(pending_restart.iter()),
            warnings,
            elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            "generation {generation} is in use"
        ),
        ConfigReloadEvent::ReloadFailed { generation, diagnostics } => {
            emit_diagnostics(diagnostics);
            let (errors, warnings) = counts(diagnostics);
            event!(
                target: TARGET,
                Level::ERROR,
                event = "reload_failed",
                generation,
                errors,
                warnings,
                "the changed configuration is refused, and generation {generation} stays in use"
            );
        }
        ConfigReloadEvent::ReloadDeferred { busy } => event!(
            target: TARGET,
            Level::INFO,
            event = "reload_deferred",
            busy,
            "the changed configuration is accepted, and waits until no task is busy"
        ),
        ConfigReloadEvent::Warning { diagnostics } => emit_diagnostics(diagnostics),
        #[cfg(feature = "sources")]
        ConfigReloadEvent::SourceRecovered { name, outage } => event!(
            target: TARGET,
            Level::INFO,
            event = "source_recovered",
            source = visible(name),
            outage_ms = u64::try_from(outage.as_millis()).unwrap_or(u64::MAX),
            "a source can be read again"
        ),
        // A failure to record is a warning, and what one subscriber missed concerns no other.
        ConfigReloadEvent::Recorded { .. } | ConfigReloadEvent::Missed { .. } => {}
    }
}

fn emit_diagnostics(diagnostics: &[Diagnostic]) {
    diagnostics.iter().for_each(emit_diagnostic);
}

/// One event, so that its code and key can be searched for. The report with the source lines is for terminals.
fn emit_diagnostic(diagnostic: &Diagnostic) {
    // A level has to be a constant.
    macro_rules! emit {
        ($level:ident) => {
            event!(
                target: TARGET,
                Level::$level,
                event = "diagnostic",
                code = diagnostic.code.as_str(),
                key = (!diagnostic.key.is_root()).then(|| visible(&diagnostic.key.to_string())),
                origin = diagnostic.origin.as_ref().map(|origin| visible(&origin.to_string())),
                help = diagnostic.help.as_deref().map(visible),
                "{}",
                visible(&diagnostic.message)
            )
        };
    }
    match diagnostic.severity {
        Severity::Error => emit!(ERROR),
        Severity::Warning => emit!(WARN),
    }
}

/// The keys as text; `None` without one, so that the event has no such field.
fn keys<'a>(keys: impl ExactSizeIterator<Item = &'a Key>) -> Option<String> {
    (keys.len() > 0).then(|| listed(keys.map(|key| visible(&key.to_string())), MAX_NAMES))
}

/// The numbers of errors and of warnings.
fn counts(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    (errors, diagnostics.len() - errors)
}
