//! Laws of the history: what is stored of a configuration, and how it is restored.

use proptest::prelude::*;
use speckit_core::config::history::{
    AcceptedConfig, Changes, CurrentFile, RestoreAction, StoredState, difference, plan_restore,
};
use speckit_core::config::resolve::Rules;
use speckit_core::config::strategies::config;
use speckit_core::store::HistoryMode;
use speckit_core::text::rfc3339;
use speckit_core::tree::diff::diff;
use speckit_core::{Key, LayerKind, Source, Value};

/// The stored state of a configuration with one file.
fn store(mode: HistoryMode, (text, root): &(String, Value), before: Option<&Value>) -> StoredState {
    let sources = [("/a.toml".to_owned(), Source::document(LayerKind::File, "a.toml", text.as_str()))];
    let changes = before.map(|before| diff(before, root));
    let is_secret = |_: &Key, _: &Value| false;
    AcceptedConfig { root, sources: &sources, changes: changes.as_deref(), is_secret: &is_secret }
        .stored(mode)
        .unwrap()
}

fn current_file(path: &str, text: &str) -> CurrentFile {
    CurrentFile { path: path.into(), source: Some(Source::document(LayerKind::File, path, text)) }
}

proptest! {
    #[test]
    fn stored_metadata_contains_no_value_and_no_text(a in config(), b in config()) {
        let stored = store(HistoryMode::Metadata, &a, Some(&b.1));
        prop_assert!(stored.resolved.is_none() && stored.sources.iter().all(|source| source.text.is_none()));
        let keys = diff(&b.1, &a.1).into_iter().map(|change| change.key).collect::<Vec<_>>();
        prop_assert_eq!(stored.changes, Changes::Keys(keys));
    }

    #[test]
    fn stored_changes_are_read_as_the_same_keys(a in config(), b in config()) {
        for mode in [HistoryMode::Full, HistoryMode::Metadata] {
            let changes = store(mode, &a, Some(&b.1)).changes;
            let read = Changes::of_text(changes.to_text().as_deref());
            prop_assert_eq!(read.keys(), changes.keys());
        }
    }

    #[test]
    fn two_generations_without_secrets_differ_like_their_trees(a in config(), b in config()) {
        let [old, new] = [&a, &b].map(|config| store(HistoryMode::Full, config, None));
        let difference = difference(&old, &new, &[]);
        prop_assert_eq!(difference.changes, Changes::Values(diff(&a.1, &b.1)));
        prop_assert!(difference.is_whole);
    }

    #[test]
    fn a_restore_writes_every_byte_and_a_second_one_changes_nothing(a in config(), b in config()) {
        let (stored, rules) = (store(HistoryMode::Full, &a, None), Rules::new(None));
        let steps = plan_restore(&stored, &[current_file("/b.toml", &b.0), current_file("/a.toml", &b.0)]).unwrap();
        let after: Vec<CurrentFile> = steps
            .iter()
            .filter_map(|step| Some(current_file(&step.path, step.new.as_ref()?.text())))
            .collect();
        let [only] = &after[..] else { panic!("{after:?}") };
        prop_assert_eq!(only.source.as_ref().unwrap().text(), &a.0);
        for step in plan_restore(&stored, &after).unwrap() {
            prop_assert_eq!(step.action, RestoreAction::Unchanged);
            prop_assert_eq!(step.diff("a", &rules), "");
        }
    }

    #[test]
    fn times_and_their_texts_have_the_same_order(a in 0..253_402_300_800_u64, b in 0..253_402_300_800_u64) {
        prop_assert_eq!(a.cmp(&b), rfc3339(a * 1000).cmp(&rfc3339(b * 1000)));
    }
}
