//! What is to be done with a configuration that was accepted, beside the newest one that is kept.

use super::{Cause, Generation, Kept, KeptSource};

/// What is to be done with a configuration that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It becomes a generation of its own.
    Add,
    /// Its texts replace those of the newest generation, which has the same values.
    Replace,
    /// The newest generation is this one, and gets this cause.
    Name,
    /// Nothing: the newest generation is this one.
    Nothing,
}

/// What is to be done with what was accepted at `now_ms`, beside the `newest` generation of the same files.
///
/// `is_edit` says that the process has told of these values before, and that only their texts are new.
pub fn step(newest: Option<&Generation>, kept: &Kept, cause: Cause, is_edit: bool, began_ms: u64) -> Step {
    let Some(newest) = newest else { return Step::Add };
    let has_same_values = newest.kept.fingerprint == kept.fingerprint;
    let is_same = has_same_values && texts(&newest.kept).eq(texts(kept));
    match cause {
        // Another process may have seen the files before this one came to say why they are as they are.
        Cause::RolledBack(_) if is_same && newest.accepted_at_ms >= began_ms => Step::Name,
        Cause::RolledBack(_) => Step::Add,
        _ if is_same && kept.resolved.is_some() && newest.kept.resolved.is_none() => Step::Replace,
        _ if is_same => Step::Nothing,
        _ if has_same_values && is_edit => Step::Replace,
        _ => Step::Add,
    }
}

fn texts(kept: &Kept) -> impl Iterator<Item = (&str, &str)> {
    kept.sources.iter().map(|KeptSource { path, fingerprint, .. }| (path.as_str(), fingerprint.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::history::Changes;
    use alloc::string::String;
    use alloc::vec::Vec;

    fn kept(values: &str, text: &str) -> Kept {
        let source = KeptSource { path: "/app.toml".into(), fingerprint: text.into(), text: None };
        Kept {
            fingerprint: values.into(),
            changes: Changes::Unknown,
            resolved: None,
            sources: Vec::from([source]),
        }
    }

    fn after(newest: &Kept, now: &Kept, cause: Cause, is_edit: bool) -> Step {
        let newest = Generation {
            number: 1,
            accepted_at_ms: 100,
            generation: 1,
            cause: Cause::Opened,
            kept: newest.clone(),
        };
        step(Some(&newest), now, cause, is_edit, 100)
    }

    #[test]
    fn what_is_kept_already_is_not_kept_twice() {
        let (one, comment, other) = (kept("1", "a"), kept("1", "b"), kept("2", "c"));
        assert_eq!(step(None, &one, Cause::Opened, false, 0), Step::Add);
        assert_eq!(after(&one, &one, Cause::Opened, false), Step::Nothing);
        assert_eq!(after(&one, &one, Cause::Reloaded, false), Step::Nothing);
        assert_eq!(after(&one, &comment, Cause::Opened, false), Step::Add);
        assert_eq!(after(&one, &comment, Cause::Reloaded, true), Step::Replace);
        assert_eq!(after(&one, &other, Cause::Reloaded, false), Step::Add);
        assert_eq!(after(&other, &comment, Cause::Reloaded, true), Step::Add, "the newest is another one");
    }

    #[test]
    fn the_way_back_is_told_whoever_sees_it_first() {
        let one = kept("1", "a");
        assert_eq!(after(&one, &one, Cause::RolledBack(7), false), Step::Name);
        assert_eq!(after(&kept("2", "b"), &one, Cause::RolledBack(7), false), Step::Add);
        let newest = Generation {
            number: 1,
            accepted_at_ms: 99,
            generation: 1,
            cause: Cause::Opened,
            kept: one.clone(),
        };
        assert_eq!(step(Some(&newest), &one, Cause::RolledBack(7), false, 100), Step::Add, "it is older");
    }

    #[test]
    fn what_was_kept_without_values_gets_them_when_they_are_kept() {
        let bare = kept("1", "a");
        let value = crate::config::history::changes::value_of("{}");
        let full = Kept { resolved: value, fingerprint: String::from("1"), ..bare.clone() };
        assert_eq!(after(&bare, &full, Cause::Opened, false), Step::Replace);
        assert_eq!(after(&full, &bare, Cause::Opened, false), Step::Nothing);
    }
}
