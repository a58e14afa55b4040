//! The result of a policy check.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::file_check::SkipReason;
use super::finding::{Finding, FindingState};
use crate::policy::Enforcement;
use crate::tree::Severity;

/// The result of a policy check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyReport {
    /// Whether the check succeeds.
    pub ok: bool,
    /// What a finding does.
    pub enforce: Enforcement,
    /// The findings in the order of path, line, column, rule.
    pub findings: Vec<Finding>,
    /// The rules that were checked, by name.
    pub rules: BTreeMap<String, RuleSummary>,
    /// How many files were checked.
    pub files: usize,
    /// How many files were not.
    pub skipped: SkippedFiles,
    /// The commands that ran, by name.
    pub commands: BTreeMap<String, CommandOutcome>,
    /// What the reader has to know about the check, such as rules that it could not decide: one sentence each.
    pub notes: Vec<String>,
}

/// A rule in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleSummary {
    /// How serious a finding of it is.
    pub severity: Severity,
    /// What is wrong with a match.
    pub message: String,
    /// What to write instead.
    pub fix: Option<String>,
    /// The address of a page about the rule.
    pub docs: Option<String>,
    /// How many matches it has: findings of any state, or required matches.
    pub count: usize,
}

/// How many files a check left out, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SkippedFiles {
    /// Not a text: a NUL byte in its first 8,000 bytes.
    pub binary: usize,
    /// Longer than the limit.
    pub too_large: usize,
    /// It could not be read, or is no regular file.
    pub unreadable: usize,
}

impl SkippedFiles {
    pub(super) fn of(&mut self, reason: SkipReason) -> &mut usize {
        match reason {
            SkipReason::Binary => &mut self.binary,
            SkipReason::TooLarge => &mut self.too_large,
            SkipReason::Unreadable => &mut self.unreadable,
        }
    }
}

/// How a command of `policy.commands` ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CommandOutcome {
    /// Its command line.
    pub run: Vec<String>,
    /// Whether it succeeded: exit status 0.
    pub ok: bool,
    /// How it ended: `exit status 1`, `timed out after 60 s`, or why it was not started.
    pub ending: String,
    /// The end of its output.
    pub output: String,
    /// How long it took.
    pub elapsed_ms: u64,
}

impl RuleSummary {
    /// A rule without a fix, a page and matches.
    pub fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self { severity, message: message.into(), fix: None, docs: None, count: 0 }
    }
}

impl CommandOutcome {
    /// A command that printed nothing and took no time.
    pub fn new(run: Vec<String>, ok: bool, ending: impl Into<String>) -> Self {
        Self { run, ok, ending: ending.into(), output: String::new(), elapsed_ms: 0 }
    }
}

impl PolicyReport {
    /// The report of a check that succeeds and finds nothing in no file.
    pub fn new(enforce: Enforcement) -> Self {
        Self {
            ok: true,
            enforce,
            findings: Vec::new(),
            rules: BTreeMap::new(),
            files: 0,
            skipped: SkippedFiles::default(),
            commands: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// How many findings have this state.
    pub fn count(&self, state: FindingState) -> usize {
        self.findings.iter().filter(|finding| finding.state == state).count()
    }
}

/// The contract's JSON.
impl Serialize for PolicyReport {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        #[derive(Serialize)]
        struct SummaryJson<'r> {
            files: usize,
            skipped: SkippedFiles,
            rules: BTreeMap<&'r str, usize>,
            new: usize,
            baseline: usize,
            suppressed: usize,
        }
        let summary = SummaryJson {
            files: self.files,
            skipped: self.skipped,
            rules: self.rules.iter().map(|(rule, summary)| (rule.as_str(), summary.count)).collect(),
            new: self.count(FindingState::New),
            baseline: self.count(FindingState::Baseline),
            suppressed: self.count(FindingState::Suppressed),
        };
        let mut json = serializer.serialize_struct("PolicyReport", 6)?;
        json.serialize_field("ok", &self.ok)?;
        json.serialize_field("enforce", &self.enforce)?;
        json.serialize_field("findings", &self.findings)?;
        json.serialize_field("summary", &summary)?;
        json.serialize_field("commands", &self.commands)?;
        json.serialize_field("notes", &self.notes)?;
        json.end()
    }
}
