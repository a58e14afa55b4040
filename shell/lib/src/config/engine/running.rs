//! The running configuration: its loader, its reload machine, and its events.
//!
//! The watcher's thread, a reload by hand, the drop of the last read guard (without a watcher) and a program's own event
//! loop all call
//! [`RunningConfig::turn`]. The core's machine decides, and its actions are executed here.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};
use std::thread::{self, ThreadId};
use std::time::Duration;

use arc_swap::ArcSwap;
use serde::de::DeserializeOwned;
use speckit_core::config::redact::Masks;
use speckit_core::config::reload::{ReadResult, ReloadAction, ReloadEventKind, ReloadInput};
use speckit_core::tree::diff::{Change, diff};
use speckit_core::{Key, Severity, Value};

use crate::config::busy::{BusyOwner, ReloadBarrier};
use crate::config::config_event::ConfigEvent;
use crate::config::error::ConfigError;
use crate::config::events::{ConfigReloadEvent, Diagnostics, RecordState};
use crate::config::loading::{panicked, unwound};
use crate::config::snapshot::Snapshot;
#[cfg(feature = "sources")]
use crate::config::source::SourceSet;
use crate::config::status::{Status, StatusTracker};
#[cfg(feature = "tracing")]
use crate::config::tracing_events;
use crate::instrumentation::operation::{Operation, OperationTimer};
use crate::os::documents;
use crate::os::documents::{FileSource, Files as _};
use crate::os::world::{RecordingFiles, World};
use crate::sync::Mutex;
use crate::sync::broadcast::Broadcast;
use crate::sync::notifier::Notifier;

#[cfg(feature = "sqlite")]
use super::recorder::HistoryRecorder;
use super::reloader::{Reloader, Trigger};

/// The state that all handles of one configuration share.
pub(crate) struct RunningConfig<T> {
    pub(crate) current: Arc<ArcSwap<Snapshot<T>>>,
    pub(crate) events: Broadcast<ConfigEvent<T>>,
    /// Notifies the views of a part of the settings.
    pub(crate) publications: Notifier,
    pub(crate) barrier: ReloadBarrier,
    pub(crate) world: Arc<dyn World>,
    /// Records accepted and refused configurations.
    #[cfg(feature = "sqlite")]
    pub(crate) recorder: Option<HistoryRecorder<T>>,
    /// The sources of the program.
    #[cfg(feature = "sources")]
    pub(super) own_sources: Arc<SourceSet>,
    /// The layered files, readable without the reloader's lock.
    pub(super) files: Vec<FileSource>,
    pub(super) tracker: Mutex<StatusTracker>,
    pub(super) reloader: Mutex<Reloader<T>>,
    /// The thread that holds the reloader's lock.
    pub(super) lock_holder: Mutex<Option<ThreadId>>,
    /// Whether a possible change was signalled while the machine ran; the next turn passes it on.
    pub(super) is_hinted: AtomicBool,
    /// Wakes the watcher's thread.
    pub(super) waker: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
}

/// The result of a turn.
#[derive(Debug, Default)]
pub(crate) struct TurnResult {
    /// When the next turn is due, on the clock of the [`World`].
    pub(crate) next: Option<Duration>,
    /// Whether the sources were read.
    pub(crate) has_read: bool,
    /// Whether a new generation is in use.
    pub(crate) is_renewed: bool,
    /// Whether a changed configuration waits for read guards.
    pub(crate) is_deferred: bool,
    /// Why the configuration is refused, if the reload was requested.
    pub(crate) refusal: Option<ConfigError>,
}

/// This thread already holds the reloader's lock: code of the application that runs in a turn, such as a validation rule, calls
/// back into the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AlreadyLocked;

