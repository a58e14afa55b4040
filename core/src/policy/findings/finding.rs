//! One finding: which line breaks which rule.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::ops::Range;

use serde::Serialize;

use crate::policy::position::{FilePosition, Position};
use crate::tree::{Fingerprint, Severity};

/// The line of source at a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// Its text without the line end. A long line is cut around the match. What a rule with `redact` matches is `[redacted]`.
    pub text: String,
    /// The bytes of `text` that the match covers.
    pub matched: Range<usize>,
    /// The hash of the whole line without its white space, as a baseline has it.
    pub line: String,
}

/// Whether a finding counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingState {
    /// It counts.
    New,
    /// The baseline has it.
    Baseline,
    /// A comment suppresses it.
    Suppressed,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The name of the rule, or of a check of the suppressions, such as `suppression/unused`.
    pub rule: String,
    /// How serious it is.
    pub severity: Severity,
    /// The path of the file, with `/` between its parts, relative to the checked folder. A rule that requires matches is
    /// reported at its own place in the configuration.
    pub path: String,
    /// Where the match begins.
    pub start: Position,
    /// The place after its last character.
    pub end: Position,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub fix: Option<String>,
    /// The address of a page about the rule.
    pub docs: Option<String>,
    /// The line where the match begins, if its source is a text at hand.
    pub source: Option<SourceLine>,
    /// The same for the same line of the same file, wherever it moves: 32 hexadecimal digits.
    pub fingerprint: String,
    /// Whether it counts.
    pub state: FindingState,
    /// Why it is suppressed.
    pub reason: Option<String>,
    /// The other matches that belong to it.
    pub related: Vec<FilePosition>,
}

impl Finding {
    /// A new finding of a rule, without a fix, a page, a line of source, a reason and related places.
    pub fn new(
        rule: impl Into<String>,
        severity: Severity,
        path: impl Into<String>,
        range: Range<Position>,
        message: impl Into<String>,
        fingerprint: impl Into<String>,
    ) -> Self {
        Self {
            rule: rule.into(),
            severity,
            path: path.into(),
            start: range.start,
            end: range.end,
            message: message.into(),
            fix: None,
            docs: None,
            source: None,
            fingerprint: fingerprint.into(),
            state: FindingState::New,
            reason: None,
            related: Vec::new(),
        }
    }

    /// The order of reports: path, line, column, rule.
    pub fn report_order(&self, other: &Self) -> core::cmp::Ordering {
        let key = |finding: &Self| (finding.start, finding.end);
        self.path.cmp(&other.path).then_with(|| {
            (self.start.cmp(&other.start))
                .then_with(|| self.rule.cmp(&other.rule))
                .then(key(self).cmp(&key(other)))
        })
    }

    /// Whether it fails a check: new, and an error or any severity with `strict`.
    pub fn is_blocking(&self, strict: bool) -> bool {
        self.state == FindingState::New && (strict || self.severity == Severity::Error)
    }
}

/// The contract's JSON.
impl Serialize for Finding {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut json = serializer.serialize_struct("Finding", 15)?;
        json.serialize_field("rule", &self.rule)?;
        json.serialize_field("severity", &self.severity)?;
        json.serialize_field("path", &self.path)?;
        json.serialize_field("line", &self.start.line)?;
        json.serialize_field("column", &self.start.column)?;
        json.serialize_field("end_line", &self.end.line)?;
        json.serialize_field("end_column", &self.end.column)?;
        json.serialize_field("message", &self.message)?;
        json.serialize_field("fix", &self.fix)?;
        json.serialize_field("docs", &self.docs)?;
        json.serialize_field("excerpt", &self.source.as_ref().map(|source| &source.text))?;
        json.serialize_field("fingerprint", &self.fingerprint)?;
        json.serialize_field("state", &self.state)?;
        json.serialize_field("reason", &self.reason)?;
        json.serialize_field("related", &self.related)?;
        json.end()
    }
}

/// The hash of parts of which none contains a NUL.
pub(super) fn fingerprint(parts: &[&str]) -> String {
    Fingerprint::of_bytes(parts.join("\0").as_bytes()).to_string()
}
