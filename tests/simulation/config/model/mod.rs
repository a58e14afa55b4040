//! The behaviour that a user expects of the program, given the results of its readings.
//!
//! The model knows when the program must read, which events it must send, and which configuration must be in use.

use std::time::Duration;

use serde_json::Value as Json;
use speckit::Reloaded;
use speckit_tests::fakes::Recording;

use crate::config::contents::{RecordedContents, contents};
use crate::config::coverage::{CoverageCounts, CoveredCase};
use crate::config::events::{EventSummary, ensure};
use crate::config::oracle::{AcceptedSettings, Leaves, Oracle, ReadOutcome};
use crate::config::program::{Setup, closure_panicked};

mod deciding;
mod status;

/// How long a file may be empty or missing before the program accepts this.
const SETTLING_TIME: Duration = Duration::from_secs(2);

/// The reason for a call of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Hint,
    Due,
    Requested,
}

/// For which files that have lost their bytes a reading is postponed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LossPolicy {
    /// For all of them.
    AllLosses,
    /// For those that have lost them since the last reading, because the time of the others is over.
    NewLosses,
    /// For all of them; and if their bytes are back, the program waits for a quiet period before it reads them.
    OnlyCheck,
    None,
}

/// The observations of one call.
pub struct ObservedCall<'a> {
    pub cause: Cause,
    pub began: Duration,
    pub ended: Duration,
    pub guards_before: usize,
    pub guards_after: usize,
    pub readings: &'a [Recording],
    /// Whether a hint came in the middle of the call.
    pub was_hinted: bool,
}

pub struct Model<'a> {
    setup: &'a Setup,
    oracle: &'a Oracle,
    pub running: AcceptedSettings,
    pub generation: u64,
    /// The reading of the running configuration; `None` for a fallback.
    source: Option<Recording>,
    /// The last reading that was not postponed.
    last_reading: Recording,
    /// The contents of the last reading, postponed or not.
    last_contents: RecordedContents,
    last_report: LastReport,
    /// An accepted configuration that waits for the last read guard.
    deferred: Option<(AcceptedSettings, Recording)>,
    /// The diagnostics of the newest reading, if it was refused.
    refusal: Option<Json>,
    quiet_period: Duration,
    burst: Option<(Duration, Duration)>,
    /// Whether a hint came in the middle of the last call. It takes effect in the next call.
    is_hinted: bool,
    settling: Option<Settling>,
    generation_start: Duration,
    reload_times: Vec<Duration>,
    refusals: u64,
    /// Whether the current reading has replaced the running configuration.
    is_published: bool,
    warnings: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum LastReport {
    InUse,
    Refused(Json),
    Deferred(Leaves),
}

#[derive(Clone, Copy)]
struct Settling {
    since: Duration,
    wait: Duration,
    due: Duration,
}

impl<'a> Model<'a> {
    /// The model of a program that starts, or the diagnostics if it must not start.
    pub fn open(
        setup: &'a Setup,
        oracle: &'a Oracle,
        reading: Recording,
        now: Duration,
    ) -> Result<Result<Self, Json>, String> {
        let (running, refusal) = match oracle.evaluate(setup, &reading, None)? {
            ReadOutcome::Accepted(accepted) => (*accepted, None),
            ReadOutcome::Refused(found) if !setup.fallback => return Ok(Err(found)),
            ReadOutcome::Refused(found) => match oracle.resolve_fallback(setup, &reading)? {
                ReadOutcome::Accepted(accepted) => (*accepted, Some(found)),
                ReadOutcome::Refused(_) => return Ok(Err(found)),
            },
        };
        let mut model = Self {
            setup,
            oracle,
            running,
            generation: 1,
            source: refusal.is_none().then(|| reading.clone()),
            last_contents: contents(&reading),
            last_reading: reading,
            last_report: refusal.clone().map_or(LastReport::InUse, LastReport::Refused),
            deferred: None,
            refusal,
            quiet_period: Duration::from_millis(setup.quiet_ms),
            burst: None,
            is_hinted: false,
            settling: None,
            generation_start: now,
            reload_times: Vec::new(),
            refusals: 0,
            is_published: false,
            warnings: 0,
        };
        if model.has_panicking_closure() {
            return Ok(Err(closure_panicked()));
        }
        model.update_quiet_period();
        Ok(Ok(model))
    }

    /// Whether dropping the last read guard causes a reading.
    pub fn has_deferred_reload(&self) -> bool {
        self.deferred.is_some()
    }

