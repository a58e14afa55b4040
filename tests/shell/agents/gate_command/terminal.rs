//! A gate on a real terminal.

use std::time::{Duration, Instant};

use super::{RUN, SLOW, STUBBORN, SUCCEEDING, gate_dir, gate_dir_with_settings, has_started, is_alive};
use crate::pseudo_terminal::{PseudoTerminal, send};
use crate::test_dir::TestDir;

const SIZE: (u16, u16) = (80, 24);

/// A gate whose agents `a` and `b` run.
#[track_caller]
fn started(dir: &TestDir, script: &str, options: &str) -> PseudoTerminal {
    let mut terminal = PseudoTerminal::start_under(dir, SIZE, script, &format!("{RUN} {options}"));
    terminal.wait_until("both agents run", |_| has_started(dir, "a") && has_started(dir, "b"));
    terminal
}

const ALONE: &str = "exec \"$0\" \"$@\"";

/// The recorded run, which was cancelled.
#[track_caller]
fn assert_cancelled(dir: &TestDir) {
    assert!(!is_alive(dir, "a") && !is_alive(dir, "b"));
    let run = dir.run("gate show 1 --database runs.db --format json").succeeds().json();
    assert_eq!(run["cancelled"], true, "{run}");
}

#[test]
fn a_terminal_that_is_closed_ends_the_agents_and_keeps_the_run() {
    for options in ["", "--plain", "--format json"] {
        let dir = gate_dir(&[SLOW, SLOW]);
        let mut terminal = started(&dir, ALONE, options);
        terminal.close();
        assert_eq!(terminal.wait_for_exit().0, 2, "{options}");
        assert_cancelled(&dir);
    }
}

#[test]
fn a_screen_that_cannot_be_drawn_ends_the_agents_without_a_signal() {
    let dir = gate_dir(&[SLOW, SLOW]);
    let mut ignoring = started(&dir, "trap '' HUP; exec \"$0\" \"$@\"", "");
    ignoring.close();
    assert_eq!(ignoring.wait_for_exit().0, 2);
    assert_cancelled(&dir);

    let dir = gate_dir(&[SLOW, SLOW]);
    let mut without_control = PseudoTerminal::start_without_control(&dir, SIZE, RUN);
    without_control.wait_until("both agents run", |_| has_started(&dir, "a") && has_started(&dir, "b"));
    without_control.close();
    assert_eq!(without_control.wait_for_exit().0, 2);
    assert_cancelled(&dir);
}

/// A shell sends a SIGHUP when it ends, and then the system sends another one.
#[test]
fn a_terminal_is_closed_once_however_many_signals_say_so() {
    let slow_end = "trap 'sleep 1; echo ended; exit 0' TERM; echo begun; while :; do sleep 0.05; done";
    let dir = gate_dir_with_settings(&[slow_end, slow_end], "[orchestrator]\ngrace_s = 60\n");
    let mut terminal = started(&dir, ALONE, "--plain");
    terminal.wait_for("begun");
    for _ in 0..3 {
        send("HUP", terminal.id());
        std::thread::sleep(Duration::from_millis(200));
    }
    let (code, shown) = terminal.wait_for_exit();
    assert!(code == 2 && !shown.contains("killing"), "{shown}");
    let run = dir.run("gate show 1 --database runs.db").succeeds().out;
    assert_eq!(run.matches("ended").count(), 2, "{run}");
}

#[test]
fn ctrl_c_ends_the_agents_and_a_second_one_kills_them() {
    let dir = gate_dir(&[SLOW, SLOW]);
    let mut terminal = started(&dir, ALONE, "");
    terminal.wait_for("0 of 2 done; Ctrl-C ends the agents");
    terminal.press("\u{3}");
    assert_eq!(terminal.wait_for_exit().0, 2);
    assert_cancelled(&dir);

    let dir = gate_dir_with_settings(&[STUBBORN, STUBBORN], "[orchestrator]\ngrace_s = 60\n");
    let mut terminal = started(&dir, ALONE, "");
    terminal.press("\u{3}");
    terminal.wait_for("press Ctrl-C again to kill them");
    assert!(is_alive(&dir, "a") && is_alive(&dir, "b"));
    std::thread::sleep(Duration::from_millis(200));
    terminal.press("\u{3}");
    assert_eq!(terminal.wait_for_exit().0, 2);
    assert_cancelled(&dir);
}

