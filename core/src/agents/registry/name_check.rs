//! Checks the names of a configuration that is reloaded.

use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;

use super::check_names;
use crate::tree::{Diagnostic, Key, Value};

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

/// Whether two trees have the same models, gates, quorums and names of providers.
fn have_same_names(old: &Value, new: &Value) -> bool {
    let [old_providers, new_providers] =
        [old, new].map(|root| root.member("providers").and_then(Value::as_table));
    let have_same_providers = match (old_providers, new_providers) {
        (Some(old), Some(new)) => old.differences(new).all(|(_, old, new)| old.is_some() && new.is_some()),
        _ => old.member("providers") == new.member("providers"),
    };
    let have_same =
        |keys: &[[&str; 2]]| keys.iter().all(|key| old.get(&Key::of(*key)) == new.get(&Key::of(*key)));
    have_same_providers
        && ["models", "quality_gates"].iter().all(|name| old.member(name) == new.member(name))
        && have_same(&[["orchestrator", "quorum"], ["orchestrator", "max_agents"]])
}
