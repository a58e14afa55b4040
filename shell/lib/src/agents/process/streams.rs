//! The standard streams of a process: two that are read and one that is written.

use std::future::pending;
use std::io::{self, ErrorKind};

use speckit_core::agents::consensus::{OutputReader, OutputReading};
use speckit_core::agents::gate::Stream;
use speckit_core::agents::process::capture::{Captured, Ring};
use speckit_core::agents::process::lines::LineSplitter;
use tokio::net::unix::pipe;

use super::{Job, OnLine};

/// How many bytes one system call reads or writes.
const CHUNK_BYTES: usize = 16 * 1024;
/// How many system calls a stream may do before others go on.
const CALLS: usize = 4;
/// How many it may do after the exit: enough for the largest default pipe of Linux (`pipe-max-size`, 1 MiB; pipe(7)) and its end.
const LAST_CALLS: usize = (1 << 20) / CHUNK_BYTES + 1;

/// The output of a process and its prompt.
pub(super) struct Streams {
    stdout: OutputStream,
    stderr: OutputStream,
    prompt: Option<Prompt>,
    on_line: OnLine,
}

struct OutputStream {
    stream: Stream,
    /// `None` once it has ended.
    pipe: Option<pipe::Receiver>,
    ring: Ring,
    reader: Option<OutputReader>,
    lines: LineSplitter,
}

struct Prompt {
    pipe: pipe::Sender,
    text: String,
    written_bytes: usize,
}

/// How far a stream got.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StreamProgress {
    /// There may be more to do at once.
    More,
    /// There is nothing to do for now.
    Blocked,
    /// It is closed.
    Closed,
}

impl Streams {
    /// Reads the output, keeps as much as the job wants, and writes the prompt.
    pub(super) fn new(
        stdout: pipe::Receiver,
        stderr: pipe::Receiver,
        prompt: Option<(pipe::Sender, String)>,
        job: &Job,
        on_line: OnLine,
    ) -> Self {
        let output = |stream, pipe, reader| OutputStream {
            stream,
            pipe: Some(pipe),
            ring: Ring::new(job.output_bytes),
            reader,
            lines: LineSplitter::default(),
        };
        Self {
            stdout: output(Stream::Stdout, stdout, Some(job.reader.clone())),
            stderr: output(Stream::Stderr, stderr, None),
            prompt: prompt.map(|(pipe, text)| Prompt { pipe, text, written_bytes: 0 }),
            on_line,
        }
    }

    /// Whether both output streams are closed.
    pub(super) fn are_closed(&self) -> bool {
        self.stdout.pipe.is_none() && self.stderr.pipe.is_none()
    }

    /// Ready when a stream can be read or written.
    pub(super) async fn ready(&mut self) {
        tokio::select! {
            biased;
            () = self.stdout.ready() => {}
            () = self.stderr.ready() => {}
            () = writable(&mut self.prompt) => {}
        }
    }

    /// Reads and writes without blocking, up to a limit. Whether there may be more to do at once.
    pub(super) fn take_turn(&mut self) -> bool {
        // On the stack, so that hundreds of waiting jobs need no buffers.
        let mut chunk = [0; CHUNK_BYTES];
        let stdout = self.stdout.read(CALLS, &mut chunk, &mut self.on_line, pipe::Receiver::try_read);
        let stderr = self.stderr.read(CALLS, &mut chunk, &mut self.on_line, pipe::Receiver::try_read);
        let prompt = self.prompt.as_mut().map_or(StreamProgress::Closed, Prompt::take_turn);
        if prompt == StreamProgress::Closed {
            self.prompt = None;
        }
        [stdout, stderr, prompt].contains(&StreamProgress::More)
    }

    /// Reads what the pipes hold, up to a limit. Whether both are closed then.
    ///
    /// Reads with system calls and not through the runtime, which may not have polled the pipes yet.
    pub(super) fn are_read_out(&mut self) -> bool {
        let mut chunk = [0; CHUNK_BYTES];
        for stream in [&mut self.stdout, &mut self.stderr] {
            stream.read(LAST_CALLS, &mut chunk, &mut self.on_line, |pipe, chunk| {
                Ok(rustix::io::read(pipe, chunk)?)
            });
        }
        self.are_closed()
    }

    /// The inodes of the output pipes that are open.
    pub(super) fn open_pipes(&self) -> Vec<u64> {
        let pipes = [&self.stdout, &self.stderr].map(|stream| stream.pipe.as_ref());
        let inode = |pipe: &pipe::Receiver| rustix::fs::fstat(pipe).ok().map(|stat| stat.st_ino);
        pipes.into_iter().flatten().filter_map(inode).collect()
    }

    /// Closes all streams.
    pub(super) fn leave(&mut self) {
        self.stdout.close(&mut self.on_line);
        self.stderr.close(&mut self.on_line);
        self.prompt = None;
    }

    /// The kept standard output and standard error, and what was read.
    pub(super) fn finish(mut self) -> (Captured, Captured, OutputReading) {
        self.leave();
        let reading = self.stdout.reader.map(OutputReader::finish).unwrap_or_default();
        (self.stdout.ring.finish(), self.stderr.ring.finish(), reading)
    }
}

impl OutputStream {
    async fn ready(&mut self) {
        match &self.pipe {
            Some(pipe) if pipe.readable().await.is_ok() => {}
            Some(_) => self.pipe = None,
            None => pending().await,
        }
    }

    fn read(
        &mut self,
        calls: usize,
        chunk: &mut [u8],
        on_line: &mut OnLine,
        read: impl Fn(&pipe::Receiver, &mut [u8]) -> io::Result<usize>,
    ) -> StreamProgress {
        for _ in 0..calls {
            let Some(pipe) = &self.pipe else { return StreamProgress::Closed };
            match read(pipe, chunk) {
                Ok(0) => self.close(on_line),
                Ok(length) => {
                    let bytes = chunk.get(..length).unwrap_or_default();
                    self.ring.push(bytes);
                    if let Some(reader) = &mut self.reader {
                        reader.push(bytes);
                    }
                    self.lines.push(bytes, &mut |line| on_line(self.stream, line));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return StreamProgress::Blocked,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.close(on_line),
            }
        }
        StreamProgress::More
    }

    /// Emits a last line without a line end.
    fn close(&mut self, on_line: &mut OnLine) {
        self.pipe = None;
        self.lines.finish(&mut |line| on_line(self.stream, line));
    }
}

async fn writable(prompt: &mut Option<Prompt>) {
    match prompt {
        Some(waiting) if waiting.pipe.writable().await.is_ok() => {}
        Some(_) => *prompt = None,
        None => pending().await,
    }
}

impl Prompt {
    /// A process may stop reading (EPIPE).
    fn take_turn(&mut self) -> StreamProgress {
        for _ in 0..CALLS {
            let rest = self.text.as_bytes().get(self.written_bytes..).unwrap_or_default();
            let chunk = rest.get(..CHUNK_BYTES).unwrap_or(rest);
            if chunk.is_empty() {
                return StreamProgress::Closed;
            }
            match self.pipe.try_write(chunk) {
                Ok(length) => self.written_bytes += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return StreamProgress::Blocked,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return StreamProgress::Closed,
            }
        }
        StreamProgress::More
    }
}
