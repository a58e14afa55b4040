//! Whether the values of a file are those that a person trusts.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Fingerprints, TrustRecord};

/// Whether the subtrees of a file are trusted. Keys are in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustDecision {
    /// All of them are, or there is none and never was.
    Trusted,
    /// The file was never trusted.
    Untrusted {
        /// The keys of its subtrees.
        new: Vec<String>,
    },
    /// The file was trusted, with other values.
    Changed {
        /// The keys of the subtrees that have other values, that it did not set, or that it no longer sets: without
        /// `orchestrator.accept` a gate passes with any answer.
        which: Vec<String>,
    },
}

impl TrustDecision {
    /// Compares a file with the record of it.
    pub fn of(present: &Fingerprints, record: Option<&TrustRecord>) -> Self {
        let nothing = Fingerprints::new();
        let trusted = record.map_or(&nothing, |record| &record.fingerprints);
        let keys: BTreeSet<&String> = present.keys().chain(trusted.keys()).collect();
        let others = keys.into_iter().filter(|key| present.get(*key) != trusted.get(*key));
        let others: Vec<String> = others.cloned().collect();
        match record {
            _ if others.is_empty() => Self::Trusted,
            None => Self::Untrusted { new: others },
            Some(_) => Self::Changed { which: others },
        }
    }

    /// The keys of the subtrees that are not trusted.
    pub fn untrusted(&self) -> &[String] {
        match self {
            Self::Trusted => &[],
            Self::Untrusted { new: keys } | Self::Changed { which: keys } => keys,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn values_are_trusted_one_by_one() {
        let fingerprints = |pairs: &[(&str, &str)]| -> Fingerprints {
            pairs.iter().map(|(key, fingerprint)| ((*key).into(), (*fingerprint).into())).collect()
        };
        let record = TrustRecord::new("/a", fingerprints(&[("auth", "1"), ("models", "2")]));
        let decide = |pairs, record| TrustDecision::of(&fingerprints(pairs), record);
        assert_eq!(decide(&[], None), TrustDecision::Trusted);
        assert_eq!(decide(&[("auth", "1")], None), TrustDecision::Untrusted { new: vec!["auth".into()] });
        assert_eq!(decide(&[("auth", "1"), ("models", "2")], Some(&record)), TrustDecision::Trusted);
        let without = TrustDecision::Changed { which: vec!["auth".into()] };
        assert_eq!(decide(&[("models", "2")], Some(&record)), without);
        assert_eq!(
            decide(&[("auth", "2"), ("models", "2"), ("providers", "3")], Some(&record)),
            TrustDecision::Changed { which: vec!["auth".into(), "providers".into()] }
        );
    }
}
