//! The rules for every step of the machine.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use speckit_core::agents::gate::{Action, Event, GateMachine, Input};
use speckit_core::retry::backoff::{Schedule, schedule};

use super::Situation;
use super::script::Script;

/// The state of a gate, derived from all inputs and actions so far.
pub struct RuleChecker<'a> {
    script: &'a Script,
    schedules: Vec<Schedule>,
    /// The agents that never had a slot, in order.
    queue: VecDeque<usize>,
    /// The agents that wait for their next attempt, and the end of each wait.
    waits: BTreeSet<(Duration, usize)>,
    /// The agents with a slot, and the attempt of each.
    slots: BTreeMap<usize, u32>,
    running: BTreeSet<usize>,
    finished: BTreeSet<usize>,
    /// The last stop or kill of each agent.
    last_stops: BTreeMap<usize, Action>,
    is_started: bool,
    is_cancelled: bool,
    is_over: bool,
    pub reached: BTreeSet<Situation>,
}

fn ensure(condition: bool, message: &str) -> Result<(), String> {
    if condition { Ok(()) } else { Err(message.into()) }
}

impl<'a> RuleChecker<'a> {
    pub fn new(script: &'a Script) -> Self {
        let agents = script.plan.agents.iter();
        let schedules =
            agents.map(|agent| schedule(&script.plan.retry, script.seed, &format!("gate/{}", agent.name)));
        Self {
            script,
            schedules: schedules.collect(),
            queue: (0..script.plan.agents.len()).collect(),
            waits: BTreeSet::new(),
            slots: BTreeMap::new(),
            running: BTreeSet::new(),
            finished: BTreeSet::new(),
            last_stops: BTreeMap::new(),
            is_started: false,
            is_cancelled: false,
            is_over: false,
            reached: BTreeSet::new(),
        }
    }

    pub fn is_over(&self) -> bool {
        self.is_over
    }

    pub fn check(
        &mut self,
        now: Duration,
        input: Option<&Input>,
        actions: &[Action],
        machine: &GateMachine,
    ) -> Result<(), String> {
        ensure(!self.is_over || actions.is_empty(), "an action follows the end")?;
        let attempt = self.apply_input(input);
        for action in actions {
            ensure(!self.is_over, "an action follows the end")?;
            match action {
                Action::Start { agent, attempt } => self.start(now, *agent, *attempt)?,
                Action::Stop { agent } | Action::Kill { agent } => {
                    ensure(self.is_cancelled, "an agent is stopped although the gate is not cancelled")?;
                    ensure(self.slots.contains_key(agent), "an agent without a slot is stopped")?;
                    let before = self.last_stops.insert(*agent, action.clone());
                    ensure(before.as_ref() != Some(action), "an agent is stopped twice in the same way")?;
                }
                Action::Emit(event) => self.check_event(now, input, attempt, event)?,
                Action::Finish(_) => self.is_over = true,
            }
        }
        self.check_state(now, machine)
    }

    /// Applies the input, and returns the number of its attempt.
    fn apply_input(&mut self, input: Option<&Input>) -> Option<u32> {
        match input {
            Some(Input::Begun { agent, attempt })
                if self.slots.get(agent) == Some(attempt) && self.running.insert(*agent) =>
            {
                Some(*attempt)
            }
            Some(Input::Ended { agent, attempt, .. }) if self.slots.get(agent) == Some(attempt) => {
                self.running.remove(agent);
                self.last_stops.remove(agent);
                self.slots.remove(agent)
            }
            Some(Input::Cancel | Input::Kill) => {
                self.is_cancelled = true;
                None
            }
            _ => None,
        }
    }

    fn start(&mut self, now: Duration, agent: usize, attempt: u32) -> Result<(), String> {
        ensure(self.is_started, "an agent starts before the gate does")?;
        ensure(!self.is_cancelled, "an agent starts after the gate was cancelled")?;
        let next =
            self.queue.pop_front().map(|agent| (Duration::ZERO, agent)).or_else(|| self.waits.pop_first());
        let (due, first) = next.ok_or("an agent starts that did not wait")?;
        ensure(first == agent, "an agent starts before its turn")?;
        ensure(due <= now, "an agent starts before the wait is over")?;
        if due + self.script.timer_delay < now {
            self.reached.insert(Situation::LateForASlot);
        }
        let retries = self.count_waits(agent);
        ensure(usize::try_from(attempt) == Ok(retries + 1), "an attempt has the wrong number")?;
        ensure(self.slots.insert(agent, attempt).is_none(), "an agent has two slots")?;
        ensure(self.slots.len() <= self.script.plan.max_concurrent.max(1), "too many agents have a slot")
    }

