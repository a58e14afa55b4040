//! Runs the commands of a policy.

use std::collections::{BTreeMap, BTreeSet};

use speckit_core::agents::consensus::OutputReader;
use speckit_core::policy::CheckCommandConfig;
use speckit_core::policy::commands::COMMAND_OUTPUT_BYTES;
use speckit_core::policy::findings::CommandOutcome;

use super::LOCAL_VARIABLES;
use crate::agents::{Job, Order, ProcessManager, Processes};

/// Runs commands in parallel, each in a session and a process group of its own, and waits for their ends. Servers that they start for
/// later runs live on.
///
/// They do not inherit the variables of a git hook such as `GIT_INDEX_FILE`, since git commands of theirs could change the index of the
/// commit that is being made, nor those in `withheld`, the secrets of this program. They see the work tree, and not what is staged.
pub async fn run_commands<'c>(
    commands: impl IntoIterator<Item = (&'c str, &'c CheckCommandConfig)>,
    withheld: &BTreeSet<String>,
) -> BTreeMap<String, CommandOutcome> {
    let processes = ProcessManager::new().sparing_detached();
    let of_hooks = LOCAL_VARIABLES.map(String::from);
    let withheld = withheld.iter().cloned().chain(of_hooks).collect();
    let running = commands.into_iter().map(|(name, command)| {
        let job = Job {
            command: command.command_line(&withheld),
            limits: command.limits(),
            output_bytes: COMMAND_OUTPUT_BYTES,
            reader: OutputReader::default(),
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
