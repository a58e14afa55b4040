//! The running configuration: one loader, one reload machine, and all that is told of them.
//!
//! Whoever has a reason turns the engine: the watcher's thread, a reload by hand, the drop of the last guard, a
//! program's own event loop. The machine of the core decides, and what it decides is done here.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};
use std::thread::{self, ThreadId};
use std::time::Duration;

use arc_swap::ArcSwap;
use serde::de::DeserializeOwned;
use speckit_core::config::redact::Masks;
use speckit_core::config::reload::{Action, Input, Load, Notice};
use speckit_core::tree::diff::{Change, diff};
use speckit_core::{Diagnostic, Key, Severity};

use crate::config::busy::{Gate, Guarded};
use crate::config::error::ConfigError;
use crate::config::events::{ConfigReloadEvent, Diagnostics};
use crate::config::loading::{panicked, unwound};
use crate::config::snapshot::Snapshot;
use crate::config::status::{Ledger, Status};
use crate::os::documents;
use crate::os::documents::{FileSource, Files as _};
use crate::os::world::{Recorder, World};
use crate::sync::Mutex;
use crate::sync::broadcast::Broadcast;

#[cfg(feature = "sqlite")]
use super::chronicle::Chronicle;
use super::reader::{Cause, Engine};

/// All that the handles of one configuration share.
pub(crate) struct Shared<T> {
    pub(crate) current: ArcSwap<Snapshot<T>>,
    pub(crate) events: Broadcast<ConfigReloadEvent>,
    pub(crate) gate: Gate,
    pub(crate) world: Arc<dyn World>,
    /// What keeps what is accepted and refused.
    #[cfg(feature = "sqlite")]
    pub(crate) chronicle: Option<Chronicle<T>>,
    /// What is layered, for those who look at the files and change nothing.
    pub(super) files: Vec<FileSource>,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) engine: Mutex<Engine<T>>,
    /// Who turns the engine at present.
    pub(super) turning: Mutex<Option<ThreadId>>,
    /// A hint that came from within a turn waits for the next one.
    pub(super) is_hinted: AtomicBool,
    /// What wakes the one who watches.
    pub(super) alarm: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
}

/// What a turn came to.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// When the engine is to be turned again, as a time of the world.
    pub(crate) next: Option<Duration>,
    /// Whether everything was read.
    pub(crate) has_read: bool,
    /// Whether something else is in force, with other values.
    pub(crate) is_renewed: bool,
    /// Whether what was read waits for the last guard.
    pub(crate) is_deferred: bool,
    /// Why what was read is refused.
    pub(crate) refusal: Option<ConfigError>,
}

/// The engine is turned by this very thread already: a rule of the embedder calls what turns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reentered;

