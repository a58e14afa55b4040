//! The differences between the runs of a comparison, in one sentence.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Comparison, SimulationRun, name};
use crate::text::count;

/// The lowest and the highest value of a number, each with the names of its runs.
struct Extremes {
    min: u64,
    with_min: String,
    max: u64,
    with_max: String,
}

impl Comparison {
    /// The differences between the runs, in one sentence.
    pub fn conclusion(&self) -> String {
        if self.runs.iter().all(|run| run.refused() == 0) {
            return "No call is refused, so that jitter makes no difference here.".into();
        }
        format!("{}; {}; {}.", self.successes(), self.refusals(), self.peaks())
    }

    fn successes(&self) -> String {
        let clients = self.scenario.clients;
        match self.extremes(SimulationRun::succeeded) {
            Err(same) => format!("With every jitter {same} of {clients} clients succeed"),
            Ok(Extremes { min, with_min, max, with_max }) if max < u64::from(clients) / 2 => format!(
                "Even with {with_max} only {max} of {clients} clients succeed, fewest with {with_min} ({min})"
            ),
            Ok(Extremes { min, with_min, max, with_max }) => format!(
                "Most clients succeed with {with_max} ({max} of {clients}), fewest with {with_min} ({min})"
            ),
        }
    }

    fn refusals(&self) -> String {
        match self.extremes(SimulationRun::refused) {
            Err(same) => format!("each has {} refused", count(same, "call")),
            Ok(Extremes { min, with_min, max, with_max }) => format!(
                "the fewest calls are refused with {with_min} ({min}), the most with {with_max} ({max})"
            ),
        }
    }

    fn peaks(&self) -> String {
        match self.extremes(SimulationRun::later_peak) {
            Err(same) => format!("the busiest 100 ms after the first have {}", count(same, "call")),
            Ok(Extremes { min, with_min, max, with_max }) => format!(
                "after the first 100 ms the peak is lowest with {with_min} ({} in 100 ms) and highest with {with_max} ({max})",
                count(min, "call")
            ),
        }
    }

    /// # Errors
    /// The number, where it is the same for all runs.
    fn extremes(&self, number: impl Fn(&SimulationRun) -> u64) -> Result<Extremes, u64> {
        let numbers = || self.runs.iter().map(&number);
        let (min, max) = (numbers().min().unwrap_or(0), numbers().max().unwrap_or(0));
        if min == max {
            return Err(max);
        }
        let named = |wanted: u64| {
            let runs = self.runs.iter().filter(|run| number(run) == wanted);
            enumerated(&runs.map(|run| name(run.jitter)).collect::<Vec<_>>())
        };
        Ok(Extremes { min, with_min: named(min), max, with_max: named(max) })
    }
}

/// `a`, `a and b`, `a, b and c`.
fn enumerated(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}
