//! One run of a command, from its start to its end.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use rustix::process::Pid;
use speckit_core::agents::process::supervise::{Action, Input, Limits, StopCause, Supervisor};
use speckit_core::bench::{Outcome, RunRecord};

use super::child::{Usage, reap};
use crate::os::clock::{self, nanos};
use crate::os::process_group;

/// A run whose command is not reaped yet, so that the number of its process group cannot belong to another group: only to such a run are
/// signals sent.
#[derive(Debug)]
pub(super) struct Run {
    group: Pid,
    started: Instant,
    supervisor: Supervisor,
}

impl Run {
    /// The run of a command that was started at this time and leads a group.
    pub(super) fn new(group: Pid, started: Instant, limits: Limits) -> Self {
        Self { group, started, supervisor: Supervisor::new(limits) }
    }

    /// The time until the supervisor has to be given [`Input::Timer`].
    pub(super) fn time_left(&self) -> Option<Duration> {
        let deadline = self.supervisor.next_deadline()?;
        Some(deadline.saturating_sub(self.elapsed()))
    }

    /// Sends the signals that the supervisor decides on.
    pub(super) fn give(&mut self, input: Input) {
        let mut actions = self.supervisor.step(self.elapsed(), input);
        if actions.contains(&Action::CheckGroup) {
            // A command that was stopped has no result, so the rest of its group gets no time to save anything.
            actions = self.supervisor.step(self.elapsed(), Input::GroupEnded);
        }
        for action in actions {
            match action {
                Action::Terminate => process_group::terminate(self.group),
                Action::Kill => process_group::kill(self.group),
                // The end of the run reaps its command.
                Action::Reap => {}
                Action::CheckGroup | Action::KillEscaped | Action::StopReading | Action::Finish => {}
            }
        }
    }

    /// Kills the rest of the group of a command that has exited, and reaps the command; `None` if the run was stopped.
    pub(super) fn end(mut self) -> io::Result<Option<RunRecord>> {
        self.give(Input::LeaderEnded);
        let usage = reap(self.group)?;
        let elapsed = self.elapsed();
        Ok(match self.supervisor.cause() {
            Some(StopCause::Stopped) => None,
            cause => Some(record(elapsed, usage, cause == Some(StopCause::TimedOut))),
        })
    }

    fn elapsed(&self) -> Duration {
        clock::now().saturating_duration_since(self.started)
    }
}

fn record(elapsed: Duration, usage: Usage, is_timed_out: bool) -> RunRecord {
    let Usage { status, user, system, peak_bytes } = usage;
    RunRecord {
        outcome: Outcome { exit: status.code(), signal: status.signal(), timed_out: is_timed_out },
        elapsed_ns: nanos(elapsed),
        user_ns: Some(nanos(user)),
        system_ns: Some(nanos(system)),
        peak_rss_bytes: peak_bytes,
        last_line: None,
    }
}
