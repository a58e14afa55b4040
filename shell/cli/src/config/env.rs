//! `env`: the environment variables that can set keys.

use crate::context::{CommandResult, Context};
use speckit::commands::steps::env;

pub(crate) fn run(context: &Context) -> CommandResult {
    let opened = context.open()?;
    context.terminal.report(opened.diagnostics(), &opened.masks());
    context.note_trust(&opened);
    Ok(env(&context.terminal, &opened))
}
