//! A project file as it was loaded, with what is known about the trust of a person in it.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Subtree, TrustDecision, TrustRecord, fingerprints};
use crate::config::Layer;
use crate::tree::{LayerKind, Value};

/// What is known about the trust of a person in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The person trusts whatever the file sets: it was named.
    Named,
    /// What is recorded about the file; `None` if it was never trusted.
    Recorded(Option<TrustRecord>),
    /// There may be a record, which cannot be used.
    Unusable {
        /// Why, as a fragment with a way out.
        problem: String,
    },
}

/// A project file as it was loaded.
#[derive(Clone, Debug)]
pub struct ProjectFile<'a> {
    pub(super) name: &'a str,
    pub(super) root: &'a Value,
    pub(super) trust: Trust,
}

impl<'a> ProjectFile<'a> {
    /// The project files among the layers of a configuration, lowest first. `is_project` decides by the name of a file.
    pub fn all(
        layers: &'a [Layer],
        is_project: &dyn Fn(&str) -> bool,
        trust: &dyn Fn(&str) -> Trust,
    ) -> Vec<Self> {
        let roots = layers.iter().filter(|layer| is_of_project(layer, is_project)).map(Layer::root);
        roots
            .map(|root| {
                let name = root.origin().source().name();
                Self { name, root, trust: trust(name) }
            })
            .collect()
    }

    /// Whether its values are trusted.
    pub fn decision(&self) -> TrustDecision {
        match &self.trust {
            Trust::Named => TrustDecision::Trusted,
            Trust::Recorded(record) => TrustDecision::of(&fingerprints(self.root), record.as_ref()),
            Trust::Unusable { .. } => TrustDecision::of(&fingerprints(self.root), None),
        }
    }
}

fn is_of_project(layer: &Layer, is_project: &dyn Fn(&str) -> bool) -> bool {
    let source = layer.root().origin().source();
    source.layer() == LayerKind::File && is_project(source.name())
}

/// Whether a project file chooses the database: no layer above it sets `store.path`.
pub fn database_is_of(layers: &[Layer], is_project: &dyn Fn(&str) -> bool) -> bool {
    let winner = layers.iter().rev().find(|layer| Subtree::StorePath.of(layer.root()).is_some());
    winner.is_some_and(|layer| is_of_project(layer, is_project))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::Source;

    const SETTINGS: &str = "store.path = 'a.db'\n";

    fn layer(kind: LayerKind, name: &str, text: &str) -> Layer {
        parse(&Source::document(kind, name, text), Language::Toml).unwrap()
    }

    fn is_project(name: &str) -> bool {
        name == "speckit.toml"
    }

    #[test]
    fn only_a_file_with_the_name_of_the_project_file_needs_trust() {
        let layers = [
            layer(LayerKind::File, "user.toml", SETTINGS),
            layer(LayerKind::File, "speckit.toml", SETTINGS),
            layer(LayerKind::Override, "speckit.toml", SETTINGS),
        ];
        let files = ProjectFile::all(&layers, &is_project, &|_| Trust::Recorded(None));
        let names: Vec<&str> = files.iter().map(|file| file.name).collect();
        assert_eq!(names, ["speckit.toml"]);
    }

    #[test]
    fn a_record_that_cannot_be_used_trusts_nothing() {
        let layer = layer(LayerKind::File, "speckit.toml", SETTINGS);
        let decide = |trust| ProjectFile { name: "speckit.toml", root: layer.root(), trust }.decision();
        let untrusted = TrustDecision::Untrusted { new: Vec::from(["store.path".into()]) };
        assert_eq!(decide(Trust::Unusable { problem: "it is damaged".into() }), untrusted);
        assert_eq!(decide(Trust::Recorded(None)), untrusted);
        let record = TrustRecord::new("/a", fingerprints(layer.root()));
        assert_eq!(decide(Trust::Recorded(Some(record))), TrustDecision::Trusted);
        assert_eq!(decide(Trust::Named), TrustDecision::Trusted);
    }

    #[test]
    fn the_highest_layer_that_sets_it_chooses_the_database() {
        let user = || layer(LayerKind::File, "user.toml", SETTINGS);
        let project = || layer(LayerKind::File, "speckit.toml", SETTINGS);
        let other = || layer(LayerKind::File, "speckit.toml", "store.history = 'full'\n");
        let option = || layer(LayerKind::Override, "--set", SETTINGS);
        for (layers, expected) in [
            (&[][..], false),
            (&[user()], false),
            (&[project()], true),
            (&[user(), project()], true),
            (&[project(), user()], false),
            (&[user(), other()], false),
            (&[user(), project(), option()], false),
        ] {
            assert_eq!(database_is_of(layers, &is_project), expected, "{layers:?}");
        }
    }
}
