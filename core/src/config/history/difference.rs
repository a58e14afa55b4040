//! The difference between two generations, as far as it is recorded.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Changes, Generation, StoredFile, StoredState};
use crate::config::source::{Language, parse};
use crate::tree::diff::{Change, diff};
use crate::tree::{Key, Kind, LayerKind, REDACTED, Source, Value};

/// The difference between two generations.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The changes from one to the other; only the keys if one has no values.
    pub changes: Changes,
    /// `false` if the two differ but no change is known: in a secret that no file sets, or before keys were recorded.
    pub is_whole: bool,
}

/// The changes from one state to another. `steps` are the generations after the earlier one, up to and including the later
/// one.
///
/// Secrets are redacted on both sides. The files and the steps show whether a secret differs.
pub fn difference(from: &StoredState, to: &StoredState, steps: &[&Generation]) -> Difference {
    if from.fingerprint == to.fingerprint {
        let nothing = if from.resolved.is_some() && to.resolved.is_some() {
            Changes::Values(Vec::new())
        } else {
            Changes::Keys(Vec::new())
        };
        return Difference { changes: nothing, is_whole: true };
    }
    let recorded_keys: BTreeSet<&Key> =
        steps.iter().filter_map(|step| step.state.changes.keys()).flatten().collect();
    let is_known = !steps.is_empty() && steps.iter().all(|step| step.state.changes != Changes::Unknown);
    let (Some(old), Some(new)) = (&from.resolved, &to.resolved) else {
        let keys = Changes::Keys(recorded_keys.into_iter().cloned().collect());
        return Difference { changes: if is_known { keys } else { Changes::Unknown }, is_whole: is_known };
    };
    let mut changes = diff(old, new);
    let texts = (trees(from), trees(to));
    let mut secrets = Vec::new();
    new.leaves(&mut |key, value| {
        if is_redacted(value) && old.get(key) == Some(value) {
            let files_changed = match (written_value(&texts.0, key), written_value(&texts.1, key)) {
                (Some(old), Some(new)) => old != new,
                (old, new) => old.is_some() != new.is_some(),
            };
            if files_changed || recorded_keys.contains(key) {
                secrets.push(Change { key: key.clone(), old: Some(value.clone()), new: Some(value.clone()) });
            }
        }
    });
    changes.extend(secrets);
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    let is_whole = !changes.is_empty();
    Difference { changes: Changes::Values(changes), is_whole }
}

/// Whether a value contains a redacted one.
fn is_redacted(value: &Value) -> bool {
    match value.kind() {
        Kind::String(text) => text == REDACTED,
        Kind::Array(elements) => elements.iter().any(is_redacted),
        Kind::Table(members) => members.values().any(is_redacted),
        _ => false,
    }
}

/// The trees of the files, lowest first.
fn trees(kept: &StoredState) -> Vec<Value> {
    let tree = |source: &StoredFile| {
        let text = Arc::clone(source.text.as_ref()?);
        let document = Source::document(LayerKind::File, source.path.as_str(), text);
        parse(&document, Language::of(&source.path, document.text()).ok()?)
            .ok()
            .map(|layer| layer.root().clone())
    };
    kept.sources.iter().filter_map(tree).collect()
}

/// The value of a key in the highest file that sets it.
fn written_value<'v>(trees: &'v [Value], key: &Key) -> Option<&'v Value> {
    trees.iter().rev().find_map(|tree| tree.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::history::{AcceptedConfig, GenerationCause};
    use crate::store::HistoryMode;
    use crate::tree::diff::to_text;
    use alloc::string::String;

    const MODES: [HistoryMode; 2] = [HistoryMode::Full, HistoryMode::Metadata];

    fn is_secret(key: &Key, _: &Value) -> bool {
        key.last_name() == Some("token")
    }

    /// A state with the file `text` and the `token` of the environment.
    fn kept(mode: HistoryMode, text: &str, token: Option<&str>, changes: Option<&[Change]>) -> StoredState {
        let source = Source::document(LayerKind::File, "app.toml", text);
        let layer = parse(&source, Language::Toml).unwrap();
        let mut root = layer.root().clone();
        if let Some(token) = token {
            let value = Value::new(Kind::String(token.into()), root.origin().clone());
            let change = Change { key: Key::of(["token"]), old: None, new: Some(value) };
            root = crate::tree::diff::apply(&root, &[change]);
        }
        let sources = [(String::from("/app.toml"), source)];
        AcceptedConfig { root: &root, sources: &sources, changes, is_secret: &is_secret }
            .stored(mode)
            .unwrap()
    }

    fn generation(state: StoredState) -> Generation {
        Generation { number: 2, accepted_at_ms: 0, generation: 2, cause: GenerationCause::Reloaded, state }
    }

    fn shown(difference: &Difference) -> String {
        match &difference.changes {
            Changes::Values(changes) => to_text(changes),
            other => alloc::format!("{other:?}"),
        }
    }

    #[test]
    fn a_secret_of_a_file_that_changed_is_a_change() {
        let [a, b] = ["port = 1\ntoken = 'one'\n", "port = 2\ntoken = 'two'\n"]
            .map(|text| kept(HistoryMode::Full, text, None, None));
        let found = difference(&a, &b, &[]);
        assert_eq!(
            shown(&found),
            "- port = 1\n+ port = 2\n- token = \"[redacted]\"\n+ token = \"[redacted]\"\n"
        );
        let same = kept(HistoryMode::Full, "port = 2\ntoken = 'one'\n", None, None);
        assert_eq!(shown(&difference(&a, &same, &[])), "- port = 1\n+ port = 2\n");
    }

    #[test]
    fn a_secret_of_the_environment_is_known_from_the_steps_or_not_at_all() {
        let [a, b] = ["one", "two"].map(|token| kept(HistoryMode::Full, "port = 1\n", Some(token), None));
        let unknown = difference(&a, &b, &[]);
        assert_eq!((shown(&unknown).as_str(), unknown.is_whole), ("", false));
        let change = Change { key: Key::of(["token"]), old: None, new: None };
        let step = generation(kept(HistoryMode::Full, "port = 1\n", Some("two"), Some(&[change])));
        let known = difference(&a, &b, &[&step]);
        assert_eq!(known.changes.keys().unwrap(), [&Key::of(["token"])]);
        assert!(known.is_whole);
    }

    #[test]
    fn without_values_the_keys_of_the_steps_are_listed() {
        let [a, b] = ["port = 1\n", "port = 2\n"].map(|text| kept(HistoryMode::Metadata, text, None, None));
        assert_eq!(difference(&a, &b, &[]), Difference { changes: Changes::Unknown, is_whole: false });
        let change = Change { key: Key::of(["port"]), old: None, new: None };
        let step = generation(kept(HistoryMode::Metadata, "port = 2\n", None, Some(&[change])));
        let found = difference(&a, &b, &[&step]);
        assert_eq!(
            found,
            Difference { changes: Changes::Keys(Vec::from([Key::of(["port"])])), is_whole: true }
        );
    }

    #[test]
    fn equal_states_do_not_differ() {
        for mode in MODES {
            let a = kept(mode, "port = 1\n", None, None);
            let found = difference(&a, &kept(mode, "# other\nport = 1\n", None, None), &[]);
            assert_eq!(found.changes.keys(), Some(Vec::new()));
            assert!(found.is_whole);
        }
    }
}
