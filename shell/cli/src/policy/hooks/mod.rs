//! `policy hooks install|status|uninstall`, and `run`, which the hooks call.

use std::path::Path;

use speckit::policy::{GitError, GitRepository, HookError, HookName};

use crate::args::HooksCommand;
use crate::context::{CommandResult, Context, Exit};

mod install;
mod run;
mod status;
mod uninstall;

pub(super) fn run(context: &Context, command: &HooksCommand) -> CommandResult {
    match command {
        HooksCommand::Install { names } => install::run(context, named_or_all(names)),
        HooksCommand::Status { names } => status::run(context, named_or_all(names)),
        HooksCommand::Uninstall { names } => uninstall::run(context, named_or_all(names), !names.is_empty()),
        HooksCommand::Run { name, arguments } => run::run(context, *name, arguments),
    }
}

fn named_or_all(names: &[HookName]) -> &[HookName] {
    if names.is_empty() { &HookName::ALL } else { names }
}

/// The repository of the working folder.
fn repository(context: &Context) -> Result<GitRepository, Exit> {
    GitRepository::discover(Path::new(".")).map_err(|error| git_refused(context, &error))
}

fn git_refused(context: &Context, error: &GitError) -> Exit {
    context.refuse(&[error.diagnostic()])
}

fn refused(context: &Context, error: &HookError) -> Exit {
    context.refuse(&[error.diagnostic()])
}
