//! `bench list`.

use serde_json::json;
use speckit_core::bench::report::LIST_HEADINGS;
use speckit_core::bench::{Baseline, BenchRun};
use speckit_core::text::{columns, visible};

use super::database::Kept;
use crate::context::{CommandResult, Context, Exit, visible_path};
use speckit::bench::Baselines;

pub(super) fn list(context: &Context) -> CommandResult {
    let kept = Kept::open(context)?;
    let baselines = kept.with(Baselines::all)?;
    let last = kept.with(Baselines::last_run)?;
    if context.is_json() {
        let entries = |baselines: &[Baseline]| baselines.iter().map(|one| json!(one.to_json())).collect();
        let kept_entries: Vec<_> = entries(&baselines);
        let last: Option<Vec<_>> = last.map(|run| entries(&run.into_baselines().collect::<Vec<_>>()));
        context.terminal.json(&json!({ "database": kept.path, "baselines": kept_entries, "last_run": last }));
        return Ok(Exit::Ok);
    }
    let table = if baselines.is_empty() {
        format!(
            "no benchmark is kept in `{}`: `speckit bench save NAME` keeps the last run\n",
            visible_path(&kept.path)
        )
    } else {
        columns(&LIST_HEADINGS, &baselines.iter().map(Baseline::cells).collect::<Vec<_>>())
    };
    context.terminal.result(&(table + &last.map_or_else(String::new, |run| last_line(&run))));
    Ok(Exit::Ok)
}

fn last_line(run: &BenchRun) -> String {
    let names: Vec<String> =
        run.benchmarks.iter().map(|benchmark| format!("`{}`", visible(&benchmark.name))).collect();
    format!("last run: {}\n", names.join(", "))
}
