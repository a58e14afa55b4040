//! Starts a process, or says why it cannot.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to processes")]

use std::io::{self, ErrorKind, PipeReader, PipeWriter};
use std::os::fd::OwnedFd;

use speckit_core::agents::gate::{CommandLine, Ending};
use tokio::net::unix::pipe;

use super::leader::{Leader, reap_orphans};
use super::streams::Streams;
use super::{Job, OnLine, ProcessManager};
use crate::agents::guard::ATTEMPT_VARIABLE;
use crate::os::session::{Program, spawn_in_session};
use crate::os::start_error::start_error;
use crate::os::{documents, entropy};
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
    let (mark, guard_mark) = (attempt_mark(), manager.guard.as_ref().map(|guard| guard.mark()));
    let withheld = withheld.iter().map(|variable| (variable.as_str(), None));
    let secrets =
        environment.iter().map(|(variable, value)| (variable.as_str(), Some(value.expose().as_str())));
    let marks = guard_mark.iter().map(|(variable, value)| (variable.as_str(), Some(value.as_str())));
    let marks = marks.chain([(ATTEMPT_VARIABLE, Some(mark.as_str()))]);
    let variables = withheld.chain(secrets).chain(marks).collect();
    let to_start = Program { name: program, arguments: args, variables };
    let (streams, its_streams) =
        connected(job, stdin.clone(), on_line).map_err(|error| Ending::NotStarted {
            class: error.classify(),
            reason: format!("no pipes can be created for `{program}`: {error}"),
        })?;
    let pid = spawn_in_session(&to_start, its_streams)
        .map_err(|error| Ending::NotStarted { class: error.classify(), reason: reason(program, &error) })?;
    Ok((Leader::of(pid, (!manager.spares_detached).then_some(mark), manager.guard), streams))
}

/// A text that only the processes of one attempt have in their environment.
fn attempt_mark() -> String {
    let random = entropy::seed().stream("agents/attempt").up_to(u64::MAX);
    format!("{}-{random:016x}", std::process::id())
}

/// Creates the pipes of a job: this side's ends, and the standard streams of its process.
fn connected(job: &Job, prompt: Option<String>, on_line: OnLine) -> io::Result<(Streams, [OwnedFd; 3])> {
    let (stdout, its_stdout) = readable()?;
    let (stderr, its_stderr) = readable()?;
    let (prompt, its_stdin) = match prompt {
        Some(prompt) => {
            let (its_stdin, stdin) = io::pipe()?;
            (Some((pipe::Sender::from_owned_fd(OwnedFd::from(stdin))?, prompt)), OwnedFd::from(its_stdin))
        }
        None => (None, OwnedFd::from(documents::null_device()?)),
    };
    let its_streams = [its_stdin, its_stdout.into(), its_stderr.into()];
    Ok((Streams::new(stdout, stderr, prompt, job, on_line), its_streams))
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
