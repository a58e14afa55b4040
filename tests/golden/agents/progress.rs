//! What a terminal shows of a gate while it runs.

use std::time::Duration;

use speckit_core::agents::gate::{AgentRun, CallingOff, Event, Output, Progress, Status, Stream, Tone};
use speckit_tests::golden;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn started(name: &str, attempt: u32) -> Event {
    Event::AgentStarted { name: name.into(), attempt }
}

fn wrote(name: &str, line: &str) -> Event {
    Event::Output { name: name.into(), stream: Stream::Stdout, line: line.into() }
}

fn retrying(name: &str, attempt: u32, reason: &str, wait_ms: u64) -> Event {
    Event::AgentRetrying { name: name.into(), attempt, reason: reason.into(), wait_ms }
}

fn through(name: &str, status: Status, attempts: u32, elapsed_ms: u64, reason: Option<&str>) -> Event {
    Event::AgentFinished(AgentRun {
        name: name.into(),
        model: "a-model".into(),
        status,
        attempts,
        exit: (status == Status::Failed).then_some(3),
        signal: (status == Status::Killed).then_some(9),
        reason: reason.map(String::from),
        elapsed_ms,
        leaked: false,
        dropped_bytes: 0,
        ended_at_ms: 1_700_000_000_000,
        output: Output::default(),
    })
}

fn shown(progress: &Progress, now: Duration, columns: usize) -> String {
    let lines = progress.lines(now, columns);
    assert!(lines.iter().all(|line| line.width() <= columns));
    lines.iter().map(|line| format!("{line}|\n")).collect()
}

/// A gate from its start to its end.
fn story() -> Vec<(&'static str, Progress, Duration)> {
    let mut progress = Progress::new(["claude", "gemini_flash", "gpt_pro"]);
    let mut frames = vec![("before anything starts", progress.clone(), Duration::ZERO)];
    for name in ["claude", "gemini_flash"] {
        progress.event(millis(20), &started(name, 1));
    }
    progress.event(millis(900), &wrote("claude", "Reading the specification"));
    progress.event(millis(950), &wrote("claude", "   "));
    progress.event(millis(1000), &wrote("gemini_flash", "\u{1b}[32m10 %\r\u{1b}[32m漢字 50 %\u{1b}[0m"));
    frames.push(("two run, one waits", progress.clone(), millis(1234)));
    progress.event(millis(2000), &retrying("gemini_flash", 1, "exit 75", 1500));
    progress.event(millis(2000), &started("gpt_pro", 1));
    frames.push(("one is tried again", progress.clone(), millis(2345)));
    progress.event(millis(3500), &started("gemini_flash", 2));
    progress.event(millis(64_000), &through("claude", Status::Ok, 1, 63_980, None));
    frames.push(("one is through", progress.clone(), millis(65_000)));
    progress.called_off(CallingOff::Asked);
    frames.push(("called off", progress.clone(), millis(66_000)));
    progress.called_off(CallingOff::Killed);
    progress.called_off(CallingOff::Asked);
    let why = Some("exit 3; another attempt would fail in the same way");
    progress.event(millis(67_000), &through("gemini_flash", Status::Failed, 2, 66_980, why));
    progress.event(millis(67_000), &through("gpt_pro", Status::Killed, 1, 65_000, Some("signal 9")));
    frames.push(("killed", progress, millis(67_000)));
    frames
}

#[test]
fn a_gate_is_a_line_an_agent_and_one_for_all() {
    let text: String = story()
        .iter()
        .map(|(what, progress, now)| format!("{what}\n{}\n", shown(progress, *now, 100)))
        .collect();
    golden!("agents/progress", "a_gate", text);
}

#[test]
fn a_narrow_terminal_shows_the_front_of_each_line() {
    let (_, progress, now) = story().into_iter().nth(2).unwrap();
    let widths = [60, 40, 20, 9, 1, 0];
    let text: String =
        widths.map(|columns| format!("{columns} columns\n{}\n", shown(&progress, now, columns))).concat();
    golden!("agents/progress", "narrow", text);
}

#[test]
fn every_way_to_end_has_its_words_and_its_tone() {
    let all = [
        Status::Ok,
        Status::Failed,
        Status::Killed,
        Status::TimedOut,
        Status::Cancelled,
        Status::NotStarted,
        Status::CircuitOpen,
    ];
    let name = |status: &Status| format!("{status:?}").to_lowercase();
    let mut progress = Progress::new(all.iter().map(name));
    for status in all {
        if !matches!(status, Status::NotStarted | Status::CircuitOpen) {
            progress.event(Duration::ZERO, &started(&name(&status), 1));
        }
        let why = (status != Status::Ok).then_some("why, in words");
        progress.event(millis(4000), &through(&name(&status), status, 1, 4000, why));
    }
    let lines = progress.lines(millis(4000), 100);
    let tones: Vec<Tone> =
        lines.iter().filter_map(|line| line.pieces().nth(1)).map(|(tone, _)| tone).collect();
    assert_eq!(tones[0], Tone::Good);
    assert!(tones[1..all.len()].iter().all(|tone| *tone == Tone::Bad), "{tones:?}");
    golden!("agents/progress", "endings", shown(&progress, millis(4000), 100));
}

#[test]
fn events_of_agents_that_the_gate_does_not_have_change_nothing() {
    let mut progress = Progress::new(["claude"]);
    let before = progress.clone();
    for event in [
        started("gemini", 1),
        wrote("gemini", "x"),
        retrying("gemini", 1, "x", 1),
        through("gemini", Status::Ok, 1, 1, None),
        Event::Missed { count: 3 },
    ] {
        progress.event(millis(5), &event);
    }
    assert_eq!(progress, before);
}
