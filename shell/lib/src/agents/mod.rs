//! Runs agents (programs that get the same request) in parallel, each in a session and a process group of its own.
//!
//! [`AsyncOrchestrator`] runs a [`gate::Plan`](speckit_core::agents::gate::Plan) as the machine of the core decides: it starts
//! attempts, emits events, and returns the [`Run`](speckit_core::agents::gate::Run). [`ProcessManager`] starts the processes; a
//! simulation can replace it ([`Processes`]). A [`Guard`] ends the agents of a program that is killed.
//!
//! A gate of your own programs needs no configuration:
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
//! Rules for the whole process:
//!
//! - Nothing else may reap its children: if SIGCHLD is ignored, or another thread waits for any child (`waitpid(-1)`), exit codes
//!   are lost, and an attempt then ends as one that could not be started.
//! - Do not reset SIGPIPE to its default (Rust ignores it at the start): an agent that does not read its prompt would end the program.
//! - A program that exits while agents run (`std::process::exit`, `Runtime::shutdown_background`) drops nothing: only a [`Guard`] ends
//!   the agents then.

use std::future::Future;
use std::pin::Pin;

use speckit_core::agents::consensus::{OutputReader, OutputReading};
use speckit_core::agents::gate::{Attempt, CommandLine, Stream};
use speckit_core::agents::process::capture::Captured;
use speckit_core::agents::process::supervise::Limits;

mod credentials;
mod guard;
mod orchestrator;
mod process;
#[cfg(feature = "sqlite")]
mod runs;

pub use credentials::{CredentialSource, secret_variables};
pub use guard::{Guard, become_guard_if_asked};
pub use orchestrator::{AsyncOrchestrator, GateControl, GateError, GateRun, StagePlan};
pub use process::ProcessManager;
#[cfg(feature = "sqlite")]
pub use runs::{FoundRuns, Runs, RunsFilter};
pub use speckit_core::agents::{
    GateSettings, ModelConfig, ModelEntry, ModelRegistry, OrchestratorConfig, ProviderConfig,
    QualityGateConfig, RegistryError, Stage, StdinMode, Tier,
};

/// A process to run.
#[derive(Clone, Debug)]
pub struct Job {
    /// The command line.
    pub command: CommandLine,
    /// Its time-out and grace period.
    pub limits: Limits,
    /// How many bytes of each of its streams are kept.
    pub output_bytes: usize,
    /// Reads all of its standard output and gives [`Attempt::reading`].
    pub reader: OutputReader,
}

/// What a running job has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Order {
    /// Run.
    #[default]
    Run,
    /// End: SIGTERM, and SIGKILL after the grace period.
    Stop,
    /// End now.
    Kill,
}

/// The orders for a running job. They only become more severe.
pub type Orders = tokio::sync::watch::Receiver<Order>;

/// Receives each line that a job writes, in the order of its stream. It must not block, because nothing else reads the stream.
pub type OnLine = Box<dyn FnMut(Stream, &str) + Send>;

/// A running job: ready when its whole process group has ended. Dropping it kills the group.
pub type Running = Pin<Box<dyn Future<Output = Attempt> + Send>>;

/// Runs processes: [`ProcessManager`], or a simulation.
pub trait Processes: Send + Sync + 'static {
    /// Starts a job when the result is first polled. A job that cannot be started ends as
    /// [`Ending::NotStarted`](speckit_core::agents::gate::Ending::NotStarted).
    fn run(&self, job: Job, on_line: OnLine, orders: Orders) -> Running;
}

impl<P: Processes + ?Sized> Processes for Box<P> {
    fn run(&self, job: Job, on_line: OnLine, orders: Orders) -> Running {
        (**self).run(job, on_line, orders)
    }
}

impl<P: Processes + ?Sized> Processes for std::sync::Arc<P> {
    fn run(&self, job: Job, on_line: OnLine, orders: Orders) -> Running {
        (**self).run(job, on_line, orders)
    }
}

/// An attempt that wrote nothing.
pub(crate) fn without_output(ending: speckit_core::agents::gate::Ending) -> Attempt {
    Attempt {
        ending,
        stdout: Captured::default(),
        stderr: Captured::default(),
        reading: OutputReading::default(),
        elapsed: std::time::Duration::ZERO,
        leaked: false,
        left: Vec::new(),
    }
}
