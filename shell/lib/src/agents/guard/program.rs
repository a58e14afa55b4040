//! The guarded program's side: the process that it holds, and what it tells it.
#![expect(
    clippy::disallowed_methods,
    reason = "this module starts the guard, as the program that runs, and ends it"
)]

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use speckit_core::agents::process::guard::GuardMessage;

use super::{ARGUMENT, READY, VARIABLE};
use crate::os::clock;

/// How long a guard may take to listen, on a machine that has much to do.
const UNTIL_READY: Duration = Duration::from_secs(5);
/// How long it may take to end after the farewell: longer than it tries to kill what is left.
const UNTIL_ENDED: Duration = Duration::from_secs(3);
/// What waits here for a guard that does not read, at most, beside what the pipe holds. It is some thousand lines.
const MOST_BYTES: usize = 1 << 16;

/// A guard that was started, and is ended when this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    child: Child,
    /// `None` once there is nobody to be told.
    lines: Option<ChildStdin>,
    /// What the pipe had no room for.
    waiting: Vec<u8>,
    /// The guard writes nothing here once it is ready: the end of it is the guard's.
    end: ChildStdout,
    failure: Failure,
}

/// What is known of the guard's end.
#[derive(Debug)]
enum Failure {
    None,
    Untold(String),
    Told,
}

/// Tells whether this process was started as a guard.
pub(super) fn is_asked() -> bool {
    let mut arguments = std::env::args_os().skip(1);
    arguments.next().is_some_and(|argument| argument == ARGUMENT) && arguments.next().is_none()
}

impl Held {
    pub(super) fn start(mark: &str) -> io::Result<Self> {
        if is_asked() {
            return Err(io::Error::other(
                "this process was started as a guard: `main` has to call `become_guard_if_asked` before it starts one",
            ));
        }
        let mut child = Command::new(program()?)
            .arg0(super::keeper::NAME)
            .arg(ARGUMENT)
            // A guard in an agent of another guarded program is no agent: it ends its own when that program is killed.
            .env_remove(VARIABLE)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(lines), Some(end)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the guard has no pipes"));
        };
        let mut held = Self { child, lines: Some(lines), waiting: Vec::new(), end, failure: Failure::None };
        held.await_ready()?;
        held.say(GuardMessage::Mark(mark));
        Ok(held)
    }

    /// A program that does not become a guard is ended with the error.
    fn await_ready(&mut self) -> io::Result<()> {
        if let Some(lines) = &self.lines {
            rustix::io::ioctl_fionbio(lines, true)?;
        }
        if self.says_ready() {
            return Ok(());
        }
        self.kill();
        Err(io::Error::other(
            "this program, started as a guard, did not become one: `main` has to call `become_guard_if_asked` before anything else",
        ))
    }

    /// Whether the first that it says is that, in time.
    fn says_ready(&mut self) -> bool {
        let begun = clock::now();
        let mut rest = READY;
        while let Some(expected) = rest.first() {
            let left = UNTIL_READY.saturating_sub(clock::now().saturating_duration_since(begun));
            let mut byte = [0];
            // One that can be read is read without waiting.
            let is_next = is_readable_within(&self.end, left) && self.end.read_exact(&mut byte).is_ok();
            if !is_next || byte != [*expected] {
                return false;
            }
            rest = rest.get(1..).unwrap_or_default();
        }
        true
    }

    /// Tells the guard something, now or with the next line. It never waits.
    pub(super) fn say(&mut self, line: GuardMessage<'_>) {
        if self.lines.is_some() {
            // Writing into memory does not fail.
            let _ = write!(self.waiting, "{line}");
            self.write();
            if self.waiting.len() > MOST_BYTES {
                self.give_up("it does not read what it is told");
            }
        }
    }

    fn write(&mut self) {
        while let Some(lines) = &mut self.lines
            && !self.waiting.is_empty()
        {
            match lines.write(&self.waiting) {
                Ok(written) => drop(self.waiting.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => return self.give_up(&error.to_string()),
            }
        }
    }

    /// Why the guard is no more, told once.
    pub(super) fn failure(&mut self) -> Option<String> {
        if self.lines.is_some() && is_readable_within(&self.end, Duration::ZERO) {
            self.give_up("it is gone");
        }
        match std::mem::replace(&mut self.failure, Failure::Told) {
            Failure::Untold(why) => Some(why),
            Failure::None => {
                self.failure = Failure::None;
                None
            }
            Failure::Told => None,
        }
    }

    /// The guard is ended before its pipe closes, since it would take that for the end of this process.
    fn give_up(&mut self, why: &str) {
        let status = self.kill().map_or_else(String::new, |status| format!(", {status}"));
        self.lines = None;
        self.waiting = Vec::new();
        self.failure = Failure::Untold(format!(
            "the guard of the agents has ended ({why}{status}): if this program is killed, they go on; \
             start it again to have them guarded"
        ));
    }

    /// How it ended, where nobody else has reaped it.
    fn kill(&mut self) -> Option<ExitStatus> {
        // One that has ended by itself cannot be killed.
        let _ = self.child.kill();
        self.child.wait().ok()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.say(GuardMessage::Exiting);
        if !self.waiting.is_empty() {
            // It is stopped, or it would have read: it would not hear the farewell, and must not see the end without it.
            self.kill();
        }
        self.lines = None;
        is_readable_within(&self.end, UNTIL_ENDED);
        self.kill();
    }
}

/// Waits until there is something to be read, or nobody who could write it.
fn is_readable_within(stream: &ChildStdout, wait: Duration) -> bool {
    let begun = clock::now();
    loop {
        let left = wait.saturating_sub(clock::now().saturating_duration_since(begun));
        let Ok(timeout) = Timespec::try_from(left) else { return false };
        match poll(&mut [PollFd::new(stream, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => return ready > 0,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

/// The program of this process. On Linux it is the one that runs, even where its file was replaced or deleted meanwhile.
fn program() -> io::Result<OsString> {
    if cfg!(target_os = "linux") {
        return Ok("/proc/self/exe".into());
    }
    std::env::current_exe().map(Into::into)
}
