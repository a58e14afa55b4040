//! The state machine of a source of the embedding program: when it is read, which answer is used, and when an outage begins and
//! ends.
//!
//! [`SourceMachine`] takes inputs with their times and returns actions, which the shell executes. Times are measured from some fixed
//! moment.
//!
//! ```
//! use core::time::Duration;
//! use speckit_core::Fingerprint;
//! use speckit_core::config::source_machine::{FailureCause, SourceAction, SourceInput, SourceMachine, SourceResult, SourceTiming};
//! use speckit_core::retry::{Jitter, RetryConfig, Seed};
//! let at = Duration::from_secs;
//! let retry = RetryConfig::default().with_initial_backoff_ms(1000).with_jitter(Jitter::None);
//! let timing = SourceTiming { poll_interval: Some(at(60)), time_limit: at(30), retry };
//! let mut source = SourceMachine::new(at(0), timing, Seed::new(42), "source/vault");
//! assert_eq!(source.step(at(0), SourceInput::Timer), [SourceAction::Read { number: 1 }]);
//! let result = SourceResult::Content(Fingerprint::of_bytes(b"port = 1"));
//! assert_eq!(source.step(at(1), SourceInput::Answer { number: 1, result }), [SourceAction::Use { number: 1 }]);
//! assert_eq!(source.next_deadline(), Some(at(61)));
//! assert_eq!(source.step(at(61), SourceInput::Timer), [SourceAction::Read { number: 2 }]);
//! let failed = SourceInput::Answer { number: 2, result: SourceResult::Failed { suggested: None } };
//! assert_eq!(source.step(at(62), failed), [SourceAction::Fail { cause: FailureCause::Error, begins_outage: true }]);
//! assert_eq!(source.next_deadline(), Some(at(63)), "the first wait of the backoff");
//! ```

use alloc::vec::Vec;
use core::time::Duration;

use crate::retry::backoff::Backoff;
use crate::retry::{RetryConfig, Seed};
use crate::tree::Fingerprint;

/// The shortest time between two reads of a source, and the shortest time limit: settings and hints cannot make a program read
/// without a pause.
pub const MIN_READ_INTERVAL: Duration = Duration::from_millis(100);
/// How many reads that passed their time limit may still run. While there are so many, no further read begins.
pub const MAX_LATE_READS: u32 = 3;
/// The longest wait that a source may ask for.
pub const MAX_SUGGESTED_WAIT: Duration = Duration::from_secs(3600);

/// When a source is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SourceTiming {
    /// The time from the end of a read to the next one; `None` reads only after a hint or a request.
    pub poll_interval: Option<Duration>,
    /// How long a read may take.
    pub time_limit: Duration,
    /// The waits of an outage. The number of attempts and the deadline do not count: a source is read until it answers.
    pub retry: RetryConfig,
}

/// An input of the [`SourceMachine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceInput {
    /// The content may have changed. During an outage the wait continues.
    Hint,
    /// The time of [`SourceMachine::next_deadline`] has come.
    Timer,
    /// A reload by hand: read now.
    Requested,
    /// The answer of [`SourceAction::Read`].
    Answer {
        /// The number of the read.
        number: u64,
        /// What it brought.
        result: SourceResult,
    },
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceResult {
    /// The hash of the content.
    Content(Fingerprint),
    /// The source says that its content is the same as before.
    Unchanged,
    /// The source cannot be read.
    Failed {
        /// The shortest wait that the source asks for.
        suggested: Option<Duration>,
    },
}

/// One action of the shell, in the order in which to do them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceAction {
    /// Begin to read the source, and send one [`SourceInput::Answer`].
    Read {
        /// The number of the read, counted from 1.
        number: u64,
    },
    /// The time limit of this read has passed: cancel it, if possible. Its answer is still sent, and ignored.
    Abandon {
        /// The number of the read.
        number: u64,
    },
    /// The content of this read is the content of the source from now on. It differs from the content before.
    Use {
        /// The number of the read.
        number: u64,
    },
    /// A read failed. The last content stays.
    Fail {
        /// Why.
        cause: FailureCause,
        /// Whether an outage begins: the read before was successful, or there was none.
        begins_outage: bool,
    },
    /// The outage is over.
    EndOutage {
        /// The time since its first failure.
        lasted: Duration,
    },
}

/// Why a read failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCause {
    /// The source returned an error.
    Error,
    /// The time limit passed.
    TimeLimit,
    /// The content is "the same as before", but there is none before.
    NothingBefore,
}

