//! The dashboard follows the size of the terminal.

use super::{SIZE, dashboard, wait_until_drawn, watch_dir};
use crate::pseudo_terminal::PseudoTerminal;

/// The largest column and row that the cursor moves to.
fn reach(shown: &str) -> (u16, u16) {
    let mut reach = (0, 0);
    for sequence in shown.split("\u{1b}[").skip(1) {
        if let Some((numbers, _)) = sequence.split_once('H')
            && let Some((row, column)) = numbers.split_once(';')
            && let (Ok(row), Ok(column)) = (row.parse::<u16>(), column.parse::<u16>())
        {
            reach = (reach.0.max(column), reach.1.max(row));
        }
    }
    reach
}

#[test]
fn a_new_size_is_drawn_at_once_and_within_it() {
    let dir = watch_dir();
    let mut terminal = dashboard(&dir);
    for (columns, rows) in [(20, 3), (1, 1), (200, 60), (0, 0), (1, 40), (60, 1), (80, 24)] {
        terminal.forget();
        terminal.resize(columns, rows);
        if columns > 0 {
            // Everything is drawn again, after the screen was cleared.
            terminal.wait_until("a new frame", |terminal| {
                terminal.shown().rsplit_once("\u{1b}[2J").is_some_and(|(_, frame)| reach(frame).0 > 0)
            });
            let shown = terminal.shown();
            let (_, frame) = shown.rsplit_once("\u{1b}[2J").unwrap();
            let (column, row) = reach(frame);
            assert!(column <= columns && row <= rows, "{columns}x{rows}: {column}, {row}");
        }
    }
    terminal.wait_for("quit");
    terminal.press("q");
    assert_eq!(terminal.wait_for_exit().0, 0);
}

#[test]
fn a_terminal_without_a_size_shows_nothing_and_still_knows_keys() {
    let dir = watch_dir();
    let mut terminal = PseudoTerminal::start(&dir, (0, 0), "watch");
    terminal.wait_until("a screen", PseudoTerminal::is_raw);
    terminal.resize(SIZE.0, SIZE.1);
    wait_until_drawn(&mut terminal);
    terminal.resize(0, 0);
    terminal.press("q");
    assert_eq!(terminal.wait_for_exit().0, 0);
}
