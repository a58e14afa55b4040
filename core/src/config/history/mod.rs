//! The history of a configuration: what is recorded of each generation, how two generations differ, how one is restored,
//! and how all of it is shown. The shell stores it.

use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::config::redact::redact;
use crate::store::HistoryMode;
use crate::tree::diff::Change;
use crate::tree::{Fingerprint, Key, REDACTED, Source, Value};

mod backlog;
mod changes;
mod difference;
mod json;
mod record;
mod refusal;
mod restore;
mod retention;
mod text;

pub use backlog::{Backlog, MAX_WAITING, RETRY_AFTER};
pub use changes::{Changes, value_of};
pub use difference::{Difference, difference};
pub use record::{RecordAction, record_action};
pub use refusal::{StoredDiagnostics, stored_report};
pub use restore::{CurrentFile, FileRestore, RestoreAction, SourceText, plan_restore, redacted_source};
pub use retention::{HistorySize, OldestEntry};
pub use text::{HistoryPrinter, ListRow};

/// Why a generation came into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenerationCause {
    /// A program started with it.
    Opened,
    /// It replaced another one in a running program.
    Reloaded,
    /// A rollback to the generation with this number.
    RolledBack(i64),
}

/// `opened`, `reloaded` or `rolled back to 3`.
impl fmt::Display for GenerationCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("opened"),
            Self::Reloaded => f.write_str("reloaded"),
            Self::RolledBack(number) => write!(f, "rolled back to {number}"),
        }
    }
}

/// Parses what `Display` writes; unknown texts of later releases are a reload.
impl From<&str> for GenerationCause {
    fn from(text: &str) -> Self {
        let number = text.strip_prefix("rolled back to ").and_then(|number| number.parse().ok());
        match (text, number) {
            ("opened", _) => Self::Opened,
            (_, Some(number)) => Self::RolledBack(number),
            _ => Self::Reloaded,
        }
    }
}

/// One file of a generation.
///
/// `Debug` shows no text, since it may contain secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its absolute path.
    pub path: String,
    /// The hash of its text.
    pub fingerprint: String,
    /// Its text; `None` in the mode `metadata`.
    pub text: Option<Arc<str>>,
}

impl fmt::Debug for StoredFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What is recorded of an accepted configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredState {
    /// The hash of the tree as written, including changes that need a restart.
    pub fingerprint: String,
    /// Its changes to the generation before.
    pub changes: Changes,
    /// Its values, with secrets redacted; `None` in the mode `metadata`.
    pub resolved: Option<Value>,
    /// Its files, in the order of their layers.
    pub sources: Vec<StoredFile>,
}

impl StoredState {
    /// The keys of the secrets in order; a list counts as one key. A value `[redacted]` counts as a secret.
    pub fn secrets(&self) -> Vec<Key> {
        let mut secrets = Vec::new();
        if let Some(resolved) = &self.resolved {
            resolved.leaves_and_elements(&mut |key, value| {
                if value.as_str() == Some(REDACTED) {
                    secrets.push(key.clone());
                }
            });
        }
        secrets
    }
}

/// A recorded configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Generation {
    /// Its number in the history.
    pub number: i64,
    /// When it was accepted, in milliseconds since 1970-01-01T00:00:00Z.
    pub accepted_at_ms: u64,
    /// Its number in the process that accepted it.
    pub generation: u64,
    /// Why it came into force.
    pub cause: GenerationCause,
    /// Its recorded state.
    pub state: StoredState,
}

impl Generation {
    /// Whether all file texts are recorded, so that the files can be restored.
    pub fn has_texts(&self) -> bool {
        self.state.resolved.is_some() && self.state.sources.iter().all(|source| source.text.is_some())
    }
}

/// A recorded refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// When it was refused, in milliseconds since 1970-01-01T00:00:00Z.
    pub refused_at_ms: u64,
    /// The generation that stayed in use, by its number in the process.
    pub generation: u64,
    /// The number of the newest generation in the history at that time, 0 for none; `None` if an older release recorded it.
    pub after: Option<i64>,
    /// The absolute paths of the layered files and folders.
    pub files: Vec<String>,
    /// The recorded diagnostics as JSON: a list.
    pub diagnostics: serde_json::Value,
    /// How many more there were.
    pub omitted: u64,
}

/// An accepted configuration to record.
pub struct AcceptedConfig<'a> {
    /// The tree as written, with its secrets.
    pub root: &'a Value,
    /// Its files by their absolute paths, in the order of their layers.
    pub sources: &'a [(String, Arc<Source>)],
    /// Its changes, with secrets; `None` if the generation before is unknown.
    pub changes: Option<&'a [Change]>,
    /// Whether a key is secret.
    pub is_secret: &'a dyn Fn(&Key, &Value) -> bool,
}

impl AcceptedConfig<'_> {
    /// The state to record: with texts and values in the mode `full`, without in `metadata`, `None` in `off`.
    ///
    /// ```
    /// use speckit_core::config::history::AcceptedConfig;
    /// use speckit_core::store::HistoryMode;
    /// use speckit_core::{LayerKind, Source};
    /// use speckit_core::config::source::{Language, parse};
    /// let source = Source::document(LayerKind::File, "app.toml", "port = 80\n");
    /// let layer = parse(&source, Language::Toml)?;
    /// let sources = [("/etc/app.toml".into(), source)];
    /// let accepted =
    ///     AcceptedConfig { root: layer.root(), sources: &sources, changes: None, is_secret: &|_, _| false };
    /// let kept = accepted.stored(HistoryMode::Metadata).unwrap();
    /// assert_eq!((kept.sources[0].path.as_str(), &kept.sources[0].text), ("/etc/app.toml", &None));
    /// assert_eq!(kept.resolved, None);
    /// assert!(accepted.stored(HistoryMode::Off).is_none());
    /// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
    /// ```
    pub fn stored(&self, mode: HistoryMode) -> Option<StoredState> {
        let has_values = match mode {
            HistoryMode::Full => true,
            HistoryMode::Metadata => false,
            HistoryMode::Off => return None,
        };
        let sources = self.sources.iter().map(|(path, source)| StoredFile {
            path: path.clone(),
            fingerprint: Fingerprint::of_bytes(source.text().as_bytes()).to_string(),
            text: has_values.then(|| Arc::from(source.text())),
        });
        let changes = match self.changes {
            None => Changes::Unknown,
            Some(changes) if has_values => {
                Changes::Values(changes.iter().map(|change| change.redacted(self.is_secret)).collect())
            }
            Some(changes) => Changes::Keys(changes.iter().map(|change| change.key.clone()).collect()),
        };
        Some(StoredState {
            fingerprint: self.root.fingerprint().to_string(),
            changes,
            resolved: has_values.then(|| redact(self.root, self.is_secret)),
            sources: sources.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_round_trips() {
        for cause in [GenerationCause::Opened, GenerationCause::Reloaded, GenerationCause::RolledBack(12)] {
            assert_eq!(GenerationCause::from(cause.to_string().as_str()), cause);
        }
        assert_eq!(GenerationCause::from("restored from afar"), GenerationCause::Reloaded);
    }
}
