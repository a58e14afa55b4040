//! How the running configuration stands: the items of the header, and what nobody may overlook.

use std::time::Duration;

use speckit_core::{Diagnostic, Severity};

use super::line::Line;
use super::text::{MOST_CHARACTERS, age, clip, count, taken, visible, wrap};
use super::theme::Tone;
use speckit::{Status, Watching};

/// How many keys or files are named before the rest is counted.
const MOST_NAMED: usize = 8;

/// Something that nobody may overlook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alarm {
    pub(super) name: &'static str,
    pub(super) text: String,
    pub(super) tone: Tone,
}

/// What runs that the files do not say, the worst first; then what else is wrong.
pub(super) fn alarms(status: Option<&Status>, fallback: Option<&str>) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    let mut add = |tone, name, text: String| {
        alarms.push(Alarm { name, text: visible(&text, MOST_CHARACTERS).into_owned(), tone });
    };
    if let Some(refusal) = status.and_then(|status| status.refusal.as_ref()) {
        add(Tone::Alarm, "REFUSED", first_of(refusal));
    }
    if let Some(fallback) = fallback {
        add(Tone::Alarm, "DEGRADED", format!("in place of the files runs {fallback}"));
    }
    let Some(status) = status else { return alarms };
    if status.is_deferred {
        let guards = count(status.busy as u64, "guard");
        add(Tone::Notice, "DEFERRED", format!("accepted, and waits for {guards} to be dropped"));
    }
    if !status.pending_restart.is_empty() {
        let keys = named(status.pending_restart.iter().map(|change| change.key.to_string()));
        add(Tone::Notice, "PENDING RESTART", keys);
    }
    if !status.drift.is_empty() && status.refusal.is_none() && !status.is_deferred && !status.is_waiting {
        let files = named(status.drift.iter().map(|path| path.display().to_string()));
        add(Tone::Notice, "DRIFT", format!("the files are not what runs: {files} (r reloads)"));
    }
    if !status.warnings.is_empty() {
        add(Tone::Notice, "WARNING", first_of(&status.warnings));
    }
    alarms
}

/// The alarms in at most so many rows: one for each, and the rest for the first that need more. Where there are more
/// alarms than rows, the last row names those that are left.
pub(super) fn rows(alarms: &[Alarm], room: u16, most: u16) -> Vec<Line> {
    let (room, most) = (usize::from(room), usize::from(most));
    let mut rows = Vec::new();
    for (index, alarm) in alarms.iter().enumerate().take(most) {
        let others = alarms.len().min(most) - index - 1;
        let named = if others > 0 { 1 } else { alarms.len() - index };
        let names: Vec<_> = alarms.iter().skip(index).take(named).map(|alarm| alarm.name).collect();
        let wrapped = wrap(&format!(" {}: {}", names.join(" + "), alarm.text), room);
        let wrapped = at_most(wrapped, most - rows.len() - others, room);
        rows.extend(wrapped.into_iter().map(|row| Line::new(alarm.tone, row)));
    }
    rows
}

/// The first rows; the last of them says that there are more.
fn at_most(mut rows: Vec<String>, most: usize, room: usize) -> Vec<String> {
    if rows.len() > most {
        rows.truncate(most);
        if let Some(last) = rows.last_mut() {
            *last = clip(&format!("{last}{}", " ".repeat(room)), room).into_owned();
        }
    }
    rows
}

/// The items of the header, the most important first.
pub(super) fn header(
    title: &str,
    generation: Option<u64>,
    status: Option<&(Status, Duration)>,
    now: Duration,
) -> Vec<Line> {
    let mut items = vec![Line::new(Tone::Strong, title)];
    let mut add = |tone, text: String| items.push(Line::new(tone, text));
    let Some((status, at)) = status else {
        add(
            Tone::Plain,
            generation.map_or("starting".into(), |generation| format!("generation {generation}")),
        );
        return items;
    };
    let old = age(status.age.saturating_add(now.saturating_sub(*at)));
    add(Tone::Plain, format!("generation {}, {old} old", status.generation));
    let (tone, activity) = match status {
        _ if status.is_deferred => (Tone::Warning, "deferred".into()),
        _ if status.is_waiting => (Tone::Warning, "waiting for quiet".into()),
        Status { busy: 0, .. } => (Tone::Good, "idle".into()),
        Status { busy, .. } => (Tone::Warning, format!("busy: {}", count(*busy as u64, "guard"))),
    };
    add(tone, activity);
    add(
        Tone::Plain,
        match status.watching {
            Watching::Off => "not watching".into(),
            Watching::Native => "native events".into(),
            Watching::Poll { every } => format!("reads every {}", interval(every)),
        },
    );
    let mut counts = format!("{}, {} refused", count(status.reloads, "reload"), status.refusals);
    for (name, time) in [("last", status.last_reload), ("p95", status.p95_reload)] {
        counts.extend(time.map(|time| format!(", {name} {}", taken(time))));
    }
    add(Tone::Plain, counts);
    items
}

