//! One attempt of an agent: it waits for a permit, asks the circuit breaker and its gate, and runs the process.

use std::sync::Arc;

use speckit_core::agents::credentials::Credential;
use speckit_core::agents::gate::{Agent, Attempt, Ending};
use speckit_core::retry::ErrorClass;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::super::credentials::{CredentialSource, add_token};
use super::super::{Job, OnLine, Order, Orders, without_output};
use super::masking::{GateMasks, masked};
use super::{Resources, breakers};
use crate::instrumentation::operation::{Operation, OperationTimer};

/// Everything that an attempt needs.
pub(super) struct AttemptTask {
    /// The index of the agent in the plan.
    pub(super) number: usize,
    pub(super) agent: Arc<Agent>,
    /// The number of the attempt, from 1.
    pub(super) attempt: u32,
    pub(super) job: Job,
    pub(super) on_line: OnLine,
    pub(super) orders: Orders,
    pub(super) resources: Arc<Resources>,
    pub(super) masks: Arc<GateMasks>,
    pub(super) source: Arc<dyn CredentialSource>,
    pub(super) events: UnboundedSender<AttemptEvent>,
}

/// What an attempt reports to its gate.
#[expect(clippy::large_enum_variant, reason = "an event is sent once, and is not kept")]
pub(super) enum AttemptEvent {
    /// It has a permit and waits for the approval of its gate. Dropping `approve` refuses it.
    Ready { agent: usize, attempt: u32, approve: oneshot::Sender<()> },
    /// It has ended.
    Ended { agent: usize, attempt: u32, result: Attempt },
}

impl AttemptTask {
    /// Runs the attempt. The gate gets the end, with secrets masked, before another attempt gets the permit.
    pub(super) async fn run(mut self) {
        let resources = Arc::clone(&self.resources);
        let permit = tokio::select! {
            biased;
            _ = self.orders.wait_for(|order| *order != Order::Run) => None,
            permit = resources.permits.acquire() => permit.ok(),
        };
        let (agent, attempt, events) = (self.number, self.attempt, self.events.clone());
        let result = match permit {
            Some(_) => self.perform().await,
            None => without_output(Ending::Cancelled),
        };
        // Without a receiver the gate was dropped.
        let _ = events.send(AttemptEvent::Ended { agent, attempt, result });
        drop(permit);
    }

    async fn perform(self) -> Attempt {
        let Self { number, agent, attempt, job, on_line, mut orders, resources, masks, source, events } =
            self;
        let breaker = resources.breakers.of(&agent.provider);
        // Only the first attempt of an agent asks the circuit breaker and reports to it: retries are part of the same work.
        let permit = match (attempt == 1).then(|| breaker.permit()).transpose() {
            Ok(permit) => permit,
            Err(_) => return without_output(Ending::CircuitOpen),
        };
        let (approve, approved) = oneshot::channel();
        let is_sent = events.send(AttemptEvent::Ready { agent: number, attempt, approve }).is_ok();
        if !is_sent || approved.await.is_err() {
            return without_output(Ending::Cancelled);
        }
        let timer = OperationTimer::start(Operation::GateAgent).of_agent(&agent.name);
        let result = match with_token(job, &masks, source, &mut orders).await {
            Ok(job) => resources.processes.run(job, on_line, orders).await,
            Err(ending) => without_output(ending),
        };
        timer.finish(result.ending == Ending::Exited { code: 0 });
        if let Some(permit) = permit {
            breakers::report(permit, &agent, &result);
        }
        masked(&masks.current(), result)
    }
}

/// The job with a token for this attempt, which is masked from now on in what the agents of the gate write.
///
/// # Errors
/// There is no token, or the attempt was ordered to end.
async fn with_token(
    mut job: Job,
    masks: &GateMasks,
    source: Arc<dyn CredentialSource>,
    orders: &mut Orders,
) -> Result<Job, Ending> {
    if !matches!(job.command.credential, Some(Credential::Login { .. })) {
        return Ok(job);
    }
    let needed = job.limits.timeout.unwrap_or_default().saturating_add(job.limits.grace);
    // The source may refresh the token, which takes a request.
    let granted = tokio::task::spawn_blocking(move || {
        let token = add_token(&mut job.command, &*source, needed)?;
        Ok((job, token))
    });
    let (mut job, token) = tokio::select! {
        biased;
        _ = orders.wait_for(|order| *order != Order::Run) => return Err(Ending::Cancelled),
        granted = granted => granted.unwrap_or_else(|_| Err(panicked()))?,
    };
    masks.add(&token);
    job.reader = job.reader.with_masks(&masks.current());
    Ok(job)
}

/// The ending of an attempt whose source of tokens panicked.
fn panicked() -> Ending {
    let reason = "the code that gives it a token panicked; this is a bug of the program, not of the agent";
    Ending::NotStarted { class: ErrorClass::Permanent, reason: reason.into() }
}
