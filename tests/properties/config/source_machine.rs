//! Laws of the machine of a source. The reference keeps the whole record of a source and computes each answer from it anew.

use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use speckit_core::Fingerprint;
use speckit_core::config::source_machine::{
    FailureCause, MAX_LATE_READS, MAX_SUGGESTED_WAIT, MIN_READ_INTERVAL, SourceAction, SourceInput,
    SourceMachine, SourceResult, SourceTiming,
};
use speckit_core::retry::{Jitter, RetryConfig, Seed};

const MS: Duration = Duration::from_millis(1);

/// What happens to a source from outside.
#[derive(Clone, Debug)]
enum Event {
    Hint,
    Request,
    /// One of the reads that run, also a late one, ends.
    Answer(usize, SourceResult),
}

#[derive(Clone, Debug)]
struct Case {
    timing: SourceTiming,
    /// Each with the time since the one before.
    events: Vec<(Duration, Event)>,
}

fn any_case() -> impl Strategy<Value = Case> {
    let result = prop_oneof![
        4 => (0..3u8).prop_map(|text| SourceResult::Content(Fingerprint::of_bytes(&[text]))),
        1 => Just(SourceResult::Unchanged),
        3 => option::weighted(0.3, 0..10_000_000u32)
            .prop_map(|wait| SourceResult::Failed { suggested: wait.map(|wait| MS * wait) }),
    ];
    let event = prop_oneof![
        2 => Just(Event::Hint),
        1 => Just(Event::Request),
        5 => (any::<usize>(), result).prop_map(|(which, result)| Event::Answer(which, result)),
    ];
    let pause = prop_oneof![Just(0), 1..50u32, 1..2000u32];
    let timing = (option::of(0..3000u32), 0..1500u32, 0..500u64, 0..3000u64);
    let events = vec((pause.prop_map(|pause| MS * pause), event), 1..60);
    (timing, events).prop_map(|((poll, limit, initial, max), events)| {
        let retry = RetryConfig::default().with_jitter(Jitter::None);
        let retry = retry.with_initial_backoff_ms(initial).with_max_backoff_ms(max);
        let timing =
            SourceTiming { poll_interval: poll.map(|poll| MS * poll), time_limit: MS * limit, retry };
        Case { timing, events }
    })
}

/// What happened to a source.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Entry {
    Began(u64),
    Hinted,
    Requested,
    /// A read ended in time.
    Ended(SourceResult),
    TimedOut(u64),
    /// A late read ended.
    LateEnded,
}

/// All that happened, with the times.
struct Record {
    timing: SourceTiming,
    entries: Vec<(Duration, Entry)>,
}

impl Record {
    fn reads(&self) -> u64 {
        self.entries.iter().filter(|(_, entry)| matches!(entry, Entry::Began(_))).count() as u64
    }

    fn last_began(&self) -> Option<(usize, Duration)> {
        let began = |(_, (_, entry)): &(usize, &(Duration, Entry))| matches!(entry, Entry::Began(_));
        self.entries.iter().enumerate().rev().find(began).map(|(at, (time, _))| (at, *time))
    }

    /// The times and outcomes of the reads that ended or passed their limit; an outcome is good or not.
    fn outcomes(&self) -> Vec<(Duration, bool, Option<Duration>)> {
        let mut has_content = false;
        let mut outcomes = Vec::new();
        for (time, entry) in &self.entries {
            outcomes.push(match entry {
                Entry::Ended(SourceResult::Content(_)) => {
                    has_content = true;
                    (*time, true, None)
                }
                Entry::Ended(SourceResult::Unchanged) => (*time, has_content, None),
                Entry::Ended(SourceResult::Failed { suggested }) => (*time, false, *suggested),
                Entry::TimedOut(_) => (*time, false, None),
                _ => continue,
            });
        }
        outcomes
    }

    /// The failures since the last good outcome.
    fn failures(&self) -> Vec<(Duration, bool, Option<Duration>)> {
        let outcomes = self.outcomes();
        let run = outcomes.iter().rev().take_while(|(_, is_good, _)| !is_good).count();
        outcomes[outcomes.len() - run..].to_vec()
    }

    fn content(&self) -> Option<Fingerprint> {
        self.entries.iter().rev().find_map(|(_, entry)| match entry {
            Entry::Ended(SourceResult::Content(content)) => Some(*content),
            _ => None,
        })
    }

    /// When the running read passes its limit.
    fn limit(&self) -> Option<Duration> {
        let (at, time) = self.last_began()?;
        let has_ended =
            self.entries[at..].iter().any(|(_, entry)| matches!(entry, Entry::Ended(_) | Entry::TimedOut(_)));
        (!has_ended).then(|| time + self.timing.time_limit.max(MIN_READ_INTERVAL))
    }

