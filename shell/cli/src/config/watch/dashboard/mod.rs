//! The dashboard: shows a running configuration, and turns keys into commands.
//!
//! [`Dashboard::update`] takes a message and returns a command; [`draw`] draws the state, and keeps in it how far each
//! list is scrolled. Neither has a clock, a disk or a terminal. No control character is drawn.

use std::collections::BTreeSet;
use std::time::Duration;

use ratatui::crossterm::event::KeyEvent;

use speckit::{ConfigReloadEvent, Status};

mod event_lines;
mod header;
mod keys;
mod leaf_table;
mod pager;
mod popup;
mod step;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod view;

use header::Alarm;
use leaf_table::LeafTable;
use pager::Pager;
use popup::Popup;
use text::visible;
pub(super) use view::draw;

/// An input of the dashboard.
#[derive(Clone, Debug)]
pub(super) enum Message {
    /// A key of the terminal. Releases are ignored.
    Key(KeyEvent),
    /// An event, and its time since the start.
    Event { event: ConfigReloadEvent, at: Duration },
    /// The configuration in force.
    Configuration {
        generation: u64,
        /// In the order of the table.
        leaves: Vec<Leaf>,
        /// What runs in place of the files after a degraded start, such as `the defaults alone (--fallback defaults)`.
        fallback: Option<String>,
    },
    /// The state of the reloads, and its time since the start.
    Status { status: Status, at: Duration },
    /// The answer to [`Command::Explain`]; `None` where nothing is known of the key.
    Explained { key: String, text: Option<String> },
    /// The outcome of a key, in one line, such as `nothing changed`. It is shown until the next key.
    Replied(String),
}

/// One value of the resolved configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Leaf {
    /// As `Key` writes it; it names the leaf in [`Command::Explain`] and keeps the selection over a reload.
    pub(super) key: String,
    /// On one line, secrets redacted.
    pub(super) value: String,
    /// The place that set it, such as `speckit.toml:6:15`.
    pub(super) origin: String,
}

/// What the caller of [`Dashboard::update`] has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Nothing; the dashboard may look different.
    None,
    /// Reload now.
    Reload,
    /// Take a busy guard, or drop the one that was taken so.
    ToggleBusy,
    /// Explain this key, and answer with [`Message::Explained`].
    Explain(String),
    /// End.
    Quit,
}

/// The pane that the keys of movement move.
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
    /// Takes a message, and returns what has to be done.
    pub(super) fn update(&mut self, message: Message) -> Command {
        match message {
            Message::Key(key) => return self.press(key),
            Message::Event { event, at } => {
                if let ConfigReloadEvent::ReloadSuccess { changed, .. } = &event {
                    self.leaves.mark(changed.iter().map(|change| change.key.to_string()).collect());
                }
                self.events.push(event_lines::lines(&event, at));
                self.event_count += 1;
            }
            Message::Configuration { generation, leaves, fallback } => {
                self.generation = Some(generation);
                self.fallback = fallback;
                self.leaves.replace(leaves);
            }
            Message::Status { status, at } => {
                self.pending_restart =
                    status.pending_restart.iter().map(|change| change.key.to_string()).collect();
                self.status = Some((status, at));
            }
            Message::Explained { key, text: Some(text) } => self.popup = Some(Popup::new(&key, &text)),
            Message::Explained { key, text: None } => {
                self.reply = Some(format!("nothing is known of `{}`", visible(&key)));
            }
            Message::Replied(reply) => self.reply = Some(visible(&reply)),
        }
        Command::None
    }

    fn alarms(&self) -> Vec<Alarm> {
        header::alarms(self.status.as_ref().map(|(status, _)| status), self.fallback.as_deref())
    }
}
