//! Reloading when files change: one thread that sleeps until there is something to do.

use std::fmt;
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde::de::DeserializeOwned;
use speckit_core::config::HotReloadConfig;
use speckit_core::{Code, Diagnostic, Key};

mod alarm;
mod door;
mod interests;

use crate::config::engine::{Cause, Reentered, Shared};
use crate::config::error::ConfigError;
use crate::config::status::Watching;
use crate::sync::Mutex;
use alarm::{Alarm, Rung};
use door::Door;

/// How often the files are read where nothing tells of their changes.
const LOOKS: Duration = Duration::from_secs(1);

/// Reloads a configuration when its files change, until it is dropped. Dropping the last one stops and joins the thread.
#[must_use = "dropping it ends the watching"]
pub struct HotReloadWatcher {
    running: Arc<Running>,
}

/// The thread that watches, if it is to be watched at all.
pub(crate) struct Running {
    alarm: Arc<Alarm>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Which watcher a configuration has.
pub(crate) type Slot = Mutex<Weak<Running>>;

/// Watches, or joins the one who does.
pub(crate) fn watch<T: DeserializeOwned + Send + Sync + 'static>(
    shared: &Arc<Shared<T>>,
    slot: &Slot,
) -> Result<HotReloadWatcher, ConfigError> {
    let mut slot = slot.lock();
    if let Some(running) = slot.upgrade() {
        return Ok(HotReloadWatcher { running });
    }
    let running = Arc::new(start(shared).map_err(ConfigError::watch)?);
    *slot = Arc::downgrade(&running);
    Ok(HotReloadWatcher { running })
}

#[expect(clippy::disallowed_methods, reason = "this module has the thread that reloads, and joins it")]
fn start<T: DeserializeOwned + Send + Sync + 'static>(
    shared: &Arc<Shared<T>>,
) -> Result<Running, Vec<Diagnostic>> {
    let alarm = Arc::new(Alarm::default());
    let (_, how) = shared.watched().map_err(|Reentered| nested())?;
    if !how.enabled {
        return Ok(Running { alarm, thread: Mutex::default() });
    }
    let door = open(&how, &alarm)?;
    let mut watch = Watch { shared: Arc::clone(shared), alarm: Arc::clone(&alarm), door, next_look: None };
    // Before this returns, so that every change from now on is noticed.
    watch.follow();
    let bell = Arc::clone(&alarm);
    shared.set_alarm(Some(Arc::new(move || bell.wake())));
    // What changed since it was loaded is noticed too.
    alarm.hint();
    let thread = thread::Builder::new().name("speckit-watch".into()).spawn(move || watch.run());
    let thread = thread.map_err(|error| {
        shared.set_alarm(None);
        let message = format!("no thread can be started to watch the files: {error}");
        vec![Diagnostic::error(Code::WatchThread, Key::root(), message)]
    })?;
    Ok(Running { alarm, thread: Mutex::new(Some(thread)) })
}

fn open(how: &HotReloadConfig, alarm: &Arc<Alarm>) -> Result<Door, Vec<Diagnostic>> {
    let alarm = Arc::clone(alarm);
    Door::open(how.mode, move || alarm.hint())
}

fn nested() -> Vec<Diagnostic> {
    let message = "a rule of the configuration asks to watch it while it is asked itself";
    vec![Diagnostic::error(Code::ReloadNested, Key::root(), message)]
}

/// What the thread works with.
struct Watch<T> {
    shared: Arc<Shared<T>>,
    alarm: Arc<Alarm>,
    door: Door,
    next_look: Option<Duration>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Watch<T> {
    fn run(mut self) {
        let mut due = None;
        loop {
            let wanted = [due, self.next_look].into_iter().flatten().min();
            let rest = wanted.map(|at: Duration| at.saturating_sub(self.shared.world.now()));
            let rung = self.alarm.wait(rest);
            let cause = match rung {
                Rung::Stop => break,
                Rung::Hint => Cause::Hint,
                Rung::Wake | Rung::Timeout if self.is_time_to_look() => Cause::Look,
                Rung::Wake | Rung::Timeout => Cause::Due,
            };
            // Only a rule of the embedder can be within a turn already, and this thread is within none.
            let Ok(turn) = self.shared.turn(cause) else { continue };
            due = turn.next;
            if turn.has_read || matches!(rung, Rung::Hint | Rung::Wake) {
                // Folders and links may have moved, and there may be other files now. What is watched anew is a hint
                // of its own, so that nothing falls between the reading and the watching.
                self.follow();
            }
        }
        self.shared.set_alarm(None);
        self.shared.ledger().watching = Watching::Off;
        self.alarm.tell(Watching::Off);
    }

    fn follow(&mut self) {
        let Ok((paths, _)) = self.shared.watched() else { return };
        let warnings = self.door.follow(&paths);
        let watching = match self.door.polls() {
            true => Watching::Poll { every: LOOKS },
            false => Watching::Native,
        };
        if self.door.polls() && self.next_look.is_none() {
            self.next_look = Some(self.shared.world.now().saturating_add(LOOKS));
        }
        self.alarm.tell(watching);
        self.shared.ledger().watching = watching;
        if !warnings.is_empty() {
            self.shared.warn(warnings);
        }
    }

    fn is_time_to_look(&mut self) -> bool {
        let now = self.shared.world.now();
        let is_time = self.next_look.is_some_and(|look| look <= now);
        if is_time {
            self.next_look = Some(now.saturating_add(LOOKS));
        }
        is_time
    }
}

impl HotReloadWatcher {
    /// How changes are noticed at present.
    pub fn watching(&self) -> Watching {
        self.running.alarm.told()
    }
}

impl fmt::Debug for HotReloadWatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HotReloadWatcher").field("watching", &self.watching()).finish()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.alarm.stop();
        let thread = self.thread.lock().take();
        // A rule of the embedder may hold the last watcher, and then it is dropped on the thread itself.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != thread::current().id()) {
            // A panic of the thread has been reported by its hook.
            let _ = thread.join();
        }
    }
}
