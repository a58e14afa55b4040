//! The top of the screen: the status of the running configuration, and its alerts.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use speckit_core::text::{count, duration};
use speckit_core::{Diagnostic, Severity};

use super::text::{visible, wrap};
use super::theme::{ALERT, GOOD, NOTICE, PLAIN, QUIET, STRONG, WARNING};
use speckit::{Status, Watching};

/// How many keys or files are named; the others are counted.
const MAX_NAMED: usize = 8;

/// A state that the user must notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alert {
    pub(super) name: &'static str,
    pub(super) text: String,
    pub(super) style: Style,
}

/// The alerts, the worst first.
pub(super) fn alerts(status: Option<&Status>, fallback: Option<&str>) -> Vec<Alert> {
    let mut alerts = Vec::new();
    let mut add = |style, name, text: String| {
        alerts.push(Alert { name, text: visible(&text), style });
    };
    if let Some(refusal) = status.and_then(|status| status.refusal.as_ref()) {
        add(ALERT, "REFUSED", first_of(refusal));
    }
    if let Some(fallback) = fallback {
        add(ALERT, "DEGRADED", format!("running instead of the files: {fallback}"));
    }
    let Some(status) = status else { return alerts };
    if status.is_deferred {
        let guards = count(status.busy as u64, "guard");
        add(NOTICE, "DEFERRED", format!("accepted, waits for {guards} to be dropped"));
    }
    if !status.pending_restart.is_empty() {
        let keys = named(status.pending_restart.iter().map(|change| change.key.to_string()));
        add(NOTICE, "PENDING RESTART", keys);
    }
    if !status.drift.is_empty() && status.refusal.is_none() && !status.is_deferred && !status.is_waiting {
        let files = named(status.drift.iter().map(|path| path.display().to_string()));
        add(NOTICE, "DRIFT", format!("the files differ from the running configuration: {files} (r reloads)"));
    }
    if !status.warnings.is_empty() {
        add(NOTICE, "WARNING", first_of(&status.warnings));
    }
    alerts
}

/// The alerts in rows. If they need more than `max_rows`, all names come first, then the text of the first alert.
pub(super) fn alert_rows(alerts: &[Alert], width: u16, max_rows: u16) -> Vec<Line<'static>> {
    let wrapped = |name: &str, alert: &Alert| {
        wrap(&Span::styled(format!(" {name}: {}", alert.text), alert.style), width)
    };
    let rows: Vec<_> = alerts.iter().flat_map(|alert| wrapped(alert.name, alert)).collect();
    if rows.len() <= usize::from(max_rows) {
        return rows;
    }
    let names: Vec<_> = alerts.iter().map(|alert| alert.name).collect();
    let rows = alerts.first().map(|first| wrapped(&names.join(" + "), first));
    rows.into_iter().flatten().take(max_rows.into()).collect()
}

/// The status in rows of as many items as fit, the most important first.
pub(super) fn header_rows(
    generation: Option<u64>,
    status: Option<&(Status, Duration)>,
    now: Duration,
    width: u16,
) -> Vec<Line<'static>> {
    let mut rows: Vec<Line<'_>> = Vec::new();
    for (style, text) in header(generation, status, now) {
        let (separator, item) = (Span::styled(" · ", QUIET), Span::styled(text, style));
        match rows.last_mut() {
            Some(row) if row.width() + separator.width() + item.width() <= usize::from(width) => {
                row.extend([separator, item]);
            }
            _ => rows.push(Line::from(item)),
        }
    }
    rows
}

fn header(
    generation: Option<u64>,
    status: Option<&(Status, Duration)>,
    now: Duration,
) -> Vec<(Style, String)> {
    let title = (STRONG, "speckit watch".into());
    let Some((status, at)) = status else {
        let generation =
            generation.map_or("starting".into(), |generation| format!("generation {generation}"));
        return vec![title, (PLAIN, generation)];
    };
    let age = status.age.saturating_add(now.saturating_sub(*at));
    let age = duration(Duration::from_secs(age.as_secs()));
    let activity = match status {
        _ if status.is_deferred => (WARNING, "deferred".into()),
        _ if status.is_waiting => (WARNING, "waiting for quiet".into()),
        Status { busy: 0, .. } => (GOOD, "idle".into()),
        Status { busy, .. } => (WARNING, format!("busy: {}", count(*busy as u64, "guard"))),
    };
    let watching = match status.watching {
        Watching::Off => "not watching".into(),
        Watching::Native => "native events".into(),
        Watching::Poll { every } => format!("reads every {}", duration(every)),
    };
    let mut counts = format!("{}, {} refused", count(status.reloads, "reload"), status.refusals);
    for (name, time) in [("last", status.last_reload), ("p95", status.p95_reload)] {
        counts.extend(time.map(|time| format!(", {name} {}", duration(time))));
    }
    let generation = (PLAIN, format!("generation {}, {age} old", status.generation));
    vec![title, generation, activity, (PLAIN, watching), (PLAIN, counts)]
}

