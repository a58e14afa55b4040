//! The standard error of a measured command.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to measured processes")]

use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::io::ioctl_fionbio;

use super::last_line::LastLine;

/// How many bytes one system call reads.
const CHUNK_BYTES: usize = 16 << 10;
/// How many chunks are read after the exit: enough for the largest default pipe of Linux (`pipe-max-size`, 1 MiB; pipe(7)) and its end.
const LAST_CHUNKS: usize = (1 << 20) / CHUNK_BYTES + 1;

/// The pipe that the runs of a command write their standard error to, one after another.
#[derive(Debug)]
pub(super) struct StderrPipe {
    reader: PipeReader,
    last_line: LastLine,
    /// Whether nothing went wrong with the reader.
    is_readable: bool,
}

impl StderrPipe {
    /// A pipe, and the end that runs write to. It must stay open during a run: the end of the pipe would wake this process while the
    /// command exits, which would delay its exit.
    pub(super) fn new() -> io::Result<(Self, PipeWriter)> {
        let (reader, writer) = io::pipe()?;
        ioctl_fionbio(&reader, true)?;
        Ok((Self { reader, last_line: LastLine::default(), is_readable: true }, writer))
    }

    /// Prepares for another run. `false` if the pipe has to be replaced, since it holds something of the run before.
    pub(super) fn is_fresh(&mut self) -> bool {
        self.last_line = LastLine::default();
        let held = self.reader.read(&mut [0]);
        self.is_readable && held.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// What to poll; `None` once it cannot be read.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.is_readable.then(|| self.reader.as_fd())
    }

    /// Reads a chunk, if there is one.
    pub(super) fn read(&mut self) {
        self.read_chunks(1);
    }

    /// The last line, with what the pipe still holds.
    pub(super) fn finish(&mut self) -> Option<String> {
        self.read_chunks(LAST_CHUNKS);
        std::mem::take(&mut self.last_line).finish()
    }

    fn read_chunks(&mut self, most: usize) {
        let mut chunk = [0; CHUNK_BYTES];
        for _ in 0..most {
            if !self.is_readable {
                return;
            }
            match self.reader.read(&mut chunk) {
                Ok(length @ 1..) => self.last_line.push(chunk.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Ok(0) | Err(_) => self.is_readable = false,
            }
        }
    }
}
