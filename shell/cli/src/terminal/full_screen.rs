//! The whole terminal as a screen, with a keyboard that reports each key.

use std::io;
use std::mem::ManuallyDrop;

use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::layout::Rect;
use ratatui::{DefaultTerminal, Frame};

use super::foreground;

/// Dropping it gives the terminal back as it was.
pub(crate) struct FullScreen {
    /// Never dropped: its own `drop` writes to stderr if it fails, which panics if the terminal is closed.
    terminal: ManuallyDrop<DefaultTerminal>,
    is_entered: bool,
}

impl FullScreen {
    /// # Errors
    /// The system's.
    pub(crate) fn enter() -> io::Result<Self> {
        // Its panic hook restores the terminal.
        let terminal = ratatui::try_init().inspect_err(|_| drop(leave(&mut io::sink())))?;
        let mut screen = Self { terminal: ManuallyDrop::new(terminal), is_entered: true };
        // Pasted text is no key press; a terminal without bracketed paste ignores this.
        execute!(screen.terminal.backend_mut(), EnableBracketedPaste)?;
        Ok(screen)
    }

    /// Draws a frame in the current size of the terminal; nothing while this process is a background job.
    ///
    /// # Errors
    /// The system's: the terminal is closed.
    pub(crate) fn draw(&mut self, frame: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        if !foreground::keyboard() {
            return Ok(());
        }
        if !self.is_entered {
            enable_raw_mode()?;
            execute!(self.terminal.backend_mut(), EnterAlternateScreen, EnableBracketedPaste)?;
            // Clears the screen. `Terminal::clear` would ask the terminal where its cursor is, and wait for an answer on stdin.
            let size = self.terminal.size()?;
            self.terminal.resize(Rect::new(0, 0, size.width, size.height))?;
            self.is_entered = true;
        }
        self.terminal.draw(frame).map(drop)
    }

    /// Gives the terminal back until the next frame.
    ///
    /// # Errors
    /// The system's: the terminal is closed.
    pub(crate) fn leave(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.is_entered) || !foreground::keyboard() {
            return Ok(());
        }
        leave(self.terminal.backend_mut())
    }

    /// Draws the next frame completely: another program may have used the terminal while this one was stopped.
    ///
    /// # Errors
    /// The system's: the terminal is closed.
    pub(crate) fn renew(&mut self) -> io::Result<()> {
        self.is_entered = false;
        restore_modes()
    }
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        // A terminal that is closed needs nothing back.
        let _ = self.leave();
    }
}

/// Gives the keyboard back as it was, and the terminal nothing to write: it may be blocked.
///
/// # Errors
/// The system's: the terminal is closed.
pub(crate) fn restore_modes() -> io::Result<()> {
    if foreground::keyboard() { disable_raw_mode() } else { Ok(()) }
}

fn leave(output: &mut impl io::Write) -> io::Result<()> {
    disable_raw_mode()?;
    execute!(output, DisableBracketedPaste, LeaveAlternateScreen, Show)
}
