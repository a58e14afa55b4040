//! What a person expects of the program, from what it was answered when it read.
//!
//! It says when the program must read and when it must not, which events it must send, and what must be in force.

use std::time::Duration;

use serde_json::Value as Json;
use speckit::Reloaded;
use speckit_tests::fakes::Recording;

use crate::config::contents::{RecordedContents, contents};
use crate::config::notices::{Notice, claim};
use crate::config::oracle::{AcceptedSettings, Leaves, Oracle, ReadOutcome};
use crate::config::program::{Setup, closure_panicked};
use crate::config::tally::{Coverage, Tally};

mod deciding;
mod status;

/// How long a file may be empty or missing before that counts.
const SETTLING: Duration = Duration::from_secs(2);

/// Why the program was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Hint,
    Due,
    Asked,
}

/// With which files a reading is patient that have lost their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// With all.
    Whole,
    /// With those that have lost them only now; the others have been waited for.
    NewLosses,
    /// With all; and what has come back is not looked at until it has been quiet.
    Look,
    None,
}

/// What was observed of one call.
pub struct Call<'a> {
    pub cause: Cause,
    pub began: Duration,
    pub ended: Duration,
    pub guards_before: usize,
    pub guards_after: usize,
    pub readings: &'a [Recording],
    /// Whether a hint came in the middle of it.
    pub was_hinted: bool,
}

pub struct Model<'a> {
    setup: &'a Setup,
    oracle: &'a Oracle,
    pub running: AcceptedSettings,
    pub generation: u64,
    /// The files that the running configuration was read from; none for a fallback.
    source: Option<Recording>,
    /// What the last reading found that was not put off.
    last: Recording,
    /// What the reading before found, whatever became of it.
    seen: RecordedContents,
    said: LastReport,
    /// What is accepted and waits for the last guard.
    waiting: Option<(AcceptedSettings, Recording)>,
    /// Why the newest reading was refused.
    refusal: Option<Json>,
    quiet: Duration,
    burst: Option<(Duration, Duration)>,
    /// A hint came in the middle of a call, and counts from the next one on.
    is_hinted: bool,
    settling: Option<Settling>,
    since: Duration,
    times: Vec<Duration>,
    refusals: u64,
    /// Whether what runs was put in force by the reading that is looked at.
    is_published: bool,
    warnings: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum LastReport {
    InForce,
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
    /// What the program starts with; the diagnostics where it must not start.
    pub fn open(
        setup: &'a Setup,
        oracle: &'a Oracle,
        reading: Recording,
        now: Duration,
    ) -> Result<Result<Self, Json>, String> {
        let (running, refusal) = match oracle.judge(setup, &reading, None)? {
            ReadOutcome::Accepted(accepted) => (*accepted, None),
            ReadOutcome::Refused(found) if !setup.fallback => return Ok(Err(found)),
            ReadOutcome::Refused(found) => match oracle.stand_in(setup, &reading)? {
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
            seen: contents(&reading),
            last: reading,
            said: refusal.clone().map_or(LastReport::InForce, LastReport::Refused),
            waiting: None,
            refusal,
            quiet: Duration::from_millis(setup.quiet_ms),
            burst: None,
            is_hinted: false,
            settling: None,
            since: now,
            times: Vec::new(),
            refusals: 0,
            is_published: false,
            warnings: 0,
        };
        if model.has_mistake() {
            return Ok(Err(closure_panicked()));
        }
        model.follow();
        Ok(Ok(model))
    }

    /// Whether the drop of the last guard is a reason to read.
    pub fn awaits_guards(&self) -> bool {
        self.waiting.is_some()
    }

    /// What the newest reading is refused for.
    pub fn refused(&self) -> Option<&Json> {
        match &self.said {
            LastReport::Refused(found) => Some(found),
            LastReport::InForce | LastReport::Deferred(_) => None,
        }
    }

    /// How long the program may sleep.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        if self.is_hinted {
            return Some(Duration::ZERO);
        }
        let settling = self.settling.map(|settling| settling.due);
        let next = self.burst_end().or(settling)?;
        Some(next.saturating_sub(now))
    }

    /// What a reload by hand must answer, where the generation before it was that.
    pub fn answer(&self, generation: u64) -> Result<Reloaded, Json> {
        match &self.refusal {
            Some(found) => Err(found.clone()),
            None if matches!(self.said, LastReport::Deferred(_)) => Ok(Reloaded::Deferred),
            None if self.generation != generation => Ok(Reloaded::Renewed),
            None => Ok(Reloaded::Unchanged),
        }
    }

    /// The events that one call must emit.
    pub fn take(&mut self, call: &Call<'_>, tally: &mut Tally) -> Result<Vec<Notice>, String> {
        let mut told = Vec::new();
        let mut is_asked = false;
        // What was due before is due whatever comes.
        let mut due = self.due(call.began, call.guards_before, &mut is_asked);
        if std::mem::take(&mut self.is_hinted) {
            self.hint(call.began);
        }
        if due.is_none() {
            due = self.due(call.began, call.guards_before, &mut is_asked);
        }
        match call.cause {
            Cause::Hint => self.hint(call.began),
            Cause::Asked => is_asked = true,
            Cause::Due => {}
        }
        if due.is_none() {
            due = self.due(call.began, call.guards_before, &mut is_asked);
        }
        let mut readings = call.readings.iter().peekable();
        let mut guards = call.guards_before;
        while let Some(patience) = due {
            let reading = readings.next().ok_or("a reading was due, and nothing was read")?;
            let now = readings.peek().map_or(call.ended, |next| next.began);
            if reading.is_interrupted {
                guards = call.guards_after;
                tally.see(Coverage::Interrupt);
            }
            self.decide(reading, patience, call.cause, guards, now, &mut told, tally)?;
            // By the quiet period that was in force, or by the one that is.
            due = self.due(now, guards, &mut is_asked);
            self.follow();
            if std::mem::take(&mut self.is_published) && self.has_mistake() {
                self.warnings += 1;
                told.push(Notice::Warned);
            }
            if due.is_none() {
                due = self.due(now, guards, &mut is_asked);
            }
        }
        self.is_hinted = call.was_hinted;
        let rest = readings.count();
        claim(rest == 0, &format!("of {} readings {rest} were not due", call.readings.len()))?;
        Ok(told)
    }

    fn hint(&mut self, now: Duration) {
        let first = self.burst.map_or(now, |(first, _)| first);
        self.burst = Some((first, now));
    }

    fn burst_end(&self) -> Option<Duration> {
        let (first, last) = self.burst?;
        Some((last + self.quiet).min(first + self.quiet * 10))
    }

    /// Whether a reading is due, and how patient it is.
    fn due(&mut self, now: Duration, guards: usize, is_asked: &mut bool) -> Option<Patience> {
        if std::mem::take(is_asked) {
            self.settling = None;
            return Some(Patience::None);
        }
        let has_burst = self.burst.is_some();
        let is_quiet = self.burst_end().is_some_and(|end| end <= now);
        if is_quiet {
            self.burst = None;
        }
        let is_settling_due = !has_burst && self.settling.is_some_and(|settling| settling.due <= now);
        let is_free = self.waiting.is_some() && guards == 0 && self.settling.is_none() && !has_burst;
        let is_over = self.settling.is_some_and(|settling| settling.since + SETTLING <= now);
        let patience = match (is_over, is_settling_due) {
            (true, _) => Patience::NewLosses,
            (false, true) => Patience::Look,
            (false, false) => Patience::Whole,
        };
        (is_quiet || is_settling_due || is_free).then_some(patience)
    }
}