/// Decides when a source is read, and which answers are used.
///
/// Its invariants (see `tests/properties/config/source_machine.rs`): one read runs at a time, beside at most [`MAX_LATE_READS`] late
/// ones; a late answer is never used; a failure never removes content; each outage begins and ends once.
#[derive(Clone, Debug)]
pub struct SourceMachine {
    timing: SourceTiming,
    backoff: Backoff,
    /// The last read that began.
    number: u64,
    /// When it began, while it runs.
    began: Option<Duration>,
    /// No earlier read than this one follows a hint.
    rests_until: Duration,
    /// The reads that passed their time limit and still run.
    late: u32,
    /// When to poll, or to try again; each read sets it anew.
    due: Option<Duration>,
    is_hinted: bool,
    is_requested: bool,
    content: Option<Fingerprint>,
    last_good: Option<Duration>,
    outage: Option<Outage>,
}

#[derive(Clone, Copy, Debug)]
struct Outage {
    since: Duration,
    failures: u32,
}

impl SourceMachine {
    /// A source that is not read yet. The first read is due at once; label and seed give the waits of outages.
    pub fn new(now: Duration, timing: SourceTiming, seed: Seed, label: &str) -> Self {
        let timing = SourceTiming {
            poll_interval: timing.poll_interval.map(|interval| interval.max(MIN_READ_INTERVAL)),
            time_limit: timing.time_limit.max(MIN_READ_INTERVAL),
            ..timing
        };
        Self {
            timing,
            backoff: Backoff::new(seed, label),
            number: 0,
            began: None,
            rests_until: now,
            late: 0,
            due: Some(now),
            is_hinted: false,
            is_requested: false,
            content: None,
            last_good: None,
            outage: None,
        }
    }

    /// Takes one input and returns the actions that follow. Times must not go back.
    pub fn step(&mut self, now: Duration, input: SourceInput) -> Vec<SourceAction> {
        let mut actions = Vec::new();
        match input {
            SourceInput::Hint => self.is_hinted = true,
            SourceInput::Timer => {}
            SourceInput::Requested => self.is_requested = true,
            SourceInput::Answer { number, result } if number == self.number && self.began.is_some() => {
                self.began = None;
                self.finish_read(now, result, &mut actions);
            }
            SourceInput::Answer { .. } => self.late = self.late.saturating_sub(1),
        }
        if self.limit().is_some_and(|limit| limit <= now) {
            self.began = None;
            self.late += 1;
            actions.push(SourceAction::Abandon { number: self.number });
            self.fail(now, FailureCause::TimeLimit, None, &mut actions);
        }
        if self.is_due(now) {
            self.number += 1;
            self.began = Some(now);
            self.rests_until = now.saturating_add(MIN_READ_INTERVAL);
            self.is_hinted = false;
            self.is_requested = false;
            actions.push(SourceAction::Read { number: self.number });
        }
        actions
    }

