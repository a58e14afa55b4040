//! What signals do to a gate, by how far it is.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use speckit_core::gate::CallingOff;

use super::super::signals::Then;
use crate::agents::GateControl;

/// How long a lock of another process is waited for before anything has started.
const OPENING: Duration = Duration::from_secs(5);
/// How long it is waited for once agents have worked.
const KEEPING: Duration = Duration::from_secs(30);

/// How far a gate is, as signals are concerned.
#[derive(Debug)]
pub(super) struct Interruption {
    phase: Mutex<Phase>,
}

#[derive(Debug)]
enum Phase {
    Opening,
    Running { control: GateControl, signals: u32 },
    Keeping { is_hurried: bool },
}

impl Interruption {
    pub(super) fn new() -> Self {
        Self { phase: Mutex::new(Phase::Opening) }
    }

    /// Agents run from now on.
    pub(super) fn run(&self, control: GateControl) {
        self.set(Phase::Running { control, signals: 0 });
    }

    /// The run is over, and is written from now on.
    pub(super) fn keep(&self) {
        self.set(Phase::Keeping { is_hurried: false });
    }

    /// How long a lock on the database is waited for.
    pub(super) fn patience(&self) -> Duration {
        match *self.phase.lock().unwrap_or_else(PoisonError::into_inner) {
            Phase::Opening => OPENING,
            Phase::Running { .. } | Phase::Keeping { is_hurried: false } => KEEPING,
            Phase::Keeping { is_hurried: true } => Duration::ZERO,
        }
    }

    /// Takes a signal: the first one ends the agents, the second one kills them, and the third one ends the program. One that
    /// comes while the run is written ends the waiting for a lock, and the next one the program.
    pub(super) fn signal(&self) -> (Option<CallingOff>, Then) {
        match &mut *self.phase.lock().unwrap_or_else(PoisonError::into_inner) {
            Phase::Running { control, signals } => {
                *signals += 1;
                match signals {
                    1 => {
                        control.cancel();
                        (Some(CallingOff::Asked), Then::Listen)
                    }
                    2 => {
                        control.kill();
                        (Some(CallingOff::Killed), Then::Listen)
                    }
                    _ => (None, Then::Obey),
                }
            }
            Phase::Keeping { is_hurried } if !*is_hurried => {
                *is_hurried = true;
                (None, Then::Listen)
            }
            Phase::Opening | Phase::Keeping { .. } => (None, Then::Obey),
        }
    }

    fn set(&self, phase: Phase) {
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }
}
