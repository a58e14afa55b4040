//! Measures commands in the order of a schedule.

use std::time::Duration;

use speckit_core::bench::plan::{PlannedRun, Schedule, StopRule, Variation};
use speckit_core::bench::{BenchRun, Machine, Provenance, Recorder};
use speckit_core::retry::Seed;

use super::progress_line::ProgressLine;
use super::recording::Recording;
use crate::args::BenchRunArgs;
use crate::terminal::Terminal;
use speckit::bench::{CommandError, CommandRunner, CommandStopper, machine, memory_floor_bytes};

/// Commands with what was measured of them so far.
pub(super) struct Measuring {
    schedule: Schedule,
    machine: Machine,
    seed: Seed,
    commands: Vec<MeasuredCommand>,
    /// Whether the first failed run does not end the measuring.
    ignores_failures: bool,
}

struct MeasuredCommand {
    runner: CommandRunner,
    prepare: Option<CommandRunner>,
    recorder: Recorder,
}

/// Why the measuring ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// All runs are done.
    Done,
    /// A run failed.
    Failed,
    /// The user interrupted it.
    Interrupted,
    /// A command could not be started or measured, or the preparation of a run failed.
    Unable(String),
}

impl Measuring {
    pub(super) fn new(
        args: &BenchRunArgs,
        variations: &[Variation],
        names: Vec<String>,
        (seed, provenance, stopper): (Seed, &Provenance, &CommandStopper),
    ) -> Self {
        let rule = args.runs.map_or_else(StopRule::default, StopRule::Runs);
        let runner = |command: &[String]| {
            let (program, arguments) = command.split_first()?;
            let runner = CommandRunner::new(program, arguments).seed(seed).stopped_by(stopper);
            Some(args.timeout.into_iter().fold(runner, CommandRunner::timeout))
        };
        let command = |(variation, name): (&Variation, String)| {
            let recorder = Recorder::of_variation(name, variation).with_warmup(args.warmup);
            let recorder = recorder.with_provenance(provenance.clone());
            Some(MeasuredCommand {
                runner: runner(&variation.command)?,
                prepare: runner(&variation.prepare),
                recorder: if args.ignore_failure { recorder.counting_failures() } else { recorder },
            })
        };
        let commands: Vec<_> = variations.iter().zip(names).filter_map(command).collect();
        Self {
            schedule: Schedule::new(commands.len(), args.warmup, rule, seed),
            machine: machine(),
            seed,
            commands,
            ignores_failures: args.ignore_failure,
        }
    }

    /// The benchmarks as they are now, without comparisons.
    pub(super) fn so_far(&self) -> BenchRun {
        BenchRun {
            benchmarks: self.commands.iter().map(|command| command.recorder.benchmark().clone()).collect(),
            comparisons: Vec::new(),
            machine: self.machine.clone(),
            seed: Some(self.seed.number()),
        }
    }

    /// Measures until the end.
    pub(super) fn measure(&mut self, terminal: &Terminal, recording: &mut Recording) -> Ending {
        let mut line = ProgressLine::on(terminal);
        let ending = self.run_all(&mut line, recording);
        let floor = memory_floor_bytes();
        for command in &mut self.commands {
            command.recorder.set_memory_floor(floor);
            if !matches!(ending, Ending::Done) {
                command.recorder.interrupt();
            }
        }
        ending
    }

    fn run_all(&mut self, line: &mut ProgressLine<'_>, recording: &mut Recording) -> Ending {
        while let Some(run) = self.schedule.next_run() {
            let Some(command) = self.commands.get_mut(run.benchmark) else { return Ending::Done };
            line.show(&self.schedule, run, command.recorder.benchmark());
            match command.run(run, self.ignores_failures) {
                Ok((elapsed, is_success)) => {
                    self.schedule.finished(elapsed);
                    recording.update(|| self.so_far());
                    if !is_success && !self.ignores_failures {
                        return Ending::Failed;
                    }
                }
                Err(ending) => return ending,
            }
        }
        Ending::Done
    }
}

impl MeasuredCommand {
    /// Prepares and runs the command once; returns its elapsed time, and whether it succeeded.
    fn run(&mut self, run: PlannedRun, ignores_failures: bool) -> Result<(Duration, bool), Ending> {
        if let Some(prepare) = &mut self.prepare {
            let prepared = prepare.run().map_err(|error| unable("--prepare: ", &error))?;
            if !prepared.outcome.is_success() {
                let line = prepared.last_line.map_or_else(String::new, |line| format!(": {line}"));
                return Err(Ending::Unable(format!("--prepare failed ({}){line}", prepared.outcome)));
            }
        }
        let record = self.runner.run().map_err(|error| unable("", &error))?;
        let (elapsed, is_success) = (Duration::from_nanos(record.elapsed_ns), record.outcome.is_success());
        // A failed run for warm-up ends the measuring, and is its reason.
        if !run.is_warmup() || !(is_success || ignores_failures) {
            self.recorder.add(record);
        }
        Ok((elapsed, is_success))
    }
}

fn unable(place: &str, error: &CommandError) -> Ending {
    match error {
        CommandError::Stopped => Ending::Interrupted,
        error => Ending::Unable(format!("{place}{error}")),
    }
}
