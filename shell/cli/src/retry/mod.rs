//! `retry plan` and `retry simulate`: previews of the `[retry]` settings.

use std::path::Path;

use serde::Serialize;
use speckit_core::retry::simulation::{Scenario, compare, plan};
use speckit_core::retry::{RetryConfig, Seed};

use crate::args::{RetryCommand, SimulateArgs};
use crate::context::{CommandResult, Context, Exit, visible_path};

/// Simulations up to this size take some seconds at most.
const MAX_CALLS: u64 = 2_000_000;

pub(crate) fn run(context: &Context, command: &RetryCommand) -> CommandResult {
    let config = settings(context)?;
    match command {
        RetryCommand::Plan { seed } => {
            let plan = plan(&config, Seed::new(*seed));
            context.print(&plan.to_json(), plan.to_text());
            Ok(Exit::Ok)
        }
        RetryCommand::Simulate(args) => simulate(context, args, &config),
    }
}

/// The `[retry]` settings of the layered configuration.
fn settings(context: &Context) -> Result<RetryConfig, Exit> {
    if !context.is_application() {
        return Err(context
            .fail("[retry] belongs to the built-in schema, which --schema replaces; run without --schema"));
    }
    let (opened, checked) = context.open_valid()?;
    Ok(context.typed(&opened, checked)?.retry)
}

fn simulate(context: &Context, args: &SimulateArgs, config: &RetryConfig) -> CommandResult {
    if args.svg.as_deref() == Some(Path::new("-")) {
        return Err(context
            .fail_with_help("`-` is no file: --svg writes one", "name it, such as `--svg retries.svg`"));
    }
    let calls = u64::from(args.clients) * u64::from(config.max_attempts);
    if calls > MAX_CALLS {
        let message = format!(
            "{} clients with {} attempts each make up to {calls} calls; the limit is {MAX_CALLS}",
            args.clients, config.max_attempts
        );
        let help = "fewer clients, or fewer attempts: --set retry.max_attempts=N";
        return Err(context.fail_with_help(message, help));
    }
    let scenario = Scenario { clients: args.clients, capacity: args.capacity };
    let comparison = compare(config, scenario, Seed::new(args.seed));
    if let Some(path) = &args.svg {
        context.write_file(path, &comparison.to_svg()).map_err(|error| {
            let message = format!("`{}` cannot be written: {error}", path.display());
            context.fail_with_help(message, "name a file in an existing folder")
        })?;
    }
    if context.is_json() {
        #[derive(Serialize)]
        struct SimulationOutput<'a, C> {
            #[serde(flatten)]
            comparison: C,
            svg: Option<&'a Path>,
        }
        context
            .terminal
            .json(&SimulationOutput { comparison: comparison.to_json(), svg: args.svg.as_deref() });
        return Ok(Exit::Ok);
    }
    context.terminal.result(&comparison.to_text(context.terminal.columns()));
    if let Some(path) = &args.svg {
        context.terminal.result(&format!("\nwrote {}\n", visible_path(path)));
    }
    Ok(Exit::Ok)
}
