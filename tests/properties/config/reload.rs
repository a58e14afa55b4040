//! The promises of the reload machine, over random histories of a small world.

mod contents;
mod histories;
mod reference;
mod world;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use speckit_core::config::reload::{LostFiles, ReadResult, ReloadAction, ReloadEventKind, ReloadInput};

use histories::{endless, stopped, unguarded};
use reference::{ExpectedRead, FinishedRead, due, is_lost, outcomes, readings};
use world::{
    CheckResult, FIRST_GENERATION, FileText, HistoryStep, InputHistory, ReadTime, TestSources, Trace,
    TraceEntry, at,
};

const GOOD: FileText = FileText::Good { tree: 0, comment: 0 };

fn emitted(entry: &TraceEntry) -> impl Iterator<Item = ReloadEventKind> {
    entry
        .actions
        .iter()
        .filter_map(|action| if let ReloadAction::Emit(notice) = action { Some(*notice) } else { None })
}

fn published(entry: &TraceEntry) -> Option<u64> {
    entry.actions.iter().find_map(|action| match action {
        ReloadAction::Publish { generation } => Some(*generation),
        _ => None,
    })
}

fn begun(entry: &TraceEntry) -> Option<LostFiles> {
    entry.actions.iter().find_map(|action| match action {
        ReloadAction::Read { lost_files } => Some(*lost_files),
        _ => None,
    })
}

/// Every notice but [`ReloadEventKind::FileChanged`].
fn emitted_outcomes(trace: &Trace) -> Vec<ReloadEventKind> {
    trace.entries.iter().flat_map(emitted).filter(|notice| *notice != ReloadEventKind::FileChanged).collect()
}

/// Whether a reading was requested after the one before it began.
fn is_by_hand(trace: &Trace, readings: &[FinishedRead], index: usize) -> bool {
    let before = index.checked_sub(1).map_or(0, |before| readings[before].began + 1);
    let causes = &trace.entries[before..=readings[index].began];
    causes.iter().any(|entry| entry.input == ReloadInput::Requested)
}

/// The places, and the times at which they are read, of files that lost their content and count by lost_files, yet
/// were not lost for as long as they may be.
fn counted_too_early(trace: &Trace) -> Vec<(usize, Duration)> {
    let readings = readings(trace);
    let mut counted = trace.start;
    let mut early = Vec::new();
    for (index, reading) in readings.iter().enumerate().filter(|(_, reading)| reading.counts) {
        for file in (0..2).filter(|file| is_lost(&counted, &reading.read_sources, *file)) {
            let was_lost = |reading: &&FinishedRead| is_lost(&counted, &reading.read_sources, file);
            let first = readings[..index].iter().rev().take_while(was_lost).last();
            let since = first.map(|first| trace.entries[first.ended].now);
            let began = trace.entries[reading.began].now;
            let is_settled = since.is_some_and(|since| since + at(2000) <= began);
            if !is_settled && !is_by_hand(trace, &readings, index) {
                early.push((file, began));
            }
        }
        counted = reading.read_sources;
    }
    early
}

