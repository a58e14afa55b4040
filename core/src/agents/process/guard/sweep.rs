//! Finds the process groups that a program has left behind in a list of all processes.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::Register;

/// How many scans in a row must find nothing: a list of processes is no snapshot of one moment, and may miss a process that was
/// spawned meanwhile.
const CLEAN_SCANS: u32 = 2;

/// A process in a list of all processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessEntry {
    /// Its process id.
    pub id: u32,
    /// Its process group.
    pub group: u32,
    /// Its session.
    pub session: u32,
    /// When it started, in the units of the system.
    pub start: u64,
    /// Whether it has ended and is not yet reaped.
    pub is_ended: bool,
}

impl ProcessEntry {
    /// Parses the `stat` file of a process (proc_pid_stat(5)). `None` for another text.
    ///
    /// ```
    /// use speckit_core::agents::process::guard::ProcessEntry;
    ///
    /// let stat = "12 (a) b) S 1 11 10 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 345 0 0\n";
    /// let entry = ProcessEntry::parse_stat(stat).unwrap();
    /// assert_eq!((entry.id, entry.group, entry.session, entry.start, entry.is_ended), (12, 11, 10, 345, false));
    /// ```
    pub fn parse_stat(text: &str) -> Option<Self> {
        // The name stands in parentheses and may hold any character.
        let (id, rest) = text.split_once(' ')?;
        let (_, rest) = rest.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3).copied();
        // The first thread of a process may end before the others: then a zombie is still running.
        let threads: u32 = field(20)?.parse().ok()?;
        Some(Self {
            id: id.parse().ok()?,
            group: field(5)?.parse().ok()?,
            session: field(6)?.parse().ok()?,
            start: field(22)?.parse().ok()?,
            is_ended: matches!(field(3)?, "Z" | "X" | "x") && threads <= 1,
        })
    }
}

/// Whether an environment in the format of the system (`NAME=value`, each ended by a zero byte) has this variable.
pub fn has_variable(environment: &[u8], name: &str, value: &str) -> bool {
    environment.split(|byte| *byte == 0).any(|variable| {
        variable.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
            == Some(value.as_bytes())
    })
}

/// Whether a process has the mark of the program in its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It has.
    Present,
    /// It has not, or its environment cannot be read.
    Absent,
    /// It is just being spawned and has no environment yet.
    Unknown,
}

/// The guard's own process group and session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardIdentity {
    /// Its group.
    pub group: u32,
    /// The group of its program.
    pub program_group: u32,
    /// The session of both.
    pub session: u32,
}

/// Decides which groups a guard kills.
///
/// A registered group is killed if its id has not been reused: its leader started at the registered time, or a member has the
/// mark. If the program was killed before it could announce its exit, every group of its session with a marked member is killed
/// too: the program may not have registered it. A process that has made a session of its own is spared.
///
/// The guard's own group, the program's group, and the groups 0 and 1 are never killed.
#[derive(Clone, Debug)]
pub struct Sweep {
    own: GuardIdentity,
    groups: BTreeMap<u32, Option<u64>>,
    /// Registered groups whose ids are not reused. The system reuses no id of a group that has members.
    confirmed: BTreeSet<u32>,
    includes_unregistered: bool,
    clean_scans: u32,
}

impl Sweep {
    /// A sweep for the groups in the register.
    pub fn new(register: &Register, own: GuardIdentity) -> Self {
        Self {
            own,
            groups: register.groups().collect(),
            confirmed: BTreeSet::new(),
            includes_unregistered: !register.is_exiting() && register.mark().is_some(),
            clean_scans: 0,
        }
    }

    /// The groups to kill now, in the order of their ids, from a list of all processes. `mark` is called only for processes
    /// where it matters.
    pub fn groups_to_kill(
        &mut self,
        processes: &[ProcessEntry],
        mark: &mut dyn FnMut(u32) -> Mark,
    ) -> Vec<u32> {
        for leader in processes.iter().filter(|one| one.id == one.group) {
            match self.groups.get(&leader.group) {
                Some(start) if start.is_none_or(|start| start == leader.start) => {
                    self.confirmed.insert(leader.group);
                }
                _ => {
                    self.confirmed.remove(&leader.group);
                }
            }
        }
        let mut groups = BTreeSet::new();
        let mut is_known = true;
        for one in processes.iter().filter(|one| !one.is_ended && !self.is_spared(one.group)) {
            if self.confirmed.contains(&one.group) {
                groups.insert(one.group);
                continue;
            }
            let is_of_session = self.includes_unregistered && one.session == self.own.session;
            if is_of_session || self.groups.contains_key(&one.group) {
                match mark(one.id) {
                    Mark::Present => {
                        groups.insert(one.group);
                    }
                    Mark::Unknown => is_known = false,
                    Mark::Absent => {}
                }
            }
        }
        let is_clean = groups.is_empty() && is_known;
        self.clean_scans = if is_clean { self.clean_scans.saturating_add(1) } else { 0 };
        groups.into_iter().collect()
    }

    /// Whether no more groups can be found.
    pub fn is_done(&self) -> bool {
        self.clean_scans >= CLEAN_SCANS || (self.groups.is_empty() && !self.includes_unregistered)
    }

    /// The groups to kill where the system has no list of processes: those that were registered without a start time.
    pub fn unverified(&self) -> impl Iterator<Item = u32> {
        let by_number =
            self.groups.iter().filter(|(group, start)| start.is_none() && !self.is_spared(**group));
        by_number.map(|(group, _)| *group)
    }

    fn is_spared(&self, group: u32) -> bool {
        group <= 1 || group == self.own.group || group == self.own.program_group
    }
}
