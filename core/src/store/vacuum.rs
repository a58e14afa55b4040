//! Vacuums, which return the free pages of a database to the disk: when one is due, its steps, and what it saves.
//!
//! SQLite keeps the pages of deleted rows for later ones. A vacuum runs once in an interval at most, and only if it is
//! worthwhile ([`due_in`]), in steps so short that a writer waits only a moment ([`Pages::step`], [`pause`]). Dates are
//! milliseconds since 1970.
//!
//! ```
//! use core::time::Duration;
//! use speckit_core::store::vacuum::{VacuumState, Pages, due_in};
//! let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
//! let pages = Pages { page_bytes: 4096, total: 13_000, free: 12_500 };
//! let state = VacuumState { pages, last_at_ms: None, now_ms: 1_700_000_000_000 };
//! assert_eq!(due_in(hours(24), &state), Duration::ZERO);
//! let state = VacuumState { last_at_ms: Some(state.now_ms), now_ms: state.now_ms + 3_600_000, ..state };
//! assert_eq!(due_in(hours(24), &state), hours(23));
//! ```

use core::time::Duration;

/// The least free bytes for which a scheduled vacuum is worthwhile: 1 MiB.
pub const MIN_BYTES: u64 = 1 << 20;
/// The least percentage of free pages for which a scheduled vacuum is worthwhile.
pub const MIN_PERCENT: u64 = 10;
/// The shortest interval; a shorter one counts as this.
pub const MIN_INTERVAL: Duration = Duration::from_millis(10);

/// The most bytes that a step returns.
const STEP_BYTES: u64 = 1_024_000;
/// The least time between two steps: longer than others wait before they try the lock again.
const MIN_PAUSE: Duration = Duration::from_millis(5);

/// The pages of a database file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// The length of a page in bytes.
    pub page_bytes: u64,
    /// How many there are.
    pub total: u64,
    /// How many of them are free.
    pub free: u64,
}

impl Pages {
    /// The length of the file in bytes, with the contents of the WAL.
    pub fn file_bytes(self) -> u64 {
        self.total.saturating_mul(self.page_bytes)
    }

    /// The bytes of the free pages.
    pub fn free_bytes(self) -> u64 {
        self.free.saturating_mul(self.page_bytes)
    }

    /// How many bytes shorter a vacuum makes the file; a page more or less where the file is longer than 1 GiB.
    ///
    /// It is more than the free pages: the pages that map them go too, one for each `page_bytes / 5` others
    /// (<https://sqlite.org/fileformat2.html#pointer_map_or_ptrmap_pages>).
    pub fn savings(self) -> u64 {
        self.total.saturating_sub(self.smallest()).saturating_mul(self.page_bytes)
    }

    /// How many pages are left after a vacuum.
    fn smallest(self) -> u64 {
        if self.free == 0 {
            return self.total;
        }
        // No map covers the first page and the maps.
        let mapped_by_one = (self.page_bytes / 5).max(1);
        let maps = self.total.saturating_sub(1).div_ceil(mapped_by_one.saturating_add(1));
        let kept = self.total.saturating_sub(maps).saturating_sub(self.free).saturating_sub(1);
        kept.saturating_add(kept.div_ceil(mapped_by_one)).saturating_add(1).min(self.total)
    }

    /// How many pages the next step of a vacuum returns, about 1 MB, if `rest` more are left to return. Zero at the end:
    /// `rest` starts as the free pages of that time, so that pages which others free meanwhile are left to the next vacuum.
    ///
    /// ```
    /// use speckit_core::store::vacuum::Pages;
    /// let pages = Pages { page_bytes: 4096, total: 1000, free: 600 };
    /// assert_eq!([600, 350, 100, 0].map(|rest| pages.step(rest)), [250, 250, 100, 0]);
    /// ```
    pub fn step(self, rest: u64) -> u64 {
        (STEP_BYTES / self.page_bytes.max(1)).max(1).min(rest).min(self.free)
    }

    /// Whether enough is free for a scheduled vacuum: [`MIN_BYTES`] and [`MIN_PERCENT`].
    pub fn is_worthwhile(self) -> bool {
        self.free_bytes() >= MIN_BYTES
            && self.free.saturating_mul(100) >= self.total.saturating_mul(MIN_PERCENT)
    }
}

/// The state of a database that decides when a vacuum is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VacuumState {
    /// The pages of its file.
    pub pages: Pages,
    /// When its last vacuum began, in any process.
    pub last_at_ms: Option<i64>,
    /// The present time.
    pub now_ms: i64,
}

/// The time until a scheduled vacuum is due, at most an interval: it is due an interval after the last one began, if it is
/// worthwhile. Zero if it is due now.
///
/// A last one in the future, by the clock of another machine, counts as one that began now. One that is further ahead than
/// the interval counts as none, since the clock was set back.
pub fn due_in(interval: Duration, state: &VacuumState) -> Duration {
    let interval = interval.max(MIN_INTERVAL);
    if !state.pages.is_worthwhile() {
        return interval;
    }
    let Some(last) = state.last_at_ms else { return Duration::ZERO };
    let distance = Duration::from_millis(state.now_ms.abs_diff(last));
    if last <= state.now_ms {
        interval.saturating_sub(distance)
    } else if distance <= interval {
        interval
    } else {
        Duration::ZERO
    }
}

/// The pause for other writers after a step: as long as the step took, and 5 ms at least.
pub fn pause(took: Duration) -> Duration {
    took.max(MIN_PAUSE)
}
