//! What wakes the thread that watches. Rings of one kind are one, however many there were.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::config::status::Watching;
use crate::os::clock;

/// Why the thread wakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rung {
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
pub(super) struct Alarm {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stop: bool,
    hint: bool,
    wake: bool,
    watching: Watching,
}

impl Alarm {
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
        self.lock().watching = watching;
    }

    pub(super) fn told(&self) -> Watching {
        self.lock().watching
    }

    /// Sleeps until it rings, at most so long.
    pub(super) fn wait(&self, most: Option<Duration>) -> Rung {
        let deadline = most.and_then(|most| clock::now().checked_add(most));
        let mut state = self.lock();
        loop {
            if state.stop {
                return Rung::Stop;
            }
            if std::mem::take(&mut state.hint) {
                return Rung::Hint;
            }
            if std::mem::take(&mut state.wake) {
                return Rung::Wake;
            }
            state = match deadline.map(|deadline| deadline.saturating_duration_since(clock::now())) {
                Some(Duration::ZERO) => return Rung::Timeout,
                Some(rest) => self.bell.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0,
                None => self.bell.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn ring(&self, set: impl FnOnce(&mut State)) {
        set(&mut self.lock());
        self.bell.notify_one();
    }

    /// Nothing that is done under the lock can panic half way.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
