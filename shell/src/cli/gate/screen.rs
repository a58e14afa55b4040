//! The lines of a gate on a terminal, each frame in the place of the one before.

use std::time::Duration;

use ratatui::crossterm::Command;
use ratatui::crossterm::cursor::{MoveToColumn, MoveUp};
use ratatui::crossterm::style::{Attribute, Color, SetAttribute, SetForegroundColor};
use ratatui::crossterm::terminal::{Clear, ClearType};
use speckit_core::gate::{Line, Progress, Tone};

use super::super::terminal::Terminal;

/// What is drawn goes away when it is dropped. The cursor stays where it can be seen, so that no end of the program leaves a
/// terminal without one.
pub(super) struct Screen<'a> {
    terminal: &'a Terminal,
    /// How many columns each line of the present frame takes.
    drawn: Vec<usize>,
}

impl<'a> Screen<'a> {
    pub(super) fn on(terminal: &'a Terminal) -> Self {
        Self { terminal, drawn: Vec::new() }
    }

    /// Draws a frame; of more lines than the terminal has rows, the last ones.
    pub(super) fn draw(&mut self, progress: &Progress, now: Duration) {
        let (columns, rows) = self.terminal.room();
        // A line that fills its row may or may not take the cursor to the next one.
        let lines = progress.lines(now, columns.saturating_sub(1));
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
        self.terminal.note(&text);
        self.drawn = shown.iter().map(Line::width).collect();
    }

    /// To where the present frame begins: a terminal that became narrower shows a line in several rows.
    fn to_the_start(&self, columns: usize) -> String {
        let rows = self.drawn.iter().map(|width| width.div_ceil(columns.max(1)).max(1)).sum::<usize>();
        let mut text = String::new();
        put(MoveToColumn(0), &mut text);
        if let Some(above @ 1..) = rows.checked_sub(1) {
            put(MoveUp(u16::try_from(above).unwrap_or(u16::MAX)), &mut text);
        }
        text
    }

    fn write(&self, line: &Line, text: &mut String) {
        for (tone, piece) in line.pieces() {
            let is_plain = tone == Tone::Plain || !self.terminal.has_color();
            match tone {
                _ if is_plain => {}
                Tone::Plain => {}
                Tone::Faint => put(SetAttribute(Attribute::Dim), text),
                Tone::Good => put(SetForegroundColor(Color::Green), text),
                Tone::Bad => put(SetForegroundColor(Color::Red), text),
                Tone::Busy => put(SetForegroundColor(Color::Yellow), text),
            }
            text.push_str(piece);
            if !is_plain {
                put(SetAttribute(Attribute::Reset), text);
            }
        }
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        if !self.drawn.is_empty() {
            let mut text = self.to_the_start(self.terminal.room().0);
            put(Clear(ClearType::FromCursorDown), &mut text);
            self.terminal.note(&text);
        }
    }
}

fn put(command: impl Command, text: &mut String) {
    // Writing to a string does not fail.
    let _ = command.write_ansi(text);
}
