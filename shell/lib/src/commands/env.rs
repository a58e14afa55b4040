//! `env`: the environment variables that can set keys.

use speckit_core::config::source::listing;
use speckit_core::{Exit, Merged};

use crate::config::inspection::Inspection;
use crate::os::output::Output;

/// Prints the variables of a configuration, whose diagnostics were reported.
pub fn env(output: &Output, opened: &Inspection) -> Exit {
    let root = opened.merged().map(Merged::root);
    let names = opened.rules().keys().variable_names(root);
    let variables = opened.variables();
    let rows = names.map(|names| names.table(&variables)).unwrap_or_default();
    output.print(&rows, listing(names.as_ref(), &variables));
    Exit::Ok
}
