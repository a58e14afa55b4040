//! Runs a plan in one thread, and compares all observations with the model.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use speckit::world::World;
use speckit::{Config, ConfigReloadEvent};
use speckit_tests::fakes::{FakeWorld, Recording};

use crate::config::coverage::{CoverageCounts, CoveredCase};
use crate::config::events::{EventOrderChecker, EventSummary, ensure};
use crate::config::model::{Cause, Model, ObservedCall};
use crate::config::observers::{Listeners, Readers, Workers, ensure_no_secret};
use crate::config::oracle::{Oracle, diagnostics_json, leaves};
use crate::config::program::{SCHEMA_FILE, Settings, builder};
use crate::config::steps::{SimulationPlan, to_line};

mod acting;
mod ending;

/// The log of a run, and its failure.
#[derive(Debug)]
pub struct SimulationOutcome {
    pub log: String,
    /// The first violated expectation.
    pub failure: Option<String>,
    pub coverage: CoverageCounts,
}

/// Runs a plan.
pub fn run(plan: &SimulationPlan, oracle: &Oracle) -> SimulationOutcome {
    let (mut log, mut coverage) = (String::new(), CoverageCounts::default());
    let result = catch_unwind(AssertUnwindSafe(|| simulate(plan, oracle, &mut log, &mut coverage)));
    let failure = match result {
        Ok(Ok(())) => None,
        Ok(Err(message)) => Some(message),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Some(format!("panicked: {}", text.unwrap_or_default()))
        }
    };
    if let Some(message) = &failure {
        _ = writeln!(log, "  FAILED: {message}");
    }
    SimulationOutcome { log, failure, coverage }
}

fn simulate(
    plan: &SimulationPlan,
    oracle: &Oracle,
    log: &mut String,
    coverage: &mut CoverageCounts,
) -> Result<(), String> {
    _ = writeln!(log, "{}", to_line(&plan.setup));
    let world = Arc::new(FakeWorld::default());
    for step in &plan.before {
        _ = writeln!(log, "{}", to_line(step));
        step.apply_to_world(&world)
            .ok_or("a step before the start may only change the world")?
            .map_err(|error| error.to_string())?;
    }
    if plan.setup.has_schema_file {
        world.begin_with(SCHEMA_FILE.as_ref());
    }
    let opened = builder(&plan.setup, &(Arc::clone(&world) as Arc<dyn World>)).open();
    let reading = world.take_readings().pop().ok_or("nothing was read")?;
    let (config, model) = match (opened, Model::open(&plan.setup, oracle, reading, world.now())?) {
        (Ok(config), Ok(model)) => (config, model),
        (Err(error), Err(expected)) => {
            _ = writeln!(log, "  the program does not start: {}", expected);
            coverage.count(CoveredCase::RefusedToOpen);
            ensure_no_secret(&format!("{error} {error:?}"))?;
            return ensure(
                diagnostics_json(error.diagnostics()) == expected,
                "the program does not start, but for another reason",
            );
        }
        (Ok(_), Err(expected)) => return Err(format!("the program started in spite of {expected}")),
        (Err(error), Ok(_)) => return Err(format!("the program did not start: {error}")),
    };
    if model.reported_refusal().is_some() {
        coverage.count(CoveredCase::Degraded);
    }
    let event_order = EventOrderChecker::new(model.reported_refusal().cloned());
    let listeners = Listeners::new(&config);
    let mut run = ProgramRun {
        plan,
        log,
        coverage,
        world,
        config,
        model,
        event_order,
        workers: Workers::default(),
        readers: Readers::default(),
        listeners,
        wake_time: None,
        has_unreported_change: Arc::default(),
        was_hinted: Arc::default(),
    };
    run.check_invariants()?;
    run.check_status()?;
    run.run_steps()?;
    run.run_until_idle()?;
    run.compare_with_fresh_start()?;
    run.drop_program()
}

struct ProgramRun<'a> {
    plan: &'a SimulationPlan,
    log: &'a mut String,
    coverage: &'a mut CoverageCounts,
    world: Arc<FakeWorld>,
    config: Config<Settings>,
    model: Model<'a>,
    event_order: EventOrderChecker,
    workers: Workers,
    readers: Readers,
    listeners: Listeners,
    /// When the loop of the program wakes by itself.
    wake_time: Option<Duration>,
    /// Whether something changed since the last hint.
    has_unreported_change: Arc<AtomicBool>,
    /// Whether a hint came in the middle of a call.
    was_hinted: Arc<AtomicBool>,
}

