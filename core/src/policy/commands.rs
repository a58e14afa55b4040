//! The commands of a policy: which run, and what came of them.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::config::{CheckCommandConfig, CheckEvent, PolicyConfig};
use super::findings::CommandOutcome;
use super::rules::Globs;
use crate::agents::gate::{Attempt, CommandLine, Ending};
use crate::agents::process::supervise::Limits;
use crate::text::duration;

/// How many bytes of each stream of a command are kept.
pub const COMMAND_OUTPUT_BYTES: usize = 64 * 1024;
/// How long a command may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(2);
/// How long the streams of a command that has ended are read.
const DRAIN: Duration = Duration::from_secs(1);

impl PolicyConfig {
    /// The commands that an event runs, by name: those with a path among the checked ones.
    pub fn commands_for<'c>(
        &'c self,
        event: CheckEvent,
        paths: &[&str],
    ) -> impl Iterator<Item = (&'c str, &'c CheckCommandConfig)> {
        let commands = self.commands.iter().filter(move |(_, command)| command.on.contains(&event));
        let concerns = |command: &CheckCommandConfig| {
            Globs::new(&command.when_paths).is_ok_and(|globs| paths.iter().any(|path| globs.is_match(path)))
        };
        commands.filter(move |(_, command)| concerns(command)).map(|(name, command)| (name.as_str(), command))
    }
}

impl CheckCommandConfig {
    /// Its command line, which does not inherit these variables.
    pub fn command_line(&self, withheld: &BTreeSet<String>) -> CommandLine {
        let (program, arguments) =
            self.run.split_first().map_or(("", [].as_slice()), |(a, b)| (a.as_str(), b));
        CommandLine::new(program, arguments.iter().cloned()).withholding(withheld)
    }

    /// Its time-out.
    pub fn limits(&self) -> Limits {
        let timeout = Duration::from_secs(self.timeout_s.into());
        Limits { timeout: Some(timeout), grace: GRACE, drain: DRAIN }
    }

    /// What came of it.
    pub fn outcome(&self, attempt: &Attempt) -> CommandOutcome {
        let ending = match &attempt.ending {
            Ending::Exited { code } => format!("exit status {code}"),
            Ending::Signalled { signal } => format!("ended by signal {signal}"),
            Ending::TimedOut => {
                format!("timed out after {}", duration(Duration::from_secs(self.timeout_s.into())))
            }
            Ending::NotStarted { reason, .. } => reason.clone(),
            Ending::Cancelled | Ending::CircuitOpen => "cancelled".into(),
        };
        let streams = [attempt.stdout.to_text(), attempt.stderr.to_text()];
        CommandOutcome {
            run: self.run.clone(),
            ok: attempt.ending == Ending::Exited { code: 0 },
            ending,
            output: streams.concat(),
            elapsed_ms: u64::try_from(attempt.elapsed.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
