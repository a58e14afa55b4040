//! The dashboard: shows a running configuration, and turns keys into commands.
//!
//! [`Dashboard::update`] takes a message and returns a command for its caller; [`draw`] draws the state, and stores in it
//! how far each list is scrolled. Neither uses a clock, a disk or a terminal, and no control character is drawn.

use std::collections::BTreeSet;
use std::time::Duration;

use ratatui::crossterm::event::KeyEvent;

use speckit::{ConfigReloadEvent, Status};

mod event_lines;
mod header;
mod keys;
mod leaf_table;
mod movement;
mod pager;
mod popup;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod view;

use header::Alert;
use leaf_table::LeafTable;
use pager::Pager;
use popup::Popup;
use text::visible;
pub(super) use view::draw;

/// An input of the dashboard.
#[derive(Clone, Debug)]
pub(super) enum DashboardMessage {
    /// A key press. Releases are ignored.
    Key(KeyEvent),
    /// An event, and its time since the start.
    Event { event: ConfigReloadEvent, at: Duration },
    /// The current configuration.
    Configuration {
        generation: u64,
        /// In the order of the table.
        leaves: Vec<Leaf>,
        /// What runs instead of invalid files after a degraded start, such as `the defaults (--fallback defaults)`.
        fallback: Option<String>,
    },
    /// The status of the reloads, and its time since the start.
    Status { status: Status, at: Duration },
    /// The answer to [`DashboardCommand::Explain`]; `None` if the key is unknown.
    Explained { key: String, text: Option<String> },
    /// The result of a key, in one line, such as `nothing changed`. It is shown until the next key.
    Replied(String),
}

/// One value of the resolved configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Leaf {
    /// As `Key` displays it; [`DashboardCommand::Explain`] names it, and the selection keeps it over a reload.
    pub(super) key: String,
    /// On one line, secrets redacted.
    pub(super) value: String,
    /// Where it was set, such as `speckit.toml:6:15`.
    pub(super) origin: String,
}

/// What the caller of [`Dashboard::update`] must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DashboardCommand {
    /// Nothing but draw the dashboard again.
    None,
    Reload,
    /// Take a busy guard, or drop the one that an earlier command took.
    ToggleBusy,
    /// Explain this key, and answer with [`DashboardMessage::Explained`].
    Explain(String),
    /// Stop the process until the shell continues it.
    Stop,
    Quit,
}

/// The pane that the movement keys scroll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Focus {
    #[default]
    Leaves,
    Events,
}

/// The state that is drawn.
#[derive(Debug, Default)]
pub(super) struct Dashboard {
    generation: Option<u64>,
    fallback: Option<String>,
    status: Option<(Status, Duration)>,
    pending_restart: BTreeSet<String>,
    leaves: LeafTable,
    events: Pager,
    event_count: usize,
    focus: Focus,
    is_typing: bool,
    popup: Option<Popup>,
    reply: Option<String>,
}

impl Dashboard {
    /// Applies a message, and returns what the caller must do.
    pub(super) fn update(&mut self, message: DashboardMessage) -> DashboardCommand {
        match message {
            DashboardMessage::Key(key) => return self.press(key),
            // It is expected; a warning says where it fails.
            DashboardMessage::Event { event: ConfigReloadEvent::Recorded { .. }, .. } => {}
            DashboardMessage::Event { event, at } => {
                if let ConfigReloadEvent::ReloadSuccess { changed, .. } = &event {
                    self.leaves.mark(changed.iter().map(|change| change.key.to_string()).collect());
                }
                self.events.push(event_lines::lines(&event, at));
                self.event_count += 1;
            }
            DashboardMessage::Configuration { generation, leaves, fallback } => {
                self.generation = Some(generation);
                self.fallback = fallback;
                self.leaves.replace(leaves);
            }
            DashboardMessage::Status { status, at } => {
                self.pending_restart =
                    status.pending_restart.iter().map(|change| change.key.to_string()).collect();
                self.status = Some((status, at));
            }
            DashboardMessage::Explained { key, text: Some(text) } => {
                self.popup = Some(Popup::new(&key, &text))
            }
            DashboardMessage::Explained { key, text: None } => {
                self.reply = Some(format!("`{}` is unknown", visible(&key)));
            }
            DashboardMessage::Replied(reply) => self.reply = Some(visible(&reply)),
        }
        DashboardCommand::None
    }

    fn alerts(&self) -> Vec<Alert> {
        header::alerts(self.status.as_ref().map(|(status, _)| status), self.fallback.as_deref())
    }
}
