//! What happens in a run, as data that is printed into its log and read back from it.

use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use speckit_tests::fakes::{FakeWorld, MemoryFiles};

use crate::config::program::Setup;

/// All that a run is made of: the same plan gives the same run.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulationPlan {
    pub setup: Setup,
    /// What is there before the program starts.
    pub before: Vec<Step>,
    /// What happens then, in the order of its time.
    pub steps: Vec<Timed>,
}

/// A step and its time, from the start of the program on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    pub at_ms: u64,
    pub step: Step,
}

/// One action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Files change.
    Files(FileChange),
    /// The environment changes.
    Variable { name: String, text: Option<String> },
    /// The system reports that something may have changed.
    Hint,
    /// The program's loop looks, although nothing is due.
    Turn,
    /// An operator requests a reload.
    Reload,
    /// An operator reads the status.
    Status,
    /// A worker begins a piece of work that the configuration must not change under.
    Guard { worker: u8 },
    /// The worker is done.
    Release { worker: u8 },
    /// A reader keeps what is in force.
    Keep { reader: u8 },
    /// The reader looks whether what it keeps has changed, and keeps it no longer.
    Compare { reader: u8 },
    /// A subscriber subscribes to events.
    Subscribe { listener: u8 },
    /// The subscriber takes the events that wait for it.
    Drain { listener: u8 },
    /// The subscriber goes.
    Unsubscribe { listener: u8 },
    /// Files are edited and reloaded so many times.
    Hammer { times: u16 },
    /// The next reading that reads more files than that is interrupted by these steps, before the file after them.
    During { files: usize, steps: Vec<Step> },
    /// The clock goes on, in the middle of a reading.
    Delay { ms: u64 },
}

/// A change of the files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// All at once, in place.
    Write {
        path: String,
        text: String,
    },
    /// Nothing is left; more may come.
    Truncate {
        path: String,
    },
    /// More comes.
    Append {
        path: String,
        text: String,
    },
    /// Bytes that are no text.
    Garble {
        path: String,
    },
    Rename {
        from: String,
        to: String,
    },
    Remove {
        path: String,
    },
    Touch {
        path: String,
    },
    Forbid {
        path: String,
    },
    Allow {
        path: String,
    },
    Link {
        path: String,
        target: String,
    },
    MakeFolder {
        path: String,
    },
    RemoveFolder {
        path: String,
    },
}

impl FileChange {
    fn make(&self, files: &mut MemoryFiles) -> io::Result<()> {
        match self {
            Self::Write { path, text } => files.write(path, text.as_bytes()),
            Self::Truncate { path } => files.write(path, b""),
            Self::Append { path, text } => files.append(path, text.as_bytes()),
            Self::Garble { path } => files.write(path, b"low = 1\xff\xfe"),
            Self::Rename { from, to } => files.rename(from, to),
            Self::Remove { path } => files.remove(path),
            Self::Touch { path } => files.touch(path),
            Self::Forbid { path } => files.set_forbidden(path, true),
            Self::Allow { path } => files.set_forbidden(path, false),
            Self::Link { path, target } => files.link(path, target),
            Self::MakeFolder { path } => files.create_folder(path),
            Self::RemoveFolder { path } => files.remove_folder(path),
        }
    }
}

impl Step {
    /// Whether it changes the world, so that a hint has to follow.
    pub fn is_change(&self) -> bool {
        matches!(self, Self::Files(_) | Self::Variable { .. })
    }

    /// Does what concerns the world alone; `None` for what concerns the program.
    pub fn change(&self, world: &FakeWorld) -> Option<io::Result<()>> {
        match self {
            Self::Files(change) => Some(world.files(|files| change.make(files))),
            Self::Variable { name, text } => {
                world.set_variable(name, text.as_deref());
                Some(Ok(()))
            }
            Self::Delay { ms } => {
                world.advance(Duration::from_millis(*ms));
                Some(Ok(()))
            }
            _ => None,
        }
    }
}

impl SimulationPlan {
    /// The plan of a log: its lines that begin with a brace. Other lines are ignored.
    pub fn of_log(log: &str) -> Result<Self, String> {
        let mut lines = log.lines().filter(|line| line.starts_with('{'));
        let first = lines.next().ok_or("the log has no line with the setup")?;
        let mut plan = Self { setup: of_line(first)?, before: Vec::new(), steps: Vec::new() };
        for line in lines {
            match line.contains("\"at_ms\":") {
                true => plan.steps.push(of_line(line)?),
                false => plan.before.push(of_line(line)?),
            }
        }
        Ok(plan)
    }
}

/// The line of a log for a part of a plan.
pub fn line(part: &impl Serialize) -> String {
    serde_json::to_string(part).expect("a part of a plan is JSON")
}

fn of_line<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| format!("`{line}` is no part of a plan: {error}"))
}
