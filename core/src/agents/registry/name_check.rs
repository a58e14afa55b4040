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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};

    const VALID: &str = "
        providers.one.command = 'one'
        models.a = { provider = 'one', model = 'x' }
        models.b = { provider = 'one', aliases = ['second'] }
        quality_gates.plan = ['a', 'second']
        orchestrator = { max_agents = 2, quorum.plan = 2, max_concurrent = 1 }
    ";

    fn tree(text: &str) -> Value {
        parse(&Source::document(LayerKind::File, "a.toml", text), Language::Toml).unwrap().root().clone()
    }

    /// The tree with a part of its text replaced.
    fn edited(from: &str, to: &str) -> Value {
        assert!(VALID.contains(from), "{from}");
        tree(&VALID.replacen(from, to, 1))
    }

    #[test]
    fn a_change_of_whatever_the_check_reads_is_checked() {
        for (from, to) in [
            ("providers.one.command = 'one'", ""),
            ("providers.one", "providers.other"),
            ("{ provider = 'one', model", "{ provider = 'other', model"),
            ("model = 'x'", "model = '-x'"),
            ("aliases = ['second']", "aliases = ['a']"),
            ("['a', 'second']", "['a', 'c']"),
            ("quorum.plan = 2", "quorum.plan = 3"),
            ("max_agents = 2", "max_agents = 1"),
        ] {
            let check = NameCheck::default();
            let (valid, invalid) = (tree(VALID), edited(from, to));
            assert_eq!(check.check(&valid), []);
            let expected = check_names(&invalid);
            assert!(!expected.is_empty(), "{to}");
            assert_eq!(check.check(&invalid), expected, "{to}");
            assert_eq!(check.check(&invalid), expected, "{to}: it is refused as often as it comes");
            assert_eq!(check.check(&valid), [], "{to}");
        }
    }

    #[test]
    fn providers_that_are_no_table_differ_from_none() {
        let with = |providers: &str| tree(&VALID.replacen("providers.one.command = 'one'", providers, 1));
        let check = NameCheck::default();
        assert_eq!(check.check(&with("providers = 3")), [], "the schema reports them");
        assert_eq!(check.check(&with("")).len(), 2);
    }

    #[test]
    fn a_change_elsewhere_is_not_checked() {
        for (from, to) in [
            ("command = 'one'", "command = 'two'"),
            ("max_concurrent = 1", "max_concurrent = 2"),
            ("providers.one.", "retry.max_attempts = 3\nproviders.one."),
        ] {
            assert!(have_same_names(&tree(VALID), &edited(from, to)), "{to}");
        }
    }
}
