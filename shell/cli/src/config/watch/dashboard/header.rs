//! The top of the screen: the state of the running configuration, and its alarms.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use speckit_core::text::{count, duration};
use speckit_core::{Diagnostic, Severity};

use super::text::{visible, wrap};
use super::theme::{ALARM, GOOD, NOTICE, PLAIN, QUIET, STRONG, WARNING};
use speckit::{Status, Watching};

/// How many keys or files are named before the rest is counted.
const MOST_NAMED: usize = 8;

/// A state that has to be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alarm {
    pub(super) name: &'static str,
    pub(super) text: String,
    pub(super) style: Style,
}

/// The alarms, the worst first.
pub(super) fn alarms(status: Option<&Status>, fallback: Option<&str>) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    let mut add = |style, name, text: String| {
        alarms.push(Alarm { name, text: visible(&text), style });
    };
    if let Some(refusal) = status.and_then(|status| status.refusal.as_ref()) {
        add(ALARM, "REFUSED", first_of(refusal));
    }
    if let Some(fallback) = fallback {
        add(ALARM, "DEGRADED", format!("in place of the files runs {fallback}"));
    }
    let Some(status) = status else { return alarms };
    if status.is_deferred {
        let guards = count(status.busy as u64, "guard");
        add(NOTICE, "DEFERRED", format!("accepted, and waits for {guards} to be dropped"));
    }
    if !status.pending_restart.is_empty() {
        let keys = named(status.pending_restart.iter().map(|change| change.key.to_string()));
        add(NOTICE, "PENDING RESTART", keys);
    }
    if !status.drift.is_empty() && status.refusal.is_none() && !status.is_deferred && !status.is_waiting {
        let files = named(status.drift.iter().map(|path| path.display().to_string()));
        add(NOTICE, "DRIFT", format!("the files are not what runs: {files} (r reloads)"));
    }
    if !status.warnings.is_empty() {
        add(NOTICE, "WARNING", first_of(&status.warnings));
    }
    alarms
}

/// The alarms in rows. Where there are too few rows for all, the text of the first follows the names of all.
pub(super) fn alarm_rows(alarms: &[Alarm], width: u16, most_rows: u16) -> Vec<Line<'static>> {
    let wrapped = |name: &str, alarm: &Alarm| {
        wrap(&Span::styled(format!(" {name}: {}", alarm.text), alarm.style), width)
    };
    let rows: Vec<_> = alarms.iter().flat_map(|alarm| wrapped(alarm.name, alarm)).collect();
    if rows.len() <= usize::from(most_rows) {
        return rows;
    }
    let names: Vec<_> = alarms.iter().map(|alarm| alarm.name).collect();
    let rows = alarms.first().map(|first| wrapped(&names.join(" + "), first));
    rows.into_iter().flatten().take(most_rows.into()).collect()
}

/// The state of the configuration, the most important first: as many items in each row as fit.
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

/// The first error, or else the first finding, with its key and place.
fn first_of(findings: &[Diagnostic]) -> String {
    let worst = findings.iter().find(|finding| finding.severity == Severity::Error);
    let Some(first) = worst.or_else(|| findings.first()) else {
        return "the report is among the events".into();
    };
    let place = first.origin.as_ref().map(|origin| format!("{origin}: ")).unwrap_or_default();
    let key = if first.key.is_root() { String::new() } else { format!("{}: ", first.key) };
    let more = match findings.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    format!("{place}{key}{}{more}", first.message)
}

fn named(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(MOST_NAMED);
    let names: Vec<_> = names.take(MOST_NAMED).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::watch::dashboard::tests as samples;
    use speckit_core::Key;

    /// Everything is wrong at once.
    fn wrong() -> Status {
        samples::with(samples::status(), |status| {
            status.refusal = Some(samples::refusal());
            status.is_deferred = true;
            status.busy = 2;
            status.pending_restart = vec![samples::change("store.path", Some("'a'"), Some("'b'"))];
            status.warnings = samples::warning().to_vec();
        })
    }

    fn shown(alarms: &[Alarm], width: u16, most_rows: u16) -> String {
        alarm_rows(alarms, width, most_rows).iter().map(|line| format!("|{line}\n")).collect()
    }

    #[test]
    fn each_state_has_an_alarm() {
        insta::assert_snapshot!(shown(&alarms(Some(&wrong()), Some("the defaults alone")), 120, 9), @"
        | REFUSED: speckit.toml:6:15: hot_reload.debounce_ms: expected at least 500, found 100 (and 1 more)
        | DEGRADED: in place of the files runs the defaults alone
        | DEFERRED: accepted, and waits for 2 guards to be dropped
        | PENDING RESTART: store.path
        | WARNING: no more inotify watches: reading every 1 s
        ");
        let drifted = samples::with(samples::status(), |status| {
            status.drift = vec!["a.toml".into(), "b.toml".into()];
        });
        insta::assert_snapshot!(shown(&alarms(Some(&drifted), None), 120, 9), @"| DRIFT: the files are not what runs: a.toml, b.toml (r reloads)");
        let waits = samples::with(drifted, |status| {
            status.is_waiting = true;
        });
        assert_eq!(alarms(Some(&waits), None), []);
        assert_eq!(alarms(Some(&samples::status()), None), []);
    }

    #[test]
    fn no_alarm_is_lost_where_there_are_more_than_rows() {
        let alarms = alarms(Some(&wrong()), None);
        insta::assert_snapshot!(shown(&alarms, 120, 3), @"
        | REFUSED + DEFERRED + PENDING RESTART + WARNING: speckit.toml:6:15: hot_reload.debounce_ms: expected at least 500, found
        |    100 (and 1 more)
        ");
        insta::assert_snapshot!(shown(&alarms, 40, 6), @"
        | REFUSED + DEFERRED + PENDING RESTART +
        |    WARNING: speckit.toml:6:15:
        |    hot_reload.debounce_ms: expected at
        |    least 500, found 100 (and 1 more)
        ");
    }

    #[test]
    fn many_keys_are_counted() {
        let change = |number: usize| speckit_core::tree::diff::Change {
            key: Key::of([format!("k{number}")]),
            old: None,
            new: None,
        };
        let status = samples::with(samples::status(), |status| {
            status.pending_restart = (0..11).map(change).collect();
        });
        let alarms = alarms(Some(&status), None);
        assert_eq!(alarms[0].text, "k0, k1, k2, k3, k4, k5, k6, k7 and 3 more");
    }

    #[test]
    fn the_header_shows_how_the_reloads_are_doing() {
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
