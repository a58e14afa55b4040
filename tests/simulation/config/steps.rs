//! The steps of a run as data, which a log contains and from which a run can be repeated.

use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use speckit_tests::fakes::{FakeWorld, MemoryFiles};

use crate::config::program::Setup;

/// A complete description of a run: the same plan gives the same run.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulationPlan {
    pub setup: Setup,
    /// The steps before the program starts.
    pub before: Vec<Step>,
    /// The steps after the start, sorted by time.
    pub steps: Vec<TimedStep>,
}

/// A step and its time since the start of the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedStep {
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
    /// The loop of the program calls `turn`, although nothing is due.
    Turn,
    /// An operator requests a reload.
    Reload,
    /// An operator reads the status.
    Status,
    /// A worker takes a read guard.
    TakeGuard { worker: u8 },
    /// The worker drops its read guard.
    DropGuard { worker: u8 },
    /// A reader keeps the current snapshot.
    KeepSnapshot { reader: u8 },
    /// The reader checks that its snapshot has not changed, and drops it.
    CompareSnapshot { reader: u8 },
    /// A subscriber subscribes to events.
    Subscribe { listener: u8 },
    /// The subscriber receives all events that wait for it.
    ReceiveEvents { listener: u8 },
    /// The subscriber drops its subscription.
    Unsubscribe { listener: u8 },
    /// A file is edited and reloaded this many times.
    EditAndReload { times: u16 },
    /// These steps interrupt the next reading that reads more than `files` files, after that many files.
    InterruptReading { files: usize, steps: Vec<Step> },
    /// The clock moves on in the middle of a reading.
    Delay { ms: u64 },
}

/// A change of the files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// Writes the whole text in place.
    Write {
        path: String,
        text: String,
    },
    /// Empties the file; an actor may append to it later.
    Truncate {
        path: String,
    },
    /// Appends a text to the file.
    Append {
        path: String,
        text: String,
    },
    /// Writes bytes that are not valid UTF-8.
    WriteInvalidUtf8 {
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
    CreateFolder {
        path: String,
    },
    RemoveFolder {
        path: String,
    },
}

impl FileChange {
    fn apply(&self, files: &mut MemoryFiles) -> io::Result<()> {
        match self {
            Self::Write { path, text } => files.write(path, text.as_bytes()),
            Self::Truncate { path } => files.write(path, b""),
            Self::Append { path, text } => files.append(path, text.as_bytes()),
            Self::WriteInvalidUtf8 { path } => files.write(path, b"low = 1\xff\xfe"),
            Self::Rename { from, to } => files.rename(from, to),
            Self::Remove { path } => files.remove(path),
            Self::Touch { path } => files.touch(path),
            Self::Forbid { path } => files.set_forbidden(path, true),
            Self::Allow { path } => files.set_forbidden(path, false),
            Self::Link { path, target } => files.link(path, target),
            Self::CreateFolder { path } => files.create_folder(path),
            Self::RemoveFolder { path } => files.remove_folder(path),
        }
    }
}

impl Step {
    /// Whether the step changes files or variables, so that a hint must follow.
    pub fn is_change(&self) -> bool {
        matches!(self, Self::Files(_) | Self::Variable { .. })
    }

    /// Applies a step that only changes the world; `None` for a step that calls the program.
    pub fn apply_to_world(&self, world: &FakeWorld) -> Option<io::Result<()>> {
        match self {
            Self::Files(change) => Some(world.files(|files| change.apply(files))),
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
    /// Reads the plan from the lines of a log that begin with a brace, and ignores all other lines.
    pub fn from_log(log: &str) -> Result<Self, String> {
        let mut lines = log.lines().filter(|line| line.starts_with('{'));
        let first = lines.next().ok_or("the log has no line with the setup")?;
        let mut plan = Self { setup: parse_line(first)?, before: Vec::new(), steps: Vec::new() };
        for line in lines {
            match line.contains("\"at_ms\":") {
                true => plan.steps.push(parse_line(line)?),
                false => plan.before.push(parse_line(line)?),
            }
        }
        Ok(plan)
    }
}

/// The line of a log that contains this part of a plan.
pub fn to_line(part: &impl Serialize) -> String {
    serde_json::to_string(part).expect("a part of a plan is JSON")
}

fn parse_line<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| format!("`{line}` is not a part of a plan: {error}"))
}
