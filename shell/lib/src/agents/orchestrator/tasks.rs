//! The attempts that are under way, each in a task of its own.

use std::sync::Arc;
use std::time::Duration;

use speckit_core::agents::consensus::AnswerScanner;
use speckit_core::agents::gate::{Agent, Ending, Plan};
use speckit_core::agents::process::supervise::Limits;
use speckit_core::config::redact::Masks;
use speckit_core::retry::ErrorClass;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use super::super::{Job, Order, unheard};
use super::Shared;
use super::attempt::{Errand, Told};
use super::control::give;
use super::events::Audience;
use super::leash::{Leash, leashed};

/// How long the streams of an agent that has ended are read on.
const DRAIN: Duration = Duration::from_secs(1);

/// The attempts of one gate that are under way: at most one an agent. Dropping it drops all of them.
pub(super) struct Tasks {
    agents: Vec<Place>,
    shared: Arc<Shared>,
    limits: Limits,
    output_bytes: usize,
    tell: UnboundedSender<Told>,
    told: UnboundedReceiver<Told>,
    tasks: JoinSet<()>,
    masks: Arc<Masks>,
}

struct Place {
    agent: Arc<Agent>,
    scanner: Option<AnswerScanner>,
    under_way: Option<UnderWay>,
}

struct UnderWay {
    task: Id,
    orders: watch::Sender<Order>,
    _leash: Leash,
}

impl Tasks {
    pub(super) fn new(plan: &Plan, shared: Arc<Shared>, masks: Arc<Masks>) -> Self {
        let place = |agent: &Agent| Place {
            agent: Arc::new(agent.clone()),
            scanner: plan.scanner(agent, &masks),
            under_way: None,
        };
        let (tell, told) = unbounded_channel();
        Self {
            agents: plan.agents.iter().map(place).collect(),
            shared,
            limits: Limits { timeout: Some(plan.timeout), grace: plan.grace, drain: DRAIN },
            output_bytes: plan.output_bytes,
            tell,
            told,
            tasks: JoinSet::new(),
            masks,
        }
    }

    /// Starts an attempt, counted from 1, as soon as there is room, and leave is given.
    pub(super) fn start(&mut self, agent: usize, attempt: u32, audience: &Audience) {
        let Some(place) = self.agents.get_mut(agent) else { return };
        let (orders, ordered) = watch::channel(Order::Run);
        let (command, scanner) = (place.agent.command.clone(), place.scanner.clone());
        let errand = Errand {
            number: agent,
            agent: Arc::clone(&place.agent),
            is_first: attempt == 1,
            job: Job { command, limits: self.limits, output_bytes: self.output_bytes, scanner },
            hear: audience.ear(&place.agent.name),
            orders: ordered,
            shared: Arc::clone(&self.shared),
            masks: Arc::clone(&self.masks),
            tell: self.tell.clone(),
        };
        let (leash, task) = leashed(Box::pin(errand.run()));
        let task = self.tasks.spawn(task).id();
        place.under_way = Some(UnderWay { task, orders, _leash: leash });
    }

    /// Tells an attempt what to do, unless it was told worse.
    pub(super) fn order(&self, agent: usize, order: Order) {
        let Some(under_way) = self.agents.get(agent).and_then(|place| place.under_way.as_ref()) else {
            return;
        };
        give(&under_way.orders, order);
    }

    /// What is told next; for ever waiting where nothing is under way.
    pub(super) async fn next(&mut self) -> Told {
        loop {
            tokio::select! {
                biased;
                Some(told) = self.told.recv() => match told {
                    Told::Asks { agent, leave } => {
                        if self.may_begin(agent) && !leave.is_closed() {
                            return Told::Asks { agent, leave };
                        }
                    }
                    Told::Ended { agent, attempt } => {
                        if let Some(place) = self.agents.get_mut(agent) {
                            place.under_way = None;
                        }
                        return Told::Ended { agent, attempt };
                    }
                },
                Some(ended) = self.tasks.join_next() => {
                    let broken = ended.err().and_then(|error| Some((self.over(error.id())?, error)));
                    if let Some((agent, error)) = broken {
                        return Told::Ended { agent, attempt: unheard(self.broken(error)) };
                    }
                }
            }
        }
    }

    fn may_begin(&self, agent: usize) -> bool {
        let under_way = self.agents.get(agent).and_then(|place| place.under_way.as_ref());
        under_way.is_some_and(|under_way| *under_way.orders.borrow() == Order::Run)
    }

    /// Whose attempt a task was that has told no end.
    fn over(&mut self, task: Id) -> Option<usize> {
        let is_its = |place: &Place| place.under_way.as_ref().is_some_and(|one| one.task == task);
        let agent = self.agents.iter().position(is_its)?;
        self.agents.get_mut(agent)?.under_way = None;
        Some(agent)
    }

    /// How an attempt ended whose task gave none.
    fn broken(&self, error: JoinError) -> Ending {
        let Ok(panic) = error.try_into_panic() else { return Ending::Cancelled };
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let text = self.masks.scrub(&text.unwrap_or_else(|| "it says no more".into()));
        let reason = format!(
            "what was to run it panicked: {text}; this is a mistake of the program, not of the agent"
        );
        Ending::NotStarted { class: ErrorClass::Permanent, reason }
    }
}

impl Drop for Tasks {
    /// Before the leashes, so that a task that runs at this moment is dropped when it pauses.
    fn drop(&mut self) {
        self.tasks.abort_all();
    }
}
