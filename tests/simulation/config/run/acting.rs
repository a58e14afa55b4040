//! Does what the plan says, and what the program asks for.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use speckit::world::World as _;
use speckit::{Config, ConfigError, Reloaded};

use super::ProgramRun;
use crate::config::model::Cause;
use crate::config::notices::claim;
use crate::config::observers::shows_no_secret;
use crate::config::oracle::diagnostics_json;
use crate::config::program::APP;
use crate::config::steps::{FileChange, Step, line};

impl ProgramRun<'_> {
    pub(super) fn act(&mut self) -> Result<(), String> {
        let plan = self.plan;
        for timed in &plan.steps {
            let at = Duration::from_millis(timed.at_ms);
            while let Some(wake) = self.wake.map(|wake| wake + self.oversleeps()).filter(|wake| *wake <= at) {
                self.world.advance_to(wake);
                self.turn()?;
            }
            self.world.advance_to(at);
            _ = writeln!(self.log, "{}", line(timed));
            self.step(&timed.step)?;
        }
        Ok(())
    }

    fn oversleeps(&self) -> Duration {
        Duration::from_millis(self.plan.setup.oversleeps_ms)
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        if let Some(changed) = step.change(&self.world) {
            match changed {
                Ok(()) => self.is_unseen.fetch_or(step.is_change(), Ordering::Relaxed),
                Err(error) => {
                    self.note(format!("cannot be done: {error}"));
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
            Step::Guard { worker } => self.workers.begin(*worker, &self.shell),
            Step::Release { worker } => self.release(*worker)?,
            Step::Keep { reader } => self.readers.keep(*reader, &self.shell),
            Step::Compare { reader } => self.readers.compare(*reader)?,
            Step::Subscribe { listener } => self.listeners.subscribe(*listener, &self.shell),
            Step::Drain { listener } => self.listeners.drain(*listener, self.tally)?,
            Step::Unsubscribe { listener } => self.listeners.unsubscribe(*listener),
            Step::Hammer { times } => self.hammer(*times)?,
            Step::During { files, steps } => self.interrupt(*files, steps),
        }
        self.look()
    }

    pub(super) fn note(&mut self, words: impl std::fmt::Display) {
        _ = writeln!(self.log, "  {} ms: {words}", self.world.now().as_millis());
    }

    pub(super) fn hint(&mut self) -> Result<(), String> {
        self.is_unseen.store(false, Ordering::Relaxed);
        self.call(Cause::Hint, Config::hint)?;
        // The loop has been woken.
        self.turn()
    }

    pub(super) fn turn(&mut self) -> Result<(), String> {
        let wait = self.call(Cause::Due, Config::turn)?;
        let now = self.world.now();
        let expected = self.model.wait(now);
        claim(wait == expected, &format!("the program wants to sleep {wait:?} and not {expected:?}"))?;
        self.wake = wait.map(|wait| now + wait);
        Ok(())
    }

    fn reload(&mut self) -> Result<(), String> {
        let generation = self.model.generation;
        let answer = self.call(Cause::Asked, Config::reload)?;
        if let Err(error) = &answer {
            shows_no_secret(&format!("{error} {error:?}"))?;
        }
        let short = answer.map_err(|error: ConfigError| diagnostics_json(error.diagnostics()));
        if let Ok(reloaded) = &short {
            self.note(format!("{reloaded:?}"));
        }
        let expected: Result<Reloaded, _> = self.model.answer(generation);
        claim(short == expected, &format!("the reload by hand gave {short:?} and not {expected:?}"))
    }

    /// The one who drops the last guard does the reload that waits.
    pub(super) fn release(&mut self, worker: u8) -> Result<(), String> {
        let before = self.workers.count();
        let Some(guard) = self.workers.end(worker) else { return Ok(()) };
        if before == 1 && self.model.awaits_guards() {
            return self.call(Cause::Due, |_| drop(guard));
        }
        drop(guard);
        claim(
            self.world.take_readings().is_empty(),
            "the drop of a guard that nothing waits for read something",
        )
    }

    fn hammer(&mut self, times: u16) -> Result<(), String> {
        for time in 0..times {
            let edit = FileChange::Write { path: APP.into(), text: format!("labels.storm = '{time}'\n") };
            self.step(&Step::Files(edit))?;
            self.reload()?;
        }
        Ok(())
    }

    fn interrupt(&mut self, files: usize, steps: &[Step]) {
        let (world, shell, workers) = (Arc::clone(&self.world), self.shell.clone(), self.workers.clone());
        let (is_unseen, was_hinted) = (Arc::clone(&self.is_unseen), Arc::clone(&self.was_hinted));
        let steps = steps.to_vec();
        let interrupt = move || {
            for step in steps {
                // What cannot be done is not done.
                if let Some(Ok(())) = step.change(&world) {
                    is_unseen.fetch_or(step.is_change(), Ordering::Relaxed);
                }
                match step {
                    Step::Guard { worker } => workers.begin(worker, &shell),
                    Step::Release { worker } => drop(workers.end(worker)),
                    Step::Hint => {
                        is_unseen.store(false, Ordering::Relaxed);
                        was_hinted.store(true, Ordering::Relaxed);
                        shell.hint();
                    }
                    _ => {}
                }
            }
        };
        self.world.interrupt(files, Box::new(interrupt));
    }
}
