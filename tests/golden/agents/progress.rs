//! The progress of a gate on a terminal.

use std::time::Duration;

use speckit_core::agents::gate::{AgentRun, CancelMode, Event, Output, Progress, Status, Stream, Tone};
use speckit_tests::golden;

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn agent_started(name: &str, attempt: u32) -> Event {
    Event::AgentStarted { name: name.into(), attempt }
}

fn agent_output(name: &str, line: &str) -> Event {
    Event::Output { name: name.into(), stream: Stream::Stdout, line: line.into() }
}

fn agent_retrying(name: &str, attempt: u32, reason: &str, wait_ms: u64) -> Event {
    Event::AgentRetrying { name: name.into(), attempt, reason: reason.into(), wait_ms }
}

fn agent_finished(name: &str, status: Status, attempts: u32, elapsed_ms: u64, reason: Option<&str>) -> Event {
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
        left: Vec::new(),
        dropped_bytes: 0,
        ended_at_ms: 1_700_000_000_000,
        output: Output::default(),
    })
}

fn print_lines(progress: &Progress, now: Duration, columns: usize) -> String {
    let lines = progress.lines(now, columns);
    assert!(lines.iter().all(|line| line.width() <= columns));
    lines.iter().map(|line| format!("{line}|\n")).collect()
}

/// The frames of a gate from its start to its end.
fn frames() -> Vec<(&'static str, Progress, Duration)> {
    let mut progress = Progress::new(["claude", "gemini_flash", "gpt_pro"]);
    let mut frames = vec![("before anything starts", progress.clone(), Duration::ZERO)];
    for name in ["claude", "gemini_flash"] {
        progress.event(millis(20), &agent_started(name, 1));
    }
    progress.event(millis(900), &agent_output("claude", "Reading the specification"));
    progress.event(millis(950), &agent_output("claude", "   "));
    progress
        .event(millis(1000), &agent_output("gemini_flash", "\u{1b}[32m10 %\r\u{1b}[32m漢字 50 %\u{1b}[0m"));
    frames.push(("two run, one waits", progress.clone(), millis(1234)));
    progress.event(millis(2000), &agent_retrying("gemini_flash", 1, "exit 75", 1500));
    progress.event(millis(2000), &agent_started("gpt_pro", 1));
    frames.push(("one is retried", progress.clone(), millis(2345)));
    progress.event(millis(3500), &agent_started("gemini_flash", 2));
    progress.event(millis(64_000), &agent_finished("claude", Status::Ok, 1, 63_980, None));
    frames.push(("one has finished", progress.clone(), millis(65_000)));
    progress.cancel(CancelMode::Terminate);
    frames.push(("cancelled", progress.clone(), millis(66_000)));
    progress.cancel(CancelMode::Kill);
    progress.cancel(CancelMode::Terminate);
    let reason = Some("exit 3; another attempt would fail in the same way");
    progress.event(millis(67_000), &agent_finished("gemini_flash", Status::Failed, 2, 66_980, reason));
    progress.event(millis(67_000), &agent_finished("gpt_pro", Status::Killed, 1, 65_000, Some("signal 9")));
    frames.push(("killed", progress, millis(67_000)));
    frames
}

#[test]
fn a_gate_has_a_line_for_each_agent_and_a_summary() {
    let text: String = frames()
        .iter()
        .map(|(title, progress, now)| format!("{title}\n{}\n", print_lines(progress, *now, 100)))
        .collect();
    golden!("agents/progress", "a_gate", text);
}

#[test]
fn a_narrow_terminal_truncates_each_line() {
    let (_, progress, now) = frames().into_iter().nth(2).unwrap();
    let widths = [60, 40, 20, 9, 1, 0];
    let text: String = widths
        .map(|columns| format!("{columns} columns\n{}\n", print_lines(&progress, now, columns)))
        .concat();
    golden!("agents/progress", "narrow", text);
}

#[test]
fn every_status_has_a_text_and_a_tone() {
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
            progress.event(Duration::ZERO, &agent_started(&name(&status), 1));
        }
        let reason = (status != Status::Ok).then_some("the reason");
        progress.event(millis(4000), &agent_finished(&name(&status), status, 1, 4000, reason));
    }
    let lines = progress.lines(millis(4000), 100);
    let tones: Vec<Tone> =
        lines.iter().filter_map(|line| line.pieces().nth(1)).map(|(tone, _)| tone).collect();
    assert_eq!(tones[0], Tone::Good);
    assert!(tones[1..all.len()].iter().all(|tone| *tone == Tone::Bad), "{tones:?}");
    golden!("agents/progress", "endings", print_lines(&progress, millis(4000), 100));
}

#[test]
fn events_of_unknown_agents_change_nothing() {
    let mut progress = Progress::new(["claude"]);
    let before = progress.clone();
    for event in [
        agent_started("gemini", 1),
        agent_output("gemini", "x"),
        agent_retrying("gemini", 1, "x", 1),
        agent_finished("gemini", Status::Ok, 1, 1, None),
        Event::Missed { count: 3 },
    ] {
        progress.event(millis(5), &event);
    }
    assert_eq!(progress, before);
}
