//! One attempt of an agent: room, the circuit breaker, leave to begin, and the door.

use std::sync::Arc;

use speckit_core::gate::{Agent, Attempt, Ending};
use speckit_core::redact::Masks;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::super::{Hear, Job, Order, Orders, unheard};
use super::{Shared, breakers, masking};

/// Room for so many agents: at least one.
pub(super) fn room(most: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)))
}

/// Everything that an attempt needs.
pub(super) struct Errand {
    /// Which agent of the plan.
    pub(super) number: usize,
    pub(super) agent: Arc<Agent>,
    pub(super) job: Job,
    pub(super) hear: Hear,
    pub(super) orders: Orders,
    /// That of its gate.
    pub(super) room: Arc<Semaphore>,
    pub(super) shared: Arc<Shared>,
    pub(super) masks: Arc<Masks>,
    pub(super) ask: UnboundedSender<Asking>,
}

/// An attempt that has room asks for leave to begin. Dropping it is a no.
pub(super) struct Asking {
    pub(super) agent: usize,
    pub(super) leave: oneshot::Sender<()>,
}

/// An attempt that is over, and the room that it had in its gate: others have it as soon as its end is told.
pub(super) struct Over {
    pub(super) attempt: Attempt,
    pub(super) room: Option<OwnedSemaphorePermit>,
}

impl Over {
    pub(super) fn without_room(ending: Ending) -> Self {
        Self { attempt: unheard(ending), room: None }
    }
}

impl Errand {
    /// The attempt, from the wait for room on. What it wrote is masked.
    pub(super) async fn run(self) -> Over {
        let Self { number, agent, job, hear, mut orders, room, shared, masks, ask } = self;
        let has_room = async {
            // First in its gate: who waits there holds up no other gate.
            let own = room.acquire_owned().await.ok()?;
            Some((own, Arc::clone(&shared.room).acquire_owned().await.ok()?))
        };
        let room = tokio::select! {
            biased;
            _ = orders.wait_for(|order| *order != Order::Run) => None,
            room = has_room => room,
        };
        // Other gates have theirs as soon as this is over, also where nobody asks what came of it.
        let Some((room, _shared)) = room else { return Over::without_room(Ending::Cancelled) };
        let breaker = shared.breakers.of(&agent.provider);
        let Ok(pass) = breaker.pass() else { return Over::without_room(Ending::CircuitOpen) };
        let (leave, given) = oneshot::channel();
        let is_asked = ask.send(Asking { agent: number, leave }).is_ok();
        if !is_asked || given.await.is_err() {
            return Over::without_room(Ending::Cancelled);
        }
        let attempt = shared.processes.run(job, hear, orders).await;
        breakers::judge(pass, &agent, &attempt.ending);
        Over { attempt: masking::masked(&masks, attempt), room: Some(room) }
    }
}
