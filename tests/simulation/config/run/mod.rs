//! Runs a plan in one thread, and holds all that is seen against what must be.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use speckit::world::World;
use speckit::{Config, ConfigReloadEvent};
use speckit_tests::fakes::{FakeWorld, Recording};

use crate::config::model::{Call, Cause, Model};
use crate::config::notices::{Grammar, Notice, claim};
use crate::config::observers::{Listeners, Readers, Workers, shows_no_secret};
use crate::config::oracle::{Oracle, diagnostics_json, leaves};
use crate::config::program::{SCHEMA_FILE, Settings, builder};
use crate::config::steps::{SimulationPlan, line};
use crate::config::tally::{Coverage, Tally};

mod acting;
mod ending;

/// How a run ended, and its log.
#[derive(Debug)]
pub struct SimulationOutcome {
    pub log: String,
    /// What was seen that must not be.
    pub failure: Option<String>,
    pub tally: Tally,
}

/// Runs a plan.
pub fn run(plan: &SimulationPlan, oracle: &Oracle) -> SimulationOutcome {
    let (mut log, mut tally) = (String::new(), Tally::default());
    let ended = catch_unwind(AssertUnwindSafe(|| simulate(plan, oracle, &mut log, &mut tally)));
    let failure = match ended {
        Ok(Ok(())) => None,
        Ok(Err(words)) => Some(words),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Some(format!("panicked: {}", text.unwrap_or_default()))
        }
    };
    if let Some(words) = &failure {
        _ = writeln!(log, "  WRONG: {words}");
    }
    SimulationOutcome { log, failure, tally }
}

fn simulate(
    plan: &SimulationPlan,
    oracle: &Oracle,
    log: &mut String,
    tally: &mut Tally,
) -> Result<(), String> {
    _ = writeln!(log, "{}", line(&plan.setup));
    let world = Arc::new(FakeWorld::default());
    for step in &plan.before {
        _ = writeln!(log, "{}", line(step));
        step.change(&world)
            .ok_or("only the world changes before the start")?
            .map_err(|error| error.to_string())?;
    }
    if plan.setup.has_schema_file {
        world.begin_with(SCHEMA_FILE.as_ref());
    }
    let opened = builder(&plan.setup, &(Arc::clone(&world) as Arc<dyn World>)).open();
    let reading = world.take_readings().pop().ok_or("nothing was read")?;
    let (shell, model) = match (opened, Model::open(&plan.setup, oracle, reading, world.now())?) {
        (Ok(shell), Ok(model)) => (shell, model),
        (Err(error), Err(expected)) => {
            _ = writeln!(log, "  it does not start: {}", expected);
            tally.see(Coverage::RefusedToOpen);
            shows_no_secret(&format!("{error} {error:?}"))?;
            return claim(
                diagnostics_json(error.diagnostics()) == expected,
                "it does not start, but not for this reason",
            );
        }
        (Ok(_), Err(expected)) => return Err(format!("it started in spite of {expected}")),
        (Err(error), Ok(_)) => return Err(format!("it did not start: {error}")),
    };
    if model.refused().is_some() {
        tally.see(Coverage::Degraded);
    }
    let grammar = Grammar::new(model.refused().cloned());
    let listeners = Listeners::new(&shell);
    let mut run = ProgramRun {
        plan,
        log,
        tally,
        world,
        shell,
        model,
        grammar,
        workers: Workers::default(),
        readers: Readers::default(),
        listeners,
        wake: None,
        is_unseen: Arc::default(),
        was_hinted: Arc::default(),
    };
    run.look()?;
    run.check_status()?;
    run.act()?;
    run.come_to_rest()?;
    run.compare_with_a_fresh_start()?;
    run.end()
}

struct ProgramRun<'a> {
    plan: &'a SimulationPlan,
    log: &'a mut String,
    tally: &'a mut Tally,
    world: Arc<FakeWorld>,
    shell: Config<Settings>,
    model: Model<'a>,
    grammar: Grammar,
    workers: Workers,
    readers: Readers,
    listeners: Listeners,
    /// When the program's loop wakes by itself.
    wake: Option<Duration>,
    /// Whether something changed since the last hint.
    is_unseen: Arc<AtomicBool>,
    /// Whether a hint came in the middle of a call.
    was_hinted: Arc<AtomicBool>,
}

