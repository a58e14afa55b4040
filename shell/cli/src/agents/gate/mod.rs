//! `gate run|list|show`: agents in parallel, their verdict, and what is kept of it.

use speckit_core::config::redact::Masks;
use speckit_core::{Code, Diagnostic, Key};

use crate::args::GateCommand;
use crate::context::{Context, Exit};
use speckit::store::StoreError;

mod conduct;
mod follow;
mod interruption;
mod kept;
mod prepare;
mod prompt;
mod rescue;
mod run;
mod screen;

pub(crate) fn run(context: &Context, command: &GateCommand) -> Exit {
    let done = match command {
        GateCommand::Run(args) => run::run(context, args),
        GateCommand::List(args) => kept::list(context, args),
        GateCommand::Show { run } => kept::show(context, run),
    };
    done.unwrap_or_else(|outcome| outcome)
}

/// An error about no key.
fn error(code: Code, message: String) -> Diagnostic {
    Diagnostic::error(code, Key::root(), message)
}

/// The database cannot be used.
fn unavailable(error: &StoreError) -> Diagnostic {
    self::error(Code::StoreUnavailable, format!("runs cannot be kept or read: {error}"))
}

/// Says why nothing was done: on stderr, and as JSON.
fn refused(context: &Context, findings: &[Diagnostic], masks: &Masks) -> Exit {
    context.terminal.report(findings, masks);
    if context.is_json() {
        let findings = masks.scrubbed(findings);
        context.terminal.json(&serde_json::json!({ "ok": false, "diagnostics": findings }));
    }
    Exit::Failed
}
