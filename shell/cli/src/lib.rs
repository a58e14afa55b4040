//! The program `speckit`: one module for each command.

use std::process::ExitCode;

mod agents;
mod app;
mod args;
mod auth;
mod bench;
mod config;
mod context;
mod policy;
mod rescue;
mod retry;
mod signals;
mod store;
mod terminal;

use agents::{gate, resolve};
use app::{migrate, trust};
use args::{Cli, Command, OutputFormat, PolicyCommand};
use config::{check, env, explain, history, init, schema, show, watch};
use context::{Context, Exit};
use speckit::internal::environment;
use terminal::Terminal;

/// Runs the program with the arguments of the process.
///
/// Exit status 0: success. 1: errors were found, or too few agents succeeded. 2: the command could not run.
pub fn run() -> ExitCode {
    signals::survive_file_size_limit();
    let terminal = Terminal::new(environment::no_color(), environment::has_dumb_terminal());
    let (outcome, terminal) = match Cli::parsed(&environment::arguments()) {
        Ok((cli, globals)) => {
            let terminal = terminal.with_json(globals.format == Some(OutputFormat::Json));
            let context = Context { globals, terminal };
            (execute(&context, cli.command), context.terminal)
        }
        Err(error) => {
            terminal.usage(&error);
            (if error.use_stderr() { Exit::Incomplete } else { Exit::Ok }, terminal)
        }
    };
    ExitCode::from(terminal.exit(outcome).status())
}

fn execute(context: &Context, command: Command) -> Exit {
    match context.globals.format {
        Some(OutputFormat::Toml) if !matches!(command, Command::Show(_)) => {
            return context.fail("--format toml is for `show` only");
        }
        Some(format)
            if format.is_of_policy()
                && !matches!(command, Command::Policy { command: PolicyCommand::Check(_) }) =>
        {
            return context.fail("the formats sarif, markdown, html and github are for `policy check` only");
        }
        _ => {}
    }
    let result = match command {
        Command::Check { files } => check::run(context, &files),
        Command::Show(args) => show::run(context, &args),
        Command::Explain { key } => explain::run(context, &key),
        Command::Env => env::run(context),
        Command::Schema => schema::run(context),
        Command::Init(args) => init::run(context, &args),
        Command::Resolve(args) => Ok(resolve::run(context, &args)),
        Command::Migrate(args) => migrate::run(context, &args),
        Command::Trust(args) => trust::run(context, &args),
        Command::Untrust { file } => trust::untrust(context, &file),
        Command::Watch(args) => watch::run(context, &args),
        Command::Store { command } => store::run(context, &command),
        Command::Retry { command } => retry::run(context, &command),
        Command::History { command } => history::run(context, command.as_ref()),
        Command::Gate { command } => Ok(gate::run(context, &command)),
        Command::Bench { command } => bench::run(context, &command),
        Command::Policy { command } => policy::run(context, &command),
        Command::Auth { command } => auth::run(context, &command),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::with_globals(), "speckit", &mut text);
            context.terminal.result(&String::from_utf8_lossy(&text));
            Ok(Exit::Ok)
        }
    };
    result.unwrap_or_else(|exit| exit)
}
