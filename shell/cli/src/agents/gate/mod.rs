//! `gate run|list|show`: agents in parallel, their verdict, and the recorded runs.

use speckit_core::config::redact::Masks;
use speckit_core::{Code, Diagnostic, Key};

use crate::args::GateCommand;
use crate::context::{Context, Exit};
use speckit::store::StoreError;

mod drive;
mod interruption;
mod prepare;
mod prompt;
mod run;
mod runs;
mod screen;
mod show;

pub(crate) fn run(context: &Context, command: &GateCommand) -> Exit {
    let done = match command {
        GateCommand::Run(args) => run::run(context, args),
        GateCommand::List(args) => runs::list(context, args),
        GateCommand::Show { run } => runs::show(context, run),
    };
    done.unwrap_or_else(|outcome| outcome)
}

/// An error that concerns no key.
fn error(code: Code, message: String) -> Diagnostic {
    Diagnostic::error(code, Key::root(), message)
}

/// The error for a database that cannot be used.
fn unavailable(error: &StoreError) -> Diagnostic {
    self::error(Code::StoreUnavailable, format!("runs cannot be recorded or read: {error}"))
}

/// Reports why nothing was done: on stderr, and as JSON.
fn fail_with(context: &Context, diagnostics: &[Diagnostic], masks: &Masks) -> Exit {
    context.report_refusal(diagnostics, masks);
    Exit::Incomplete
}
