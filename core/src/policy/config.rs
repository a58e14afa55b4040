//! The settings of the policy check.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// The settings of the policy check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PolicyConfig {
    /// What a finding does.
    pub enforce: Enforcement,
    /// The file with the accepted findings of old code. It may be absent.
    pub baseline: String,
    /// The rules, by name.
    pub rules: BTreeMap<String, RuleConfig>,
    /// Other programs that check the files, by name.
    pub commands: BTreeMap<String, CheckCommandConfig>,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self {
            enforce: Enforcement::default(),
            baseline: "speckit-baseline.json".into(),
            rules: BTreeMap::new(),
            commands: BTreeMap::new(),
        }
    }
}

/// What a finding does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// Nothing is checked.
    Off,
    /// It is reported, and the check succeeds.
    Report,
    /// It is reported, and a new one of severity error fails the check.
    #[default]
    Block,
}

/// One rule of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RuleConfig {
    /// One pattern: short for `all` with this pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The regular expressions that match near each other. Each match of the first one is a place to report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<String>,
    /// The regular expressions of which one matches. Without `all`, each match is a place to report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<String>,
    /// The regular expressions that excuse a match near to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not: Vec<String>,
    /// How many lines a match of all patterns may cover; 1 is the line of the first pattern.
    #[serde(default = "one")]
    pub within: u32,
    /// Whether a match of all patterns must also end with the call that the first one begins: with its brackets.
    #[serde(default)]
    pub same_call: bool,
    /// The parts of a file where a match may begin.
    #[serde(rename = "in", default = "code")]
    pub regions: Vec<RuleRegion>,
    /// Whether the rule holds in tests too.
    #[serde(default)]
    pub tests: bool,
    /// The files that the rule checks, as glob patterns.
    #[serde(default = "every_file")]
    pub paths: Vec<String>,
    /// The files that the rule skips, as glob patterns.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// How many matches the rule allows in the whole tree: 0 without `at_least`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    /// How many matches the rule requires in the whole tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// What is wrong with a match.
    pub message: String,
    /// What to write instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// The address of a page about the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// How serious a match is.
    #[serde(default)]
    pub severity: RuleSeverity,
    /// Whether reports hide the matched text.
    #[serde(default)]
    pub redact: bool,
}

/// How serious a match of a rule is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleSeverity {
    /// It fails the check.
    #[default]
    Error,
    /// It is reported; `--strict` makes it fail the check.
    Warning,
    /// The rule is not checked.
    Off,
}

/// A part of a file, or of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleRegion {
    /// Code.
    Code,
    /// String literals.
    Strings,
    /// Comments.
    Comments,
    /// The message of a commit.
    Message,
}

/// A program that checks the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckCommandConfig {
    /// The program and its arguments. No shell expands them.
    pub run: Vec<String>,
    /// When it runs.
    #[serde(default = "before_commits")]
    pub on: Vec<CheckEvent>,
    /// It runs if a checked file matches one of these glob patterns.
    #[serde(default = "every_file")]
    pub when_paths: Vec<String>,
    /// Seconds until it is ended.
    #[serde(default = "a_minute")]
    pub timeout_s: u32,
}

/// An occasion of a policy check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CheckEvent {
    /// `speckit policy check` of files or of a range.
    #[serde(rename = "check")]
    Check,
    /// The check of a commit: `speckit policy check --staged`, and the hook.
    #[serde(rename = "pre-commit")]
    PreCommit,
    /// The check of pushed commits by the hook.
    #[serde(rename = "pre-push")]
    PrePush,
}

fn one() -> u32 {
    1
}

fn code() -> Vec<RuleRegion> {
    Vec::from([RuleRegion::Code])
}

fn every_file() -> Vec<String> {
    Vec::from(["**".into()])
}

fn before_commits() -> Vec<CheckEvent> {
    Vec::from([CheckEvent::PreCommit])
}

fn a_minute() -> u32 {
    60
}