    fn late(&self) -> usize {
        let count =
            |wanted: fn(&Entry) -> bool| self.entries.iter().filter(|(_, entry)| wanted(entry)).count();
        count(|entry| matches!(entry, Entry::TimedOut(_))) - count(|entry| *entry == Entry::LateEnded)
    }

    /// When the next read begins; `None` while one runs, while too many are late, and if there is no reason.
    fn next_read(&self) -> Option<Duration> {
        if self.limit().is_some() || self.late() >= MAX_LATE_READS as usize {
            return None;
        }
        let Some((at, began)) = self.last_began() else { return Some(Duration::ZERO) };
        let since = &self.entries[at..];
        let of = |wanted: Entry| since.iter().find(|(_, entry)| *entry == wanted).map(|(time, _)| *time);
        if let Some(requested) = of(Entry::Requested) {
            return Some(requested);
        }
        let failures = self.failures();
        if let Some((time, _, suggested)) = failures.last() {
            let retry = self.timing.retry;
            let doubled = retry.initial_backoff().saturating_mul(1 << (failures.len() - 1).min(20));
            let wait =
                suggested.unwrap_or_default().min(MAX_SUGGESTED_WAIT) + doubled.min(retry.max_backoff());
            return Some(*time + wait.max(MIN_READ_INTERVAL));
        }
        let polled = self.timing.poll_interval.zip(self.outcomes().last().copied());
        let polled = polled.map(|(interval, (time, ..))| time + interval.max(MIN_READ_INTERVAL));
        let hinted = of(Entry::Hinted).map(|_| began + MIN_READ_INTERVAL);
        [polled, hinted].into_iter().flatten().min()
    }

    /// The actions that an entry, which is added here, leads to.
    fn add(&mut self, now: Duration, entry: Entry) -> Vec<SourceAction> {
        let (failures, content, reads) = (self.failures(), self.content(), self.reads());
        self.entries.push((now, entry));
        let fail = |cause| SourceAction::Fail { cause, begins_outage: failures.is_empty() };
        let used =
            |new| (content != Some(new)).then_some(SourceAction::Use { number: reads }).into_iter().collect();
        let mut actions: Vec<SourceAction> = match entry {
            Entry::Ended(SourceResult::Failed { .. }) => return vec![fail(FailureCause::Error)],
            Entry::Ended(SourceResult::Unchanged) if content.is_none() => {
                return vec![fail(FailureCause::NothingBefore)];
            }
            Entry::TimedOut(number) => {
                return vec![SourceAction::Abandon { number }, fail(FailureCause::TimeLimit)];
            }
            Entry::Ended(SourceResult::Content(new)) => used(new),
            Entry::Ended(SourceResult::Unchanged) => Vec::new(),
            Entry::Began(number) => return vec![SourceAction::Read { number }],
            _ => return Vec::new(),
        };
        actions.extend(failures.first().map(|(since, ..)| SourceAction::EndOutage { lasted: now - *since }));
        actions
    }
}

/// A machine beside its reference.
struct Pair {
    machine: SourceMachine,
    record: Record,
    /// The reads that have not been answered yet.
    live: Vec<u64>,
    now: Duration,
}

impl Pair {
    fn new(timing: SourceTiming) -> Self {
        let machine = SourceMachine::new(Duration::ZERO, timing, Seed::new(7), "source/test");
        let record = Record { timing, entries: Vec::new() };
        Self { machine, record, live: Vec::new(), now: Duration::ZERO }
    }

    /// Passes an input on, and compares everything that follows from it.
    fn step(&mut self, input: SourceInput, entry: Option<Entry>) -> Result<(), TestCaseError> {
        let now = self.now;
        let actions = self.machine.step(now, input);
        let mut expected = entry.map(|entry| self.record.add(now, entry)).unwrap_or_default();
        if self.record.limit().is_some_and(|limit| limit <= now) {
            expected.extend(self.record.add(now, Entry::TimedOut(self.record.reads())));
        }
        if self.record.next_read().is_some_and(|at| at <= now) {
            let number = self.record.reads() + 1;
            expected.extend(self.record.add(now, Entry::Began(number)));
            self.live.push(number);
        }
        let record = &self.record;
        prop_assert_eq!(actions, expected, "{:?} at {:?} after {:?}", input, now, record.entries);
        let deadline = record.limit().or_else(|| record.next_read());
        prop_assert_eq!(self.machine.next_deadline(), deadline, "{:?} at {:?}", input, now);
        prop_assert!(deadline.is_none_or(|deadline| deadline > now), "a deadline in the past");
        prop_assert_eq!(self.machine.outage_since(), record.failures().first().map(|(since, ..)| *since));
        let last_good =
            record.outcomes().iter().rev().find(|(_, is_good, _)| *is_good).map(|(time, ..)| *time);
        prop_assert_eq!(self.machine.last_good(), last_good);
        let running = u64::from(record.limit().is_some());
        prop_assert_eq!(self.machine.finished(), record.reads() - running);
        prop_assert!(self.live.len() as u64 <= u64::from(MAX_LATE_READS) + running, "too many reads");
        prop_assert_eq!(self.machine.is_blocked(), record.late() >= MAX_LATE_READS as usize);
        Ok(())
    }

