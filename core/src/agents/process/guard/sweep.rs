//! Which groups of processes are left of a program, seen from a list of all processes.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::Register;

/// So many looks in a row must find nothing: a list of processes is no picture of one moment, and a process that was made
/// meanwhile may be missing from it.
const CLEAN_LOOKS: u32 = 2;

/// A process, as a list of all processes shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub id: u32,
    /// The number of its group.
    pub group: u32,
    /// The number of its session.
    pub session: u32,
    /// When it started, in the units of the system.
    pub start: u64,
    /// Whether it has ended, and only waits to be reaped.
    pub is_ended: bool,
}

impl Seen {
    /// Reads the `stat` of a process (proc_pid_stat(5)). `None` for another text.
    ///
    /// ```
    /// use speckit_core::agents::process::guard::Seen;
    ///
    /// let stat = "12 (a) b) S 1 11 10 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 345 0 0\n";
    /// let seen = Seen::of_stat(stat).unwrap();
    /// assert_eq!((seen.id, seen.group, seen.session, seen.start, seen.is_ended), (12, 11, 10, 345, false));
    /// ```
    pub fn of_stat(text: &str) -> Option<Self> {
        // The name stands in parentheses and may hold any character.
        let (id, rest) = text.split_once(' ')?;
        let (_, rest) = rest.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3).copied();
        // The first thread of a process may end before the others: a zombie that lives.
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

/// Tells whether an environment as the system shows it (`NAME=value`, each ended by a zero byte) has this variable.
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
    /// It has not, or nobody may know.
    Absent,
    /// It is about to begin, and has no environment yet.
    Unknown,
}

/// Who a guard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// The group that it is in.
    pub group: u32,
    /// The group that its program is in.
    pub program_group: u32,
    /// The session of both.
    pub session: u32,
}

/// Decides which groups a guard kills.
///
/// A registered group is killed if it is still the one that was meant: its leader started when it was said to, or a member has
/// the mark. Where the program has said no farewell, so is every group of its session with a member that has the mark: those
/// that the program had no time to register. A process that made a session of its own asked to be left alone.
///
/// Never killed are the guard's own group, the program's, and the groups 0 and 1.
#[derive(Clone, Debug)]
pub struct Sweep {
    own: Own,
    groups: BTreeMap<u32, Option<u64>>,
    /// Registered groups that are the ones that were meant. The system gives their numbers to nobody while they have members.
    ours: BTreeSet<u32>,
    is_everywhere: bool,
    clean_looks: u32,
}

impl Sweep {
    /// A sweep for what is left in the register.
    pub fn new(register: &Register, own: Own) -> Self {
        Self {
            own,
            groups: register.groups().collect(),
            ours: BTreeSet::new(),
            is_everywhere: !register.is_farewell() && register.mark().is_some(),
            clean_looks: 0,
        }
    }

    /// The groups that are to be killed now, in the order of their numbers. `mark` is asked for processes, by their numbers,
    /// where it matters.
    pub fn look(&mut self, seen: &[Seen], mark: &mut dyn FnMut(u32) -> Mark) -> Vec<u32> {
        for leader in seen.iter().filter(|one| one.id == one.group) {
            match self.groups.get(&leader.group) {
                Some(start) if start.is_none_or(|start| start == leader.start) => {
                    self.ours.insert(leader.group);
                }
                _ => {
                    self.ours.remove(&leader.group);
                }
            }
        }
        let mut found = BTreeSet::new();
        let mut is_known = true;
        for one in seen.iter().filter(|one| !one.is_ended && !self.is_spared(one.group)) {
            if self.ours.contains(&one.group) {
                found.insert(one.group);
                continue;
            }
            let is_of_session = self.is_everywhere && one.session == self.own.session;
            if is_of_session || self.groups.contains_key(&one.group) {
                match mark(one.id) {
                    Mark::Present => {
                        found.insert(one.group);
                    }
                    Mark::Unknown => is_known = false,
                    Mark::Absent => {}
                }
            }
        }
        let is_clean = found.is_empty() && is_known;
        self.clean_looks = if is_clean { self.clean_looks.saturating_add(1) } else { 0 };
        found.into_iter().collect()
    }

    /// Whether nothing is left to be looked for.
    pub fn is_done(&self) -> bool {
        self.clean_looks >= CLEAN_LOOKS || (self.groups.is_empty() && !self.is_everywhere)
    }

    /// The groups that are killed where no list of processes is to be had: those that were registered by their number alone.
    pub fn blind(&self) -> impl Iterator<Item = u32> {
        let by_number =
            self.groups.iter().filter(|(group, start)| start.is_none() && !self.is_spared(**group));
        by_number.map(|(group, _)| *group)
    }

    fn is_spared(&self, group: u32) -> bool {
        group <= 1 || group == self.own.group || group == self.own.program_group
    }
}
