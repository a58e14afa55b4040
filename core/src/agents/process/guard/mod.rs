//! What a guard is told, and which groups it ends.
//!
//! A guard is a process that outlives its program by a moment: it reads [`Line`]s from a pipe into a [`Register`], and where the
//! pipe closes without a farewell, a [`Sweep`] says which groups of processes are left of the program.
//!
//! ```
//! use speckit_core::agents::process::guard::{Line, Register};
//!
//! let mut register = Register::default();
//! register.hear(Line::Add { group: 4711, start: Some(99) }.to_string().as_bytes());
//! register.hear(Line::Add { group: 4712, start: None }.to_string().as_bytes());
//! register.hear(Line::Remove { group: 4711 }.to_string().as_bytes());
//! assert_eq!(register.groups().collect::<Vec<_>>(), [(4712, None)]);
//! assert!(!register.is_farewell());
//! ```

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

mod sweep;

pub use sweep::{Mark, Own, Seen, Sweep, has_variable};

/// A longer line than this, in bytes and without its end, is none of ours.
pub const LONGEST_LINE: usize = 256;

/// The largest number of a process: the system's are positive and signed.
const LARGEST: u32 = i32::MAX as u32;

/// One thing that a guard is told: a line of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Processes with this value in their variable are the program's. It has no line end.
    Mark(&'a str),
    /// There is a group.
    Add {
        /// Its number, which is that of its leader.
        group: u32,
        /// When its leader started, in the units of the system; `None` where that cannot be known.
        start: Option<u64>,
    },
    /// A group is over, or is to be left alone.
    Remove {
        /// Its number.
        group: u32,
    },
    /// The program ends by itself. What is said after it counts no more.
    Farewell,
}

impl<'a> Line<'a> {
    /// Reads a line, without its end. `None` for what is no line of ours, and for numbers that no group of a program has
    /// (0 is one's own, 1 the first process of the system).
    pub fn read(text: &'a str) -> Option<Self> {
        if let Some(mark) = text.strip_prefix("mark ") {
            return Some(Self::Mark(mark));
        }
        let mut words = text.split(' ');
        let group = |words: &mut core::str::Split<'a, char>| {
            words.next()?.parse().ok().filter(|number| (2..=LARGEST).contains(number))
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
            "farewell" => Self::Farewell,
            _ => return None,
        };
        words.next().is_none().then_some(line)
    }
}

/// The line with its end.
impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mark(mark) => writeln!(f, "mark {mark}"),
            Self::Add { group, start: Some(start) } => writeln!(f, "add {group} {start}"),
            Self::Add { group, start: None } => writeln!(f, "add {group} -"),
            Self::Remove { group } => writeln!(f, "remove {group}"),
            Self::Farewell => writeln!(f, "farewell"),
        }
    }
}

/// What a guard has been told so far.
///
/// Bytes may arrive in any pieces. What is no line of ours is passed over, and so is the beginning of a line whose end never
/// comes: a number that was cut off is another number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// A line without its end, at most one byte longer than a line may be.
    begun: Vec<u8>,
    mark: Option<String>,
    groups: BTreeMap<u32, Option<u64>>,
    is_farewell: bool,
}

impl Register {
    /// Takes the next bytes.
    pub fn hear(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                let line = core::mem::take(&mut self.begun);
                self.take(&line);
            } else if self.begun.len() <= LONGEST_LINE {
                self.begun.push(*byte);
            }
        }
    }

    fn take(&mut self, line: &[u8]) {
        if self.is_farewell || line.len() > LONGEST_LINE {
            return;
        }
        match core::str::from_utf8(line).ok().and_then(Line::read) {
            Some(Line::Mark(mark)) => self.mark = Some(mark.into()),
            Some(Line::Add { group, start }) => {
                self.groups.insert(group, start);
            }
            Some(Line::Remove { group }) => {
                self.groups.remove(&group);
            }
            Some(Line::Farewell) => self.is_farewell = true,
            None => {}
        }
    }

    /// The groups that are left, by their numbers, and when the leader of each started.
    pub fn groups(&self) -> impl Iterator<Item = (u32, Option<u64>)> {
        self.groups.iter().map(|(group, start)| (*group, *start))
    }

    /// The value that marks the program's processes.
    pub fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }

    /// Whether the program has said that it ends by itself.
    pub fn is_farewell(&self) -> bool {
        self.is_farewell
    }
}
