//! Laws of the reload machine, for random histories of two files and their program.

mod contents;
mod histories;
mod reference;
mod world;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use speckit_core::config::reload::{LostFiles, ReadResult, ReloadAction, ReloadEventKind, ReloadInput};

use histories::{any_history, stopped_history, unguarded_history};
use reference::{ExpectedRead, FinishedRead, expected_reads, is_lost, outcomes, readings};
use world::{
    CheckResult, FIRST_GENERATION, FileText, HistoryStep, InputHistory, ReadTime, TestSources, Trace,
    TraceEntry, at,
};

const VALID_FILE: FileText = FileText::Valid { tree: 0, comment: 0 };

fn emitted_events(entry: &TraceEntry) -> impl Iterator<Item = ReloadEventKind> {
    entry
        .actions
        .iter()
        .filter_map(|action| if let ReloadAction::Emit(event) = action { Some(*event) } else { None })
}

fn published_generation(entry: &TraceEntry) -> Option<u64> {
    entry.actions.iter().find_map(|action| match action {
        ReloadAction::Publish { generation } => Some(*generation),
        _ => None,
    })
}

fn begun_reading(entry: &TraceEntry) -> Option<LostFiles> {
    entry.actions.iter().find_map(|action| match action {
        ReloadAction::Read { lost_files } => Some(*lost_files),
        _ => None,
    })
}

/// Every event except [`ReloadEventKind::FileChanged`].
fn emitted_outcomes(trace: &Trace) -> Vec<ReloadEventKind> {
    trace
        .entries
        .iter()
        .flat_map(emitted_events)
        .filter(|event| *event != ReloadEventKind::FileChanged)
        .collect()
}

/// Whether a reload was requested since the previous reading began.
fn is_requested(trace: &Trace, readings: &[FinishedRead], index: usize) -> bool {
    let before = index.checked_sub(1).map_or(0, |before| readings[before].began + 1);
    let causes = &trace.entries[before..=readings[index].began];
    causes.iter().any(|entry| entry.input == ReloadInput::Requested)
}

/// The lost files that were accepted before their time was over, with the times of these readings.
fn find_early_losses(trace: &Trace) -> Vec<(usize, Duration)> {
    let readings = readings(trace);
    let mut accepted = trace.start;
    let mut early = Vec::new();
    for (index, reading) in readings.iter().enumerate().filter(|(_, reading)| reading.is_accepted) {
        for file in (0..2).filter(|file| is_lost(&accepted, &reading.read_sources, *file)) {
            let was_lost = |reading: &&FinishedRead| is_lost(&accepted, &reading.read_sources, file);
            let first = readings[..index].iter().rev().take_while(was_lost).last();
            let since = first.map(|first| trace.entries[first.ended].now);
            let began = trace.entries[reading.began].now;
            let is_settled = since.is_some_and(|since| since + at(2000) <= began);
            if !is_settled && !is_requested(trace, &readings, index) {
                early.push((file, began));
            }
        }
        accepted = reading.read_sources;
    }
    early
}

