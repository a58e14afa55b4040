//! The lines that describe an event.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::Span;
use speckit_core::CodeFamily;
use speckit_core::text::{count, duration};
use speckit_core::tree::diff::Change;

use super::text::{since_start, visible};
use super::theme::{BAD, GOOD, PLAIN, QUIET, WARNING};
use speckit::{ConfigReloadEvent, Diagnostics};

/// Of one event; a longer report is for `speckit check`.
const MAX_LINES: usize = 60;

/// The lines of an event: a headline with its time, then its details.
pub(super) fn lines(event: &ConfigReloadEvent, at: Duration) -> Vec<Span<'static>> {
    let (style, headline, details) = match event {
        ConfigReloadEvent::FileChanged { paths } => {
            let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
            (PLAIN, format!("changed: {}", names.join(", ")), Vec::new())
        }
        ConfigReloadEvent::ReloadSuccess { generation, changed, pending_restart, elapsed, .. } => {
            let what = match changed.len() {
                0 => format!("generation {generation}; nothing changed"),
                keys => format!("generation {generation}: {} changed", count(keys as u64, "key")),
            };
            let restart =
                pending_restart.iter().map(|key| line(WARNING, &format!("  ! {key} waits for a restart")));
            let changes = changed.iter().map(change);
            (
                GOOD,
                format!("reloaded in {}: {what}", duration(*elapsed)),
                capped(changes.chain(restart), changed.len() + pending_restart.len(), "speckit show"),
            )
        }
        ConfigReloadEvent::ReloadFailed { generation, diagnostics } => {
            (BAD, format!("REFUSED: generation {generation} stays in use"), report(diagnostics, BAD))
        }
        ConfigReloadEvent::ReloadDeferred { busy } => {
            let guards = count(*busy as u64, "guard");
            (WARNING, format!("deferred: accepted, waits for {guards}"), Vec::new())
        }
        ConfigReloadEvent::Warning { diagnostics } => {
            let is_history =
                diagnostics.iter().any(|diagnostic| diagnostic.code.family() == CodeFamily::History);
            let about = if is_history { "history" } else { "watching" };
            (WARNING, format!("warning about the {about}"), report(diagnostics, WARNING))
        }
        ConfigReloadEvent::Missed { count: missed } => {
            let events = count(*missed, "event");
            (WARNING, format!("missed {events}: they came faster than they were read"), Vec::new())
        }
        _ => return Vec::new(),
    };
    let headline = line(style, &format!("{} {headline}", since_start(at)));
    std::iter::once(headline).chain(details).collect()
}

fn change(change: &Change) -> Span<'static> {
    let key = &change.key;
    let text = match (&change.old, &change.new) {
        (Some(old), Some(new)) => format!("  ~ {key}: {old} → {new}"),
        (None, Some(new)) => format!("  + {key}: {new}"),
        (Some(old), None) => format!("  - {key}: {old}"),
        (None, None) => format!("  ~ {key}"),
    };
    line(PLAIN, &text)
}

/// The lines of a report, its headlines in this style.
fn report(diagnostics: &Diagnostics, style: Style) -> Vec<Span<'static>> {
    let lines = || diagnostics.report().lines().filter(|line| !line.trim().is_empty());
    let shown = lines().map(|text| {
        let is_headline = text.starts_with("error") || text.starts_with("warning");
        line(if is_headline { style } else { PLAIN }, &format!("  {text}"))
    });
    capped(shown, lines().count(), "speckit check")
}

fn capped(lines: impl Iterator<Item = Span<'static>>, total: usize, command: &str) -> Vec<Span<'static>> {
    let mut kept: Vec<Span<'static>> = lines.take(MAX_LINES).collect();
    if let Some(more @ 1..) = total.checked_sub(MAX_LINES) {
        let more = count(more as u64, "more line");
        kept.push(line(QUIET, &format!("  … {more}: `{command}` has all")));
    }
    kept
}

fn line(style: Style, text: &str) -> Span<'static> {
    Span::styled(visible(text), style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::watch::dashboard::tests as samples;
    use speckit::RecordState;
    use speckit_core::Key;

    fn text(event: &ConfigReloadEvent) -> String {
        lines(event, Duration::from_millis(61_200)).iter().map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn every_event_is_described() {
        let success = |changed, pending_restart| ConfigReloadEvent::ReloadSuccess {
            generation: 4,
            changed,
            pending_restart,
            elapsed: Duration::from_micros(400),
            recorded: RecordState::Pending,
        };
        let events = [
            ConfigReloadEvent::FileChanged { paths: vec!["a.toml".into(), "conf.d/b.toml".into()] },
            success(Vec::new(), Vec::new()),
            success(
                vec![
                    samples::change("server.host", None, Some("'b'")),
                    samples::change("server.port", Some("8080"), Some("9090")),
                    samples::change("server.tls", Some("true"), None),
                ],
                vec![Key::of(["store", "path"])],
            ),
            ConfigReloadEvent::ReloadFailed { generation: 3, diagnostics: samples::refusal() },
            ConfigReloadEvent::ReloadDeferred { busy: 1 },
            ConfigReloadEvent::Warning { diagnostics: samples::warning() },
            ConfigReloadEvent::Missed { count: 3 },
        ];
        insta::assert_snapshot!(events.iter().map(text).collect::<String>(), @r#"
        01:01.2 changed: a.toml, conf.d/b.toml
        01:01.2 reloaded in 400 µs: generation 4; nothing changed
        01:01.2 reloaded in 400 µs: generation 4: 3 keys changed
          + server.host: "b"
          ~ server.port: 8080 → 9090
          - server.tls: true
          ! store.path waits for a restart
        01:01.2 REFUSED: generation 3 stays in use
          error[schema/minimum]: hot_reload.debounce_ms: expected at least 500, found 100
           --> speckit.toml:6:15
            |
          6 | debounce_ms = 100
            |               ^^^
            |
            = help: the range is 500 to 10000
          error[gate/agent-count]: quality_gates.plan: expected 1 to 5 names, found none
          2 errors
        01:01.2 deferred: accepted, waits for 1 guard
        01:01.2 warning about the watching
          warning[watch/limit]: no more inotify watches: reading every 1 s
           = help: raise fs.inotify.max_user_watches
          1 warning
        01:01.2 missed 3 events: they came faster than they were read
        "#);
    }

    #[test]
    fn a_warning_about_the_history_is_marked_as_one() {
        let diagnostic =
            speckit_core::Diagnostic::warning(speckit_core::Code::HistoryUnwritten, Key::root(), "full");
        let event = ConfigReloadEvent::Warning { diagnostics: Diagnostics::plain(vec![diagnostic]) };
        assert!(text(&event).contains("warning about the history"), "{}", text(&event));
    }

    #[test]
    fn a_long_report_is_truncated() {
        let long = Diagnostics::new(Vec::new(), "error: x\n".repeat(1000));
        let text = text(&ConfigReloadEvent::ReloadFailed { generation: 1, diagnostics: long });
        assert_eq!(text.lines().count(), MAX_LINES + 2);
        assert!(text.ends_with("  … 940 more lines: `speckit check` has all\n"), "{text}");
    }
}
