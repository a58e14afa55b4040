//! `gate run`: from the configuration to the verdict.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value as Json, json};
use speckit_core::agents::consensus::Verdict;
use speckit_core::agents::gate::Run;
use speckit_core::app::AppConfig;
use speckit_core::config::redact::Masks;
use speckit_core::store::SynchronousMode;
use speckit_core::tree::strictly;
use speckit_core::{Code, Diagnostic, Key};

use super::conduct::{conduct, waiting};
use super::follow::Look;
use super::interruption::Interruptible;
use super::prepare::Prepared;
use super::{error, refused, rescue, unavailable};
use crate::args::GateRunArgs;
use crate::context::{Context, Outcome};
use speckit::agents::{AsyncOrchestrator, Guard, ProcessManager, Runs, StagePlan};
use speckit::internal::documents::{FileId, identity};
use speckit::internal::{environment, location};
use speckit::store::{StoreOptions, Synchronous};

pub(super) fn run(context: &Context, args: &GateRunArgs) -> Result<Outcome, Outcome> {
    let mut prepared = Prepared::of(context, args)?;
    if args.dry_run {
        return Ok(prepared.show(context));
    }
    let plan = prepared.plan(context)?;
    let config = prepared.config.current();
    let interruption = Arc::new(Interruptible::new());
    let keeper = match args.no_store {
        true => None,
        false => Some(Keeper::open(context, &config, &interruption)?),
    };
    let cannot = |why: io::Error| {
        let why = error(Code::GateUnstartable, format!("the gate cannot be begun: {why}"));
        refused(context, &[why], &prepared.masks)
    };
    // To the end: there is no way back from a handler to what a signal did before.
    let (_signals, called_off) = Interruptible::listen(&interruption).map_err(cannot)?;
    let guard = guard(context, &prepared.masks);
    let gate = orchestrator(guard.clone(), &plan).begin_planned(plan);
    let keep = |run: Run| {
        let kept = keeper.as_ref().map_or(Kept::Nowhere, |keeper| keeper.keep(&run));
        (run, kept)
    };
    let interruption = (&*interruption, called_off);
    let conducted = conduct(context, gate, look(context, args), interruption, keep);
    let (run, kept) = conducted.map_err(cannot)?;
    if let Some(why) = guard.and_then(|guard| guard.failure()) {
        let warning = Diagnostic::warning(Code::GateUnguarded, Key::root(), why);
        context.terminal.report(&[warning], &prepared.masks);
    }
    context.terminal.report(prepared.changed(&run).as_slice(), &prepared.config.masks());
    say(context, &run, &kept);
    Ok(judge(context, args, &run, &kept))
}

/// The guard of the agents; none, with a warning, where it cannot be started.
fn guard(context: &Context, masks: &Masks) -> Option<Arc<Guard>> {
    match Guard::start() {
        Ok(guard) => Some(Arc::new(guard)),
        Err(why) => {
            let message =
                format!("the guard cannot be started: {why}; who kills this program leaves its agents");
            let warning = Diagnostic::warning(Code::GateUnguarded, Key::root(), message);
            context.terminal.report(&[warning], masks);
            None
        }
    }
}

fn orchestrator(guard: Option<Arc<Guard>>, planned: &StagePlan) -> AsyncOrchestrator {
    let processes = match guard {
        Some(guard) => ProcessManager::new().guarded_by(guard),
        None => ProcessManager::new(),
    };
    AsyncOrchestrator::with(processes, planned.plan().max_concurrent)
}

fn look(context: &Context, args: &GateRunArgs) -> Look {
    let environment = environment::capture();
    let can_move = environment.text("TERM") != Some("dumb");
    match () {
        () if context.is_json() => Look::Json,
        () if !args.plain && context.terminal.shows_progress() && can_move => Look::Screen,
        () => Look::Lines { with_output: args.plain },
    }
}

/// Where runs are kept.
struct Keeper {
    runs: Runs,
    path: PathBuf,
    /// The file that is written, whatever happens to its name.
    file: Option<FileId>,
    keep_runs: u32,
}

/// What became of a run.
enum Kept {
    /// It was to be kept nowhere.
    Nowhere,
    /// In the database, under this number.
    Stored { number: i64, path: PathBuf },
    /// The database refused it, and it is in this file, where there is one.
    Refused { why: String, file: Option<PathBuf> },
}

