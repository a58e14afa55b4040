//! Checks the names of a configuration that is reloaded.

use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;

use super::check_names;
use crate::tree::{Diagnostic, Value};

/// [`check_names`] for one tree after another: skips the check while the names are those of the last tree without diagnostics.
#[derive(Default)]
pub struct NameCheck {
    last_valid: Cell<Option<Value>>,
}

impl NameCheck {
    /// Checks the next tree, as [`check_names`] does.
    pub fn check(&self, root: &Value) -> Vec<Diagnostic> {
        let last = self.last_valid.take();
        let diagnostics = match &last {
            Some(last) if have_same_names(last, root) => Vec::new(),
            _ => check_names(root),
        };
        self.last_valid.set(if diagnostics.is_empty() { Some(root.clone()) } else { last });
        diagnostics
    }
}

impl fmt::Debug for NameCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameCheck").finish_non_exhaustive()
    }
}

/// Whether two trees have the same models by the same names, the same gates, and the same quorums.
fn have_same_names(old: &Value, new: &Value) -> bool {
    let models = [old, new].map(|root| root.member("models"));
    let keeps_name = |old: Option<&Value>, new: Option<&Value>| match (old, new) {
        (Some(old), Some(new)) => old.member("aliases") == new.member("aliases"),
        _ => false,
    };
    let have_same_models = match models.map(|models| models.and_then(Value::as_table)) {
        [Some(old), Some(new)] => old.differences(new).all(|(_, old, new)| keeps_name(old, new)),
        _ => models[0] == models[1],
    };
    let [old_quorum, new_quorum] =
        [old, new].map(|root| root.member("orchestrator").and_then(|settings| settings.member("quorum")));
    have_same_models && old.member("quality_gates") == new.member("quality_gates") && old_quorum == new_quorum
}