/// The first error, else the first diagnostic, with its origin and key.
fn first_of(diagnostics: &[Diagnostic]) -> String {
    let worst = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    let Some(first) = worst.or_else(|| diagnostics.first()) else {
        return "the report is among the events".into();
    };
    let place = first.origin.as_ref().map(|origin| format!("{origin}: ")).unwrap_or_default();
    let key = if first.key.is_root() { String::new() } else { format!("{}: ", first.key) };
    let more = match diagnostics.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    format!("{place}{key}{}{more}", first.message)
}

fn named(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(MAX_NAMED);
    let names: Vec<_> = names.take(MAX_NAMED).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::watch::dashboard::tests as samples;
    use speckit_core::Key;

    /// Every alert at once but drift.
    fn with_every_alert() -> Status {
        samples::with(samples::status(), |status| {
            status.refusal = Some(samples::refusal());
            status.is_deferred = true;
            status.busy = 2;
            status.pending_restart = vec![samples::change("store.path", Some("'a'"), Some("'b'"))];
            status.warnings = samples::warning().to_vec();
        })
    }

    fn shown(alerts: &[Alert], width: u16, max_rows: u16) -> String {
        alert_rows(alerts, width, max_rows).iter().map(|line| format!("|{line}\n")).collect()
    }

    #[test]
    fn each_state_has_an_alert() {
        insta::assert_snapshot!(shown(&alerts(Some(&with_every_alert()), Some("the defaults")), 120, 9), @"
        | REFUSED: speckit.toml:6:15: hot_reload.debounce_ms: expected at least 500, found 100 (and 1 more)
        | DEGRADED: running instead of the files: the defaults
        | DEFERRED: accepted, waits for 2 guards to be dropped
        | PENDING RESTART: store.path
        | WARNING: no more inotify watches: reading every 1 s
        ");
        let drifted = samples::with(samples::status(), |status| {
            status.drift = vec!["a.toml".into(), "b.toml".into()];
        });
        insta::assert_snapshot!(shown(&alerts(Some(&drifted), None), 120, 9), @"| DRIFT: the files differ from the running configuration: a.toml, b.toml (r reloads)");
        let waits = samples::with(drifted, |status| {
            status.is_waiting = true;
        });
        assert_eq!(alerts(Some(&waits), None), []);
        assert_eq!(alerts(Some(&samples::status()), None), []);
    }

    #[test]
    fn no_alert_is_lost_where_there_are_more_than_rows() {
        let alerts = alerts(Some(&with_every_alert()), None);
        insta::assert_snapshot!(shown(&alerts, 120, 3), @"
        | REFUSED + DEFERRED + PENDING RESTART + WARNING: speckit.toml:6:15: hot_reload.debounce_ms: expected at least 500, found
        |    100 (and 1 more)
        ");
        insta::assert_snapshot!(shown(&alerts, 40, 6), @"
        | REFUSED + DEFERRED + PENDING RESTART +
        |    WARNING: speckit.toml:6:15:
        |    hot_reload.debounce_ms: expected at
        |    least 500, found 100 (and 1 more)
        ");
    }

    #[test]
    fn only_the_first_keys_are_named() {
        let change = |number: usize| speckit_core::tree::diff::Change {
            key: Key::of([format!("k{number}")]),
            old: None,
            new: None,
        };
        let status = samples::with(samples::status(), |status| {
            status.pending_restart = (0..11).map(change).collect();
        });
        let alerts = alerts(Some(&status), None);
        assert_eq!(alerts[0].text, "k0, k1, k2, k3, k4, k5, k6, k7 and 3 more");
    }

    #[test]
    fn the_header_shows_the_status_of_the_reloads() {
        let shown = |status: Status| {
            let now = Duration::from_secs(30);
            header_rows(Some(1), Some(&(status, Duration::from_secs(20))), now, 200)[0].to_string()
        };
        assert_eq!(
            shown(samples::status()),
            "speckit watch · generation 4, 22 s old · idle · native events · 3 reloads, 1 refused, last 412 µs, p95 900 µs"
        );
        let fresh = samples::with(samples::status(), |status| {
            status.reloads = 1;
            status.busy = 1;
            status.watching = Watching::Poll { every: Duration::from_millis(1500) };
            status.last_reload = None;
            status.p95_reload = None;
        });
        assert_eq!(
            shown(fresh),
            "speckit watch · generation 4, 22 s old · busy: 1 guard · reads every 1.5 s · 1 reload, 1 refused"
        );
        let off = samples::with(samples::status(), |status| {
            status.watching = Watching::Off;
            status.is_waiting = true;
        });
        assert!(shown(off).contains("waiting for quiet · not watching"));
        let narrow = header_rows(Some(1), None, Duration::ZERO, 20);
        assert_eq!(narrow.iter().map(Line::to_string).collect::<Vec<_>>(), ["speckit watch", "generation 1"]);
    }
}
