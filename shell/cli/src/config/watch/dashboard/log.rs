//! The events, newest last: which are kept, and which rows of them are seen.

use std::collections::VecDeque;

use ratatui::layout::Size;

use super::keys::Step;
use super::line::Line;

/// How many events are kept.
const MOST_EVENTS: usize = 1000;

/// The last events, each with its lines.
#[derive(Debug, Default)]
pub(super) struct Log {
    events: VecDeque<Vec<Line>>,
    /// How many were dropped, which is the number of the oldest that is kept.
    dropped: usize,
    /// The first row that is seen; without it the newest are.
    top: Option<Place>,
}

/// A row of an event; events are numbered from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    event: usize,
    row: usize,
}

impl Log {
    pub(super) fn push(&mut self, lines: Vec<Line>) {
        if self.events.len() >= MOST_EVENTS {
            self.events.pop_front();
            self.dropped += 1;
        }
        self.events.push_back(lines);
    }

    /// How many events there were.
    pub(super) fn count(&self) -> usize {
        self.dropped + self.events.len()
    }

    /// Tells whether older events are seen, and new ones do not come into sight by themselves.
    pub(super) fn is_held(&self) -> bool {
        self.top.is_some()
    }

    /// The rows that are seen in so much room.
    pub(super) fn rows(&self, room: Size) -> Vec<Line> {
        let top = self.top(room);
        let events = self.events.iter().skip(top.event.saturating_sub(self.dropped));
        let rows = events.flatten().flat_map(|line| line.rows(usize::from(room.width)));
        rows.skip(top.row).take(usize::from(room.height)).collect()
    }

    pub(super) fn go(&mut self, step: Step, room: Size) {
        let page = usize::from(room.height).saturating_sub(1).max(1);
        let top = self.top(room);
        let top = match step {
            Step::Up => self.before(top, 1, room.width),
            Step::Down => self.after(top, 1, room.width),
            Step::PageUp => self.before(top, page, room.width),
            Step::PageDown => self.after(top, page, room.width),
            Step::First => Place { event: self.dropped, row: 0 },
            Step::Last => self.newest(room),
        };
        let top = top.min(self.last_page(room));
        self.top = (top != self.newest(room)).then_some(top);
    }

    fn top(&self, room: Size) -> Place {
        let oldest = Place { event: self.dropped, row: 0 };
        self.top.map_or_else(|| self.newest(room), |top| top.max(oldest).min(self.last_page(room)))
    }

    /// Where the page begins that shows the newest event whole, or else from its first row.
    fn newest(&self, room: Size) -> Place {
        let newest = Place { event: self.count().saturating_sub(1).max(self.dropped), row: 0 };
        self.last_page(room).min(newest)
    }

    /// Where the page begins that ends with the newest row.
    fn last_page(&self, room: Size) -> Place {
        self.before(Place { event: self.count(), row: 0 }, usize::from(room.height), room.width)
    }

    fn before(&self, from: Place, rows: usize, width: u16) -> Place {
        let (Place { mut event, mut row }, mut left) = (from, rows);
        while left > row && event > self.dropped {
            left -= row;
            event -= 1;
            row = self.rows_of(event, width);
        }
        Place { event, row: row.saturating_sub(left) }
    }

    fn after(&self, from: Place, rows: usize, width: u16) -> Place {
        let (mut event, mut row) = (from.event, from.row + rows);
        while event < self.count() {
            let here = self.rows_of(event, width);
            if row < here {
                break;
            }
            row -= here;
            event += 1;
        }
        Place { event, row }
    }

    fn rows_of(&self, event: usize, width: u16) -> usize {
        let lines = event.checked_sub(self.dropped).and_then(|index| self.events.get(index));
        lines.into_iter().flatten().map(|line| line.rows(usize::from(width)).len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::watch::dashboard::theme::Tone;

    const ROOM: Size = Size::new(20, 3);

    /// Event `n` has the lines `n.0`, `n.1`.
    fn log(events: usize) -> Log {
        let mut log = Log::default();
        (0..events).for_each(|event| push(&mut log, event));
        log
    }

    fn push(log: &mut Log, event: usize) {
        log.push((0..2).map(|row| Line::new(Tone::Plain, format!("{event}.{row}"))).collect());
    }

    fn seen(log: &Log) -> String {
        log.rows(ROOM).iter().map(|row| row.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_newest_rows_are_seen_and_new_ones_come_into_sight() {
        let mut log = log(2);
        assert_eq!(seen(&log), "0.1 1.0 1.1");
        push(&mut log, 2);
        assert_eq!(seen(&log), "1.1 2.0 2.1");
    }

    #[test]
    fn what_is_looked_at_stays_while_new_events_come() {
        let mut log = log(5);
        log.go(Step::Up, ROOM);
        assert_eq!(seen(&log), "3.0 3.1 4.0");
        push(&mut log, 5);
        assert_eq!(seen(&log), "3.0 3.1 4.0");
        assert!(log.is_held());
    }

    #[test]
    fn every_step_goes_where_it_says() {
        let mut log = log(5);
        for (step, expected) in [
            (Step::PageUp, "2.1 3.0 3.1"),
            (Step::Up, "2.0 2.1 3.0"),
            (Step::First, "0.0 0.1 1.0"),
            (Step::Up, "0.0 0.1 1.0"),
            (Step::PageUp, "0.0 0.1 1.0"),
            (Step::Down, "0.1 1.0 1.1"),
            (Step::PageDown, "1.1 2.0 2.1"),
            (Step::Last, "3.1 4.0 4.1"),
            (Step::Down, "3.1 4.0 4.1"),
        ] {
            log.go(step, ROOM);
            assert_eq!(seen(&log), expected, "{step:?}");
        }
        assert!(!log.is_held());
    }

    #[test]
    fn the_last_thousand_events_are_kept() {
        let mut log = log(1500);
        assert_eq!((log.count(), log.events.len()), (1500, 1000));
        log.go(Step::First, ROOM);
        assert_eq!(seen(&log), "500.0 500.1 501.0");
        log.go(Step::Down, ROOM);
        assert_eq!(seen(&log), "500.1 501.0 501.1");
        push(&mut log, 1500);
        assert_eq!(seen(&log), "501.0 501.1 502.0");
    }

    #[test]
    fn a_long_line_is_seen_row_by_row() {
        let mut log = Log::default();
        log.push(vec![Line::new(Tone::Plain, "a b c d e f")]);
        let narrow = Size::new(1, 2);
        let seen = |log: &Log| log.rows(narrow).iter().map(|row| row.text.clone()).collect::<String>();
        assert_eq!(seen(&log), "ab", "an event that does not fit is shown from its beginning");
        log.go(Step::Down, narrow);
        assert_eq!((seen(&log).as_str(), log.is_held()), ("bc", true));
        log.go(Step::PageDown, narrow);
        (0..9).for_each(|_| log.go(Step::Down, narrow));
        assert_eq!(seen(&log), "ef");
        log.go(Step::Last, narrow);
        assert_eq!((seen(&log).as_str(), log.is_held()), ("ab", false));
    }

    #[test]
    fn an_empty_log_has_no_rows() {
        let mut log = Log::default();
        for step in [Step::Up, Step::Down, Step::First, Step::Last] {
            log.go(step, ROOM);
        }
        assert_eq!(seen(&log), "");
        assert!(log.rows(Size::new(0, 0)).is_empty());
    }
}
