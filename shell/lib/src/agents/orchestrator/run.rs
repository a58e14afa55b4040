//! A gate from its beginning to its end.

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
use super::Shared;
use super::attempt::Told;
use super::control::GateControl;
use super::events::Audience;
use super::tasks::Tasks;
use crate::config::busy::Busy;
use crate::os::clock;
use crate::sync::broadcast::Receiver;

/// A gate that runs. Dropping it, or the future of [`GateRun::finish`], kills its agents, and what they wrote is lost with it: a
/// time-out of your own that is to keep it calls [`GateControl::cancel`], and waits for the run.
///
/// ```
/// use std::time::Duration;
/// use speckit::agents::{AsyncOrchestrator, Hear, Job, Orders, Processes, Running};
/// use speckit_core::agents::process::capture::Captured;
/// use speckit_core::agents::consensus::NoAnswer;
/// use speckit_core::agents::gate::{Agent, Attempt, CommandLine, Ending, Event, Plan, Stream};
///
/// /// Says its name instead of running a program.
/// struct Echo;
///
/// impl Processes for Echo {
///     fn run(&self, job: Job, mut hear: Hear, _: Orders) -> Running {
///         Box::pin(async move {
///             hear(Stream::Stdout, &job.command.program);
///             let stdout = Captured::from(job.command.program.into_bytes());
///             let stderr = Captured::default();
///             let (ending, answer) = (Ending::Exited { code: 0 }, Err(NoAnswer::NoObject));
///             Attempt { ending, stdout, stderr, answer, elapsed: Duration::ZERO, is_leaked: false }
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
#[must_use = "it runs while `finish` is awaited"]
pub struct GateRun {
    plan: Plan,
    seed: Seed,
    shared: Arc<Shared>,
    orders: Arc<watch::Sender<Order>>,
    warnings: Vec<Diagnostic>,
    audience: Audience,
    /// Dropped last: a reload may wait for it.
    busy: Option<Busy>,
}

impl GateRun {
    pub(super) fn new(plan: Plan, seed: Seed, shared: Arc<Shared>, masks: Arc<Masks>) -> Self {
        let (audience, orders) = (Audience::new(masks), Arc::new(watch::Sender::new(Order::Run)));
        Self { plan, seed, shared, orders, warnings: Vec::new(), audience, busy: None }
    }

    pub(super) fn held_by(mut self, busy: Busy, warnings: Vec<Diagnostic>) -> Self {
        (self.busy, self.warnings) = (Some(busy), warnings);
        self
    }

    /// What it is going to do.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What deserves to be known about its plan and keeps it from nothing.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// What happens from now on. Any number may listen; none holds the gate up.
    pub fn events(&self) -> Receiver<Event> {
        self.audience.subscribe()
    }

    /// The same without the lines that agents write, which cost least then.
    pub fn states(&self) -> Receiver<Event> {
        self.audience.subscribe_to_states()
    }

    /// How to call it off from elsewhere, before it runs and while it does.
    pub fn control(&self) -> GateControl {
        GateControl::of(&self.orders)
    }

    /// Runs it to its end, in a runtime of tokio with time and, for real processes, I/O; its clock is that of the runtime. It is
    /// to be polled without long pauses: in a task of its own where its future would wait for something else too.
    ///
    /// A door that panics ends its attempt, as one that could not be started. Dropping the future drops what runs every agent
    /// before the drop returns; what is just being polled on another thread is dropped there, right after.
    ///
    /// # Panics
    /// Outside of a runtime of tokio with time.
    pub async fn finish(self) -> Run {
        let Self { busy: _busy, audience, plan, seed, shared, orders, .. } = self;
        let mut ordered = orders.subscribe();
        let tasks = Tasks::new(&plan, shared, audience.masks());
        let (machine, first) = GateMachine::begin(plan, audience.masks(), seed, clock::since_epoch());
        let mut gate = Gate { machine, tasks, audience: &audience, started: clock::runtime_now() };
        let mut given = Order::Run;
        let mut finished = gate.act(first);
        loop {
            if let Some(run) = finished {
                return run;
            }
            let order = *ordered.borrow_and_update();
            if order > given {
                given = order;
                finished = gate.step(if order == Order::Kill { Input::Kill } else { Input::Cancel });
                continue;
            }
            let due = gate.due();
            finished = tokio::select! {
                biased;
                // The sender is here, so that it cannot fail.
                _ = ordered.changed() => None,
                told = gate.tasks.next() => gate.hear(told),
                () = at(due) => gate.step(Input::Due),
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

/// The machine, and who does what it says.
struct Gate<'a> {
    machine: GateMachine,
    tasks: Tasks,
    audience: &'a Audience,
    started: Instant,
}

impl Gate<'_> {
    /// What a task tells. It has leave to begin once everybody knows that it does.
    fn hear(&mut self, told: Told) -> Option<Run> {
        match told {
            Told::Asks { agent, leave } => {
                let finished = self.step(Input::Begun { agent });
                // One that is told nothing does not begin. It does where it is told, unless it has gone.
                let _ = leave.send(());
                finished
            }
            Told::Ended { agent, attempt } => self.step(Input::Ended { agent, attempt }),
        }
    }

    fn step(&mut self, input: Input) -> Option<Run> {
        let actions = self.machine.step(clock::runtime_now().saturating_duration_since(self.started), input);
        self.act(actions)
    }

    /// Gives the run when it is over.
    fn act(&mut self, actions: Vec<Action>) -> Option<Run> {
        for action in actions {
            match action {
                Action::Start { agent, attempt } => self.tasks.start(agent, attempt, self.audience),
                Action::Stop { agent } => self.tasks.order(agent, Order::Stop),
                Action::Kill { agent } => self.tasks.order(agent, Order::Kill),
                Action::Emit(event) => self.audience.send(&event),
                Action::Finish(run) => return Some(run),
            }
        }
        None
    }

    /// When the machine is to be told the time; `None` where that is never.
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
