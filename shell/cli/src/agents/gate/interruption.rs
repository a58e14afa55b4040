//! Applies signals to a gate.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use speckit_core::agents::gate::{CancelMode, Interruption, Reaction};

use crate::signals::{SignalListener, Then, restore_child_exits};
use speckit::agents::GateControl;
use speckit::internal::{Mutex, clock};

/// An [`Interruption`] that the thread of the gate shares with the thread of the signals.
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

    /// The run has ended and is being recorded.
    pub(super) fn keeps(&self) {
        self.state.lock().0.save();
    }

    /// The run is recorded, and its result is being written.
    pub(super) fn says(&self) {
        self.state.lock().0.report();
    }

    /// How long to wait for a lock of the database.
    pub(super) fn lock_deadline(&self) -> Duration {
        self.state.lock().0.lock_wait()
    }

    /// Handles signals until the listener is dropped; the receiver gets how they cancel the gate.
    ///
    /// # Errors
    /// An error of the system.
    pub(super) fn listen(this: &Arc<Self>) -> io::Result<(SignalListener, Receiver<CancelMode>)> {
        restore_child_exits()?;
        let (sender, called_off) = channel();
        let interruptible = Arc::clone(this);
        let signals = SignalListener::start(move |_| {
            interruptible.signal(&|how| {
                // The signal counts even if nothing shows it any more.
                let _ = sender.send(how);
            })
        })?;
        Ok((signals, called_off))
    }

    /// Handles the loss of the terminal that shows the gate. The system may have reported it by a signal too.
    pub(super) fn lose_terminal(&self) {
        let mut state = self.state.lock();
        let reaction = state.0.lose_terminal(clock::now().saturating_duration_since(self.since));
        if let (Reaction::Cancel(_), Some(control)) = (reaction, &state.1) {
            control.cancel();
        }
    }

    /// Handles a signal. `announce` is called before the gate is cancelled: the gate may end at once, and then nothing more
    /// is shown.
    fn signal(&self, announce: &dyn Fn(CancelMode)) -> Then {
        let mut state = self.state.lock();
        match state.0.signal(clock::now().saturating_duration_since(self.since)) {
            Reaction::None | Reaction::StopWaiting => Then::Listen,
            Reaction::Exit => Then::EndNow,
            Reaction::Cancel(how) => {
                announce(how);
                if let Some(control) = &state.1 {
                    match how {
                        CancelMode::Terminate => control.cancel(),
                        CancelMode::Kill => control.kill(),
                    }
                }
                Then::Listen
            }
        }
    }
}
