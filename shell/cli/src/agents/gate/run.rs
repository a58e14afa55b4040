//! `gate run`: from the configuration to the verdict.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value as Json, json};
use speckit_core::agents::consensus::Verdict;
use speckit_core::agents::gate::Run;
use speckit_core::app::AppConfig;
use speckit_core::config::redact::Masks;
use speckit_core::text::{command_line, visible};
use speckit_core::tree::with_strictness;
use speckit_core::{Code, Diagnostic, Key};

use super::drive::{drive, waiting};
use super::interruption::Interruptible;
use super::prepare::Prepared;
use super::show::Display;
use super::{error, fail_with, unavailable};
use crate::args::GateRunArgs;
use crate::context::{Context, Exit, visible_path};
use crate::rescue::save_beside;
use speckit::agents::{AsyncOrchestrator, Guard, ProcessManager, Runs, StagePlan};
use speckit::internal::location;
use speckit::store::StoreOptions;

pub(super) fn run(context: &Context, args: &GateRunArgs) -> Result<Exit, Exit> {
    let mut prepared = Prepared::of(context, args)?;
    if args.dry_run {
        return Ok(prepared.show(context));
    }
    let plan = prepared.plan(context)?;
    let config = prepared.config.current();
    let interruption = Arc::new(Interruptible::new());
    let recorder = match args.no_store {
        true => None,
        false => Some(RunRecorder::open(context, &config, &interruption)?),
    };
    let report_failure = |why: io::Error| {
        let why = error(Code::GateUnstartable, format!("the gate cannot start: {why}"));
        fail_with(context, &[why], &prepared.masks)
    };
    // Keep the handlers of signals until the program ends: the previous ones cannot be restored.
    let (_signals, cancel_requests) = Interruptible::listen(&interruption).map_err(report_failure)?;
    let guard = guard(context, &prepared.masks);
    let gate = orchestrator(guard.clone(), &plan).begin_planned(plan);
    let record = |run: Run| {
        let recorded = recorder.as_ref().map_or(Recorded::Nowhere, |recorder| recorder.record(&run));
        (run, recorded)
    };
    let interruption = (&interruption, cancel_requests);
    let driven = drive(context, gate, display(context, args), interruption, record);
    let (run, recorded) = driven.map_err(report_failure)?;
    if let Some(why) = guard.and_then(|guard| guard.failure()) {
        let warning = Diagnostic::warning(Code::GateUnguarded, Key::root(), why);
        context.terminal.report(&[warning], &prepared.masks);
    }
    context.terminal.report(prepared.changed_agents(&run).as_slice(), &prepared.config.masks());
    write(context, &run, &recorded);
    Ok(outcome(context, args, &run, &recorded))
}

