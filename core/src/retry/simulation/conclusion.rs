//! The differences between the runs of a comparison, in one sentence.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Comparison, SimulationRun, name};
use crate::text::count;

/// The lowest and the highest value of one measurement, each with the names of the runs that have it.
struct Extremes {
    min: u64,
    min_runs: String,
    max: u64,
    max_runs: String,
}

impl Comparison {
    /// The differences between the runs, in one sentence.
    pub fn conclusion(&self) -> String {
        if self.runs.iter().all(|run| run.refused() == 0) {
            return "No call is refused, so jitter makes no difference here.".into();
        }
        format!("{}; {}; {}.", self.successes(), self.refusals(), self.peaks())
    }

    fn successes(&self) -> String {
        let clients = self.scenario.clients;
        match self.extremes(SimulationRun::succeeded) {
            Err(same) => format!("With every jitter {same} of {clients} clients succeed"),
            Ok(Extremes { min, min_runs, max, max_runs }) if max < u64::from(clients) / 2 => format!(
                "At most {max} of {clients} clients succeed (with {max_runs}), at least {min} (with {min_runs})"
            ),
            Ok(Extremes { min, min_runs, max, max_runs }) => format!(
                "The most clients succeed with {max_runs} ({max} of {clients}), the fewest with {min_runs} ({min})"
            ),
        }
    }

    fn refusals(&self) -> String {
        match self.extremes(SimulationRun::refused) {
            Err(same) => format!(
                "in every run {} {} refused",
                count(same, "call"),
                if same == 1 { "is" } else { "are" }
            ),
            Ok(Extremes { min, min_runs, max, max_runs }) => format!(
                "the fewest calls are refused with {min_runs} ({min}), the most with {max_runs} ({max})"
            ),
        }
    }

    fn peaks(&self) -> String {
        match self.extremes(SimulationRun::later_peak) {
            Err(same) => {
                format!(
                    "without the first 100 ms, the busiest 100 ms have {} in every run",
                    count(same, "call")
                )
            }
            Ok(Extremes { min, min_runs, max, max_runs }) => format!(
                "without the first 100 ms, the busiest 100 ms have {} with {min_runs} and {max} with {max_runs}",
                count(min, "call")
            ),
        }
    }

    /// `Err` has the number if it is the same for all runs.
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
        Ok(Extremes { min, min_runs: named(min), max, max_runs: named(max) })
    }
}

/// `a`, `a and b`, `a, b and c`.
fn enumerated(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}
