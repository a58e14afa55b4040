//! Runs as a table.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{short, table};
use crate::agents::gate::measures::elapsed;
use crate::agents::gate::run::Run;
use crate::text::{rfc3339, visible};

/// Runs with their numbers as a table, in the given order: number, start, stage, specification, verdict, counted agents, elapsed
/// time. A sentence if there are none.
pub fn list_text(runs: &[(i64, Run)]) -> String {
    let row = |(number, run): &(i64, Run)| {
        let verdict = run.decision.verdict.name();
        Vec::from([
            number.to_string(),
            rfc3339(run.started_at_ms),
            visible(&run.stage),
            short(&run.spec),
            if run.cancelled { format!("{verdict}, called off") } else { verdict.into() },
            format!("{}/{}", run.decision.ok, run.decision.total),
            elapsed(run.elapsed_ms),
        ])
    };
    match runs {
        [] => "no run of a gate is stored\n".into(),
        runs => table(&runs.iter().map(row).collect::<Vec<_>>(), &[0, 5, 6], ""),
    }
}
