//! The three streams of a process, as this side sees them: two that are read and one that is written.

use std::future::pending;
use std::io::{self, ErrorKind};

use speckit_core::agents::consensus::{AnswerScanner, NoAnswer};
use speckit_core::agents::gate::Stream;
use speckit_core::agents::process::capture::{Captured, Ring};
use speckit_core::agents::process::lines::LineSplitter;
use tokio::net::unix::pipe;

use super::{Hear, Job};

/// How much is read or written with one call of the system.
const PIECE_BYTES: usize = 16 * 1024;
/// How many such calls a stream has in a turn.
const CALLS: usize = 4;
/// How many it has at last: what the largest pipe of Linux holds by default (`pipe-max-size`, 1 MiB; pipe(7)), and its end.
const LAST_CALLS: usize = (1 << 20) / PIECE_BYTES + 1;

/// What a process writes, and what it is told.
pub(super) struct Streams {
    stdout: Source,
    stderr: Source,
    prompt: Option<Prompt>,
    hear: Hear,
}

struct Source {
    stream: Stream,
    /// `None` once it has ended.
    pipe: Option<pipe::Receiver>,
    ring: Ring,
    scanner: Option<AnswerScanner>,
    lines: LineSplitter,
}

struct Prompt {
    pipe: pipe::Sender,
    text: String,
    written_bytes: usize,
}

/// What a stream did in its turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// There may be more to do at once.
    Cut,
    /// There is nothing more to do for now.
    Waits,
    /// It is over.
    Over,
}

impl Streams {
    /// Reads both, keeps of each what the job wants, and writes the prompt.
    pub(super) fn new(
        stdout: pipe::Receiver,
        stderr: pipe::Receiver,
        prompt: Option<(pipe::Sender, String)>,
        job: &Job,
        hear: Hear,
    ) -> Self {
        let source = |stream, pipe, scanner| Source {
            stream,
            pipe: Some(pipe),
            ring: Ring::new(job.output_bytes),
            scanner,
            lines: LineSplitter::default(),
        };
        Self {
            stdout: source(Stream::Stdout, stdout, job.scanner.clone()),
            stderr: source(Stream::Stderr, stderr, None),
            prompt: prompt.map(|(pipe, text)| Prompt { pipe, text, written_bytes: 0 }),
            hear,
        }
    }

    /// Whether there is nothing more to read.
    pub(super) fn are_closed(&self) -> bool {
        self.stdout.pipe.is_none() && self.stderr.pipe.is_none()
    }

    /// Is ready when one of them can go on.
    pub(super) async fn ready(&mut self) {
        tokio::select! {
            biased;
            () = self.stdout.ready() => {}
            () = self.stderr.ready() => {}
            () = writable(&mut self.prompt) => {}
        }
    }

    /// Reads and writes what can be without waiting, and not without end. Whether there may be more of it.
    pub(super) fn take_turn(&mut self) -> bool {
        // On the stack: hundreds of jobs wait with nothing in their hands.
        let mut piece = [0; PIECE_BYTES];
        let stdout = self.stdout.read(CALLS, &mut piece, &mut self.hear, pipe::Receiver::try_read);
        let stderr = self.stderr.read(CALLS, &mut piece, &mut self.hear, pipe::Receiver::try_read);
        let prompt = self.prompt.as_mut().map_or(Turn::Over, Prompt::take_turn);
        if prompt == Turn::Over {
            self.prompt = None;
        }
        [stdout, stderr, prompt].contains(&Turn::Cut)
    }

    /// Reads what is there, and not without end. Whether there is nothing more to read.
    ///
    /// The system is asked, and not the runtime: that may have had no time to ask it.
    pub(super) fn are_read_out(&mut self) -> bool {
        let mut piece = [0; PIECE_BYTES];
        for source in [&mut self.stdout, &mut self.stderr] {
            source.read(LAST_CALLS, &mut piece, &mut self.hear, |pipe, piece| {
                Ok(rustix::io::read(pipe, piece)?)
            });
        }
        self.are_closed()
    }

    /// Reads and writes no more.
    pub(super) fn leave(&mut self) {
        self.stdout.close(&mut self.hear);
        self.stderr.close(&mut self.hear);
        self.prompt = None;
    }

    /// What is kept of standard output and of standard error, and the answer.
    pub(super) fn finish(mut self) -> (Captured, Captured, Result<String, NoAnswer>) {
        self.leave();
        let answer = self.stdout.scanner.map_or(Err(NoAnswer::NoObject), AnswerScanner::finish);
        (self.stdout.ring.finish(), self.stderr.ring.finish(), answer)
    }
}

impl Source {
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
        piece: &mut [u8],
        hear: &mut Hear,
        read: impl Fn(&pipe::Receiver, &mut [u8]) -> io::Result<usize>,
    ) -> Turn {
        for _ in 0..calls {
            let Some(pipe) = &self.pipe else { return Turn::Over };
            match read(pipe, piece) {
                Ok(0) => self.close(hear),
                Ok(length) => {
                    let bytes = piece.get(..length).unwrap_or_default();
                    self.ring.push(bytes);
                    if let Some(scanner) = &mut self.scanner {
                        scanner.push(bytes);
                    }
                    self.lines.push(bytes, &mut |line| hear(self.stream, line));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Turn::Waits,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.close(hear),
            }
        }
        Turn::Cut
    }

    /// Tells a last line that nothing ends.
    fn close(&mut self, hear: &mut Hear) {
        self.pipe = None;
        self.lines.finish(&mut |line| hear(self.stream, line));
    }
}

async fn writable(prompt: &mut Option<Prompt>) {
    match prompt {
        Some(waits) if waits.pipe.writable().await.is_ok() => {}
        Some(_) => *prompt = None,
        None => pending().await,
    }
}

impl Prompt {
    /// A process that reads no more of it (EPIPE) is free to.
    fn take_turn(&mut self) -> Turn {
        for _ in 0..CALLS {
            let rest = self.text.as_bytes().get(self.written_bytes..).unwrap_or_default();
            let piece = rest.get(..PIECE_BYTES).unwrap_or(rest);
            if piece.is_empty() {
                return Turn::Over;
            }
            match self.pipe.try_write(piece) {
                Ok(length) => self.written_bytes += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Turn::Waits,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Turn::Over,
            }
        }
        Turn::Cut
    }
}
