//! The dashboard of `watch` on a real terminal.
#![cfg(target_os = "linux")]

use crate::pseudo_terminal::{PseudoTerminal, without_sequences};
use crate::test_dir::{NO_MACHINE_CHECKS, TestDir};

mod closing;
mod keys;
mod lines;
mod sizes;
mod stopping;

const SIZE: (u16, u16) = (80, 24);

/// How a terminal begins and ends to show a screen instead of lines (xterm's `?1049`).
const SCREEN_BEGINS: &str = "\u{1b}[?1049h";
const SCREEN_ENDS: &str = "\u{1b}[?1049l";

fn watch_dir() -> TestDir {
    TestDir::with_config(NO_MACHINE_CHECKS)
}

/// A dashboard that is drawn.
fn dashboard(dir: &TestDir) -> PseudoTerminal {
    let mut terminal = PseudoTerminal::start(dir, SIZE, "watch");
    wait_until_drawn(&mut terminal);
    terminal
}

/// The footer is drawn last.
#[track_caller]
fn wait_until_drawn(terminal: &mut PseudoTerminal) {
    terminal.wait_until("the footer", |terminal| {
        terminal.is_raw() && without_sequences(&terminal.shown()).contains("quit")
    });
}
