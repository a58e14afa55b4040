//! A gate from its start to its end.

use std::fmt;
use std::future::pending;
use std::sync::Arc;

use speckit_core::Diagnostic;
use speckit_core::agents::gate::{Action, Event, GateMachine, Input, Plan, Run};
use speckit_core::config::redact::Masks;
use speckit_core::retry::Seed;
use tokio::sync::watch;
use tokio::time::Instant;

use super::super::Order;
use super::super::credentials::{CredentialSource, NoLogins};
use super::Resources;
use super::attempt::AttemptEvent;
use super::control::GateControl;
use super::events::GateBroadcast;
use super::masking::GateMasks;
use super::tasks::Tasks;
use crate::config::busy::Busy;
use crate::os::clock;
use crate::sync::broadcast::Receiver;

/// A gate that can run. Dropping it, or the future of [`GateRun::finish`], kills its agents and loses their output. To end a gate
/// early and keep the output, call [`GateControl::cancel`] and await the run.
///
/// ```
/// use std::time::Duration;
/// use speckit::agents::{AsyncOrchestrator, Job, OnLine, Orders, Processes, Running};
/// use speckit_core::agents::process::capture::Captured;
/// use speckit_core::agents::consensus::OutputReading;
/// use speckit_core::agents::gate::{Agent, Attempt, CommandLine, Ending, Event, Plan, Stream};
///
/// /// Writes the name of the program instead of running it.
/// struct Echo;
///
/// impl Processes for Echo {
///     fn run(&self, job: Job, mut on_line: OnLine, _: Orders) -> Running {
///         Box::pin(async move {
///             on_line(Stream::Stdout, &job.command.program);
///             let stdout = Captured::from(job.command.program.into_bytes());
///             let stderr = Captured::default();
///             let reading = OutputReading { answer: Ok(None), error: None };
///             let ending = Ending::Exited { code: 0 };
///             Attempt { ending, stdout, stderr, reading, elapsed: Duration::ZERO, leaked: false, left: Vec::new() }
///         })
///     }
/// }
///
/// let agent = |name: &str| Agent::new(name, CommandLine::new(name, [""; 0]));
/// let plan = Plan::new("plan", "SPEC-1", ["claude", "claude_haiku"].map(agent));
/// let gate = AsyncOrchestrator::with(Echo, 10).begin(plan);
/// let events = gate.events();
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// let run = runtime.block_on(gate.finish());
/// assert!(run.is_ok());
/// assert_eq!(run.agents[1].output.stdout, "claude_haiku");
/// let lines = events.filter(|event| matches!(event, Event::Output { .. }));
/// assert_eq!(lines.count(), 2);
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a gate runs while `finish` is awaited"]
pub struct GateRun {
    plan: Plan,
    seed: Seed,
    resources: Arc<Resources>,
    orders: Arc<watch::Sender<Order>>,
    warnings: Vec<Diagnostic>,
    source: Arc<dyn CredentialSource>,
    broadcast: GateBroadcast,
    /// Dropped last: a reload may start then.
    busy: Option<Busy>,
}

impl GateRun {
    pub(super) fn new(plan: Plan, seed: Seed, resources: Arc<Resources>, masks: Arc<Masks>) -> Self {
        let masks = Arc::new(GateMasks::new(masks));
        let (broadcast, orders) = (GateBroadcast::new(masks), Arc::new(watch::Sender::new(Order::Run)));
        let source = Arc::new(NoLogins);
        Self { plan, seed, resources, orders, warnings: Vec::new(), source, broadcast, busy: None }
    }

    pub(super) fn held_by(
        mut self,
        busy: Busy,
        warnings: Vec<Diagnostic>,
        source: Arc<dyn CredentialSource>,
    ) -> Self {
        (self.busy, self.warnings, self.source) = (Some(busy), warnings, source);
        self
    }

    /// The plan of this gate.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The warnings about its plan.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Subscribes to all events from now on. Receivers never delay the gate.
    pub fn events(&self) -> Receiver<Event> {
        self.broadcast.subscribe()
    }

