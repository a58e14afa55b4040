//! `env`: the table of variables and keys.

use speckit_core::Merged;

use crate::context::{Context, Outcome};

pub(crate) fn run(context: &Context) -> Outcome {
    let opened = match context.open() {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    context.terminal.report(opened.findings(), &opened.masks());
    let root = opened.merged().map(Merged::root);
    let rows = opened.rules().names(root).map(|names| names.table(opened.environment())).unwrap_or_default();
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

/// Rows in aligned columns, two spaces between them.
pub(crate) fn columns<const N: usize>(header: &[&str; N], rows: &[[String; N]]) -> String {
    let header = header.map(String::from);
    let all = || std::iter::once(&header).chain(rows);
    let mut widths = [0; N];
    for row in all() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string() + "\n"
    };
    all().map(line).collect()
}
