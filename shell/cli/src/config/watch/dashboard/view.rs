//! Draws the dashboard.

use std::time::Duration;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, Clear, Widget as _};

use super::line::Line;
use super::popup::{Popup, Shown};
use super::text::{MOST_CHARACTERS, clip, clip_front, visible, width};
use super::theme::Tone;
use super::tree::{Seen, Widths, is_at_or_below};
use super::{Dashboard, Focus, layout, standing};

/// The keys of the footer, the most important first.
const KEYS: [(&str, &str); 8] = [
    ("q", "quit"),
    ("?", "help"),
    ("r", "reload"),
    ("b", "busy on/off"),
    ("/", "filter"),
    ("e", "explain"),
    ("Tab", "focus"),
    ("↑↓", "move"),
];
const KEYS_OF_A_FILTER: [(&str, &str); 3] = [("Enter", "keep"), ("Esc", "clear"), ("↑↓", "move")];
const KEYS_OF_A_POPUP: [(&str, &str); 2] = [("Esc", "close"), ("↑↓", "scroll")];

/// In cells: the marks before a key.
const MARKS: usize = 3;
/// In cells: narrower trees show no origins.
const NARROW: usize = 44;
/// In cells: between two columns.
const GAP: usize = 2;

/// Draws the dashboard as it is so long after the start. Nothing is said by colour alone.
pub(in crate::config::watch) fn draw(
    frame: &mut Frame,
    dashboard: &Dashboard,
    now: Duration,
    has_color: bool,
) {
    let area = frame.area();
    let panes = dashboard.panes(area);
    let mut canvas = Canvas { buffer: frame.buffer_mut(), has_color };
    canvas.header(panes.header, dashboard, now);
    let most = layout::most_alarm_rows(area.height);
    let alarms = standing::rows(&dashboard.alarms(), panes.alarms.width, most);
    for (row, alarm) in panes.alarms.rows().zip(&alarms) {
        canvas.put(row, &[(alarm.tone, &alarm.text)]);
        canvas.paint(row, alarm.tone);
    }
    canvas.tree(panes.tree, panes.tree_rows(), dashboard);
    panes.gutter.rows().for_each(|row| canvas.put(row, &[(Tone::Quiet, " │ ")]));
    canvas.log(panes.log, panes.log_rows(), dashboard);
    canvas.footer(panes.footer, dashboard);
    if let Some(popup) = &dashboard.popup {
        canvas.popup(area, popup);
    }
}

struct Canvas<'a> {
    buffer: &'a mut Buffer,
    has_color: bool,
}