    /// Lets the time pass, with all deadlines on the way.
    fn wait(&mut self, time: Duration) -> Result<(), TestCaseError> {
        let end = self.now + time;
        while let Some(deadline) = self.machine.next_deadline().filter(|deadline| *deadline <= end) {
            self.now = deadline;
            self.step(SourceInput::Timer, None)?;
        }
        self.now = end;
        Ok(())
    }

    fn event(&mut self, event: &Event) -> Result<(), TestCaseError> {
        match event {
            Event::Hint => self.step(SourceInput::Hint, Some(Entry::Hinted)),
            Event::Request => {
                let before = self.record.reads();
                self.step(SourceInput::Requested, Some(Entry::Requested))?;
                let next = if self.record.reads() > before { before + 1 } else { self.record.reads() + 1 };
                prop_assert_eq!(self.machine.requested_read(), next);
                Ok(())
            }
            Event::Answer(..) if self.live.is_empty() => Ok(()),
            Event::Answer(which, result) => {
                let number = self.live.remove(which % self.live.len());
                let is_running = self.record.limit().is_some() && number == self.record.reads();
                let entry = if is_running { Entry::Ended(*result) } else { Entry::LateEnded };
                self.step(SourceInput::Answer { number, result: *result }, Some(entry))
            }
        }
    }
}

proptest! {
    #[test]
    fn a_source_is_read_and_its_answers_are_used_as_the_reference_expects(case in any_case()) {
        let mut pair = Pair::new(case.timing);
        pair.step(SourceInput::Timer, None)?;
        for (pause, event) in &case.events {
            pair.wait(*pause)?;
            pair.event(event)?;
        }
    }

    #[test]
    fn once_a_source_answers_the_outage_ends_whatever_happened_before(case in any_case()) {
        let mut pair = Pair::new(case.timing);
        pair.step(SourceInput::Timer, None)?;
        for (pause, event) in &case.events {
            pair.wait(*pause)?;
            pair.event(event)?;
        }
        let good = SourceResult::Content(Fingerprint::of_bytes(b"good"));
        // Each round answers every read, and waits for the longest wait.
        for _ in 0..3 {
            while !pair.live.is_empty() {
                pair.event(&Event::Answer(0, good))?;
            }
            let pause = pair.machine.next_deadline().map_or(Duration::ZERO, |deadline| deadline - pair.now);
            prop_assert!(pair.machine.outage_since().is_none() || !pause.is_zero(), "it is never read again");
            pair.wait(pause)?;
        }
        prop_assert!(pair.machine.outage_since().is_none());
        prop_assert!(pair.machine.last_good().is_some());
    }

    #[test]
    fn the_waits_of_an_outage_are_within_the_settings_and_the_same_for_a_seed(seed in any::<u64>(), initial in 100..2000u64, max in 2000..60_000u64) {
        let retry = RetryConfig::default().with_initial_backoff_ms(initial).with_max_backoff_ms(max).with_jitter(Jitter::Equal);
        let timing = SourceTiming { poll_interval: None, time_limit: MS * 100, retry };
        let waits = |seed| {
            let mut machine = SourceMachine::new(Duration::ZERO, timing, Seed::new(seed), "source/test");
            machine.step(Duration::ZERO, SourceInput::Timer);
            let mut now = Duration::ZERO;
            (1..20).map(|number| {
                let result = SourceResult::Failed { suggested: None };
                machine.step(now, SourceInput::Answer { number, result });
                let next = machine.next_deadline().unwrap();
                let wait = next - now;
                now = next;
                assert_eq!(machine.step(now, SourceInput::Timer), [SourceAction::Read { number: number + 1 }]);
                wait
            }).collect::<Vec<_>>()
        };
        let drawn = waits(seed);
        prop_assert!(drawn.iter().all(|wait| *wait >= MIN_READ_INTERVAL && *wait <= MS * max as u32), "{drawn:?}");
        prop_assert_eq!(drawn, waits(seed));
    }
}
