//! Wakes the watcher's thread. Several calls of one kind count as one.

use std::mem::take;
use std::time::Duration;

use crate::config::status::Watching;
use crate::sync::Monitor;

/// Why the thread wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WakeReason {
    /// Stop the thread.
    Stop,
    /// A source may have changed.
    Hint,
    /// A turn is due at once.
    Wake,
    /// The wait timed out.
    Timeout,
}

#[derive(Debug, Default)]
pub(super) struct WatchWaker {
    state: Monitor<State>,
}

#[derive(Debug, Default)]
struct State {
    stop: bool,
    hint: bool,
    wake: bool,
    watching: Watching,
}

impl WatchWaker {
    pub(super) fn stop(&self) {
        self.notify(|state| state.stop = true);
    }

    pub(super) fn hint(&self) {
        self.notify(|state| state.hint = true);
    }

    pub(super) fn wake(&self) {
        self.notify(|state| state.wake = true);
    }

    /// Sets how changes are detected now.
    pub(super) fn set_watching(&self, watching: Watching) {
        self.state.lock().watching = watching;
    }

    pub(super) fn watching(&self) -> Watching {
        self.state.lock().watching
    }

    /// Sleeps until a call wakes it, or for at most this time.
    pub(super) fn wait(&self, max: Option<Duration>) -> WakeReason {
        let reason = self.state.wait_for(max.unwrap_or(Duration::MAX), |state| {
            let stop = state.stop.then_some(WakeReason::Stop);
            stop.or_else(|| take(&mut state.hint).then_some(WakeReason::Hint))
                .or_else(|| take(&mut state.wake).then_some(WakeReason::Wake))
        });
        reason.unwrap_or(WakeReason::Timeout)
    }

    fn notify(&self, set: impl FnOnce(&mut State)) {
        set(&mut self.state.lock());
        self.state.notify_all();
    }
}
