//! A plan that fails, made as short as it can be and still fail.

use crate::config::oracle::Oracle;
use crate::config::run::run;
use crate::config::steps::SimulationPlan;

/// The shortest plan after leaving out steps: halves first, then smaller parts, then single ones.
pub fn shrunk(plan: &SimulationPlan, oracle: &Oracle) -> SimulationPlan {
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
