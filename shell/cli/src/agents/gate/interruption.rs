//! What signals do to a gate, done.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use speckit_core::agents::gate::{CancelMode, Interruption, Reaction};

use crate::signals::{Signals, Then, hear_of_children};
use speckit::agents::GateControl;
use speckit::internal::{Mutex, clock};

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
        let mut state = self.state.lock();
        state.0.start();
        state.1 = Some(control);
    }

    /// The run is over, and is written from now on.
    pub(super) fn keeps(&self) {
        self.state.lock().0.save();
    }

    /// The run is written, and its result is told from now on.
    pub(super) fn says(&self) {
        self.state.lock().0.report();
    }

    /// How long a lock on the database is waited for.
    pub(super) fn patience(&self) -> Duration {
        self.state.lock().0.lock_wait()
    }

    /// Obeys signals until what it gives is dropped, and tells how they call the gate off.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn listen(this: &Arc<Self>) -> io::Result<(Signals, Receiver<CancelMode>)> {
        hear_of_children()?;
        let (tell, called_off) = channel();
        let interruptible = Arc::clone(this);
        let signals = Signals::listen(move |_| {
            let (calling_off, then) = interruptible.signal();
            if let Some(how) = calling_off {
                // Whoever follows no more is not told, and is obeyed all the same.
                let _ = tell.send(how);
            }
            then
        })?;
        Ok((signals, called_off))
    }

    /// Takes a signal, and says what is to be told of it.
    fn signal(&self) -> (Option<CancelMode>, Then) {
        let mut state = self.state.lock();
        match state.0.signal(clock::now().saturating_duration_since(self.since)) {
            Reaction::None | Reaction::StopWaiting => (None, Then::Listen),
            Reaction::Exit => (None, Then::Obey),
            Reaction::Cancel(how) => {
                if let Some(control) = &state.1 {
                    match how {
                        CancelMode::Terminate => control.cancel(),
                        CancelMode::Kill => control.kill(),
                    }
                }
                (Some(how), Then::Listen)
            }
        }
    }
}
