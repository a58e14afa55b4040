//! The program `speckit`: one module for each command.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

mod agents;
mod app;
mod args;
mod config;
mod context;
mod retry;
mod signals;
mod store;
mod terminal;

use agents::{gate, resolve};
use app::migrate;
use args::{Cli, Command, Format, Globals, RetryCommand};
use config::{check, env, explain, history, init, schema, show, watch};
use context::{Context, Outcome};
use terminal::Terminal;

/// Runs the program with the arguments of the process.
///
/// Exit 0: done, the answer is yes. 1: the answer is no. 2: it could not be done.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let (before, after) = (cli.globals, cli.command.globals());
    let globals = before.and(after);
    let context = Context { globals, terminal: Terminal::new(speckit::internal::environment::no_color()) };
    if context.globals.format == Some(Format::Toml) && !matches!(cli.command, Command::Show(_)) {
        context.terminal.note("error: --format toml is for `show` only\n");
        return ExitCode::from(2);
    }
    let outcome = match cli.command {
        Command::Check(with) => check::run(&context, &with.args),
        Command::Show(with) => show::run(&context, &with.args),
        Command::Explain(with) => explain::run(&context, &with.args),
        Command::Env(_) => env::run(&context),
        Command::Schema(_) => schema::run(&context),
        Command::Init(with) => init::run(&context, &with.args),
        Command::Resolve(with) => resolve::run(&context, &with.args),
        Command::Migrate(with) => migrate::run(&context, &with.args),
        Command::Watch(with) => watch::run(&context, &with.args),
        Command::Store(with) => store::run(&context, &with.args),
        Command::Retry(with) => retry::run(&context, &with.args.command),
        Command::History(with) => history::run(&context, &with.args),
        Command::Gate(with) => gate::run(&context, &with.args.command),
        Command::Completions(with) => {
            let mut text = Vec::new();
            clap_complete::generate(with.args.shell, &mut Cli::command(), "speckit", &mut text);
            context.terminal.result(&String::from_utf8_lossy(&text));
            Outcome::Yes
        }
    };
    match outcome {
        _ if context.terminal.is_lost() => ExitCode::from(2),
        Outcome::Yes => ExitCode::SUCCESS,
        Outcome::No => ExitCode::from(1),
        Outcome::Failed => ExitCode::from(2),
    }
}

impl Command {
    fn globals(&self) -> Globals {
        match self {
            Self::Check(with) => with.globals.clone(),
            Self::Show(with) => with.globals.clone(),
            Self::Explain(with) => with.globals.clone(),
            Self::Env(with) | Self::Schema(with) => with.globals.clone(),
            Self::Init(with) => with.globals.clone(),
            Self::Resolve(with) => with.globals.clone(),
            Self::Migrate(with) => with.globals.clone(),
            Self::Watch(with) => with.globals.clone(),
            Self::Store(with) => with.globals.clone(),
            Self::Retry(with) => with.globals.clone().and(with.args.command.globals()),
            Self::History(with) => match &with.args.command {
                Some(command) => with.globals.clone().and(command.globals().clone()),
                None => with.globals.clone(),
            },
            Self::Gate(with) => with.globals.clone().and(with.args.command.globals().clone()),
            Self::Completions(with) => with.globals.clone(),
        }
    }
}

impl RetryCommand {
    fn globals(&self) -> Globals {
        match self {
            Self::Plan(with) => with.globals.clone(),
            Self::Simulate(with) => with.globals.clone(),
        }
    }
}
