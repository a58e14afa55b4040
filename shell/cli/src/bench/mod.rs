//! `bench run|save|list|compare|report|export|import`: commands are measured, kept and compared.

use crate::args::BenchCommand;
use crate::context::{CommandResult, Context};

mod compare;
mod database;
mod document;
mod list;
#[cfg(unix)]
mod measuring;
#[cfg(unix)]
mod progress_line;
#[cfg(unix)]
mod recording;
#[cfg(unix)]
mod run;

pub(crate) fn run(context: &Context, command: &BenchCommand) -> CommandResult {
    match command {
        #[cfg(unix)]
        BenchCommand::Run(args) => run::run(context, args),
        #[cfg(not(unix))]
        BenchCommand::Run(_) => Err(context.fail("commands can only be measured on Unix")),
        BenchCommand::Save { name } => document::save(context, name),
        BenchCommand::List => list::list(context),
        BenchCommand::Compare(args) => compare::compare(context, args),
        BenchCommand::Report(args) => document::report(context, args),
        BenchCommand::Export { file, names } => document::export(context, file, names),
        BenchCommand::Import { file } => document::import(context, file),
    }
}
