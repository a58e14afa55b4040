//! What a person or a script sees of a login.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use speckit_core::auth::device_flow::{LoginEvent, PollReason, Prompt};
use speckit_core::text::{duration, visible};

use super::browser;
use super::qr::{QrColors, QrPicture};
use crate::args::LoginArgs;
use crate::context::Context;
use crate::terminal::StatusLine;
use speckit::internal::{clock, environment};
use speckit::retry::CancelToken;

/// Shows the events of a login: as text, or as JSON.
pub(super) struct LoginDisplay<'a> {
    context: &'a Context,
    opens_browser: bool,
    shows_qr: bool,
    is_verbose: bool,
    /// Shows the time left on a terminal that can overwrite a line.
    line: StatusLine<'a>,
    /// When the code expires.
    expires: Option<Instant>,
    cancel: CancelToken,
    /// Why the last poll had no clear answer, so that a lasting problem is one line.
    problem: Option<PollReason>,
}

/// The time between two looks at the time left.
const TICK: Duration = Duration::from_millis(200);

impl<'a> LoginDisplay<'a> {
    pub(super) fn new(context: &'a Context, args: &LoginArgs, cancel: &CancelToken) -> Self {
        Self {
            context,
            opens_browser: args.open,
            shows_qr: args.qr,
            is_verbose: args.verbose,
            line: StatusLine::on(&context.terminal).only_if(!context.is_json()),
            expires: None,
            cancel: cancel.clone(),
            problem: None,
        }
    }

    /// Shows events until the login is over.
    pub(super) fn show(mut self, events: &Receiver<LoginEvent>) {
        loop {
            match events.recv_timeout(TICK) {
                Ok(event) => self.show_event(&event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.cancel.is_cancelled() {
                self.line.clear();
                self.expires = None;
            }
            self.show_time_left();
        }
    }

    fn show_event(&mut self, event: &LoginEvent) {
        self.line.clear();
        let terminal = &self.context.terminal;
        match event.to_json() {
            // A closed reader misses the events; the exit code is the outcome.
            _ if self.context.is_json() && terminal.is_closed() => {}
            Some(document) if self.context.is_json() => terminal.json(&document),
            _ if self.context.is_json() => {}
            _ => match event {
                LoginEvent::Code(prompt) => terminal.note(&prompt.to_text()),
                LoginEvent::Poll(poll) if self.is_verbose => terminal.note(&format!("{poll}\n")),
                LoginEvent::Poll(poll) if poll.reason.is_problem() && self.problem != Some(poll.reason) => {
                    self.problem = Some(poll.reason);
                    terminal.note(&format!("note: the login goes on, although there is a problem: {poll}\n"));
                }
                // The outcome is reported at the end, with what to do.
                LoginEvent::Poll(_) | LoginEvent::Finished { .. } => {}
                other => terminal.note(&format!("{other}\n")),
            },
        }
        match event {
            LoginEvent::Code(prompt) => {
                self.expires = clock::now().checked_add(prompt.expires_in);
                self.help_to_open(prompt);
            }
            LoginEvent::Finished { .. } => self.expires = None,
            _ => {}
        }
    }

    /// Does what the options ask for beside the text; a failure is a note, since the text is enough.
    fn help_to_open(&self, prompt: &Prompt) {
        let address = prompt.verification_uri_complete.as_ref().unwrap_or(&prompt.verification_uri);
        let terminal = &self.context.terminal;
        if self.shows_qr {
            match self.qr(address) {
                Ok(picture) => drop(terminal.draw(&picture)),
                Err(why) => terminal.note(&format!("note: there is no QR code: {why}\n")),
            }
        }
        if self.opens_browser
            && let Err(error) = browser::open(address)
        {
            let error = visible(&error.to_string());
            terminal.note(&format!("note: no browser could be opened here: {error}\n"));
        }
    }

    /// The lines of a QR code, if the terminal has room for them.
    fn qr(&self, address: &str) -> Result<String, String> {
        let terminal = &self.context.terminal;
        if !terminal.shows_notes() {
            return Err("the standard error is not a terminal".into());
        }
        let picture = QrPicture::of(address).ok_or("the address is too long for one")?;
        refuse_small(picture.size(), terminal.room())?;
        let environment = environment::capture();
        Ok(picture.lines(QrColors::of(terminal.has_color(), environment.text("COLORFGBG"))) + "\n")
    }

    fn show_time_left(&mut self) {
        let Some(expires) = self.expires.filter(|_| self.line.is_shown()) else { return };
        // The first digits of a second are enough.
        let left = expires.saturating_duration_since(clock::now()).as_secs();
        let left = duration(Duration::from_secs(left));
        self.line.draw(&format!("waiting until you confirm; {left} left; Ctrl-C ends the login"));
    }
}

/// # Errors
/// The terminal is too small for so many columns and rows.
fn refuse_small(
    (columns, rows): (usize, usize),
    (has_columns, has_rows): (usize, usize),
) -> Result<(), String> {
    if columns <= has_columns && rows < has_rows {
        return Ok(());
    }
    Err(format!(
        "it needs {columns} columns and {} rows, and the terminal has {has_columns} and {has_rows}",
        rows + 1
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_has_room_for_all_columns_and_for_one_row_more() {
        assert_eq!(refuse_small((37, 19), (37, 20)), Ok(()));
        let refused = "it needs 37 columns and 20 rows, and the terminal has";
        assert_eq!(refuse_small((37, 19), (36, 24)), Err(format!("{refused} 36 and 24")));
        assert_eq!(refuse_small((37, 19), (80, 19)), Err(format!("{refused} 80 and 19")));
    }
}
