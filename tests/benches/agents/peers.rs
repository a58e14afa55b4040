//! Who runs commands in parallel, and which.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::gate;

/// What each agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing.
    True,
    /// It sleeps for 100 ms.
    Sleep,
}

impl Work {
    pub(crate) const ALL: [Self; 2] = [Self::True, Self::Sleep];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::Sleep => "100 ms",
        }
    }

    pub(crate) fn words(self) -> &'static [&'static str] {
        match self {
            Self::True => &["true"],
            Self::Sleep => &["sleep", "0.1"],
        }
    }

    /// How long one takes by itself, where that is known.
    pub(crate) fn alone(self) -> Option<Duration> {
        (self == Self::Sleep).then_some(Duration::from_millis(100))
    }
}

/// Who runs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    Speckit,
    InTurn,
    Xargs,
    Parallel,
}

impl Peer {
    pub(crate) const ALL: [Self; 4] = [Self::Speckit, Self::InTurn, Self::Xargs, Self::Parallel];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Speckit => "speckit",
            Self::InTurn => "one after another",
            Self::Xargs => "xargs -P",
            Self::Parallel => "GNU parallel",
        }
    }

    /// Tells whether it is installed, and does not take too long.
    pub(crate) fn is_there(self, work: Work, count: usize) -> bool {
        match self {
            Self::Speckit | Self::Xargs => true,
            Self::InTurn => work == Work::True || count <= 10,
            Self::Parallel => {
                let version = Command::new("parallel").arg("--version").stdin(Stdio::null()).output();
                version.is_ok_and(|said| said.stdout.starts_with(b"GNU parallel"))
            }
        }
    }

    /// Runs so many, all of them at the same time where it can, and says how long that took.
    pub(crate) fn run(self, work: Work, count: usize) -> Duration {
        let started = Instant::now();
        let mut command = match self {
            Self::Speckit => gate::process(work, count),
            Self::InTurn => {
                let script = vec![work.words().join(" "); count].join("\n");
                // A shell of its own would spare `true` its process.
                let script = script.replace("true", "/bin/true");
                let mut command = Command::new("sh");
                command.args(["-c", &script]);
                command
            }
            Self::Xargs => {
                let mut command = Command::new("sh");
                let words = work.words().join(" ");
                command.args(["-c", &format!("seq {count} | xargs -P {count} -I N {words}")]);
                command
            }
            Self::Parallel => {
                let mut command = Command::new("parallel");
                command.args(["--will-cite", "-j", &count.to_string(), "-N0"]).args(work.words()).arg(":::");
                command.args((0..count).map(|number| number.to_string()));
                command
            }
        };
        let done = command.stdin(Stdio::null()).stdout(Stdio::null()).status().expect("it can be started");
        assert!(done.success(), "{} {count}: {done}", self.name());
        started.elapsed()
    }
}