impl<T: DeserializeOwned + Send + Sync + 'static> Shared<T> {
    /// Lets the machine decide, and does what it says until nothing is left to do.
    pub(crate) fn turn(&self, cause: Cause) -> Result<Turn, Reentered> {
        let mut engine = self.engine()?;
        let engine = &mut *engine.engine;
        let input = match cause {
            Cause::Hint => Input::Changed,
            #[cfg(feature = "watch")]
            Cause::Look if engine.has_changed_since_last_look(&*self.world) => Input::Changed,
            #[cfg(feature = "watch")]
            Cause::Look => Input::Timer,
            Cause::Due => Input::Timer,
            Cause::Asked => Input::Asked,
        };
        let guards = self.gate.lock().guards;
        let mut turn = Turn::default();
        let mut todo = VecDeque::from(engine.machine.step(self.world.now(), Input::Busy(guards)));
        if self.is_hinted.swap(false, Ordering::Relaxed) {
            todo.extend(engine.machine.step(self.world.now(), Input::Changed));
        }
        todo.extend(engine.machine.step(self.world.now(), input));
        while let Some(action) = todo.pop_front() {
            if let Action::Read { patience } = action {
                let started = self.world.now();
                let load = engine.load(&*self.world, &self.current.load_full(), patience, cause);
                todo.extend(self.decide(engine, load, started, &mut turn));
                turn.has_read = true;
            }
            // A guard that was dropped by somebody who was told has woken nobody.
            let gate = self.gate.lock();
            if todo.is_empty() && gate.is_awaited && gate.guards == 0 {
                todo.extend(engine.machine.step(self.world.now(), Input::Busy(0)));
            }
        }
        let is_hinted = self.is_hinted.load(Ordering::Relaxed);
        turn.next = if is_hinted { Some(self.world.now()) } else { engine.machine.next_deadline() };
        turn.is_deferred = engine.machine.is_deferred();
        turn.refusal = engine.refusal.clone();
        let mut ledger = self.ledger();
        if turn.has_read {
            ledger.files = engine.last.files().map(PathBuf::from).collect();
        }
        ledger.stands(&engine.machine);
        Ok(turn)
    }

    /// Something may have changed. A rule of the embedder may say so too, of files that were read before it was asked.
    pub(crate) fn hint(&self) {
        if let Err(Reentered) = self.turn(Cause::Hint) {
            self.is_hinted.store(true, Ordering::Relaxed);
        }
        // Whoever watches has to know of the quiet period that began.
        self.ring();
    }

    /// Hands what was read to the machine, swaps under the gate, and tells. What is left is another reading.
    fn decide(&self, engine: &mut Engine<T>, load: Load, started: Duration, turn: &mut Turn) -> Vec<Action> {
        let mut gate = self.gate.lock();
        let now = self.world.now();
        let mut actions = engine.machine.step(now, Input::Busy(gate.guards));
        actions.extend(engine.machine.step(now, Input::Loaded(load)));
        gate.is_awaited = engine.machine.awaits_guards();
        let mut swapped = None;
        for action in &actions {
            if let Action::Publish { generation } = action
                && let Some(candidate) = engine.candidate.take()
            {
                let snapshot = Snapshot::new(*generation, candidate);
                let new = Arc::new(snapshot);
                swapped = Some((self.current.swap(Arc::clone(&new)), new));
            }
        }
        drop(gate);
        let mut changed = Vec::new();
        let now = self.world.now();
        let elapsed = now.saturating_sub(started);
        if let Some((old, new)) = &swapped {
            changed = differences(old, new);
            turn.is_renewed |= old.generation() != new.generation();
            self.ledger().published(now, elapsed, old.generation() != new.generation());
        }
        self.ledger().stands(&engine.machine);
        for action in &actions {
            if let Action::Tell(notice) = action {
                let event = self.event(engine, *notice, elapsed, &changed);
                self.ledger().told(&event);
                self.events.send(&event);
                #[cfg(feature = "sqlite")]
                if *notice == Notice::Failed {
                    self.record_refusal(engine.refusal.as_ref());
                }
            }
        }
        #[cfg(feature = "sqlite")]
        if let Some((old, new)) = &swapped {
            self.record(old, new);
        }
        actions.retain(|action| matches!(action, Action::Read { .. }));
        if let Some((_, new)) = &swapped {
            // A burst may be over by a shorter quiet period, and is then a reason to read.
            actions.extend(self.renew_following(engine, new));
        }
        actions
    }

    fn event(
        &self,
        engine: &Engine<T>,
        notice: Notice,
        elapsed: Duration,
        changed: &[Change],
    ) -> ConfigReloadEvent {
        let current = self.current.load();
        let generation = current.generation();
        match notice {
            Notice::FileChanged => ConfigReloadEvent::FileChanged { paths: engine.changed.clone() },
            Notice::Deferred { busy } => ConfigReloadEvent::ReloadDeferred { busy },
            Notice::Failed => {
                let diagnostics = engine.refusal.as_ref().map(Diagnostics::from).unwrap_or_default();
                ConfigReloadEvent::ReloadFailed { generation, diagnostics }
            }
            Notice::Success => {
                let pending_restart: Vec<Key> =
                    current.pending_restart().into_iter().map(|change| change.key).collect();
                let changed = changed.to_vec();
                ConfigReloadEvent::ReloadSuccess { generation, changed, pending_restart, elapsed }
            }
        }
    }

    /// How it is followed may itself have been changed.
    fn renew_following(&self, engine: &mut Engine<T>, new: &Snapshot<T>) -> Vec<Action> {
        // It is the embedder's code; what it last said holds where it panics.
        match unwound(|| (engine.follow)(new.config())) {
            Ok(following) => engine.following = following,
            Err(panic) => {
                let mut finding = panicked("`hot_reload` of the builder", &panic)
                    .help("what it said before holds: the quiet period, the way of watching, further paths");
                finding.severity = Severity::Warning;
                self.warn(vec![finding]);
            }
        }
        let quiet = engine.following.debounce();
        engine.machine.step(self.world.now(), Input::Quiet(quiet))
    }

    /// Tells what a person should know that is about no value.
    pub(crate) fn warn(&self, findings: Vec<Diagnostic>) {
        let event = ConfigReloadEvent::Warning { diagnostics: Diagnostics::plain(findings) };
        self.ledger().told(&event);
        self.events.send(&event);
    }

    pub(super) fn engine(&self) -> Result<Turning<'_, T>, Reentered> {
        let me = thread::current().id();
        if *self.turning.lock() == Some(me) {
            return Err(Reentered);
        }
        // A panic can only come from the embedder's code, which `Loader` unwinds, or leave a reading unanswered.
        let engine = self.engine.lock();
        *self.turning.lock() = Some(me);
        Ok(Turning { engine, turning: &self.turning })
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock()
    }

    /// How it is doing; reads the files.
    pub(crate) fn status(&self) -> Status {
        let current = self.current.load_full();
        let guards = self.gate.lock().guards;
        let drift = self.drift(&current);
        self.ledger().status(self.world.now(), &current, guards, drift)
    }

    /// The files whose present content is not that of a generation.
    fn drift(&self, current: &Snapshot<T>) -> Vec<PathBuf> {
        let recorder = Recorder::of(&*self.world);
        for file in &self.files {
            // What is read is noted; what is to be said of it is not asked.
            drop(documents::read(&recorder, file));
        }
        // The newest reading may know of files that this generation did not.
        let mut others = self.ledger().files.clone();
        others.extend(current.contents().files().map(PathBuf::from));
        others.retain(|path| self.files.iter().all(|file| file.path != *path));
        for path in others {
            let _ = recorder.read(&path);
        }
        let present = recorder.into_contents();
        present.files_changed_since(current.contents()).map(PathBuf::from).collect()
    }

    /// What hides the secrets of a generation in other texts.
    pub(crate) fn masks(&self, of: &Snapshot<T>) -> Masks {
        match self.engine() {
            Ok(turning) => turning.engine.loader.masks(of.checked()),
            // A rule of the embedder wants them: the schema is known to the generation.
            Err(Reentered) => Masks::of(of.checked().layers(), &|key| of.is_secret(key)),
        }
    }

    /// Wakes the one who watches; `false` where nobody does.
    pub(crate) fn ring(&self) -> bool {
        let alarm = self.alarm.lock().clone();
        alarm.is_some_and(|ring| {
            ring();
            true
        })
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Guarded for Shared<T> {
    fn gate(&self) -> &Gate {
        &self.gate
    }

    fn free(&self) {
        if !self.ring() {
            // A rule that drops a guard is itself within a turn, which looks at the guards once more.
            drop(self.turn(Cause::Due));
        }
    }
}

/// The engine while it is turned.
pub(super) struct Turning<'a, T> {
    pub(super) engine: MutexGuard<'a, Engine<T>>,
    turning: &'a Mutex<Option<ThreadId>>,
}

impl<T> Drop for Turning<'_, T> {
    fn drop(&mut self) {
        *self.turning.lock() = None;
    }
}

/// What is in force and was not, in key order, redacted by both generations.
fn differences<T>(old: &Snapshot<T>, new: &Snapshot<T>) -> Vec<Change> {
    if old.root() == new.root() {
        return Vec::new();
    }
    let is_secret = |key: &Key| old.is_secret(key) || new.is_secret(key);
    diff(old.root(), new.root()).iter().map(|change| change.redacted(&is_secret)).collect()
}
