//! Runs one command from its start to its end.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use speckit_core::agents::process::supervise::{Action, Input, Limits, StopCause, Supervisor};
use speckit_core::bench::{Outcome, RunRecord};

use super::child::{ChildEvent, MeasuredChild, Usage};
use super::stopper::CommandStopper;
use crate::os::clock::nanos;

/// Performs the actions of the supervisor until the child is reaped; `None` if the stopper ended it.
pub(super) fn run(
    mut child: MeasuredChild<'_>,
    limits: Limits,
    mut stopper: Option<&CommandStopper>,
) -> io::Result<Option<RunRecord>> {
    let mut supervisor = Supervisor::new(limits);
    loop {
        let event = child.wait(stopper, supervisor.next_deadline())?;
        let elapsed = child.elapsed();
        let input = match event {
            ChildEvent::Exited => Input::LeaderEnded,
            ChildEvent::TimeIsUp => Input::Timer,
            ChildEvent::Stopped => {
                stopper = None;
                Input::Stop
            }
        };
        let mut actions = supervisor.step(elapsed, input);
        if actions.contains(&Action::CheckGroup) {
            // A command that was stopped has no result, so the rest of its group gets no time to save anything.
            actions = supervisor.step(elapsed, Input::GroupEnded);
        }
        for action in actions {
            match action {
                Action::Terminate => child.terminate(),
                Action::Kill => child.kill(),
                Action::Reap => {
                    let usage = child.reap()?;
                    return Ok(match supervisor.cause() {
                        Some(StopCause::Stopped) => None,
                        cause => Some(record(child, elapsed, usage, cause == Some(StopCause::TimedOut))),
                    });
                }
                Action::CheckGroup | Action::KillEscaped | Action::StopReading | Action::Finish => {}
            }
        }
        if supervisor.is_finished() {
            return Err(io::Error::other("the system does not end it, although it was killed"));
        }
    }
}

fn record(child: MeasuredChild<'_>, elapsed: Duration, usage: Usage, is_timed_out: bool) -> RunRecord {
    let Usage { status, user, system, peak_bytes } = usage;
    let outcome = Outcome { exit: status.code(), signal: status.signal(), timed_out: is_timed_out };
    RunRecord {
        outcome,
        elapsed_ns: nanos(elapsed),
        user_ns: Some(nanos(user)),
        system_ns: Some(nanos(system)),
        peak_rss_bytes: peak_bytes,
        last_line: if outcome.is_success() { None } else { child.last_stderr_line() },
    }
}
