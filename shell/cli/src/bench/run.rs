//! `bench run`: from the command line to the result.

use speckit_core::bench::plan::{Variation, benchmark_names, variations};
use speckit_core::bench::stats::Criteria;
use speckit_core::bench::{BenchRun, Provenance, baselines_of, compare_together};
use speckit_core::config::redact::Masks;
use speckit_core::retry::Seed;
use speckit_core::text::{count, split_words, visible};
use speckit_core::{Code, Diagnostic, Key};

use super::database;
use super::document::keep;
use super::measuring::{Ending, Measuring};
use super::recording::{self, Recorded, Recording};
use crate::args::BenchRunArgs;
use crate::context::{CommandResult, Context, Exit, visible_path};
use crate::signals::{SignalListener, Then, restore_child_exits};
use speckit::bench::CommandStopper;
use speckit::internal::{ProvenanceQuery, entropy};

pub(super) fn run(context: &Context, args: &BenchRunArgs) -> CommandResult {
    let variations = planned(context, args)?;
    // Git answers while the configuration is read and the database is opened, but not while a command is measured.
    let provenance = ProvenanceQuery::start();
    let database = if args.no_store { None } else { Some(database::path(context)?) };
    // As many bits as a JSON number of any reader keeps.
    let seed = Seed::new(args.seed.unwrap_or_else(|| entropy::seed().number() >> 32));
    let stopper = CommandStopper::new().map_err(|error| context.fail(error))?;
    let _signals =
        listen(&stopper).map_err(|error| context.fail(format!("signals cannot be handled: {error}")))?;

    let opened = database.map(|path| (recording::open(&path), path));
    let generation = opened.as_ref().and_then(|((_, generation), _)| *generation);
    let provenance = Provenance { generation, ..provenance.finish() };
    let names = benchmark_names(&variations, &args.name);
    let mut measuring = Measuring::new(args, &variations, names, (seed, &provenance, &stopper));
    let mut recording = match opened {
        None => Recording::Nowhere,
        Some(((opened, _), path)) => Recording::of(path, opened),
    };
    if let Some(error) = recording.failure() {
        let message = format!("the runs cannot be recorded: {error}");
        let warning = Diagnostic::warning(Code::StoreUnavailable, Key::root(), message);
        context.terminal.report(&[warning.help("they are saved to a file at the end")], &Masks::default());
    }

    let ending = measuring.measure(&context.terminal, &mut recording);
    let mut run = measuring.so_far();
    run.comparisons = compare_together(&run.benchmarks, Criteria::default());
    let recorded = recording.finish(&run);
    let kept = finish(context, args, &run, &ending, &recorded)?;
    Ok(match (&ending, &recorded) {
        (Ending::Interrupted | Ending::Unable(_), _) | (_, Recorded::Failed { .. }) => Exit::Incomplete,
        (Ending::Failed, _) => Exit::Negative,
        (Ending::Done, _) => kept,
    })
}

/// What to measure.
fn planned(context: &Context, args: &BenchRunArgs) -> Result<Vec<Variation>, Exit> {
    let script = |script: String| Vec::from(["sh".into(), "-c".into(), script]);
    let words = |line: &str| {
        if args.shell {
            return Ok(script(line.to_owned()));
        }
        split_words(line).map_err(|error| {
            let message = format!("`{line}`: {error}");
            context.fail_with_help(
                message,
                "write a command and its arguments, or run it in a shell with --shell",
            )
        })
    };
    let command = match args.command.as_slice() {
        [line] => words(line)?,
        several if args.shell => script(several.join(" ")),
        several => several.to_vec(),
    };
    let others = args.vs.iter().map(|line| words(line));
    let commands = std::iter::once(Ok(command)).chain(others).collect::<Result<Vec<_>, Exit>>()?;
    if args.name.len() > commands.len() {
        let (names, commands) =
            (count(args.name.len() as u64, "name"), count(commands.len() as u64, "command"));
        return Err(context.fail(format!("{names} for {commands}: give at most one --name for each")));
    }
    let prepare = args.prepare.as_deref().map(words).transpose()?.unwrap_or_default();
    variations(&commands, &prepare, &args.param).map_err(|error| context.fail(error))
}

/// The first signal stops the measuring, and the second one ends the program.
fn listen(stopper: &CommandStopper) -> std::io::Result<SignalListener> {
    restore_child_exits()?;
    let stopper = stopper.clone();
    SignalListener::start(move |_| {
        if stopper.is_stopped() {
            return Then::EndNow;
        }
        stopper.stop();
        Then::Listen
    })
}

/// Writes the result, and what became of it.
fn finish(
    context: &Context,
    args: &BenchRunArgs,
    run: &BenchRun,
    ending: &Ending,
    recorded: &Recorded,
) -> CommandResult {
    if let Ending::Unable(why) = ending {
        let error = Diagnostic::error(Code::BenchCommand, Key::root(), why);
        if run.benchmarks.iter().all(|benchmark| benchmark.runs == 0) {
            return Err(context.refuse(&[error]));
        }
        context.terminal.report(&[error], &Masks::default());
    }
    context.print(&run.to_json(), run.to_text());
    match recorded {
        Recorded::Nowhere => Ok(Exit::Ok),
        Recorded::Failed { error, file } => {
            let message = format!("the run could not be recorded: {error}");
            let error = Diagnostic::error(Code::StoreUnavailable, Key::root(), message);
            let help = match file {
                Some(file) => {
                    let file = file.display();
                    format!("it is in `{file}`; `speckit bench import {file}` keeps it")
                }
                None => "no file could be written either".into(),
            };
            context.terminal.report(&[error.help(help)], &Masks::default());
            Err(Exit::Incomplete)
        }
        Recorded::Stored { baselines, path } => match (&args.save, ending) {
            (Some(name), Ending::Done) => {
                let kept = keep(baselines, baselines_of(name, run.clone()), &[name]);
                let kept = kept.map_err(|error| context.fail(error))?;
                context.terminal.note(&kept.to_text(path));
                Ok(Exit::Ok)
            }
            (Some(name), _) => {
                let name = visible(name);
                let note = format!(
                    "it is not kept as `{name}`, since it is not complete; `speckit bench save {name}` keeps it\n"
                );
                context.terminal.note(&note);
                Ok(Exit::Ok)
            }
            (None, _) => {
                let note = format!(
                    "recorded as the last run in `{}`; `speckit bench save NAME` keeps it\n",
                    visible_path(path)
                );
                context.terminal.note(&note);
                Ok(Exit::Ok)
            }
        },
    }
}
