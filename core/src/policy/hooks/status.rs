//! Whether git would run a hook of speckit.

use alloc::string::String;

use super::name::HookName;
use super::plan::{FoundHook, HookFacts};
use super::script::ProbeAnswer;

/// One hook, and whether git runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookStatus {
    /// The hook.
    pub name: HookName,
    /// The path of its file.
    pub path: String,
    /// What git does with it.
    pub state: HookState,
    /// The program that the script was written for.
    pub program: Option<String>,
    /// Whether the hook from before runs first.
    pub has_former: bool,
}

/// What git does with a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HookState {
    /// git runs it, and it calls speckit.
    Runs,
    /// No hook is installed.
    Absent,
    /// There is something of another.
    NotOurs,
    /// The file may not be executed, so that git ignores it.
    NotExecutable,
    /// git runs it, and the program is missing.
    NoProgram,
    /// git did not run it, although it looks as if it would.
    NotRun {
        /// The last line that git or the script wrote.
        reason: String,
    },
}

impl HookState {
    /// What is known without running anything; `None` if git has to run the hook.
    pub fn without_probe(facts: &HookFacts) -> Option<Self> {
        match facts.found {
            FoundHook::Absent => Some(Self::Absent),
            FoundHook::Other | FoundHook::Folder => Some(Self::NotOurs),
            FoundHook::Ours(_) if !facts.is_executable => Some(Self::NotExecutable),
            FoundHook::Ours(_) => None,
        }
    }

    /// What an answer of the script means. `last_line` is that of git.
    pub fn of_probe(answer: ProbeAnswer, last_line: &str) -> Self {
        match answer {
            ProbeAnswer::Ready => Self::Runs,
            ProbeAnswer::NoProgram => Self::NoProgram,
            ProbeAnswer::Silent => Self::NotRun {
                reason: if last_line.is_empty() { "it wrote nothing".into() } else { last_line.into() },
            },
        }
    }
}

impl HookStatus {
    /// The status of a hook with these files.
    pub fn new(facts: HookFacts, state: HookState) -> Self {
        let program = match &facts.found {
            FoundHook::Ours(script) => Some(String::from_utf8_lossy(&script.program).into_owned()),
            _ => None,
        };
        let HookFacts { name, path, has_former, .. } = facts;
        Self { name, path, state, program, has_former }
    }

    /// Whether git runs the hook and it checks something.
    pub fn runs(&self) -> bool {
        self.state == HookState::Runs
    }
}
