//! Runs one command from its start to its end.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use speckit_core::agents::process::supervise::{Action, Input, Limits, StopCause, Supervisor};

use super::child::{ChildEvent, MeasuredChild, Usage};
use super::stopper::CommandStopper;
use super::{CommandEnd, CommandRun};

/// Performs the actions of the supervisor until the child is reaped.
pub(super) fn run(
    mut child: MeasuredChild,
    limits: Limits,
    mut stopper: Option<&CommandStopper>,
) -> io::Result<CommandRun> {
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
        for action in supervisor.step(elapsed, input) {
            match action {
                Action::Terminate => child.terminate(),
                Action::Kill => child.kill(),
                Action::Reap => {
                    let usage = child.reap()?;
                    return Ok(measured(child, elapsed, usage, supervisor.cause()));
                }
                Action::StopReading | Action::Finish => {}
            }
        }
        if supervisor.is_finished() {
            return Err(io::Error::other("the system does not end it, although it was killed"));
        }
    }
}

fn measured(child: MeasuredChild, elapsed: Duration, usage: Usage, cause: Option<StopCause>) -> CommandRun {
    let end = match cause {
        Some(StopCause::TimedOut) => CommandEnd::TimedOut,
        Some(StopCause::Stopped) => CommandEnd::Stopped,
        None => end_of(usage.status),
    };
    let Usage { user, system, peak_memory, .. } = usage;
    let last_stderr_line = if end.is_success() { None } else { child.last_stderr_line() };
    CommandRun { elapsed, user, system, peak_memory, end, last_stderr_line }
}

/// A status without an exit code has a signal.
fn end_of(status: ExitStatus) -> CommandEnd {
    match status.code() {
        Some(code) => CommandEnd::Exited { code },
        None => CommandEnd::Signalled { signal: status.signal().unwrap_or_default() },
    }
}
