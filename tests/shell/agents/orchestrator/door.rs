//! A door that runs no program: the arguments of a job are its scripts, one an attempt, and the last one again.
//!
//! A script is `say TEXT`, `err TEXT`, `hear TEXT` (of which nothing is kept), `flood LINES`, `wait MS`, `deaf MS` (hears no order but to be killed), `exit CODE`, `signal NUMBER`,
//! `unstarted REASON` (another attempt may help), `missing REASON` (it may not), `panic TEXT`, one after another with `;` between.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use speckit::agents::{Job, OnLine, Order, Orders, Processes, Running};
use speckit::retry::ErrorClass;
use speckit_core::agents::consensus::{AnswerScanner, NoAnswer};
use speckit_core::agents::gate::{Attempt, Ending, Stream};
use speckit_core::agents::process::capture::Ring;
use tokio::time::Instant;

#[derive(Clone, Default)]
pub struct Door(Arc<Mutex<FakeProcesses>>);

#[derive(Default)]
struct FakeProcesses {
    attempts: BTreeMap<String, usize>,
    running: Vec<String>,
    max: usize,
    log: Vec<String>,
    ears: Vec<OnLine>,
    keeps_ears: bool,
}

impl Door {
    /// What happened: each `+name` a job that began, `-name` one that ended, `!name` one that was dropped.
    pub fn log(&self) -> Vec<String> {
        self.0.lock().unwrap().log.clone()
    }

    pub fn running(&self) -> usize {
        self.0.lock().unwrap().running.len()
    }

    /// How many ran at the same time at most.
    pub fn max(&self) -> usize {
        self.0.lock().unwrap().max
    }

    /// From now on it forgets to drop what hears its jobs.
    pub fn keep_ears(&self) {
        self.0.lock().unwrap().keeps_ears = true;
    }
}

/// A job that is there until it is dropped.
struct Present {
    door: Door,
    name: String,
    is_over: bool,
}

impl Present {
    fn new(door: Door, name: &str) -> Self {
        let mut world = door.0.lock().unwrap();
        world.running.push(name.to_owned());
        world.max = world.max.max(world.running.len());
        world.log.push(format!("+{name}"));
        drop(world);
        Self { door, name: name.to_owned(), is_over: false }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut world = self.door.0.lock().unwrap();
        let dir = world.running.iter().position(|name| *name == self.name).unwrap();
        world.running.remove(dir);
        world.log.push(format!("{}{}", if self.is_over { '-' } else { '!' }, self.name));
    }
}

impl Processes for Door {
    fn run(&self, job: Job, mut hear: OnLine, mut orders: Orders) -> Running {
        let door = self.clone();
        Box::pin(async move {
            let (name, started) = (&job.command.program, Instant::now());
            let script = {
                let mut world = door.0.lock().unwrap();
                let attempt = world.attempts.entry(name.clone()).or_default();
                *attempt += 1;
                job.command.args[(*attempt - 1).min(job.command.args.len() - 1)].clone()
            };
            let mut present = Present::new(door.clone(), name);
            let mut scanner = job.scanner;
            let mut streams = [Ring::new(job.output_bytes), Ring::new(job.output_bytes)];
            let deadline = started + job.limits.timeout.unwrap();
            let ending = tokio::select! {
                biased;
                ending = play(&script, &mut hear, &mut orders, &mut streams, &mut scanner) => ending,
                () = tokio::time::sleep_until(deadline) => Ending::TimedOut,
            };
            if door.0.lock().unwrap().keeps_ears {
                door.0.lock().unwrap().ears.push(hear);
            }
            present.is_over = true;
            let [stdout, stderr] = streams.map(Ring::finish);
            let answer = scanner.map_or(Err(NoAnswer::NoObject), AnswerScanner::finish);
            Attempt { ending, stdout, stderr, answer, elapsed: started.elapsed(), leaked: false }
        })
    }
}

async fn play(
    script: &str,
    hear: &mut OnLine,
    orders: &mut Orders,
    streams: &mut [Ring; 2],
    scanner: &mut Option<AnswerScanner>,
) -> Ending {
    for step in script.split(';').map(str::trim) {
        let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
        match verb {
            "say" => {
                hear(Stream::Stdout, rest);
                streams[0].push(rest.as_bytes());
                streams[0].push(b"\n");
                if let Some(scanner) = scanner {
                    scanner.push(rest.as_bytes());
                }
            }
            "hear" => hear(Stream::Stdout, rest),
            "err" => {
                hear(Stream::Stderr, rest);
                streams[1].push(rest.as_bytes());
            }
            "flood" => (0..number(rest)).for_each(|line| hear(Stream::Stdout, &line.to_string())),
            "wait" | "deaf" => {
                let worst = if verb == "wait" { Order::Stop } else { Order::Kill };
                tokio::select! {
                    biased;
                    order = orders.wait_for(|order| *order >= worst) => {
                        order.expect("its orders are there while it runs");
                        return Ending::Cancelled;
                    }
                    () = tokio::time::sleep(Duration::from_millis(number(rest))) => {}
                }
            }
            "exit" => return Ending::Exited { code: number(rest) as i32 },
            "signal" => return Ending::Signalled { signal: number(rest) as i32 },
            "unstarted" => return Ending::NotStarted { class: ErrorClass::Retryable, reason: rest.into() },
            "missing" => return Ending::NotStarted { class: ErrorClass::Permanent, reason: rest.into() },
            // It prints nothing.
            "panic" => std::panic::resume_unwind(Box::new(rest.to_owned())),
            other => panic!("no such step: {other}"),
        }
    }
    Ending::Exited { code: 0 }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap()
}
