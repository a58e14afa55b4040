//! The lines of a gate on a terminal; each frame replaces the one before.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::crossterm::Command;
use ratatui::crossterm::cursor::{MoveToColumn, MoveUp};
use ratatui::crossterm::style::{Attribute, SetAttribute};
use ratatui::crossterm::terminal::{Clear, ClearType};
use speckit_core::agents::gate::{Progress, StyledLine, Tone};

use crate::signals::continued;
use crate::terminal::Terminal;

/// Draws frames; dropping it removes the last one. The cursor is never hidden, so that the terminal keeps it whatever happens.
pub(super) struct ProgressScreen<'a> {
    terminal: &'a Terminal,
    frames: Frames,
    is_continued: Arc<AtomicBool>,
}

/// Makes the text that a terminal gets for each frame.
#[derive(Debug, Default)]
struct Frames {
    has_color: bool,
    /// The width of each line of the current frame, in columns.
    drawn: Vec<usize>,
}

impl<'a> ProgressScreen<'a> {
    pub(super) fn on(terminal: &'a Terminal) -> Self {
        let frames = Frames { has_color: terminal.has_color(), drawn: Vec::new() };
        // Without the signal, frames are drawn over what a shell wrote meanwhile.
        Self { terminal, frames, is_continued: continued().unwrap_or_default() }
    }

    /// Draws a frame; if it has more lines than the terminal has rows, the last ones. A background job draws nothing.
    ///
    /// # Errors
    /// The system's: the terminal is closed.
    pub(super) fn draw(&mut self, progress: &Progress, now: Duration) -> io::Result<()> {
        if !self.terminal.is_in_foreground() {
            return Ok(());
        }
        if self.is_continued.swap(false, Ordering::Relaxed) {
            self.frames.drawn.clear();
        }
        let (columns, rows) = self.terminal.room();
        // Terminals differ in where the cursor is after a line that fills its row.
        let lines = progress.lines(now, columns.saturating_sub(1));
        self.terminal.draw(&self.frames.next(&lines, columns, rows))
    }
}

impl Drop for ProgressScreen<'_> {
    fn drop(&mut self) {
        if self.terminal.is_in_foreground() && !self.is_continued.load(Ordering::Relaxed) {
            // A terminal that is closed has no frame any more.
            let _ = self.terminal.draw(&self.frames.end(self.terminal.room().0));
        }
    }
}

impl Frames {
    fn next(&mut self, lines: &[StyledLine], columns: usize, rows: usize) -> String {
        let shown = lines.get(lines.len().saturating_sub(rows.max(1))..).unwrap_or_default();
        let mut text = self.to_the_start(columns);
        for (at, line) in shown.iter().enumerate() {
            if at > 0 {
                text.push('\n');
            }
            self.write(line, &mut text);
            put(Clear(ClearType::UntilNewLine), &mut text);
        }
        put(Clear(ClearType::FromCursorDown), &mut text);
        self.drawn = shown.iter().map(StyledLine::width).collect();
        text
    }

    /// Removes the current frame.
    fn end(&mut self, columns: usize) -> String {
        if self.drawn.is_empty() {
            return String::new();
        }
        let mut text = self.to_the_start(columns);
        put(Clear(ClearType::FromCursorDown), &mut text);
        self.drawn.clear();
        text
    }

    /// Moves to the start of the current frame. A terminal that became narrower shows a line in several rows.
    fn to_the_start(&self, columns: usize) -> String {
        let rows = self.drawn.iter().map(|width| width.div_ceil(columns.max(1)).max(1)).sum::<usize>();
        let mut text = String::new();
        put(MoveToColumn(0), &mut text);
        if let Some(above @ 1..) = rows.checked_sub(1) {
            put(MoveUp(u16::try_from(above).unwrap_or(u16::MAX)), &mut text);
        }
        text
    }

    fn write(&self, line: &StyledLine, text: &mut String) {
        for (tone, piece) in line.pieces() {
            match sequence(tone).filter(|_| self.has_color) {
                None => text.push_str(piece),
                Some(begin) => {
                    text.push_str(begin);
                    text.push_str(piece);
                    put(SetAttribute(Attribute::Reset), text);
                }
            }
        }
    }
}

/// The sequence that starts a tone (ECMA-48, 8.3.117): faint, green, red, yellow.
fn sequence(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain => None,
        Tone::Faint => Some("\u{1b}[2m"),
        Tone::Good => Some("\u{1b}[32m"),
        Tone::Bad => Some("\u{1b}[31m"),
        Tone::Busy => Some("\u{1b}[33m"),
    }
}

fn put(command: impl Command, text: &mut String) {
    // Writing to a string does not fail.
    let _ = command.write_ansi(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of three agents that wait: `a  waiting` and so on, and 43 columns about all of them.
    fn lines(columns: usize) -> Vec<StyledLine> {
        Progress::new(["a", "b", "c"]).lines(Duration::ZERO, columns)
    }

    #[test]
    fn a_frame_replaces_the_one_before_and_the_end_removes_it() {
        let mut frames = Frames::default();
        let first = frames.next(&lines(80), 81, 24);
        assert_eq!(
            first,
            "\u{1b}[1Ga  waiting\u{1b}[K\nb  waiting\u{1b}[K\nc  waiting\u{1b}[K\n\
             0.0 s   0 of 3 done; Ctrl-C ends the agents\u{1b}[K\u{1b}[J"
        );
        assert_eq!(frames.next(&lines(80), 81, 24), first.replacen("\u{1b}[1G", "\u{1b}[1G\u{1b}[3A", 1));
        assert_eq!(frames.end(81), "\u{1b}[1G\u{1b}[3A\u{1b}[J");
        assert_eq!(frames.end(81), "", "there is nothing left to remove");
    }

    #[test]
    fn a_terminal_that_became_narrower_has_more_rows_to_go_up() {
        let mut frames = Frames::default();
        frames.next(&lines(80), 81, 24);
        let narrow = frames.next(&lines(19), 20, 24);
        assert!(narrow.starts_with("\u{1b}[1G\u{1b}[5A"), "43 columns are 3 rows of 20: {narrow:?}");
    }

    #[test]
    fn a_low_terminal_shows_the_last_lines() {
        let mut frames = Frames::default();
        let low = frames.next(&lines(80), 81, 2);
        assert!(
            !low.contains("b  waiting") && low.contains("c  waiting") && low.contains("Ctrl-C"),
            "{low:?}"
        );
        assert!(frames.next(&lines(80), 81, 2).starts_with("\u{1b}[1G\u{1b}[1A"));
    }

    #[test]
    fn colours_are_written_only_if_wanted() {
        let plain = Frames::default().next(&lines(80), 81, 24);
        assert!(!plain.contains("\u{1b}[2m"), "{plain:?}");
        let mut frames = Frames { has_color: true, ..Frames::default() };
        let coloured = frames.next(&lines(80), 81, 24);
        assert!(coloured.contains("a  \u{1b}[2mwaiting\u{1b}[0m"), "{coloured:?}");
    }
}
