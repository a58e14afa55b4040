//! Agents in parallel: programs that are asked the same, each in a process group of its own, and none left behind.
//!
//! [`AsyncOrchestrator`] runs a [`gate::Plan`](speckit_core::agents::gate::Plan) as the machine of the core decides: it starts
//! attempts, tells what happens, and gives the [`Run`](speckit_core::agents::gate::Run). [`ProcessManager`] is what it starts them
//! with; a simulation may stand in for it ([`Processes`]). A [`Guard`] ends the agents of a program that is killed.
//!
//! A gate of programs of one's own needs no configuration:
//!
//! ```
//! use speckit::agents::AsyncOrchestrator;
//! use speckit_core::agents::gate::{Agent, CommandLine, Plan};
//!
//! # #[cfg(unix)]
//! # fn main() -> std::io::Result<()> {
//! let says = |name: &str, verdict: &str| {
//!     let script = format!("echo '{{\"verdict\": \"{verdict}\"}}'");
//!     Agent::new(name, CommandLine::new("sh", ["-c".into(), script]))
//! };
//! let agents = [says("ann", "yes"), says("bob", "no"), says("cleo", "yes")];
//! let plan = Plan { agree_on: "verdict".parse().ok(), ..Plan::new("release", "v1.2", agents) };
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! let run = runtime.block_on(AsyncOrchestrator::new(10).run(plan));
//! let majority = run.decision.majority.as_ref().unwrap();
//! assert_eq!((majority.answer.as_str(), majority.agents.len()), ("\"yes\"", 2));
//! assert_eq!(run.decision.dissent[0].agents, ["bob"]);
//! # Ok(())
//! # }
//! # #[cfg(not(unix))]
//! # fn main() {}
//! ```
//!
//! What the whole process has to bear in mind:
//!
//! - Nobody else may reap its children: with SIGCHLD ignored, or another thread that waits for any child (`waitpid(-1)`), exit codes
//!   are lost, and an attempt then ends as one that could not be started.
//! - A program that sets SIGPIPE back to its default is ended by an agent that does not read its prompt. Rust ignores it at the start.
//! - A program that ends while agents run (`std::process::exit`, `Runtime::shutdown_background`) drops nothing: only a [`Guard`] ends
//!   them then.

use std::future::Future;
use std::pin::Pin;

use speckit_core::agents::consensus::{AnswerScanner, NoAnswer};
use speckit_core::agents::gate::{Attempt, CommandLine, Stream};
use speckit_core::agents::process::capture::Captured;
use speckit_core::agents::process::supervise::Limits;

mod guard;
mod orchestrator;
mod process;
#[cfg(feature = "sqlite")]
mod runs;

pub use guard::{Guard, become_guard_if_asked};
pub use orchestrator::{AsyncOrchestrator, GateControl, GateError, GateRun, StagePlan};
pub use process::ProcessManager;
#[cfg(feature = "sqlite")]
pub use runs::{FoundRuns, Runs, RunsFilter};
pub use speckit_core::agents::{
    GateSettings, ModelConfig, ModelEntry, ModelRegistry, OrchestratorConfig, Provider, ProviderConfig,
    QualityGateConfig, RegistryError, Stage, StdinMode, Tier,
};

/// One process that is to run.
#[derive(Clone, Debug)]
pub struct Job {
    /// What is run.
    pub command: CommandLine,
    /// How much time it has.
    pub limits: Limits,
    /// How many bytes of each of its streams are kept.
    pub output_bytes: usize,
    /// What is given all of its standard output, and then gives [`Attempt::answer`]; `None` where no answer is wanted.
    pub scanner: Option<AnswerScanner>,
}

/// What a running job is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Run.
    #[default]
    Run,
    /// End, in peace.
    Stop,
    /// End now.
    Kill,
}

/// What a running job is to do, now and later. An order is never taken back: the last one is the most severe.
pub type Orders = tokio::sync::watch::Receiver<Order>;

/// Is told each line that a job writes, in the order of its stream. It must not wait: nobody reads on meanwhile.
pub type Hear = Box<dyn FnMut(Stream, &str) + Send>;

/// A job that runs: ready when it has ended and nothing of it is left. Dropping it kills its group.
pub type Running = Pin<Box<dyn Future<Output = Attempt> + Send>>;

/// What runs processes: [`ProcessManager`], or what stands in for it in a simulation.
pub trait Processes: Send + Sync + 'static {
    /// Starts a job when it is first polled. One that cannot be started ends as
    /// [`Ending::NotStarted`](speckit_core::agents::gate::Ending::NotStarted).
    fn run(&self, job: Job, hear: Hear, orders: Orders) -> Running;
}

impl<P: Processes + ?Sized> Processes for Box<P> {
    fn run(&self, job: Job, hear: Hear, orders: Orders) -> Running {
        (**self).run(job, hear, orders)
    }
}

impl<P: Processes + ?Sized> Processes for std::sync::Arc<P> {
    fn run(&self, job: Job, hear: Hear, orders: Orders) -> Running {
        (**self).run(job, hear, orders)
    }
}

/// An attempt of which nothing was heard.
pub(crate) fn unheard(ending: speckit_core::agents::gate::Ending) -> Attempt {
    Attempt {
        ending,
        stdout: Captured::default(),
        stderr: Captured::default(),
        answer: Err(NoAnswer::NoObject),
        elapsed: std::time::Duration::ZERO,
        is_leaked: false,
    }
}
