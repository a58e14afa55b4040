//! Draws the dashboard.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::style::Color;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, Padding};

use super::popup::Popup;
use super::text::{clip, visible};
use super::theme::{NOTICE, PLAIN, QUIET, STRONG};
use super::{Dashboard, Focus, header};

/// In the footer, the most important first.
const PANE_KEYS: [(&str, &str); 8] = [
    ("q", "quit"),
    ("?", "help"),
    ("r", "reload"),
    ("b", "busy on/off"),
    ("/", "filter"),
    ("e", "explain"),
    ("Tab", "focus"),
    ("↑↓", "move"),
];
const FILTER_KEYS: [(&str, &str); 3] = [("Enter", "keep"), ("Esc", "clear"), ("↑↓", "move")];
const POPUP_KEYS: [(&str, &str); 2] = [("Esc", "close"), ("↑↓", "scroll")];

/// From this width on, the leaves and the events are side by side.
const SIDE_BY_SIDE: u16 = 110;

/// Draws the dashboard; `now` is the time since the start.
pub(in crate::config::watch) fn draw(
    frame: &mut Frame<'_>,
    dashboard: &mut Dashboard,
    now: Duration,
    has_color: bool,
) {
    let area = frame.area();
    let alerts =
        header::alert_rows(&dashboard.alerts(), area.width, (area.height.saturating_add(2) / 4).max(1));
    let header = header::header_rows(dashboard.generation, dashboard.status.as_ref(), now, area.width);
    let room = usize::from(area.height).saturating_sub(alerts.len()).min(usize::from(area.height / 8 + 1));
    let lines: Vec<_> = header.into_iter().take(room).chain(alerts).collect();
    let [top, body, footer] = Layout::vertical([
        Constraint::Length(u16::try_from(lines.len()).unwrap_or(u16::MAX)),
        Constraint::Fill(1),
        Constraint::Length(u16::from(area.height >= 5)),
    ])
    .areas(area);
    for (line, row) in lines.into_iter().zip(top.rows()) {
        frame.render_widget(line, row);
    }
    draw_panes(frame, dashboard, body);
    frame.render_widget(footer_line(dashboard, footer.width), footer);
    if let Some(popup) = &mut dashboard.popup {
        draw_popup(frame, popup);
    }
    if !has_color {
        for cell in &mut frame.buffer_mut().content {
            cell.set_fg(Color::Reset).set_bg(Color::Reset);
        }
    }
}

/// Draws the focused pane alone if there is no room for both.
fn draw_panes(frame: &mut Frame<'_>, dashboard: &mut Dashboard, body: Rect) {
    let none = Rect { height: 0, ..body };
    let is_wide = body.width >= SIDE_BY_SIDE;
    let [leaves, events] = match dashboard.focus {
        _ if is_wide => {
            Layout::horizontal([Constraint::Fill(11), Constraint::Fill(9)]).spacing(1).areas(body)
        }
        _ if body.height >= 6 => Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(body),
        Focus::Leaves => [body, none],
        Focus::Events => [none, body],
    };
    draw_leaves(frame, dashboard, leaves);
    draw_events(frame, dashboard, events, if is_wide { Borders::TOP | Borders::LEFT } else { Borders::TOP });
}

fn draw_leaves(frame: &mut Frame<'_>, dashboard: &mut Dashboard, area: Rect) {
    let leaves = &mut dashboard.leaves;
    let (number, passing, all) = leaves.counts();
    let of = if passing == all { String::new() } else { format!(" (of {all})") };
    let filter = match (leaves.filter(), dashboard.is_typing) {
        ("", false) => String::new(),
        (filter, is_typing) => format!("  /{}{}", visible(filter), if is_typing { "_" } else { "" }),
    };
    let has_focus = dashboard.focus == Focus::Leaves;
    let pane = pane("configuration", format!("{number}/{passing}{of}{filter}"), has_focus, Borders::TOP);
    let rows = pane.inner(area);
    frame.render_widget(pane, area);
    leaves.draw(frame, rows, &dashboard.pending_restart, has_focus);
    if passing == 0 {
        let nothing =
            if all == 0 { "  no keys" } else { "  no match in keys, values or origins: Esc clears" };
        frame.render_widget(Line::styled(nothing, QUIET), rows);
    }
}

fn draw_events(frame: &mut Frame<'_>, dashboard: &mut Dashboard, area: Rect, borders: Borders) {
    let has_focus = dashboard.focus == Focus::Events;
    let rows = Block::new().borders(borders).inner(area);
    dashboard.events.draw(frame, rows);
    let hint = if dashboard.events.is_scrolled() { "  End shows the newest" } else { "" };
    let detail = format!("{}{hint}", dashboard.event_count);
    frame.render_widget(pane("events", detail, has_focus, borders), area);
    if dashboard.event_count == 0 {
        frame.render_widget(Line::styled("  no events yet", QUIET), rows);
    }
}

/// The border of a pane, marked if it has the focus.
fn pane(name: &'static str, detail: String, has_focus: bool, borders: Borders) -> Block<'static> {
    let (mark, style) = if has_focus { ("▶ ", STRONG) } else { ("─ ", QUIET) };
    let title =
        [mark, name, " "].map(|text| Span::styled(text, style)).into_iter().chain([Span::raw(detail + " ")]);
    Block::new()
        .borders(borders)
        .border_style(QUIET)
        .title_style(PLAIN.not_dim())
        .title(title.collect::<Line<'_>>())
}

fn footer_line(dashboard: &Dashboard, width: u16) -> Line<'static> {
    let keys: &[(&str, &str)] = match (&dashboard.popup, dashboard.is_typing) {
        (Some(_), _) => &POPUP_KEYS,
        (None, true) => &FILTER_KEYS,
        (None, false) => &PANE_KEYS,
    };
    let keys =
        keys.iter().flat_map(|(key, what)| [Span::styled(*key, STRONG), Span::raw(format!(" {what}  "))]);
    let reply = dashboard.reply.iter().flat_map(|reply| {
        let reply = clip(reply, width.saturating_sub(2));
        [Span::styled(format!(" {reply} "), NOTICE), Span::raw("  ")]
    });
    reply.chain(keys).collect()
}

/// Draws a popup no larger than its text needs.
fn draw_popup(frame: &mut Frame<'_>, popup: &mut Popup) {
    let area = frame.area().centered_horizontally(Constraint::Max(100));
    let block = Block::bordered()
        .border_style(QUIET)
        .title_style(PLAIN.not_dim())
        .padding(Padding::left(1))
        .title(Line::styled(format!(" {} ", popup.title), STRONG))
        .title_bottom(Line::styled(" Esc close ", STRONG));
    let rows = u16::try_from(popup.text.rows(block.inner(area).width)).unwrap_or(u16::MAX);
    let area = area.centered_vertically(Constraint::Max(rows.saturating_add(2)));
    // The margin clears wide characters that begin left of the border, and would cover it.
    frame.render_widget(Clear, area.outer(Margin::new(1, 0)));
    popup.text.draw(frame, block.inner(area));
    frame.render_widget(block, area);
}
