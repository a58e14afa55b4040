//! The terminal of the program: what it can show, and what a person types. [`Output`] writes to its streams.
#![expect(clippy::disallowed_methods, reason = "only this module asks the program's streams")]

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::ops::Deref;

use speckit::internal::output::Output;

mod foreground;
mod full_screen;
#[cfg(unix)]
mod key_decoder;
mod key_reader;
mod option_helps;
mod status_line;

pub(crate) use full_screen::{FullScreen, restore_modes};
pub(crate) use key_reader::KeyReader;
pub(crate) use speckit::internal::output::json_line;
pub(crate) use status_line::StatusLine;

/// The longest answer that is read.
const MAX_ANSWER_BYTES: u64 = 1 << 10;

/// The program's streams, and what the terminal can do that they may be.
#[derive(Debug)]
pub(crate) struct Terminal {
    output: Output,
    can_move_cursor: bool,
}

impl Deref for Terminal {
    type Target = Output;

    fn deref(&self) -> &Output {
        &self.output
    }
}

impl Terminal {
    /// The terminal of this process.
    pub(crate) fn new(no_color: bool, is_dumb: bool) -> Self {
        let output = Output::new(no_color, is_dumb).with_helps(option_helps::with_options);
        Self { output, can_move_cursor: !is_dumb }
    }

    /// The same with results that are JSON documents, or are not.
    pub(crate) fn with_json(self, is_json: bool) -> Self {
        Self { output: self.output.with_json(is_json), ..self }
    }

    /// Whether a screen can be shown on stdout, and keys can be read from stdin. A background job can do neither.
    pub(crate) fn shows_screen(&self) -> bool {
        let has_terminals = io::stdin().is_terminal() && io::stdout().is_terminal();
        has_terminals && self.can_move_cursor && foreground::keyboard()
    }

    /// Whether stdout is a terminal, so that a person sees the results.
    pub(crate) fn shows_results(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Whether stderr is a terminal, so that a person sees the notes.
    pub(crate) fn shows_notes(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Whether stderr is a terminal that can overwrite what was written.
    pub(crate) fn shows_progress(&self) -> bool {
        self.shows_notes() && self.can_move_cursor
    }

    /// Whether this is no background job, whose progress would be written over the command line of a shell.
    pub(crate) fn is_in_foreground(&self) -> bool {
        foreground::progress()
    }

    /// The width of results in characters: that of the terminal, else 80.
    pub(crate) fn columns(&self) -> usize {
        terminal_size::terminal_size_of(io::stdout()).map_or(80, |(width, _)| usize::from(width.0))
    }

    /// The columns and rows for progress on stderr.
    pub(crate) fn room(&self) -> (usize, usize) {
        terminal_size::terminal_size_of(io::stderr())
            .map_or((80, 24), |(width, height)| (usize::from(width.0), usize::from(height.0)))
    }

    /// The standard input until its end, and no more than `limit_bytes + 1` bytes of it.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn input(&self, limit_bytes: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io::stdin().lock().take(limit_bytes as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Whether a person can be asked: stdin and stderr are terminals.
    pub(crate) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks on stderr, and returns the line that is typed; nothing at the end of the input.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn answer(&self, question: &str) -> io::Result<String> {
        self.note(question);
        let mut line = Vec::new();
        io::stdin().lock().take(MAX_ANSWER_BYTES).read_until(b'\n', &mut line)?;
        Ok(String::from_utf8_lossy(&line).into_owned())
    }
}
