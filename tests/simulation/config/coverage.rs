//! Counts the cases that the runs cover, because the suite proves nothing about a case that never happens.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// A case that some run must cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoveredCase {
    /// An edit has changed the settings, and no refusal came before it.
    Success,
    /// Only comments or locations have changed.
    Silent,
    /// After a refusal, the settings differ from those before it.
    ChangedAfterRefusal,
    /// After a refusal, the settings are those before it.
    UnchangedAfterRefusal,
    Deferred,
    DeferredAgain,
    DeferredSuccess,
    DeferredUnchanged,
    Pending,
    Unsettled,
    Settled,
    Interrupt,
    RefusedToOpen,
    Degraded,
    Missed,
    /// A worker took a read guard in the middle of a reading.
    GuardDuringReading,
    /// The last configuration of a run is refused.
    RefusedAtTheEnd,
    PendingAtTheEnd,
}

const ALL: [CoveredCase; 18] = [
    CoveredCase::Success,
    CoveredCase::Silent,
    CoveredCase::ChangedAfterRefusal,
    CoveredCase::UnchangedAfterRefusal,
    CoveredCase::Deferred,
    CoveredCase::DeferredAgain,
    CoveredCase::DeferredSuccess,
    CoveredCase::DeferredUnchanged,
    CoveredCase::Pending,
    CoveredCase::Unsettled,
    CoveredCase::Settled,
    CoveredCase::Interrupt,
    CoveredCase::RefusedToOpen,
    CoveredCase::Degraded,
    CoveredCase::Missed,
    CoveredCase::GuardDuringReading,
    CoveredCase::RefusedAtTheEnd,
    CoveredCase::PendingAtTheEnd,
];

/// A text for each kind of refusal, which its diagnostics contain.
const REFUSAL_TEXTS: [&str; 13] = [
    "parse/json",
    "schema/invalid",
    "parse/toml",
    "parse/not-utf8",
    "schema/additionalProperties",
    "schema/maximum",
    "schema/type",
    "file/missing",
    "file/unreadable",
    "env/",
    "reload/restart",
    "panicked: the rule has a mistake",
    "the certificate has expired",
];

#[derive(Debug, Default)]
pub struct CoverageCounts {
    counts: BTreeMap<CoveredCase, u64>,
    refusals: BTreeMap<&'static str, u64>,
}

impl CoverageCounts {
    pub fn count(&mut self, case: CoveredCase) {
        *self.counts.entry(case).or_default() += 1;
    }

    pub fn count_refusal(&mut self, diagnostics: &Json) {
        let json = diagnostics.to_string();
        for text in REFUSAL_TEXTS.iter().filter(|text| json.contains(**text)) {
            *self.refusals.entry(text).or_default() += 1;
        }
    }

    pub fn add(&mut self, other: Self) {
        other.counts.into_iter().for_each(|(case, count)| *self.counts.entry(case).or_default() += count);
        let refusals = other.refusals.into_iter();
        refusals.for_each(|(text, count)| *self.refusals.entry(text).or_default() += count);
    }

    /// The cases that no run has covered.
    pub fn missing(&self) -> Vec<String> {
        let counts =
            ALL.iter().filter(|case| !self.counts.contains_key(case)).map(|case| format!("{case:?}"));
        let refusals = REFUSAL_TEXTS.iter().filter(|text| !self.refusals.contains_key(*text));
        counts.chain(refusals.map(|text| text.to_string())).collect()
    }
}
