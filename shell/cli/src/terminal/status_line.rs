//! A line on a terminal that overwrites itself.

use super::Terminal;

/// Shows nothing where stderr is no terminal. Dropping it removes the line.
pub(crate) struct StatusLine<'a> {
    terminal: &'a Terminal,
    /// Asked once: it takes a system call.
    is_shown: bool,
    is_drawn: bool,
}

/// EL of ECMA-48.
const CLEAR_TO_END: &str = "\u{1b}[K";

impl<'a> StatusLine<'a> {
    pub(crate) fn on(terminal: &'a Terminal) -> Self {
        Self { terminal, is_shown: terminal.shows_progress(), is_drawn: false }
    }

    /// The same, and nothing is shown unless `is_wanted`.
    pub(crate) fn only_if(mut self, is_wanted: bool) -> Self {
        self.is_shown &= is_wanted;
        self
    }

    pub(crate) fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Draws a text without control characters in the place of the one before. A terminal that is too narrow shows its beginning.
    pub(crate) fn draw(&mut self, text: &str) {
        if !self.is_shown || !self.terminal.is_in_foreground() {
            return;
        }
        let (columns, _) = self.terminal.room();
        let line: String = text.chars().take(columns.saturating_sub(1)).collect();
        self.is_drawn = self.terminal.draw(&format!("\r{line}{CLEAR_TO_END}")).is_ok();
    }

    /// Removes the line, so that others can be written.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            // A terminal that is closed has no line any more.
            let _ = self.terminal.draw(&format!("\r{CLEAR_TO_END}"));
        }
    }
}

impl Drop for StatusLine<'_> {
    fn drop(&mut self) {
        self.clear();
    }
}
