//! The guard process as the guarded program sees it.
#![expect(clippy::disallowed_methods, reason = "this module starts and ends the guard process")]

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use speckit_core::agents::process::guard::GuardMessage;

use super::{ARGUMENT, ATTEMPT_VARIABLE, READY, VARIABLE};
use crate::os::clock;

/// How long a guard may take to start on a busy machine.
const UNTIL_READY: Duration = Duration::from_secs(5);
/// How long it may take to exit after the farewell: longer than it tries to kill processes.
const UNTIL_ENDED: Duration = Duration::from_secs(3);
/// How many bytes may wait for a guard that does not read, beside those in the pipe: some thousand lines.
const MAX_BYTES: usize = 1 << 16;

/// A running guard; dropping this ends it.
#[derive(Debug)]
pub(super) struct GuardProcess {
    child: Child,
    /// `None` once the guard has ended.
    lines: Option<ChildStdin>,
    /// Bytes that did not fit into the pipe.
    waiting: Vec<u8>,
    /// The guard writes nothing here after it is ready, so the end of this stream is its exit.
    stdout: ChildStdout,
    failure: GuardFailure,
}

/// Whether the guard has failed.
#[derive(Debug)]
enum GuardFailure {
    None,
    Unreported(String),
    Reported,
}

/// Whether this process was started as a guard.
pub(super) fn is_guard() -> bool {
    let mut arguments = std::env::args_os().skip(1);
    arguments.next().is_some_and(|argument| argument == ARGUMENT) && arguments.next().is_none()
}

impl GuardProcess {
    pub(super) fn start(mark: &str) -> io::Result<Self> {
        if is_guard() {
            return Err(io::Error::other(
                "this process was started as a guard: `main` has to call `become_guard_if_asked` before it starts one",
            ));
        }
        let mut child = Command::new(program()?)
            .arg0(super::keeper::NAME)
            .arg(ARGUMENT)
            // The guard of an agent that is guarded itself is not an agent: it must outlive its program.
            .env_remove(VARIABLE)
            .env_remove(ATTEMPT_VARIABLE)
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(lines), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the guard has no pipes"));
        };
        let mut guard =
            Self { child, lines: Some(lines), waiting: Vec::new(), stdout, failure: GuardFailure::None };
        guard.await_ready()?;
        guard.send(GuardMessage::Mark(mark));
        Ok(guard)
    }

    /// Ends a program that does not become a guard.
    fn await_ready(&mut self) -> io::Result<()> {
        if let Some(lines) = &self.lines {
            rustix::io::ioctl_fionbio(lines, true)?;
        }
        if self.is_ready_in_time() {
            return Ok(());
        }
        self.kill();
        Err(io::Error::other(
            "this program, started as a guard, did not become one: `main` has to call `become_guard_if_asked` before anything else",
        ))
    }

    fn is_ready_in_time(&mut self) -> bool {
        let started = clock::now();
        let mut rest = READY;
        while let Some(expected) = rest.first() {
            let left = UNTIL_READY.saturating_sub(clock::now().saturating_duration_since(started));
            let mut byte = [0];
            // A readable byte is read without blocking.
            let is_next = is_readable_within(&self.stdout, left) && self.stdout.read_exact(&mut byte).is_ok();
            if !is_next || byte != [*expected] {
                return false;
            }
            rest = rest.get(1..).unwrap_or_default();
        }
        true
    }

    /// Sends a line to the guard, now or with the next line. Never blocks.
    pub(super) fn send(&mut self, message: GuardMessage<'_>) {
        if self.lines.is_some() {
            // Writing into memory does not fail.
            let _ = write!(self.waiting, "{message}");
            self.write();
            if self.waiting.len() > MAX_BYTES {
                self.give_up("it does not read its input");
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

    /// Why the guard has ended; reported once.
    pub(super) fn failure(&mut self) -> Option<String> {
        if self.lines.is_some() && is_readable_within(&self.stdout, Duration::ZERO) {
            self.give_up("it is gone");
        }
        if !matches!(self.failure, GuardFailure::Unreported(_)) {
            return None;
        }
        match std::mem::replace(&mut self.failure, GuardFailure::Reported) {
            GuardFailure::Unreported(why) => Some(why),
            GuardFailure::None | GuardFailure::Reported => None,
        }
    }

    /// Ends the guard before its pipe closes, because it would take that for the end of this process.
    fn give_up(&mut self, why: &str) {
        let status = self.kill().map_or_else(String::new, |status| format!(", {status}"));
        self.lines = None;
        self.waiting = Vec::new();
        self.failure = GuardFailure::Unreported(format!(
            "the guard of the agents has ended ({why}{status}): if this program is killed, they go on; \
             start it again to have them guarded"
        ));
    }

    /// Its exit status, if nothing else has reaped it.
    fn kill(&mut self) -> Option<ExitStatus> {
        // It may have exited by itself.
        let _ = self.child.kill();
        self.child.wait().ok()
    }
}

impl Drop for GuardProcess {
    fn drop(&mut self) {
        self.send(GuardMessage::Exiting);
        if !self.waiting.is_empty() {
            // It does not read, so it would see the end of the pipe without the farewell.
            self.kill();
        }
        self.lines = None;
        is_readable_within(&self.stdout, UNTIL_ENDED);
        self.kill();
    }
}

/// Waits until the stream is readable or closed.
fn is_readable_within(stream: &ChildStdout, wait: Duration) -> bool {
    let started = clock::now();
    loop {
        let left = wait.saturating_sub(clock::now().saturating_duration_since(started));
        let Ok(timeout) = Timespec::try_from(left) else { return false };
        match poll(&mut [PollFd::new(stream, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => return ready > 0,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

/// The program of this process; on Linux even if its file was replaced or deleted.
fn program() -> io::Result<OsString> {
    if cfg!(target_os = "linux") {
        return Ok("/proc/self/exe".into());
    }
    std::env::current_exe().map(Into::into)
}
