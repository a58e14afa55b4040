//! The state machine that runs a gate.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use super::event::Event;
use super::measures::millis;
use super::plan::Plan;
use super::run::{Attempt, Run};
use crate::agents::consensus::Ballot;
use crate::config::redact::Masks;
use crate::retry::Seed;

use agent::{AfterAttempt, AgentState};
use outcome::GateContext;

mod agent;
mod failure;
mod outcome;
mod reason;
#[cfg(test)]
mod tests;

/// An input of a [`GateMachine`]. Agents are counted from 0 in the order of the plan.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "an input is made once for each event, and is not kept")]
pub enum Input {
    /// Time has passed.
    Timer,
    /// An attempt has begun, after [`Action::Start`].
    Begun {
        /// The agent.
        agent: usize,
        /// Its number, from 1.
        attempt: u32,
    },
    /// An attempt has ended.
    Ended {
        /// The agent.
        agent: usize,
        /// Its number, from 1.
        attempt: u32,
        /// Its result.
        result: Attempt,
    },
    /// Cancel the gate: running agents get SIGTERM, and no agent starts.
    Cancel,
    /// Cancel the gate and kill running agents at once.
    Kill,
}

/// What the caller must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Start an attempt as soon as the system has room, and report [`Input::Begun`].
    Start {
        /// The agent.
        agent: usize,
        /// Its number, from 1.
        attempt: u32,
    },
    /// Stop an attempt with SIGTERM, or do not begin it. Then report [`Input::Ended`].
    Stop {
        /// The agent.
        agent: usize,
    },
    /// Kill an attempt, or do not begin it. Then report [`Input::Ended`].
    Kill {
        /// The agent.
        agent: usize,
    },
    /// Emit an event. Runs in events have no output; the run of [`Action::Finish`] has it.
    Emit(Event),
    /// The gate is over; the last action.
    Finish(Run),
}

/// Runs one gate: starts agents, retries them and counts their votes. Times count from the start of the gate.
///
/// Equal plans, seeds and inputs give equal actions. An invalid input, such as the end of an attempt that was never started or has
/// ended before, changes nothing; a time before the latest one counts as the latest.
///
/// At most [`Plan::max_concurrent`] attempts hold a slot at the same time, and at least one may. An attempt holds its slot from
/// [`Action::Start`] until it has ended; an agent that waits for its next attempt holds none. A free slot goes first to agents
/// that never had one, in their order, and then to those whose wait ended first.
///
/// An attempt that ended by itself failed if a failure pattern matches its output, if its output has an error, if its exit code is not
/// 0, or, if answers are not compared, if it wrote nothing. A pattern decides whether the failure is retryable, then the exit code
/// ([`Agent::exits_to_retry`](super::Agent::exits_to_retry)).
///
/// A retryable failure and a retryable failure to start are retried as [`Retry`](crate::retry::Retry) decides for the label
/// `gate/<agent>`. The retry deadline bounds the sum of an agent's waits;
/// attempts have their own time-out. Any other failure is final.
///
/// A cancelled gate keeps its results so far. An attempt that still succeeds counts, one that fails by itself has failed, and
/// none is retried. [`Run::cancelled`] is set if an agent was stopped, never began or would have been retried; it is not set if
/// every agent still came to its own end.
///
/// Reasons are masked here. The caller masks the output of agents; the reading of [`Plan::reader`] is masked already.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::agents::gate::{Action, Input, GateMachine, Plan, Request};
/// use speckit_core::app::AppConfig;
/// use speckit_core::retry::Seed;
/// use speckit_core::agents::Stage;
/// use speckit_core::config::redact::Masks;
///
/// let request = Request { spec: "SPEC-1".into(), prompt: "Is it right?".into() };
/// let (plan, _) = Plan::of(&AppConfig::default(), Stage::Unlock, &request).unwrap();
/// let (mut machine, actions) = GateMachine::begin(plan, Masks::default().into(), Seed::new(42), Duration::ZERO);
/// let starts = [Action::Start { agent: 0, attempt: 1 }, Action::Start { agent: 1, attempt: 1 }];
/// assert_eq!(actions[1..], starts);
/// assert_eq!(machine.step(Duration::ZERO, Input::Cancel), [Action::Stop { agent: 0 }, Action::Stop { agent: 1 }]);
/// ```
#[derive(Clone, Debug)]
pub struct GateMachine {
    gate: GateContext,
    /// One for each agent; empty once the gate is over.
    agents: Vec<AgentState>,
    is_cancelled: bool,
    is_killed: bool,
    is_over: bool,
}

impl GateMachine {
    /// A gate that begins at this time since 1970-01-01T00:00:00Z, and its first actions. The seed determines the waits.
    pub fn begin(plan: Plan, masks: Arc<Masks>, seed: Seed, started_at: Duration) -> (Self, Vec<Action>) {
        let started = Event::Started {
            stage: plan.stage.clone(),
            spec: plan.spec.clone(),
            agents: plan.agents.iter().map(|agent| agent.name.clone()).collect(),
            quorum: plan.quorum.max(1),
        };
        let agents = plan.agents.iter().map(|agent| AgentState::new(seed, &agent.name)).collect();
        let gate = GateContext { plan, masks, started_at, now: Duration::ZERO };
        let mut machine = Self { gate, agents, is_cancelled: false, is_killed: false, is_over: false };
        let mut actions = Vec::from([Action::Emit(started)]);
        machine.advance(&mut actions);
        (machine, actions)
    }

