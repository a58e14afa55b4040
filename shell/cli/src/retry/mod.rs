//! `retry plan` and `retry simulate`: what the settings of retries do, before they do it.

use std::path::Path;

use serde::Serialize;
use speckit_core::app::AppConfig;
use speckit_core::config::resolve::Resolved;
use speckit_core::retry::simulation::{Scenario, compare, plan};
use speckit_core::retry::{RetryConfig, Seed};

use crate::args::{RetryCommand, SimulateArgs};
use crate::context::{Context, Outcome, verdict};
use speckit::internal::documents::write_atomically;

pub(crate) fn run(context: &Context, command: &RetryCommand) -> Outcome {
    let config = match settings(context) {
        Ok(config) => config,
        Err(outcome) => return outcome,
    };
    match command {
        RetryCommand::Plan(with) => {
            let plan = plan(&config, Seed::new(with.args.seed));
            match context.is_json() {
                true => context.terminal.json(&plan.to_json()),
                false => context.terminal.result(&plan.to_text()),
            }
            Outcome::Yes
        }
        RetryCommand::Simulate(with) => simulate(context, &with.args, &config),
    }
}

/// The `[retry]` settings of the layered configuration; under a schema that was given, the built-in ones.
fn settings(context: &Context) -> Result<RetryConfig, Outcome> {
    let (opened, checked) = context.open_valid()?;
    if !context.is_application() {
        return Ok(RetryConfig::default());
    }
    let config: Resolved<AppConfig> = checked.typed().map_err(|refused| {
        context.terminal.report(refused.findings(), &opened.masks());
        verdict(refused.findings())
    })?;
    Ok(config.config().retry)
}

/// So many calls are simulated within some seconds.
const MOST_CALLS: u64 = 2_000_000;

fn simulate(context: &Context, args: &SimulateArgs, config: &RetryConfig) -> Outcome {
    let scenario = Scenario { clients: args.clients, capacity: args.capacity };
    if args.svg.as_deref() == Some(Path::new("-")) {
        let why = "error: `-` is no file: --svg writes one\nhelp: name it, such as `--svg herd.svg`\n";
        context.terminal.note(why);
        return Outcome::Failed;
    }
    let calls = u64::from(args.clients) * u64::from(config.max_attempts);
    if calls > MOST_CALLS {
        context.terminal.note(&format!(
            "error: {} clients with {} attempts each are up to {calls} calls, and {MOST_CALLS} are the most\n\
             help: fewer clients, or fewer attempts: --set retry.max_attempts=N\n",
            args.clients, config.max_attempts
        ));
        return Outcome::Failed;
    }
    let comparison = compare(config, scenario, Seed::new(args.seed));
    if let Some(path) = &args.svg
        && let Err(error) = write_atomically(path, &comparison.to_svg())
    {
        let name = path.display();
        let why = format!(
            "error: `{name}` cannot be written: {error}\nhelp: name a file in a folder that is there\n"
        );
        context.terminal.note(&why);
        return Outcome::Failed;
    }
    if context.is_json() {
        #[derive(Serialize)]
        struct Json<'a, C> {
            #[serde(flatten)]
            comparison: C,
            svg: Option<&'a Path>,
        }
        context.terminal.json(&Json { comparison: comparison.to_json(), svg: args.svg.as_deref() });
        return Outcome::Yes;
    }
    context.terminal.result(&comparison.to_text(context.terminal.columns()));
    if let Some(path) = &args.svg {
        context.terminal.result(&format!("\nwrote {}\n", path.display()));
    }
    Outcome::Yes
}