/// The guard of the agents; `None`, with a warning, if it cannot start.
fn guard(context: &Context, masks: &Masks) -> Option<Arc<Guard>> {
    match Guard::start() {
        Ok(guard) => Some(Arc::new(guard)),
        Err(why) => {
            let message =
                format!("the guard cannot start: {why}; if this program is killed, its agents go on");
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

fn display(context: &Context, args: &GateRunArgs) -> Display {
    let shows_screen = context.terminal.shows_progress() && context.terminal.is_in_foreground();
    match () {
        () if context.is_json() => Display::Json,
        () if !args.plain && shows_screen => Display::Screen,
        () => Display::Lines { with_output: args.plain },
    }
}

/// Records runs in the database.
struct RunRecorder {
    runs: Runs,
    path: PathBuf,
    keep_runs: u32,
}

/// Where a run was recorded.
enum Recorded {
    /// Nowhere, as requested.
    Nowhere,
    /// In the database, with this number.
    Stored { number: i64, path: PathBuf },
    /// Not in the database; in this file if one could be written.
    Failed { why: String, file: Option<PathBuf> },
}

impl RunRecorder {
    /// Opens the database before anything starts.
    fn open(context: &Context, config: &AppConfig, interruption: &Arc<Interruptible>) -> Result<Self, Exit> {
        let path =
            location::expanded(&config.store.path).map_err(|diagnostic| context.refuse(&[diagnostic]))?;
        let limit = Arc::clone(interruption);
        let options = StoreOptions::new(&path).synchronous(config.store.synchronous);
        let options = options.deadline_from(move || limit.lock_deadline());
        let opened = waiting(context, "Ctrl-C ends this program", || options.open());
        let store = opened.map_err(|why| {
            let help = "nothing was started; use another file with --database FILE, or record nothing with --no-store";
            context.refuse(&[unavailable(&why).help(help)])
        })?;
        let path = store.path().to_path_buf();
        Ok(Self { runs: Runs::of(store), path, keep_runs: config.store.keep_runs })
    }

    fn record(&self, run: &Run) -> Recorded {
        let why = match self.runs.add(run, self.keep_runs) {
            Ok(number) => return Recorded::Stored { number, path: self.path.clone() },
            Err(why) => why.to_string(),
        };
        let name = format!("speckit-run-{}-{}.json", run.stage, run.started_at_ms);
        Recorded::Failed { why, file: save_beside(&self.path, &name, &run.to_json_with_outputs(None)) }
    }
}

/// Writes the result.
fn write(context: &Context, run: &Run, recorded: &Recorded) {
    if let Recorded::Failed { why, file } = recorded {
        let diagnostic = error(Code::StoreUnavailable, format!("the run could not be recorded: {why}"));
        let help = match file {
            Some(file) => {
                let file = file.display();
                format!(
                    "it is in `{file}` with the output of the agents; `speckit gate show {file}` shows it"
                )
            }
            None => "no file could be written either; the output of the agents is on stdout".into(),
        };
        context.terminal.report(&[diagnostic.help(help)], &Masks::default());
    }
    if context.is_json() {
        return context.terminal.json(&finished(run, recorded));
    }
    if run.answers_compared == Some(false) {
        context.terminal.note(
            "note: no answer was compared: each agent counts that exits with 0 and writes something; set orchestrator.agree_on to \
             the key of their answers\n",
        );
    }
    context.terminal.result(&match recorded {
        Recorded::Nowhere | Recorded::Failed { file: None, .. } => run.to_text_with_outputs(),
        Recorded::Failed { file: Some(_), .. } => run.to_text(),
        Recorded::Stored { number, path } => format!(
            "{}run {number} is recorded in `{}`; `{}` shows the output of the agents\n",
            run.to_text(),
            visible_path(path),
            show_line(*number, path)
        ),
    });
}

/// The line that shows a run of this database in every folder.
fn show_line(number: i64, path: &Path) -> String {
    let (number, file) = (number.to_string(), path.display().to_string());
    let mut words = vec!["speckit", "gate", "show", &number];
    let default = location::expanded(&AppConfig::default().store.path);
    if default.is_ok_and(|default| default != path) {
        words.extend(["--database", &file]);
    }
    visible(&command_line(&words))
}

/// The last JSON document on stdout. It has the output of the agents only if neither the database nor a file
/// has it; `file` names such a file.
fn finished(run: &Run, recorded: &Recorded) -> Json {
    let with_file = |document: Json, path: &Path| {
        let mut document = document;
        if let Some(members) = document.as_object_mut() {
            members.insert("file".into(), json!(path));
        }
        document
    };
    match recorded {
        Recorded::Nowhere | Recorded::Failed { file: None, .. } => run.to_json_with_outputs(None),
        Recorded::Failed { file: Some(path), .. } => with_file(run.to_json(None), path),
        Recorded::Stored { number, .. } => run.to_json(Some(*number)),
    }
}

/// The outcome of the command. If the gate passed although some agents failed, a warning is printed.
fn outcome(context: &Context, args: &GateRunArgs, run: &Run, recorded: &Recorded) -> Exit {
    if run.cancelled || matches!(recorded, Recorded::Failed { .. }) {
        return Exit::Incomplete;
    }
    if let Some(why) = run.error() {
        context.terminal.report(&[why], &Masks::default());
        return if run.not_started { Exit::Incomplete } else { Exit::Negative };
    }
    match run.decision.verdict {
        Verdict::Full => Exit::Ok,
        Verdict::Insufficient => Exit::Negative,
        Verdict::Degraded => {
            let is_strict = context.globals.strict || args.require_full;
            let decision = &run.decision;
            let what = if decision.majority.is_some() { "gave the same answer" } else { "succeeded" };
            let message =
                format!("{} of {} agents {what} (quorum {})", decision.ok, decision.total, decision.quorum);
            let key = Key::of(["quality_gates", args.stage.name()]);
            let warning = Diagnostic::warning(Code::GateDegraded, key, message);
            let warnings = match is_strict {
                true => with_strictness(vec![warning], true),
                false => vec![warning.help("--require-full turns this into exit 1")],
            };
            context.terminal.report(&warnings, &Masks::default());
            if is_strict { Exit::Negative } else { Exit::Ok }
        }
    }
}
