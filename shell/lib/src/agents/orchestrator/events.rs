//! The broadcast of a gate's events.

use std::sync::Arc;

use speckit_core::agents::gate::{Event, Stream};
use speckit_core::agents::process::lines::LONGEST;

use super::super::OnLine;
use super::masking::GateMasks;
use crate::sync::broadcast;
use crate::sync::broadcast::{Broadcast, Receiver};

/// Only output lines are dropped for slow receivers.
impl broadcast::BroadcastEvent for Event {
    const CAPACITY: usize = 1024;

    fn is_droppable(&self) -> bool {
        matches!(self, Self::Output { .. })
    }

    fn missed(count: u64) -> Self {
        Self::Missed { count }
    }
}

/// Sends the events of one gate to its receivers. Dropping it ends their streams.
pub(super) struct GateBroadcast {
    broadcast: Arc<Broadcast<Event>>,
    masks: Arc<GateMasks>,
}

impl GateBroadcast {
    pub(super) fn new(masks: Arc<GateMasks>) -> Self {
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

    pub(super) fn masks(&self) -> Arc<GateMasks> {
        Arc::clone(&self.masks)
    }

    /// Broadcasts the lines of an agent. Without receivers a line costs nothing.
    pub(super) fn on_line(&self, agent: &str) -> OnLine {
        let (broadcast, masks, name) = (Arc::clone(&self.broadcast), self.masks(), agent.to_owned());
        // For each stream, whether its last line continues in the next one.
        let mut continues = [false; 2];
        Box::new(move |stream, line| {
            let [stdout, stderr] = &mut continues;
            let continues = if stream == Stream::Stdout { stdout } else { stderr };
            let is_continued = *continues;
            // A character of up to four bytes did not fit.
            *continues = line.len() + 4 > LONGEST;
            if broadcast.has_droppable_receiver() {
                let line = masks.current().mask_part(line, is_continued, *continues);
                broadcast.send(&Event::Output { name: name.clone(), stream, line });
            }
        })
    }
}

impl Drop for GateBroadcast {
    /// Processes may keep a callback of a gate that has ended.
    fn drop(&mut self) {
        self.broadcast.close();
    }
}
