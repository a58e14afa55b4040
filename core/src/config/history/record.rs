//! How an accepted configuration changes the history.

use super::{Generation, GenerationCause, StoredFile, StoredState};

/// How an accepted configuration changes the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordAction {
    /// Add it as a new generation.
    Add,
    /// Replace the texts of the newest generation, which has the same values.
    Replace,
    /// Set the cause of the newest generation, which is the same.
    SetCause,
    /// Do nothing: the newest generation is the same.
    Nothing,
}

/// Compares a configuration with the `newest` generation of the same files. `is_edit` is set if this process has recorded
/// these values before and only the texts are new; `began_ms` is when it began to change the files.
pub fn record_action(
    newest: Option<&Generation>,
    kept: &StoredState,
    cause: GenerationCause,
    is_edit: bool,
    began_ms: u64,
) -> RecordAction {
    let Some(newest) = newest else { return RecordAction::Add };
    let has_same_values = newest.state.fingerprint == kept.fingerprint;
    let is_same = has_same_values && texts(&newest.state).eq(texts(kept));
    match cause {
        // Another process may have recorded the new files before this one recorded the cause.
        GenerationCause::RolledBack(_) if is_same && newest.accepted_at_ms >= began_ms => {
            RecordAction::SetCause
        }
        GenerationCause::RolledBack(_) => RecordAction::Add,
        _ if is_same && kept.resolved.is_some() && newest.state.resolved.is_none() => RecordAction::Replace,
        _ if is_same => RecordAction::Nothing,
        _ if has_same_values && is_edit => RecordAction::Replace,
        _ => RecordAction::Add,
    }
}

fn texts(kept: &StoredState) -> impl Iterator<Item = (&str, &str)> {
    kept.sources.iter().map(|StoredFile { path, fingerprint, .. }| (path.as_str(), fingerprint.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::history::Changes;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn kept(values: &str, text: &str) -> StoredState {
        let source = StoredFile { path: "/app.toml".into(), fingerprint: text.into(), text: None };
        StoredState {
            fingerprint: values.into(),
            changes: Changes::Unknown,
            resolved: None,
            sources: Vec::from([source]),
        }
    }

    fn after(newest: &StoredState, now: &StoredState, cause: GenerationCause, is_edit: bool) -> RecordAction {
        let newest = Generation {
            number: 1,
            accepted_at_ms: 100,
            generation: 1,
            cause: GenerationCause::Opened,
            state: newest.clone(),
        };
        record_action(Some(&newest), now, cause, is_edit, 100)
    }

    #[test]
    fn a_generation_is_not_recorded_twice() {
        let (one, comment, other) = (kept("1", "a"), kept("1", "b"), kept("2", "c"));
        assert_eq!(record_action(None, &one, GenerationCause::Opened, false, 0), RecordAction::Add);
        assert_eq!(after(&one, &one, GenerationCause::Opened, false), RecordAction::Nothing);
        assert_eq!(after(&one, &one, GenerationCause::Reloaded, false), RecordAction::Nothing);
        assert_eq!(after(&one, &comment, GenerationCause::Opened, false), RecordAction::Add);
        assert_eq!(after(&one, &comment, GenerationCause::Reloaded, true), RecordAction::Replace);
        assert_eq!(after(&one, &other, GenerationCause::Reloaded, false), RecordAction::Add);
        assert_eq!(
            after(&other, &comment, GenerationCause::Reloaded, true),
            RecordAction::Add,
            "the newest is another one"
        );
    }

    #[test]
    fn a_rollback_sets_the_cause_even_if_another_process_recorded_it_first() {
        let one = kept("1", "a");
        assert_eq!(after(&one, &one, GenerationCause::RolledBack(7), false), RecordAction::SetCause);
        assert_eq!(after(&kept("2", "b"), &one, GenerationCause::RolledBack(7), false), RecordAction::Add);
        let newest = Generation {
            number: 1,
            accepted_at_ms: 99,
            generation: 1,
            cause: GenerationCause::Opened,
            state: one.clone(),
        };
        assert_eq!(
            record_action(Some(&newest), &one, GenerationCause::RolledBack(7), false, 100),
            RecordAction::Add,
            "the newest generation is older"
        );
    }

    #[test]
    fn a_generation_without_values_gets_them_in_full_mode() {
        let bare = kept("1", "a");
        let value = crate::config::history::changes::value_of("{}");
        let full = StoredState { resolved: value, fingerprint: String::from("1"), ..bare.clone() };
        assert_eq!(after(&bare, &full, GenerationCause::Opened, false), RecordAction::Replace);
        assert_eq!(after(&full, &bare, GenerationCause::Opened, false), RecordAction::Nothing);
    }
}