    /// When to send [`SourceInput::Timer`]; `None` while no time matters.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.limit().or_else(|| self.next_read())
    }

    /// When the next read begins, if nothing happens before; `None` while one runs, and if none is planned.
    pub fn next_read(&self) -> Option<Duration> {
        if self.is_reading() || self.is_blocked() {
            return None;
        }
        let hinted = (self.is_hinted && self.outage.is_none()).then_some(self.rests_until);
        hinted.into_iter().chain(self.due).min()
    }

    /// Whether a read runs that has not passed its time limit.
    pub fn is_reading(&self) -> bool {
        self.began.is_some()
    }

    /// Whether no read can begin, because too many late ones still run.
    pub fn is_blocked(&self) -> bool {
        self.late >= MAX_LATE_READS
    }

    /// The last read that ended or passed its time limit, which all before it did too; 0 if there is none.
    pub fn finished(&self) -> u64 {
        if self.is_reading() { self.number.saturating_sub(1) } else { self.number }
    }

    /// The read that answers a request: the one that began with it, or the one after a read that ran already.
    pub fn requested_read(&self) -> u64 {
        if self.is_requested { self.number.saturating_add(1) } else { self.number }
    }

    /// How long a read may take.
    pub fn time_limit(&self) -> Duration {
        self.timing.time_limit
    }

    /// When the source was read successfully for the last time.
    pub fn last_good(&self) -> Option<Duration> {
        self.last_good
    }

    /// When the outage began; `None` if there is none.
    pub fn outage_since(&self) -> Option<Duration> {
        self.outage.map(|outage| outage.since)
    }

    /// When the running read passes its time limit.
    fn limit(&self) -> Option<Duration> {
        Some(self.began?.saturating_add(self.timing.time_limit))
    }

    fn is_due(&self, now: Duration) -> bool {
        let may_begin = !self.is_reading() && !self.is_blocked();
        may_begin && (self.is_requested || self.next_read().is_some_and(|at| at <= now))
    }

    fn finish_read(&mut self, now: Duration, result: SourceResult, actions: &mut Vec<SourceAction>) {
        match result {
            SourceResult::Failed { suggested } => self.fail(now, FailureCause::Error, suggested, actions),
            SourceResult::Unchanged if self.content.is_none() => {
                self.fail(now, FailureCause::NothingBefore, None, actions);
            }
            SourceResult::Unchanged => self.succeed(now, actions),
            SourceResult::Content(content) => {
                if self.content != Some(content) {
                    self.content = Some(content);
                    actions.push(SourceAction::Use { number: self.number });
                }
                self.succeed(now, actions);
            }
        }
    }

    fn succeed(&mut self, now: Duration, actions: &mut Vec<SourceAction>) {
        self.last_good = Some(now);
        self.due = self.timing.poll_interval.map(|interval| now.saturating_add(interval));
        if let Some(outage) = self.outage.take() {
            actions.push(SourceAction::EndOutage { lasted: now.saturating_sub(outage.since) });
        }
    }

    fn fail(
        &mut self,
        now: Duration,
        cause: FailureCause,
        suggested: Option<Duration>,
        actions: &mut Vec<SourceAction>,
    ) {
        let begins_outage = self.outage.is_none();
        let outage = self.outage.get_or_insert(Outage { since: now, failures: 0 });
        outage.failures = outage.failures.saturating_add(1);
        let backoff = self.backoff.wait(&self.timing.retry, outage.failures);
        // Clients with the same suggestion do not come back together.
        let wait = suggested.unwrap_or_default().min(MAX_SUGGESTED_WAIT).saturating_add(backoff);
        self.due = Some(now.saturating_add(wait.max(MIN_READ_INTERVAL)));
        actions.push(SourceAction::Fail { cause, begins_outage });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::Jitter;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A source whose first read has begun at 0, with waits of 1 s, 2 s and 4 s.
    fn source(poll_interval: Option<Duration>) -> SourceMachine {
        let retry = RetryConfig::default().with_initial_backoff_ms(1000).with_max_backoff_ms(4000);
        let timing =
            SourceTiming { poll_interval, time_limit: SECOND, retry: retry.with_jitter(Jitter::None) };
        let mut source = SourceMachine::new(at(0), timing, Seed::new(1), "source/test");
        assert_eq!(source.step(at(0), SourceInput::Timer), [SourceAction::Read { number: 1 }]);
        source
    }

    fn content(number: u64, text: &str) -> SourceInput {
        SourceInput::Answer { number, result: SourceResult::Content(Fingerprint::of_bytes(text.as_bytes())) }
    }

    fn failed(number: u64, suggested: Option<Duration>) -> SourceInput {
        SourceInput::Answer { number, result: SourceResult::Failed { suggested } }
    }

    #[test]
    fn an_outage_begins_and_ends_once_and_equal_content_is_not_used_again() {
        let mut source = source(None);
        assert_eq!(source.step(at(10), content(1, "a")), [SourceAction::Use { number: 1 }]);
        assert_eq!(source.next_deadline(), None, "it is not polled");
        assert_eq!(source.step(at(500), SourceInput::Hint), [SourceAction::Read { number: 2 }]);
        let fail = |begins_outage| SourceAction::Fail { cause: FailureCause::Error, begins_outage };
        assert_eq!(source.step(at(510), failed(2, None)), [fail(true)]);
        assert_eq!(source.next_deadline(), Some(at(1510)));
        assert_eq!(source.step(at(1510), SourceInput::Timer), [SourceAction::Read { number: 3 }]);
        assert_eq!(source.step(at(1520), failed(3, None)), [fail(false)]);
        assert_eq!(source.next_deadline(), Some(at(3520)));
        assert_eq!(source.step(at(3520), SourceInput::Timer), [SourceAction::Read { number: 4 }]);
        assert_eq!(source.step(at(3530), content(4, "a")), [SourceAction::EndOutage { lasted: at(3020) }]);
        assert_eq!((source.outage_since(), source.last_good()), (None, Some(at(3530))));
    }

    #[test]
    fn hints_during_a_read_give_one_more_read_after_a_pause() {
        let mut source = source(None);
        assert_eq!(source.step(at(10), SourceInput::Hint), []);
        assert_eq!(source.step(at(20), SourceInput::Hint), []);
        assert_eq!(source.step(at(30), content(1, "a")), [SourceAction::Use { number: 1 }]);
        assert_eq!(source.next_deadline(), Some(at(100)));
        assert_eq!(source.step(at(100), SourceInput::Timer), [SourceAction::Read { number: 2 }]);
        assert_eq!(source.step(at(110), content(2, "a")), []);
        assert_eq!(source.next_deadline(), None);
    }

    #[test]
    fn a_hint_does_not_shorten_the_wait_of_an_outage_and_a_request_does() {
        let mut source = source(None);
        source.step(at(10), failed(1, None));
        assert_eq!(source.step(at(500), SourceInput::Hint), []);
        assert_eq!(source.step(at(600), SourceInput::Requested), [SourceAction::Read { number: 2 }]);
        assert_eq!((source.requested_read(), source.finished()), (2, 1));
        assert_eq!(source.step(at(610), SourceInput::Requested), []);
        assert_eq!((source.requested_read(), source.finished()), (3, 1), "the running read may be older");
        let actions = source.step(at(620), content(2, "a"));
        let end = SourceAction::EndOutage { lasted: at(610) };
        assert_eq!(actions, [SourceAction::Use { number: 2 }, end, SourceAction::Read { number: 3 }]);
    }

    #[test]
    fn late_answers_are_ignored_and_too_many_late_reads_stop_further_ones() {
        let mut source = source(None);
        let mut now = at(0);
        for number in 1..=3 {
            now = source.next_deadline().unwrap();
            let begins_outage = number == 1;
            let fail = SourceAction::Fail { cause: FailureCause::TimeLimit, begins_outage };
            assert_eq!(source.step(now, SourceInput::Timer), [SourceAction::Abandon { number }, fail]);
            if number < 3 {
                now = source.next_deadline().unwrap();
                let read = SourceAction::Read { number: number + 1 };
                assert_eq!(source.step(now, SourceInput::Timer), [read]);
            }
        }
        assert_eq!(source.next_deadline(), None);
        assert_eq!(source.step(now + SECOND * 60, SourceInput::Requested), []);
        let read = SourceAction::Read { number: 4 };
        assert_eq!(source.step(now + SECOND * 61, content(1, "late")), [read]);
        assert_eq!(source.last_good(), None);
    }

    #[test]
    fn a_source_that_has_no_content_before_cannot_be_unchanged() {
        let mut source = source(Some(SECOND));
        let unchanged = |number| SourceInput::Answer { number, result: SourceResult::Unchanged };
        let fail = SourceAction::Fail { cause: FailureCause::NothingBefore, begins_outage: true };
        assert_eq!(source.step(at(10), unchanged(1)), [fail]);
        source.step(at(1010), SourceInput::Timer);
        source.step(at(1020), content(2, "a"));
        source.step(at(2020), SourceInput::Timer);
        assert_eq!(source.step(at(2030), unchanged(3)), []);
        assert_eq!(source.last_good(), Some(at(2030)));
    }

    #[test]
    fn a_suggested_wait_is_kept_up_to_an_hour() {
        for (suggested, expected) in [(7, 8), (1_000_000, 3601)] {
            let mut source = source(None);
            source.step(at(0), failed(1, Some(SECOND * suggested)));
            assert_eq!(source.next_deadline(), Some(SECOND * expected));
        }
    }

    #[test]
    fn a_source_is_never_read_without_a_pause() {
        let retry = RetryConfig::default().with_initial_backoff_ms(0);
        let timing = SourceTiming { poll_interval: Some(Duration::ZERO), time_limit: Duration::ZERO, retry };
        let mut source = SourceMachine::new(at(0), timing, Seed::new(1), "source/test");
        source.step(at(0), SourceInput::Timer);
        assert_eq!(source.next_deadline(), Some(at(100)));
        source.step(at(1), content(1, "a"));
        assert_eq!(source.next_deadline(), Some(at(101)));
        source.step(at(101), SourceInput::Timer);
        source.step(at(102), failed(2, None));
        assert_eq!(source.next_deadline(), Some(at(202)));
    }
}
