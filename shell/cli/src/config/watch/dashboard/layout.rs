//! Where everything stands, from one cell to a large screen.

use ratatui::layout::Rect;

use super::Focus;

/// From so many columns on, the tree and the events stand side by side.
const SIDE_BY_SIDE: u16 = 110;

/// The parts of the screen, from top to bottom; an empty area is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panes {
    pub(super) header: Rect,
    pub(super) alarms: Rect,
    pub(super) tree: Rect,
    pub(super) log: Rect,
    /// The line between the two where they stand side by side.
    pub(super) gutter: Rect,
    pub(super) footer: Rect,
}

impl Panes {
    /// Divides an area. What runs wrongly is shown before all else; where there is no room for both the tree and the
    /// events, the one with the focus is shown.
    pub(super) fn of(area: Rect, alarm_rows: usize, focus: Focus) -> Self {
        let mut below = area;
        let mut take = |rows: u16| {
            let top = Rect { height: rows.min(below.height), ..below };
            below = Rect { y: top.bottom(), height: below.height - top.height, ..below };
            top
        };
        let alarm_rows = u16::try_from(alarm_rows).unwrap_or(u16::MAX).min(most_alarm_rows(area.height));
        let is_room_for_header = area.height > alarm_rows;
        let header = take(if is_room_for_header { header_rows(area) } else { 0 });
        let alarms = take(alarm_rows);
        let footer_rows = u16::from(area.height >= 5);
        let body = take((area.height - header.height - alarms.height).saturating_sub(footer_rows));
        let footer = take(footer_rows);
        let (tree, gutter, log) = divide(body, focus);
        Self { header, alarms, tree, log, gutter, footer }
    }

    /// The part of the tree below its title.
    pub(super) fn tree_rows(&self) -> Rect {
        below_title(self.tree)
    }

    /// The part of the events below their title.
    pub(super) fn log_rows(&self) -> Rect {
        below_title(self.log)
    }
}

/// How many rows may say what is wrong.
pub(super) fn most_alarm_rows(height: u16) -> u16 {
    ((height + 2) / 4).max(1)
}

fn header_rows(area: Rect) -> u16 {
    let by_width = match area.width {
        150.. => 1,
        70..150 => 2,
        _ => 3,
    };
    let by_height = match area.height {
        16.. => 3,
        8..16 => 2,
        _ => 1,
    };
    by_width.min(by_height)
}

fn divide(body: Rect, focus: Focus) -> (Rect, Rect, Rect) {
    let none = Rect { width: 0, height: 0, ..body };
    if body.width >= SIDE_BY_SIDE && body.height >= 3 {
        let tree = Rect { width: body.width * 11 / 20, ..body };
        let gutter = Rect { x: tree.right(), width: 3, ..body };
        let log = Rect { x: gutter.right(), width: body.width - tree.width - gutter.width, ..body };
        return (tree, gutter, log);
    }
    if body.height >= 6 {
        let tree = Rect { height: body.height * 3 / 5, ..body };
        let log = Rect { y: tree.bottom(), height: body.height - tree.height, ..body };
        return (tree, none, log);
    }
    match focus {
        Focus::Tree => (body, none, none),
        Focus::Log => (none, none, body),
    }
}

fn below_title(pane: Rect) -> Rect {
    let title = pane.height.min(1);
    Rect { y: pane.y + title, height: pane.height - title, ..pane }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_lie_inside_and_never_overlap() {
        for (width, height) in
            (0..=250).step_by(9).flat_map(|width| (0..=80).map(move |height| (width, height)))
        {
            for (alarms, focus) in [(0, Focus::Tree), (1, Focus::Log), (9, Focus::Tree)] {
                let area = Rect::new(0, 0, width, height);
                let panes = Panes::of(area, alarms, focus);
                let parts = [panes.header, panes.alarms, panes.tree, panes.gutter, panes.log, panes.footer];
                let covered: u32 = parts.iter().map(|part| part.area()).sum();
                assert_eq!(covered, area.area(), "{width}x{height}: {panes:?}");
                for (i, part) in parts.iter().enumerate() {
                    assert_eq!(part.intersection(area).area(), part.area(), "{width}x{height}: {panes:?}");
                    assert!(parts.iter().skip(i + 1).all(|other| part.intersection(*other).is_empty()));
                }
            }
        }
    }

    #[test]
    fn the_last_row_is_for_what_is_wrong() {
        let panes = Panes::of(Rect::new(0, 0, 40, 1), 1, Focus::Tree);
        assert_eq!((panes.header.height, panes.alarms.height), (0, 1));
    }

    #[test]
    fn a_low_screen_shows_the_part_with_the_focus() {
        let low = Rect::new(0, 0, 80, 7);
        assert!(Panes::of(low, 0, Focus::Tree).log.is_empty());
        assert!(Panes::of(low, 0, Focus::Log).tree.is_empty());
    }
}
