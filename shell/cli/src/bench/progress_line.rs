//! The line of progress on a terminal, which overwrites itself.

use std::time::{Duration, Instant};

use speckit_core::bench::Benchmark;
use speckit_core::bench::plan::{PlannedRun, Schedule};
use speckit_core::bench::report::progress;

use crate::terminal::Terminal;
use speckit::internal::clock;

/// Drawn at most so often, so that fast commands are not disturbed.
const PAUSE: Duration = Duration::from_millis(100);

/// Dropping it removes the line.
pub(super) struct ProgressLine<'a> {
    terminal: &'a Terminal,
    /// Asked once: it takes a system call.
    is_shown: bool,
    drawn: Option<Instant>,
}

impl<'a> ProgressLine<'a> {
    pub(super) fn on(terminal: &'a Terminal) -> Self {
        Self { terminal, is_shown: terminal.shows_progress(), drawn: None }
    }

    pub(super) fn show(&mut self, schedule: &Schedule, run: PlannedRun, benchmark: &Benchmark) {
        if !self.is_shown {
            return;
        }
        let now = clock::now();
        let is_early = self.drawn.is_some_and(|drawn| now.saturating_duration_since(drawn) < PAUSE);
        if is_early {
            return;
        }
        self.drawn = Some(now);
        let (columns, _) = self.terminal.room();
        let line: String =
            progress(schedule, run, benchmark).chars().take(columns.saturating_sub(1)).collect();
        self.terminal.draw(&format!("\r{line}{CLEAR_TO_END}"));
    }
}

/// EL of ECMA-48.
const CLEAR_TO_END: &str = "\u{1b}[K";

impl Drop for ProgressLine<'_> {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            self.terminal.draw(&format!("\r{CLEAR_TO_END}"));
        }
    }
}
