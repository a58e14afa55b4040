//! Starts a process, or says why it cannot.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to processes")]

use std::io::{self, ErrorKind, PipeReader, PipeWriter};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use speckit_core::agents::gate::{CommandLine, Ending};
use tokio::net::unix::pipe;

use super::leader::{Leader, reap_orphans};
use super::streams::Streams;
use super::{Job, OnLine, ProcessManager};
use crate::agents::guard::ATTEMPT_VARIABLE;
use crate::os::entropy;
use crate::os::session::in_own_session;
use crate::os::start_error::start_error;
use crate::retry::RetryClassifiable;

/// Starts a job. Its pipes are created and registered with the runtime first, so that every started process can be followed.
///
/// # Errors
/// [`Ending::NotStarted`]; then no process is left.
pub(super) fn start(
    job: &Job,
    on_line: OnLine,
    manager: ProcessManager,
) -> Result<(Leader, Streams), Ending> {
    reap_orphans();
    let CommandLine { program, args, stdin, withheld, environment, .. } = &job.command;
    let mut command = Command::new(program);
    command.args(args);
    in_own_session(&mut command);
    for variable in withheld {
        command.env_remove(variable);
    }
    for (variable, value) in environment {
        command.env(variable, value.expose());
    }
    if let Some(guard) = &manager.guard {
        let (name, value) = guard.mark();
        command.env(name, value);
    }
    let mark = attempt_mark();
    command.env(ATTEMPT_VARIABLE, &mark);
    let streams = piped(&mut command, job, stdin.clone(), on_line).map_err(|error| Ending::NotStarted {
        class: error.classify(),
        reason: format!("no pipes can be created for `{program}`: {error}"),
    })?;
    let child = command
        .spawn()
        .map_err(|error| Ending::NotStarted { class: error.classify(), reason: reason(program, &error) })?;
    // Closes this side's copies of the child's ends.
    drop(command);
    Ok((Leader::of(child, (!manager.spares_detached).then_some(mark), manager.guard), streams))
}

/// A text that only the processes of one attempt have in their environment.
fn attempt_mark() -> String {
    let random = entropy::seed().stream("agents/attempt").up_to(u64::MAX);
    format!("{}-{random:016x}", std::process::id())
}

/// Connects the standard streams of a command to pipes.
fn piped(command: &mut Command, job: &Job, prompt: Option<String>, on_line: OnLine) -> io::Result<Streams> {
    let (stdout, its_stdout) = readable()?;
    let (stderr, its_stderr) = readable()?;
    command.stdout(its_stdout).stderr(its_stderr);
    let prompt = match prompt {
        Some(prompt) => {
            let (its_stdin, stdin) = io::pipe()?;
            command.stdin(its_stdin);
            Some((pipe::Sender::from_owned_fd(OwnedFd::from(stdin))?, prompt))
        }
        None => {
            command.stdin(Stdio::null());
            None
        }
    };
    Ok(Streams::new(stdout, stderr, prompt, job, on_line))
}

fn readable() -> io::Result<(pipe::Receiver, PipeWriter)> {
    let (reader, writer): (PipeReader, PipeWriter) = io::pipe()?;
    Ok((pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?, writer))
}

/// Why the program of an agent was not started, and what to do about it.
fn reason(program: &str, error: &io::Error) -> String {
    let reason = start_error(program, error);
    match error.kind() {
        ErrorKind::ArgumentListTooLong => {
            format!("{reason}: have it read the prompt from its standard input (`stdin = \"prompt\"`)")
        }
        _ => reason,
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;
    use speckit_core::retry::ErrorClass;

    use super::*;

    #[test]
    fn a_full_system_is_retryable_and_named_in_the_reason() {
        for (code, words) in [
            (Errno::AGAIN, "no more processes may run"),
            (Errno::MFILE, "cannot be started"),
            (Errno::TXTBSY, "cannot be started"),
        ] {
            let error = io::Error::from(code);
            assert_eq!(error.classify(), ErrorClass::Retryable, "{error}");
            assert!(reason("agent", &error).contains(words), "{error}");
        }
        for code in [Errno::NOENT, Errno::ACCESS, Errno::TOOBIG, Errno::NOEXEC] {
            assert_eq!(io::Error::from(code).classify(), ErrorClass::Permanent, "{code}");
        }
    }
}
