//! What wakes the thread that watches. Rings of one kind are one, however many there were.

use std::mem::take;
use std::time::Duration;

use crate::config::status::Watching;
use crate::sync::Monitor;

/// Why the thread wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WakeReason {
    /// It is to end.
    Stop,
    /// Something may have changed.
    Hint,
    /// There is something to do at once.
    Wake,
    /// The time is over.
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
        self.ring(|state| state.stop = true);
    }

    pub(super) fn hint(&self) {
        self.ring(|state| state.hint = true);
    }

    pub(super) fn wake(&self) {
        self.ring(|state| state.wake = true);
    }

    /// How changes are noticed at present, for those who ask.
    pub(super) fn tell(&self, watching: Watching) {
        self.state.lock().watching = watching;
    }

    pub(super) fn told(&self) -> Watching {
        self.state.lock().watching
    }

    /// Sleeps until it rings, at most so long.
    pub(super) fn wait(&self, most: Option<Duration>) -> WakeReason {
        let reason = self.state.wait_for(most.unwrap_or(Duration::MAX), |state| {
            let stop = state.stop.then_some(WakeReason::Stop);
            stop.or_else(|| take(&mut state.hint).then_some(WakeReason::Hint))
                .or_else(|| take(&mut state.wake).then_some(WakeReason::Wake))
        });
        reason.unwrap_or(WakeReason::Timeout)
    }

    fn ring(&self, set: impl FnOnce(&mut State)) {
        set(&mut self.state.lock());
        self.state.notify_all();
    }
}
