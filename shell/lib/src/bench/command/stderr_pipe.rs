//! The standard error of a measured command.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to measured processes")]

use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read as _};

use rustix::io::ioctl_fionbio;

use super::last_line::LastLine;

/// How many bytes one system call reads.
const CHUNK_BYTES: usize = 16 << 10;
/// How many chunks are read after the exit: enough for the largest default pipe of Linux (`pipe-max-size`, 1 MiB; pipe(7)) and its end.
const LAST_CHUNKS: usize = (1 << 20) / CHUNK_BYTES + 1;

/// A pipe that the runs of a command write their standard error to, one after another, and the end that they write to.
///
/// That end must stay open during a run: the end of the pipe would wake this process while the command exits, which would delay its exit.
pub(super) fn stderr_pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    ioctl_fionbio(&reader, true)?;
    Ok((reader, writer))
}

/// What was read from the pipe.
#[derive(Debug)]
pub(super) struct StderrText {
    last_line: LastLine,
    /// Kept, since clearing one for each run would take longer than to find the pipe empty.
    chunk: Box<[u8]>,
    /// Whether nothing went wrong with the pipe.
    is_readable: bool,
    /// Whether a run has ended, and none has begun since.
    is_between_runs: bool,
    /// Whether something came between two runs: from a process that a run has left in a session of its own.
    has_foreign_text: bool,
}

impl StderrText {
    /// A text that is ready for a run.
    pub(super) fn new() -> Self {
        Self {
            last_line: LastLine::default(),
            chunk: vec![0; CHUNK_BYTES].into(),
            is_readable: true,
            is_between_runs: false,
            has_foreign_text: false,
        }
    }

    /// Whether the pipe can be read.
    pub(super) fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// Prepares for another run. `false` if the pipe has to be replaced, since another process has written to it after the last run.
    pub(super) fn begin_run(&mut self, pipe: &PipeReader) -> bool {
        self.read(pipe);
        self.is_between_runs = false;
        self.last_line = LastLine::default();
        self.is_readable && !self.has_foreign_text
    }

    /// Reads what the pipe still holds of a run that has ended.
    pub(super) fn end_run(&mut self, pipe: &PipeReader) {
        for _ in 0..LAST_CHUNKS {
            if !self.read(pipe) {
                break;
            }
        }
        self.is_between_runs = true;
    }

    /// The last line of the run that has ended.
    pub(super) fn take_last_line(&mut self) -> Option<String> {
        std::mem::take(&mut self.last_line).finish()
    }

    /// Reads a chunk; whether there was one.
    pub(super) fn read(&mut self, mut pipe: &PipeReader) -> bool {
        match pipe.read(&mut self.chunk) {
            Ok(length @ 1..) => {
                self.has_foreign_text |= self.is_between_runs;
                if !self.is_between_runs {
                    self.last_line.push(self.chunk.get(..length).unwrap_or_default());
                }
                true
            }
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => false,
            Ok(0) | Err(_) => {
                self.is_readable = false;
                false
            }
        }
    }
}
