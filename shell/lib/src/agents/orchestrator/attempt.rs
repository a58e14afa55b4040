//! One attempt of an agent: room, the circuit breaker, leave to begin, and the door.

use std::sync::Arc;

use speckit_core::agents::gate::{Agent, Attempt, Ending};
use speckit_core::config::redact::Masks;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::super::{Hear, Job, Order, Orders, unheard};
use super::{Shared, breakers, masking};

/// Everything that an attempt needs.
pub(super) struct Errand {
    /// Which agent of the plan.
    pub(super) number: usize,
    pub(super) agent: Arc<Agent>,
    /// Whether it is the first attempt of its agent: that one asks the circuit breaker and tells it. Another one is the same
    /// work, which goes on.
    pub(super) is_first: bool,
    pub(super) job: Job,
    pub(super) hear: Hear,
    pub(super) orders: Orders,
    pub(super) shared: Arc<Shared>,
    pub(super) masks: Arc<Masks>,
    pub(super) tell: UnboundedSender<Told>,
}

/// What an attempt tells.
pub(super) enum Told {
    /// It has room, and asks for leave to begin. Dropping that is a no.
    Asks { agent: usize, leave: oneshot::Sender<()> },
    /// It is over.
    Ended { agent: usize, attempt: Attempt },
}

impl Errand {
    /// The attempt, from the wait for room on. Its end is told before others have its room, and what it wrote is masked.
    pub(super) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let room = tokio::select! {
            biased;
            _ = self.orders.wait_for(|order| *order != Order::Run) => None,
            room = shared.room.acquire() => room.ok(),
        };
        let (number, tell) = (self.number, self.tell.clone());
        let attempt = match room {
            Some(_) => self.attempt().await,
            None => unheard(Ending::Cancelled),
        };
        // Where nobody listens the gate is gone.
        let _ = tell.send(Told::Ended { agent: number, attempt });
        drop(room);
    }

    async fn attempt(self) -> Attempt {
        let Self { number, agent, is_first, job, hear, orders, shared, masks, tell } = self;
        let breaker = shared.breakers.of(&agent.provider);
        let pass = match is_first.then(|| breaker.permit()).transpose() {
            Ok(pass) => pass,
            Err(_) => return unheard(Ending::CircuitOpen),
        };
        let (leave, given) = oneshot::channel();
        let is_asked = tell.send(Told::Asks { agent: number, leave }).is_ok();
        if !is_asked || given.await.is_err() {
            return unheard(Ending::Cancelled);
        }
        let attempt = shared.processes.run(job, hear, orders).await;
        if let Some(pass) = pass {
            breakers::judge(pass, &agent, &attempt.ending);
        }
        masking::masked(&masks, attempt)
    }
}
