//! Kills the process groups that a sweep finds.
#![expect(clippy::disallowed_methods, reason = "this module belongs to the door to processes")]

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use speckit_core::agents::process::guard::{Mark, ProcessEntry, Sweep};

use super::processes;
use crate::os::clock;

/// The pause between two scans.
const PAUSE: Duration = Duration::from_millis(5);

/// Kills the groups that the sweep finds until it finds no more, at most this long: an uninterruptible system call delays the end of a
/// process. Returns the processes that the last scan has found.
pub(in crate::agents) fn kill_found(
    sweep: &mut Sweep,
    mark: &mut dyn FnMut(u32) -> Mark,
    bound: Duration,
) -> Vec<ProcessEntry> {
    let started = clock::now();
    let mut found = Vec::new();
    while !sweep.is_done() && clock::now().saturating_duration_since(started) < bound {
        let seen = processes::relevant_to(sweep);
        let groups: Vec<u32> = match &seen {
            Some(seen) => sweep.groups_to_kill(seen, mark),
            None => sweep.unverified().filter(|group| is_group(*group)).collect(),
        };
        // Without a list of processes only the registered groups are known.
        if seen.is_none() && groups.is_empty() {
            break;
        }
        // All groups are stopped before the first is killed, so that no process starts another one meanwhile.
        for signal in [Signal::STOP, Signal::KILL] {
            for group in groups.iter().filter_map(|group| pid(*group)) {
                // It may have ended by itself.
                let _ = kill_process_group(group, signal);
            }
        }
        found = seen.unwrap_or_default();
        found.retain(|one| !one.is_ended && groups.contains(&one.group));
        if !sweep.is_done() {
            clock::sleep(PAUSE);
        }
    }
    found
}

fn is_group(group: u32) -> bool {
    pid(group).is_some_and(|group| test_kill_process_group(group).is_ok())
}

fn pid(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}
