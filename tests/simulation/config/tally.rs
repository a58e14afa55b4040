//! What the runs have come to see: a suite that never meets a case says nothing about it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// What a run may meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    /// Other settings, out of nothing but an edit.
    Success,
    /// Only comments or places changed.
    Silent,
    /// After a refusal, other settings than before it.
    Mended,
    /// After a refusal, what ran all the time.
    WayBack,
    Deferred,
    DeferredAgain,
    DeferredSuccess,
    DeferredWayBack,
    Pending,
    Unsettled,
    Settled,
    Interrupt,
    RefusedToOpen,
    Degraded,
    Missed,
    /// A guard was taken in the middle of a reading.
    GuardWithin,
    /// The last configuration of a run is refused.
    RefusedAtTheEnd,
    PendingAtTheEnd,
}

const ALL: [Coverage; 18] = [
    Coverage::Success,
    Coverage::Silent,
    Coverage::Mended,
    Coverage::WayBack,
    Coverage::Deferred,
    Coverage::DeferredAgain,
    Coverage::DeferredSuccess,
    Coverage::DeferredWayBack,
    Coverage::Pending,
    Coverage::Unsettled,
    Coverage::Settled,
    Coverage::Interrupt,
    Coverage::RefusedToOpen,
    Coverage::Degraded,
    Coverage::Missed,
    Coverage::GuardWithin,
    Coverage::RefusedAtTheEnd,
    Coverage::PendingAtTheEnd,
];

/// Words of diagnostics that refusals of every kind have.
const REFUSALS: [&str; 13] = [
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
pub struct Tally {
    seen: BTreeMap<Coverage, u64>,
    refusals: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub fn see(&mut self, what: Coverage) {
        *self.seen.entry(what).or_default() += 1;
    }

    pub fn refusal(&mut self, diagnostics: &Json) {
        let text = diagnostics.to_string();
        for word in REFUSALS.iter().filter(|word| text.contains(**word)) {
            *self.refusals.entry(word).or_default() += 1;
        }
    }

    pub fn add(&mut self, other: Self) {
        other.seen.into_iter().for_each(|(what, count)| *self.seen.entry(what).or_default() += count);
        let refusals = other.refusals.into_iter();
        refusals.for_each(|(word, count)| *self.refusals.entry(word).or_default() += count);
    }

    /// What was never met.
    pub fn missing(&self) -> Vec<String> {
        let seen = ALL.iter().filter(|what| !self.seen.contains_key(what)).map(|what| format!("{what:?}"));
        let refusals = REFUSALS.iter().filter(|word| !self.refusals.contains_key(*word));
        seen.chain(refusals.map(|word| word.to_string())).collect()
    }
}
