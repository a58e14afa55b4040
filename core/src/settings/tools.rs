//! Agents, the database, the policy and logins.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Stage, texts};
use crate::diagnostic::Severity;

/// How the agents of a gate run beside one another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrchestratorConfig {
    /// How many agents run at the same time: 1 to 256.
    pub max_concurrent: u32,
    /// How long one agent may run, in seconds: 1 to a day.
    pub agent_timeout_s: u64,
    /// How long an agent that must end has for it before it is killed, in seconds: 0 to an hour.
    pub grace_s: u64,
    /// How much of each stream of an agent is kept, in KiB: 1 to 65536. One half is its beginning, the other its end.
    pub output_kib: u32,
    /// The key of the answers whose values must be equal for the quorum; `None`: agents agree by succeeding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agree_on: Option<String>,
    /// How many agents of a stage must succeed: 1 to 5. A stage that is missing needs two thirds, rounded up.
    pub quorum: BTreeMap<Stage, u32>,
}

impl OrchestratorConfig {
    /// How long one agent may run.
    pub fn agent_timeout(&self) -> Duration {
        Duration::from_secs(self.agent_timeout_s)
    }

    /// How long an agent that must end has for it before it is killed.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_s)
    }

    /// How many bytes of each stream of an agent are kept.
    pub fn output_bytes(&self) -> usize {
        self.output_kib as usize * 1024
    }
}

impl Default for OrchestratorConfig {
    fn default() -> Self {
        Self {
            max_concurrent: 10,
            agent_timeout_s: 300,
            grace_s: 5,
            output_kib: 64,
            agree_on: None,
            quorum: BTreeMap::new(),
        }
    }
}

/// The database of runs, generations and timings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoreConfig {
    /// The file of the database; `~/` is the home folder.
    pub path: String,
    /// What is kept of each accepted configuration.
    pub history: HistoryMode,
    /// How many generations are kept of each set of files, and how many refusals: 1 to 1000000.
    pub keep_generations: u32,
    /// How many runs of quality gates are kept, with what the agents wrote: 1 to 1000000.
    pub keep_runs: u32,
    /// When an acknowledged write is on the disk.
    pub synchronous: SynchronousMode,
    /// After how many hours the file gives free pages back: 1 to 8760.
    pub vacuum_interval_h: u32,
}

/// When an acknowledged write is on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SynchronousMode {
    /// When the system writes it: a crash of the machine may lose the last writes, and damages nothing.
    #[default]
    Normal,
    /// Before it is acknowledged.
    Full,
}

impl StoreConfig {
    /// After how long the file gives free pages back.
    pub fn vacuum_interval(&self) -> Duration {
        Duration::from_secs(u64::from(self.vacuum_interval_h) * 3600)
    }
}

/// What is kept of each accepted configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HistoryMode {
    /// The texts of its files, secrets and all, and its redacted values: it can be put back.
    #[default]
    Full,
    /// When it was accepted, the paths and hashes of its files, and the names of the keys that changed: no text, no value.
    Metadata,
    /// Nothing.
    Off,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            path: "~/.code/speckit.db".into(),
            history: HistoryMode::default(),
            keep_generations: 1000,
            keep_runs: 1000,
            synchronous: SynchronousMode::default(),
            vacuum_interval_h: 24,
        }
    }
}

/// What the policy check looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicyConfig {
    /// The rules, by name.
    pub rules: BTreeMap<String, RuleConfig>,
}

/// One rule of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleConfig {
    /// The regular expression that a line of code must not match.
    pub pattern: String,
    /// The files that the rule is about, as glob patterns.
    #[serde(default = "every_file")]
    pub paths: Vec<String>,
    /// The files that the rule leaves alone, as glob patterns.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// What is wrong with a line that matches.
    pub message: String,
    /// What to write instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// How much a match weighs.
    #[serde(default = "error")]
    pub severity: Severity,
}

fn every_file() -> Vec<String> {
    texts(["**"])
}

fn error() -> Severity {
    Severity::Error
}

/// One device login (RFC 8628).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginConfig {
    /// The public id of this program at the provider.
    pub client_id: String,
    /// Where a login begins (RFC 8628, section 3.1).
    pub device_authorization_url: String,
    /// Where tokens are fetched (RFC 8628, section 3.4).
    pub token_url: String,
    /// What the login asks for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The secret of this program, where the provider demands one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// Where tokens are kept. There is no default: who logs in says it.
    pub store: TokenStore,
}

/// Where tokens are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenStore {
    /// In a file that only its owner can read.
    File,
    /// In the memory of the program, until it ends.
    Memory,
}

/// A text that `Debug` does not show. Serialising does, since a secret that is stored must come back.
///
/// ```
/// use speckit_core::Secret;
/// let secret = Secret::new("hunter2");
/// assert_eq!(format!("{secret:?}"), "Secret(***)");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret of a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one who needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}
