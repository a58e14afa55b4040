//! A scripted process, which ends by itself, by a timeout, or by a signal.

use std::time::Duration;

use speckit_core::agents::gate::{Attempt, Ending, Plan};
use speckit_core::agents::process::capture::Captured;

use super::script::{AttemptScript, TermReaction};

/// An attempt from its call to its end.
#[derive(Debug)]
pub struct ScriptedProcess {
    script: AttemptScript,
    /// Its number, from 1.
    pub attempt: u32,
    pub scheduled_begin: Duration,
    /// When the machine received [`Input::Begun`](speckit_core::agents::gate::Input::Begun).
    pub actual_begin: Option<Duration>,
    stop_time: Option<Duration>,
    kill_time: Option<Duration>,
    reports_begin: bool,
}

impl ScriptedProcess {
    pub fn start(now: Duration, attempt: u32, script: &AttemptScript, reports_begin: bool) -> Self {
        let scheduled_begin = now + script.start_delay;
        Self {
            script: script.clone(),
            attempt,
            scheduled_begin,
            actual_begin: None,
            stop_time: None,
            kill_time: None,
            reports_begin,
        }
    }

    /// The time at which the process must report that it begins, unless it has begun or was stopped before.
    pub fn begin_report_time(&self) -> Option<Duration> {
        let will_report = self.actual_begin.is_none() && !self.is_stopped() && self.reports_begin;
        will_report.then_some(self.scheduled_begin)
    }

    pub fn stop(&mut self, now: Duration) {
        self.stop_time.get_or_insert(now);
    }

    pub fn kill(&mut self, now: Duration) {
        self.kill_time.get_or_insert(now);
    }

    pub fn is_stopped(&self) -> bool {
        self.stop_time.is_some() || self.kill_time.is_some()
    }

    /// The time and the kind of its end if nothing else happens; `None` before it begins.
    pub fn end(&self, plan: &Plan) -> Option<(Duration, Ending)> {
        let has_begun = self.actual_begin.is_some();
        if !has_begun && self.is_stopped() {
            let first_signal = self.stop_time.into_iter().chain(self.kill_time).min()?;
            return Some((first_signal, Ending::Cancelled));
        }
        if !has_begun && self.reports_begin {
            return None;
        }
        let natural_end = self
            .script
            .duration
            .map(|duration| (self.scheduled_begin + duration, self.script.ending.clone()));
        natural_end.into_iter().chain([self.forced_end(plan)]).min_by_key(|(at, _)| *at)
    }

    /// The time and the kind of its end by a timeout or a signal.
    fn forced_end(&self, plan: &Plan) -> (Duration, Ending) {
        let timeout_time = self.scheduled_begin + plan.timeout;
        let (term_time, cause) = match self.stop_time {
            Some(stop_time) if stop_time < timeout_time => (stop_time, Ending::Cancelled),
            _ => (timeout_time, Ending::TimedOut),
        };
        let end_after_term = match self.script.term_reaction {
            TermReaction::EndsAfter(lag) => (term_time + lag.min(plan.grace), cause),
            TermReaction::Succeeds if cause == Ending::Cancelled => (term_time, Ending::Exited { code: 0 }),
            TermReaction::Succeeds | TermReaction::Ignores => (term_time + plan.grace, cause),
        };
        match self.kill_time {
            Some(kill_time) if kill_time < end_after_term.0 => {
                let cause = if kill_time < term_time { Ending::Cancelled } else { end_after_term.1 };
                (kill_time, cause)
            }
            _ => end_after_term,
        }
    }

    /// The attempt that the process reports when it ends.
    pub fn finish(&self, now: Duration, ending: Ending, (plan, agent): (&Plan, usize)) -> Attempt {
        let [stdout_dropped, stderr_dropped] = self.script.dropped;
        let captured = |text: &str, dropped_bytes| Captured::cut(text.into(), &[], dropped_bytes);
        let mut reader = plan.reader(&plan.agents[agent], &Default::default());
        reader.push(self.script.stdout.as_bytes());
        Attempt {
            ending,
            stdout: captured(self.script.stdout, stdout_dropped),
            stderr: captured("a warning", stderr_dropped),
            reading: reader.finish(),
            elapsed: now.saturating_sub(self.scheduled_begin),
            leaked: self.script.leaked,
            left: Vec::new(),
        }
    }
}