    /// Takes an input and returns what to do, in this order: the reaction to the input, then starts, then the end.
    pub fn step(&mut self, now: Duration, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.is_over {
            return actions;
        }
        self.gate.now = self.gate.now.max(now);
        match input {
            Input::Timer => {}
            Input::Begun { agent, attempt } => self.begun(agent, attempt, &mut actions),
            Input::Ended { agent, attempt, result } => self.ended(agent, attempt, result, &mut actions),
            Input::Cancel if self.is_cancelled => {}
            Input::Cancel => self.cancel(|agent| Action::Stop { agent }, &mut actions),
            Input::Kill if self.is_killed => {}
            Input::Kill => {
                self.is_killed = true;
                self.cancel(|agent| Action::Kill { agent }, &mut actions);
            }
        }
        self.advance(&mut actions);
        actions
    }

    /// When to give [`Input::Timer`]: when the first wait is over, if a slot is free.
    pub fn next_deadline(&self) -> Option<Duration> {
        if !self.has_free_slot() {
            return None;
        }
        self.agents.iter().filter_map(AgentState::due).min()
    }

    fn begun(&mut self, index: usize, attempt: u32, actions: &mut Vec<Action>) {
        let Some((state, agent)) = self.agents.get_mut(index).zip(self.gate.plan.agents.get(index)) else {
            return;
        };
        if state.begin(attempt, self.gate.now) {
            actions.push(Action::Emit(Event::AgentStarted { name: agent.name.clone(), attempt }));
        }
    }

    fn ended(&mut self, index: usize, attempt: u32, result: Attempt, actions: &mut Vec<Action>) {
        let Some((state, agent)) = self.agents.get_mut(index).zip(self.gate.plan.agents.get(index)) else {
            return;
        };
        match state.end(attempt, result, agent, &self.gate, self.is_cancelled) {
            None => {}
            Some(AfterAttempt::Retry { reason, wait }) => actions.push(Action::Emit(Event::AgentRetrying {
                name: agent.name.clone(),
                attempt,
                reason,
                wait_ms: millis(wait),
            })),
            Some(AfterAttempt::Done(run)) => actions.push(Action::Emit(Event::AgentFinished(run))),
        }
    }

    fn cancel(&mut self, stop: impl Fn(usize) -> Action, actions: &mut Vec<Action>) {
        self.is_cancelled = true;
        for (index, (state, agent)) in self.agents.iter_mut().zip(&self.gate.plan.agents).enumerate() {
            if state.holds_slot() {
                actions.push(stop(index));
            } else if let Some(run) = state.cancel(agent, &self.gate) {
                actions.push(Action::Emit(Event::AgentFinished(run)));
            }
        }
    }

    /// Fills the free slots, and finishes once all agents are done.
    fn advance(&mut self, actions: &mut Vec<Action>) {
        while self.has_free_slot() {
            let ready = self.agents.iter_mut().enumerate();
            let ready = ready.filter_map(|(agent, state)| Some((state.ready(self.gate.now)?, agent, state)));
            let Some((_, agent, state)) = ready.min_by_key(|(since, agent, _)| (*since, *agent)) else {
                break;
            };
            actions.push(Action::Start { agent, attempt: state.take_slot() });
        }
        if self.agents.iter().all(AgentState::is_done) {
            self.finish(actions);
        }
    }

    fn has_free_slot(&self) -> bool {
        let taken = self.agents.iter().filter(|state| state.holds_slot()).count();
        taken < self.gate.plan.max_concurrent.max(1)
    }

    fn finish(&mut self, actions: &mut Vec<Action>) {
        self.is_over = true;
        let GateContext { plan, started_at, now, .. } = &self.gate;
        let mut ballot = Ballot::new(plan.agents.iter().map(|agent| agent.name.as_str()), plan.quorum);
        let (mut agents, mut outputs, mut cancelled, mut has_run) = (Vec::new(), Vec::new(), false, false);
        for outcome in mem::take(&mut self.agents).into_iter().filter_map(AgentState::into_outcome) {
            ballot.cast(&outcome.run.name, outcome.vote);
            cancelled |= outcome.is_cut_short;
            has_run |= outcome.has_run;
            agents.push(outcome.run);
            outputs.push(outcome.output);
        }
        let not_started = !(agents.is_empty() || has_run || cancelled);
        let mut run = Run {
            stage: plan.stage.clone(),
            spec: plan.spec.clone(),
            started_at_ms: millis(*started_at),
            elapsed_ms: millis(*now),
            cancelled,
            not_started,
            answers_compared: Some(plan.agree_on.is_some()),
            decision: ballot.close().accepting(plan.accept.as_deref()),
            agents,
        };
        actions.push(Action::Emit(Event::Finished(run.clone())));
        for (agent, output) in run.agents.iter_mut().zip(outputs) {
            agent.output = output;
        }
        actions.push(Action::Finish(run));
    }
}
