//! Giving the free pages of a database back to the disk: when that is due, in which steps, and what it saves.
//!
//! SQLite keeps the pages of deleted rows for later ones. [`Machine`] decides when they are given back, once an interval at
//! most and only where that is worthwhile; a [`Plan`] cuts it into steps so short that a writer between two of them waits for
//! a moment only. Time is the time since some fixed moment, and a date counts milliseconds since 1970.
//!
//! ```
//! use core::time::Duration;
//! use speckit_core::store::vacuum::{Action, Found, Input, Machine, Pages, judge};
//! let day = Duration::from_secs(24 * 60 * 60);
//! let mut machine = Machine::new(day);
//! assert_eq!(machine.step(Duration::ZERO, Input::Timer), Some(Action::Look));
//! let pages = Pages { page_bytes: 4096, total: 13_000, free: 12_500 };
//! let verdict = judge(day, &Found { pages, last_at_ms: None, now_ms: 1_700_000_000_000 });
//! assert_eq!(machine.step(Duration::ZERO, Input::Judged(verdict)), Some(Action::Vacuum));
//! assert_eq!(machine.step(Duration::from_secs(1), Input::Ended), None);
//! assert_eq!(machine.next_deadline(), Some(day + Duration::from_secs(1)));
//! ```

use core::fmt;
use core::time::Duration;

/// A vacuum by itself is worthwhile from so many free bytes on: 1 MiB.
pub const LEAST_BYTES: u64 = 1 << 20;
/// A vacuum by itself is worthwhile where so many of a hundred pages are free.
pub const LEAST_PERCENT: u64 = 10;
/// The shortest interval: a shorter one is taken as this.
pub const LEAST_INTERVAL: Duration = Duration::from_millis(10);

/// How much a step gives back at most.
const STEP_BYTES: u64 = 1_024_000;
/// Others get so much time between two steps at least: more than they wait before they ask for the lock again.
const LEAST_PAUSE: Duration = Duration::from_millis(5);

/// What the file of a database is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// The length of a page in bytes.
    pub page_bytes: u64,
    /// How many there are.
    pub total: u64,
    /// How many of them hold nothing.
    pub free: u64,
}

impl Pages {
    /// The length of the file in bytes, once everything is in it.
    pub fn file_bytes(self) -> u64 {
        self.total.saturating_mul(self.page_bytes)
    }

    /// The bytes of the pages that hold nothing.
    pub fn free_bytes(self) -> u64 {
        self.free.saturating_mul(self.page_bytes)
    }

    /// How many bytes shorter the file is when all free pages are given back. It is a page more or less where the file is
    /// longer than 1 GiB.
    ///
    /// It is more than the free pages: with them go those that map them, one for each `page_bytes / 5` others
    /// (<https://sqlite.org/fileformat2.html#pointer_map_or_ptrmap_pages>).
    pub fn savings(self) -> u64 {
        self.total.saturating_sub(self.smallest()).saturating_mul(self.page_bytes)
    }

    /// How many pages are left when all free ones are given back.
    fn smallest(self) -> u64 {
        if self.free == 0 {
            return self.total;
        }
        // The first page and the maps are mapped by none.
        let mapped_by_one = (self.page_bytes / 5).max(1);
        let maps = self.total.saturating_sub(1).div_ceil(mapped_by_one.saturating_add(1));
        let kept = self.total.saturating_sub(maps).saturating_sub(self.free).saturating_sub(1);
        kept.saturating_add(kept.div_ceil(mapped_by_one)).saturating_add(1).min(self.total)
    }

    /// Tells whether so much is free that a vacuum by itself is worthwhile: [`LEAST_BYTES`] and [`LEAST_PERCENT`].
    pub fn is_worthwhile(self) -> bool {
        self.free_bytes() >= LEAST_BYTES
            && self.free.saturating_mul(100) >= self.total.saturating_mul(LEAST_PERCENT)
    }
}

/// The steps of one vacuum: about 1 MB each, and together the pages that were free when it began.
///
/// ```
/// use speckit_core::store::vacuum::{Pages, Plan};
/// let mut plan = Plan::of(Pages { page_bytes: 4096, total: 1000, free: 600 });
/// assert_eq!([plan.next(600), plan.next(350), plan.next(100), plan.next(0)], [Some(250), Some(250), Some(100), None]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    step: u64,
    rest: u64,
}

impl Plan {
    /// The plan for what is free now.
    pub fn of(pages: Pages) -> Self {
        Self { step: (STEP_BYTES / pages.page_bytes.max(1)).max(1), rest: pages.free }
    }

    /// How many pages the next step gives back, where `free` are free now. `None` where nothing is left to do: what was freed
    /// after the beginning is left to the next vacuum, so that there is an end.
    pub fn next(&mut self, free: u64) -> Option<u64> {
        let pages = self.step.min(self.rest).min(free);
        self.rest -= pages;
        (pages > 0).then_some(pages)
    }

