//! The entries of a history that wait to be written.

use alloc::collections::VecDeque;
use core::mem;
use core::time::Duration;

/// The most entries that wait; then the oldest is given up.
pub const MAX_WAITING: usize = 256;

/// How long after a failure the next attempt follows, unless a new entry comes before.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Entries in the order in which they came, which is the order in which they are written: after a failure the same entry is
/// tried again, and the others wait behind it.
///
/// ```
/// use core::time::Duration;
/// use speckit_core::config::history::{Backlog, RETRY_AFTER};
/// let (mut backlog, now) = (Backlog::default(), Duration::ZERO);
/// backlog.add("generation 1");
/// let entry = backlog.take(now).unwrap();
/// assert!(backlog.failed(entry, now), "the first failure is reported");
/// assert_eq!((backlog.take(now), backlog.next_deadline()), (None, Some(RETRY_AFTER)));
/// backlog.add("generation 2");
/// assert_eq!(backlog.take(now), Some("generation 1"));
/// assert_eq!(backlog.written(), Some(0), "nothing was given up");
/// assert_eq!(backlog.take(now), Some("generation 2"));
/// ```
#[derive(Clone, Debug)]
pub struct Backlog<E> {
    waiting: VecDeque<E>,
    is_writing: bool,
    is_failing: bool,
    retry_at: Option<Duration>,
    failures: u64,
    given_up: u64,
}

impl<E> Default for Backlog<E> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            is_writing: false,
            is_failing: false,
            retry_at: None,
            failures: 0,
            given_up: 0,
        }
    }
}

impl<E> Backlog<E> {
    /// Adds the newest entry, which is a reason to try at once.
    pub fn add(&mut self, entry: E) {
        self.waiting.push_back(entry);
        self.keep_bound();
        self.retry_at = None;
    }

    /// The entry to write now; `None` if none waits, or a failure was less than [`RETRY_AFTER`] ago. [`Backlog::written`],
    /// [`Backlog::failed`] or [`Backlog::abandoned`] must follow.
    pub fn take(&mut self, now: Duration) -> Option<E> {
        if self.retry_at.is_some_and(|at| now < at) {
            return None;
        }
        let entry = self.waiting.pop_front();
        self.is_writing = entry.is_some();
        entry
    }

    /// The taken entry is written. After failures, returns how many entries were given up since the last success.
    pub fn written(&mut self) -> Option<u64> {
        self.is_writing = false;
        self.retry_at = None;
        let was_failing = mem::take(&mut self.is_failing) || self.given_up > 0;
        was_failing.then(|| mem::take(&mut self.given_up))
    }

    /// The taken entry could not be written, and is the next one again. Returns whether this is to be reported: it is the first
    /// failure since the last success.
    pub fn failed(&mut self, entry: E, now: Duration) -> bool {
        self.is_writing = false;
        self.waiting.push_front(entry);
        self.keep_bound();
        self.failures += 1;
        self.retry_at = Some(now.saturating_add(RETRY_AFTER));
        !self.report_failure()
    }

    /// The taken entry can never be written.
    pub fn abandoned(&mut self) {
        self.is_writing = false;
        self.given_up += 1;
    }

    /// A failure is reported; returns whether one was before.
    pub fn report_failure(&mut self) -> bool {
        mem::replace(&mut self.is_failing, true)
    }

    /// Lets the next attempt follow at once. Returns how many attempts have failed so far.
    pub fn retry(&mut self) -> u64 {
        self.retry_at = None;
        self.failures
    }

