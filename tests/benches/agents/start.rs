//! Starts of one program: by speckit, in a session and with everything that follows its process, and by the standard library, which uses
//! `posix_spawn`, or forks if it has to.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::future::poll_immediate;
use speckit::agents::{Job, Order, ProcessManager, Processes as _};
use speckit_core::agents::consensus::OutputReader;
use speckit_core::agents::gate::CommandLine;
use speckit_core::agents::process::supervise::Limits;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// How many starts are measured in a round.
const STARTS: u32 = 20;

/// Who starts `true`, with an empty standard input and two pipes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Starter {
    Speckit,
    /// The standard library by `posix_spawn`, without a session.
    Standard,
    /// The standard library by fork, since the program gets another `PATH`.
    StandardFork,
}

impl Starter {
    pub(crate) const ALL: [Self; 3] = [Self::Speckit, Self::Standard, Self::StandardFork];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Speckit => "speckit",
            Self::Standard => "std, posix_spawn",
            Self::StandardFork => "std, fork",
        }
    }

    /// The mean time of a start; the end of each program is awaited and not measured.
    pub(crate) fn run(self, runtime: &Runtime) -> Duration {
        let start = || match self {
            Self::Speckit => runtime.block_on(start_by_speckit()),
            Self::Standard => start_by_std(&mut Command::new("true")),
            Self::StandardFork => start_by_std(Command::new("true").env("PATH", "/usr/bin:/bin")),
        };
        (0..STARTS).map(|_| start()).sum::<Duration>() / STARTS
    }
}

async fn start_by_speckit() -> Duration {
    let limits = Limits { timeout: None, grace: Duration::from_secs(1), drain: Duration::from_secs(1) };
    let command = CommandLine::new("true", [""; 0]);
    let job = Job { command, limits, output_bytes: 1024, reader: OutputReader::default() };
    let (_sender, orders) = watch::channel(Order::Run);
    let mut running = ProcessManager::new().run(job, Box::new(|_, _| ()), orders);
    let started = Instant::now();
    // The first poll starts the program.
    let ended = poll_immediate(&mut running).await;
    let took = started.elapsed();
    if ended.is_none() {
        running.await;
    }
    took
}

fn start_by_std(command: &mut Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn().expect("it can be started");
    let took = started.elapsed();
    child.wait().expect("nothing else reaps it");
    took
}
