//! `env`: the table of variables and keys.

use speckit_core::Merged;

use crate::context::{Context, Outcome};
use crate::terminal::columns;

pub(crate) fn run(context: &Context) -> Outcome {
    let opened = match context.open() {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    context.terminal.report(opened.findings(), &opened.masks());
    let root = opened.merged().map(Merged::root);
    let rows = opened
        .rules()
        .keys()
        .variable_names(root)
        .map(|names| names.table(opened.environment()))
        .unwrap_or_default();
    if context.is_json() {
        context.terminal.json(&rows);
        return Outcome::Yes;
    }
    let cells: Vec<[String; 4]> = rows
        .iter()
        .map(|row| {
            let set = if row.set { "set" } else { "" };
            [row.variable.clone(), row.key.to_string(), row.types.to_string(), set.to_string()]
        })
        .collect();
    context.terminal.result(&columns(&["VARIABLE", "KEY", "TYPE", "SET"], &cells));
    Outcome::Yes
}