impl Keeper {
    /// Opens the database before anything starts.
    fn open(
        context: &Context,
        config: &AppConfig,
        interruption: &Arc<Interruptible>,
    ) -> Result<Self, Outcome> {
        let path = location::expanded(&config.store.path).map_err(|finding| context.refuse(&[finding]))?;
        let synchronous = match config.store.synchronous {
            SynchronousMode::Normal => Synchronous::Normal,
            SynchronousMode::Full => Synchronous::Full,
        };
        let patience = Arc::clone(interruption);
        let options = StoreOptions::new(&path).synchronous(synchronous);
        let options = options.deadline_from(move || patience.patience());
        let opened = waiting(context, "Ctrl-C ends this program", || options.open());
        let store = opened.map_err(|why| {
            let help = "nothing was started; name another file with --database FILE, or keep nothing with --no-store";
            context.refuse(&[unavailable(&why).help(help)])
        })?;
        let path = store.path().to_path_buf();
        let file = identity(&path);
        Ok(Self { runs: Runs::of(store), path, file, keep_runs: config.store.keep_runs })
    }

    fn keep(&self, run: &Run) -> Kept {
        let why = match self.runs.add(run, self.keep_runs) {
            Ok(number) if identity(&self.path) == self.file => {
                return Kept::Stored { number, path: self.path.clone() };
            }
            Ok(_) => format!("`{}` was removed or replaced while the agents ran", self.path.display()),
            Err(why) => why.to_string(),
        };
        Kept::Refused { why, file: rescue::save(run, &self.path) }
    }
}

/// Writes the result.
fn say(context: &Context, run: &Run, kept: &Kept) {
    if let Kept::Refused { why, file } = kept {
        let finding = error(Code::StoreUnavailable, format!("the run could not be kept: {why}"));
        let help = match file {
            Some(file) => {
                let file = file.display();
                format!("it is in `{file}` with what the agents wrote; `speckit gate show {file}` shows it")
            }
            None => "no file could be written either; what the agents wrote is on stdout".into(),
        };
        context.terminal.report(&[finding.help(help)], &Masks::default());
    }
    if context.is_json() {
        return context.terminal.json(&finished(run, kept));
    }
    context.terminal.result(&match kept {
        Kept::Nowhere | Kept::Refused { file: None, .. } => run.to_text_with_outputs(),
        Kept::Refused { file: Some(_), .. } => run.to_text(),
        Kept::Stored { number, path } => format!(
            "{}run {number} is kept in `{}`; `speckit gate show {number}` shows what the agents wrote\n",
            run.to_text(),
            path.display()
        ),
    });
}

/// The last document: with what the agents wrote where that is nowhere else.
fn finished(run: &Run, kept: &Kept) -> Json {
    let file = |document: Json, path: &Path| {
        let mut document = document;
        if let Some(members) = document.as_object_mut() {
            members.insert("file".into(), json!(path));
        }
        document
    };
    match kept {
        Kept::Nowhere | Kept::Refused { file: None, .. } => run.to_json_with_outputs(None),
        Kept::Refused { file: Some(path), .. } => file(run.to_json(None), path),
        Kept::Stored { number, .. } => run.to_json(Some(*number)),
    }
}

/// How the command ends, with a warning where it is yes and not all agents count.
fn judge(context: &Context, args: &GateRunArgs, run: &Run, kept: &Kept) -> Outcome {
    if run.cancelled || matches!(kept, Kept::Refused { .. }) {
        return Outcome::Failed;
    }
    match run.decision.verdict {
        Verdict::Full => Outcome::Yes,
        Verdict::Insufficient => Outcome::No,
        Verdict::Degraded => {
            let is_strict = context.globals.strict || args.require_full;
            let decision = &run.decision;
            let message = format!(
                "only {} of {} agents count for it, and {} have to",
                decision.ok, decision.total, decision.quorum
            );
            let key = Key::of(["quality_gates", args.stage.name()]);
            let warning = Diagnostic::warning(Code::GateDegraded, key, message);
            let warnings = match is_strict {
                true => strictly(vec![warning], true),
                false => vec![warning.help("--require-full makes this a no")],
            };
            context.terminal.report(&warnings, &Masks::default());
            if is_strict { Outcome::No } else { Outcome::Yes }
        }
    }
}
