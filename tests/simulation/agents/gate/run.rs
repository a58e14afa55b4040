//! Runs a script, and checks every action of the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use speckit_core::agents::consensus::OutputReading;
use speckit_core::agents::gate::{Action, Attempt, Ending, GateMachine, Input};
use speckit_core::config::redact::Masks;
use speckit_tests::fakes::Random;

use super::Situation;
use super::oracle::{self, AttemptFact};
use super::process::ScriptedProcess;
use super::rules::RuleChecker;
use super::script::{CancelOrder, STARTED_AT, Script};

/// More inputs than any script needs.
const MAX_INPUTS: usize = 5000;

pub struct SimulatedRun {
    /// All inputs of the machine.
    pub inputs: Vec<(Duration, Input)>,
    /// The actions of the machine at its start and after each input.
    pub actions: Vec<Vec<Action>>,
    pub log: String,
    /// The violated rule.
    pub failure: Option<String>,
    pub reached: BTreeSet<Situation>,
}

pub fn run(script: &Script) -> SimulatedRun {
    let (machine, actions) =
        GateMachine::begin(script.plan.clone(), Masks::default().into(), script.seed, STARTED_AT);
    let mut run = GateSimulation {
        script,
        random: script.random.clone(),
        machine,
        now: Duration::ZERO,
        processes: BTreeMap::new(),
        facts: vec![Vec::new(); script.plan.agents.len()],
        cancelled_at: None,
        rules: RuleChecker::new(script),
        outcome: SimulatedRun {
            inputs: Vec::new(),
            actions: Vec::new(),
            log: format!("{script:#?}\n"),
            failure: None,
            reached: BTreeSet::new(),
        },
    };
    let failure = run
        .apply_actions(None, actions)
        .and_then(|()| run.run_to_end())
        .and_then(|()| run.check_result())
        .err();
    run.outcome.reached.append(&mut run.rules.reached);
    run.outcome.failure = failure;
    run.outcome
}

/// The next step of the simulation.
#[derive(Clone, Copy, Debug)]
enum NextStep {
    CancelOrder(CancelOrder),
    Begin(usize),
    End(usize),
    Due,
}

struct GateSimulation<'a> {
    script: &'a Script,
    random: Random,
    machine: GateMachine,
    now: Duration,
    processes: BTreeMap<usize, ScriptedProcess>,
    /// The finished attempts of each agent.
    facts: Vec<Vec<AttemptFact>>,
    cancelled_at: Option<Duration>,
    rules: RuleChecker<'a>,
    outcome: SimulatedRun,
}

