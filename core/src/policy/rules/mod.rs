//! Rules: shapes within a distance, compiled once and searched for in many files.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::ops::Range;

mod check;
mod error;
mod fragment_search;
mod globs;
mod literal_search;
mod literals;
mod pattern;
mod prefilter;
mod rule;
mod shift_search;
mod test_files;

pub use check::{check_rules, has_own_rules};
pub use error::{RuleError, RuleMistake};
pub use globs::GlobError;
pub(crate) use globs::Globs;
pub(crate) use pattern::RulePattern;
use prefilter::Prefilter;
pub use rule::MAX_WITHIN;
pub(crate) use rule::{Regions, Rule};
pub use test_files::is_test_file;

use crate::policy::config::{Enforcement, PolicyConfig, RuleConfig, RuleSeverity};
use crate::policy::position::{FilePosition, Position};
use crate::tree::nearest::nearest;
use crate::tree::{Key, Value};

/// The rules of a policy, compiled.
///
/// ```
/// use speckit_core::policy::{Policy, PolicyConfig};
/// let config: PolicyConfig = serde_json::from_str(
///     r#"{"rules": {"no_print": {"pattern": "println!", "message": "use the log", "fix": "log::info!"}}}"#,
/// )?;
/// let policy = Policy::compile(&config).unwrap();
/// let file = policy.check_file("src/main.rs", b"// println!\nprintln!(\"1\");\n");
/// let report = policy.conclude([file], &Default::default());
/// let finding = &report.findings[0];
/// assert_eq!((finding.path.as_str(), finding.start.line, finding.start.column), ("src/main.rs", 2, 1));
/// assert!(!report.ok);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) rules: Vec<Rule>,
    pub(crate) enforce: Enforcement,
    /// The names of all rules, those that are off and those that were not selected too.
    pub(crate) names: Vec<String>,
    /// Where the configuration sets a rule.
    pub(crate) places: BTreeMap<String, FilePosition>,
    prefilter: Prefilter,
    /// The patterns of all rules with `redact`, also of those that are off or not selected.
    hiding: Vec<RulePattern>,
}

/// Compiles a rule, now or when it is needed; `None` if that is never.
type RuleReader = fn(&str, &RuleConfig) -> Result<Option<Rule>, Vec<RuleError>>;

/// No rule has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no rule has the name `{name}`")]
pub struct UnknownRule {
    /// The name.
    pub name: String,
    /// The nearest name of a rule.
    pub nearest: Option<String>,
}

/// The mark of a comment that suppresses a finding.
pub(crate) const ALLOW: &str = "speckit:allow";

impl Policy {
    /// Compiles the rules of a configuration.
    ///
    /// # Errors
    /// Every mistake of every rule, in the order of their names.
    pub fn compile(config: &PolicyConfig) -> Result<Self, Vec<RuleError>> {
        Self::read(config, |name, rule| Rule::compile(name, rule).map(Some))
    }

    /// As [`Policy::compile`], for rules that [`check_rules`] accepted: each pattern is compiled when a file may match it, so that a
    /// short check does not wait for the others. A pattern that is too large matches nothing then.
    ///
    /// # Errors
    /// Every other mistake of every rule, in the order of their names.
    pub fn compile_unchecked(config: &PolicyConfig) -> Result<Self, Vec<RuleError>> {
        Self::read(config, |name, rule| match rule.severity {
            // It is accepted already, and not used.
            RuleSeverity::Off if !rule.redact => Ok(None),
            _ => Rule::unchecked(name, rule).map(Some),
        })
    }

    fn read(config: &PolicyConfig, read: RuleReader) -> Result<Self, Vec<RuleError>> {
        let mut rules: Vec<Rule> = Vec::new();
        let mut errors = Vec::new();
        for (name, rule) in &config.rules {
            match read(name, rule) {
                Ok(rule) => rules.extend(rule),
                Err(mistakes) => errors.extend(mistakes),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let names = config.rules.keys().cloned().collect();
        let hiding = rules.iter().filter(|rule| rule.redact).flat_map(Rule::patterns).cloned().collect();
        rules.retain(|rule| !rule.is_off);
        let prefilter = Prefilter::new(rules.iter().map(Rule::required));
        Ok(Self { rules, enforce: config.enforce, names, places: BTreeMap::new(), prefilter, hiding })
    }

    /// Adds where a configuration tree sets each rule, which is the place of a finding about missing matches.
    #[must_use]
    pub fn with_places(mut self, root: &Value) -> Self {
        let place = |rule: &Rule| {
            let key = Key::of(["policy", "rules"]).child(rule.name.as_str());
            let origin = root.get(&key)?.origin();
            let (line, column) = origin.line_column()?;
            let position =
                Position { line: usize::try_from(line).ok()?, column: usize::try_from(column).ok()? };
            Some((rule.name.clone(), FilePosition { path: origin.source().name().to_string(), position }))
        };
        self.places = self.rules.iter().filter_map(place).collect();
        self
    }

    /// Keeps only the rules with these names.
    ///
    /// # Errors
    /// The first name that no rule has.
    pub fn only(mut self, names: &[String]) -> Result<Self, UnknownRule> {
        if let Some(unknown) = names.iter().find(|name| !self.names.contains(name)) {
            let nearest = nearest(unknown, self.names.iter().map(String::as_str)).map(String::from);
            return Err(UnknownRule { name: unknown.clone(), nearest });
        }
        self.rules.retain(|rule| names.contains(&rule.name));
        self.prefilter = Prefilter::new(self.rules.iter().map(Rule::required));
        Ok(self)
    }

    /// Checks the files that rules exclude too.
    #[must_use]
    pub fn without_excludes(mut self) -> Self {
        self.rules.iter_mut().for_each(Rule::drop_excludes);
        self
    }

    /// The bytes of a text that the rules with `redact` match, wherever they look.
    pub(crate) fn hidden(&self, text: &str) -> Vec<Range<usize>> {
        let mut hidden = Vec::new();
        for pattern in &self.hiding {
            let mut start = 0;
            while let Some(found) = pattern.find_at(text, start) {
                start = found.end;
                hidden.push(found);
            }
        }
        hidden
    }

    /// Whether there is nothing to check in files.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether a rule checks a file with this path.
    pub fn looks_at(&self, path: &str) -> bool {
        let is_test = is_test_file(path);
        self.rules.iter().any(|rule| rule.looks_at(path, is_test))
    }

    /// The rules that may match in a file, in their order.
    pub(crate) fn candidates(&self, path: &str, content: &[u8]) -> Vec<&Rule> {
        let candidates = self.prefilter.candidates(content);
        let rules = candidates.into_iter().filter_map(|index| self.rules.get(index));
        let is_test = is_test_file(path);
        rules.filter(|rule| rule.looks_at(path, is_test)).collect()
    }
}
