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

/// How often the files are read where nothing tells of their changes.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Reloads a configuration when its files change, until it is dropped. Dropping the last one stops and joins the thread.
#[must_use = "dropping it ends the watching"]
pub struct HotReloadWatcher {
    running: Arc<Running>,
}

/// The thread that watches, if it is to be watched at all.
pub(crate) struct Running {
    waker: Arc<WatchWaker>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Which watcher a configuration has.
pub(crate) type Slot = Mutex<Weak<Running>>;

/// Watches, or joins the one who does.
pub(crate) fn watch<T: DeserializeOwned + Send + Sync + 'static>(
    running: &Arc<RunningConfig<T>>,
    slot: &Slot,
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
) -> Result<Running, Vec<Diagnostic>> {
    let waker = Arc::new(WatchWaker::default());
    let (_, how) = running.watched().map_err(|AlreadyLocked| nested())?;
    if !how.enabled {
        return Ok(Running { waker, thread: Mutex::default() });
    }
    let file_watcher = open(&how, &waker)?;
    let mut watch =
        Watch { running: Arc::clone(running), waker: Arc::clone(&waker), file_watcher, next_poll: None };
    // Before this returns, so that every change from now on is noticed.
    watch.follow();
    let bell = Arc::clone(&waker);
    running.set_waker(Some(Arc::new(move || bell.wake())));
    // What changed since it was loaded is noticed too.
    waker.hint();
    let thread = thread::Builder::new().name("speckit-watch".into()).spawn(move || watch.run());
    let thread = thread.map_err(|error| {
        running.set_waker(None);
        let message = format!("no thread can be started to watch the files: {error}");
        vec![Diagnostic::error(Code::WatchThread, Key::root(), message)]
    })?;
    Ok(Running { waker, thread: Mutex::new(Some(thread)) })
}

fn open(how: &HotReloadConfig, waker: &Arc<WatchWaker>) -> Result<FileWatcher, Vec<Diagnostic>> {
    let waker = Arc::clone(waker);
    FileWatcher::open(how.mode, move || waker.hint())
}

fn nested() -> Vec<Diagnostic> {
    let message = "a rule of the configuration asks to watch it while it is asked itself";
    vec![Diagnostic::error(Code::ReloadNested, Key::root(), message)]
}

/// What the thread works with.
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
            // Only a rule of the embedder can be within a turn already, and this thread is within none.
            let Ok(turn) = self.running.turn(trigger) else { continue };
            due = turn.next;
            if turn.has_read || matches!(reason, WakeReason::Hint | WakeReason::Wake) {
                // Folders and links may have moved, and there may be other files now. What is watched anew is a hint
                // of its own, so that nothing falls between the reading and the watching.
                self.follow();
            }
        }
        self.running.set_waker(None);
        self.running.tracker().watching = Watching::Off;
        self.waker.tell(Watching::Off);
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
        self.waker.tell(watching);
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
    /// How changes are noticed at present.
    pub fn watching(&self) -> Watching {
        self.running.waker.told()
    }
}

impl fmt::Debug for HotReloadWatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HotReloadWatcher").field("watching", &self.watching()).finish()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.waker.stop();
        let thread = self.thread.lock().take();
        // A rule of the embedder may hold the last watcher, and then it is dropped on the thread itself.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != thread::current().id()) {
            // A panic of the thread has been reported by its hook.
            let _ = thread.join();
        }
    }
}
