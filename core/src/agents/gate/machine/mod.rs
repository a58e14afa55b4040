//! What is done while a gate runs.

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

use course::{Course, Next};
use outcome::Gate;

mod course;
mod outcome;
#[cfg(test)]
mod tests;
mod words;

/// What a machine is told. Agents are counted from 0 in the order of the plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Time has passed.
    Due,
    /// An attempt that was to start has started: there was room for it.
    Begun {
        /// Whose.
        agent: usize,
    },
    /// An attempt is over.
    Ended {
        /// Whose.
        agent: usize,
        /// What came of it.
        attempt: Attempt,
    },
    /// The gate is called off: whoever runs is asked to end, nobody begins.
    Cancel,
    /// Whoever runs is killed at once.
    Kill,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Start an attempt as soon as there is room, and say [`Input::Begun`].
    Start {
        /// Whose.
        agent: usize,
        /// Which, counted from 1.
        attempt: u32,
    },
    /// Ask an attempt to end, in peace; one that has not begun does not begin. [`Input::Ended`] follows.
    Stop {
        /// Whose.
        agent: usize,
    },
    /// End an attempt at once; one that has not begun does not begin. [`Input::Ended`] follows.
    Kill {
        /// Whose.
        agent: usize,
    },
    /// Tell whoever listens. Runs in events are without what the agents wrote, which is only in that of [`Action::Finish`].
    Tell(Event),
    /// The gate is over; the last action.
    Finish(Run),
}

/// Runs one gate: starts, tries again, counts. Times are those since the gate began.
///
/// Equal plans, seeds and inputs give equal actions. An input that makes no sense, such as the end of an attempt that was
/// never started, changes nothing, and a time before the latest one is taken as the latest.
///
/// At most [`Plan::max_concurrent`] attempts are started or to be started at the same time, and at least one. An attempt
/// holds its slot until it has ended; an agent that waits for its next attempt holds none. Where a slot is free, agents that
/// never had one come first, in their order, and then those whose waits are over, by when they were.
///
/// An exit of [`Agent::exits_to_retry`](super::Agent::exits_to_retry), and a start that failed for a reason that may pass, are
/// tried again as [`Retry`](crate::retry::Retry) decides for the label `gate/<agent>`. The deadline of the settings
/// bounds the sum of an agent's waits: attempts have a time-out of their own. Any other failure is final.
///
/// A gate that is called off keeps what is there. An attempt that succeeds all the same counts, one that fails by itself has
/// failed, and nobody is tried again. [`Run::cancelled`] says that this kept an agent from its own end: it was made to end,
/// or did not begin, or would have been tried again. Where every agent came to its own end nothing was called off.
///
/// No text that it makes holds a secret: reasons are masked. What agents write is to be masked before it is told; the answer of
/// [`Plan::scanner`] is.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::agents::gate::{Action, Input, Machine, Plan, Request};
/// use speckit_core::app::AppConfig;
/// use speckit_core::retry::Seed;
/// use speckit_core::agents::Stage;
/// use speckit_core::config::redact::Masks;
///
/// let request = Request { spec: "SPEC-1".into(), prompt: "Is it right?".into() };
/// let (plan, _) = Plan::of(&AppConfig::default(), Stage::Unlock, &request).unwrap();
/// let (mut machine, actions) = Machine::begin(plan, Masks::default().into(), Seed::new(42), Duration::ZERO);
/// let starts = [Action::Start { agent: 0, attempt: 1 }, Action::Start { agent: 1, attempt: 1 }];
/// assert_eq!(actions[1..], starts);
/// assert_eq!(machine.step(Duration::ZERO, Input::Cancel), [Action::Stop { agent: 0 }, Action::Stop { agent: 1 }]);
/// ```
#[derive(Clone, Debug)]
pub struct Machine {
    plan: Plan,
    masks: Arc<Masks>,
    started_at: Duration,
    /// The latest time that was seen.
    now: Duration,
    /// One for each agent; none when the gate is over.
    courses: Vec<Course>,
    is_cancelled: bool,
    is_killed: bool,
    is_over: bool,
}

impl Machine {
    /// A gate that begins at this time since 1970-01-01T00:00:00Z, and its first actions. Waits are drawn from the seed, with
    /// a label for each agent.
    pub fn begin(plan: Plan, masks: Arc<Masks>, seed: Seed, started_at: Duration) -> (Self, Vec<Action>) {
        let started = Event::Started {
            stage: plan.stage.clone(),
            spec: plan.spec.clone(),
            agents: plan.agents.iter().map(|agent| agent.name.clone()).collect(),
            quorum: plan.quorum.max(1),
        };
        let courses = plan.agents.iter().map(|agent| Course::new(seed, &agent.name)).collect();
        let now = Duration::ZERO;
        let mut machine = Self {
            plan,
            masks,
            started_at,
            now,
            courses,
            is_cancelled: false,
            is_killed: false,
            is_over: false,
        };
        let mut actions = Vec::from([Action::Tell(started)]);
        machine.go_on(&mut actions);
        (machine, actions)
    }