impl ProgramRun<'_> {
    /// Calls the program, and compares its reads and events with the model.
    fn call<R>(&mut self, cause: Cause, call: impl FnOnce(&Config<Settings>) -> R) -> Result<R, String> {
        let (began, reads) = (self.world.now(), self.world.reads());
        // This does not count a guard that the call itself drops.
        let guards_before = self.workers.count();
        let result = call(&self.config);
        let readings = self.world.take_readings();
        ensure(!readings.is_empty() || self.world.reads() == reads, "files were read outside of a reading")?;
        let events = self.listeners.receive_new_events()?;
        self.log_events(&readings, &events);
        let observed = ObservedCall {
            cause,
            began,
            ended: self.world.now(),
            guards_before,
            guards_after: self.workers.count(),
            readings: &readings,
            was_hinted: self.was_hinted.swap(false, Ordering::Relaxed),
        };
        if observed.guards_after > observed.guards_before {
            self.coverage.count(CoveredCase::GuardDuringReading);
        }
        let expected = self.model.expected_events(&observed, self.coverage)?;
        let received: Vec<EventSummary> = events.iter().map(EventSummary::from).collect();
        for (event, summary) in events.iter().zip(&received) {
            self.event_order.check(summary)?;
            ensure_no_secret(&format!("{event:?}"))?;
            if let ConfigReloadEvent::ReloadFailed { diagnostics, .. } = event {
                ensure_no_secret(diagnostics.report())?;
            }
        }
        self.event_order.check_end_of_call()?;
        ensure(received == expected, &format!("the program sent {received:#?} and not {expected:#?}"))?;
        self.check_invariants()?;
        Ok(result)
    }

    fn log_events(&mut self, readings: &[Recording], events: &[ConfigReloadEvent]) {
        if !readings.is_empty() {
            self.write_log(format!("{} readings", readings.len()));
        }
        for event in events {
            self.write_log(EventSummary::from(event));
        }
    }

    /// Checks what must hold at every moment.
    fn check_invariants(&mut self) -> Result<(), String> {
        self.workers.check(&self.config)?;
        self.readers.check(&self.config)?;
        let (snapshot, expected) = (self.config.snapshot(), &self.model.running);
        ensure(snapshot.generation() == self.model.generation, "the generation in use was not reported")?;
        let found = leaves(snapshot.root_with_secrets());
        ensure(
            found == expected.effective,
            &format!("{found:?} is in use and not {:?}", expected.effective),
        )?;
        ensure(**snapshot.settings() == expected.settings, "the settings differ from the tree")?;
        ensure(
            diagnostics_json(snapshot.warnings()) == expected.warnings,
            "the warnings differ from those of the files",
        )
    }

    fn check_status(&mut self) -> Result<(), String> {
        let status = self.config.status();
        self.world.take_readings();
        ensure_no_secret(&format!("{status:?} {:?} {:?}", self.config, self.config.snapshot()))?;
        ensure_no_secret(status.refusal.as_ref().map_or("", |refusal| refusal.report()))?;
        ensure(status.busy == self.workers.count(), "the number of read guards is wrong")?;
        self.model.check_status(&status, &self.world, self.world.now())
    }
}

/// The beginnings of the panics that the simulation causes in the rule and in the closure.
const EXPECTED_PANICS: [&str; 2] = ["the rule has a mistake", "the closure has a mistake"];

/// Prevents that the expected panics are printed thousands of times.
pub fn silence_expected_panics() {
    static ONCE: Mutex<bool> = Mutex::new(false);
    let mut is_done = ONCE.lock().expect("no thread panics while it holds the lock");
    if !std::mem::replace(&mut *is_done, true) {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let payload = panic.payload();
            let text = payload.downcast_ref::<&str>().copied();
            let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            let is_expected =
                text.is_some_and(|text| EXPECTED_PANICS.iter().any(|message| text.starts_with(message)));
            if !is_expected {
                print(panic);
            }
        }));
    }
}
