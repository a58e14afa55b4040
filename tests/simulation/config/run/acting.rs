//! Runs the steps of the plan, and the loop of the program.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use speckit::world::World as _;
use speckit::{Config, ConfigError, Reloaded};

use super::ProgramRun;
use crate::config::events::ensure;
use crate::config::model::Cause;
use crate::config::observers::ensure_no_secret;
use crate::config::oracle::diagnostics_json;
use crate::config::program::APP;
use crate::config::steps::{FileChange, Step, to_line};

impl ProgramRun<'_> {
    pub(super) fn run_steps(&mut self) -> Result<(), String> {
        let plan = self.plan;
        for timed in &plan.steps {
            let at = Duration::from_millis(timed.at_ms);
            while let Some(wake_time) = self
                .wake_time
                .map(|wake_time| wake_time + self.wake_delay())
                .filter(|wake_time| *wake_time <= at)
            {
                self.world.advance_to(wake_time);
                self.turn()?;
            }
            self.world.advance_to(at);
            _ = writeln!(self.log, "{}", to_line(timed));
            self.run_step(&timed.step)?;
        }
        Ok(())
    }

    fn wake_delay(&self) -> Duration {
        Duration::from_millis(self.plan.setup.wake_delay_ms)
    }

    fn run_step(&mut self, step: &Step) -> Result<(), String> {
        if let Some(result) = step.apply_to_world(&self.world) {
            match result {
                Ok(()) => self.has_unreported_change.fetch_or(step.is_change(), Ordering::Relaxed),
                Err(error) => {
                    self.write_log(format!("the step failed: {error}"));
                    return Ok(());
                }
            };
        }
        match step {
            Step::Files(_) | Step::Variable { .. } | Step::Delay { .. } => {}
            Step::Hint => self.hint()?,
            Step::Turn => self.turn()?,
            Step::Reload => self.reload()?,
            Step::Status => self.check_status()?,
            Step::TakeGuard { worker } => self.workers.take_guard(*worker, &self.config),
            Step::DropGuard { worker } => self.drop_guard(*worker)?,
            Step::KeepSnapshot { reader } => self.readers.keep_snapshot(*reader, &self.config),
            Step::CompareSnapshot { reader } => self.readers.compare_snapshot(*reader)?,
            Step::Subscribe { listener } => self.listeners.subscribe(*listener, &self.config),
            Step::ReceiveEvents { listener } => self.listeners.receive_events(*listener, self.coverage)?,
            Step::Unsubscribe { listener } => self.listeners.unsubscribe(*listener),
            Step::EditAndReload { times } => self.edit_and_reload(*times)?,
            Step::InterruptReading { files, steps } => self.set_interrupt(*files, steps),
        }
        self.check_invariants()
    }

    pub(super) fn write_log(&mut self, text: impl std::fmt::Display) {
        _ = writeln!(self.log, "  {} ms: {text}", self.world.now().as_millis());
    }

    pub(super) fn hint(&mut self) -> Result<(), String> {
        self.has_unreported_change.store(false, Ordering::Relaxed);
        self.call(Cause::Hint, Config::hint)?;
        // A hint wakes the loop of the program.
        self.turn()
    }

    pub(super) fn turn(&mut self) -> Result<(), String> {
        let wait = self.call(Cause::Due, Config::turn)?;
        let now = self.world.now();
        let expected = self.model.expected_wait(now);
        ensure(wait == expected, &format!("the program waits {wait:?} and not {expected:?}"))?;
        self.wake_time = wait.map(|wait| now + wait);
        Ok(())
    }

    fn reload(&mut self) -> Result<(), String> {
        let generation = self.model.generation;
        let result = self.call(Cause::Requested, Config::reload)?;
        if let Err(error) = &result {
            ensure_no_secret(&format!("{error} {error:?}"))?;
        }
        let summary = result.map_err(|error: ConfigError| diagnostics_json(error.diagnostics()));
        if let Ok(reloaded) = &summary {
            self.write_log(format!("{reloaded:?}"));
        }
        let expected: Result<Reloaded, _> = self.model.expected_reload_result(generation);
        ensure(summary == expected, &format!("the manual reload returned {summary:?} and not {expected:?}"))
    }

    /// Drops the guard of a worker. Dropping the last guard performs a deferred reload.
    pub(super) fn drop_guard(&mut self, worker: u8) -> Result<(), String> {
        let before = self.workers.count();
        let Some(guard) = self.workers.remove_guard(worker) else { return Ok(()) };
        if before == 1 && self.model.has_deferred_reload() {
            return self.call(Cause::Due, |_| drop(guard));
        }
        drop(guard);
        ensure(
            self.world.take_readings().is_empty(),
            "dropping a guard without a deferred reload caused a reading",
        )
    }

    fn edit_and_reload(&mut self, times: u16) -> Result<(), String> {
        for number in 0..times {
            let edit = FileChange::Write { path: APP.into(), text: format!("labels.storm = '{number}'\n") };
            self.run_step(&Step::Files(edit))?;
            self.reload()?;
        }
        Ok(())
    }

    fn set_interrupt(&mut self, files: usize, steps: &[Step]) {
        let (world, config, workers) = (Arc::clone(&self.world), self.config.clone(), self.workers.clone());
        let (has_unreported_change, was_hinted) =
            (Arc::clone(&self.has_unreported_change), Arc::clone(&self.was_hinted));
        let steps = steps.to_vec();
        let interrupt = move || {
            for step in steps {
                // A step that fails has no effect.
                if let Some(Ok(())) = step.apply_to_world(&world) {
                    has_unreported_change.fetch_or(step.is_change(), Ordering::Relaxed);
                }
                match step {
                    Step::TakeGuard { worker } => workers.take_guard(worker, &config),
                    Step::DropGuard { worker } => drop(workers.remove_guard(worker)),
                    Step::Hint => {
                        has_unreported_change.store(false, Ordering::Relaxed);
                        was_hinted.store(true, Ordering::Relaxed);
                        config.hint();
                    }
                    _ => {}
                }
            }
        };
        self.world.interrupt(files, Box::new(interrupt));
    }
}
