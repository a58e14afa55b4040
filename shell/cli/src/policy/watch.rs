//! `policy check --watch`: checks again whenever a file or a rule changes.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use serde_json::json;
use speckit_core::app::AppConfig;
use speckit_core::policy::findings::{Finding, PolicyReport};
use speckit_core::text::grouped_count;

use super::checker::Checker;
use super::output::text_of;
use crate::args::PolicyCheckArgs;
use crate::context::{CommandResult, Context, Exit, Need};
use crate::signals::{Signal, SignalListener, Then};
use speckit::internal::clock;
use speckit::policy::{CheckedTree, TreeWatcher};
use speckit::{Config, ConfigReloadEvent};

/// The quiet period before a check.
const QUIET: Duration = Duration::from_millis(100);
/// The longest wait for a quiet period.
const LONGEST: Duration = Duration::from_secs(1);
/// How often the files are looked at if the system reports no changes of some folder.
const POLL: Duration = Duration::from_secs(1);
/// How often they are looked at although it does, since a folder may be replaced unseen.
const SAFETY_POLL: Duration = Duration::from_secs(10);
/// How long the program may take to end after a signal.
const SIGNAL_TIMEOUT: Duration = Duration::from_secs(2);

enum Input {
    /// A file may have changed.
    Files,
    Config(Box<ConfigReloadEvent>),
    Signal(Signal),
}

pub(super) fn run(context: &Context, args: &PolicyCheckArgs) -> CommandResult {
    let builder = context.application().map_err(|diagnostics| context.refuse(&diagnostics))?;
    let builder = context.with_lasting_trust(builder, Need::NOTHING);
    let opened = builder.open().and_then(|config| {
        let events = config.subscribe();
        Ok((config.watch()?, config, events))
    });
    let (watcher, config, events) = opened.map_err(|error| {
        context.terminal.note(&format!("{error}\n"));
        Exit::Incomplete
    })?;
    let (sender, inputs) = channel();
    let signals = listen(context, sender.clone())?;
    let hints = sender.clone();
    let files = TreeWatcher::new(move || drop(hints.send(Input::Files)));
    #[expect(
        clippy::disallowed_methods,
        reason = "the thread ends when the event channel closes, and is joined"
    )]
    let forwarding = thread::spawn(move || {
        for event in events {
            if sender.send(Input::Config(Box::new(event.event))).is_err() {
                break;
            }
        }
    });
    let result = Watch { context, args, config: &config, files, tree: CheckedTree::default(), last: None }
        .run(&inputs);
    // Dropped before `join`: the thread ends when one of its channels is closed.
    drop((watcher, config, signals, inputs));
    // The thread runs no code that could panic.
    let _ = forwarding.join();
    result.map(|()| Exit::Ok)
}

fn listen(context: &Context, sender: Sender<Input>) -> Result<SignalListener, Exit> {
    let signals = SignalListener::start(move |signal| {
        drop(sender.send(Input::Signal(signal)));
        match signal {
            Signal::Reload => Then::Listen,
            Signal::End => Then::EndWithin(SIGNAL_TIMEOUT),
        }
    });
    signals.map_err(|error| context.fail(format!("signals cannot be handled: {error}")))
}

struct Watch<'a> {
    context: &'a Context,
    args: &'a PolicyCheckArgs,
    config: &'a Config<AppConfig>,
    files: TreeWatcher,
    tree: CheckedTree,
    /// The findings that were printed last.
    last: Option<Vec<Finding>>,
}

impl<'a> Watch<'a> {
    fn run(&mut self, inputs: &Receiver<Input>) -> Result<(), Exit> {
        let mut checker = self.checker()?;
        while !self.context.terminal.is_closed() {
            let every = self.check(&checker)?;
            match wait(inputs, every) {
                Changed::Nothing => {}
                // The file of the baseline may be among them.
                Changed::Files => checker = self.checker().unwrap_or(checker),
                // What is wrong with the options is reported; the rules stay as they were.
                Changed::Rules => {
                    if let Ok(new) = self.checker() {
                        checker = new;
                        self.tree = CheckedTree::default();
                    }
                }
                Changed::Refused(event) => self.refused(&event),
                Changed::Ended => break,
            }
        }
        Ok(())
    }

    /// The rules of the configuration in use.
    fn checker(&self) -> Result<Checker<'a>, Exit> {
        let snapshot = self.config.snapshot();
        let checker = Checker::of(self.context, &snapshot.settings().policy, snapshot.checked())?;
        checker
            .with_rules(&self.args.rule, self.args.no_exclude)?
            .with_baseline(self.args.baseline.as_deref())
    }

    /// Checks the tree, prints what changed, and returns when to look again without a change.
    fn check(&mut self, checker: &Checker<'_>) -> Result<Duration, Exit> {
        let report = checker.recheck(&mut self.tree, &self.args.paths);
        let is_complete = self.files.follow(self.tree.folders());
        if self.last.as_ref() != Some(&report.findings) {
            self.print(&report, checker.has_baseline())?;
            self.last = Some(report.findings);
        }
        Ok(if is_complete { SAFETY_POLL } else { POLL })
    }

    fn print(&self, report: &PolicyReport, has_baseline: bool) -> Result<(), Exit> {
        self.context.terminal.result(&text_of(self.context, report, has_baseline)?);
        let files = grouped_count(report.files, "file");
        self.context.terminal.note(&format!("watching {files} and the rules; Ctrl-C ends it\n"));
        Ok(())
    }

    /// Reports a configuration that is not used.
    fn refused(&self, event: &ConfigReloadEvent) {
        let ConfigReloadEvent::ReloadFailed { diagnostics, .. } = event else { return };
        self.context.terminal.note(&format!("{diagnostics}\nthe rules stay as they were\n"));
        if self.context.is_json() {
            self.context.terminal.json(&json!({ "ok": false, "diagnostics": diagnostics.to_vec() }));
        }
    }
}

enum Changed {
    Nothing,
    Files,
    Rules,
    Refused(Box<ConfigReloadEvent>),
    Ended,
}

/// Waits for a change, and then until there is none for the quiet period, but not longer than [`LONGEST`].
fn wait(inputs: &Receiver<Input>, every: Duration) -> Changed {
    let mut changed = Changed::Nothing;
    let mut deadline = clock::now() + every;
    let mut quiet = every;
    loop {
        let patience = deadline.saturating_duration_since(clock::now()).min(quiet);
        match inputs.recv_timeout(patience) {
            Ok(Input::Signal(Signal::End)) | Err(RecvTimeoutError::Disconnected) => return Changed::Ended,
            Err(RecvTimeoutError::Timeout) => return changed,
            Ok(Input::Files) => {
                quiet = QUIET;
                if matches!(changed, Changed::Nothing) {
                    deadline = clock::now() + LONGEST;
                    changed = Changed::Files;
                }
            }
            Ok(Input::Signal(Signal::Reload)) => changed = Changed::Files,
            Ok(Input::Config(event)) => match *event {
                ConfigReloadEvent::ReloadSuccess { .. } => return Changed::Rules,
                ConfigReloadEvent::ReloadFailed { .. } => return Changed::Refused(event),
                _ => {}
            },
        }
    }
}
