//! Processes as `/proc` shows them (proc(5)).
#![expect(clippy::disallowed_methods, reason = "`/proc` is not a configuration file")]

use std::fs;

use speckit_core::agents::process::guard::{Mark, ProcessEntry, has_variable};

use super::VARIABLE;

/// When a process started, in clock ticks since the system started. `None` without such a process or `/proc`.
pub(super) fn start_of(id: u32) -> Option<u64> {
    of(id).map(|seen| seen.start)
}

/// One process. `None` without such a process or `/proc`.
pub(super) fn of(id: u32) -> Option<ProcessEntry> {
    seen(&id.to_string())
}

/// All processes; `None` without `/proc`. A process that starts or ends meanwhile may be missing.
pub(super) fn all() -> Option<Vec<ProcessEntry>> {
    let entries = fs::read_dir("/proc").ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let ids = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    let found: Vec<ProcessEntry> = ids.filter_map(|id| seen(&id)).collect();
    // This process is in every complete list.
    (!found.is_empty()).then_some(found)
}

fn seen(id: &str) -> Option<ProcessEntry> {
    let stat = fs::read(format!("/proc/{id}/stat")).ok()?;
    ProcessEntry::parse_stat(&String::from_utf8_lossy(&stat))
}

/// Whether a process has this mark.
///
/// During exec the kernel closes descriptors before it shows the arguments and the environment of the new program: for a moment both
/// are empty.
pub(super) fn mark_of(id: u32, mark: Option<&str>) -> Mark {
    let read = |name: &str| fs::read(format!("/proc/{id}/{name}"));
    match (read("environ"), mark) {
        (Ok(environment), Some(mark)) if has_variable(&environment, VARIABLE, mark) => Mark::Present,
        (Ok(environment), _) if environment.is_empty() => match read("cmdline") {
            Ok(arguments) if arguments.is_empty() => Mark::Unknown,
            _ => Mark::Absent,
        },
        _ => Mark::Absent,
    }
}
