//! `policy hooks`: rules over what is committed and pushed.

use crate::args::PolicyCommand;
use crate::context::{CommandResult, Context};

mod hooks;

pub(crate) fn run(context: &Context, command: &PolicyCommand) -> CommandResult {
    match command {
        PolicyCommand::Hooks { command } => hooks::run(context, command),
    }
}
