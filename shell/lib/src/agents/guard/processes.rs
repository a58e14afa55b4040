//! What `/proc` says about processes (proc(5)).
#![expect(clippy::disallowed_methods, reason = "what the system shows of processes is no document")]

use std::fs;

use speckit_core::agents::process::guard::{Mark, ProcessEntry, has_variable};

use super::VARIABLE;

/// When a process started, in ticks since the system did. `None` where there is no such process, or no `/proc`.
pub(super) fn start_of(id: u32) -> Option<u64> {
    of(id).map(|seen| seen.start)
}

/// One process. `None` where there is no such process, or no `/proc`.
pub(super) fn of(id: u32) -> Option<ProcessEntry> {
    seen(&id.to_string())
}

/// All processes, as far as there is a `/proc`. One that begins or ends meanwhile may be missing.
pub(super) fn all() -> Option<Vec<ProcessEntry>> {
    let entries = fs::read_dir("/proc").ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let ids = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    let found: Vec<ProcessEntry> = ids.filter_map(|id| seen(&id)).collect();
    // This process is in every list that is one.
    (!found.is_empty()).then_some(found)
}

fn seen(id: &str) -> Option<ProcessEntry> {
    let stat = fs::read(format!("/proc/{id}/stat")).ok()?;
    ProcessEntry::parse_stat(&String::from_utf8_lossy(&stat))
}

/// Whether a process has this mark.
///
/// The kernel closes what a program is not to inherit before it shows the arguments and the environment of that program: for a
/// moment both are empty.
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
