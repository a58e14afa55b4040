//! What happens in a gate, and who hears of it.

use std::sync::Arc;

use speckit_core::agents::gate::{Event, Stream};
use speckit_core::agents::process::lines::LONGEST;
use speckit_core::config::redact::Masks;

use super::super::Hear;
use crate::sync::broadcast;
use crate::sync::broadcast::{Broadcast, Receiver};

/// Only lines of agents are dropped.
impl broadcast::BroadcastEvent for Event {
    const CAPACITY: usize = 1024;

    fn is_droppable(&self) -> bool {
        matches!(self, Self::Output { .. })
    }

    fn missed(count: u64) -> Self {
        Self::Missed { count }
    }
}

/// Everybody who listens to a gate. They hear of the end when it is dropped.
pub(super) struct Audience {
    broadcast: Arc<Broadcast<Event>>,
    masks: Arc<Masks>,
}

impl Audience {
    pub(super) fn new(masks: Arc<Masks>) -> Self {
        Self { broadcast: Arc::default(), masks }
    }

    pub(super) fn subscribe(&self) -> Receiver<Event> {
        self.broadcast.subscribe()
    }

    pub(super) fn subscribe_to_states(&self) -> Receiver<Event> {
        self.broadcast.subscribe_to_undroppable()
    }

    pub(super) fn send(&self, event: &Event) {
        self.broadcast.send(event);
    }

    pub(super) fn masks(&self) -> Arc<Masks> {
        Arc::clone(&self.masks)
    }

    /// What hears the lines of an agent. A line costs nothing while nobody listens.
    pub(super) fn ear(&self, agent: &str) -> Hear {
        let (broadcast, masks, name) = (Arc::clone(&self.broadcast), self.masks(), agent.to_owned());
        // Of each stream, whether its last line goes on in the next one.
        let mut goes_on = [false; 2];
        Box::new(move |stream, line| {
            let [stdout, stderr] = &mut goes_on;
            let goes_on = if stream == Stream::Stdout { stdout } else { stderr };
            let goes_on_from = *goes_on;
            // A character of up to four bytes did not fit.
            *goes_on = line.len() + 4 > LONGEST;
            if broadcast.has_droppable_receiver() {
                let line = masks.scrub_part(line, goes_on_from, *goes_on);
                broadcast.send(&Event::Output { name: name.clone(), stream, line });
            }
        })
    }
}

impl Drop for Audience {
    /// A door may keep an ear of a gate that is over.
    fn drop(&mut self) {
        self.broadcast.close();
    }
}
