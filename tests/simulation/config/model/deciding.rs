//! What becomes of a reading.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value as Json, json};
use speckit_tests::fakes::Recording;

use super::{Cause, LastReport, Model, Patience, SETTLING, Settling};
use crate::config::contents::{contents, different, has_lost_bytes};
use crate::config::notices::Notice;
use crate::config::oracle::{AcceptedSettings, Leaves, ReadOutcome};
use crate::config::program::PANICS_QUIET;
use crate::config::tally::{Coverage, Tally};

impl Model<'_> {
    #[expect(clippy::too_many_arguments, reason = "it is all that is known of one reading")]
    pub(super) fn decide(
        &mut self,
        reading: &Recording,
        patience: Patience,
        cause: Cause,
        guards: usize,
        now: Duration,
        told: &mut Vec<Notice>,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let (before, found) = (contents(&self.last), contents(reading));
        let has_lost_more = has_lost_bytes(&std::mem::replace(&mut self.seen, found.clone()), &found);
        let is_put_off = match patience {
            Patience::Whole | Patience::Look => has_lost_bytes(&before, &found),
            Patience::NewLosses => has_lost_more,
            Patience::None => false,
        };
        if is_put_off {
            tally.see(Coverage::Unsettled);
            // Each file has the whole time, so that a loss begins it again.
            let (since, wait) = match self.settling.filter(|_| !has_lost_more) {
                Some(Settling { since, wait, .. }) => (since, (wait * 2).min(Duration::from_millis(500))),
                None => (now, Duration::from_millis(50)),
            };
            self.settling = Some(Settling { since, wait, due: (now + wait).min(since + SETTLING) });
            return Ok(());
        }
        if self.settling.take().is_some() {
            tally.see(Coverage::Settled);
        }
        if patience == Patience::Look {
            // It may still be written, as after any other change.
            self.burst = self.burst.or(Some((now, now)));
            return Ok(());
        }
        let paths = different(&before, &found);
        let is_same =
            found == before && ours(reading).eq(ours(&self.last)) && reading.stamps() == self.last.stamps();
        if !is_same || cause == Cause::Asked {
            self.last = reading.clone();
            match self.oracle.judge(self.setup, reading, Some(&self.running))? {
                ReadOutcome::Refused(found) => {
                    self.refuse(found, paths, told, tally);
                    return Ok(());
                }
                ReadOutcome::Accepted(accepted) => {
                    self.refusal = None;
                    self.waiting = Some((*accepted, reading.clone()));
                }
            }
        }
        let Some((accepted, source)) = self.waiting.take() else { return Ok(()) };
        if guards == 0 {
            self.publish(accepted, source, paths, (reading.began, now), told, tally);
        } else {
            self.defer(&accepted, paths, guards, told, tally);
            self.waiting = Some((accepted, source));
        }
        Ok(())
    }

    fn refuse(&mut self, found: Json, paths: Vec<PathBuf>, told: &mut Vec<Notice>, tally: &mut Tally) {
        self.waiting = None;
        self.refusal = Some(found.clone());
        if self.said != LastReport::Refused(found.clone()) {
            self.said = LastReport::Refused(found.clone());
            self.refusals += 1;
            tally.refusal(&found);
            told.extend((!paths.is_empty()).then_some(Notice::Changed(paths)));
            told.push(Notice::Failed { generation: self.generation, diagnostics: found });
        }
    }

    fn publish(
        &mut self,
        accepted: AcceptedSettings,
        source: Recording,
        paths: Vec<PathBuf>,
        (began, ended): (Duration, Duration),
        told: &mut Vec<Notice>,
        tally: &mut Tally,
    ) {
        let is_new = accepted.written != self.running.written;
        let is_news = is_new || self.said != LastReport::InForce;
        if is_news && !paths.is_empty() && self.said != LastReport::Deferred(accepted.written.clone()) {
            told.push(Notice::Changed(paths));
        }
        let elapsed = ended - began;
        if is_new {
            self.generation += 1;
            self.since = ended;
            self.times.push(elapsed);
        }
        if is_news {
            let changed = changes(&self.running.held, &accepted.held);
            let pending = accepted.pending.clone();
            told.push(Notice::Success { generation: self.generation, changed, pending, elapsed });
        }
        tally.see(match (&self.said, is_new) {
            (LastReport::InForce, true) => Coverage::Success,
            (LastReport::InForce, false) => Coverage::Silent,
            (LastReport::Refused(_), true) => Coverage::Mended,
            (LastReport::Refused(_), false) => Coverage::WayBack,
            (LastReport::Deferred(_), true) => Coverage::DeferredSuccess,
            (LastReport::Deferred(_), false) => Coverage::DeferredWayBack,
        });
        if !accepted.pending.is_empty() {
            tally.see(Coverage::Pending);
        }
        self.said = LastReport::InForce;
        self.running = accepted;
        self.source = Some(source);
        self.is_published = true;
    }

    fn defer(
        &mut self,
        accepted: &AcceptedSettings,
        paths: Vec<PathBuf>,
        busy: usize,
        told: &mut Vec<Notice>,
        tally: &mut Tally,
    ) {
        let now = LastReport::Deferred(accepted.written.clone());
        let was_deferred = matches!(self.said, LastReport::Deferred(_));
        let is_nothing = self.said == LastReport::InForce && accepted.written == self.running.written;
        if is_nothing || self.said == now {
            return;
        }
        tally.see(if was_deferred { Coverage::DeferredAgain } else { Coverage::Deferred });
        self.said = now;
        told.extend((!paths.is_empty()).then_some(Notice::Changed(paths)));
        told.extend((!was_deferred).then_some(Notice::Deferred { busy }));
    }

    /// Whether the closure that says how the files are followed panics at what runs.
    pub(super) fn has_mistake(&self) -> bool {
        self.setup.follows && self.running.settings.quiet_ms == PANICS_QUIET
    }

    /// The settings say how they are followed; where their closure panics, the previous ones stay.
    pub(super) fn follow(&mut self) {
        if self.setup.follows && !self.has_mistake() {
            self.quiet = Duration::from_millis(self.running.settings.quiet_ms);
        }
    }
}

/// The variables that may mean something.
fn ours(reading: &Recording) -> impl Iterator<Item = (&String, &String)> {
    reading.variables.iter().filter(|(name, _)| name.starts_with("APP_"))
}

/// What differs, leaf by leaf; that the token does, and not how.
fn changes(old: &Leaves, new: &Leaves) -> Vec<(String, Json, Json)> {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let shown = |key: &str, value: Option<&Json>| match value {
        Some(_) if key == "token" => json!("[redacted]"),
        Some(value) => value.clone(),
        None => Json::Null,
    };
    let different = keys.into_iter().filter(|key| old.get(*key) != new.get(*key));
    different.map(|key| (key.clone(), shown(key, old.get(key)), shown(key, new.get(key)))).collect()
}