/// `1 s`, `1.5 s`, `200 ms`.
fn interval(every: Duration) -> String {
    let seconds = every.as_secs_f64();
    if seconds < 1.0 { format!("{} ms", every.as_millis()) } else { format!("{seconds} s") }
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
    use crate::config::watch::dashboard::samples;
    use crate::config::watch::dashboard::text::width;
    use speckit_core::Key;

    /// Everything is wrong at once.
    fn wrong() -> Status {
        Status {
            refusal: Some(samples::refusal()),
            is_deferred: true,
            busy: 2,
            pending_restart: vec![samples::change("store.path", Some("'a'"), Some("'b'"))],
            warnings: samples::warning().to_vec(),
            ..samples::status()
        }
    }

    fn shown(alarms: &[Alarm], room: u16, most: u16) -> String {
        rows(alarms, room, most).into_iter().map(|row| format!("|{}\n", row.text)).collect()
    }

    #[test]
    fn each_state_says_what_it_is() {
        insta::assert_snapshot!(shown(&alarms(Some(&wrong()), Some("the defaults alone")), 120, 9), @"
        | REFUSED: speckit.toml:6:15: hot_reload.debounce_ms: expected at least 500, found 100 (and 1 more)
        | DEGRADED: in place of the files runs the defaults alone
        | DEFERRED: accepted, and waits for 2 guards to be dropped
        | PENDING RESTART: store.path
        | WARNING: no more inotify watches: reading every 1 s
        ");
        let drifted = Status { drift: vec!["a.toml".into(), "b.toml".into()], ..samples::status() };
        insta::assert_snapshot!(shown(&alarms(Some(&drifted), None), 120, 9), @"| DRIFT: the files are not what runs: a.toml, b.toml (r reloads)");
        let waits = Status { is_waiting: true, ..drifted };
        assert_eq!(alarms(Some(&waits), None), []);
        assert_eq!(alarms(Some(&samples::status()), None), []);
    }

    #[test]
    fn no_alarm_is_lost_where_there_are_more_than_rows() {
        let alarms = alarms(Some(&wrong()), None);
        for most in 1..6 {
            let rows = rows(&alarms, 60, most);
            assert!(rows.len() <= usize::from(most), "{rows:?}");
            let text: String = rows.iter().map(|row| row.text.as_str()).collect();
            assert!(alarms.iter().all(|alarm| text.contains(alarm.name)), "{most}: {text}");
            assert!(rows.iter().all(|row| width(&row.text) <= 60), "{rows:?}");
        }
    }

    #[test]
    fn an_alarm_takes_the_rows_that_others_leave() {
        let alone = Status { refusal: Some(samples::refusal()), ..samples::status() };
        insta::assert_snapshot!(shown(&alarms(Some(&alone), None), 40, 4), @"
        | REFUSED: speckit.toml:6:15:
        |    hot_reload.debounce_ms: expected at
        |    least 500, found 100 (and 1 more)
        ");
        insta::assert_snapshot!(shown(&alarms(Some(&alone), None), 40, 2), @"
        | REFUSED: speckit.toml:6:15:
        |    hot_reload.debounce_ms: expected at…
        ");
    }

    #[test]
    fn many_keys_are_counted() {
        let change = |number: usize| speckit_core::tree::diff::Change {
            key: Key::of([format!("k{number}")]),
            old: None,
            new: None,
        };
        let status = Status { pending_restart: (0..11).map(change).collect(), ..samples::status() };
        let alarms = alarms(Some(&status), None);
        assert_eq!(alarms[0].text, "k0, k1, k2, k3, k4, k5, k6, k7 and 3 more");
    }

    #[test]
    fn the_header_says_how_it_goes() {
        let shown = |status: Status| {
            let now = Duration::from_secs(30);
            let items = header("t", Some(1), Some(&(status, Duration::from_secs(20))), now);
            items.into_iter().map(|item| item.text).collect::<Vec<_>>().join(" · ")
        };
        assert_eq!(
            shown(samples::status()),
            "t · generation 4, 22 s old · idle · native events · 3 reloads, 1 refused, last 0.4 ms, p95 0.9 ms"
        );
        let fresh = Status {
            reloads: 1,
            busy: 1,
            watching: Watching::Poll { every: Duration::from_millis(1500) },
            last_reload: None,
            p95_reload: None,
            ..samples::status()
        };
        assert_eq!(
            shown(fresh),
            "t · generation 4, 22 s old · busy: 1 guard · reads every 1.5 s · 1 reload, 1 refused"
        );
        let off = Status { watching: Watching::Off, is_waiting: true, ..samples::status() };
        assert!(shown(off).contains("waiting for quiet · not watching"));
        let before = header("t", Some(1), None, Duration::ZERO);
        assert_eq!(before.last().map(|item| item.text.as_str()), Some("generation 1"));
    }
}
