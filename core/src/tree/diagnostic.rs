//! Diagnostics: what is wrong, where, and how to fix it.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::tree::{Code, Key, Origin};

/// How serious a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration is not usable.
    Error,
    /// The configuration is usable; `--strict` makes it an error.
    Warning,
}

/// One diagnostic about a configuration. Its texts hold no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// What kind of problem it is.
    pub code: Code,
    /// The key it is about; the root for a whole source.
    pub key: Key,
    /// What is wrong, as a lowercase fragment: `expected u16, found string`.
    pub message: String,
    /// How to fix it.
    pub help: Option<String>,
    /// Its place.
    pub origin: Option<Origin>,
}

impl Diagnostic {
    /// An error about a key.
    pub fn error(code: Code, key: Key, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, key, message: message.into(), help: None, origin: None }
    }

    /// A warning about a key.
    pub fn warning(code: Code, key: Key, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, key, message) }
    }

    /// Adds how to fix it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds its place.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }

    /// The order of reports: layer, source, line, column, key, code. A diagnostic without a place comes first.
    pub fn report_order(&self, other: &Self) -> Ordering {
        let places = match (&self.origin, &other.origin) {
            (Some(a), Some(b)) => a.report_order(b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        places
            .then_with(|| self.key.cmp(&other.key))
            .then_with(|| self.code.cmp(&other.code))
            .then_with(|| self.message.cmp(&other.message))
    }
}

/// The contract's JSON: `{"severity","code","key","pointer","message","help","origin"}`.
impl serde::Serialize for Diagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use alloc::string::ToString as _;
        use serde::ser::SerializeStruct as _;
        let mut json = serializer.serialize_struct("Diagnostic", 7)?;
        json.serialize_field("severity", &self.severity)?;
        json.serialize_field("code", &self.code)?;
        json.serialize_field("key", &self.key.to_string())?;
        json.serialize_field("pointer", &self.key.pointer())?;
        json.serialize_field("message", &self.message)?;
        json.serialize_field("help", &self.help)?;
        json.serialize_field("origin", &self.origin)?;
        json.end()
    }
}

/// Sorts diagnostics into the order of reports and drops duplicates.
pub fn in_report_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by(Diagnostic::report_order);
    diagnostics.dedup();
    diagnostics
}

/// At most `max` of the diagnostics, in their order. Warnings are left out before errors, and later ones before earlier ones.
pub fn most_important(diagnostics: &[Diagnostic], max: usize) -> Vec<&Diagnostic> {
    most_important_by(diagnostics.iter(), max, |diagnostic| diagnostic.severity)
}

/// At most `max` of the items, in their order. Those of a higher rank are left out first, and later ones before earlier ones.
pub(crate) fn most_important_by<'t, T, R: Ord>(
    items: impl Iterator<Item = &'t T> + Clone,
    max: usize,
    rank: impl Fn(&T) -> R,
) -> Vec<&'t T> {
    let mut room: BTreeMap<R, usize> = BTreeMap::new();
    for item in items.clone() {
        *room.entry(rank(item)).or_default() += 1;
    }
    let mut left = max;
    for room in room.values_mut() {
        *room = (*room).min(left);
        left -= *room;
    }
    let is_taken = |item: &&T| match room.get_mut(&rank(item)) {
        Some(room @ 1..) => {
            *room -= 1;
            true
        }
        _ => false,
    };
    items.filter(is_taken).collect()
}

/// Makes every warning an error if `strict` is set, except `env/case`, which explains how a name was read.
pub fn with_strictness(mut diagnostics: Vec<Diagnostic>, strict: bool) -> Vec<Diagnostic> {
    for diagnostic in diagnostics.iter_mut().filter(|diagnostic| strict && diagnostic.code != Code::EnvCase) {
        diagnostic.severity = Severity::Error;
    }
    diagnostics
}

/// Whether none of the diagnostics is an error.
pub fn is_ok(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Warning)
}