proptest! {
    #[test]
    fn a_reading_has_the_outcome_of_the_reference(history in any_history()) {
        let trace = Trace::of(&history);
        let readings = readings(&trace);
        for (reading, outcome) in readings.iter().zip(outcomes(&trace.start, &readings)) {
            let [_, is_deferred, is_refused] = trace.entries[reading.ended].status;
            prop_assert_eq!(&reading.actions, &outcome.actions, "{:?} of {:#?}", reading, trace);
            prop_assert_eq!((is_deferred, is_refused), (outcome.is_deferred, outcome.is_refused), "{:?}", reading);
        }
    }

    #[test]
    fn a_reading_begins_when_the_reference_expects_it(history in prop_oneof![any_history().boxed(), stopped_history().boxed()]) {
        let trace = Trace::of(&history);
        for (entry, expected) in trace.entries.iter().zip(expected_reads(&trace)) {
            let [is_waiting, ..] = entry.status;
            let found = ExpectedRead { reading: begun_reading(entry), deadline: entry.deadline, is_waiting };
            prop_assert_eq!(found, expected, "{:?} of {:#?}", entry, trace);
        }
    }

    #[test]
    fn only_a_valid_reading_without_read_guards_publishes_a_generation(history in stopped_history()) {
        let trace = Trace::of(&history);
        for entry in trace.entries.iter().filter(|entry| published_generation(entry).is_some()) {
            let read_sources = entry.read_sources;
            prop_assert!(entry.guards == 0, "{entry:?}");
            prop_assert!(matches!(entry.input, ReloadInput::Read(load) if !matches!(load, ReadResult::LostContent { .. })), "{entry:?}");
            prop_assert!(matches!(read_sources.expect("a reading").check(), CheckResult::Valid(_)), "{entry:?}");
            let publications = entry.actions.iter().filter(|action| matches!(action, ReloadAction::Publish { .. }));
            prop_assert_eq!(publications.count(), 1, "{:?}", entry);
        }
        for entry in trace.entries.iter().filter(|entry| entry.read_sources.is_none()) {
            prop_assert!(entry.actions.is_empty() || begun_reading(entry).is_some(), "{entry:?}");
            prop_assert!(entry.actions.len() <= 1, "{entry:?}");
        }
    }

    #[test]
    fn another_tree_increases_the_generation_by_one_and_other_bytes_do_not(history in any_history()) {
        let trace = Trace::of(&history);
        let first = match trace.start.check() {
            CheckResult::Valid(tree) => tree,
            CheckResult::Invalid(_) => world::DEFAULTS.to_string(),
        };
        let mut last = (FIRST_GENERATION, first);
        for entry in &trace.entries {
            let Some(generation) = published_generation(entry) else { continue };
            let CheckResult::Valid(tree) = entry.read_sources.expect("a reading").check() else { unreachable!("the sources are valid") };
            prop_assert_eq!(generation, last.0 + u64::from(tree != last.1), "{:?} after {:?}", entry, last);
            last = (generation, tree);
        }
    }

    #[test]
    fn each_change_of_the_result_is_reported_once(history in unguarded_history()) {
        let trace = Trace::of(&history);
        let accepted = readings(&trace).into_iter().filter(|reading| reading.is_accepted);
        let read_sources = [trace.start].into_iter().chain(accepted.map(|reading| reading.read_sources));
        let mut checks: Vec<_> = read_sources.map(|sources| sources.check()).collect();
        checks.dedup();
        let expected: Vec<_> = checks[1..]
            .iter()
            .map(|check| if matches!(check, CheckResult::Valid(_)) { ReloadEventKind::Success } else { ReloadEventKind::Failed })
            .collect();
        prop_assert_eq!(emitted_outcomes(&trace), expected, "{:#?}", trace);
    }

    #[test]
    fn changed_files_are_reported_before_the_outcome_and_only_with_one(history in unguarded_history()) {
        let trace = Trace::of(&history);
        let mut before = trace.start;
        for reading in readings(&trace).iter().filter(|reading| reading.is_accepted) {
            let entry = &trace.entries[reading.ended];
            let events: Vec<_> = emitted_events(entry).collect();
            let is_news = before.check() != reading.read_sources.check();
            let is_emitted = events.first() == Some(&ReloadEventKind::FileChanged);
            prop_assert_eq!(is_emitted, is_news && before.files != reading.read_sources.files, "{:?} after {:?}", entry, before);
            prop_assert_eq!(events.len(), usize::from(is_emitted) + usize::from(is_news), "{:?}", entry);
            before = reading.read_sources;
        }
    }

    #[test]
    fn each_deferral_ends_with_one_success_or_failure(history in any_history()) {
        let emitted_events = emitted_outcomes(&Trace::of(&history));
        let is_deferred = |event: &ReloadEventKind| matches!(event, ReloadEventKind::Deferred { .. });
        prop_assert!(!emitted_events.windows(2).any(|pair| pair.iter().all(is_deferred)), "{emitted_events:?}");
        prop_assert!(!emitted_events.last().is_some_and(is_deferred), "{emitted_events:?}");
    }

    #[test]
    fn at_the_end_the_newest_content_is_in_use_or_refused(history in any_history()) {
        let trace = Trace::of(&history);
        let last = emitted_outcomes(&trace).last().copied();
        let accepted = readings(&trace).iter().rev().find(|reading| reading.is_accepted).map(|reading| reading.read_sources);
        prop_assert_eq!(accepted.unwrap_or(trace.start), trace.end, "the newest content was read");
        if let CheckResult::Invalid(_) = trace.end.check() {
            let was_invalid = matches!(trace.start.check(), CheckResult::Invalid(_));
            prop_assert!(last == Some(ReloadEventKind::Failed) || (was_invalid && last.is_none()), "{:#?}", trace);
        } else {
            prop_assert!(trace.running.is_none_or(|running| running == trace.end), "{:#?}", trace);
            prop_assert!(trace.running.is_some() || trace.start == trace.end, "{:#?}", trace);
            let was_valid = matches!(trace.start.check(), CheckResult::Valid(_));
            prop_assert!(last == Some(ReloadEventKind::Success) || (was_valid && last.is_none()), "{:#?}", trace);
        }
        if let Some(end) = trace.entries.last() {
            let [is_waiting, is_deferred, is_refused] = end.status;
            prop_assert_eq!((end.deadline, is_waiting, is_deferred), (None, false, false), "{:#?}", trace);
            prop_assert_eq!(is_refused, matches!(trace.end.check(), CheckResult::Invalid(_)));
        }
    }

    #[test]
    fn no_deadline_is_in_the_past(history in stopped_history()) {
        for entry in &Trace::of(&history).entries {
            prop_assert!(entry.deadline.is_none_or(|deadline| deadline > entry.now), "{entry:?}");
        }
    }

    /// Timers fire in time here, so each reading has one cause.
    #[test]
    fn a_change_is_read_after_one_to_ten_quiet_periods(
        debounce in 1..300_u64,
        steps in vec(prop_oneof![
            8 => Just(HistoryStep::Touch),
            8 => (0..100_u64).prop_map(HistoryStep::Pass),
            1 => (0..600_u64).prop_map(HistoryStep::Pass),
        ], 1..80),
        read_ms in 0..700_u64,
    ) {
        let start = TestSources { files: [VALID_FILE, FileText::Missing], rest: 0 };
        let steps = [HistoryStep::ReadDuration(read_ms, ReadTime::AtEnd)].into_iter().chain(steps).collect();
        let trace = Trace::of(&InputHistory { start, debounce_ms: debounce, steps });
        let mut hints: Vec<Duration> = Vec::new();
        let mut free_since = Duration::ZERO;
        for entry in &trace.entries {
            match entry.input {
                ReloadInput::Changed => hints.push(entry.now),
                ReloadInput::Read(_) => free_since = entry.now,
                _ => {}
            }
            if let Some(lost_files) = begun_reading(entry) {
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
        let start = TestSources { files: [VALID_FILE, FileText::Missing], rest: 0 };
        let trace = Trace::of(&InputHistory { start, debounce_ms: debounce, steps });
        prop_assert_eq!(trace.entries.iter().filter_map(begun_reading).collect::<Vec<_>>(), [LostFiles::Wait]);
    }

    #[test]
    fn every_reading_has_a_cause(history in any_history()) {
        let trace = Trace::of(&history);
        let count = |cause: fn(&TraceEntry) -> bool| trace.entries.iter().filter(|entry| cause(entry)).count();
        let hints = count(|entry| entry.input == ReloadInput::Changed);
        let requests = count(|entry| entry.input == ReloadInput::Requested);
        let freed = count(|entry| entry.input == ReloadInput::Busy(0));
        let readings = readings(&trace);
        // A loss alone causes at most seven further readings.
        let losses = readings.iter().filter(|reading| !reading.is_accepted && reading.has_new_loss).count();
        prop_assert!(readings.len() <= hints + requests + freed + 7 * losses, "{:#?}", trace);
    }

    #[test]
    fn a_lost_file_is_accepted_after_its_time_or_on_request(history in any_history()) {
        let trace = Trace::of(&history);
        prop_assert_eq!(find_early_losses(&trace), [], "{:#?}", trace);
    }

    #[test]
    fn a_requested_reading_is_accepted_at_once(history in any_history()) {
        let trace = Trace::of(&history);
        let readings = readings(&trace);
        for index in (0..readings.len()).filter(|index| is_requested(&trace, &readings, *index)) {
            let reading = &readings[index];
            prop_assert!(reading.is_accepted && reading.lost_files == LostFiles::Accept, "{:?} of {:#?}", reading, trace);
        }
    }

    #[test]
    fn a_stopped_machine_does_nothing(history in stopped_history()) {
        let trace = Trace::of(&history);
        let stop = trace.entries.iter().position(|entry| entry.input == ReloadInput::Stop).expect("the history has a stop");
        for entry in &trace.entries[stop..] {
            prop_assert_eq!((&entry.actions, entry.deadline), (&Vec::new(), None), "{:#?}", trace);
        }
    }

    #[test]
    fn the_same_history_leads_to_the_same_actions(history in stopped_history()) {
        prop_assert_eq!(Trace::of(&history), Trace::of(&history));
    }
}

/// The second file is emptied while the machine waits for the first.
#[test]
fn each_of_two_emptied_files_has_its_own_time() {
    for (debounce_ms, pause_ms) in [(0, 1), (200, 200), (200, 2199)] {
        let empty = |file| HistoryStep::Write { file, text: FileText::Empty, hint_after_ms: 0 };
        let start = TestSources { files: [VALID_FILE, VALID_FILE], rest: 0 };
        let history =
            InputHistory { start, debounce_ms, steps: vec![empty(0), HistoryStep::Pass(pause_ms), empty(1)] };
        let trace = Trace::of(&history);
        assert_eq!(find_early_losses(&trace), [], "{history:?}");
        assert_eq!(emitted_outcomes(&trace), [ReloadEventKind::Success], "{history:?}");
        assert_eq!(trace.running, Some(TestSources { files: [FileText::Empty, FileText::Empty], rest: 0 }));
    }
}

/// The laws prove nothing if the generated histories never reach these cases, so this test counts them.
#[test]
fn the_generated_histories_reach_every_case() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut counts = std::collections::BTreeMap::<&str, u32>::new();
    for _ in 0..1000 {
        let history = any_history().new_tree(&mut runner).expect("no filter rejects").current();
        let trace = Trace::of(&history);
        let readings = readings(&trace);
        let mut accepted = trace.start;
        let mut count = |case, is_reached: bool| *counts.entry(case).or_default() += u32::from(is_reached);
        for (index, reading) in readings.iter().enumerate() {
            let inside = &trace.entries[reading.began + 1..reading.ended];
            let happens_in_reading =
                |input: fn(&ReloadInput) -> bool| inside.iter().any(|entry| input(&entry.input));
            let is_refused = matches!(reading.read_sources.check(), CheckResult::Invalid(_));
            let is_expired =
                reading.is_accepted && (0..2).any(|file| is_lost(&accepted, &reading.read_sources, file));
            let follows_postponed = index > 0 && !readings[index - 1].is_accepted;
            count("a hint in a reading", happens_in_reading(|input| *input == ReloadInput::Changed));
            count(
                "a guard taken in a reading",
                happens_in_reading(|input| matches!(input, ReloadInput::Busy(1..))),
            );
            count(
                "the last guard dropped in a reading",
                happens_in_reading(|input| *input == ReloadInput::Busy(0)),
            );
            count("a request in a reading", happens_in_reading(|input| *input == ReloadInput::Requested));
            count("a refusal under a guard", is_refused && reading.guards > 0 && !reading.actions.is_empty());
            count(
                "a lost content that is accepted after its time",
                is_expired && !is_requested(&trace, &readings, index),
            );
            count(
                "a lost content that is accepted on request",
                is_expired && is_requested(&trace, &readings, index),
            );
            count(
                "a loss while another file is lost",
                !reading.is_accepted && reading.has_new_loss && follows_postponed,
            );
            count(
                "a new loss at the end of the time of another",
                !reading.is_accepted && reading.lost_files == LostFiles::WaitForNew,
            );
            count("a content that comes back", reading.is_accepted && !is_expired && follows_postponed);
            accepted = if reading.is_accepted { reading.read_sources } else { accepted };
        }
        let mut generation = FIRST_GENERATION;
        for next in trace.entries.iter().filter_map(published_generation) {
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
            "a further change during a deferral",
            readings.iter().any(|reading| reading.actions == changed),
        );
    }
    assert!(counts.values().all(|count| *count >= 20), "in 1000 histories: {counts:#?}");
}
