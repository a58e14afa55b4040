//! The subtrees of a configuration that need trust.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};

use super::TrustFingerprint;
use crate::tree::{Key, Value};

/// A subtree that chooses commands, files or hosts, or that weakens a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subtree {
    /// `auth`: where tokens are sent, and the helper that stores them.
    Auth,
    /// `models`: which programs a name stands for.
    Models,
    /// `orchestrator.accept`: which answers pass a gate.
    Accept,
    /// `orchestrator.agree_on`: what the agents of a gate have to agree on.
    AgreeOn,
    /// `orchestrator.quorum`: how many agents have to succeed.
    Quorum,
    /// `policy.commands`: programs that a policy check runs.
    PolicyCommands,
    /// `providers`: the programs of the agents, and the variables that they get.
    Providers,
    /// `quality_gates`: which models run at each stage.
    QualityGates,
    /// `store.keep_runs`: how many runs the file keeps, those of other projects included.
    KeepRuns,
    /// `store.path`: the file that is written.
    StorePath,
}

impl Subtree {
    /// Every subtree, in the order of their keys.
    pub const ALL: [Self; 10] = [
        Self::Auth,
        Self::Models,
        Self::Accept,
        Self::AgreeOn,
        Self::Quorum,
        Self::PolicyCommands,
        Self::Providers,
        Self::QualityGates,
        Self::KeepRuns,
        Self::StorePath,
    ];

    /// What a run of a gate uses, apart from the database.
    pub const OF_GATES: &[Self] = &[
        Self::Auth,
        Self::Models,
        Self::Accept,
        Self::AgreeOn,
        Self::Quorum,
        Self::Providers,
        Self::QualityGates,
        Self::KeepRuns,
    ];

    fn path(self) -> &'static [&'static str] {
        match self {
            Self::Auth => &["auth"],
            Self::Models => &["models"],
            Self::Accept => &["orchestrator", "accept"],
            Self::AgreeOn => &["orchestrator", "agree_on"],
            Self::Quorum => &["orchestrator", "quorum"],
            Self::PolicyCommands => &["policy", "commands"],
            Self::Providers => &["providers"],
            Self::QualityGates => &["quality_gates"],
            Self::KeepRuns => &["store", "keep_runs"],
            Self::StorePath => &["store", "path"],
        }
    }

    /// Its key.
    pub fn key(self) -> Key {
        Key::of(self.path().iter().copied())
    }

    /// Its value in a tree; `None` if the tree sets nothing of it. A value in the place of a table around it counts, since it may
    /// remove what lower layers set.
    pub fn of(self, root: &Value) -> Option<&Value> {
        let mut value = root;
        for name in self.path() {
            match value.as_table() {
                Some(members) => value = members.get(name)?,
                None => break,
            }
        }
        value.as_table().is_none_or(|members| !members.is_empty()).then_some(value)
    }
}

/// The fingerprints of the subtrees of a file, by their keys.
pub type Fingerprints = BTreeMap<String, String>;

/// The fingerprints of the subtrees that a tree sets.
pub fn fingerprints(root: &Value) -> Fingerprints {
    let each = Subtree::ALL.iter().filter_map(|subtree| {
        let value = subtree.of(root)?;
        Some((subtree.key().to_string(), TrustFingerprint::of(value).to_string()))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};

    fn keys(text: &str, language: Language) -> Vec<String> {
        let source = Source::document(LayerKind::File, "a", text);
        fingerprints(parse(&source, language).unwrap().root()).into_keys().collect()
    }

    #[test]
    fn only_the_named_subtrees_need_trust() {
        // The limits of the history count for one set of files, so that a project file removes nothing of another project.
        let text = "[retry]\nmax_attempts = 3\n[orchestrator]\nmax_concurrent = 2\nquorum.plan = 2\n\
                    [store]\nhistory = 'off'\nkeep_generations = 1\nkeep_mib = 1\n[policy]\nenforce = 'off'\n[policy.commands]\n[models]\n";
        assert_eq!(keys(text, Language::Toml), ["orchestrator.quorum"]);
        assert_eq!(keys("retry.max_attempts = 3", Language::Toml), [""; 0]);
        let order: Vec<Key> = Subtree::ALL.iter().map(|subtree| subtree.key()).collect();
        assert!(order.is_sorted());
    }

    #[test]
    fn a_value_in_the_place_of_a_table_counts_for_all_below_it() {
        let json = r#"{"orchestrator": null, "store": 3, "auth": {}}"#;
        let expected = [
            "orchestrator.accept",
            "orchestrator.agree_on",
            "orchestrator.quorum",
            "store.keep_runs",
            "store.path",
        ];
        assert_eq!(keys(json, Language::Json), expected);
    }
}