    /// The number of waits of the agent so far.
    fn count_waits(&self, agent: usize) -> usize {
        let all_waits = schedule(&self.script.plan.retry, self.script.seed, &self.label(agent)).count();
        all_waits - self.schedules[agent].clone().count()
    }

    fn label(&self, agent: usize) -> String {
        format!("gate/{}", self.script.plan.agents[agent].name)
    }

    fn index(&self, name: &str) -> Result<usize, String> {
        let found = self.script.plan.agents.iter().position(|agent| agent.name == name);
        found.ok_or_else(|| format!("there is no agent {name}"))
    }

    fn check_event(
        &mut self,
        now: Duration,
        input: Option<&Input>,
        expected_attempt: Option<u32>,
        event: &Event,
    ) -> Result<(), String> {
        let is_first = matches!(event, Event::Started { .. });
        ensure(is_first != self.is_started, "exactly the first event is `Started`")?;
        self.is_started = true;
        match event {
            Event::AgentStarted { name, attempt } => {
                let agent = self.index(name)?;
                ensure(
                    input == Some(&Input::Begun { agent, attempt: *attempt }),
                    "an agent begins without its input",
                )?;
                ensure(
                    expected_attempt == Some(*attempt),
                    "another attempt begins than the one that was started",
                )
            }
            Event::AgentRetrying { name, attempt, wait_ms, .. } => {
                let agent = self.index(name)?;
                ensure(!self.is_cancelled, "an agent is retried after the gate was cancelled")?;
                let is_of_agent = matches!(input, Some(Input::Ended { agent: of, .. }) if *of == agent);
                ensure(
                    is_of_agent && expected_attempt == Some(*attempt),
                    "another attempt is retried than the one that ended",
                )?;
                let wait = self.schedules[agent]
                    .next()
                    .ok_or("an agent waits more often than its schedule allows")?;
                ensure(u128::from(*wait_ms) == wait.as_millis(), "a wait differs from the schedule")?;
                ensure(self.waits.insert((now + wait, agent)), "an agent waits twice")
            }
            Event::AgentFinished(run) => {
                let agent = self.index(&run.name)?;
                ensure(self.finished.insert(agent), "an agent finishes twice")?;
                let was_in_queue = self.queue.contains(&agent);
                let was_waiting = self.waits.iter().any(|(_, waiting)| *waiting == agent);
                ensure(self.is_cancelled || !(was_in_queue || was_waiting), "a waiting agent finishes")?;
                self.queue.retain(|queued| *queued != agent);
                self.waits.retain(|(_, waiting)| *waiting != agent);
                if was_in_queue {
                    self.reached.insert(Situation::CancelledInTheQueue);
                }
                if was_waiting {
                    self.reached.insert(Situation::CancelledWhileItWaits);
                }
                ensure(!self.slots.contains_key(&agent), "an agent with a slot finishes")
            }
            Event::Finished(_) => ensure(
                self.finished.len() == self.script.plan.agents.len(),
                "the gate is over before all agents have finished",
            ),
            _ => Ok(()),
        }
    }

    /// Checks the rules at the end of a step.
    fn check_state(&self, now: Duration, machine: &GateMachine) -> Result<(), String> {
        let is_free = self.slots.len() < self.script.plan.max_concurrent.max(1);
        let is_ready = !self.queue.is_empty() || self.waits.first().is_some_and(|(due, _)| *due <= now);
        ensure(!(is_free && is_ready), "a slot is free although an agent waits for it")?;
        let due = self.waits.first().map(|(due, _)| *due).filter(|_| is_free);
        ensure(machine.next_deadline() == due, "the deadline is not that of the first wait")?;
        let all_finished = self.finished.len() == self.script.plan.agents.len();
        ensure(all_finished == self.is_over, "all agents have finished, but the gate is not over")?;
        let all_stopped = self.slots.keys().all(|agent| self.last_stops.contains_key(agent));
        ensure(!self.is_cancelled || all_stopped, "an agent was not stopped when the gate was cancelled")
    }
}
