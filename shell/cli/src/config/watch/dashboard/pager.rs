//! Lines of text, wrapped and scrolled by rows: the events, or the text of a popup.

use std::collections::VecDeque;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::{Paragraph, Scrollbar, ScrollbarOrientation, ScrollbarState};

use super::movement::Movement;
use super::text::wrap;
use super::theme::QUIET;

/// How many lines are kept; the oldest are dropped.
const MAX_LINES: usize = 4000;

/// Lines, the newest last. The newest are shown until the user scrolls.
#[derive(Debug, Default)]
pub(super) struct Pager {
    lines: VecDeque<Span<'static>>,
    /// How many lines the last push added.
    newest: usize,
    /// The first row that is shown.
    top: usize,
    is_scrolled: bool,
    /// Where the text was drawn.
    area: Rect,
}

impl Pager {
    /// Adds lines that belong together. The rows that the user scrolled to stay in sight.
    pub(super) fn push(&mut self, lines: impl IntoIterator<Item = Span<'static>>) {
        let before = self.lines.len();
        self.lines.extend(lines);
        self.newest = self.lines.len() - before;
        for line in self.lines.drain(..self.lines.len().saturating_sub(MAX_LINES)) {
            self.top = self.top.saturating_sub(wrap(&line, self.area.width).len());
        }
    }

    /// Whether the user has scrolled away from the newest lines.
    pub(super) fn is_scrolled(&self) -> bool {
        self.is_scrolled
    }

    pub(super) fn scroll(&mut self, movement: Movement) {
        self.top = movement.apply(self.top, self.area.height);
        self.is_scrolled = true;
    }

    /// Shows the newest lines, now and after each push.
    pub(super) fn follow(&mut self) {
        self.is_scrolled = false;
    }

    /// How many rows the lines need in an area of this width.
    pub(super) fn rows(&self, width: u16) -> usize {
        let width = width.saturating_sub(1);
        self.lines.iter().map(|line| wrap(line, width).len()).sum()
    }

    /// Draws the rows in sight, and a scrollbar in the last column if there are more. If the lines of the last push do
    /// not fit, their first rows are shown.
    pub(super) fn draw(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let text = Rect { width: area.width.saturating_sub(1), ..area };
        self.area = text;
        let wrapped: Vec<_> = self.lines.iter().map(|line| wrap(line, text.width)).collect();
        let total: usize = wrapped.iter().map(Vec::len).sum();
        let newest: usize = wrapped.iter().rev().take(self.newest).map(Vec::len).sum();
        let height = usize::from(text.height);
        let last_page = total.saturating_sub(height);
        let unscrolled = last_page.min(total - newest);
        self.top = if self.is_scrolled { self.top.min(last_page) } else { unscrolled };
        self.is_scrolled = self.top != unscrolled;
        let shown: Vec<_> = wrapped.into_iter().flatten().skip(self.top).take(height).collect();
        frame.render_widget(Paragraph::new(shown), text);
        if last_page > 0 {
            let state = ScrollbarState::new(last_page + 1).position(self.top);
            let scrollbar = Scrollbar::new(ScrollbarOrientation::VerticalRight).style(QUIET);
            frame.render_stateful_widget(scrollbar, area, &mut state.viewport_content_length(height));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    /// Three drawn rows, without the scrollbar.
    fn shown(pager: &mut Pager, width: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, 3)).unwrap();
        terminal.draw(|frame| pager.draw(frame, frame.area())).unwrap();
        let buffer = terminal.backend().buffer();
        let rows = buffer.content.chunks(usize::from(width));
        let rows: Vec<String> = rows
            .map(|row| row.iter().take(usize::from(width) - 1).map(|cell| cell.symbol()).collect())
            .collect();
        rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>().join("|")
    }

    /// Adds the lines `n.0` and `n.1`.
    fn push(pager: &mut Pager, n: usize) {
        pager.push((0..2).map(|row| Span::raw(format!("{n}.{row}"))));
    }

    fn pager(pushes: usize) -> Pager {
        let mut pager = Pager::default();
        (0..pushes).for_each(|n| push(&mut pager, n));
        pager
    }

    #[test]
    fn movements_scroll_and_stop_at_both_ends() {
        let mut pager = pager(5);
        assert_eq!(shown(&mut pager, 20), "3.1|4.0|4.1");
        for (movement, expected) in [
            (Movement::PageUp, "2.1|3.0|3.1"),
            (Movement::Up, "2.0|2.1|3.0"),
            (Movement::First, "0.0|0.1|1.0"),
            (Movement::PageUp, "0.0|0.1|1.0"),
            (Movement::Down, "0.1|1.0|1.1"),
            (Movement::PageDown, "1.1|2.0|2.1"),
            (Movement::Last, "3.1|4.0|4.1"),
            (Movement::Down, "3.1|4.0|4.1"),
        ] {
            pager.scroll(movement);
            assert_eq!(shown(&mut pager, 20), expected, "{movement:?}");
        }
        assert!(!pager.is_scrolled());
    }

    #[test]
    fn new_lines_come_into_sight_unless_the_user_has_scrolled() {
        let mut pager = pager(2);
        assert_eq!(shown(&mut pager, 20), "0.1|1.0|1.1");
        push(&mut pager, 2);
        assert_eq!(shown(&mut pager, 20), "1.1|2.0|2.1");
        pager.scroll(Movement::Up);
        assert_eq!(shown(&mut pager, 20), "1.0|1.1|2.0");
        (3..MAX_LINES / 2).for_each(|n| push(&mut pager, n));
        assert_eq!(shown(&mut pager, 20), "1.0|1.1|2.0");
        push(&mut pager, MAX_LINES / 2);
        assert_eq!(shown(&mut pager, 20), "1.0|1.1|2.0", "the oldest are dropped above it");
        pager.follow();
        assert_eq!(shown(&mut pager, 20), "1999.1|2000.0|2000.1");
    }

    #[test]
    fn a_long_line_is_scrolled_by_rows_and_shown_from_its_beginning() {
        let mut pager = pager(1);
        pager.push([Span::raw("a b c d e f")]);
        assert_eq!(shown(&mut pager, 2), "a|b|c");
        pager.scroll(Movement::Down);
        assert_eq!((shown(&mut pager, 2).as_str(), pager.is_scrolled()), ("b|c|d", true));
        pager.scroll(Movement::Last);
        assert_eq!(shown(&mut pager, 2), "d|e|f");
    }
}
