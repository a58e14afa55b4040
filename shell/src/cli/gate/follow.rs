//! How a gate is shown while it runs: as a screen, as lines, or as JSON.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use speckit_core::gate::{CallingOff, Event, Progress};

use super::super::context::Context;
use super::conduct::Said;
use super::screen::Screen;
use crate::clock;

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

/// The time between two frames.
const TICK: Duration = Duration::from_millis(100);

/// Shows what is said until it is over.
pub(super) fn follow(context: &Context, look: Look, names: Vec<String>, said: &Receiver<Said>) {
    if look == Look::Screen {
        return draw(context, names, said);
    }
    for one in said {
        match one {
            Said::Event(event) => write(context, look, &event),
            Said::CallingOff(how) => context.terminal.note(match how {
                CallingOff::Asked => "ending the agents; once more kills them\n",
                CallingOff::Killed => "killing the agents; once more ends this program\n",
            }),
            Said::Over => break,
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
        (Look::Lines { with_output: false }, Event::Output { .. } | Event::Missed { .. }) => {}
        (Look::Lines { .. } | Look::Screen, _) => context.terminal.note(&format!("{event}\n")),
    }
}

fn draw(context: &Context, names: Vec<String>, said: &Receiver<Said>) {
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
        match said.recv_timeout(next.saturating_sub(since())) {
            Ok(Said::Event(event)) => progress.event(since(), &event),
            Ok(Said::CallingOff(how)) => progress.called_off(how),
            Ok(Said::Over) | Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}
