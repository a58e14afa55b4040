//! The streams of the program: results on stdout, diagnostics on stderr.
//!
//! A text on its way to a stream is made visible here: a control character in it becomes an escape, whoever wrote it.
//! What the program draws itself ([`Terminal::draw`], colours of reports) is the exception.
#![expect(clippy::disallowed_methods, reason = "only this module writes to the program's streams")]

use std::io::{self, IsTerminal as _, Read as _};
use std::sync::atomic::{AtomicBool, Ordering};

use speckit_core::Diagnostic;
use speckit_core::config::redact::Masks;
use speckit_core::config::report::{Style, render};
use speckit_core::config::source::Language;
use speckit_core::text::visible_lines;

mod closed;
mod columns;
mod json;
mod status_line;

pub(crate) use columns::columns;
pub(crate) use json::json_line;
pub(crate) use status_line::StatusLine;

/// Writes to the program's streams, and knows how wide they are.
#[derive(Debug)]
pub(crate) struct Terminal {
    style: Style,
    is_lost: AtomicBool,
    is_closed: AtomicBool,
}

impl Terminal {
    /// Diagnostics are coloured on a terminal without `NO_COLOR`, and as wide as the terminal.
    pub(crate) fn new(no_color: bool) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let width =
            terminal_size::terminal_size_of(io::stderr()).map_or(100, |(width, _)| usize::from(width.0));
        Self {
            style: Style { color: is_terminal && !no_color, width },
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

    /// Whether both stdin and stdout are terminals.
    pub(crate) fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// Whether stdout is a terminal, so that a person sees the results.
    pub(crate) fn shows_results(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Whether stderr is a terminal, on which progress can be shown.
    pub(crate) fn shows_progress(&self) -> bool {
        io::stderr().is_terminal()
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
        self.draw(&visible_lines(text));
    }

    /// Writes to stderr as it is, with the control sequences in it.
    pub(crate) fn draw(&self, text: &str) {
        // There is no other stream to report a failure on.
        let _ = write_all(io::stderr(), text);
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
            self.draw(&(render(diagnostics, masks, self.style) + "\n"));
        }
    }
}

fn write_all(mut stream: impl io::Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
}
