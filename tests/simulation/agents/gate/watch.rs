//! What must hold after every answer of the machine.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use speckit_core::agents::gate::{Action, Event, Input, Machine};
use speckit_core::retry::backoff::{Schedule, schedule};

use super::Seen;
use super::script::Script;

/// What is known of a gate from all that was said so far.
pub struct Watch<'a> {
    script: &'a Script,
    schedules: Vec<Schedule>,
    /// Who never had a slot, in order.
    queue: VecDeque<usize>,
    /// Who waits, and until when.
    waits: BTreeSet<(Duration, usize)>,
    /// Who has a slot, and for which attempt.
    slots: BTreeMap<usize, u32>,
    begun: BTreeSet<usize>,
    finished: BTreeSet<usize>,
    /// How often somebody was told to end, the last word.
    ordered: BTreeMap<usize, Action>,
    is_started: bool,
    is_called_off: bool,
    is_over: bool,
    pub seen: BTreeSet<Seen>,
}

fn claim(holds: bool, words: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(words.into()) }
}

impl<'a> Watch<'a> {
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
            begun: BTreeSet::new(),
            finished: BTreeSet::new(),
            ordered: BTreeMap::new(),
            is_started: false,
            is_called_off: false,
            is_over: false,
            seen: BTreeSet::new(),
        }
    }

    pub fn is_over(&self) -> bool {
        self.is_over
    }

    pub fn look(
        &mut self,
        now: Duration,
        input: Option<&Input>,
        actions: &[Action],
        machine: &Machine,
    ) -> Result<(), String> {
        claim(!self.is_over || actions.is_empty(), "something follows the end")?;
        let attempt = self.take(input);
        for action in actions {
            claim(!self.is_over, "something follows the end")?;
            match action {
                Action::Start { agent, attempt } => self.start(now, *agent, *attempt)?,
                Action::Stop { agent } | Action::Kill { agent } => {
                    claim(self.is_called_off, "somebody is to end, and nobody said so")?;
                    claim(self.slots.contains_key(agent), "somebody is to end who has no slot")?;
                    let before = self.ordered.insert(*agent, action.clone());
                    claim(before.as_ref() != Some(action), "somebody is told twice to end")?;
                }
                Action::Tell(event) => self.hear(now, input, attempt, event)?,
                Action::Finish(_) => self.is_over = true,
            }
        }
        self.rest(now, machine)
    }

    /// What the input means; the number of the attempt that it is about.
    fn take(&mut self, input: Option<&Input>) -> Option<u32> {
        match input {
            Some(Input::Begun { agent }) if self.slots.contains_key(agent) && self.begun.insert(*agent) => {
                self.slots.get(agent).copied()
            }
            Some(Input::Ended { agent, .. }) => {
                self.begun.remove(agent);
                self.ordered.remove(agent);
                self.slots.remove(agent)
            }
            Some(Input::Cancel | Input::Kill) => {
                self.is_called_off = true;
                None
            }
            _ => None,
        }
    }

    fn start(&mut self, now: Duration, agent: usize, attempt: u32) -> Result<(), String> {
        claim(self.is_started, "somebody starts before the gate does")?;
        claim(!self.is_called_off, "somebody starts after the gate was called off")?;
        let next =
            self.queue.pop_front().map(|agent| (Duration::ZERO, agent)).or_else(|| self.waits.pop_first());
        let (due, first) = next.ok_or("somebody starts who did not wait")?;
        claim(first == agent, "somebody starts before it is their turn")?;
        claim(due <= now, "somebody starts before the wait is over")?;
        if due + self.script.late < now {
            self.seen.insert(Seen::LateForASlot);
        }
        let retries = self.waited(agent);
        claim(usize::try_from(attempt) == Ok(retries + 1), "an attempt has the wrong number")?;
        claim(self.slots.insert(agent, attempt).is_none(), "somebody has two slots")?;
        claim(self.slots.len() <= self.script.plan.max_concurrent.max(1), "more have a slot than may")
    }

    /// How many waits of the agent were told.
    fn waited(&self, agent: usize) -> usize {
        let whole = schedule(&self.script.plan.retry, self.script.seed, &self.label(agent)).count();
        whole - self.schedules[agent].clone().count()
    }

    fn label(&self, agent: usize) -> String {
        format!("gate/{}", self.script.plan.agents[agent].name)
    }

    fn index(&self, name: &str) -> Result<usize, String> {
        let found = self.script.plan.agents.iter().position(|agent| agent.name == name);
        found.ok_or_else(|| format!("there is no agent {name}"))
    }

    fn hear(
        &mut self,
        now: Duration,
        input: Option<&Input>,
        of: Option<u32>,
        event: &Event,
    ) -> Result<(), String> {
        let is_first = matches!(event, Event::Started { .. });
        claim(is_first != self.is_started, "the first event, and no other, says that it starts")?;
        self.is_started = true;
        match event {
            Event::AgentStarted { name, attempt } => {
                let agent = self.index(name)?;
                claim(input == Some(&Input::Begun { agent }), "somebody begins out of the blue")?;
                claim(of == Some(*attempt), "another attempt begins than was to start")
            }
            Event::AgentRetrying { name, attempt, wait_ms, .. } => {
                let agent = self.index(name)?;
                claim(!self.is_called_off, "somebody is tried again after the gate was called off")?;
                let is_of_agent = matches!(input, Some(Input::Ended { agent: of, .. }) if *of == agent);
                claim(is_of_agent && of == Some(*attempt), "another attempt is tried again than ended")?;
                let wait = self.schedules[agent].next().ok_or("there is a wait too many")?;
                claim(u128::from(*wait_ms) == wait.as_millis(), "a wait is not that of the schedule")?;
                claim(self.waits.insert((now + wait, agent)), "somebody waits twice")
            }
            Event::AgentFinished(run) => {
                let agent = self.index(&run.name)?;
                claim(self.finished.insert(agent), "an agent is through twice")?;
                let was_in_queue = self.queue.contains(&agent);
                let was_waiting = self.waits.iter().any(|(_, waiting)| *waiting == agent);
                claim(
                    self.is_called_off || !(was_in_queue || was_waiting),
                    "an agent is through that waits",
                )?;
                self.queue.retain(|queued| *queued != agent);
                self.waits.retain(|(_, waiting)| *waiting != agent);
                if was_in_queue {
                    self.seen.insert(Seen::CalledOffInTheQueue);
                }
                if was_waiting {
                    self.seen.insert(Seen::CalledOffWhileItWaits);
                }
                claim(!self.slots.contains_key(&agent), "an agent is through that has a slot")
            }
            Event::Finished(_) => claim(
                self.finished.len() == self.script.plan.agents.len(),
                "it is over before all are through",
            ),
            _ => Ok(()),
        }
    }

    /// What holds when all is said.
    fn rest(&self, now: Duration, machine: &Machine) -> Result<(), String> {
        let is_free = self.slots.len() < self.script.plan.max_concurrent.max(1);
        let is_ready = !self.queue.is_empty() || self.waits.first().is_some_and(|(due, _)| *due <= now);
        claim(!(is_free && is_ready), "a slot is free, and somebody waits for it")?;
        let due = self.waits.first().map(|(due, _)| *due).filter(|_| is_free);
        claim(machine.next_deadline() == due, "the deadline is not that of the first wait")?;
        let all_through = self.finished.len() == self.script.plan.agents.len();
        claim(all_through == self.is_over, "all are through, and it is not over")?;
        let ordered = self.slots.keys().all(|agent| self.ordered.contains_key(agent));
        claim(!self.is_called_off || ordered, "somebody was not told that the gate is called off")
    }
}
