//! How a gate is shown while it runs: as a screen, as lines, or as JSON.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use speckit_core::agents::gate::{CancelMode, Event, Progress};

use super::screen::Screen;
use crate::context::Context;
use speckit::Receiver;
use speckit::internal::clock;

/// How a gate is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// A line an agent on a terminal, drawn over and over.
    Screen,
    /// A line an event on stderr; what agents write, where that is asked for.
    Lines { with_output: bool },
    /// A document an event on stdout.
    Json,
}

impl Look {
    /// Whether what agents write is shown.
    pub(super) fn shows_output(self) -> bool {
        self != Self::Lines { with_output: false }
    }
}

/// What is told of a gate.
pub(super) struct Told {
    pub(super) events: Receiver<Event>,
    pub(super) called_off: mpsc::Receiver<CancelMode>,
}

/// The time between two frames, and between two looks whether the gate was called off where nothing else happens.
const TICK: Duration = Duration::from_millis(100);

/// Shows what is told until there is no more.
pub(super) fn follow(context: &Context, look: Look, names: Vec<String>, told: &Told) {
    if look == Look::Screen {
        return draw(context, names, told);
    }
    loop {
        let event = told.events.recv_timeout(TICK);
        for how in told.called_off.try_iter() {
            context.terminal.note(match how {
                CancelMode::Terminate => "ending the agents; once more kills them\n",
                CancelMode::Kill => "killing the agents; once more ends this program\n",
            });
        }
        match event {
            Ok(event) => write(context, look, &event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// The end is told by whoever keeps the run, with its number.
fn write(context: &Context, look: Look, event: &Event) {
    match (look, event) {
        (_, Event::Finished(_)) => {}
        // A reader that has gone away misses the events; the run is kept, and the exit code says its verdict.
        (Look::Json, _) if context.terminal.is_closed() => {}
        (Look::Json, _) => context.terminal.json(event),
        (Look::Lines { .. } | Look::Screen, _) => context.terminal.note(&format!("{event}\n")),
    }
}

fn draw(context: &Context, names: Vec<String>, told: &Told) {
    let began = clock::now();
    let since = || clock::now().saturating_duration_since(began);
    let mut progress = Progress::new(names);
    let mut screen = Screen::on(&context.terminal);
    let mut next = Duration::ZERO;
    loop {
        if since() >= next {
            screen.draw(&progress, since());
            next = since() + TICK;
        }
        let event = told.events.recv_timeout(next.saturating_sub(since()));
        told.called_off.try_iter().for_each(|how| progress.cancel(how));
        match event {
            Ok(event) => progress.event(since(), &event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
