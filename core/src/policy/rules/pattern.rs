//! A regular expression of a rule.

use alloc::vec::Vec;
use core::ops::Range;

use super::literals::{Literal, required_literals};
use crate::text::{Pattern, PatternError};

/// A regular expression with the texts that it requires.
#[derive(Clone, Debug)]
pub(crate) struct RulePattern {
    pattern: Pattern,
    /// Texts of which each match contains one.
    literals: Option<Vec<Literal>>,
}

impl RulePattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// It is invalid, or matches the empty text.
    pub(crate) fn new(pattern: &str) -> Result<Self, PatternError> {
        let (pattern, parsed) = Pattern::parse(pattern)?;
        Ok(Self { pattern, literals: required_literals(&parsed) })
    }

    /// Compiles it now, if it may be too large.
    ///
    /// # Errors
    /// It is too large.
    pub(crate) fn check_size(&self) -> Result<(), PatternError> {
        self.pattern.check_size()
    }

    /// The first match that begins at this byte or later. A pattern that is too large has none.
    pub(crate) fn find_at(&self, text: &str, start: usize) -> Option<Range<usize>> {
        self.pattern.find_at(text, start)
    }

    pub(super) fn literals(&self) -> Option<&[Literal]> {
        self.literals.as_deref()
    }
}
