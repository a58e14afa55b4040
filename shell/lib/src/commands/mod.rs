//! The commands of a program about its own settings: `myapp config show`, `explain`, `check`, `env`, `schema` and `init`.
//!
//! [`ConfigCommand`] is a subcommand of clap that works over any [`Builder`]; [the guide](crate::guide::commands) shows a whole
//! program. Results go to stdout and diagnostics to stderr. Exit status 0: done; 1: the answer is no; 2: it could not be done.

use std::process::ExitCode;

use serde::de::DeserializeOwned;

use crate::config::builder::Builder;
use crate::os::environment;
use crate::os::output::Output;

mod args;
mod check;
mod env;
mod explain;
mod init;
mod outcome;
mod own_documents;
mod show;

pub use args::{CheckArgs, ConfigCommand, EnvArgs, ExplainArgs, InitArgs, ShowArgs};

/// The commands without their arguments, which the program `speckit` performs too.
#[doc(hidden)]
pub mod steps {
    pub use super::check::{check, masks_for};
    pub use super::env::env;
    pub use super::explain::{explanation, print_explanation};
    pub use super::init::{init, schema_address};
    pub use super::outcome::{CommandResult, valid};
    pub use super::show::{Selection, show};
}

impl ConfigCommand {
    /// Performs the command over the settings of a builder: prints the result on stdout and diagnostics on stderr, and returns the exit
    /// status of the program.
    pub fn run<T: DeserializeOwned + Send + Sync + 'static>(self, builder: Builder<T>) -> ExitCode {
        let output = Output::new(environment::no_color(), environment::has_dumb_terminal());
        let output = output.with_json(self.is_json());
        let ended = self.perform(builder, &output).unwrap_or_else(|exit| exit);
        ExitCode::from(output.exit(ended).status())
    }

    fn perform<T>(self, builder: Builder<T>, output: &Output) -> outcome::CommandResult
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let inspected =
            |builder: Builder<T>| builder.inspect().map_err(|error| output.refuse(error.diagnostics()));
        match self {
            Self::Show(args) => {
                let opened = inspected(builder)?;
                let checked = outcome::valid(output, &opened)?;
                let key = args.key.as_deref().unwrap_or_default();
                let selected = show::Selection { key, origins: args.origins, reveal: args.reveal };
                show::show(output, checked, selected)
            }
            Self::Explain(args) => {
                let opened = inspected(builder)?;
                output.report(opened.diagnostics(), &opened.masks());
                let explanation = explain::explanation(output, &opened, &args.key)?;
                Ok(explain::print_explanation(output, &opened, &explanation))
            }
            Self::Check(_) => {
                let opened = inspected(builder)?;
                Ok(check::check(output, &opened, opened.diagnostics()))
            }
            Self::Env(_) => {
                let opened = inspected(builder)?;
                output.report(opened.diagnostics(), &opened.masks());
                Ok(env::env(output, &opened))
            }
            Self::Schema => own_documents::schema(builder, output),
            Self::Init(args) => own_documents::init(builder, &args, output),
        }
    }
}
