//! The results and the diagnostics of a command: results on stdout, everything else on stderr.
//!
//! A text on its way to a stream is made visible here: a control character in it becomes an escape, from any source.
//! What a program draws itself ([`Output::draw`], colours of reports) is the exception.
#![expect(clippy::disallowed_methods, reason = "this module is the door to the streams of a command")]

use std::fmt::Display;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::json;
use speckit_core::config::redact::Masks;
use speckit_core::config::report::{Style, render};
use speckit_core::config::source::{Language, ReplacedFile};
use speckit_core::text::{visible, visible_lines};
use speckit_core::{Diagnostic, Exit};

mod closed;
mod json;

pub use json::json_line;

/// The streams of a command, and the form of its results.
#[derive(Debug)]
pub struct Output {
    style: Style,
    /// Whether results are JSON documents, also those of a command that fails.
    is_json: bool,
    /// The help of the program for a help of the library.
    help_of: fn(&str) -> String,
    is_lost: AtomicBool,
    is_closed: AtomicBool,
}

impl Output {
    /// Diagnostics are coloured on a terminal that has colours, without `NO_COLOR`, and as wide as the terminal.
    pub fn new(no_color: bool, is_dumb: bool) -> Self {
        let has_color = io::stderr().is_terminal() && !no_color && !is_dumb;
        let width =
            terminal_size::terminal_size_of(io::stderr()).map_or(100, |(width, _)| usize::from(width.0));
        Self {
            style: Style { color: has_color, width },
            is_json: false,
            help_of: |help| help.into(),
            is_lost: AtomicBool::default(),
            is_closed: AtomicBool::default(),
        }
    }

    /// The same with results that are JSON documents, or are not.
    #[must_use]
    pub fn with_json(self, is_json: bool) -> Self {
        Self { is_json, ..self }
    }

    /// The same with another help in the place of each help of the library, such as one that names an option of the program.
    #[must_use]
    pub fn with_helps(self, help_of: fn(&str) -> String) -> Self {
        Self { help_of, ..self }
    }

    /// Whether results are JSON documents.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Writes a result to stdout. A closed pipe is no error: its reader wants no more.
    pub fn result(&self, text: &str) {
        self.wrote(closed::stdout_error().map_or_else(|| write_all(io::stdout(), &visible_lines(text)), Err));
    }

    /// Writes a result that is a text of this language, and remains one.
    pub fn document(&self, text: &str, language: Language) {
        self.result(&json::document(text, language));
    }

    /// Writes a result as one JSON document on one line.
    pub fn json(&self, document: &impl Serialize) {
        match json_line(document) {
            Ok(line) => self.result(&line),
            Err(error) => self.note(&format!("error: {error}\n")),
        }
    }

    /// Writes a result: the document where the format is JSON, else the text.
    pub fn print(&self, document: &impl Serialize, text: impl Display) {
        if self.is_json {
            self.json(document);
        } else {
            self.result(&text.to_string());
        }
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
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed) || self.is_lost()
    }

    /// Whether a result, or a part of one, could not be written.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// The exit status of a command that ends in this way: [`Exit::Incomplete`] if its result is lost.
    pub fn exit(&self, exit: Exit) -> Exit {
        if self.is_lost() { Exit::Incomplete } else { exit }
    }

    /// Whether to use colours.
    pub fn has_color(&self) -> bool {
        self.style.color
    }

    /// Writes a note or an error to stderr.
    pub fn note(&self, text: &str) {
        // There is no other stream to report a failure on.
        let _ = self.draw(&visible_lines(text));
    }

    /// Writes to stderr as it is, with the control sequences in it.
    ///
    /// # Errors
    /// The system's.
    pub fn draw(&self, text: &str) -> io::Result<()> {
        write_all(io::stderr(), text)
    }

    /// Writes a usage error, or the help or the version.
    pub fn usage(&self, error: &clap::Error) {
        match closed::stdout_error() {
            Some(closed) if !error.use_stderr() => self.wrote(Err(closed)),
            _ if error.use_stderr() => drop(error.print()),
            _ => self.wrote(error.print()),
        }
    }

    /// Writes a report of the diagnostics to stderr, unless there are none.
    pub fn report(&self, diagnostics: &[Diagnostic], masks: &Masks) {
        if !diagnostics.is_empty() {
            // Its texts are visible; the rest is colours.
            let _ = self.draw(&(render(&self.with_own_helps(diagnostics), masks, self.style) + "\n"));
        }
    }

    /// The diagnostics as a part of a document.
    pub fn masked(&self, diagnostics: &[Diagnostic], masks: &Masks) -> Vec<Diagnostic> {
        masks.masked(&self.with_own_helps(diagnostics))
    }

    fn with_own_helps(&self, diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
        let mut all = diagnostics.to_vec();
        for help in all.iter_mut().filter_map(|diagnostic| diagnostic.help.as_mut()) {
            *help = (self.help_of)(help);
        }
        all
    }

    /// Reports diagnostics on stderr, and on stdout as JSON where that is the format.
    pub fn report_refusal(&self, diagnostics: &[Diagnostic], masks: &Masks) {
        self.report(diagnostics, masks);
        if self.is_json {
            self.json(&json!({ "ok": false, "diagnostics": self.masked(diagnostics, masks) }));
        }
    }

    /// Reports diagnostics that are not about values of the configuration; the command fails.
    pub fn refuse(&self, diagnostics: &[Diagnostic]) -> Exit {
        self.report_refusal(diagnostics, &Masks::of_schemas(diagnostics));
        Exit::Incomplete
    }

    /// Reports what a new file lacks of the one that it replaced.
    pub fn report_replaced(&self, path: &Path, replaced: &ReplacedFile) {
        self.report(&replaced.warnings(&path.to_string_lossy()), &Masks::default());
    }

    /// Reports an error that has no code, in one line; the command fails.
    pub fn fail(&self, message: impl Display) -> Exit {
        self.note(&format!("error: {}\n", visible(&message.to_string())));
        Exit::Incomplete
    }

    /// As [`Output::fail`], with a line that says what to do.
    pub fn fail_with_help(&self, message: impl Display, help: impl Display) -> Exit {
        let failed = self.fail(message);
        self.note(&format!("help: {}\n", visible(&help.to_string())));
        failed
    }
}

fn write_all(mut stream: impl io::Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
}
