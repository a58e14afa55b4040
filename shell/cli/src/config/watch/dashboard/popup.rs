//! A text over all else, which can be scrolled.

use ratatui::layout::{Margin, Rect, Size};

use super::keys::Step;
use super::line::Line;
use super::text::{MOST_CHARACTERS, visible};
use super::theme::Tone;

/// Of one explanation.
const MOST_LINES: usize = 2000;

const HELP: &str = "\
r             reload now
b             busy on/off: reloads wait while on
/             filter by key, value or origin;
              Enter keeps it, Esc clears it
Enter, e      explain the selected key
Up, Down      move; also k, j
PgUp, PgDn    move by a page
Home, End     to the first, to the last; also g, G
Tab           from the tree to the events and back
?             these keys
q, Ctrl-C     quit

>  selected
*  changed by the last reload
!  keeps its running value until a restart
";

/// A text and how far it is scrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Popup {
    pub(super) title: String,
    lines: Vec<Line>,
    /// The first row that is seen.
    top: usize,
}

/// What is seen of a popup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// What it covers of the screen.
    pub(super) frame: Rect,
    /// Where its text stands; the same where there is no room for an edge.
    pub(super) room: Rect,
    pub(super) rows: Vec<Line>,
    /// How many rows there are above those that are seen.
    pub(super) above: usize,
    pub(super) below: usize,
}

impl Popup {
    /// The explanation of a key.
    pub(super) fn of(key: &str, text: &str) -> Self {
        let lines = text.lines().take(MOST_LINES);
        let lines = lines.map(|line| Line::new(Tone::Plain, visible(line, MOST_CHARACTERS))).collect();
        Self { title: visible(key, MOST_CHARACTERS).into_owned(), lines, top: 0 }
    }

    pub(super) fn help() -> Self {
        Self::of("keys", HELP)
    }

    /// What is seen of it: on a small screen it covers all, and else no more than its text needs.
    pub(super) fn shown(&self, area: Rect) -> Shown {
        let is_small = area.width < 50 || area.height < 14;
        let most =
            if is_small { area.as_size() } else { Size::new((area.width - 6).min(100), area.height - 4) };
        let edge = if most.width < 8 || most.height < 3 { Margin::new(0, 0) } else { Margin::new(2, 1) };
        let width = usize::from(most.width.saturating_sub(2 * edge.horizontal));
        let rows: Vec<Line> = self.lines.iter().flat_map(|line| line.rows(width)).collect();
        let needed = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(2 * edge.vertical);
        let height = if is_small { most.height } else { needed.min(most.height) };
        let frame = Rect {
            x: area.x + (area.width - most.width) / 2,
            y: area.y + (area.height - height) / 2,
            width: most.width,
            height,
        };
        let room = frame.inner(edge);
        let seen = usize::from(room.height);
        let above = self.top.min(rows.len().saturating_sub(seen));
        let below = rows.len().saturating_sub(above + seen);
        Shown { frame, room, rows: rows.into_iter().skip(above).take(seen).collect(), above, below }
    }

    pub(super) fn go(&mut self, step: Step, area: Rect) {
        let page = usize::from(self.shown(area).room.height).saturating_sub(1).max(1);
        self.top = match step {
            Step::Up => self.top.saturating_sub(1),
            Step::Down => self.top + 1,
            Step::PageUp => self.top.saturating_sub(page),
            Step::PageDown => self.top + page,
            Step::First => 0,
            Step::Last => usize::MAX,
        };
        self.keep_in_view(area);
    }

    pub(super) fn keep_in_view(&mut self, area: Rect) {
        self.top = self.shown(area).above;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rect = Rect::new(0, 0, 80, 14);

    /// 30 lines, of which 8 are seen.
    fn long() -> Popup {
        let lines: Vec<String> = (0..30).map(|number| number.to_string()).collect();
        Popup::of("k", &lines.join("\n"))
    }

    #[test]
    fn every_step_goes_where_it_says_and_not_beyond_the_text() {
        let mut popup = long();
        for (step, top, hidden) in [
            (Step::Up, "0", (0, 22)),
            (Step::Down, "1", (1, 21)),
            (Step::PageDown, "8", (8, 14)),
            (Step::Last, "22", (22, 0)),
            (Step::PageDown, "22", (22, 0)),
            (Step::Up, "21", (21, 1)),
            (Step::PageUp, "14", (14, 8)),
            (Step::First, "0", (0, 22)),
        ] {
            popup.go(step, AREA);
            let shown = popup.shown(AREA);
            assert_eq!((shown.rows[0].text.as_str(), (shown.above, shown.below)), (top, hidden), "{step:?}");
        }
    }

    #[test]
    fn a_short_text_has_a_small_frame_and_a_small_screen_is_covered() {
        let short = Popup::of("k", "one\ntwo");
        assert_eq!(short.shown(Rect::new(0, 0, 200, 50)).frame, Rect::new(50, 23, 100, 4));
        assert_eq!(short.shown(Rect::new(0, 0, 40, 10)).frame, Rect::new(0, 0, 40, 10));
        assert_eq!(short.shown(Rect::new(0, 0, 3, 2)).room, Rect::new(0, 0, 3, 2));
    }

    #[test]
    fn its_text_drives_no_terminal() {
        let popup = Popup::of("a\u{1b}", "x\u{1b}[2J\ty\n\u{202e}z");
        let rows: Vec<_> = popup.shown(AREA).rows.into_iter().map(|row| row.text).collect();
        assert_eq!(
            (popup.title.as_str(), rows),
            ("a\\u{1b}", vec!["x\\u{1b}[2J\\ty".into(), "\\u{202e}z".into()])
        );
    }
}
