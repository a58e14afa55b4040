//! What is reported about a file that is not trusted.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::project_file::{ProjectFile, Trust};
use super::{Subtree, TrustDecision};
use crate::text::{command_line, visible};
use crate::tree::{Code, Diagnostic, Origin};

impl ProjectFile<'_> {
    /// The error `trust/required` of a command that needs these subtrees, at the first one that is not trusted.
    pub fn refusal(&self, needed: &[Subtree]) -> Option<Diagnostic> {
        let decision = self.decision();
        self.error(Code::TrustRequired, &decision, &|subtree| needed.contains(&subtree))
    }

    /// As [`ProjectFile::refusal`], for a program that goes on running. It refuses every change of what was trusted, needed or not;
    /// in a reload, the code is then `trust/changed`.
    pub fn refusal_of_running(&self, needed: &[Subtree], is_reload: bool) -> Option<Diagnostic> {
        match self.decision() {
            decision @ TrustDecision::Changed { .. } => {
                let code = if is_reload { Code::TrustChanged } else { Code::TrustRequired };
                self.error(code, &decision, &|_| true)
            }
            _ => self.refusal(needed),
        }
    }

    /// What a command says that only shows values, in one line without its end; `None` if all is trusted.
    pub fn note(&self) -> Option<String> {
        let decision = self.decision();
        let keys = listed(decision.untrusted());
        let state = self.state(&decision)?;
        let line = self.line();
        Some(format!(
            "note: {state}: commands that use its {keys} refuse to run; `{line}` shows these values and asks whether you trust them"
        ))
    }

    fn error(
        &self,
        code: Code,
        decision: &TrustDecision,
        concerns: &dyn Fn(Subtree) -> bool,
    ) -> Option<Diagnostic> {
        let is_untrusted = |subtree: &&Subtree| {
            concerns(**subtree) && decision.untrusted().contains(&subtree.key().to_string())
        };
        let untrusted: Vec<&Subtree> = Subtree::ALL.iter().filter(is_untrusted).collect();
        let places = untrusted.iter().map(|subtree| (**subtree, self.place(**subtree)));
        let (first, place) = places.min_by(|(_, a), (_, b)| a.report_order(b))?;
        let keys: Vec<String> = untrusted.iter().map(|subtree| subtree.key().to_string()).collect();
        let (state, keys) = (self.state(decision)?, listed(&keys));
        let message = match code {
            Code::TrustChanged => format!("{state}: its {keys} would be used"),
            _ => format!("{state}, and this command uses its {keys}"),
        };
        let look = format!("`{}` shows what it sets, and asks whether you trust it", self.line());
        let help = match &self.trust {
            Trust::Unusable { problem } => format!("{problem}; {look}"),
            _ => look,
        };
        Some(Diagnostic::error(code, first.key(), message).help(help).at(&place))
    }

    /// The name of the first key of a subtree, or the file if it no longer sets it.
    fn place(&self, subtree: Subtree) -> Origin {
        let key = subtree.key();
        match subtree.of(self.root) {
            Some(value) => value.origin().of_name(key.last_name().unwrap_or_default()),
            None => self.root.origin().clone(),
        }
    }

    fn state(&self, decision: &TrustDecision) -> Option<String> {
        let name = visible(&self.path());
        match decision {
            TrustDecision::Trusted => None,
            TrustDecision::Untrusted { .. } => Some(format!("`{name}` is not trusted")),
            TrustDecision::Changed { .. } => Some(format!("`{name}` changed since you trusted it")),
        }
    }

    /// The name as a path that no command takes for an option.
    fn path(&self) -> String {
        if self.name.starts_with('/') { self.name.into() } else { format!("./{}", self.name) }
    }

    fn line(&self) -> String {
        command_line(&["speckit", "trust", &self.path()])
    }
}

/// `` `a`, `b` and `c` ``.
pub(super) fn listed(keys: &[String]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, front)) => format!("{} and {last}", front.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TrustRecord, fingerprints};
    use super::*;
    use crate::config::Layer;
    use crate::config::source::{Language, parse};
    use crate::tree::{LayerKind, Source};

    fn layer(text: &str) -> Layer {
        parse(&Source::document(LayerKind::File, "speckit.toml", text), Language::Toml).unwrap()
    }

    #[test]
    fn a_running_program_refuses_every_change_of_what_was_trusted() {
        let layer_now = layer("providers.x.command = 'now'\n");
        let then = layer("providers.x.command = 'then'\n");
        let record = TrustRecord::new("/a", fingerprints(then.root()));
        let file = |record| ProjectFile {
            name: "speckit.toml",
            root: layer_now.root(),
            trust: Trust::Recorded(record),
        };
        let code = |file: &ProjectFile<'_>, needed: &[Subtree], is_reload| {
            file.refusal_of_running(needed, is_reload).map(|refusal| refusal.code)
        };
        let changed = file(Some(record));
        assert_eq!(code(&changed, &[], true), Some(Code::TrustChanged));
        assert_eq!(code(&changed, &[Subtree::StorePath], true), Some(Code::TrustChanged));
        assert_eq!(code(&changed, &[], false), Some(Code::TrustRequired));
        assert_eq!(changed.refusal(&[]), None, "a command that ends refuses only what it needs");
        let never_trusted = file(None);
        assert_eq!(code(&never_trusted, &[], true), None);
        assert_eq!(code(&never_trusted, &[Subtree::Providers], true), Some(Code::TrustRequired));
    }
}
