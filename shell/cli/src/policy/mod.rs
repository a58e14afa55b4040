//! `policy check|baseline|dashboard|hooks`: rules over files.

use crate::args::PolicyCommand;
use crate::context::{CommandResult, Context};

mod baseline;
mod check;
mod checker;
mod hooks;
mod output;
mod watch;

pub(crate) fn run(context: &Context, command: &PolicyCommand) -> CommandResult {
    match command {
        PolicyCommand::Check(args) => check::run(context, args),
        PolicyCommand::Baseline { file } => baseline::write_baseline(context, file.as_deref()),
        PolicyCommand::Dashboard(args) => output::dashboard(context, args),
        PolicyCommand::Hooks { command } => hooks::run(context, command),
    }
}
