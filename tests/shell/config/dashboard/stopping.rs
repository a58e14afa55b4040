//! Ctrl-Z, SIGTSTP and SIGSTOP, `fg` and `bg`.

use std::time::{Duration, Instant};

use super::{SCREEN_BEGINS, SCREEN_ENDS, SIZE, wait_until_drawn, watch_dir};
use crate::pseudo_terminal::{PseudoTerminal, children, send};

/// A shell with job control that waits for a line before `fg`, and then for the end of the dashboard.
const SHELL: &str = "set -m; \"$0\" \"$@\"; echo \"stopped $?\"; read answer; $answer; echo \"exit $?\"";

fn stop_with(terminal: &mut PseudoTerminal, how: &str) {
    wait_until_drawn(terminal);
    match how {
        "key" => terminal.press("\u{1a}"),
        signal => send(signal, children(terminal.id())[0]),
    }
    terminal.wait_for("stopped ");
}

#[test]
fn the_terminal_is_given_back_while_the_dashboard_is_stopped_and_drawn_again_after_it() {
    let dir = watch_dir();
    for how in ["key", "TSTP"] {
        let mut terminal = PseudoTerminal::start_under(&dir, SIZE, SHELL, "watch");
        stop_with(&mut terminal, how);
        let shown = terminal.shown();
        let (_, after) = shown.rsplit_once(SCREEN_ENDS).expect(how);
        assert!(after.contains("stopped ") && !after.contains(SCREEN_BEGINS), "{how}: {after:?}");
        assert!(!terminal.is_raw(), "{how}");
        terminal.forget();
        terminal.press("fg\n");
        terminal.wait_for(SCREEN_BEGINS);
        wait_until_drawn(&mut terminal);
        terminal.wait_for("hot_reload.debounce_ms");
        terminal.press("q");
        terminal.wait_for("exit 0");
        assert!(!terminal.is_raw(), "{how}");
    }
}

/// Another program cannot be kept from leaving the terminal as it is, but everything is drawn again.
#[test]
fn a_dashboard_is_drawn_again_after_sigstop() {
    let dir = watch_dir();
    let mut terminal = PseudoTerminal::start_under(&dir, SIZE, SHELL, "watch");
    stop_with(&mut terminal, "STOP");
    terminal.forget();
    terminal.press("fg\n");
    terminal.wait_for(SCREEN_BEGINS);
    wait_until_drawn(&mut terminal);
    terminal.press("q");
    terminal.wait_for("exit 0");
    assert!(!terminal.is_raw());
}

#[test]
fn a_dashboard_in_the_background_neither_draws_nor_reads_and_still_ends() {
    let dir = watch_dir();
    let script = "set -m; \"$0\" \"$@\"; echo \"stopped $?\"; bg; echo later; \
                  read answer; echo \"read $answer\"; read answer; kill %1; wait; echo ended; stty -a";
    let mut terminal = PseudoTerminal::start_under(&dir, SIZE, script, "watch");
    stop_with(&mut terminal, "key");
    terminal.wait_for("later");
    terminal.forget();
    // The dashboard would draw each second, and read what is typed.
    let start = Instant::now();
    terminal.wait_until("some time", |_| start.elapsed() > Duration::from_millis(1500));
    terminal.press("qrx\n");
    terminal.wait_for("read qrx");
    assert!(!terminal.shown().contains('\u{1b}'), "{:?}", terminal.shown());
    terminal.press("\n");
    terminal.wait_for("ended");
    let (_, shown) = terminal.wait_for_exit();
    assert!(shown.contains(" icanon") && shown.contains(" echo "), "{shown:?}");
}

/// Nobody could continue the leader of a session: the system ignores SIGTSTP for it (POSIX, 2.4.3).
#[test]
fn a_dashboard_that_no_shell_has_started_is_not_stopped() {
    let dir = watch_dir();
    let mut terminal = PseudoTerminal::start(&dir, SIZE, "watch");
    wait_until_drawn(&mut terminal);
    for how in ["key", "signal"] {
        terminal.forget();
        match how {
            "key" => terminal.press("\u{1a}"),
            _ => send("TSTP", terminal.id()),
        }
        terminal.wait_for(SCREEN_BEGINS);
        wait_until_drawn(&mut terminal);
    }
    terminal.press("q");
    assert_eq!(terminal.wait_for_exit().0, 0);
}
