//! Where there is no screen, `watch` writes lines.

use super::{SCREEN_BEGINS, SIZE, watch_dir};
use crate::pseudo_terminal::{PseudoTerminal, send, without_sequences};
use crate::test_dir::{NO_MACHINE_CHECKS, TestDir};

#[test]
fn a_terminal_without_a_cursor_gets_lines_without_colours() {
    for term in ["dumb", ""] {
        let dir = watch_dir().variable("TERM", term);
        let mut terminal = PseudoTerminal::start(&dir, SIZE, "watch");
        shows_lines(&mut terminal);
    }
    let script = "unset TERM; exec \"$0\" \"$@\"";
    shows_lines(&mut PseudoTerminal::start_under(&watch_dir(), SIZE, script, "watch"));
}

#[track_caller]
fn shows_lines(terminal: &mut PseudoTerminal) {
    terminal.wait_for("loaded generation 1, watched\r\n");
    terminal.press("\u{3}");
    let (code, shown) = terminal.wait_for_exit();
    assert_eq!(code, 0, "{shown:?}");
    assert!(!shown.contains('\u{1b}') && shown.ends_with("stopped\r\n"), "{shown:?}");
}

#[test]
fn a_report_on_a_terminal_without_colours_has_none() {
    let dir = watch_dir().variable("TERM", "dumb").file("bad.toml", "retry = 1\n");
    let (code, shown) = PseudoTerminal::start(&dir, SIZE, "check --config bad.toml").wait_for_exit();
    assert!(code == 1 && shown.contains("error[schema/type]") && !shown.contains('\u{1b}'), "{shown:?}");
    let dir = dir.variable("TERM", "xterm");
    let (_, shown) = PseudoTerminal::start(&dir, SIZE, "check --config bad.toml").wait_for_exit();
    assert!(shown.contains('\u{1b}'), "another terminal has colours: {shown:?}");
}

#[test]
fn a_background_job_writes_lines_and_leaves_the_terminal_as_it_is() {
    let dir = watch_dir();
    let script = "set -m; \"$0\" \"$@\" & echo $! >id; read answer; kill $!; wait $!; echo \"exit $?\"";
    let mut terminal = PseudoTerminal::start_under(&dir, SIZE, script, "watch");
    terminal.wait_for("loaded generation 1, watched\r\n");
    assert!(!terminal.is_raw());
    terminal.press("\n");
    let (_, shown) = terminal.wait_for_exit();
    assert!(shown.contains("exit 0") && !shown.contains(SCREEN_BEGINS), "{shown:?}");
}

#[test]
fn a_terminal_that_is_closed_ends_the_lines() {
    let dir = watch_dir();
    for arguments in ["watch --plain", "watch --format json"] {
        let mut terminal = PseudoTerminal::start(&dir, SIZE, arguments);
        terminal.wait_until("it watches", |terminal| terminal.shown().contains("loaded"));
        terminal.close();
        assert_eq!(terminal.wait_for_exit().0, 2, "{arguments}: its last line cannot be written");
        let mut terminal = PseudoTerminal::start(&dir, SIZE, arguments);
        terminal.wait_until("it watches", |terminal| terminal.shown().contains("loaded"));
        send("HUP", terminal.id());
        let (code, shown) = terminal.wait_for_exit();
        assert!(code == 0 && shown.contains("stopped"), "{shown:?}");
    }
}

#[test]
fn names_and_values_of_files_control_no_terminal() {
    let name = "a\u{1b}]0;x\u{7}\u{9b}2J\u{202e}.toml";
    let value = "\\u001b]0;x\\u0007\\u009b2J\\u202e\\u0008";
    let text = |path: &str| format!("{NO_MACHINE_CHECKS}[store]\npath = \"{value}{path}\"\n");
    for options in ["", "--plain", "--format json"] {
        let dir = TestDir::new().file(name, text("one"));
        let watch = format!("watch --config {name} {options}");
        let mut terminal = PseudoTerminal::start(&dir, (200, 60), &watch);
        terminal.wait_until("it watches", |terminal| !terminal.shown().is_empty());
        dir.write(name, text("two"));
        terminal.wait_for("changed");
        dir.write(name, "retry = 1\n");
        terminal.wait_until("a refusal", |terminal| {
            let shown = without_sequences(&terminal.shown());
            shown.contains("REFUSED") || shown.contains("refused with") || shown.contains("reload_failed")
        });
        terminal.press("\u{3}");
        let (code, shown) = terminal.wait_for_exit();
        assert_eq!(code, 0, "{shown:?}");
        for control in ["\u{1b}]", "\u{7}", "\u{9b}", "\u{202e}", "\u{8}"] {
            assert!(!shown.contains(control), "{options}: {control:?} in {shown:?}");
        }
    }
}