proptest! {
    #[test]
    fn a_reading_leads_to_what_the_reference_says(history in endless()) {
        let trace = Trace::of(&history);
        let readings = readings(&trace);
        for (reading, outcome) in readings.iter().zip(outcomes(&trace.start, &readings)) {
            let [_, is_deferred, is_refused] = trace.entries[reading.ended].status;
            prop_assert_eq!(&reading.led_to, &outcome.actions, "{:?} of {:#?}", reading, trace);
            prop_assert_eq!((is_deferred, is_refused), (outcome.is_deferred, outcome.is_refused), "{:?}", reading);
        }
    }

    #[test]
    fn a_reading_begins_when_the_reference_says(history in prop_oneof![endless().boxed(), stopped().boxed()]) {
        let trace = Trace::of(&history);
        for (entry, expected) in trace.entries.iter().zip(due(&trace)) {
            let [is_waiting, ..] = entry.status;
            let found = ExpectedRead { reading: begun(entry), deadline: entry.deadline, is_waiting };
            prop_assert_eq!(found, expected, "{:?} of {:#?}", entry, trace);
        }
    }

    #[test]
    fn nothing_is_published_under_a_guard_nor_after_anything_but_a_good_reading(history in stopped()) {
        let trace = Trace::of(&history);
        for entry in trace.entries.iter().filter(|entry| published(entry).is_some()) {
            let read_sources = entry.read_sources;
            prop_assert!(entry.guards == 0, "{entry:?}");
            prop_assert!(matches!(entry.input, ReloadInput::Read(load) if !matches!(load, ReadResult::LostContent { .. })), "{entry:?}");
            prop_assert!(matches!(read_sources.expect("a reading").check(), CheckResult::Good(_)), "{entry:?}");
            let publications = entry.actions.iter().filter(|action| matches!(action, ReloadAction::Publish { .. }));
            prop_assert_eq!(publications.count(), 1, "{:?}", entry);
        }
        for entry in trace.entries.iter().filter(|entry| entry.read_sources.is_none()) {
            prop_assert!(entry.actions.is_empty() || begun(entry).is_some(), "{entry:?}");
            prop_assert!(entry.actions.len() <= 1, "{entry:?}");
        }
    }

    #[test]
    fn a_generation_grows_by_one_with_another_tree_and_stays_where_bytes_differ(history in endless()) {
        let trace = Trace::of(&history);
        let first = match trace.start.check() {
            CheckResult::Good(tree) => tree,
            CheckResult::Bad(_) => world::DEFAULTS.to_string(),
        };
        let mut last = (FIRST_GENERATION, first);
        for entry in &trace.entries {
            let Some(generation) = published(entry) else { continue };
            let CheckResult::Good(tree) = entry.read_sources.expect("a reading").check() else { unreachable!("it is good") };
            prop_assert_eq!(generation, last.0 + u64::from(tree != last.1), "{:?} after {:?}", entry, last);
            last = (generation, tree);
        }
    }

    #[test]
    fn each_change_of_what_the_files_say_is_told_once(history in unguarded()) {
        let trace = Trace::of(&history);
        let counted = readings(&trace).into_iter().filter(|reading| reading.counts);
        let read_sources = [trace.start].into_iter().chain(counted.map(|reading| reading.read_sources));
        let mut checks: Vec<_> = read_sources.map(|sources| sources.check()).collect();
        checks.dedup();
        let expected: Vec<_> = checks[1..]
            .iter()
            .map(|check| if matches!(check, CheckResult::Good(_)) { ReloadEventKind::Success } else { ReloadEventKind::Failed })
            .collect();
        prop_assert_eq!(emitted_outcomes(&trace), expected, "{:#?}", trace);
    }

    #[test]
    fn the_change_of_files_is_told_before_its_outcome_and_of_nothing_else(history in unguarded()) {
        let trace = Trace::of(&history);
        let mut before = trace.start;
        for reading in readings(&trace).iter().filter(|reading| reading.counts) {
            let entry = &trace.entries[reading.ended];
            let notices: Vec<_> = emitted(entry).collect();
            let is_news = before.check() != reading.read_sources.check();
            let is_emitted = notices.first() == Some(&ReloadEventKind::FileChanged);
            prop_assert_eq!(is_emitted, is_news && before.files != reading.read_sources.files, "{:?} after {:?}", entry, before);
            prop_assert_eq!(notices.len(), usize::from(is_emitted) + usize::from(is_news), "{:?}", entry);
            before = reading.read_sources;
        }
    }

    #[test]
    fn each_deferral_ends_in_one_success_or_failure(history in endless()) {
        let emitted = emitted_outcomes(&Trace::of(&history));
        let is_deferred = |notice: &ReloadEventKind| matches!(notice, ReloadEventKind::Deferred { .. });
        prop_assert!(!emitted.windows(2).any(|pair| pair.iter().all(is_deferred)), "{emitted:?}");
        prop_assert!(!emitted.last().is_some_and(is_deferred), "{emitted:?}");
    }

    #[test]
    fn when_all_is_quiet_the_newest_content_is_in_force_or_refused(history in endless()) {
        let trace = Trace::of(&history);
        let last = emitted_outcomes(&trace).last().copied();
        let counted = readings(&trace).iter().rev().find(|reading| reading.counts).map(|reading| reading.read_sources);
        prop_assert_eq!(counted.unwrap_or(trace.start), trace.end, "the newest content was read");
        if let CheckResult::Bad(_) = trace.end.check() {
            let was_bad = matches!(trace.start.check(), CheckResult::Bad(_));
            prop_assert!(last == Some(ReloadEventKind::Failed) || (was_bad && last.is_none()), "{:#?}", trace);
        } else {
            prop_assert!(trace.running.is_none_or(|running| running == trace.end), "{:#?}", trace);
            prop_assert!(trace.running.is_some() || trace.start == trace.end, "{:#?}", trace);
            let was_good = matches!(trace.start.check(), CheckResult::Good(_));
            prop_assert!(last == Some(ReloadEventKind::Success) || (was_good && last.is_none()), "{:#?}", trace);
        }
        if let Some(end) = trace.entries.last() {
            let [is_waiting, is_deferred, is_refused] = end.status;
            prop_assert_eq!((end.deadline, is_waiting, is_deferred), (None, false, false), "{:#?}", trace);
            prop_assert_eq!(is_refused, matches!(trace.end.check(), CheckResult::Bad(_)));
        }
    }

    #[test]
    fn no_deadline_is_in_the_past(history in stopped()) {
        for entry in &Trace::of(&history).entries {
            prop_assert!(entry.deadline.is_none_or(|deadline| deadline > entry.now), "{entry:?}");
        }
    }

    /// Timers ring in time, so that each reading has one cause.
    #[test]
    fn a_change_is_read_after_a_quiet_period_or_after_ten(
        debounce in 1..300_u64,
        steps in vec(prop_oneof![
            8 => Just(HistoryStep::Touch),
            8 => (0..100_u64).prop_map(HistoryStep::Pass),
            1 => (0..600_u64).prop_map(HistoryStep::Pass),
        ], 1..80),
        takes_ms in 0..700_u64,
    ) {
        let start = TestSources { files: [GOOD, FileText::Missing], rest: 0 };
        let steps = [HistoryStep::ReadDuration(takes_ms, ReadTime::AtEnd)].into_iter().chain(steps).collect();
        let trace = Trace::of(&InputHistory { start, debounce_ms: debounce, steps });
        let mut hints: Vec<Duration> = Vec::new();
        let mut free_since = Duration::ZERO;
        for entry in &trace.entries {
            match entry.input {
                ReloadInput::Changed => hints.push(entry.now),
                ReloadInput::Read(_) => free_since = entry.now,
                _ => {}
            }
            if let Some(lost_files) = begun(entry) {
                let (first, last) = (hints[0], hints[hints.len() - 1]);
                let quiet_is_over = (last + at(debounce)).min(first + at(10 * debounce));
                let due = quiet_is_over.max(free_since);
                prop_assert_eq!((entry.now, lost_files), (due, LostFiles::Wait), "{:#?}", trace);
                hints.clear();
            }
        }
        prop_assert!(hints.is_empty());
    }

    #[test]
    fn a_burst_causes_one_reading(debounce in 10..1000_u64, gaps in vec(0.0..1.0_f64, 1..40)) {
        let mut left = 10 * debounce - 1;
        let mut steps = vec![HistoryStep::Touch];
        for gap in gaps {
            let gap = ((debounce as f64 * gap) as u64).min(left);
            left -= gap;
            steps.extend([HistoryStep::Pass(gap), HistoryStep::Touch]);
        }
        let start = TestSources { files: [GOOD, FileText::Missing], rest: 0 };
        let trace = Trace::of(&InputHistory { start, debounce_ms: debounce, steps });
        prop_assert_eq!(trace.entries.iter().filter_map(begun).collect::<Vec<_>>(), [LostFiles::Wait]);
    }

    #[test]
    fn readings_are_no_more_than_their_causes(history in endless()) {
        let trace = Trace::of(&history);
        let count = |cause: fn(&TraceEntry) -> bool| trace.entries.iter().filter(|entry| cause(entry)).count();
        let hints = count(|entry| entry.input == ReloadInput::Changed);
        let asks = count(|entry| entry.input == ReloadInput::Requested);
        let freed = count(|entry| entry.input == ReloadInput::Busy(0));
        let readings = readings(&trace);
        // At most seven readings follow a loss that nothing else causes.
        let losses = readings.iter().filter(|reading| !reading.counts && reading.has_new_loss).count();
        prop_assert!(readings.len() <= hints + asks + freed + 7 * losses, "{:#?}", trace);
    }

    #[test]
    fn a_lost_file_counts_when_it_was_lost_for_long_enough_or_by_hand(history in endless()) {
        let trace = Trace::of(&history);
        prop_assert_eq!(counted_too_early(&trace), [], "{:#?}", trace);
    }

    #[test]
    fn a_reading_by_hand_counts_as_it_is(history in endless()) {
        let trace = Trace::of(&history);
        let readings = readings(&trace);
        for index in (0..readings.len()).filter(|index| is_by_hand(&trace, &readings, *index)) {
            let reading = &readings[index];
            prop_assert!(reading.counts && reading.lost_files == LostFiles::Accept, "{:?} of {:#?}", reading, trace);
        }
    }

    #[test]
    fn after_a_stop_there_is_nothing(history in stopped()) {
        let trace = Trace::of(&history);
        let stop = trace.entries.iter().position(|entry| entry.input == ReloadInput::Stop).expect("it is stopped");
        for entry in &trace.entries[stop..] {
            prop_assert_eq!((&entry.actions, entry.deadline), (&Vec::new(), None), "{:#?}", trace);
        }
    }

    #[test]
    fn the_same_history_leads_to_the_same_actions(history in stopped()) {
        prop_assert_eq!(Trace::of(&history), Trace::of(&history));
    }
}