impl<T: DeserializeOwned + Send + Sync + 'static> RunningConfig<T> {
    /// Passes an input to the machine, and executes its actions until none is left.
    pub(crate) fn turn(&self, trigger: Trigger) -> Result<TurnResult, AlreadyLocked> {
        let mut guard = self.lock_reloader()?;
        let reloader = &mut *guard.reloader;
        let input = match trigger {
            Trigger::Hint => ReloadInput::Changed,
            #[cfg(feature = "watch")]
            Trigger::Poll if reloader.has_changed_since_last_poll(&*self.world) => ReloadInput::Changed,
            #[cfg(feature = "watch")]
            Trigger::Poll => ReloadInput::Timer,
            Trigger::Due => ReloadInput::Timer,
            Trigger::Requested => ReloadInput::Requested,
        };
        let guards = self.barrier.lock().guards;
        let mut turn = TurnResult::default();
        let mut todo = VecDeque::from(reloader.machine.step(self.world.now(), ReloadInput::Busy(guards)));
        if self.is_hinted.swap(false, Ordering::Relaxed) {
            todo.extend(reloader.machine.step(self.world.now(), ReloadInput::Changed));
        }
        todo.extend(reloader.machine.step(self.world.now(), input));
        while let Some(action) = todo.pop_front() {
            if let ReloadAction::Read { lost_files } = action {
                let started = self.world.now();
                let timer = OperationTimer::start(Operation::Reload);
                let load = reloader.load(&*self.world, &self.current.load_full(), lost_files, trigger);
                let is_accepted = match &load {
                    ReadResult::Accepted { .. } => Some(true),
                    ReadResult::Refused { .. } => Some(false),
                    _ => None,
                };
                todo.extend(self.finish_read(reloader, load, started, &mut turn));
                timer.finish_if(is_accepted);
                turn.has_read = true;
            }
            // Code on this thread, such as a rule, that dropped the last read guard could not start a turn itself.
            let barrier = self.barrier.lock();
            if todo.is_empty() && barrier.is_awaited && barrier.guards == 0 {
                todo.extend(reloader.machine.step(self.world.now(), ReloadInput::Busy(0)));
            }
        }
        let is_hinted = self.is_hinted.load(Ordering::Relaxed);
        turn.next = if is_hinted { Some(self.world.now()) } else { reloader.machine.next_deadline() };
        turn.is_deferred = reloader.machine.is_deferred();
        // Nobody else reads it, and it may be long.
        turn.refusal = reloader.refusal.as_ref().filter(|_| trigger == Trigger::Requested).cloned();
        let mut tracker = self.tracker();
        if turn.has_read {
            tracker.files = reloader.last.files().map(PathBuf::from).collect();
        }
        tracker.update_waiting(&reloader.machine);
        Ok(turn)
    }

    /// Reports to the machine that a source may have changed. A validation rule may call this during a turn.
    pub(crate) fn hint(&self) {
        if let Err(AlreadyLocked) = self.turn(Trigger::Hint) {
            self.is_hinted.store(true, Ordering::Relaxed);
        }
        // So that the watcher waits for the new end of the debounce period.
        self.wake_watcher();
    }

    /// Passes the result of a read to the machine, replaces the snapshot while the barrier is locked, and emits the events. Returns the
    /// reads that follow.
    fn finish_read(
        &self,
        reloader: &mut Reloader<T>,
        load: ReadResult,
        started: Duration,
        turn: &mut TurnResult,
    ) -> Vec<ReloadAction> {
        let mut barrier = self.barrier.lock();
        let now = self.world.now();
        let mut actions = reloader.machine.step(now, ReloadInput::Busy(barrier.guards));
        actions.extend(reloader.machine.step(now, ReloadInput::Read(load)));
        barrier.is_awaited = reloader.machine.waits_for_guards();
        let mut swapped = None;
        for action in &actions {
            if let ReloadAction::Publish { generation } = action
                && let Some(candidate) = reloader.candidate.take()
            {
                let timer = OperationTimer::start(Operation::Publish).of_generation(*generation);
                let new = Arc::new(Snapshot::new(*generation, candidate));
                swapped = Some((self.current.swap(Arc::clone(&new)), new));
                timer.finish(true);
            }
        }
        drop(barrier);
        let mut changed = Vec::new();
        let now = self.world.now();
        let elapsed = now.saturating_sub(started);
        if let Some((old, new)) = &swapped {
            self.publications.notify();
            #[cfg(feature = "tracing")]
            tracing_events::new_warnings(old.warnings(), new.warnings());
            changed = differences(old, new);
            turn.is_renewed |= old.generation() != new.generation();
            self.tracker().published(now, elapsed, old.generation() != new.generation());
        }
        self.tracker().update_waiting(&reloader.machine);
        #[cfg(feature = "sqlite")]
        if let Some((old, new)) = &swapped {
            self.record(old, new);
        }
        for action in &actions {
            if let ReloadAction::Emit(notice) = action {
                let event = self.event(reloader, *notice, elapsed, &changed);
                self.emit(&event);
                #[cfg(feature = "sqlite")]
                if let ConfigReloadEvent::ReloadSuccess {
                    generation, recorded: RecordState::Pending, ..
                } = event.event
                {
                    self.announce_record(generation);
                }
                #[cfg(feature = "sqlite")]
                if let ConfigReloadEvent::ReloadFailed { diagnostics, .. } = event.event {
                    self.record_refusal(diagnostics);
                }
            }
        }
        actions.retain(|action| matches!(action, ReloadAction::Read { .. }));
        if let Some((_, new)) = &swapped {
            // With a shorter debounce period the pending changes may have been quiet for long enough.
            actions.extend(self.renew_hot_reload(reloader, new));
        }
        actions
    }

    fn event(
        &self,
        reloader: &Reloader<T>,
        notice: ReloadEventKind,
        elapsed: Duration,
        changed: &[Change],
    ) -> ConfigEvent<T> {
        // No other thread replaces it meanwhile, so it is the generation of this event.
        let current = self.current.load_full();
        let generation = current.generation();
        let event = match notice {
            ReloadEventKind::FileChanged => {
                ConfigReloadEvent::FileChanged { paths: reloader.changed.clone() }
            }
            ReloadEventKind::Deferred { busy } => ConfigReloadEvent::ReloadDeferred { busy },
            ReloadEventKind::Failed => {
                let diagnostics = reloader.refusal.as_ref().map(Diagnostics::from).unwrap_or_default();
                ConfigReloadEvent::ReloadFailed { generation, diagnostics }
            }
            ReloadEventKind::Success => {
                let pending_restart: Vec<Key> =
                    current.pending_restart().into_iter().map(|change| change.key).collect();
                let changed = changed.to_vec();
                #[cfg(feature = "sqlite")]
                let recorded = self.record_state(&current);
                #[cfg(not(feature = "sqlite"))]
                let recorded = RecordState::Off;
                ConfigReloadEvent::ReloadSuccess { generation, changed, pending_restart, elapsed, recorded }
            }
        };
        ConfigEvent { event, snapshot: (notice == ReloadEventKind::Success).then_some(current) }
    }

    /// Takes the hot-reload settings from the new configuration.
    fn renew_hot_reload(&self, reloader: &mut Reloader<T>, new: &Snapshot<T>) -> Vec<ReloadAction> {
        // If the closure of the application panics, the previous settings stay.
        match unwound(|| (reloader.hot_reload_of)(new.settings())) {
            Ok(hot_reload) => reloader.hot_reload = hot_reload,
            Err(panic) => {
                let mut diagnostic = panicked("`hot_reload` of the builder", &panic)
                    .help("the previous debounce period, watch mode and watched paths stay in use");
                diagnostic.severity = Severity::Warning;
                self.warn(vec![diagnostic]);
            }
        }
        let quiet = reloader.hot_reload.debounce();
        reloader.machine.step(self.world.now(), ReloadInput::Debounce(quiet))
    }

    pub(super) fn lock_reloader(&self) -> Result<ReloaderLock<'_, T>, AlreadyLocked> {
        let me = thread::current().id();
        if *self.lock_holder.lock() == Some(me) {
            return Err(AlreadyLocked);
        }
        // Panics of the application are caught where its code is called ([`unwound`]). After any other panic, the machine may wait for a result for ever:
        // reloads stop, and the configuration stays.
        let reloader = self.reloader.lock();
        *self.lock_holder.lock() = Some(me);
        Ok(ReloaderLock { reloader, lock_holder: &self.lock_holder })
    }

    pub(crate) fn tracker(&self) -> MutexGuard<'_, StatusTracker> {
        self.tracker.lock()
    }

    /// The status. Reads the files, to compare them with those in use.
    pub(crate) fn status(&self) -> Status {
        let current = self.current.load_full();
        let guards = self.barrier.lock().guards;
        let drift = self.drift(&current);
        let status = self.tracker().status(self.world.now(), &current, guards, drift);
        #[cfg(feature = "sources")]
        let status = Status { sources: self.source_status(), ..status };
        status
    }

    /// The files whose content differs from that of a generation.
    fn drift(&self, current: &Snapshot<T>) -> Vec<PathBuf> {
        let recorder = RecordingFiles::of(&*self.world);
        for file in &self.files {
            // Only the recorded contents matter, not the diagnostics.
            drop(documents::read(&recorder, file, None));
        }
        // The newest read may include files that this generation did not have.
        let mut others = self.tracker().files.clone();
        others.extend(current.contents().files().map(PathBuf::from));
        others.retain(|path| self.files.iter().all(|file| file.path != *path));
        for path in others {
            let _ = recorder.read(&path);
        }
        let present = recorder.into_contents();
        present.files_changed_since(current.contents()).map(PathBuf::from).collect()
    }

    /// The masks that hide the secrets of a generation in other texts.
    pub(crate) fn masks(&self, of: &Snapshot<T>) -> Masks {
        match self.lock_reloader() {
            Ok(guard) => guard.reloader.loader.masks(of.checked()),
            // Called from a validation rule, which holds the reloader's lock: the generation knows its own schema.
            Err(AlreadyLocked) => {
                Masks::of(of.checked().layers(), &|key, value| of.keys().is_secret(key, value))
            }
        }
    }

    /// Wakes the watcher; `false` without one.
    pub(crate) fn wake_watcher(&self) -> bool {
        let waker = self.waker.lock().clone();
        waker.is_some_and(|wake| {
            wake();
            true
        })
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> BusyOwner for RunningConfig<T> {
    fn barrier(&self) -> &ReloadBarrier {
        &self.barrier
    }

    fn resume(&self) {
        if !self.wake_watcher() {
            // A validation rule that drops a guard is within a turn, which checks the guards again.
            drop(self.turn(Trigger::Due));
        }
    }
}

/// The lock of the reloader.
pub(super) struct ReloaderLock<'a, T> {
    pub(super) reloader: MutexGuard<'a, Reloader<T>>,
    lock_holder: &'a Mutex<Option<ThreadId>>,
}

impl<T> Drop for ReloaderLock<'_, T> {
    fn drop(&mut self) {
        *self.lock_holder.lock() = None;
    }
}

/// The changes between two generations in key order, redacted by the rules of both.
fn differences<T>(old: &Snapshot<T>, new: &Snapshot<T>) -> Vec<Change> {
    if old.root_with_secrets() == new.root_with_secrets() {
        return Vec::new();
    }
    let is_secret =
        |key: &Key, value: &Value| old.keys().is_secret(key, value) || new.keys().is_secret(key, value);
    diff(old.root_with_secrets(), new.root_with_secrets())
        .iter()
        .map(|change| change.redacted(&is_secret))
        .collect()
}
