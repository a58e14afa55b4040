//! Plays a script, and looks at every answer of the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use speckit_core::agents::gate::{Action, Attempt, Ending, Input, Machine};
use speckit_core::config::redact::Masks;
use speckit_tests::fakes::Random;

use super::Seen;
use super::oracle::{self, Fact};
use super::process::Process;
use super::script::{Order, STARTED_AT, Script};
use super::watch::Watch;

/// More than any script gives.
const MOST_INPUTS: usize = 5000;

pub struct Outcome {
    /// All that the machine was told.
    pub inputs: Vec<(Duration, Input)>,
    /// Its first actions, and those after each input.
    pub answers: Vec<Vec<Action>>,
    pub log: String,
    /// What was seen that must not be.
    pub failure: Option<String>,
    pub seen: BTreeSet<Seen>,
}

pub fn run(script: &Script) -> Outcome {
    let (machine, actions) =
        Machine::begin(script.plan.clone(), Masks::default().into(), script.seed, STARTED_AT);
    let mut run = Run {
        script,
        random: script.random.clone(),
        machine,
        now: Duration::ZERO,
        processes: BTreeMap::new(),
        facts: vec![Vec::new(); script.plan.agents.len()],
        called_off_at: None,
        watch: Watch::new(script),
        outcome: Outcome {
            inputs: Vec::new(),
            answers: Vec::new(),
            log: format!("{script:#?}\n"),
            failure: None,
            seen: BTreeSet::new(),
        },
    };
    let failure = run.answer(None, actions).and_then(|()| run.play()).and_then(|()| run.end()).err();
    run.outcome.seen.append(&mut run.watch.seen);
    run.outcome.failure = failure;
    run.outcome
}

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Order(Order),
    Begin(usize),
    End(usize),
    Due,
}

struct Run<'a> {
    script: &'a Script,
    random: Random,
    machine: Machine,
    now: Duration,
    processes: BTreeMap<usize, Process>,
    /// What became of the attempts of each agent.
    facts: Vec<Vec<Fact>>,
    called_off_at: Option<Duration>,
    watch: Watch<'a>,
    outcome: Outcome,
}

