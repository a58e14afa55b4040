//! The expected result of a gate, computed from its attempts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use speckit_core::agents::consensus::Verdict;
use speckit_core::agents::gate::{AgentRun, Attempt, Ending, Output, Run, Status};
use speckit_core::retry::ErrorClass;
use speckit_core::retry::backoff::schedule;

use super::Situation;
use super::script::{STARTED_AT, Script};

/// A finished attempt.
#[derive(Clone, Debug)]
pub struct AttemptFact {
    pub attempt: Attempt,
    pub begun_at: Option<Duration>,
    pub ended_at: Duration,
    /// Whether the gate was already cancelled when the attempt ended.
    pub is_after_cancel: bool,
}

pub struct GateFacts<'a> {
    pub script: &'a Script,
    /// The attempts of each agent, in order.
    pub attempts: &'a [Vec<AttemptFact>],
    pub cancelled_at: Option<Duration>,
    pub ended_at: Duration,
}

impl GateFacts<'_> {
    pub fn evaluate(&self, run: &Run, reached: &mut BTreeSet<Situation>) -> Result<(), String> {
        let mut has_stopped_agent = false;
        for (agent, found) in run.agents.iter().enumerate() {
            let (expected, is_stopped_early) = self.expected_run(agent, reached);
            has_stopped_agent |= is_stopped_early;
            let reason = found.reason.clone();
            let found = AgentRun { reason: None, ..found.clone() };
            if found != expected {
                return Err(format!("found {found:#?} and not {expected:#?}"));
            }
            let is_plain = |reason: &String| !reason.is_empty() && !reason.contains('\n');
            if reason.is_some() != (found.status != Status::Ok) || !reason.iter().all(is_plain) {
                return Err(format!("{reason:?} is not a valid reason for {:?}", found.status));
            }
        }
        if has_stopped_agent && self.cancelled_at.is_none() {
            return Err("an agent was stopped although the gate was not cancelled".into());
        }
        if self.cancelled_at.is_some() && !has_stopped_agent {
            reached.insert(Situation::CancelledWithoutEffect);
        }
        let (verdict, ok) = self.expected_verdict(run, reached);
        let found =
            (run.cancelled, run.decision.verdict, run.decision.ok, run.decision.total, run.elapsed_ms);
        let elapsed_ms = u64::try_from(self.ended_at.as_millis()).unwrap();
        let expected = (has_stopped_agent, verdict, ok, self.script.plan.agents.len(), elapsed_ms);
        if found != expected {
            return Err(format!("found {found:?} and not {expected:?}"));
        }
        if self.ended_at > self.longest_duration() {
            return Err(format!(
                "the gate took {:?} and not at most {:?}",
                self.ended_at,
                self.longest_duration()
            ));
        }
        Ok(())
    }

    /// The expected result of an agent without its reason, and whether the cancellation stopped it early.
    fn expected_run(&self, index: usize, reached: &mut BTreeSet<Situation>) -> (AgentRun, bool) {
        let agent = &self.script.plan.agents[index];
        let all = &self.attempts[index];
        // An attempt that was cancelled before it began does not count.
        let counts =
            |fact: &&AttemptFact| fact.begun_at.is_some() || fact.attempt.ending != Ending::Cancelled;
        let counted: Vec<&AttemptFact> = all.iter().filter(counts).collect();
        let last = counted.last();
        let is_retryable = |fact: &AttemptFact| match &fact.attempt.ending {
            Ending::Exited { code: 75 } => true,
            Ending::Exited { code } => {
                u8::try_from(*code).is_ok_and(|code| agent.retryable_exits.contains(&code))
            }
            Ending::NotStarted { class, .. } => *class == ErrorClass::Retryable,
            _ => false,
        };
        let waits =
            schedule(&self.script.plan.retry, self.script.seed, &format!("gate/{}", agent.name)).count();
        let would_retry = last.is_some_and(|last| is_retryable(last)) && counted.len() <= waits;
        let status = match last.map(|last| &last.attempt.ending) {
            None => Status::Cancelled,
            _ if counted.len() < all.len() => Status::Cancelled,
            // The agent was waiting when the gate was cancelled.
            _ if would_retry && last.is_some_and(|last| !last.is_after_cancel) => Status::Cancelled,
            Some(Ending::Exited { code: 0 }) if last.is_some_and(|last| self.is_silent(last)) => {
                Status::Failed
            }
            Some(Ending::Exited { code: 0 }) => Status::Ok,
            Some(Ending::Exited { .. }) => Status::Failed,
            Some(Ending::Signalled { .. }) => Status::Killed,
            Some(Ending::TimedOut) => Status::TimedOut,
            Some(Ending::Cancelled) => Status::Cancelled,
            Some(Ending::NotStarted { .. }) => Status::NotStarted,
            Some(Ending::CircuitOpen) => Status::CircuitOpen,
        };
        let is_stopped_early = status == Status::Cancelled || would_retry;
        let ended_at = match all.last() {
            Some(fact) if status != Status::Cancelled || fact.is_after_cancel => fact.ended_at,
            _ => self.cancelled_at.unwrap_or_default(),
        };
        let (exit, signal) = match last.map(|last| &last.attempt.ending) {
            Some(Ending::Exited { code }) => (Some(*code), None),
            Some(Ending::Signalled { signal }) => (None, Some(*signal)),
            _ => (None, None),
        };
        let text =
            |stream: fn(&Attempt) -> String| last.map_or_else(String::new, |last| stream(&last.attempt));
        let first = counted.iter().find_map(|fact| fact.begun_at);
        let run = AgentRun {
            name: agent.name.clone(),
            model: agent.model.clone(),
            status,
            attempts: u32::try_from(counted.len()).unwrap(),
            exit,
            signal,
            reason: None,
            elapsed_ms: first.map_or(0, |first| u64::try_from((ended_at - first).as_millis()).unwrap()),
            leaked: counted.iter().any(|fact| fact.attempt.leaked),
            left: Vec::new(),
            dropped_bytes: last
                .map_or(0, |last| last.attempt.stdout.dropped_bytes() + last.attempt.stderr.dropped_bytes()),
            ended_at_ms: u64::try_from((STARTED_AT + ended_at).as_millis()).unwrap(),
            output: Output {
                stdout: text(|attempt| attempt.stdout.to_text()),
                stderr: text(|attempt| attempt.stderr.to_text()),
            },
        };
        self.count_situations(&run, all, is_stopped_early, waits, reached);
        (run, is_stopped_early)
    }

    /// Whether an attempt that exited with 0 failed because it wrote nothing that anybody looks at.
    fn is_silent(&self, fact: &AttemptFact) -> bool {
        self.script.plan.agree_on.is_none() && fact.attempt.stdout.head().is_empty()
    }

    fn count_situations(
        &self,
        run: &AgentRun,
        all: &[AttemptFact],
        is_stopped_early: bool,
        waits: usize,
        reached: &mut BTreeSet<Situation>,
    ) {
        let is_after = all.last().is_some_and(|fact| fact.is_after_cancel);
        let did_begin = all.last().is_some_and(|fact| fact.begun_at.is_some());
        let attempts = run.attempts as usize;
        let was_busy = run.exit == Some(75) && !is_stopped_early;
        let is_last = run.attempts == self.script.plan.retry.max_attempts;
        for (is_reached, situation) in [
            (run.status == Status::Ok && attempts > 1, Situation::SuccessAfterRetries),
            (was_busy && is_last && attempts > 1, Situation::LastAttempt),
            (was_busy && !is_last && attempts > waits, Situation::Deadline),
            (run.exit == Some(-1), Situation::Permanent),
            (run.signal.is_some(), Situation::Signal),
            (run.status == Status::TimedOut, Situation::TimeOut),
            (!all.is_empty() && !did_begin && run.status != Status::Cancelled, Situation::Rejected),
            (run.leaked, Situation::Leak),
            (run.status == Status::Cancelled && is_after && !did_begin, Situation::CancelledBeforeItBegan),
            (run.status == Status::Cancelled && is_after && did_begin, Situation::CancelledWhileItRan),
            (run.status == Status::Ok && is_after, Situation::SuccessAfterCancel),
            (run.status == Status::Failed && is_stopped_early, Situation::FailureAfterCancel),
        ] {
            if is_reached {
                reached.insert(situation);
            }
        }
    }

    /// The expected verdict, and the number of agents that count for it.
    fn expected_verdict(&self, run: &Run, reached: &mut BTreeSet<Situation>) -> (Verdict, usize) {
        let plan = &self.script.plan;
        let done = run.agents.iter().filter(|agent| agent.status == Status::Ok);
        let mut sides: BTreeMap<&str, usize> = BTreeMap::new();
        let mut unanswered = 0;
        for agent in done.clone() {
            match agent.output.stdout.as_str() {
                answer if answer.starts_with('{') => *sides.entry(answer).or_default() += 1,
                _ => unanswered += 1,
            }
        }
        let largest = sides.values().copied().max().unwrap_or(0);
        let needs_agreement = plan.agree_on.is_some();
        let is_tie =
            needs_agreement && largest > 0 && sides.values().filter(|side| **side == largest).count() > 1;
        let ok = if needs_agreement { largest } else { done.clone().count() };
        let verdict = match ok {
            _ if is_tie => Verdict::Insufficient,
            ok if ok < plan.quorum.max(1) => Verdict::Insufficient,
            ok if ok == plan.agents.len() => Verdict::Full,
            _ => Verdict::Degraded,
        };
        for (is_reached, situation) in [
            (verdict == Verdict::Full, Situation::Full),
            (verdict == Verdict::Degraded, Situation::Degraded),
            (verdict == Verdict::Insufficient, Situation::Insufficient),
            (is_tie, Situation::Tie),
            (needs_agreement && unanswered > 0, Situation::Unanswered),
        ] {
            if is_reached {
                reached.insert(situation);
            }
        }
        (verdict, ok)
    }

    /// The time that all agents need if they run one after another and every attempt takes the longest time.
    fn longest_duration(&self) -> Duration {
        let Script { plan, attempts, timer_delay, .. } = self.script;
        let agents = plan.agents.iter().zip(attempts).map(|(agent, attempts)| {
            let waits = schedule(&plan.retry, self.script.seed, &format!("gate/{}", agent.name));
            let waits: Vec<Duration> = waits.collect();
            let start_delay = attempts.iter().map(|script| script.start_delay).max().unwrap_or_default();
            let attempts = u32::try_from(waits.len()).unwrap() + 1;
            waits.into_iter().sum::<Duration>()
                + (start_delay + plan.timeout + plan.grace + *timer_delay) * attempts
        });
        agents.sum()
    }
}
