//! Processes as `/proc` shows them (proc(5)).
#![expect(clippy::disallowed_methods, reason = "`/proc` is not a configuration file")]

use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
#[cfg(target_os = "linux")]
use std::mem::MaybeUninit;
use std::sync::OnceLock;

#[cfg(target_os = "linux")]
use rustix::fs::{RawDir, SeekFrom, seek};
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
    processes(all_ids()?)
}

/// The processes that a scan of the sweep has to see, of which there is one; `None` without `/proc`.
pub(in crate::agents) fn relevant_to(sweep: &Sweep) -> Option<Vec<ProcessEntry>> {
    let last_assigned = fs::read_to_string("/proc/loadavg").ok().and_then(|text| last_process_id(&text));
    let mut ids = sweep.first_relevant(last_assigned).and_then(ids_from).or_else(all_ids)?;
    ids.retain(|id| sweep.is_relevant(*id, last_assigned));
    processes(ids)
}

fn processes(ids: Vec<u32>) -> Option<Vec<ProcessEntry>> {
    let found: Vec<ProcessEntry> = ids.into_iter().filter_map(of).collect();
    (!found.is_empty()).then_some(found)
}

fn all_ids() -> Option<Vec<u32>> {
    let entries = fs::read_dir("/proc").ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Some(names.filter_map(|name| name.parse().ok()).collect())
}

/// The ids from that of an existing process on, without listing those below, of which a system may have thousands. `None` if the system
/// does not list them so.
///
/// Linux lists processes by ascending ids, and their position in the folder follows from the id (`next_tgid` in `fs/proc/base.c`). This is
/// not documented, so a list counts only if it begins with the process.
#[cfg(target_os = "linux")]
fn ids_from(first: u32) -> Option<Vec<u32>> {
    /// The position of a process with the id 0: `TGID_OFFSET`.
    const OFFSET: u64 = 258;
    let folder = fs::File::open("/proc").ok()?;
    seek(&folder, SeekFrom::Start(OFFSET + u64::from(first))).ok()?;
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(&folder, &mut buffer);
    let mut ids: Vec<u32> = Vec::new();
    while let Some(entry) = entries.next() {
        ids.extend(entry.ok()?.file_name().to_str().ok()?.parse::<u32>());
    }
    (ids.first() == Some(&first)).then_some(ids)
}

#[cfg(not(target_os = "linux"))]
fn ids_from(_: u32) -> Option<Vec<u32>> {
    None
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

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    fn sleep() -> Child {
        Command::new("sleep").arg("60").spawn().unwrap()
    }

    #[test]
    fn the_list_from_a_process_on_begins_with_it_and_has_the_later_ones() {
        let mut children = [sleep(), sleep(), sleep()];
        let mut expected: Vec<u32> = children.iter().map(Child::id).collect();
        expected.sort_unstable();
        let mut listed = ids_from(expected[0]).unwrap();
        assert!(listed.is_sorted());
        listed.retain(|id| expected.contains(id));
        assert_eq!(listed, expected);
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    #[test]
    fn a_process_that_is_gone_begins_no_list() {
        let mut child = sleep();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(ids_from(child.id()), None);
    }
}
