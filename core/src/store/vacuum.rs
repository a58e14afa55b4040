//! Giving the free pages of a database back to the disk: when that is due, in which steps, and what it saves.
//!
//! SQLite keeps the pages of deleted rows for later ones. They are given back once an interval at most, and only where that
//! is worthwhile ([`due_in`]), in steps so short that a writer between two of them waits for a moment only ([`Pages::step`],
//! [`pause`]). A date counts milliseconds since 1970.
//!
//! ```
//! use core::time::Duration;
//! use speckit_core::store::vacuum::{Found, Pages, due_in};
//! let hours = |hours: u64| Duration::from_secs(hours * 60 * 60);
//! let pages = Pages { page_bytes: 4096, total: 13_000, free: 12_500 };
//! let found = Found { pages, last_at_ms: None, now_ms: 1_700_000_000_000 };
//! assert_eq!(due_in(hours(24), &found), Duration::ZERO);
//! let found = Found { last_at_ms: Some(found.now_ms), now_ms: found.now_ms + 3_600_000, ..found };
//! assert_eq!(due_in(hours(24), &found), hours(23));
//! ```

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

    /// How many pages the next step of a vacuum gives back, which is to give back `rest` more: about 1 MB. Zero at its end:
    /// `rest` begins with what is free then, so that what others free meanwhile is left to the next vacuum.
    ///
    /// ```
    /// use speckit_core::store::vacuum::Pages;
    /// let pages = Pages { page_bytes: 4096, total: 1000, free: 600 };
    /// assert_eq!([600, 350, 100, 0].map(|rest| pages.step(rest)), [250, 250, 100, 0]);
    /// ```
    pub fn step(self, rest: u64) -> u64 {
        (STEP_BYTES / self.page_bytes.max(1)).max(1).min(rest).min(self.free)
    }

    /// Tells whether so much is free that a vacuum by itself is worthwhile: [`LEAST_BYTES`] and [`LEAST_PERCENT`].
    pub fn is_worthwhile(self) -> bool {
        self.free_bytes() >= LEAST_BYTES
            && self.free.saturating_mul(100) >= self.total.saturating_mul(LEAST_PERCENT)
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

/// How long it is until a vacuum by itself is due, at most an interval; zero where it is due now: an interval after the last
/// one began, if it is worthwhile.
///
/// A last one in the future, be it by the clock of a neighbour, counts as one that began now; but one that is further away
/// than the interval counts as none, since then the clock was set back.
pub fn due_in(interval: Duration, found: &Found) -> Duration {
    let interval = interval.max(LEAST_INTERVAL);
    if !found.pages.is_worthwhile() {
        return interval;
    }
    let Some(last) = found.last_at_ms else { return Duration::ZERO };
    let distance = Duration::from_millis(found.now_ms.abs_diff(last));
    if last <= found.now_ms {
        interval.saturating_sub(distance)
    } else if distance <= interval {
        interval
    } else {
        Duration::ZERO
    }
}

/// How long the database is left to others after a step that took so long: as long again, and 5 ms at least.
pub fn pause(took: Duration) -> Duration {
    took.max(LEAST_PAUSE)
}