    /// How many attempts have failed.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// Whether every entry is written or given up.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && !self.is_writing
    }

    /// How many entries are not written: those that wait, and those that were given up since the last success.
    pub fn unwritten(&self) -> u64 {
        self.waiting.len() as u64 + u64::from(self.is_writing) + self.given_up
    }

    /// When the next attempt is due; `None` if no entry waits, or it is due at once.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.retry_at.filter(|_| !self.waiting.is_empty())
    }

    fn keep_bound(&mut self) {
        if self.waiting.len() > MAX_WAITING {
            self.waiting.pop_front();
            self.given_up += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn only_the_first_failure_since_a_success_is_reported() {
        let mut backlog = Backlog::default();
        backlog.add(1);
        let reported = [0, 10, 20].map(|later| {
            let now = NOW + Duration::from_secs(later);
            let entry = backlog.take(now).unwrap();
            backlog.failed(entry, now)
        });
        assert_eq!(reported, [true, false, false]);
        let later = NOW + RETRY_AFTER + Duration::from_secs(20);
        assert_eq!(backlog.take(later), Some(1));
        assert_eq!(backlog.written(), Some(0));
        backlog.add(2);
        assert_eq!(backlog.take(NOW), Some(2));
        assert!(backlog.failed(2, NOW), "a success lies between");
        assert_eq!(backlog.failures(), 4);
    }

    #[test]
    fn the_oldest_entries_are_given_up_and_counted_once() {
        let mut backlog = Backlog::default();
        let total = MAX_WAITING + 3;
        backlog.add(0);
        let first = backlog.take(NOW).unwrap();
        (1..total).for_each(|entry| backlog.add(entry));
        assert_eq!(backlog.unwritten(), total as u64, "one is being written, and two are given up");
        assert!(backlog.failed(first, NOW));
        assert_eq!(backlog.unwritten(), total as u64);
        assert_eq!(backlog.retry(), 1);
        let mut written = Vec::new();
        let mut given_up = Vec::new();
        while let Some(entry) = backlog.take(NOW) {
            written.push(entry);
            given_up.extend(backlog.written());
        }
        assert_eq!(written, (3..total).collect::<Vec<_>>());
        assert_eq!((given_up, backlog.unwritten()), (Vec::from([3]), 0));
    }

    #[test]
    fn a_failure_that_was_reported_elsewhere_is_not_reported_again() {
        let mut backlog = Backlog::default();
        assert!(!backlog.report_failure());
        backlog.add(1);
        let entry = backlog.take(NOW).unwrap();
        assert!(!backlog.failed(entry, NOW));
    }

    #[test]
    fn an_entry_that_can_never_be_written_does_not_stop_the_others() {
        let mut backlog = Backlog::default();
        backlog.add(1);
        backlog.add(2);
        assert_eq!(backlog.take(NOW), Some(1));
        backlog.abandoned();
        assert_eq!(backlog.take(NOW), Some(2));
        assert!(!backlog.is_empty());
        assert_eq!(backlog.written(), Some(1));
        assert!(backlog.is_empty());
    }

    #[test]
    fn the_next_attempt_follows_after_the_pause_or_a_new_entry() {
        let (due, early) = (NOW + RETRY_AFTER, NOW + RETRY_AFTER - Duration::from_nanos(1));
        let mut backlog = Backlog::default();
        backlog.add(1);
        backlog.add(2);
        let entry = backlog.take(NOW).unwrap();
        backlog.failed(entry, NOW);
        assert_eq!((backlog.take(early), backlog.next_deadline()), (None, Some(due)));
        let mut with_new = backlog.clone();
        with_new.add(3);
        assert_eq!((with_new.next_deadline(), with_new.take(early)), (None, Some(1)));
        assert_eq!(backlog.take(due), Some(1));
        backlog.written();
        assert_eq!(backlog.next_deadline(), None, "the next entry is due at once");
        let entry = backlog.take(early).unwrap();
        backlog.failed(entry, early);
        assert_eq!(backlog.take(due + RETRY_AFTER), Some(2));
        backlog.abandoned();
        assert_eq!((backlog.is_empty(), backlog.next_deadline()), (true, None));
    }

    #[test]
    fn entries_that_are_given_up_during_a_slow_write_are_counted_after_it() {
        let mut backlog = Backlog::default();
        (0..=MAX_WAITING).for_each(|entry| backlog.add(entry));
        assert_eq!(backlog.take(NOW), Some(1));
        assert_eq!(backlog.written(), Some(1));
        assert_eq!(backlog.take(NOW), Some(2));
        assert_eq!(backlog.written(), None);
    }

    #[test]
    fn the_first_failure_after_an_entry_that_can_never_be_written_is_reported() {
        let mut backlog = Backlog::default();
        backlog.add(1);
        backlog.add(2);
        assert_eq!(backlog.take(NOW), Some(1));
        backlog.abandoned();
        let entry = backlog.take(NOW).unwrap();
        assert!(backlog.failed(entry, NOW));
    }
}