    /// Subscribes to events other than output lines, which then cost least.
    pub fn states(&self) -> Receiver<Event> {
        self.broadcast.subscribe_to_states()
    }

    /// A handle that cancels the gate, before it runs and while it runs.
    pub fn control(&self) -> GateControl {
        GateControl::of(&self.orders)
    }

    /// Runs the gate to its end, in a tokio runtime with time and, for real processes, I/O; its clock is that of the runtime. The
    /// future must be polled without long pauses: give it a task of its own if needed.
    ///
    /// If [`Processes::run`](crate::agents::Processes::run) panics, its attempt ends as one that could not be started. Dropping the
    /// future drops every attempt before the drop returns; an attempt that another thread is polling is dropped right after.
    ///
    /// # Panics
    /// Outside a tokio runtime with time.
    pub async fn finish(self) -> Run {
        let Self { busy: _busy, broadcast, plan, seed, resources, orders, source, .. } = self;
        let mut received = orders.subscribe();
        let tasks = Tasks::new(&plan, resources, broadcast.masks(), source);
        let (machine, first) =
            GateMachine::begin(plan, broadcast.masks().current(), seed, clock::since_epoch());
        let mut gate = GateLoop { machine, tasks, broadcast: &broadcast, started: clock::runtime_now() };
        let mut obeyed = Order::Run;
        let mut finished = gate.act(first);
        loop {
            if let Some(run) = finished {
                return run;
            }
            let order = *received.borrow_and_update();
            if order > obeyed {
                obeyed = order;
                finished = gate.step(if order == Order::Kill { Input::Kill } else { Input::Cancel });
                continue;
            }
            let due = gate.due();
            finished = tokio::select! {
                biased;
                // `orders` is the sender, so this cannot fail.
                _ = received.changed() => None,
                event = gate.tasks.next() => gate.handle(event),
                () = at(due) => gate.step(Input::Timer),
            };
        }
    }
}

impl fmt::Debug for GateRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { stage, spec, .. } = &self.plan;
        f.debug_struct("GateRun").field("stage", stage).field("spec", spec).finish_non_exhaustive()
    }
}

/// The machine of the core, and what performs its actions.
struct GateLoop<'a> {
    machine: GateMachine,
    tasks: Tasks,
    broadcast: &'a GateBroadcast,
    started: Instant,
}

impl GateLoop<'_> {
    /// An attempt starts after its event was emitted.
    fn handle(&mut self, event: AttemptEvent) -> Option<Run> {
        match event {
            AttemptEvent::Ready { agent, attempt, approve } => {
                let finished = self.step(Input::Begun { agent, attempt });
                // Without a receiver the attempt was dropped.
                let _ = approve.send(());
                finished
            }
            AttemptEvent::Ended { agent, attempt, result } => {
                self.step(Input::Ended { agent, attempt, result })
            }
        }
    }

    fn step(&mut self, input: Input) -> Option<Run> {
        let actions = self.machine.step(clock::runtime_now().saturating_duration_since(self.started), input);
        self.act(actions)
    }

    /// Performs actions; the result is the run once it has finished.
    fn act(&mut self, actions: Vec<Action>) -> Option<Run> {
        for action in actions {
            match action {
                Action::Start { agent, attempt } => self.tasks.start(agent, attempt, self.broadcast),
                Action::Stop { agent } => self.tasks.order(agent, Order::Stop),
                Action::Kill { agent } => self.tasks.order(agent, Order::Kill),
                Action::Emit(event) => self.broadcast.send(&event),
                Action::Finish(run) => return Some(run),
            }
        }
        None
    }

    /// The next deadline of the machine.
    fn due(&self) -> Option<Instant> {
        self.machine.next_deadline().and_then(|deadline| self.started.checked_add(deadline))
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => clock::sleeping_until(due).await,
        None => pending().await,
    }
}
