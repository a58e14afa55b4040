//! The expected outcome of a reading.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value as Json, json};
use speckit_tests::fakes::Recording;

use super::{Cause, LastReport, LossPolicy, Model, SETTLING_TIME, Settling};
use crate::config::contents::{contents, different_files, has_lost_bytes, unread_names};
use crate::config::coverage::{CoverageCounts, CoveredCase};
use crate::config::events::EventSummary;
use crate::config::oracle::{AcceptedSettings, Leaves, ReadOutcome};
use crate::config::program::PANIC_QUIET_MS;

impl Model<'_> {
    #[expect(clippy::too_many_arguments, reason = "a decision depends on all of them")]
    pub(super) fn decide(
        &mut self,
        reading: &Recording,
        policy: LossPolicy,
        cause: Cause,
        guards: usize,
        now: Duration,
        expected_events: &mut Vec<EventSummary>,
        coverage: &mut CoverageCounts,
    ) -> Result<(), String> {
        let (before, found) = (contents(&self.last_reading), contents(reading));
        let has_lost_more =
            has_lost_bytes(&std::mem::replace(&mut self.last_contents, found.clone()), &found);
        let is_postponed = match policy {
            LossPolicy::AllLosses | LossPolicy::OnlyCheck => has_lost_bytes(&before, &found),
            LossPolicy::NewLosses => has_lost_more,
            LossPolicy::None => false,
        };
        if is_postponed {
            coverage.count(CoveredCase::Unsettled);
            // Every file gets the full time, so each new loss starts the time again.
            let (since, wait) = match self.settling.filter(|_| !has_lost_more) {
                Some(Settling { since, wait, .. }) => (since, (wait * 2).min(Duration::from_millis(500))),
                None => (now, Duration::from_millis(50)),
            };
            self.settling = Some(Settling { since, wait, due: (now + wait).min(since + SETTLING_TIME) });
            return Ok(());
        }
        if self.settling.take().is_some() {
            coverage.count(CoveredCase::Settled);
        }
        if policy == LossPolicy::OnlyCheck {
            // As after any other change, the file may not be complete yet.
            self.burst = self.burst.or(Some((now, now)));
            return Ok(());
        }
        let paths = different_files(&before, &found);
        let is_same = found == before
            && unread_names(reading) == unread_names(&self.last_reading)
            && own_variables(reading).eq(own_variables(&self.last_reading))
            && reading.stamps() == self.last_reading.stamps();
        if !is_same || cause == Cause::Requested {
            self.last_reading = reading.clone();
            match self.oracle.evaluate(self.setup, reading, Some(&self.running))? {
                ReadOutcome::Refused(found) => {
                    self.refuse(found, paths, expected_events, coverage);
                    return Ok(());
                }
                ReadOutcome::Accepted(accepted) => {
                    self.refusal = None;
                    self.deferred = Some((*accepted, reading.clone()));
                }
            }
        }
        let Some((accepted, source)) = self.deferred.take() else { return Ok(()) };
        if guards == 0 {
            self.publish(accepted, source, paths, (reading.began, now), expected_events, coverage);
        } else {
            self.defer(&accepted, paths, guards, expected_events, coverage);
            self.deferred = Some((accepted, source));
        }
        Ok(())
    }

    fn refuse(
        &mut self,
        diagnostics: Json,
        paths: Vec<PathBuf>,
        expected_events: &mut Vec<EventSummary>,
        coverage: &mut CoverageCounts,
    ) {
        self.deferred = None;
        self.refusal = Some(diagnostics.clone());
        if self.last_report != LastReport::Refused(diagnostics.clone()) {
            self.last_report = LastReport::Refused(diagnostics.clone());
            self.refusals += 1;
            coverage.count_refusal(&diagnostics);
            expected_events.extend((!paths.is_empty()).then_some(EventSummary::Changed(paths)));
            expected_events.push(EventSummary::Failed { generation: self.generation, diagnostics });
        }
    }

    fn publish(
        &mut self,
        accepted: AcceptedSettings,
        source: Recording,
        paths: Vec<PathBuf>,
        (began, ended): (Duration, Duration),
        expected_events: &mut Vec<EventSummary>,
        coverage: &mut CoverageCounts,
    ) {
        let is_new = accepted.written != self.running.written;
        let is_news = is_new || self.last_report != LastReport::InUse;
        if is_news && !paths.is_empty() && self.last_report != LastReport::Deferred(accepted.written.clone())
        {
            expected_events.push(EventSummary::Changed(paths));
        }
        let elapsed = ended - began;
        if is_new {
            self.generation += 1;
            self.generation_start = ended;
            self.reload_times.push(elapsed);
        }
        if is_news {
            let changed = changed_leaves(&self.running.effective, &accepted.effective);
            let pending = accepted.pending.clone();
            expected_events.push(EventSummary::Success {
                generation: self.generation,
                changed,
                pending,
                elapsed,
            });
        }
        coverage.count(match (&self.last_report, is_new) {
            (LastReport::InUse, true) => CoveredCase::Success,
            (LastReport::InUse, false) => CoveredCase::Silent,
            (LastReport::Refused(_), true) => CoveredCase::ChangedAfterRefusal,
            (LastReport::Refused(_), false) => CoveredCase::UnchangedAfterRefusal,
            (LastReport::Deferred(_), true) => CoveredCase::DeferredSuccess,
            (LastReport::Deferred(_), false) => CoveredCase::DeferredUnchanged,
        });
        if !accepted.pending.is_empty() {
            coverage.count(CoveredCase::Pending);
        }
        self.last_report = LastReport::InUse;
        self.running = accepted;
        self.source = Some(source);
        self.is_published = true;
    }

    fn defer(
        &mut self,
        accepted: &AcceptedSettings,
        paths: Vec<PathBuf>,
        busy: usize,
        expected_events: &mut Vec<EventSummary>,
        coverage: &mut CoverageCounts,
    ) {
        let now = LastReport::Deferred(accepted.written.clone());
        let was_deferred = matches!(self.last_report, LastReport::Deferred(_));
        let is_nothing = self.last_report == LastReport::InUse && accepted.written == self.running.written;
        if is_nothing || self.last_report == now {
            return;
        }
        coverage.count(if was_deferred { CoveredCase::DeferredAgain } else { CoveredCase::Deferred });
        self.last_report = now;
        expected_events.extend((!paths.is_empty()).then_some(EventSummary::Changed(paths)));
        expected_events.extend((!was_deferred).then_some(EventSummary::Deferred { busy }));
    }

    /// Whether the closure that returns the hot-reload settings panics for the running settings.
    pub(super) fn has_panicking_closure(&self) -> bool {
        self.setup.has_hot_reload_settings && self.running.settings.quiet_ms == PANIC_QUIET_MS
    }

    /// Takes the quiet period from the settings. If their closure panics, the previous period stays.
    pub(super) fn update_quiet_period(&mut self) {
        if self.setup.has_hot_reload_settings && !self.has_panicking_closure() {
            self.quiet_period = Duration::from_millis(self.running.settings.quiet_ms);
        }
    }
}

/// The environment variables with the prefix of the program.
fn own_variables(reading: &Recording) -> impl Iterator<Item = (&String, &String)> {
    reading.variables.iter().filter(|(name, _)| name.starts_with("APP_"))
}

/// The changed leaves with their old and new values. The values of the token are redacted.
fn changed_leaves(old: &Leaves, new: &Leaves) -> Vec<(String, Json, Json)> {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let shown = |key: &str, value: Option<&Json>| match value {
        Some(_) if key == "token" => json!("[redacted]"),
        Some(value) => value.clone(),
        None => Json::Null,
    };
    let changed_keys = keys.into_iter().filter(|key| old.get(*key) != new.get(*key));
    changed_keys.map(|key| (key.clone(), shown(key, old.get(key)), shown(key, new.get(key)))).collect()
}
