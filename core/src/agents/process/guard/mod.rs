//! The protocol between a program and its guard, and which process groups the guard kills.
//!
//! A guard is a process that outlives its program by a moment. It reads [`GuardMessage`]s from a pipe into a [`Register`];
//! when the pipe closes without [`GuardMessage::Exiting`], a [`Sweep`] finds the process groups that the program has left
//! behind.
//!
//! ```
//! use speckit_core::agents::process::guard::{GuardMessage, Register};
//!
//! let mut register = Register::default();
//! register.push(GuardMessage::Add { group: 4711, start: Some(99) }.to_string().as_bytes());
//! register.push(GuardMessage::Add { group: 4712, start: None }.to_string().as_bytes());
//! register.push(GuardMessage::Remove { group: 4711 }.to_string().as_bytes());
//! assert_eq!(register.groups().collect::<Vec<_>>(), [(4712, None)]);
//! assert!(!register.is_exiting());
//! ```

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

mod sweep;

pub use sweep::{Mark, OwnGroups, ProcessEntry, Sweep, has_variable, last_process_id};

/// The longest line, in bytes and without its line ending. Longer ones are ignored.
pub const LONGEST_LINE: usize = 256;

/// The largest process id: ids are positive signed integers.
const LARGEST_ID: u32 = i32::MAX as u32;

/// A message to the guard: a line of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardMessage<'a> {
    /// Processes with this value in their variable belong to the program. The value has no line ending.
    Mark(&'a str),
    /// The program has spawned a group.
    Add {
        /// Its id, which is the process id of its leader.
        group: u32,
        /// When its leader started, in the units of the system; `None`: unknown.
        start: Option<u64>,
    },
    /// The group has ended, or is to be spared.
    Remove {
        /// Its id.
        group: u32,
    },
    /// The program exits by itself. Later messages are ignored.
    Exiting,
}

impl<'a> GuardMessage<'a> {
    /// Parses a line without its line ending. `None` for another text, and for ids that no spawned group has (0 means the own
    /// group, 1 is init).
    pub fn parse(text: &'a str) -> Option<Self> {
        if let Some(mark) = text.strip_prefix("mark ") {
            return Some(Self::Mark(mark));
        }
        let mut words = text.split(' ');
        let group = |words: &mut core::str::Split<'a, char>| {
            words.next()?.parse().ok().filter(|number| (2..=LARGEST_ID).contains(number))
        };
        let line = match words.next()? {
            "add" => Self::Add {
                group: group(&mut words)?,
                start: match words.next()? {
                    "-" => None,
                    start => Some(start.parse().ok()?),
                },
            },
            "remove" => Self::Remove { group: group(&mut words)? },
            "exiting" => Self::Exiting,
            _ => return None,
        };
        words.next().is_none().then_some(line)
    }
}

/// The line with its line ending.
impl fmt::Display for GuardMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mark(mark) => writeln!(f, "mark {mark}"),
            Self::Add { group, start: Some(start) } => writeln!(f, "add {group} {start}"),
            Self::Add { group, start: None } => writeln!(f, "add {group} -"),
            Self::Remove { group } => writeln!(f, "remove {group}"),
            Self::Exiting => writeln!(f, "exiting"),
        }
    }
}

/// The groups of a program, from the messages so far.
///
/// Bytes may arrive in any pieces. Invalid lines are ignored, and so is an incomplete last line: a truncated id is the id of
/// another group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// The incomplete line, at most one byte longer than a line may be.
    partial: Vec<u8>,
    mark: Option<String>,
    groups: BTreeMap<u32, Option<u64>>,
    is_exiting: bool,
}

impl Register {
    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                let line = core::mem::take(&mut self.partial);
                self.take(&line);
            } else if self.partial.len() <= LONGEST_LINE {
                self.partial.push(*byte);
            }
        }
    }

    fn take(&mut self, line: &[u8]) {
        if self.is_exiting || line.len() > LONGEST_LINE {
            return;
        }
        match core::str::from_utf8(line).ok().and_then(GuardMessage::parse) {
            Some(GuardMessage::Mark(mark)) => self.mark = Some(mark.into()),
            Some(GuardMessage::Add { group, start }) => {
                self.groups.insert(group, start);
            }
            Some(GuardMessage::Remove { group }) => {
                self.groups.remove(&group);
            }
            Some(GuardMessage::Exiting) => self.is_exiting = true,
            None => {}
        }
    }

    /// The groups that have not ended, by id, and when the leader of each started.
    pub fn groups(&self) -> impl Iterator<Item = (u32, Option<u64>)> {
        self.groups.iter().map(|(group, start)| (*group, *start))
    }

    /// The value that marks the processes of the program.
    pub fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }

    /// Whether the program has announced that it exits by itself.
    pub fn is_exiting(&self) -> bool {
        self.is_exiting
    }
}
