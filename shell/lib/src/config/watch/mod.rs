//! Reloading when files change: one thread that sleeps until there is something to do.

use std::fmt;
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde::de::DeserializeOwned;
use speckit_core::config::HotReloadConfig;
use speckit_core::{Code, Diagnostic, Key};

mod file_watcher;
mod interests;
mod waker;

use crate::config::engine::{AlreadyLocked, RunningConfig, Trigger};
use crate::config::error::ConfigError;
use crate::config::status::Watching;
use crate::sync::Mutex;
use file_watcher::FileWatcher;
use waker::{WakeReason, WatchWaker};

/// The polling interval.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Reloads a configuration when its files change, until it is dropped. Dropping the last one stops and joins the thread.
#[must_use = "dropping it ends the watching"]
pub struct HotReloadWatcher {
    running: Arc<WatcherThread>,
}

/// The watcher's thread, if watching is enabled.
pub(crate) struct WatcherThread {
    waker: Arc<WatchWaker>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The watcher of a configuration, if it has one.
pub(crate) type WatcherSlot = Mutex<Weak<WatcherThread>>;

/// Starts a watcher, or shares the running one.
pub(crate) fn watch<T: DeserializeOwned + Send + Sync + 'static>(
    running: &Arc<RunningConfig<T>>,
    slot: &WatcherSlot,
) -> Result<HotReloadWatcher, ConfigError> {
    let mut slot = slot.lock();
    if let Some(running) = slot.upgrade() {
        return Ok(HotReloadWatcher { running });
    }
    let running = Arc::new(start(running).map_err(ConfigError::watch)?);
    *slot = Arc::downgrade(&running);
    Ok(HotReloadWatcher { running })
}

#[expect(clippy::disallowed_methods, reason = "this module has the thread that reloads, and joins it")]
fn start<T: DeserializeOwned + Send + Sync + 'static>(
    running: &Arc<RunningConfig<T>>,
) -> Result<WatcherThread, Vec<Diagnostic>> {
    let waker = Arc::new(WatchWaker::default());
    let (_, how) = running.watched().map_err(|AlreadyLocked| nested())?;
    if !how.enabled {
        return Ok(WatcherThread { waker, thread: Mutex::default() });
    }
    let file_watcher = open(&how, &waker)?;
    let mut watch =
        Watch { running: Arc::clone(running), waker: Arc::clone(&waker), file_watcher, next_poll: None };
    // Before this returns, so that no change from now on is missed.
    watch.follow();
    let bell = Arc::clone(&waker);
    running.set_waker(Some(Arc::new(move || bell.wake())));
    // Changes since the load are detected too.
    waker.hint();
    let thread = thread::Builder::new().name("speckit-watch".into()).spawn(move || watch.run());
    let thread = thread.map_err(|error| {
        running.set_waker(None);
        let message = format!("no thread can be started to watch the files: {error}");
        vec![Diagnostic::error(Code::WatchThread, Key::root(), message)]
    })?;
    Ok(WatcherThread { waker, thread: Mutex::new(Some(thread)) })
}

fn open(how: &HotReloadConfig, waker: &Arc<WatchWaker>) -> Result<FileWatcher, Vec<Diagnostic>> {
    let waker = Arc::clone(waker);
    FileWatcher::open(how.mode, move || waker.hint())
}

fn nested() -> Vec<Diagnostic> {
    let message = "a validation rule must not call `watch`, because a reload runs the rule";
    vec![Diagnostic::error(Code::ReloadNested, Key::root(), message)]
}

/// The state of the watcher's thread.
struct Watch<T> {
    running: Arc<RunningConfig<T>>,
    waker: Arc<WatchWaker>,
    file_watcher: FileWatcher,
    next_poll: Option<Duration>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Watch<T> {
    fn run(mut self) {
        let mut due = None;
        loop {
            let wanted = [due, self.next_poll].into_iter().flatten().min();
            let rest = wanted.map(|at: Duration| at.saturating_sub(self.running.world.now()));
            let reason = self.waker.wait(rest);
            let trigger = match reason {
                WakeReason::Stop => break,
                WakeReason::Hint => Trigger::Hint,
                WakeReason::Wake | WakeReason::Timeout if self.is_time_to_poll() => Trigger::Poll,
                WakeReason::Wake | WakeReason::Timeout => Trigger::Due,
            };
            // Only a validation rule could hold the lock already, and this thread runs none here.
            let Ok(turn) = self.running.turn(trigger) else { continue };
            due = turn.next;
            if turn.has_read || matches!(reason, WakeReason::Hint | WakeReason::Wake) {
                // Folders, links and files may have changed. A new watch gives a hint of its own, so that no change is
                // missed between the read and the watch.
                self.follow();
            }
        }
        self.running.set_waker(None);
        self.running.tracker().watching = Watching::Off;
        self.waker.set_watching(Watching::Off);
    }

    fn follow(&mut self) {
        let Ok((paths, _)) = self.running.watched() else { return };
        let warnings = self.file_watcher.follow(&paths);
        let watching = match self.file_watcher.polls() {
            true => Watching::Poll { every: POLL_INTERVAL },
            false => Watching::Native,
        };
        if self.file_watcher.polls() && self.next_poll.is_none() {
            self.next_poll = Some(self.running.world.now().saturating_add(POLL_INTERVAL));
        }
        self.waker.set_watching(watching);
        self.running.tracker().watching = watching;
        if !warnings.is_empty() {
            self.running.warn(warnings);
        }
    }

    fn is_time_to_poll(&mut self) -> bool {
        let now = self.running.world.now();
        let is_time = self.next_poll.is_some_and(|look| look <= now);
        if is_time {
            self.next_poll = Some(now.saturating_add(POLL_INTERVAL));
        }
        is_time
    }
}

impl HotReloadWatcher {
    /// How changes are detected now.
    pub fn watching(&self) -> Watching {
        self.running.waker.watching()
    }
}

impl fmt::Debug for HotReloadWatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HotReloadWatcher").field("watching", &self.watching()).finish()
    }
}

impl Drop for WatcherThread {
    fn drop(&mut self) {
        self.waker.stop();
        let thread = self.thread.lock().take();
        // A validation rule may own the last watcher, which is then dropped on the thread itself.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != thread::current().id()) {
            // A panic of the thread has been reported by its hook.
            let _ = thread.join();
        }
    }
}