    /// The diagnostics of the refusal, if it is the last reported result.
    pub fn reported_refusal(&self) -> Option<&Json> {
        match &self.last_report {
            LastReport::Refused(found) => Some(found),
            LastReport::InUse | LastReport::Deferred(_) => None,
        }
    }

    /// How long the program must wait for its next turn.
    pub fn expected_wait(&self, now: Duration) -> Option<Duration> {
        if self.is_hinted {
            return Some(Duration::ZERO);
        }
        let settling = self.settling.map(|settling| settling.due);
        let next = self.burst_end().or(settling)?;
        Some(next.saturating_sub(now))
    }

    /// The expected result of a manual reload, given the generation before it.
    pub fn expected_reload_result(&self, generation: u64) -> Result<Reloaded, Json> {
        match &self.refusal {
            Some(found) => Err(found.clone()),
            None if matches!(self.last_report, LastReport::Deferred(_)) => Ok(Reloaded::Deferred),
            None if self.generation != generation => Ok(Reloaded::Renewed),
            None => Ok(Reloaded::Unchanged),
        }
    }

    /// Advances the model by one call, and returns the events that the call must send.
    pub fn expected_events(
        &mut self,
        call: &ObservedCall<'_>,
        coverage: &mut CoverageCounts,
    ) -> Result<Vec<EventSummary>, String> {
        let mut events = Vec::new();
        let mut is_requested = false;
        // A reading that was due before the call is due first.
        let mut due = self.due_reading(call.began, call.guards_before, &mut is_requested);
        if std::mem::take(&mut self.is_hinted) {
            self.hint(call.began);
        }
        if due.is_none() {
            due = self.due_reading(call.began, call.guards_before, &mut is_requested);
        }
        match call.cause {
            Cause::Hint => self.hint(call.began),
            Cause::Requested => is_requested = true,
            Cause::Due => {}
        }
        if due.is_none() {
            due = self.due_reading(call.began, call.guards_before, &mut is_requested);
        }
        let mut readings = call.readings.iter().peekable();
        let mut guards = call.guards_before;
        while let Some(policy) = due {
            let reading = readings.next().ok_or("a reading was due, but nothing was read")?;
            let now = readings.peek().map_or(call.ended, |next| next.began);
            if reading.is_interrupted {
                guards = call.guards_after;
                coverage.count(CoveredCase::Interrupt);
            }
            self.decide(reading, policy, call.cause, guards, now, &mut events, coverage)?;
            // The next reading may be due by the old quiet period, or below by the new one.
            due = self.due_reading(now, guards, &mut is_requested);
            self.update_quiet_period();
            if std::mem::take(&mut self.is_published) && self.has_panicking_closure() {
                self.warnings += 1;
                events.push(EventSummary::ClosurePanicked);
            }
            if due.is_none() {
                due = self.due_reading(now, guards, &mut is_requested);
            }
        }
        self.is_hinted = call.was_hinted;
        let rest = readings.count();
        ensure(rest == 0, &format!("{rest} of {} readings were not due", call.readings.len()))?;
        Ok(events)
    }

    fn hint(&mut self, now: Duration) {
        let first = self.burst.map_or(now, |(first, _)| first);
        self.burst = Some((first, now));
    }

    fn burst_end(&self) -> Option<Duration> {
        let (first, last) = self.burst?;
        Some((last + self.quiet_period).min(first + self.quiet_period * 10))
    }

    /// Whether a reading is due, and with which policy.
    fn due_reading(&mut self, now: Duration, guards: usize, is_requested: &mut bool) -> Option<LossPolicy> {
        if std::mem::take(is_requested) {
            self.settling = None;
            return Some(LossPolicy::None);
        }
        let has_burst = self.burst.is_some();
        let is_quiet = self.burst_end().is_some_and(|end| end <= now);
        if is_quiet {
            self.burst = None;
        }
        let is_settling_due = !has_burst && self.settling.is_some_and(|settling| settling.due <= now);
        let is_free = self.deferred.is_some() && guards == 0 && self.settling.is_none() && !has_burst;
        let is_over = self.settling.is_some_and(|settling| settling.since + SETTLING_TIME <= now);
        let policy = match (is_over, is_settling_due) {
            (true, _) => LossPolicy::NewLosses,
            (false, true) => LossPolicy::OnlyCheck,
            (false, false) => LossPolicy::AllLosses,
        };
        (is_quiet || is_settling_due || is_free).then_some(policy)
    }
}
