//! What SIGINT and SIGTERM do to a gate in each of its phases.

use core::time::Duration;

/// A signal within this time of the last one is a duplicate: a parent such as timeout(1) sends each signal twice, to its
/// child and then to its own group. Two key presses are further apart.
const DUPLICATE: Duration = Duration::from_millis(100);

/// How a gate is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CancelMode {
    /// Its agents get SIGTERM.
    Terminate,
    /// Its agents are killed.
    Kill,
}

/// What a signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing: it repeats the signal before.
    None,
    /// The gate is cancelled.
    Cancel(CancelMode),
    /// The program stops waiting for a lock on the database.
    StopWaiting,
    /// The program exits.
    Exit,
}

/// How far a gate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GatePhase {
    Opening,
    Running(Option<CancelMode>),
    Saving { stops_waiting: bool },
    Reporting,
}

/// Decides what a signal does to a gate. While agents run, the first signal terminates them, the second kills them and the
/// third exits the program. While the run is saved, the first signal ends the wait for a lock, and the next exits the
/// program. All times count from one fixed moment.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::agents::gate::{CancelMode, Interruption, Reaction};
///
/// let mut interruption = Interruption::default();
/// interruption.start();
/// let second = Duration::from_secs(1);
/// assert_eq!(interruption.signal(second), Reaction::Cancel(CancelMode::Terminate));
/// assert_eq!(interruption.signal(second + Duration::from_millis(1)), Reaction::None);
/// assert_eq!(interruption.signal(2 * second), Reaction::Cancel(CancelMode::Kill));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interruption {
    phase: GatePhase,
    /// When the last signal came that was no duplicate.
    last_signal: Option<Duration>,
}

impl Default for Interruption {
    /// For a gate that has not started.
    fn default() -> Self {
        Self { phase: GatePhase::Opening, last_signal: None }
    }
}

impl Interruption {
    /// How long to wait for a lock of another process before the agents start.
    const OPENING_WAIT: Duration = Duration::from_secs(5);
    /// How long to wait for it once agents have run.
    const SAVING_WAIT: Duration = Duration::from_secs(30);

    /// The agents run from now on.
    pub fn start(&mut self) {
        self.phase = GatePhase::Running(None);
    }

    /// The run is over and is saved from now on.
    pub fn save(&mut self) {
        self.phase = GatePhase::Saving { stops_waiting: false };
    }

    /// The run is saved, and only its report is left to write: a slow reader of it may block for ever.
    pub fn report(&mut self) {
        self.phase = GatePhase::Reporting;
    }

    /// How long to wait for a lock on the database.
    pub fn lock_wait(&self) -> Duration {
        match self.phase {
            GatePhase::Opening => Self::OPENING_WAIT,
            GatePhase::Running(_) | GatePhase::Saving { stops_waiting: false } => Self::SAVING_WAIT,
            GatePhase::Saving { stops_waiting: true } | GatePhase::Reporting => Duration::ZERO,
        }
    }

    /// Takes the news that the terminal is closed: it counts as the first signal, and not as a further one.
    pub fn lose_terminal(&mut self, now: Duration) -> Reaction {
        match self.phase {
            GatePhase::Running(None) => self.signal(now),
            _ => Reaction::None,
        }
    }

    /// Takes a SIGHUP, SIGINT or SIGTERM.
    pub fn signal(&mut self, now: Duration) -> Reaction {
        if self.last_signal.is_some_and(|last| now.saturating_sub(last) < DUPLICATE) {
            return Reaction::None;
        }
        self.last_signal = Some(now);
        match &mut self.phase {
            GatePhase::Running(mode @ None) => Reaction::Cancel(*mode.insert(CancelMode::Terminate)),
            GatePhase::Running(mode @ Some(CancelMode::Terminate)) => {
                Reaction::Cancel(*mode.insert(CancelMode::Kill))
            }
            GatePhase::Saving { stops_waiting } if !*stops_waiting => {
                *stops_waiting = true;
                Reaction::StopWaiting
            }
            GatePhase::Opening
            | GatePhase::Running(Some(CancelMode::Kill))
            | GatePhase::Saving { .. }
            | GatePhase::Reporting => Reaction::Exit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// What signals at these times, in milliseconds, do.
    fn reactions(interruption: &mut Interruption, times: &[u64]) -> Vec<Reaction> {
        times.iter().map(|time| interruption.signal(Duration::from_millis(*time))).collect()
    }

    fn running() -> Interruption {
        let mut interruption = Interruption::default();
        interruption.start();
        interruption
    }

    #[test]
    fn signals_terminate_then_kill_the_agents_and_then_exit() {
        let [terminate, kill] = [CancelMode::Terminate, CancelMode::Kill].map(Reaction::Cancel);
        let expected = [terminate, Reaction::None, kill, Reaction::None, Reaction::Exit, Reaction::Exit];
        assert_eq!(reactions(&mut running(), &[0, 99, 100, 199, 200, 10_000]), expected);
        assert_eq!(reactions(&mut Interruption::default(), &[0]), [Reaction::Exit], "no agent runs yet");
    }

    #[test]
    fn a_terminal_that_is_lost_counts_as_the_first_signal_only() {
        let mut interruption = running();
        assert_eq!(interruption.lose_terminal(Duration::ZERO), Reaction::Cancel(CancelMode::Terminate));
        assert_eq!(interruption.lose_terminal(Duration::from_secs(1)), Reaction::None);
        assert_eq!(reactions(&mut interruption, &[2000]), [Reaction::Cancel(CancelMode::Kill)]);
        let mut cancelled = running();
        cancelled.signal(Duration::ZERO);
        assert_eq!(cancelled.lose_terminal(Duration::from_secs(1)), Reaction::None);
        cancelled.save();
        assert_eq!(cancelled.lose_terminal(Duration::from_secs(2)), Reaction::None);
    }

    #[test]
    fn a_key_that_is_held_down_still_counts_as_several_signals() {
        let times: Vec<u64> = (0..10).map(|press| press * 33).collect();
        let all = reactions(&mut running(), &times);
        assert_eq!(all.iter().filter(|one| **one != Reaction::None).count(), 3, "{all:?}");
    }

    #[test]
    fn a_signal_while_the_run_is_saved_ends_the_wait_for_a_lock_first() {
        let mut interruption = running();
        reactions(&mut interruption, &[0]);
        interruption.save();
        assert_eq!(interruption.lock_wait(), Duration::from_secs(30));
        let duplicate_of_the_one_before = reactions(&mut interruption, &[1]);
        assert_eq!(duplicate_of_the_one_before, [Reaction::None]);
        assert_eq!(reactions(&mut interruption, &[100, 101]), [Reaction::StopWaiting, Reaction::None]);
        assert_eq!(interruption.lock_wait(), Duration::ZERO);
        interruption.report();
        assert_eq!(reactions(&mut interruption, &[500]), [Reaction::Exit]);
    }

    #[test]
    fn locks_are_waited_for_longer_once_agents_have_run() {
        let waits =
            [Interruption::default(), running()].map(|interruption| interruption.lock_wait().as_secs());
        assert_eq!(waits, [5, 30]);
    }
}
