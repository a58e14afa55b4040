//! What signals do to a gate, by how far it is.

use core::time::Duration;

/// Signals that come so close to one that was heard are the same one: whoever runs a program under another one often gives it
/// each signal twice, as timeout(1) does, which signals its child and then its own group. Nobody presses a key twice as fast.
const SAME: Duration = Duration::from_millis(100);

/// How a gate is called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallingOff {
    /// Its agents are asked to end.
    Asked,
    /// Its agents are killed.
    Killed,
}

/// What a signal that asks for an end does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing: it is the one before, once more.
    None,
    /// The gate is called off.
    CallOff(CallingOff),
    /// A lock on the database is waited for no longer.
    Hurry,
    /// The program ends.
    End,
}

/// How far a gate is, as those who want it to end are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Opening,
    Running(Option<CallingOff>),
    Keeping { is_hurried: bool },
    Saying,
}

/// What signals do to a gate. The first one ends the agents, the second one kills them, and the third one ends the program. One
/// that comes while the run is written ends the waiting for a lock, and the next one the program. Times are those since any
/// moment.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::agents::gate::{CallingOff, Interruption, Reaction};
///
/// let mut interruption = Interruption::default();
/// interruption.runs();
/// let second = Duration::from_secs(1);
/// assert_eq!(interruption.signal(second), Reaction::CallOff(CallingOff::Asked));
/// assert_eq!(interruption.signal(second + Duration::from_millis(1)), Reaction::None);
/// assert_eq!(interruption.signal(2 * second), Reaction::CallOff(CallingOff::Killed));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interruption {
    phase: Phase,
    /// When the last signal that did something came.
    heard: Option<Duration>,
}

impl Default for Interruption {
    /// Of a gate that has not begun.
    fn default() -> Self {
        Self { phase: Phase::Opening, heard: None }
    }
}

impl Interruption {
    /// How long a lock of another process is waited for before anything has started.
    const OPENING: Duration = Duration::from_secs(5);
    /// How long it is waited for once agents have worked.
    const KEEPING: Duration = Duration::from_secs(30);

    /// Agents run from now on.
    pub fn runs(&mut self) {
        self.phase = Phase::Running(None);
    }

    /// The run is over, and is written from now on.
    pub fn keeps(&mut self) {
        self.phase = Phase::Keeping { is_hurried: false };
    }

    /// The run is written, and only its result is still to be told: whoever does not read it may be slow for ever.
    pub fn says(&mut self) {
        self.phase = Phase::Saying;
    }

    /// How long a lock on the database is waited for.
    pub fn patience(&self) -> Duration {
        match self.phase {
            Phase::Opening => Self::OPENING,
            Phase::Running(_) | Phase::Keeping { is_hurried: false } => Self::KEEPING,
            Phase::Keeping { is_hurried: true } | Phase::Saying => Duration::ZERO,
        }
    }

    /// Takes a signal that asks for an end.
    pub fn signal(&mut self, now: Duration) -> Reaction {
        if self.heard.is_some_and(|heard| now.saturating_sub(heard) < SAME) {
            return Reaction::None;
        }
        self.heard = Some(now);
        match &mut self.phase {
            Phase::Running(how @ None) => Reaction::CallOff(*how.insert(CallingOff::Asked)),
            Phase::Running(how @ Some(CallingOff::Asked)) => {
                Reaction::CallOff(*how.insert(CallingOff::Killed))
            }
            Phase::Keeping { is_hurried } if !*is_hurried => {
                *is_hurried = true;
                Reaction::Hurry
            }
            Phase::Opening
            | Phase::Running(Some(CallingOff::Killed))
            | Phase::Keeping { .. }
            | Phase::Saying => Reaction::End,
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

    #[test]
    fn a_gate_that_runs_is_called_off_killed_and_left() {
        let mut interruption = Interruption::default();
        interruption.runs();
        let [asked, killed] = [CallingOff::Asked, CallingOff::Killed].map(Reaction::CallOff);
        let expected = [asked, Reaction::None, killed, Reaction::None, Reaction::End, Reaction::End];
        assert_eq!(reactions(&mut interruption, &[0, 99, 100, 199, 200, 10_000]), expected);
    }

    #[test]
    fn a_key_that_is_held_down_does_not_silence_itself() {
        let mut interruption = Interruption::default();
        interruption.runs();
        let times: Vec<u64> = (0..10).map(|press| press * 33).collect();
        let heard = reactions(&mut interruption, &times);
        assert_eq!(heard.iter().filter(|one| **one != Reaction::None).count(), 3, "{heard:?}");
    }

    #[test]
    fn what_is_written_is_hurried_before_the_program_ends() {
        let mut interruption = Interruption::default();
        assert_eq!(interruption.patience(), Duration::from_secs(5));
        interruption.runs();
        assert_eq!(interruption.patience(), Duration::from_secs(30));
        interruption.keeps();
        assert_eq!(interruption.patience(), Duration::from_secs(30));
        assert_eq!(reactions(&mut interruption, &[7, 8]), [Reaction::Hurry, Reaction::None]);
        assert_eq!(interruption.patience(), Duration::ZERO);
        assert_eq!(reactions(&mut interruption, &[500]), [Reaction::End]);
    }

    #[test]
    fn a_signal_before_the_gate_begins_or_after_its_run_is_written_ends_the_program() {
        assert_eq!(reactions(&mut Interruption::default(), &[0]), [Reaction::End]);
        let mut interruption = Interruption::default();
        interruption.runs();
        interruption.keeps();
        interruption.says();
        assert_eq!(reactions(&mut interruption, &[0]), [Reaction::End]);
    }

    #[test]
    fn the_signal_that_called_agents_off_does_not_hurry_what_is_written_at_once() {
        let mut interruption = Interruption::default();
        interruption.runs();
        reactions(&mut interruption, &[0]);
        interruption.keeps();
        assert_eq!(reactions(&mut interruption, &[1, 100]), [Reaction::None, Reaction::Hurry]);
    }
}