    /// What is to be done, in this order: what the input asks for, then starts, then the end.
    pub fn step(&mut self, now: Duration, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.is_over {
            return actions;
        }
        self.now = self.now.max(now);
        match input {
            Input::Due => {}
            Input::Begun { agent } => self.begun(agent, &mut actions),
            Input::Ended { agent, attempt } => self.ended(agent, attempt, &mut actions),
            Input::Cancel if self.is_cancelled => {}
            Input::Cancel => self.call_off(|agent| Action::Stop { agent }, &mut actions),
            Input::Kill if self.is_killed => {}
            Input::Kill => {
                self.is_killed = true;
                self.call_off(|agent| Action::Kill { agent }, &mut actions);
            }
        }
        self.go_on(&mut actions);
        actions
    }

    /// When to say [`Input::Due`]: when the first wait is over, where a slot is free for it.
    pub fn next_deadline(&self) -> Option<Duration> {
        if !self.has_free_slot() {
            return None;
        }
        self.courses.iter().filter_map(Course::due).min()
    }

    fn begun(&mut self, index: usize, actions: &mut Vec<Action>) {
        let Some((course, agent)) = self.courses.get_mut(index).zip(self.plan.agents.get(index)) else {
            return;
        };
        if course.begin(self.now) {
            let attempt = course.attempts();
            actions.push(Action::Tell(Event::AgentStarted { name: agent.name.clone(), attempt }));
        }
    }

    fn ended(&mut self, index: usize, attempt: Attempt, actions: &mut Vec<Action>) {
        let Some((course, agent)) = self.courses.get_mut(index).zip(self.plan.agents.get(index)) else {
            return;
        };
        let gate = Gate { plan: &self.plan, masks: &self.masks, started_at: self.started_at, now: self.now };
        match course.end(attempt, agent, &gate, self.is_cancelled) {
            None => {}
            Some(Next::Again { reason, wait }) => actions.push(Action::Tell(Event::AgentRetrying {
                name: agent.name.clone(),
                attempt: course.attempts(),
                reason,
                wait_ms: millis(wait),
            })),
            Some(Next::Through(run)) => actions.push(Action::Tell(Event::AgentFinished(run))),
        }
    }

    fn call_off(&mut self, order: impl Fn(usize) -> Action, actions: &mut Vec<Action>) {
        self.is_cancelled = true;
        let gate = Gate { plan: &self.plan, masks: &self.masks, started_at: self.started_at, now: self.now };
        for (index, (course, agent)) in self.courses.iter_mut().zip(&self.plan.agents).enumerate() {
            if course.holds_slot() {
                actions.push(order(index));
            } else if let Some(run) = course.call_off(agent, &gate) {
                actions.push(Action::Tell(Event::AgentFinished(run)));
            }
        }
    }

    /// Starts whoever can be started, and ends when all are through.
    fn go_on(&mut self, actions: &mut Vec<Action>) {
        while self.has_free_slot() {
            let ready = self.courses.iter_mut().enumerate();
            let ready = ready.filter_map(|(agent, course)| Some((course.ready(self.now)?, agent, course)));
            let Some((_, agent, course)) = ready.min_by_key(|(since, agent, _)| (*since, *agent)) else {
                break;
            };
            actions.push(Action::Start { agent, attempt: course.call() });
        }
        if self.courses.iter().all(Course::is_through) {
            self.finish(actions);
        }
    }

    fn has_free_slot(&self) -> bool {
        let held = self.courses.iter().filter(|course| course.holds_slot()).count();
        held < self.plan.max_concurrent.max(1)
    }

    fn finish(&mut self, actions: &mut Vec<Action>) {
        self.is_over = true;
        let mut ballot =
            Ballot::new(self.plan.agents.iter().map(|agent| agent.name.as_str()), self.plan.quorum);
        let (mut agents, mut outputs, mut cancelled) = (Vec::new(), Vec::new(), false);
        for outcome in mem::take(&mut self.courses).into_iter().filter_map(Course::into_outcome) {
            ballot.cast(&outcome.run.name, outcome.vote);
            cancelled |= outcome.is_cut_short;
            agents.push(outcome.run);
            outputs.push(outcome.output);
        }
        let mut run = Run {
            stage: self.plan.stage.clone(),
            spec: self.plan.spec.clone(),
            started_at_ms: millis(self.started_at),
            elapsed_ms: millis(self.now),
            cancelled,
            decision: ballot.close(),
            agents,
        };
        actions.push(Action::Tell(Event::Finished(run.clone())));
        for (agent, output) in run.agents.iter_mut().zip(outputs) {
            agent.output = output;
        }
        actions.push(Action::Finish(run));
    }
}
