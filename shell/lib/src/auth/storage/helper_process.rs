//! The door to the process of a credential helper: a secret on its standard input, at most 64 KiB of output, and 5 s.
#![expect(clippy::disallowed_methods, reason = "this module is the door to credential helpers")]

use std::io;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use speckit_core::tree::typed::Secret;

/// How long a helper may take.
pub(super) const HELPER_LIMIT: Duration = Duration::from_secs(5);

/// How a helper ended.
pub(super) struct HelperOutput {
    /// Its exit status; `None` if a signal ended it.
    pub(super) status: Option<i32>,
    pub(super) stdout: Secret<Vec<u8>>,
}

/// Why a helper did not end by itself.
#[derive(Debug)]
pub(super) enum HelperFailure {
    NotStarted(io::Error),
    Io(io::Error),
    TimedOut,
    TooLong,
}

/// Runs a helper, found in PATH. Its standard error is discarded, since it may repeat the secret.
pub(super) fn run_helper(program: &str, word: &str, input: &[u8]) -> Result<HelperOutput, HelperFailure> {
    let mut command = Command::new(program);
    command.arg(word).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    // A group of its own, so that all of it can be killed.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().map_err(HelperFailure::NotStarted)?;
    HelperProcess { child }.finish(input)
}

/// A running helper. Dropping it kills its group, unless it has exited.
struct HelperProcess {
    child: Child,
}

impl Drop for HelperProcess {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        #[cfg(unix)]
        crate::os::process_group::kill(rustix::process::Pid::from_child(&self.child));
        #[cfg(not(unix))]
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
mod unix {
    use std::io::{self, ErrorKind, Read, Write};
    use std::process::{ChildStdin, ChildStdout};
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::{Errno, ioctl_fionbio};
    use speckit_core::auth::token::helper::MAX_HELPER_BYTES;
    use speckit_core::tree::typed::Secret;

    use super::{HELPER_LIMIT, HelperFailure, HelperOutput, HelperProcess};
    use crate::os::clock;

    /// How long the exit is not looked for: a process that it left in the background may keep the output open.
    const PAUSE: Duration = Duration::from_millis(5);

    impl HelperProcess {
        /// Writes the input and reads the output until it exits.
        pub(super) fn finish(mut self, input: &[u8]) -> Result<HelperOutput, HelperFailure> {
            let started = clock::now();
            let mut stdin = self.child.stdin.take();
            let mut stdout = self.child.stdout.take();
            for fd in
                [stdin.as_ref().map(std::os::fd::AsFd::as_fd), stdout.as_ref().map(std::os::fd::AsFd::as_fd)]
            {
                fd.map_or(Ok(()), |fd| ioctl_fionbio(fd, true))
                    .map_err(|error| HelperFailure::Io(error.into()))?;
            }
            let mut rest = input;
            // It never grows, since that would leave a copy behind.
            let mut output = Vec::with_capacity(MAX_HELPER_BYTES + 1);
            let ended = loop {
                let exited = self.child.try_wait();
                let moved = write(&mut stdin, &mut rest).and_then(|()| read(&mut stdout, &mut output));
                match (moved, exited) {
                    (Err(error), _) | (_, Err(error)) => break Err(HelperFailure::Io(error)),
                    _ if output.len() > MAX_HELPER_BYTES => break Err(HelperFailure::TooLong),
                    // What it wrote before its exit is read.
                    (Ok(()), Ok(Some(status))) => break Ok(status.code()),
                    _ if clock::now().saturating_duration_since(started) >= HELPER_LIMIT => {
                        break Err(HelperFailure::TimedOut);
                    }
                    _ => {}
                }
                if let Err(error) = wait(stdin.as_ref(), stdout.as_ref()) {
                    break Err(HelperFailure::Io(error));
                }
            };
            let stdout = Secret::new(output);
            ended.map(|status| HelperOutput { status, stdout })
        }
    }

    /// Writes what fits into the pipe, and closes it at the end.
    fn write(stdin: &mut Option<ChildStdin>, rest: &mut &[u8]) -> io::Result<()> {
        while let Some(pipe) = stdin {
            match if rest.is_empty() { Ok(0) } else { pipe.write(rest) } {
                // A helper that reads no input gives the reason itself.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => *stdin = None,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(0) => *stdin = None,
                Ok(length) => *rest = rest.get(length..).unwrap_or_default(),
            }
        }
        Ok(())
    }

    /// Reads what is in the pipe, up to one byte more than is wanted.
    fn read(stdout: &mut Option<ChildStdout>, output: &mut Vec<u8>) -> io::Result<()> {
        while let Some(pipe) = stdout {
            let room = (MAX_HELPER_BYTES + 1).saturating_sub(output.len()) as u64;
            match pipe.take(room).read_to_end(output) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
                Ok(_) => *stdout = None,
            }
        }
        Ok(())
    }

    /// Waits until a pipe is ready, or a little while.
    fn wait(stdin: Option<&ChildStdin>, stdout: Option<&ChildStdout>) -> io::Result<()> {
        let stdin = stdin.map(|stdin| PollFd::new(stdin, PollFlags::OUT));
        let stdout = stdout.map(|stdout| PollFd::new(stdout, PollFlags::IN));
        let mut polled: Vec<PollFd<'_>> = stdin.into_iter().chain(stdout).collect();
        let pause = Timespec::try_from(PAUSE).ok();
        match poll(&mut polled, pause.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(not(unix))]
impl HelperProcess {
    /// Writes the input and reads the output until it exits. There is no time limit here.
    fn finish(mut self, input: &[u8]) -> Result<HelperOutput, HelperFailure> {
        use speckit_core::auth::token::helper::MAX_HELPER_BYTES;
        use std::io::{Read as _, Write as _};
        if let Some(mut stdin) = self.child.stdin.take() {
            // A helper that reads no input gives the reason itself.
            let _ = stdin.write_all(input);
        }
        let mut output = Vec::with_capacity(MAX_HELPER_BYTES + 1);
        let stdout = self.child.stdout.take();
        let read =
            stdout.map_or(Ok(0), |stdout| stdout.take(MAX_HELPER_BYTES as u64 + 1).read_to_end(&mut output));
        let stdout = Secret::new(output);
        read.map_err(HelperFailure::Io)?;
        if stdout.expose().len() > MAX_HELPER_BYTES {
            return Err(HelperFailure::TooLong);
        }
        let status = self.child.wait().map_err(HelperFailure::Io)?;
        Ok(HelperOutput { status: status.code(), stdout })
    }
}
