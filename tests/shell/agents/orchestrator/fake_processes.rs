//! Processes that exist only in memory. The arguments of a job are its scripts: one for each attempt, and the last one for
//! all further attempts.
//!
//! A script is a list of steps, separated by `;`:
//!
//! - `stdout TEXT` and `stderr TEXT` report a line and keep it; `report TEXT` and `flood LINES` report lines of the
//!   standard output and keep nothing
//! - `wait MS`; `ignore-stop MS`, which only [`Order::Kill`] interrupts
//! - `exit CODE`, `signal NUMBER`, `panic TEXT`; `silent`, which is an exit with 0. Before every other exit with 0 a word is written
//!   that is neither reported nor kept
//! - `fail-start REASON`, a retryable failure; `missing REASON`, a permanent one

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use speckit::agents::{Job, OnLine, Order, Orders, Processes, Running};
use speckit::retry::ErrorClass;
use speckit_core::agents::consensus::OutputReader;
use speckit_core::agents::gate::{Attempt, Ending, Stream};
use speckit_core::agents::process::capture::Ring;
use tokio::time::Instant;

#[derive(Clone, Default)]
pub struct FakeProcesses(Arc<Mutex<FakeState>>);

#[derive(Default)]
struct FakeState {
    attempts: BTreeMap<String, usize>,
    running: Vec<String>,
    peak: usize,
    log: Vec<String>,
    kept_listeners: Vec<OnLine>,
    keeps_listeners: bool,
}

impl FakeProcesses {
    /// What happened to the jobs: `+name` began, `-name` ended, `!name` was dropped.
    pub fn log(&self) -> Vec<String> {
        self.0.lock().unwrap().log.clone()
    }

    pub fn running(&self) -> usize {
        self.0.lock().unwrap().running.len()
    }

    /// How many jobs ran at the same time at most.
    pub fn peak(&self) -> usize {
        self.0.lock().unwrap().peak
    }

    /// From now on, the listeners of ended jobs are not dropped.
    pub fn keep_listeners(&self) {
        self.0.lock().unwrap().keeps_listeners = true;
    }
}

/// Counts a job as running until it is dropped.
struct RunningJob {
    processes: FakeProcesses,
    name: String,
    has_ended: bool,
}

impl RunningJob {
    fn new(processes: FakeProcesses, name: &str) -> Self {
        let mut state = processes.0.lock().unwrap();
        state.running.push(name.to_owned());
        state.peak = state.peak.max(state.running.len());
        state.log.push(format!("+{name}"));
        drop(state);
        Self { processes, name: name.to_owned(), has_ended: false }
    }
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        let mut state = self.processes.0.lock().unwrap();
        let index = state.running.iter().position(|name| *name == self.name).unwrap();
        state.running.remove(index);
        state.log.push(format!("{}{}", if self.has_ended { '-' } else { '!' }, self.name));
    }
}

impl Processes for FakeProcesses {
    fn run(&self, job: Job, mut on_line: OnLine, mut orders: Orders) -> Running {
        let processes = self.clone();
        Box::pin(async move {
            let (name, started) = (&job.command.program, Instant::now());
            let script = {
                let mut state = processes.0.lock().unwrap();
                let attempt = state.attempts.entry(name.clone()).or_default();
                *attempt += 1;
                job.command.args[(*attempt - 1).min(job.command.args.len() - 1)].clone()
            };
            let mut running_job = RunningJob::new(processes.clone(), name);
            let mut reader = job.reader;
            let mut streams = [Ring::new(job.output_bytes), Ring::new(job.output_bytes)];
            let deadline = started + job.limits.timeout.unwrap();
            let ending = tokio::select! {
                biased;
                ending = run_script(&script, &mut on_line, &mut orders, &mut streams, &mut reader) => ending,
                () = tokio::time::sleep_until(deadline) => Ending::TimedOut,
            };
            if processes.0.lock().unwrap().keeps_listeners {
                processes.0.lock().unwrap().kept_listeners.push(on_line);
            }
            running_job.has_ended = true;
            let [stdout, stderr] = streams.map(Ring::finish);
            let reading = reader.finish();
            Attempt {
                ending,
                stdout,
                stderr,
                reading,
                elapsed: started.elapsed(),
                leaked: false,
                left: Vec::new(),
            }
        })
    }
}

async fn run_script(
    script: &str,
    on_line: &mut OnLine,
    orders: &mut Orders,
    streams: &mut [Ring; 2],
    reader: &mut OutputReader,
) -> Ending {
    for step in script.split(';').map(str::trim) {
        let (name, argument) = step.split_once(' ').unwrap_or((step, ""));
        match name {
            "stdout" => {
                on_line(Stream::Stdout, argument);
                streams[0].push(argument.as_bytes());
                streams[0].push(b"\n");
                reader.push(argument.as_bytes());
            }
            "report" => on_line(Stream::Stdout, argument),
            "stderr" => {
                on_line(Stream::Stderr, argument);
                streams[1].push(argument.as_bytes());
            }
            "flood" => (0..number(argument)).for_each(|line| on_line(Stream::Stdout, &line.to_string())),
            "wait" | "ignore-stop" => {
                let interrupting_order = if name == "wait" { Order::Stop } else { Order::Kill };
                tokio::select! {
                    biased;
                    order = orders.wait_for(|order| *order >= interrupting_order) => {
                        order.expect("the orchestrator keeps the sender while the job runs");
                        return Ending::Cancelled;
                    }
                    () = tokio::time::sleep(Duration::from_millis(number(argument))) => {}
                }
            }
            "silent" => return Ending::Exited { code: 0 },
            "exit" if argument == "0" => break,
            "exit" => return Ending::Exited { code: number(argument) as i32 },
            "signal" => return Ending::Signalled { signal: number(argument) as i32 },
            "fail-start" => {
                return Ending::NotStarted { class: ErrorClass::Retryable, reason: argument.into() };
            }
            "missing" => return Ending::NotStarted { class: ErrorClass::Permanent, reason: argument.into() },
            // Unlike `panic!`, this does not print a message.
            "panic" => std::panic::resume_unwind(Box::new(argument.to_owned())),
            other => panic!("no such step: {other}"),
        }
    }
    reader.push(b"done");
    Ending::Exited { code: 0 }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap()
}
