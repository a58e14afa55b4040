//! The line of progress on a terminal, which overwrites itself.

use std::time::{Duration, Instant};

use speckit_core::bench::Benchmark;
use speckit_core::bench::plan::{PlannedRun, Schedule};
use speckit_core::bench::report::progress;

use crate::terminal::{StatusLine, Terminal};
use speckit::internal::clock;

/// Drawn at most so often, so that fast commands are not disturbed.
const PAUSE: Duration = Duration::from_millis(100);

/// Dropping it removes the line.
pub(super) struct ProgressLine<'a> {
    line: StatusLine<'a>,
    drawn: Option<Instant>,
}

impl<'a> ProgressLine<'a> {
    pub(super) fn on(terminal: &'a Terminal) -> Self {
        Self { line: StatusLine::on(terminal), drawn: None }
    }

    pub(super) fn show(&mut self, schedule: &Schedule, run: PlannedRun, benchmark: &Benchmark) {
        if !self.line.is_shown() {
            return;
        }
        let now = clock::now();
        let is_early = self.drawn.is_some_and(|drawn| now.saturating_duration_since(drawn) < PAUSE);
        if is_early {
            return;
        }
        self.drawn = Some(now);
        self.line.draw(&progress(schedule, run, benchmark));
    }
}
