//! A scripted process: how it ends by itself, by a time-out, or by a signal.

use std::time::Duration;

use speckit_core::Key;
use speckit_core::agents::consensus::answer;
use speckit_core::agents::gate::{Attempt, Ending, Plan};
use speckit_core::agents::process::capture::Captured;

use super::script::{AttemptScript, TermReaction};

/// An attempt from its call to its end.
#[derive(Debug)]
pub struct ScriptedProcess {
    job: AttemptScript,
    pub begins_at: Duration,
    /// When the machine got [`Input::Begun`](speckit_core::agents::gate::Input::Begun).
    pub begun_at: Option<Duration>,
    stopped_at: Option<Duration>,
    killed_at: Option<Duration>,
    reports_its_begin: bool,
}

impl ScriptedProcess {
    pub fn called(now: Duration, job: &AttemptScript, reports_its_begin: bool) -> Self {
        let begins_at = now + job.room;
        Self {
            job: job.clone(),
            begins_at,
            begun_at: None,
            stopped_at: None,
            killed_at: None,
            reports_its_begin,
        }
    }

    /// When to report that it begins, if it still will.
    pub fn begins(&self) -> Option<Duration> {
        let is_to_be = self.begun_at.is_none() && !self.is_ordered() && self.reports_its_begin;
        is_to_be.then_some(self.begins_at)
    }

    pub fn stop(&mut self, now: Duration) {
        self.stopped_at.get_or_insert(now);
    }

    pub fn kill(&mut self, now: Duration) {
        self.killed_at.get_or_insert(now);
    }

    pub fn is_ordered(&self) -> bool {
        self.stopped_at.is_some() || self.killed_at.is_some()
    }

    /// When and how it ends if nothing else happens; `None` before it begins.
    pub fn end(&self, plan: &Plan) -> Option<(Duration, Ending)> {
        let is_begun = self.begun_at.is_some();
        if !is_begun && self.is_ordered() {
            let ordered_at = self.stopped_at.into_iter().chain(self.killed_at).min()?;
            return Some((ordered_at, Ending::Cancelled));
        }
        if !is_begun && self.reports_its_begin {
            return None;
        }
        let natural = self.job.takes.map(|takes| (self.begins_at + takes, self.job.ending.clone()));
        natural.into_iter().chain([self.forced(plan)]).min_by_key(|(at, _)| *at)
    }

    /// When and how it is stopped.
    fn forced(&self, plan: &Plan) -> (Duration, Ending) {
        let times_out_at = self.begins_at + plan.timeout;
        let (stopped_at_last, cause) = match self.stopped_at {
            Some(stopped_at) if stopped_at < times_out_at => (stopped_at, Ending::Cancelled),
            _ => (times_out_at, Ending::TimedOut),
        };
        let stopped = match self.job.term_reaction {
            TermReaction::EndsAfter(lag) => (stopped_at_last + lag.min(plan.grace), cause),
            TermReaction::Succeeds if cause == Ending::Cancelled => {
                (stopped_at_last, Ending::Exited { code: 0 })
            }
            TermReaction::Succeeds | TermReaction::Ignores => (stopped_at_last + plan.grace, cause),
        };
        match self.killed_at {
            Some(killed_at) if killed_at < stopped.0 => {
                let cause = if killed_at < stopped_at_last { Ending::Cancelled } else { stopped.1 };
                (killed_at, cause)
            }
            _ => stopped,
        }
    }

    /// The finished attempt.
    pub fn attempt(&self, now: Duration, ending: Ending) -> Attempt {
        let [stdout_dropped, stderr_dropped] = self.job.dropped;
        let captured = |text: &str, dropped_bytes| Captured::cut(text.into(), &[], dropped_bytes);
        Attempt {
            ending,
            stdout: captured(self.job.stdout, stdout_dropped),
            stderr: captured("a warning", stderr_dropped),
            answer: answer(self.job.stdout, &Key::of(["verdict"])),
            elapsed: now.saturating_sub(self.begins_at),
            leaked: self.job.leaked,
        }
    }
}
