//! Processes as `/proc` shows them (proc(5)).
#![expect(clippy::disallowed_methods, reason = "`/proc` is not a configuration file")]

use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::sync::OnceLock;

use speckit_core::agents::gate::LeftProcess;
use speckit_core::agents::process::guard::{Mark, ProcessEntry, Sweep, has_variable, last_process_id};

/// More bytes than a `stat` file has: 52 numbers and a name of at most 64 bytes.
const LONGEST_STAT: usize = 2048;

/// When a process started, in clock ticks since the system started. `None` without such a process or `/proc`.
pub(in crate::agents) fn start_of(id: u32) -> Option<u64> {
    of(id).map(|seen| seen.start)
}

/// The process group of this process at the first call. Without `/proc` that of a process that leads one.
pub(in crate::agents) fn own_group() -> u32 {
    static OWN_GROUP: OnceLock<u32> = OnceLock::new();
    let id = std::process::id();
    *OWN_GROUP.get_or_init(|| of(id).map_or(id, |own| own.group))
}

/// One process. `None` without such a process or `/proc`.
pub(in crate::agents) fn of(id: u32) -> Option<ProcessEntry> {
    let mut line = [0; LONGEST_STAT];
    let length = fs::File::open(format!("/proc/{id}/stat")).ok()?.read(&mut line).ok()?;
    ProcessEntry::parse_stat(&String::from_utf8_lossy(line.get(..length)?))
}

/// All processes; `None` without `/proc`. A process that starts or ends meanwhile may be missing.
pub(in crate::agents) fn all() -> Option<Vec<ProcessEntry>> {
    with_ids(|_| true)
}

/// The processes that a scan of the sweep has to see, of which there is one; `None` without `/proc`.
pub(in crate::agents) fn relevant_to(sweep: &Sweep) -> Option<Vec<ProcessEntry>> {
    let last_assigned = fs::read_to_string("/proc/loadavg").ok().and_then(|text| last_process_id(&text));
    with_ids(|id| sweep.is_relevant(id, last_assigned))
}

fn with_ids(is_wanted: impl Fn(u32) -> bool) -> Option<Vec<ProcessEntry>> {
    let entries = fs::read_dir("/proc").ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let ids = names.filter_map(|name| name.parse::<u32>().ok()).filter(|id| is_wanted(*id));
    let found: Vec<ProcessEntry> = ids.filter_map(of).collect();
    (!found.is_empty()).then_some(found)
}

/// Whether a process has this value in this variable of its environment.
///
/// During exec the kernel closes descriptors before it shows the arguments and the environment of the new program: for a moment both
/// are empty.
pub(in crate::agents) fn mark_of(id: u32, variable: &str, mark: Option<&str>) -> Mark {
    let read = |name: &str| fs::read(format!("/proc/{id}/{name}"));
    match (read("environ"), mark) {
        (Ok(environment), Some(mark)) if has_variable(&environment, variable, mark) => Mark::Present,
        (Ok(environment), _) if environment.is_empty() => match read("cmdline") {
            Ok(arguments) if arguments.is_empty() => Mark::Unknown,
            _ => Mark::Absent,
        },
        _ => Mark::Absent,
    }
}

/// The other processes that hold one of these pipes open. Processes of other users are not found.
pub(in crate::agents) fn holders_of(pipes: &[u64]) -> Vec<LeftProcess> {
    let names: Vec<OsString> = pipes.iter().map(|inode| format!("pipe:[{inode}]").into()).collect();
    let is_one =
        |link: fs::DirEntry| fs::read_link(link.path()).is_ok_and(|target| names.contains(&target.into()));
    let is_holder = |id: &u32| {
        let mut open = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
        *id != std::process::id() && open.any(is_one)
    };
    let all = all().unwrap_or_default().into_iter().map(|one| one.id);
    all.filter(is_holder).map(left_process).collect()
}

/// A process that may still be running. Its arguments may contain a prompt or a secret: they are not read.
pub(in crate::agents) fn left_process(pid: u32) -> LeftProcess {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let program = arguments.split(|byte| *byte == 0).next().unwrap_or_default();
    LeftProcess { pid, command: String::from_utf8_lossy(program).into_owned() }
}