impl ProgramRun<'_> {
    /// Calls the program, and compares its reads and events with the model.
    fn call<R>(&mut self, cause: Cause, call: impl FnOnce(&Config<Settings>) -> R) -> Result<R, String> {
        let (began, reads) = (self.world.now(), self.world.reads());
        // The guard that is dropped by the call itself is none of those that work.
        let guards_before = self.workers.count();
        let result = call(&self.shell);
        let readings = self.world.take_readings();
        claim(
            !readings.is_empty() || self.world.reads() == reads,
            "files were looked at, and nothing was made of it",
        )?;
        let events = self.listeners.take()?;
        self.tell(&readings, &events);
        let observed = Call {
            cause,
            began,
            ended: self.world.now(),
            guards_before,
            guards_after: self.workers.count(),
            readings: &readings,
            was_hinted: self.was_hinted.swap(false, Ordering::Relaxed),
        };
        if observed.guards_after > observed.guards_before {
            self.tally.see(Coverage::GuardWithin);
        }
        let expected = self.model.take(&observed, self.tally)?;
        let told: Vec<Notice> = events.iter().map(Notice::from).collect();
        for (event, notice) in events.iter().zip(&told) {
            self.grammar.take(notice)?;
            shows_no_secret(&format!("{event:?}"))?;
            if let ConfigReloadEvent::ReloadFailed { diagnostics, .. } = event {
                shows_no_secret(diagnostics.report())?;
            }
        }
        self.grammar.pause()?;
        claim(told == expected, &format!("the program told {told:#?} and not {expected:#?}"))?;
        self.look()?;
        Ok(result)
    }

    fn tell(&mut self, readings: &[Recording], events: &[ConfigReloadEvent]) {
        if !readings.is_empty() {
            self.note(format!("it read {} times", readings.len()));
        }
        for event in events {
            self.note(Notice::from(event));
        }
    }

    /// What holds at every moment.
    fn look(&mut self) -> Result<(), String> {
        self.workers.look(&self.shell)?;
        self.readers.look(&self.shell)?;
        let (snapshot, expected) = (self.shell.snapshot(), &self.model.running);
        claim(
            snapshot.generation() == self.model.generation,
            "another generation is in force than was told",
        )?;
        let found = leaves(snapshot.root());
        claim(found == expected.held, &format!("{found:?} is in force and not {:?}", expected.held))?;
        claim(**snapshot.config() == expected.settings, "the settings are not those of the tree")?;
        claim(
            diagnostics_json(snapshot.warnings()) == expected.warnings,
            "the warnings are not those of the files",
        )
    }

    fn check_status(&mut self) -> Result<(), String> {
        let status = self.shell.status();
        self.world.take_readings();
        shows_no_secret(&format!("{status:?} {:?} {:?}", self.shell, self.shell.snapshot()))?;
        shows_no_secret(status.refusal.as_ref().map_or("", |refusal| refusal.report()))?;
        claim(status.busy == self.workers.count(), "the guards are miscounted")?;
        self.model.check_status(&status, &self.world, self.world.now())
    }
}

/// How the panics of the rule and of the closure begin.
const FORETOLD: [&str; 2] = ["the rule has a mistake", "the closure has a mistake"];

/// Keeps the mistakes of the rule and of the closure from being printed thousands of times.
pub fn silence_foretold_panics() {
    static ONCE: Mutex<bool> = Mutex::new(false);
    let mut is_done = ONCE.lock().expect("nothing panics while it is held");
    if !std::mem::replace(&mut *is_done, true) {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let payload = panic.payload();
            let text = payload.downcast_ref::<&str>().copied();
            let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            let is_foretold = text.is_some_and(|text| FORETOLD.iter().any(|words| text.starts_with(words)));
            if !is_foretold {
                print(panic);
            }
        }));
    }
}
