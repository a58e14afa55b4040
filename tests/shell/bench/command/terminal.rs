//! Progress on a terminal, and the end of a terminal.

use super::bench_dir;
use crate::pseudo_terminal::{PseudoTerminal, send};

const SIZE: (u16, u16) = (100, 24);

#[test]
fn progress_is_shown_on_a_terminal_and_nowhere_else() {
    let dir = bench_dir();
    let (code, shown) = PseudoTerminal::start(&dir, SIZE, "bench run -n 8 -- sleep 0.15").wait_for_exit();
    assert_eq!(code, 0, "{shown:?}");
    let progress: Vec<&str> = shown.split('\r').filter(|line| line.contains(" of about 8 runs")).collect();
    assert!(progress.len() >= 4, "{shown:?}");
    let last = progress.last().unwrap();
    assert!(last.contains(" left; sleep 0.15: median 1"), "{last:?}");
    assert!(shown.contains("\r\u{1b}[K"), "the line is removed: {shown:?}");

    let piped = dir.run("bench run -n 8 -- sleep 0.05").succeeds();
    assert!(!piped.both().contains(" of about "), "{}", piped.both());
    let dumb = bench_dir().variable("TERM", "dumb");
    let (_, shown) = PseudoTerminal::start(&dumb, SIZE, "bench run -n 8 -- sleep 0.05").wait_for_exit();
    assert!(!shown.contains(" of about ") && !shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn a_terminal_that_is_closed_ends_the_run_and_keeps_its_samples() {
    for is_closed in [true, false] {
        let dir = bench_dir();
        let run = "bench run -n 500 -- sh -c echo>>log;sleep${IFS}0.05";
        let mut terminal = PseudoTerminal::start(&dir, SIZE, run);
        let log = dir.path("log");
        terminal.wait_until("three runs", |_| {
            std::fs::read_to_string(&log).unwrap_or_default().lines().count() > 3
        });
        if is_closed {
            terminal.close();
        } else {
            (0..3).for_each(|_| send("HUP", terminal.id()));
        }
        assert_eq!(terminal.wait_for_exit().0, 2);
        let report = dir.run("bench report --format json").succeeds().json();
        assert_eq!(report["benchmarks"][0]["partial"], true);
    }
}
