//! When a process that waits for the write lock of another one tries to get it again.
//!
//! SQLite does not report when the lock is free, so it is polled. A process that gets it reads again what others have committed meanwhile, so a
//! process that writes all the time should keep it for many transactions. Its lock is nevertheless free for a moment after each of them,
//! and each attempt of another process may take it away then. A [`LockWait`] therefore has three phases, which it repeats:
//!
//! 1. It tries often for a few milliseconds: most locks are held for one transaction, or are free while their holder waits for the disk.
//! 2. While others commit, it leaves the lock to them, and only looks whether they still do. Without a new commit it tries at each look,
//!    since the holder is busy with one long transaction, or is gone.
//! 3. When it has been patient for long enough, it tries many times in a row, so that it gets the lock from a process that writes all the time.
//!
//! ```
//! use core::time::Duration;
//! use speckit_core::retry::Seed;
//! use speckit_core::store::{LockPause, LockWait};
//! let mut wait = LockWait::new(Seed::new(1));
//! let pause = wait.pause(Duration::ZERO, Duration::from_secs(5));
//! assert!(pause.is_some_and(|LockPause { length, is_look }| length <= Duration::from_micros(500) && !is_look));
//! ```

use core::time::Duration;

use crate::retry::{RandomStream, Seed};

/// The longest pauses before the first attempts. SQLite's own handler begins with similar ones (`sqliteDefaultBusyCallback`).
const EAGER_US: [u64; 4] = [500, 1000, 2000, 4000];
/// The longest pause before a look.
const LOOK: Duration = Duration::from_millis(20);
/// How long others that commit are left alone at the most, unless half of the allowed time is less. Eight processes that write all the
/// time so change turns about six times a second: each waits longer but seldom, and none starves.
const LONGEST_PATIENCE: Duration = Duration::from_millis(1500);
/// The attempts in a row after it. An attempt meets a free lock in about one of three cases.
const INSISTING_ATTEMPTS: u32 = 20;
/// The pause before each of them; a system adds about 50 µs.
const INSISTING: Duration = Duration::from_micros(20);

/// The wait of one call for the write lock.
#[derive(Clone, Debug)]
pub struct LockWait {
    random: RandomStream,
    phase: LockPhase,
    /// What [`is_attempt_due`](Self::is_attempt_due) was last given.
    version: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
enum LockPhase {
    /// It has tried so many times.
    Eager(usize),
    /// It leaves the lock to others until this time since the wait began.
    Patient(Duration),
    /// It tries so many times more.
    Insisting(u32),
}

/// A pause of a [`LockWait`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockPause {
    /// How long it is.
    pub length: Duration,
    /// Whether [`LockWait::is_attempt_due`] decides after it if an attempt follows, or another pause. Otherwise an attempt follows.
    pub is_look: bool,
}

impl LockWait {
    /// A wait whose pauses are drawn from this seed.
    pub fn new(seed: Seed) -> Self {
        Self { random: seed.stream("store/lock"), phase: LockPhase::Eager(0), version: None }
    }

    /// The pause after a failed attempt, or after a look that was not followed by one. `None` if no time is left: a pause ends at the
    /// latest when `allowed` is over since the wait began, and then an attempt follows.
    pub fn pause(&mut self, elapsed: Duration, allowed: Duration) -> Option<LockPause> {
        let rest = allowed.checked_sub(elapsed).filter(|rest| !rest.is_zero())?;
        let pause = self.unlimited_pause(elapsed, LONGEST_PATIENCE.min(allowed / 2));
        let is_last = pause.length >= rest;
        Some(LockPause { length: pause.length.min(rest), is_look: pause.is_look && !is_last })
    }

    /// Whether an attempt is due after a look: nobody has committed since the look before, or it is not known. `version` changes with each
    /// commit of others (`PRAGMA data_version`).
    pub fn is_attempt_due(&mut self, version: Option<i64>) -> bool {
        let before = core::mem::replace(&mut self.version, version);
        version.is_none() || version == before
    }

    fn unlimited_pause(&mut self, elapsed: Duration, patience: Duration) -> LockPause {
        match self.phase {
            LockPhase::Eager(tried) => match EAGER_US.get(tried) {
                Some(&longest) => {
                    self.phase = LockPhase::Eager(tried.saturating_add(1));
                    LockPause { length: self.at_most(Duration::from_micros(longest)), is_look: false }
                }
                None => {
                    let until = elapsed.saturating_add(self.at_most(patience));
                    self.phase = LockPhase::Patient(until);
                    self.unlimited_pause(elapsed, patience)
                }
            },
            LockPhase::Patient(until) if elapsed < until => {
                LockPause { length: self.at_most(LOOK), is_look: true }
            }
            LockPhase::Patient(_) => self.insist(INSISTING_ATTEMPTS),
            LockPhase::Insisting(left) => self.insist(left),
        }
    }

    fn insist(&mut self, left: u32) -> LockPause {
        self.phase = left
            .checked_sub(2)
            .map_or(LockPhase::Eager(0), |left| LockPhase::Insisting(left.saturating_add(1)));
        LockPause { length: INSISTING, is_look: false }
    }

    /// Half of this time to all of it, so that those who begin to wait together do not try together.
    fn at_most(&mut self, longest: Duration) -> Duration {
        let longest = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.random.between(longest / 2, longest))
    }
}