impl GateSimulation<'_> {
    fn run_to_end(&mut self) -> Result<(), String> {
        let mut orders = self.script.orders.iter().copied().peekable();
        while !self.rules.is_over() {
            let mut next: Vec<(Duration, NextStep)> = Vec::new();
            next.extend(orders.peek().map(|(at, order)| (*at, NextStep::CancelOrder(*order))));
            for (agent, process) in &self.processes {
                next.extend(process.begin_report_time().map(|at| (at, NextStep::Begin(*agent))));
                next.extend(process.end(&self.script.plan).map(|(at, _)| (at, NextStep::End(*agent))));
            }
            let due = self.machine.next_deadline();
            next.extend(due.map(|due| (due.max(self.now) + self.script.timer_delay, NextStep::Due)));
            let Some(at) = next.iter().map(|(at, _)| *at).min() else {
                return Err("no step is left, but the gate is not over".into());
            };
            next.retain(|(time, _)| *time == at);
            let (_, step) = self.random.pick(&next);
            if matches!(step, NextStep::CancelOrder(_)) {
                orders.next();
            }
            self.now = at;
            self.perform(step)?;
            if self.random.chance(10) {
                self.send_invalid_input()?;
            }
            if self.outcome.inputs.len() > MAX_INPUTS {
                return Err("the simulation does not end".into());
            }
        }
        Ok(())
    }

    fn perform(&mut self, step: NextStep) -> Result<(), String> {
        let input = match step {
            NextStep::Due => Input::Timer,
            NextStep::CancelOrder(order) => {
                self.cancelled_at.get_or_insert(self.now);
                match order {
                    CancelOrder::Cancel => Input::Cancel,
                    CancelOrder::Kill => Input::Kill,
                }
            }
            NextStep::Begin(agent) => {
                let process = self.processes.get_mut(&agent).ok_or("no process begins")?;
                process.actual_begin = Some(self.now);
                Input::Begun { agent, attempt: process.attempt }
            }
            NextStep::End(agent) => {
                let process = self.processes.remove(&agent).ok_or("no process ends")?;
                let (_, ending) = process.end(&self.script.plan).ok_or("the process does not end")?;
                let (attempt, result) =
                    (process.attempt, process.finish(self.now, ending, (&self.script.plan, agent)));
                self.facts[agent].push(AttemptFact {
                    attempt: result.clone(),
                    begun_at: process.actual_begin,
                    ended_at: self.now,
                    is_after_cancel: self.cancelled_at.is_some(),
                });
                Input::Ended { agent, attempt, result }
            }
        };
        self.send(self.now, input)
    }

    fn send(&mut self, now: Duration, input: Input) -> Result<(), String> {
        let actions = self.machine.step(now, input.clone());
        self.outcome.inputs.push((now, input.clone()));
        self.apply_actions(Some(&input), actions)
    }

    /// Checks the actions of the machine, and applies them to the processes.
    fn apply_actions(&mut self, input: Option<&Input>, actions: Vec<Action>) -> Result<(), String> {
        let log = &mut self.outcome.log;
        if let Some(input) = input {
            _ = writeln!(log, "{:?} {input:?}", self.now);
        }
        for action in &actions {
            _ = writeln!(log, "  {action:?}");
        }
        let now = self.now;
        self.rules.check(now, input, &actions, &self.machine)?;
        for action in &actions {
            match action {
                Action::Start { agent, attempt } => {
                    let attempt_script = self.script.attempt(*agent, *attempt);
                    let is_rejected =
                        matches!(attempt_script.ending, Ending::NotStarted { .. } | Ending::CircuitOpen);
                    let reports_begin = !(is_rejected && self.random.chance(50));
                    self.processes.insert(
                        *agent,
                        ScriptedProcess::start(self.now, *attempt, attempt_script, reports_begin),
                    );
                }
                Action::Stop { agent } => self.process_to_stop(*agent)?.stop(now),
                Action::Kill { agent } => self.process_to_stop(*agent)?.kill(now),
                Action::Emit(_) | Action::Finish(_) => {}
            }
        }
        self.outcome.actions.push(actions);
        Ok(())
    }

    fn process_to_stop(&mut self, agent: usize) -> Result<&mut ScriptedProcess, String> {
        let is_stopped_already = self.processes.get(&agent).is_some_and(ScriptedProcess::is_stopped);
        if is_stopped_already {
            self.outcome.reached.insert(Situation::Killed);
        }
        self.processes.get_mut(&agent).ok_or_else(|| format!("agent {agent} is stopped, but does not run"))
    }

    /// Sends an invalid input, which must change nothing.
    fn send_invalid_input(&mut self) -> Result<(), String> {
        let agents = self.script.plan.agents.len();
        let agent = usize::try_from(self.random.below(agents as u64 + 2)).expect("a small number");
        let process = self.processes.get(&agent);
        let result = |ending| Attempt {
            ending,
            stdout: Default::default(),
            stderr: Default::default(),
            reading: OutputReading { answer: Ok(Some("\"yes\"".into())), error: None },
            elapsed: Duration::ZERO,
            leaked: true,
            left: Vec::new(),
        };
        let attempt = self.random.pick(&[1, 1, 2, 3]);
        // A report of an attempt that does not run, or that has begun before.
        let is_other = process.is_none_or(|process| process.attempt != attempt);
        let has_begun = process.is_some_and(|process| process.actual_begin.is_some());
        let input = match self.random.below(4) {
            0 if is_other || has_begun => Input::Begun { agent, attempt },
            1 if is_other => Input::Ended { agent, attempt, result: result(Ending::Exited { code: 0 }) },
            2 if is_other => Input::Ended { agent, attempt, result: result(Ending::Cancelled) },
            3 if self.cancelled_at.is_some() => Input::Cancel,
            _ => Input::Timer,
        };
        self.outcome.reached.insert(Situation::InvalidInput);
        let earlier = self.now.saturating_sub(Duration::from_millis(self.random.pick(&[0, 0, 70])));
        let before = self.outcome.actions.len();
        self.send(earlier, input)?;
        if self.outcome.actions[before..].concat().is_empty() {
            return Ok(());
        }
        Err("an invalid input has an effect".into())
    }

    fn check_result(&mut self) -> Result<(), String> {
        if !self.processes.is_empty() {
            return Err(format!("the gate is over, but {:?} still run", self.processes));
        }
        let Some(Action::Finish(run)) = self.outcome.actions.iter().flatten().last() else {
            return Err("the gate is over without a run".into());
        };
        let facts = oracle::GateFacts {
            script: self.script,
            attempts: &self.facts,
            cancelled_at: self.cancelled_at,
            ended_at: self.now,
        };
        facts.evaluate(run, &mut self.outcome.reached)
    }
}
