//! `env`: the environment variables that can set keys.

use speckit_core::Merged;
use speckit_core::config::source::FreeNames;

use crate::context::{CommandResult, Context, Exit};
use crate::terminal::columns;

/// The rule for the names that no schema and no type lists.
fn free_names(maps: &[FreeNames]) -> String {
    let rows: Vec<[String; 3]> = maps
        .iter()
        .map(|map| {
            let (name, capitals) = if map.keeps_case { ("NAME", "kept") } else { ("name", "become small") };
            [map.variable.clone() + "NAME", map.table.child(name).to_string(), capitals.to_string()]
        })
        .collect();
    let table = columns(&["FREE NAME", "KEY", "CAPITALS"], &rows);
    format!("{table}a name with a small letter stays as it is\n")
}

pub(crate) fn run(context: &Context) -> CommandResult {
    let opened = context.open()?;
    context.terminal.report(opened.diagnostics(), &opened.masks());
    context.note_trust(&opened);
    let root = opened.merged().map(Merged::root);
    let names = opened.rules().keys().variable_names(root);
    let rows = names.map(|names| names.table(opened.environment())).unwrap_or_default();
    let cells: Vec<[String; 4]> = rows
        .iter()
        .map(|row| {
            let set = if row.set { "set" } else { "" };
            [row.variable.clone(), row.key.to_string(), row.types.to_string(), set.to_string()]
        })
        .collect();
    let free = names.map(|names| names.free_names()).unwrap_or_default();
    let table = columns(&["VARIABLE", "KEY", "TYPE", "SET"], &cells);
    context.print(&rows, if free.is_empty() { table } else { format!("{table}\n{}", free_names(&free)) });
    Ok(Exit::Ok)
}
