//! Runs the commands of a policy.

use std::collections::BTreeMap;

use speckit_core::policy::CheckCommandConfig;
use speckit_core::policy::commands::COMMAND_OUTPUT_BYTES;
use speckit_core::policy::findings::CommandOutcome;

use super::LOCAL_VARIABLES;
use crate::agents::{Job, Order, ProcessManager, Processes};

/// Runs commands in parallel, each in a process group of its own, and waits for their ends.
///
/// They do not inherit the variables of a git hook such as `GIT_INDEX_FILE`, since git commands of theirs could change the index of the
/// commit that is being made. They see the work tree, and not what is staged.
pub async fn run_commands<'c>(
    commands: impl IntoIterator<Item = (&'c str, &'c CheckCommandConfig)>,
) -> BTreeMap<String, CommandOutcome> {
    let processes = ProcessManager::new();
    let running = commands.into_iter().map(|(name, command)| {
        let job = Job {
            command: command.command_line(&LOCAL_VARIABLES),
            limits: command.limits(),
            output_bytes: COMMAND_OUTPUT_BYTES,
            scanner: None,
        };
        let (orders, receiver) = tokio::sync::watch::channel(Order::Run);
        let task = tokio::spawn(processes.run(job, Box::new(|_, _| {}), receiver));
        (name, command, task, orders)
    });
    let running: Vec<_> = running.collect();
    let mut outcomes = BTreeMap::new();
    for (name, command, task, _orders) in running {
        if let Ok(attempt) = task.await {
            outcomes.insert(name.to_owned(), command.outcome(&attempt));
        }
    }
    outcomes
}
