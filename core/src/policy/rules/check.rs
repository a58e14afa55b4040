//! Checks the rules of a configuration.

use alloc::vec::Vec;

use super::error::RuleError;
use super::globs::Globs;
use super::rule::Rule;
use crate::policy::config::{CheckCommandConfig, RuleConfig};
use crate::tree::typed::from_value;
use crate::tree::{Code, Diagnostic, Key, LayerKind, Value, in_report_order};

/// Checks the rules and commands of a configuration tree: patterns, globs and limits.
///
/// Returns the diagnostics in the order of reports: `policy/pattern`, `policy/glob`, `policy/rule`. Values of a wrong type are
/// ignored, since the schema rejects them; so are rules and patterns that only the defaults set, which are tested.
pub fn check_rules(root: &Value) -> Vec<Diagnostic> {
    let policy = root.member("policy");
    let members = |name| policy.and_then(|policy| policy.member(name)?.as_table()).into_iter().flatten();
    let mut errors: Vec<Diagnostic> = Vec::new();
    for (name, rule) in members("rules").filter(|(_, rule)| !is_default(rule)) {
        let Ok(config) = from_value::<RuleConfig>(rule) else { continue };
        let has_own_patterns = ["pattern", "all", "any", "not"]
            .iter()
            .any(|list| rule.member(list).is_some_and(|list| !is_default(list)));
        let mistakes =
            if has_own_patterns { Rule::compile(name, &config) } else { Rule::unchecked(name, &config) };
        let mistakes = mistakes.err().unwrap_or_default();
        errors.extend(mistakes.iter().map(RuleError::diagnostic));
    }
    for (name, command) in members("commands") {
        let Ok(config) = from_value::<CheckCommandConfig>(command) else { continue };
        let key = Key::of(["policy", "commands"]).child(name.as_str()).child("when_paths");
        for (index, error) in Globs::new(&config.when_paths).err().unwrap_or_default() {
            let diagnostic =
                Diagnostic::error(Code::PolicyGlob, key.element(index), alloc::format!("{error}"));
            errors.push(diagnostic.help("escape a special character with a backslash, as in `\\[`"));
        }
    }
    in_report_order(errors.into_iter().map(|error| placed(root, error)).collect())
}

fn is_default(rule: &Value) -> bool {
    let mut is_default = true;
    rule.leaves_and_elements(&mut |_, leaf| is_default &= leaf.origin().layer() == LayerKind::Defaults);
    is_default
}

/// The diagnostic at its value, or at the nearest table above a missing one.
fn placed(root: &Value, error: Diagnostic) -> Diagnostic {
    let above = core::iter::successors(Some(error.key.clone()), Key::parent);
    match above.into_iter().find_map(|key| root.get(&key)) {
        Some(value) => error.at(value.origin()),
        None => error,
    }
}
