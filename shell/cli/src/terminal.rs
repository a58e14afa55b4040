//! The streams of the program: results on stdout, diagnostics on stderr.
//!
//! A text on its way to a stream is made visible here: a control character in it becomes an escape, whoever wrote it.
//! What the program draws itself ([`Terminal::draw`], colours of reports) is the exception.
#![expect(clippy::disallowed_methods, reason = "only this module writes to the program's streams")]

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::sync::atomic::{AtomicBool, Ordering};

use speckit_core::Diagnostic;
use speckit_core::config::redact::Masks;
use speckit_core::config::report::{Style, render};
use speckit_core::config::source::Language;
use speckit_core::text::visible_lines;

mod closed;
mod columns;
mod foreground;
mod full_screen;
mod json;
#[cfg(unix)]
mod key_decoder;
mod key_reader;
mod status_line;

pub(crate) use columns::columns;
pub(crate) use full_screen::{FullScreen, restore_modes};
pub(crate) use json::json_line;
pub(crate) use key_reader::KeyReader;
pub(crate) use status_line::StatusLine;

/// The longest answer that is read.
const MAX_ANSWER_BYTES: u64 = 1 << 10;

/// Writes to the program's streams, and knows how wide they are.
#[derive(Debug)]
pub(crate) struct Terminal {
    style: Style,
    can_move_cursor: bool,
    is_lost: AtomicBool,
    is_closed: AtomicBool,
}

impl Terminal {
    /// Diagnostics are coloured on a terminal that has colours, without `NO_COLOR`, and as wide as the terminal.
    pub(crate) fn new(no_color: bool, is_dumb: bool) -> Self {
        let has_color = io::stderr().is_terminal() && !no_color && !is_dumb;
        let width =
            terminal_size::terminal_size_of(io::stderr()).map_or(100, |(width, _)| usize::from(width.0));
        Self {
            style: Style { color: has_color, width },
            can_move_cursor: !is_dumb,
            is_lost: AtomicBool::default(),
            is_closed: AtomicBool::default(),
        }
    }

    /// Writes a result to stdout. A closed pipe is no error: its reader wants no more.
    pub(crate) fn result(&self, text: &str) {
        self.wrote(closed::stdout_error().map_or_else(|| write_all(io::stdout(), &visible_lines(text)), Err));
    }

    /// Writes a result that is a text of this language, and remains one.
    pub(crate) fn document(&self, text: &str, language: Language) {
        self.result(&json::document(text, language));
    }

    fn wrote(&self, outcome: io::Result<()>) {
        match outcome {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed.store(true, Ordering::Relaxed)
            }
            // Reported once, however many parts of the result there are.
            Err(error) if !self.is_lost.swap(true, Ordering::Relaxed) => {
                self.note(&format!("error: the result cannot be written: {error}\n"));
            }
            Err(_) | Ok(()) => {}
        }
    }

    /// Whether stdout takes no more: it is a closed pipe, or a write failed.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed) || self.is_lost()
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

    /// Whether to use colours.
    pub(crate) fn has_color(&self) -> bool {
        self.style.color
    }

    /// Whether a result, or a part of one, could not be written.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// Writes a result as one JSON document on one line.
    pub(crate) fn json(&self, document: &impl serde::Serialize) {
        match json_line(document) {
            Ok(line) => self.result(&line),
            Err(error) => self.note(&format!("error: {error}\n")),
        }
    }

    /// Writes a note or an error to stderr.
    pub(crate) fn note(&self, text: &str) {
        // There is no other stream to report a failure on.
        let _ = self.draw(&visible_lines(text));
    }

    /// Writes to stderr as it is, with the control sequences in it.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn draw(&self, text: &str) -> io::Result<()> {
        write_all(io::stderr(), text)
    }

    /// Writes a usage error, or the help or the version.
    pub(crate) fn usage(&self, error: &clap::Error) {
        match closed::stdout_error() {
            Some(closed) if !error.use_stderr() => self.wrote(Err(closed)),
            _ if error.use_stderr() => drop(error.print()),
            _ => self.wrote(error.print()),
        }
    }

    /// Writes a report of the diagnostics to stderr, unless there are none.
    pub(crate) fn report(&self, diagnostics: &[Diagnostic], masks: &Masks) {
        if !diagnostics.is_empty() {
            // Its texts are visible; the rest is colours.
            let _ = self.draw(&(render(diagnostics, masks, self.style) + "\n"));
        }
    }
}

fn write_all(mut stream: impl io::Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
}