impl Canvas<'_> {
    /// As many of the items in each row as fit; the last row is cut.
    fn header(&mut self, area: Rect, dashboard: &Dashboard, now: Duration) {
        const BETWEEN: &str = " · ";
        let mut items =
            standing::header(&dashboard.title, dashboard.generation, dashboard.status.as_ref(), now);
        let room = usize::from(area.width);
        if let [title, generation, ..] = items.as_mut_slice() {
            let rest = room.saturating_sub(width(BETWEEN) + width(&generation.text));
            title.text = clip(&title.text, rest).into_owned();
        }
        let mut items = items.iter().peekable();
        for (row, number) in area.rows().zip(1..) {
            let mut pieces = Vec::new();
            let mut used = 0;
            while let Some(item) = items.peek() {
                let gap = if pieces.is_empty() { 0 } else { width(BETWEEN) };
                let fits = used + gap + width(&item.text) <= room;
                if !fits && !pieces.is_empty() && number < area.height {
                    break;
                }
                if gap > 0 {
                    pieces.push((Tone::Quiet, BETWEEN));
                }
                pieces.push((item.tone, &*item.text));
                used += gap + width(&item.text);
                items.next();
            }
            self.put(row, &pieces);
        }
    }

    fn tree(&mut self, pane: Rect, rows: Rect, dashboard: &Dashboard) {
        let tree = &dashboard.tree;
        let (number, passing, all) = tree.counts();
        let filter = match (tree.filter(), dashboard.is_typing) {
            ("", false) => String::new(),
            (filter, is_typing) => {
                let filter = visible(filter, MOST_CHARACTERS);
                format!("  /{filter}{}", if is_typing { "_" } else { "" })
            }
        };
        let of = if passing == all { String::new() } else { format!(" (of {all})") };
        let count = format!("{number}/{passing}{of}{filter}");
        let has_focus = dashboard.focus == Focus::Tree;
        self.title(pane, "configuration", &count, has_focus);
        if passing == 0 {
            let nothing = if all == 0 { "  no keys" } else { "  no key, value or origin has it: Esc clears" };
            self.put(rows, &[(Tone::Quiet, nothing)]);
        }
        let columns = columns(usize::from(rows.width).saturating_sub(MARKS), tree.widest());
        for (row, seen) in rows.rows().zip(tree.seen(usize::from(rows.height))) {
            let is_pending = is_at_or_below(seen.key, &dashboard.pending_restart);
            self.leaf(row, &seen, is_pending, columns);
            if seen.is_selected && has_focus {
                self.paint(row, Tone::Selected);
            }
        }
    }

    fn leaf(&mut self, row: Rect, seen: &Seen<'_>, is_pending: bool, columns: Widths) {
        let mark = match (is_pending, seen.is_changed) {
            (true, _) => (Tone::Warning, "! "),
            (false, true) => (Tone::Warning, "* "),
            (false, false) => (Tone::Plain, "  "),
        };
        let key = padded(&clip_front(&seen.leaf.key, columns.key), columns.key + GAP);
        let value = padded(&clip(&seen.leaf.value, columns.value), columns.value + GAP);
        let origin = clip_front(&seen.leaf.origin, columns.origin);
        let tone = if mark.0 == Tone::Plain { Tone::Strong } else { mark.0 };
        let selection = (Tone::Strong, if seen.is_selected { ">" } else { " " });
        self.put(row, &[selection, mark, (tone, &key), (Tone::Plain, &value), (Tone::Quiet, &origin)]);
    }

    fn log(&mut self, pane: Rect, rows: Rect, dashboard: &Dashboard) {
        let log = &dashboard.log;
        let held = if log.is_held() { "  End shows the newest" } else { "" };
        self.title(pane, "events", &format!("{}{held}", log.count()), dashboard.focus == Focus::Log);
        if log.count() == 0 {
            self.put(rows, &[(Tone::Quiet, "  nothing has happened yet")]);
        }
        for (row, line) in rows.rows().zip(log.rows(rows.as_size())) {
            self.put(row, &[(line.tone, &line.text)]);
        }
    }

    /// The first row of a pane: its name, whether it has the focus, and a rule.
    fn title(&mut self, pane: Rect, name: &str, what: &str, has_focus: bool) {
        let Some(row) = pane.rows().next() else { return };
        let (mark, tone) = if has_focus { ("▶ ", Tone::Strong) } else { ("─ ", Tone::Quiet) };
        let used = width(mark) + width(name) + 1 + width(what) + 1;
        let rule = "─".repeat(usize::from(row.width).saturating_sub(used));
        let shown = [(tone, mark), (tone, name), (tone, " "), (Tone::Plain, what), (Tone::Quiet, " ")];
        self.put(row, &shown);
        let after = u16::try_from(used).unwrap_or(u16::MAX).min(row.width);
        self.put(Rect { x: row.x + after, width: row.width - after, ..row }, &[(Tone::Quiet, &rule)]);
    }

    fn footer(&mut self, area: Rect, dashboard: &Dashboard) {
        let reply = dashboard.reply.as_deref();
        let keys: &[(&str, &str)] = match (&dashboard.popup, dashboard.is_typing) {
            (Some(_), _) => &KEYS_OF_A_POPUP,
            (None, true) => &KEYS_OF_A_FILTER,
            (None, false) => &KEYS,
        };
        let mut pieces = Vec::new();
        let mut left = usize::from(area.width);
        if let Some(reply) = reply {
            pieces.extend([(Tone::Notice, " "), (Tone::Notice, reply), (Tone::Notice, " ")]);
            left = left.saturating_sub(width(reply) + 2);
        }
        for (key, what) in keys {
            let gap = if pieces.is_empty() { "" } else { "  " };
            let needed = width(gap) + width(key) + 1 + width(what);
            if needed > left {
                break;
            }
            left -= needed;
            pieces.extend([
                (Tone::Plain, gap),
                (Tone::Strong, *key),
                (Tone::Plain, " "),
                (Tone::Plain, *what),
            ]);
        }
        self.put(area, &pieces);
    }

    fn popup(&mut self, area: Rect, popup: &Popup) {
        let Shown { frame, room, rows, above, below } = popup.shown(area);
        // A wide character that begins left of the frame would cover its edge.
        let left = frame.x.saturating_sub(1).max(area.x);
        Clear.render(Rect { x: left, width: frame.right() - left, ..frame }, self.buffer);
        if room != frame {
            Block::bordered().border_style(Tone::Quiet.style(self.has_color)).render(frame, self.buffer);
            let top = Rect { x: frame.x + 1, width: frame.width - 2, height: 1, ..frame };
            let title = clip(&popup.title, usize::from(top.width).saturating_sub(2)).into_owned();
            self.put(top, &[(Tone::Strong, " "), (Tone::Strong, &title), (Tone::Strong, " ")]);
            let is_all = (above, below) == (0, 0);
            let more = if is_all { String::new() } else { format!(" ↑{above} ↓{below} ") };
            let bottom = Rect { y: frame.bottom() - 1, ..top };
            self.put(bottom, &[(Tone::Strong, " Esc close "), (Tone::Plain, &more)]);
        }
        for (row, Line { tone, text }) in room.rows().zip(rows) {
            self.put(row, &[(tone, &text)]);
        }
    }

    /// Writes pieces of visible text from the left of a row, and `…` where they do not fit.
    fn put(&mut self, row: Rect, pieces: &[(Tone, &str)]) {
        let row = row.intersection(self.buffer.area);
        if row.is_empty() {
            return;
        }
        let room = usize::from(row.width);
        let last = pieces.iter().rposition(|(_, text)| !text.trim().is_empty()).unwrap_or_default();
        let widths = pieces.iter().enumerate().take(last + 1);
        let total: usize =
            widths.map(|(index, (_, text))| width(if index == last { text.trim_end() } else { text })).sum();
        let is_cut = total > room;
        let end = if is_cut { row.right() - 1 } else { row.right() };
        let mut x = row.x;
        let mut style = Style::new();
        for (tone, text) in pieces {
            style = tone.style(self.has_color);
            let (after, _) = self.buffer.set_stringn(x, row.y, text, usize::from(end - x), style);
            let is_full = usize::from(after - x) < width(text);
            x = after;
            if is_full {
                break;
            }
        }
        if is_cut {
            self.buffer.set_stringn(x, row.y, "…", 1, style);
        }
    }

    /// Gives a whole area a tone, whatever stands in it.
    fn paint(&mut self, area: Rect, tone: Tone) {
        let style = tone.style(self.has_color);
        self.buffer.set_style(area, style.remove_modifier(Modifier::DIM));
    }
}