#[test]
fn a_terminal_without_a_cursor_gets_lines() {
    for (term, options) in [("dumb", ""), ("", ""), ("xterm", "--plain")] {
        let dir = gate_dir(&[SUCCEEDING, SUCCEEDING]).variable("TERM", term);
        let run = format!("{RUN} {options}");
        let (code, shown) = PseudoTerminal::start(&dir, SIZE, &run).wait_for_exit();
        assert!(code == 0 && shown.contains("a: attempt 1 begins"), "{shown:?}");
        assert!(!shown.contains("Ctrl-C") && !shown.contains('\u{1b}'), "{term:?}: {shown:?}");
    }
    let dir = gate_dir(&[SUCCEEDING, SUCCEEDING]).variable("NO_COLOR", "1");
    let (_, shown) = PseudoTerminal::start(&dir, SIZE, RUN).wait_for_exit();
    assert!(
        shown.contains("Ctrl-C") && !shown.contains("\u{1b}[3") && !shown.contains("\u{1b}[2m"),
        "{shown:?}"
    );
}

#[test]
fn any_size_shows_a_gate() {
    let dir = gate_dir(&[SLOW, SLOW]);
    let mut terminal = started(&dir, ALONE, "");
    for (columns, rows) in [(20, 3), (1, 1), (0, 0), (200, 60)] {
        terminal.forget();
        terminal.resize(columns, rows);
        terminal.wait_until("some frames", |terminal| terminal.shown().matches("\u{1b}[J").count() > 3);
    }
    terminal.wait_for("0 of 2 done; Ctrl-C ends the agents");
    terminal.press("\u{3}");
    assert_eq!(terminal.wait_for_exit().0, 2);
}

#[test]
fn a_gate_that_was_stopped_is_drawn_below_what_the_shell_has_written() {
    let dir = gate_dir(&[SLOW, SLOW]);
    let script = "set -m; \"$0\" \"$@\"; echo \"stopped $?\"; read answer; bg; echo later; \
                  read answer; fg; echo \"exit $?\"";
    let mut terminal = started(&dir, script, "");
    terminal.wait_for("0 of 2 done");
    terminal.press("\u{1a}");
    terminal.wait_for("stopped ");
    terminal.press("\n");
    terminal.wait_for("later");
    terminal.forget();
    let start = Instant::now();
    terminal.wait_until("some time", |_| start.elapsed() > Duration::from_millis(500));
    assert!(!terminal.shown().contains('\u{1b}'), "a background job draws nothing: {:?}", terminal.shown());
    terminal.press("\n");
    terminal.wait_until("a frame", |terminal| terminal.shown().contains("\u{1b}[J"));
    let shown = terminal.shown();
    let (_, first) = shown.split_once('\u{1b}').unwrap();
    assert!(first.starts_with("[1Ga "), "the first frame is drawn where the cursor is: {shown:?}");
    terminal.press("\u{3}");
    terminal.wait_for("exit 2");
}

#[test]
fn a_background_job_writes_lines() {
    let dir = gate_dir(&[SUCCEEDING, SUCCEEDING]);
    let script = "set -m; \"$0\" \"$@\" & wait $!; echo \"exit $?\"";
    let (_, shown) = PseudoTerminal::start_under(&dir, SIZE, script, RUN).wait_for_exit();
    assert!(shown.contains("a: attempt 1 begins") && shown.contains("exit 0"), "{shown:?}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn what_agents_write_controls_no_terminal() {
    let hostile = "printf 'x\\033]0;title\\007\\233\\342\\200\\256y\\r\\033[2J\\b\\n'";
    let dir = gate_dir(&[hostile, hostile]);
    for options in ["--plain", "--plain --no-store", ""] {
        let run = format!("{RUN} {options}");
        let run = if options.contains("--no-store") { run.replace("--database runs.db", "") } else { run };
        let (_, shown) = PseudoTerminal::start(&dir, SIZE, &run).wait_for_exit();
        for control in ["\u{1b}]", "\u{7}", "\u{9b}", "\u{202e}", "\u{1b}[2J", "\u{8}"] {
            assert!(!shown.contains(control), "{options}: {control:?} in {shown:?}");
        }
    }
}