impl Run<'_> {
    fn play(&mut self) -> Result<(), String> {
        let mut orders = self.script.orders.iter().copied().peekable();
        while !self.watch.is_over() {
            let mut next: Vec<(Duration, Happening)> = Vec::new();
            next.extend(orders.peek().map(|(at, order)| (*at, Happening::Order(*order))));
            for (agent, process) in &self.processes {
                next.extend(process.begins().map(|at| (at, Happening::Begin(*agent))));
                next.extend(process.end(&self.script.plan).map(|(at, _)| (at, Happening::End(*agent))));
            }
            let due = self.machine.next_deadline();
            next.extend(due.map(|due| (due.max(self.now) + self.script.late, Happening::Due)));
            let Some(at) = next.iter().map(|(at, _)| *at).min() else {
                return Err("nothing is to happen, and the gate is not over".into());
            };
            next.retain(|(time, _)| *time == at);
            let (_, happening) = self.random.pick(&next);
            if matches!(happening, Happening::Order(_)) {
                orders.next();
            }
            self.now = at;
            self.happen(happening)?;
            if self.random.chance(10) {
                self.talk_nonsense()?;
            }
            if self.outcome.inputs.len() > MOST_INPUTS {
                return Err("it goes round in circles".into());
            }
        }
        Ok(())
    }

    fn happen(&mut self, happening: Happening) -> Result<(), String> {
        let input = match happening {
            Happening::Due => Input::Due,
            Happening::Order(order) => {
                self.called_off_at.get_or_insert(self.now);
                match order {
                    Order::Cancel => Input::Cancel,
                    Order::Kill => Input::Kill,
                }
            }
            Happening::Begin(agent) => {
                let process = self.processes.get_mut(&agent).ok_or("nobody begins")?;
                process.begun_at = Some(self.now);
                Input::Begun { agent }
            }
            Happening::End(agent) => {
                let process = self.processes.remove(&agent).ok_or("nobody ends")?;
                let (_, ending) = process.end(&self.script.plan).ok_or("it does not end")?;
                let attempt = process.attempt(self.now, ending);
                self.facts[agent].push(Fact {
                    attempt: attempt.clone(),
                    begun_at: process.begun_at,
                    ended_at: self.now,
                    is_after_call: self.called_off_at.is_some(),
                });
                Input::Ended { agent, attempt }
            }
        };
        self.tell(self.now, input)
    }

    fn tell(&mut self, now: Duration, input: Input) -> Result<(), String> {
        let actions = self.machine.step(now, input.clone());
        self.outcome.inputs.push((now, input.clone()));
        self.answer(Some(&input), actions)
    }

    /// Takes the machine's answer and does what it says.
    fn answer(&mut self, input: Option<&Input>, actions: Vec<Action>) -> Result<(), String> {
        let log = &mut self.outcome.log;
        if let Some(input) = input {
            _ = writeln!(log, "{:?} {input:?}", self.now);
        }
        for action in &actions {
            _ = writeln!(log, "  {action:?}");
        }
        let now = self.now;
        self.watch.look(now, input, &actions, &self.machine)?;
        for action in &actions {
            match action {
                Action::Start { agent, attempt } => {
                    let job = self.script.job(*agent, *attempt);
                    let is_refused = matches!(job.ending, Ending::NotStarted { .. } | Ending::CircuitOpen);
                    let is_told = !(is_refused && self.random.chance(50));
                    self.processes.insert(*agent, Process::called(self.now, job, is_told));
                }
                Action::Stop { agent } => self.process(*agent)?.stop(now),
                Action::Kill { agent } => self.process(*agent)?.kill(now),
                Action::Tell(_) | Action::Finish(_) => {}
            }
        }
        self.outcome.answers.push(actions);
        Ok(())
    }

    fn process(&mut self, agent: usize) -> Result<&mut Process, String> {
        let is_ordered = self.processes.get(&agent).is_some_and(Process::is_ordered);
        if is_ordered {
            self.outcome.seen.insert(Seen::Killed);
        }
        self.processes.get_mut(&agent).ok_or_else(|| format!("agent {agent} is to end, and does not run"))
    }

    /// Says what makes no sense, which must change nothing.
    fn talk_nonsense(&mut self) -> Result<(), String> {
        let agents = self.script.plan.agents.len();
        let agent = usize::try_from(self.random.below(agents as u64 + 2)).expect("a small number");
        let process = self.processes.get(&agent);
        let attempt = |ending| Attempt {
            ending,
            stdout: Default::default(),
            stderr: Default::default(),
            answer: Ok("\"yes\"".into()),
            elapsed: Duration::ZERO,
            is_leaked: true,
        };
        let input = match self.random.below(4) {
            0 if process.is_none_or(|process| process.begun_at.is_some()) => Input::Begun { agent },
            1 if process.is_none() => Input::Ended { agent, attempt: attempt(Ending::Exited { code: 0 }) },
            2 if process.is_none() => Input::Ended { agent, attempt: attempt(Ending::Cancelled) },
            3 if self.called_off_at.is_some() => Input::Cancel,
            _ => Input::Due,
        };
        self.outcome.seen.insert(Seen::Nonsense);
        let earlier = self.now.saturating_sub(Duration::from_millis(self.random.pick(&[0, 0, 70])));
        let before = self.outcome.answers.len();
        self.tell(earlier, input)?;
        if self.outcome.answers[before..].concat().is_empty() {
            return Ok(());
        }
        Err("the machine answers what makes no sense".into())
    }

    fn end(&mut self) -> Result<(), String> {
        if !self.processes.is_empty() {
            return Err(format!("the gate is over, and {:?} run", self.processes));
        }
        let Some(Action::Finish(run)) = self.outcome.answers.iter().flatten().last() else {
            return Err("the gate is over without a run".into());
        };
        let facts = oracle::Facts {
            script: self.script,
            attempts: &self.facts,
            called_off_at: self.called_off_at,
            ended_at: self.now,
        };
        facts.judge(run, &mut self.outcome.seen)
    }
}
