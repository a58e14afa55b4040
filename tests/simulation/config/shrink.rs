//! Shortens a plan that fails.

use crate::config::oracle::Oracle;
use crate::config::run::run;
use crate::config::steps::SimulationPlan;

/// Removes steps from a plan as long as it fails: first halves, then smaller parts, then single steps.
pub fn shrink_plan(plan: &SimulationPlan, oracle: &Oracle) -> SimulationPlan {
    let fails = |plan: &SimulationPlan| run(plan, oracle).failure.is_some();
    let mut shortest = plan.clone();
    let mut size = shortest.steps.len().next_power_of_two();
    while size > 0 {
        let mut at = 0;
        while at < shortest.steps.len() {
            let mut shorter = shortest.clone();
            let end = (at + size).min(shorter.steps.len());
            shorter.steps.drain(at..end);
            if fails(&shorter) {
                shortest = shorter;
            } else {
                at += size;
            }
        }
        size /= 2;
    }
    shortest
}
