//! Shows a running gate: as a screen, as lines, or as JSON.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use speckit_core::agents::gate::{CancelMode, Event, Progress};

use super::interruption::Interruptible;
use super::screen::ProgressScreen;
use crate::context::Context;
use speckit::Receiver;
use speckit::internal::clock;

/// How a gate is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Display {
    /// One line for each agent, redrawn on a terminal.
    Screen,
    /// One line for each event on stderr, with or without the output of agents.
    Lines { with_output: bool },
    /// One JSON document for each event on stdout.
    Json,
}

impl Display {
    /// Whether the output of agents is shown.
    pub(super) fn shows_output(self) -> bool {
        self != Self::Lines { with_output: false }
    }
}

/// The events of a gate, and how it was cancelled.
pub(super) struct GateFeed {
    pub(super) events: Receiver<Event>,
    pub(super) called_off: mpsc::Receiver<CancelMode>,
    /// Notified when the terminal is closed.
    pub(super) interruption: Arc<Interruptible>,
}

/// The time between two frames, and the longest delay before a cancellation is shown.
const TICK: Duration = Duration::from_millis(100);

/// Shows events until the gate has ended.
pub(super) fn show(context: &Context, display: Display, names: Vec<String>, feed: &GateFeed) {
    if display == Display::Screen {
        return draw(context, names, feed);
    }
    loop {
        let event = feed.events.recv_timeout(TICK);
        for how in feed.called_off.try_iter() {
            context.terminal.note(match how {
                CancelMode::Terminate => "ending the agents; press Ctrl-C again to kill them\n",
                CancelMode::Kill => "killing the agents; press Ctrl-C again to end this program\n",
            });
        }
        match event {
            Ok(event) => write(context, display, &event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Writes an event; the end is reported with the number of the recorded run.
fn write(context: &Context, display: Display, event: &Event) {
    match (display, event) {
        (_, Event::Finished(_)) => {}
        // A closed reader misses the events; the run is recorded, and the exit code is its verdict.
        (Display::Json, _) if context.terminal.is_closed() => {}
        (Display::Json, _) => context.terminal.json(event),
        (Display::Lines { .. } | Display::Screen, _) => context.terminal.note(&format!("{event}\n")),
    }
}

fn draw(context: &Context, names: Vec<String>, feed: &GateFeed) {
    let started = clock::now();
    let since = || clock::now().saturating_duration_since(started);
    let mut progress = Progress::new(names);
    let mut screen = ProgressScreen::on(&context.terminal);
    let mut next = Duration::ZERO;
    loop {
        if since() >= next {
            if screen.draw(&progress, since()).is_err() {
                feed.interruption.lose_terminal();
            }
            next = since() + TICK;
        }
        let event = feed.events.recv_timeout(next.saturating_sub(since()));
        feed.called_off.try_iter().for_each(|how| progress.cancel(how));
        match event {
            Ok(event) => progress.event(since(), &event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