    /// How long the database is left to others after a step that took so long: as long again, and 5 ms at least.
    pub fn pause(took: Duration) -> Duration {
        took.max(LEAST_PAUSE)
    }
}

/// What a look at the database found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// What its file is made of.
    pub pages: Pages,
    /// When its last vacuum began, whoever made it.
    pub last_at_ms: Option<i64>,
    /// The present time.
    pub now_ms: i64,
}

/// Whether a vacuum is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is due now.
    Due,
    /// The last one is not an interval ago.
    Early {
        /// How long it is until then.
        wait: Duration,
    },
    /// Too little is free.
    NotWorthwhile,
}

/// Judges whether a vacuum is due: an interval after the last one, if it is worthwhile.
///
/// A last one in the future, be it by the clock of a neighbour, is as one that began now; but one that is further away
/// than the interval is as none, since then the clock was set back.
pub fn judge(interval: Duration, found: &Found) -> Verdict {
    if !found.pages.is_worthwhile() {
        return Verdict::NotWorthwhile;
    }
    let interval = interval.max(LEAST_INTERVAL);
    let Some(last) = found.last_at_ms else { return Verdict::Due };
    let distance = Duration::from_millis(found.now_ms.abs_diff(last));
    let elapsed = match (last > found.now_ms, distance > interval) {
        (true, true) => return Verdict::Due,
        (true, false) => Duration::ZERO,
        (false, _) => distance,
    };
    match interval.saturating_sub(elapsed) {
        Duration::ZERO => Verdict::Due,
        wait => Verdict::Early { wait },
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Time has passed.
    Timer,
    /// What was asked for by [`Action::Look`] is judged; where the database could not be looked at, as not worthwhile.
    Judged(Verdict),
    /// What was asked for by [`Action::Vacuum`] is over, well or badly.
    Ended,
    /// The interval is another from now on.
    Interval(Duration),
    /// Nothing is wanted any more.
    Stop,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Look at the database, [`judge`] what was found, note under the same lock that a vacuum begins where it is due, and
    /// answer with [`Input::Judged`].
    Look,
    /// Give the free pages back, and answer with [`Input::Ended`].
    Vacuum,
}

/// Decides when a database is looked at, and when its free pages are given back.
#[derive(Clone, Debug)]
pub struct Machine {
    interval: Duration,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The database is looked at when that time has come.
    Waiting(Duration),
    Looking,
    Vacuuming,
    Stopped,
}

impl Machine {
    /// A machine that looks at once, and then once an interval.
    pub fn new(interval: Duration) -> Self {
        Self { interval: interval.max(LEAST_INTERVAL), state: State::Waiting(Duration::ZERO) }
    }

    /// Takes one input and answers with what is to be done. Times never go back.
    pub fn step(&mut self, now: Duration, input: Input) -> Option<Action> {
        let next = now.saturating_add(self.interval);
        self.state = match (self.state, input) {
            (State::Stopped, _) | (_, Input::Stop) => State::Stopped,
            (State::Looking, Input::Judged(Verdict::Due)) => {
                self.state = State::Vacuuming;
                return Some(Action::Vacuum);
            }
            (State::Looking, Input::Judged(Verdict::Early { wait })) => {
                State::Waiting(now.saturating_add(wait).min(next))
            }
            (State::Looking, Input::Judged(Verdict::NotWorthwhile)) | (State::Vacuuming, Input::Ended) => {
                State::Waiting(next)
            }
            (state, Input::Interval(interval)) => {
                self.interval = interval.max(LEAST_INTERVAL);
                // What the new one means for the last vacuum, the database says.
                if matches!(state, State::Waiting(_)) { State::Waiting(now) } else { state }
            }
            (state, Input::Timer | Input::Judged(_) | Input::Ended) => state,
        };
        match self.state {
            State::Waiting(due) if due <= now => {
                self.state = State::Looking;
                Some(Action::Look)
            }
            _ => None,
        }
    }

    /// When [`Input::Timer`] is wanted next; `None` while an answer is awaited, and after the end.
    pub fn next_deadline(&self) -> Option<Duration> {
        if let State::Waiting(due) = self.state { Some(due) } else { None }
    }

    /// The interval that is in force.
    pub fn interval(&self) -> Duration {
        self.interval
    }
}

/// A number of bytes as people read it.
///
/// ```
/// use speckit_core::store::vacuum::Bytes;
/// let texts = [0, 1, 1023, 1024, 1_572_864, 5 << 30].map(|bytes| Bytes(bytes).to_string());
/// assert_eq!(texts, ["0 bytes", "1 byte", "1023 bytes", "1.0 KiB", "1.5 MiB", "5.0 GiB"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("TiB", 40_u32), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
        match units.into_iter().find(|(_, shift)| self.0 >> shift > 0) {
            Some((unit, shift)) => {
                let tenths = (u128::from(self.0) * 10) >> shift;
                write!(f, "{}.{} {unit}", tenths / 10, tenths % 10)
            }
            None if self.0 == 1 => f.write_str("1 byte"),
            None => write!(f, "{} bytes", self.0),
        }
    }
}
