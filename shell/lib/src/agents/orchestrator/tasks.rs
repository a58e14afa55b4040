//! The running attempts of a gate, each in a task of its own.

use std::sync::Arc;
use std::time::Duration;

use speckit_core::agents::consensus::OutputReader;
use speckit_core::agents::gate::{Agent, Ending, Plan};
use speckit_core::agents::process::supervise::Limits;
use speckit_core::retry::ErrorClass;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use super::super::credentials::CredentialSource;
use super::super::{Job, Order, without_output};
use super::Resources;
use super::attempt::{AttemptEvent, AttemptTask};
use super::control::raise;
use super::drop_on_abort::{DropOnAbort, abortable};
use super::events::GateBroadcast;
use super::masking::GateMasks;

/// How long the streams of an agent are read after its end.
const DRAIN: Duration = Duration::from_secs(1);

/// The running attempts of one gate: at most one for each agent. Dropping it drops all of them.
pub(super) struct Tasks {
    agents: Vec<AgentSlot>,
    resources: Arc<Resources>,
    limits: Limits,
    output_bytes: usize,
    sender: UnboundedSender<AttemptEvent>,
    events: UnboundedReceiver<AttemptEvent>,
    tasks: JoinSet<()>,
    masks: Arc<GateMasks>,
    source: Arc<dyn CredentialSource>,
}

struct AgentSlot {
    agent: Arc<Agent>,
    reader: OutputReader,
    running: Option<RunningAttempt>,
}

struct RunningAttempt {
    /// Its number, from 1.
    attempt: u32,
    task: Id,
    orders: watch::Sender<Order>,
    _abort: DropOnAbort,
}

impl Tasks {
    pub(super) fn new(
        plan: &Plan,
        resources: Arc<Resources>,
        masks: Arc<GateMasks>,
        source: Arc<dyn CredentialSource>,
    ) -> Self {
        let first_masks = masks.current();
        let slot = |agent: &Agent| AgentSlot {
            agent: Arc::new(agent.clone()),
            reader: plan.reader(agent, &first_masks),
            running: None,
        };
        let (sender, events) = unbounded_channel();
        Self {
            agents: plan.agents.iter().map(slot).collect(),
            resources,
            limits: Limits { timeout: Some(plan.timeout), grace: plan.grace, drain: DRAIN },
            output_bytes: plan.output_bytes,
            sender,
            events,
            tasks: JoinSet::new(),
            masks,
            source,
        }
    }

    /// Starts an attempt (counted from 1) once it has a permit and the approval of the gate.
    pub(super) fn start(&mut self, agent: usize, attempt: u32, broadcast: &GateBroadcast) {
        let Some(slot) = self.agents.get_mut(agent) else { return };
        let (orders, received) = watch::channel(Order::Run);
        let (command, reader) = (slot.agent.command.clone(), slot.reader.clone());
        let attempt_task = AttemptTask {
            number: agent,
            agent: Arc::clone(&slot.agent),
            attempt,
            job: Job { command, limits: self.limits, output_bytes: self.output_bytes, reader },
            on_line: broadcast.on_line(&slot.agent.name),
            orders: received,
            resources: Arc::clone(&self.resources),
            masks: Arc::clone(&self.masks),
            source: Arc::clone(&self.source),
            events: self.sender.clone(),
        };
        let (abort, task) = abortable(attempt_task.run());
        let task = self.tasks.spawn(task).id();
        slot.running = Some(RunningAttempt { attempt, task, orders, _abort: abort });
    }

    /// Gives an order to a running attempt, unless it has a more severe one.
    pub(super) fn order(&self, agent: usize, order: Order) {
        if let Some(running) = self.running(agent) {
            raise(&running.orders, order);
        }
    }

    fn running(&self, agent: usize) -> Option<&RunningAttempt> {
        self.agents.get(agent)?.running.as_ref()
    }

    /// The next event; never ready if no attempt is running.
    pub(super) async fn next(&mut self) -> AttemptEvent {
        loop {
            tokio::select! {
                biased;
                Some(event) = self.events.recv() => match event {
                    AttemptEvent::Ready { agent, attempt, approve } => {
                        let is_wanted = self.running(agent).is_some_and(|one| *one.orders.borrow() == Order::Run);
                        if is_wanted && !approve.is_closed() {
                            return AttemptEvent::Ready { agent, attempt, approve };
                        }
                    }
                    AttemptEvent::Ended { agent, attempt, result } => {
                        if let Some(slot) = self.agents.get_mut(agent) {
                            slot.running = None;
                        }
                        return AttemptEvent::Ended { agent, attempt, result };
                    }
                },
                Some(ended) = self.tasks.join_next() => {
                    let failed = ended.err().and_then(|error| Some((self.remove(error.id())?, error)));
                    if let Some(((agent, attempt), error)) = failed {
                        let result = without_output(self.ending_of(error));
                        return AttemptEvent::Ended { agent, attempt, result };
                    }
                }
            }
        }
    }

    /// Removes the attempt of a task that reported no end, and returns its agent and its number.
    fn remove(&mut self, task: Id) -> Option<(usize, u32)> {
        let is_its = |slot: &AgentSlot| slot.running.as_ref().is_some_and(|one| one.task == task);
        let agent = self.agents.iter().position(is_its)?;
        let running = self.agents.get_mut(agent)?.running.take()?;
        Some((agent, running.attempt))
    }

    /// The end of an attempt whose task panicked or was aborted.
    fn ending_of(&self, error: JoinError) -> Ending {
        let Ok(panic) = error.try_into_panic() else { return Ending::Cancelled };
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let text = self.masks.current().mask(&text.unwrap_or_else(|| "without a message".into()));
        let reason =
            format!("the code that runs it panicked: {text}; this is a bug of the program, not of the agent");
        Ending::NotStarted { class: ErrorClass::Permanent, reason }
    }
}

impl Drop for Tasks {
    /// Before the futures are dropped, so that a task that is being polled is dropped when its poll returns.
    fn drop(&mut self) {
        self.tasks.abort_all();
    }
}
