//! The dashboard: what a person sees of a running configuration, and what their keys ask for.
//!
//! A pure machine. Messages go in, [`Dashboard::update`] answers with a command, and [`draw`] shows what came of it:
//! no clock, no disk, no terminal. What is shown of any text is free of control characters.

use std::collections::BTreeSet;
use std::time::Duration;

use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Rect, Size};

use speckit::{ConfigReloadEvent, Status};

mod keys;
mod layout;
mod line;
mod log;
mod popup;
mod said;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod screens;
mod standing;
#[cfg(test)]
mod storms;
mod text;
mod theme;
mod tree;
mod view;

use layout::Panes;
use log::Log;
use popup::Popup;
use tree::Tree;
pub(super) use view::draw;

/// What the dashboard is told.
#[derive(Clone, Debug)]
pub(super) enum Message {
    /// A key of the terminal. What is released is not looked at.
    Key(KeyEvent),
    /// The size of the terminal, in cells; until it is told, 80 × 24. [`draw`] fits any size all the same.
    Resized { width: u16, height: u16 },
    /// Something happened, so long after the start.
    Event { event: ConfigReloadEvent, at: Duration },
    /// What runs.
    Configuration {
        generation: u64,
        /// In the order in which they are shown.
        leaves: Vec<Leaf>,
        /// What runs in place of the files after a degraded start, such as `the defaults alone (--fallback defaults)`.
        fallback: Option<String>,
    },
    /// How the reloads are doing, so long after the start.
    Status { status: Status, at: Duration },
    /// The answer to [`Command::Explain`]; `None` where nothing is known of the key.
    Explained { key: String, text: Option<String> },
    /// What became of a key, in one line, such as `nothing changed`. It is shown until the next key.
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

/// What the dashboard asks of its driver.
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

/// The part of the screen that the keys of movement move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Focus {
    Tree,
    Log,
}

/// All that a person sees, and where they look.
#[derive(Debug)]
pub(super) struct Dashboard {
    title: String,
    size: Size,
    generation: Option<u64>,
    fallback: Option<String>,
    status: Option<(Status, Duration)>,
    pending_restart: BTreeSet<String>,
    tree: Tree,
    log: Log,
    focus: Focus,
    is_typing: bool,
    popup: Option<Popup>,
    reply: Option<String>,
}

impl Dashboard {
    /// An empty dashboard; the title stands first on the screen.
    pub(super) fn new(title: &str) -> Self {
        Self {
            title: text::visible(title, text::MOST_CHARACTERS).into_owned(),
            size: Size::new(80, 24),
            generation: None,
            fallback: None,
            status: None,
            pending_restart: BTreeSet::new(),
            tree: Tree::default(),
            log: Log::default(),
            focus: Focus::Tree,
            is_typing: false,
            popup: None,
            reply: None,
        }
    }

    /// Takes a message in, and answers what is to be done.
    pub(super) fn update(&mut self, message: Message) -> Command {
        let mut command = Command::None;
        match message {
            Message::Key(key) => command = self.press(key),
            Message::Resized { width, height } => self.size = Size::new(width, height),
            Message::Event { event, at } => {
                if let ConfigReloadEvent::ReloadSuccess { changed, .. } = &event {
                    self.tree.mark(changed.iter().map(|change| change.key.to_string()).collect());
                }
                self.log.push(said::lines(&event, at));
            }
            Message::Configuration { generation, leaves, fallback } => {
                self.generation = Some(generation);
                self.fallback = fallback;
                self.tree.replace(leaves);
            }
            Message::Status { status, at } => {
                self.pending_restart =
                    status.pending_restart.iter().map(|change| change.key.to_string()).collect();
                self.status = Some((status, at));
            }
            Message::Explained { key, text: Some(text) } => self.popup = Some(Popup::of(&key, &text)),
            Message::Explained { key, text: None } => {
                let key = text::visible(&key, text::MOST_CHARACTERS);
                self.reply = Some(format!("nothing is known of `{key}`"));
            }
            Message::Replied(reply) => {
                self.reply = Some(text::visible(&reply, text::MOST_CHARACTERS).into_owned());
            }
        }
        self.keep_in_view();
        command
    }

    /// Where everything stands in an area of this size.
    fn panes(&self, area: Rect) -> Panes {
        let wanted = standing::rows(&self.alarms(), area.width, layout::most_alarm_rows(area.height)).len();
        Panes::of(area, wanted, self.focus)
    }

    fn alarms(&self) -> Vec<standing::Alarm> {
        standing::alarms(self.status.as_ref().map(|(status, _)| status), self.fallback.as_deref())
    }

    /// Scrolls so that the selection and the end of a popup stay on the screen.
    fn keep_in_view(&mut self) {
        let area = Rect::from(((0, 0).into(), self.size));
        let panes = self.panes(area);
        self.tree.keep_in_view(usize::from(panes.tree_rows().height));
        if let Some(popup) = &mut self.popup {
            popup.keep_in_view(area);
        }
    }
}
