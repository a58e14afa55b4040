//! Finds the process groups that a program, or one of its jobs, has left behind in a list of all processes.

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

/// The process id that the system has assigned last: the last field of `/proc/loadavg` (proc_loadavg(5)). `None` for another text.
///
/// ```
/// use speckit_core::agents::process::guard::last_process_id;
/// assert_eq!(last_process_id("0.20 0.18 0.12 1/80 11206\n"), Some(11206));
/// ```
pub fn last_process_id(loadavg: &str) -> Option<u32> {
    loadavg.split_ascii_whitespace().nth(4)?.parse().ok()
}

/// Whether an environment in the format of the system (`NAME=value`, each ended by a zero byte) has this variable.
pub fn has_variable(environment: &[u8], name: &str, value: &str) -> bool {
    environment.split(|byte| *byte == 0).any(|variable| {
        variable.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
            == Some(value.as_bytes())
    })
}

/// Whether a process has the mark of the program, or of the job, in its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It has.
    Present,
    /// It has not, or its environment cannot be read.
    Absent,
    /// It is just being spawned and has no environment yet.
    Unknown,
}

/// The process groups that a sweep never kills, beside the groups 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnGroups {
    /// The group of the guard.
    pub guard: u32,
    /// The group of its program.
    pub program: u32,
}

/// Decides which groups to kill when a program or one of its jobs has ended.
///
/// A registered group is killed, and so is every group in the session that its leader has made, if its id has not been reused: its
/// leader started at the registered time, or a member has the mark. If the program was killed before it could announce its exit,
/// every group with a marked member is killed too: the program may not have registered it, or its processes have made a
/// session of their own. The groups with marked members of a job that has ended are always killed.
#[derive(Clone, Debug)]
pub struct Sweep {
    own: OwnGroups,
    groups: BTreeMap<u32, Option<u64>>,
    /// Registered groups whose ids are not reused. The system reuses no id of a group or of a session that has members.
    confirmed: BTreeSet<u32>,
    /// Processes that started at this time or later are killed if they have the mark; `None`: only members of registered groups are.
    marked_since: Option<u64>,
    /// The leader of the job; `None`: the groups are those of a program.
    leader: Option<u32>,
    /// The leaders of the other jobs of the program.
    leaders: BTreeSet<u32>,
    clean_scans: u32,
    needed_scans: u32,
}

impl Sweep {
    /// A sweep for the groups in the register.
    pub fn new(register: &Register, own: OwnGroups) -> Self {
        Self {
            own,
            groups: register.groups().collect(),
            leader: None,
            leaders: BTreeSet::new(),
            confirmed: BTreeSet::new(),
            marked_since: (!register.is_exiting() && register.mark().is_some()).then_some(0),
            clean_scans: 0,
            needed_scans: CLEAN_SCANS,
        }
    }

    /// A sweep for the groups of a job, whose leader has ended and is not reaped, and which the program itself ends. The leader
    /// started at this time, and no process of the job before it.
    ///
    /// `leaders` are those of all running jobs of the program: children of it that are not reaped. Such a leader and the processes of its
    /// session belong to its own job, because a process cannot enter a session that exists. So most processes that start beside the job
    /// need not be read.
    ///
    /// A single scan that finds nothing is enough, so that a job that leaves nothing behind costs little.
    pub fn of_job(leader: u32, start: u64, program_group: u32, mut leaders: BTreeSet<u32>) -> Self {
        leaders.remove(&leader);
        Self {
            own: OwnGroups { guard: program_group, program: program_group },
            groups: BTreeMap::from([(leader, Some(start))]),
            leader: Some(leader),
            leaders,
            confirmed: BTreeSet::new(),
            marked_since: Some(start),
            clean_scans: 0,
            needed_scans: 1,
        }
    }

    /// The least id of the processes that a scan has to see, if the system has assigned `last_assigned` last. `None`: that of any
    /// process.
    ///
    /// Ids are assigned in ascending order until the largest one, and then anew. So the processes of a job have larger ids than its leader,
    /// unless an id below the leader's was assigned since.
    pub fn first_relevant(&self, last_assigned: Option<u32>) -> Option<u32> {
        self.leader.filter(|leader| last_assigned.is_some_and(|last| last >= *leader))
    }

    /// Whether a scan has to see the process with this id: it is not below the [first](Self::first_relevant), and does not lead another
    /// job.
    pub fn is_relevant(&self, id: u32, last_assigned: Option<u32>) -> bool {
        self.first_relevant(last_assigned).is_none_or(|first| id >= first) && !self.leaders.contains(&id)
    }

    /// The groups to kill now, in the order of their ids, from a list of all [relevant](Self::is_relevant) processes. `mark` is called
    /// only for processes where it matters.
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
            if self.confirmed.contains(&one.group) || self.confirmed.contains(&one.session) {
                groups.insert(one.group);
                continue;
            }
            let is_others = self.leaders.contains(&one.session);
            let may_be_marked = !is_others && self.marked_since.is_some_and(|since| one.start >= since);
            if may_be_marked || self.groups.contains_key(&one.group) {
                match mark(one.id) {
                    Mark::Present => {
                        groups.insert(one.group);
                    }
                    Mark::Unknown => is_known = false,
                    Mark::Absent => {}
                }
            }
        }
        if !groups.is_empty() {
            self.needed_scans = CLEAN_SCANS;
        }
        let is_clean = groups.is_empty() && is_known;
        self.clean_scans = if is_clean { self.clean_scans.saturating_add(1) } else { 0 };
        groups.into_iter().collect()
    }

    /// Whether no more groups can be found.
    pub fn is_done(&self) -> bool {
        self.clean_scans >= self.needed_scans || (self.groups.is_empty() && self.marked_since.is_none())
    }

    /// The groups to kill where the system has no list of processes: those that were registered without a start time.
    pub fn unverified(&self) -> impl Iterator<Item = u32> {
        let by_number =
            self.groups.iter().filter(|(group, start)| start.is_none() && !self.is_spared(**group));
        by_number.map(|(group, _)| *group)
    }

    fn is_spared(&self, group: u32) -> bool {
        group <= 1 || group == self.own.guard || group == self.own.program
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_below_the_leader_matter_once_the_ids_have_begun_anew() {
        let sweep = Sweep::of_job(500, 7, 1, BTreeSet::from([500, 600]));
        for (last_assigned, first) in
            [(Some(500), Some(500)), (Some(900), Some(500)), (Some(499), None), (Some(2), None), (None, None)]
        {
            assert_eq!(sweep.first_relevant(last_assigned), first, "{last_assigned:?}");
            assert_eq!(sweep.is_relevant(499, last_assigned), first.is_none(), "{last_assigned:?}");
            assert!(sweep.is_relevant(500, last_assigned) && sweep.is_relevant(501, last_assigned));
            assert!(!sweep.is_relevant(600, last_assigned), "it leads another job");
        }
    }

    #[test]
    fn without_a_list_only_groups_without_a_start_time_are_killed() {
        let mut register = Register::default();
        register.push(b"add 5 -\nadd 6 77\nadd 7 -\nadd 8 -\n");
        let sweep = Sweep::new(&register, OwnGroups { guard: 7, program: 3 });
        assert_eq!(sweep.unverified().collect::<Vec<_>>(), [5, 8]);
    }
}
