//! What happens in a gate, and who hears of it.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::time::Duration;

use speckit_core::agents::gate::{Event, Stream};
use speckit_core::agents::process::lines::LONGEST;
use speckit_core::config::redact::Masks;

use super::super::Hear;
use crate::sync::hub;
use crate::sync::hub::{Hub, Listener};

/// What happens in a gate, to one listener: an iterator that waits for the next event, and ends with the gate. It blocks its thread:
/// a task awaits [`GateEvents::recv`] instead.
///
/// A listener that does not read holds nobody up: the oldest lines of agents are dropped once 1024 events wait, and
/// [`Event::Missed`] says how many, in their place. Other events are never dropped.
#[derive(Debug)]
pub struct GateEvents {
    listener: Listener<Event>,
}

impl GateEvents {
    /// The next event, waiting for at most so long.
    ///
    /// # Errors
    /// As those of [`std::sync::mpsc::Receiver::recv_timeout`].
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Event, RecvTimeoutError> {
        self.listener.recv_timeout(timeout)
    }

    /// The next event if there is one already.
    ///
    /// # Errors
    /// As those of [`std::sync::mpsc::Receiver::try_recv`].
    pub fn try_recv(&self) -> Result<Event, TryRecvError> {
        self.listener.try_recv()
    }

    /// The next event, in any async runtime; `None` when there will be no more.
    ///
    /// A future that is dropped before it is ready has taken no event.
    pub async fn recv(&mut self) -> Option<Event> {
        self.listener.recv().await
    }
}

impl Iterator for GateEvents {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.listener.next()
    }
}

impl hub::Told for Event {
    const MOST_WAITING: usize = 1024;

    fn may_be_missed(&self) -> bool {
        matches!(self, Self::Output { .. })
    }

    fn missed(count: u64) -> Self {
        Self::Missed { count }
    }
}

/// Everybody who listens to a gate. They hear of the end when it is dropped.
pub(super) struct Audience {
    hub: Arc<Hub<Event>>,
    masks: Arc<Masks>,
}

impl Audience {
    pub(super) fn new(masks: Arc<Masks>) -> Self {
        Self { hub: Arc::default(), masks }
    }

    pub(super) fn listen(&self) -> GateEvents {
        GateEvents { listener: self.hub.listen() }
    }

    pub(super) fn listen_for_states(&self) -> GateEvents {
        GateEvents { listener: self.hub.listen_for_states() }
    }

    pub(super) fn tell(&self, event: Event) {
        self.hub.tell(event);
    }

    pub(super) fn masks(&self) -> Arc<Masks> {
        Arc::clone(&self.masks)
    }

    /// What hears the lines of an agent. A line costs nothing while nobody listens.
    pub(super) fn ear(&self, agent: &str) -> Hear {
        let (hub, masks, name) = (Arc::clone(&self.hub), self.masks(), agent.to_owned());
        // Of each stream, whether its last line goes on in the next one.
        let mut goes_on = [false; 2];
        Box::new(move |stream, line| {
            let [stdout, stderr] = &mut goes_on;
            let goes_on = if stream == Stream::Stdout { stdout } else { stderr };
            let goes_on_from = *goes_on;
            // A character of up to four bytes did not fit.
            *goes_on = line.len() + 4 > LONGEST;
            if hub.is_heard() {
                let line = masks.scrub_part(line, goes_on_from, *goes_on);
                hub.tell(Event::Output { name: name.clone(), stream, line });
            }
        })
    }
}

impl Drop for Audience {
    /// A door may keep an ear of a gate that is over.
    fn drop(&mut self) {
        self.hub.close();
    }
}
