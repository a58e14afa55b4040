//! `env`: the environment variables that can set keys.

use speckit_core::Merged;

use crate::context::{CommandResult, Context, Exit};
use crate::terminal::columns;

pub(crate) fn run(context: &Context) -> CommandResult {
    let opened = context.open()?;
    context.terminal.report(opened.diagnostics(), &opened.masks());
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
    context.print(&rows, columns(&["VARIABLE", "KEY", "TYPE", "SET"], &cells));
    Ok(Exit::Ok)
}
