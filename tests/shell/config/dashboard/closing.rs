//! A terminal that is closed ends the dashboard, and a signal gives the terminal back.

use super::{SCREEN_ENDS, SIZE, dashboard, wait_until_drawn, watch_dir};
use crate::pseudo_terminal::{PseudoTerminal, send};

#[test]
fn a_terminal_that_is_closed_ends_the_dashboard() {
    let dir = watch_dir();
    let mut terminal = dashboard(&dir);
    terminal.close();
    assert_eq!(terminal.wait_for_exit().0, 2, "the screen cannot be given back");
}

#[test]
fn the_end_of_the_input_ends_a_dashboard_that_gets_no_signal() {
    let dir = watch_dir();
    let mut ignoring = PseudoTerminal::start_under(&dir, SIZE, "trap '' HUP; exec \"$0\" \"$@\"", "watch");
    let mut without_control = PseudoTerminal::start_without_control(&dir, SIZE, "watch");
    for terminal in [&mut ignoring, &mut without_control] {
        wait_until_drawn(terminal);
        terminal.close();
        assert_eq!(terminal.wait_for_exit().0, 2);
    }
}

#[test]
fn a_signal_ends_the_dashboard_and_gives_the_terminal_back() {
    let dir = watch_dir();
    for signal in ["HUP", "TERM", "INT"] {
        let mut terminal = dashboard(&dir);
        send(signal, terminal.id());
        let (code, shown) = terminal.wait_for_exit();
        assert_eq!(code, 0, "{signal}");
        assert!(shown.contains(SCREEN_ENDS) && shown.ends_with("\u{1b}[?25h"), "{signal}: {shown:?}");
        assert!(!terminal.is_raw(), "{signal}");
    }
}

#[test]
fn half_a_sequence_keeps_no_dashboard_from_ending() {
    let dir = watch_dir();
    for half in ["\u{1b}", "\u{1b}[", "\u{1b}[1;", "\u{1b}]0;title", "\u{1b}[200~pasted"] {
        let mut terminal = dashboard(&dir);
        terminal.press(half);
        std::thread::sleep(std::time::Duration::from_millis(300));
        send("TERM", terminal.id());
        assert_eq!(terminal.wait_for_exit().0, 0, "{half:?}");
        assert!(!terminal.is_raw(), "{half:?}");

        let mut terminal = dashboard(&dir);
        terminal.press(half);
        terminal.close();
        assert_eq!(terminal.wait_for_exit().0, 2, "{half:?}");
    }
}

/// The output of a terminal that shows nothing any more fills the buffer of the system (pty(7)).
#[test]
fn a_signal_ends_a_dashboard_whose_terminal_reads_nothing_and_restores_its_modes() {
    use std::os::unix::process::ExitStatusExt as _;
    let dir = watch_dir();
    let mut terminal = PseudoTerminal::start(&dir, (500, 200), "watch");
    wait_until_drawn(&mut terminal);
    // Each size is drawn completely.
    for width in 300..340 {
        terminal.resize(width, 200);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    send("TERM", terminal.id());
    let status = terminal.wait_for_end_unread();
    assert_eq!(status.signal(), Some(15), "{status}");
    assert!(!terminal.is_raw());
}

#[test]
fn nohup_keeps_watch_alive_when_its_terminal_is_closed() {
    let dir = watch_dir();
    let script = "nohup \"$0\" \"$@\" >lines 2>notes & echo $! >id; wait";
    let mut terminal = PseudoTerminal::start_under(&dir, SIZE, script, "watch");
    let lines = || std::fs::read_to_string(dir.path("lines")).unwrap_or_default();
    terminal.wait_until("it watches", |_| lines().contains("loaded generation 1"));
    let id: u32 = dir.read("id").trim().parse().unwrap();
    terminal.close();
    terminal.wait_for_end();
    send("HUP", id);
    dir.write("speckit.toml", "[hot_reload]\ndebounce_ms = 600\n");
    terminal.wait_until("it reloads", |_| lines().contains("generation 2 is in use"));
    send("TERM", id);
    terminal.wait_until("it ends", |_| lines().ends_with("stopped\n"));
}
