//! Agents started by a program that already runs: speckit's orchestrator in parallel and one at a time, beside bare processes
//! of tokio and of the standard library.

use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use speckit::agents::AsyncOrchestrator;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::gate::plan;
use super::peers::Work;

/// How they are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spawner {
    /// speckit, all at the same time.
    Parallel,
    /// speckit, at most one at a time.
    InSequence,
    /// tokio, a task for each in a `JoinSet`.
    JoinSet,
    /// tokio, the futures in one `join_all`.
    JoinAll,
    /// The standard library, one after another.
    Standard,
}

impl Spawner {
    pub(crate) const ALL: [Self; 5] =
        [Self::Parallel, Self::InSequence, Self::JoinSet, Self::JoinAll, Self::Standard];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Parallel => "speckit in parallel",
            Self::InSequence => "speckit in sequence",
            Self::JoinSet => "JoinSet",
            Self::JoinAll => "join_all",
            Self::Standard => "std in sequence",
        }
    }

    /// Runs so many, and returns how long that took.
    pub(crate) fn run(self, runtime: &Runtime, work: Work, count: usize) -> Duration {
        let started = Instant::now();
        match self {
            Self::Parallel => runtime.block_on(orchestrate(work, count, count)),
            Self::InSequence => runtime.block_on(orchestrate(work, count, 1)),
            Self::JoinSet => runtime.block_on(async {
                let mut tasks: JoinSet<()> = (0..count).map(|_| by_tokio(work)).collect();
                while let Some(ended) = tasks.join_next().await {
                    ended.expect("no task panics");
                }
            }),
            Self::JoinAll => drop(runtime.block_on(join_all((0..count).map(|_| by_tokio(work))))),
            Self::Standard => {
                for _ in 0..count {
                    let mut command = std::process::Command::new(work.words()[0]);
                    let status = command.args(&work.words()[1..]).stdin(Stdio::null()).status();
                    assert!(status.expect("it can be started").success());
                }
            }
        }
        started.elapsed()
    }
}

async fn orchestrate(work: Work, count: usize, max_concurrent: usize) {
    let [program, args @ ..] = work.words() else { panic!("a program") };
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    let run = AsyncOrchestrator::new(max_concurrent).run(plan(count, program, &args)).await;
    // `true` and `sleep` write nothing, which is no success of an agent.
    assert!(run.agents.iter().all(|agent| agent.exit == Some(0)));
}

async fn by_tokio(work: Work) {
    let mut command = tokio::process::Command::new(work.words()[0]);
    let status = command.args(&work.words()[1..]).stdin(Stdio::null()).status().await;
    assert!(status.expect("it can be started").success());
}
