//! A comparison as JSON.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::Serialize;

use super::{Comparison, NETWORK_MS, SimulationRun, WINDOW_MS};
use crate::plot::scale::{fractional_ms, whole_ms};
use crate::retry::{Jitter, RetryConfig};

#[derive(Serialize)]
struct ComparisonJson {
    seed: u64,
    clients: u32,
    capacity: u32,
    window_ms: u64,
    network_ms: u64,
    retry: RetryConfig,
    runs: Vec<RunJson>,
    conclusion: String,
}

#[derive(Serialize)]
struct RunJson {
    jitter: Jitter,
    succeeded: u64,
    gave_up: u64,
    calls: u64,
    refused: u64,
    peak: u64,
    later_peak: u64,
    last_success_ms: Option<f64>,
    /// `mean`, `p50` and `p99`.
    latency_ms: BTreeMap<&'static str, Option<f64>>,
    load: Vec<LoadJson>,
}

#[derive(Serialize)]
struct LoadJson {
    at_ms: u64,
    calls: u64,
    answered: u64,
}

impl Comparison {
    /// The comparison as one JSON document. Times are milliseconds, `null` where no client succeeded; windows without
    /// a call are left out.
    pub fn to_json(&self) -> impl Serialize + use<> {
        ComparisonJson {
            seed: self.seed.number(),
            clients: self.scenario.clients,
            capacity: self.scenario.capacity,
            window_ms: WINDOW_MS,
            network_ms: NETWORK_MS,
            retry: self.config,
            runs: self.runs.iter().map(of_run).collect(),
            conclusion: self.conclusion(),
        }
    }
}

fn of_run(run: &SimulationRun) -> RunJson {
    let ms = |time: Option<Duration>| time.map(fractional_ms);
    let load = run.load.iter();
    RunJson {
        jitter: run.jitter,
        succeeded: run.succeeded(),
        gave_up: run.gave_up,
        calls: run.calls(),
        refused: run.refused(),
        peak: run.peak(),
        later_peak: run.later_peak(),
        last_success_ms: ms(run.last_success()),
        latency_ms: [("mean", run.mean_latency()), ("p50", run.latency(50)), ("p99", run.latency(99))]
            .map(|(name, time)| (name, ms(time)))
            .into(),
        load: load
            .map(|load| LoadJson { at_ms: whole_ms(load.start), calls: load.calls, answered: load.answered })
            .collect(),
    }
}
