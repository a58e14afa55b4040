//! The door to the streams of the program: results to stdout, diagnostics to stderr.
#![expect(clippy::disallowed_methods, reason = "this module is the door to the program's streams")]

use std::io::{self, IsTerminal as _, Read as _};
use std::sync::atomic::{AtomicBool, Ordering};

use speckit_core::Diagnostic;
use speckit_core::config::redact::Masks;
use speckit_core::config::report::{Style, render};

mod columns;
mod json;

pub(crate) use columns::columns;
pub(crate) use json::json_line;

/// Where the program writes, and how.
#[derive(Debug)]
pub(crate) struct Terminal {
    style: Style,
    is_lost: AtomicBool,
    is_closed: AtomicBool,
}

impl Terminal {
    /// Colour for a terminal without `NO_COLOR`; lines as wide as the terminal.
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

    /// Writes a result. A reader that has gone away has had enough, which is no error.
    pub(crate) fn result(&self, text: &str) {
        match write_all(io::stdout(), text) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed.store(true, Ordering::Relaxed)
            }
            // Said once, however many parts of it there are.
            Err(error) if !self.is_lost.swap(true, Ordering::Relaxed) => {
                self.note(&format!("error: the result cannot be written: {error}\n"));
            }
            Err(_) | Ok(()) => {}
        }
    }

    /// Tells whether nobody reads the results any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    /// Tells whether a person sits at both ends: keys come from a terminal, and results go to one.
    pub(crate) fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// Tells whether a person sees how far long work is: what is said beside the result goes to a terminal.
    pub(crate) fn shows_progress(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// How many characters wide results are: as the terminal, and 80 elsewhere.
    pub(crate) fn columns(&self) -> usize {
        terminal_size::terminal_size_of(io::stdout()).map_or(80, |(width, _)| usize::from(width.0))
    }

    /// How many columns and rows there are for progress.
    pub(crate) fn room(&self) -> (usize, usize) {
        terminal_size::terminal_size_of(io::stderr())
            .map_or((80, 24), |(width, height)| (usize::from(width.0), usize::from(height.0)))
    }

    /// What comes from the standard input until its end; of more than so many bytes, one more than those.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn input(&self, limit_bytes: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io::stdin().lock().take(limit_bytes as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Tells whether colours are wanted.
    pub(crate) fn has_color(&self) -> bool {
        self.style.color
    }

    /// Tells whether a result, or a part of one, could not be written.
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

    /// Writes what is said beside the result.
    pub(crate) fn note(&self, text: &str) {
        // Nobody is left to be told that nobody reads.
        let _ = write_all(io::stderr(), text);
    }

    /// Writes the report of diagnostics; nothing where there is none.
    pub(crate) fn report(&self, diagnostics: &[Diagnostic], masks: &Masks) {
        if !diagnostics.is_empty() {
            self.note(&render(diagnostics, masks, self.style));
        }
    }
}

fn write_all(mut stream: impl io::Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
}