/// The second file is emptied, without a further word, while the first is waited for.
#[test]
fn the_second_of_two_emptied_files_is_not_taken_for_the_first() {
    for (debounce_ms, pause_ms) in [(0, 1), (200, 200), (200, 2199)] {
        let empty = |file| HistoryStep::Write { file, text: FileText::Empty, hint_after_ms: 0 };
        let start = TestSources { files: [GOOD, GOOD], rest: 0 };
        let history =
            InputHistory { start, debounce_ms, steps: vec![empty(0), HistoryStep::Pass(pause_ms), empty(1)] };
        let trace = Trace::of(&history);
        assert_eq!(counted_too_early(&trace), [], "{history:?}");
        assert_eq!(emitted_outcomes(&trace), [ReloadEventKind::Success], "{history:?}");
        assert_eq!(trace.running, Some(TestSources { files: [FileText::Empty, FileText::Empty], rest: 0 }));
    }
}

/// The laws are empty words over histories in which nothing meets, so meetings are counted.
#[test]
fn histories_meet_in_every_way() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut met = std::collections::BTreeMap::<&str, u32>::new();
    for _ in 0..1000 {
        let history = endless().new_tree(&mut runner).expect("no filter rejects").current();
        let trace = Trace::of(&history);
        let readings = readings(&trace);
        let mut counted = trace.start;
        let mut count = |what, is_so: bool| *met.entry(what).or_default() += u32::from(is_so);
        for (index, reading) in readings.iter().enumerate() {
            let inside = &trace.entries[reading.began + 1..reading.ended];
            let falls_in = |input: fn(&ReloadInput) -> bool| inside.iter().any(|entry| input(&entry.input));
            let is_refused = matches!(reading.read_sources.check(), CheckResult::Bad(_));
            let is_expired =
                reading.counts && (0..2).any(|file| is_lost(&counted, &reading.read_sources, file));
            let follows_unsettled = index > 0 && !readings[index - 1].counts;
            count("a hint in a reading", falls_in(|input| *input == ReloadInput::Changed));
            count("a guard taken in a reading", falls_in(|input| matches!(input, ReloadInput::Busy(1..))));
            count("the last guard dropped in a reading", falls_in(|input| *input == ReloadInput::Busy(0)));
            count("a question in a reading", falls_in(|input| *input == ReloadInput::Requested));
            count("a refusal under a guard", is_refused && reading.guards > 0 && !reading.led_to.is_empty());
            count(
                "a lost content that counts by lost_files",
                is_expired && !is_by_hand(&trace, &readings, index),
            );
            count("a lost content that counts by hand", is_expired && is_by_hand(&trace, &readings, index));
            count(
                "a loss while another file is lost",
                !reading.counts && reading.has_new_loss && follows_unsettled,
            );
            count(
                "a loss at the end of lost_files",
                !reading.counts && reading.lost_files == LostFiles::WaitForNew,
            );
            count("a content that comes back", reading.counts && !is_expired && follows_unsettled);
            counted = if reading.counts { reading.read_sources } else { counted };
        }
        let mut generation = FIRST_GENERATION;
        for next in trace.entries.iter().filter_map(published) {
            count("a new generation", next > generation);
            count("a kept generation", next == generation);
            generation = next;
        }
        for pair in emitted_outcomes(&trace).windows(2) {
            let is_deferred = matches!(pair[0], ReloadEventKind::Deferred { .. });
            count("a deferral that succeeds", is_deferred && pair[1] == ReloadEventKind::Success);
            count("a deferral that fails", is_deferred && pair[1] == ReloadEventKind::Failed);
            count("a success after a failure", *pair == [ReloadEventKind::Failed, ReloadEventKind::Success]);
            count(
                "a deferral after a failure",
                pair[0] == ReloadEventKind::Failed && matches!(pair[1], ReloadEventKind::Deferred { .. }),
            );
        }
        let changed = [ReloadAction::Emit(ReloadEventKind::FileChanged)];
        count(
            "a deferral that takes in a further change",
            readings.iter().any(|reading| reading.led_to == changed),
        );
    }
    assert!(met.values().all(|count| *count >= 20), "in 1000 histories: {met:#?}");
}
