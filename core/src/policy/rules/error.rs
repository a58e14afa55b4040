//! What is wrong with a rule.

use alloc::string::{String, ToString as _};

use super::globs::GlobError;
use crate::text::PatternError;
use crate::tree::{Code, Diagnostic, Key, Segment};

/// A mistake in a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule `{rule}`: {mistake}")]
pub struct RuleError {
    /// The name of the rule.
    pub rule: String,
    /// The member of the rule that is wrong, such as `all[1]`; the root for the whole rule.
    pub member: Key,
    /// What is wrong.
    pub mistake: RuleMistake,
}

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleMistake {
    /// There is nothing to search for.
    #[error("the rule has no pattern")]
    NoPattern,
    /// Both forms of the same setting.
    #[error("`pattern` is short for `all` with one pattern, and both are set")]
    PatternAndAll,
    /// Too few or too many lines.
    #[error("expected `within` from 1 to 1000 lines")]
    Within,
    /// No number of matches is allowed.
    #[error("`at_least` is {at_least} and `at_most` is {at_most}: no number of matches is allowed")]
    Limits {
        /// The least number.
        at_least: u32,
        /// The greatest number.
        at_most: u32,
    },
    /// A pattern.
    #[error(transparent)]
    Pattern(PatternError),
    /// A glob pattern.
    #[error(transparent)]
    Glob(GlobError),
}

impl RuleError {
    /// The diagnostic about its key in the configuration; without a place.
    pub fn diagnostic(&self) -> Diagnostic {
        let code = match &self.mistake {
            RuleMistake::Pattern(_) => Code::PolicyPattern,
            RuleMistake::Glob(_) => Code::PolicyGlob,
            _ => Code::PolicyRule,
        };
        let help = match &self.mistake {
            RuleMistake::NoPattern => Some("set `pattern`, `all` or `any`".to_string()),
            RuleMistake::PatternAndAll => Some("move the pattern into `all`".into()),
            RuleMistake::Pattern(PatternError::Syntax { reason, .. })
                if reason.starts_with("look-around") =>
            {
                let help =
                    "name what excuses a match in `not`, and what stands near it in `all` with `within`";
                Some(help.into())
            }
            RuleMistake::Pattern(error) => error.help(),
            RuleMistake::Glob(_) => Some("escape a special character with a backslash, as in `\\[`".into()),
            RuleMistake::Within | RuleMistake::Limits { .. } => None,
        };
        let rule = Key::of(["policy", "rules"]).child(self.rule.as_str());
        let key =
            self.member.segments().iter().fold(rule, |key, segment: &Segment| key.join(segment.clone()));
        let diagnostic = Diagnostic::error(code, key, self.mistake.to_string());
        match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}
