//! What signals do to a gate, done.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use speckit_core::gate::{CallingOff, Interruption, Reaction};

use super::super::signals::Then;
use crate::agents::GateControl;
use crate::clock;

/// An [`Interruption`] that those who run a gate share with those who hear the signals.
#[derive(Debug)]
pub(super) struct Interruptible {
    since: Instant,
    state: Mutex<(Interruption, Option<GateControl>)>,
}

impl Interruptible {
    pub(super) fn new() -> Self {
        Self { since: clock::now(), state: Mutex::default() }
    }

    /// Agents run from now on.
    pub(super) fn runs(&self, control: GateControl) {
        let mut state = self.state();
        state.0.runs();
        state.1 = Some(control);
    }

    /// The run is over, and is written from now on.
    pub(super) fn keeps(&self) {
        self.state().0.keeps();
    }

    /// How long a lock on the database is waited for.
    pub(super) fn patience(&self) -> Duration {
        self.state().0.patience()
    }

    /// Takes a signal, and says what is to be told of it.
    pub(super) fn signal(&self) -> (Option<CallingOff>, Then) {
        let mut state = self.state();
        match state.0.signal(clock::now().saturating_duration_since(self.since)) {
            Reaction::None | Reaction::Hurry => (None, Then::Listen),
            Reaction::End => (None, Then::Obey),
            Reaction::CallOff(how) => {
                if let Some(control) = &state.1 {
                    match how {
                        CallingOff::Asked => control.cancel(),
                        CallingOff::Killed => control.kill(),
                    }
                }
                (Some(how), Then::Listen)
            }
        }
    }

    /// Nothing that is done under the lock can leave it half done.
    fn state(&self) -> MutexGuard<'_, (Interruption, Option<GateControl>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