/// Divides the room between the columns: each has what it needs, and none more than its share where all want more.
/// A narrow screen shows no origins, which `explain` has too.
fn columns(room: usize, widest: Widths) -> Widths {
    let mut needs = [(0, widest.key), (1, widest.value), (2, if room < NARROW { 0 } else { widest.origin })];
    let mut left = room.saturating_sub(GAP * if room < NARROW { 1 } else { 2 });
    needs.sort_by_key(|(_, need)| *need);
    let mut granted = [0; 3];
    for ((column, need), sharers) in needs.into_iter().zip([3, 2, 1]) {
        let share = need.min(left / sharers);
        left -= share;
        granted.get_mut(column).into_iter().for_each(|width| *width = share);
    }
    let [key, value, origin] = granted;
    Widths { key, value, origin }
}

fn padded(text: &str, cells: usize) -> String {
    format!("{text}{}", " ".repeat(cells.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_gets_what_it_needs_and_none_starves_another() {
        let columns = |room, key, value, origin| {
            let Widths { key, value, origin } = columns(room, Widths { key, value, origin });
            [key, value, origin]
        };
        assert_eq!(columns(100, 20, 10, 15), [20, 10, 15]);
        assert_eq!(columns(64, 20, 900, 15), [20, 25, 15]);
        assert_eq!(columns(64, 900, 900, 900), [20, 20, 20]);
        assert_eq!(columns(20, 900, 4, 900), [14, 4, 0]);
        assert_eq!(columns(0, 9, 9, 9), [0, 0, 0]);
    }
}
