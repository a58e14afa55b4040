//! The promises of the reload machine, over random histories of a small world.

mod contents;
mod histories;
mod reference;
mod world;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use speckit_core::config::reload::{Action, Input, Load, Notice, Patience};

use histories::{endless, stopped, unguarded};
use reference::{Due, Reading, due, is_lost, outcomes, readings};
use world::{FIRST_GENERATION, History, Look, Moment, Sources, Step, Text, Trace, Verdict, at};

const GOOD: Text = Text::Good { tree: 0, comment: 0 };

fn told(moment: &Moment) -> impl Iterator<Item = Notice> {
    moment
        .actions
        .iter()
        .filter_map(|action| if let Action::Tell(notice) = action { Some(*notice) } else { None })
}

fn published(moment: &Moment) -> Option<u64> {
    moment.actions.iter().find_map(|action| match action {
        Action::Publish { generation } => Some(*generation),
        _ => None,
    })
}

fn begun(moment: &Moment) -> Option<Patience> {
    moment.actions.iter().find_map(|action| match action {
        Action::Read { patience } => Some(*patience),
        _ => None,
    })
}

/// Every notice but [`Notice::FileChanged`].
fn outcomes_told(trace: &Trace) -> Vec<Notice> {
    trace.moments.iter().flat_map(told).filter(|notice| *notice != Notice::FileChanged).collect()
}

/// Whether somebody asked for a reading after the one before it began.
fn is_by_hand(trace: &Trace, readings: &[Reading], index: usize) -> bool {
    let before = index.checked_sub(1).map_or(0, |before| readings[before].began + 1);
    let causes = &trace.moments[before..=readings[index].began];
    causes.iter().any(|moment| moment.input == Input::Asked)
}

/// The places, and the times at which they are read, of files that lost their content and count by patience, yet
/// were not lost for as long as they may be.
fn counted_too_early(trace: &Trace) -> Vec<(usize, Duration)> {
    let readings = readings(trace);
    let mut counted = trace.start;
    let mut early = Vec::new();
    for (index, reading) in readings.iter().enumerate().filter(|(_, reading)| reading.counts) {
        for file in (0..2).filter(|file| is_lost(&counted, &reading.saw, *file)) {
            let was_lost = |reading: &&Reading| is_lost(&counted, &reading.saw, file);
            let first = readings[..index].iter().rev().take_while(was_lost).last();
            let since = first.map(|first| trace.moments[first.ended].now);
            let began = trace.moments[reading.began].now;
            let is_settled = since.is_some_and(|since| since + at(2000) <= began);
            if !is_settled && !is_by_hand(trace, &readings, index) {
                early.push((file, began));
            }
        }
        counted = reading.saw;
    }
    early
}

proptest! {
    #[test]
    fn a_reading_leads_to_what_the_reference_says(history in endless()) {
        let trace = Trace::of(&history);
        let readings = readings(&trace);
        for (reading, outcome) in readings.iter().zip(outcomes(&trace.start, &readings)) {
            let [_, is_deferred, is_refused] = trace.moments[reading.ended].status;
            prop_assert_eq!(&reading.led_to, &outcome.actions, "{:?} of {:#?}", reading, trace);
            prop_assert_eq!((is_deferred, is_refused), (outcome.is_deferred, outcome.is_refused), "{:?}", reading);
        }
    }

    #[test]
    fn a_reading_begins_when_the_reference_says(history in prop_oneof![endless().boxed(), stopped().boxed()]) {
        let trace = Trace::of(&history);
        for (moment, expected) in trace.moments.iter().zip(due(&trace)) {
            let [is_waiting, ..] = moment.status;
            let found = Due { reading: begun(moment), deadline: moment.deadline, is_waiting };
            prop_assert_eq!(found, expected, "{:?} of {:#?}", moment, trace);
        }
    }

    #[test]
    fn nothing_is_published_under_a_guard_nor_after_anything_but_a_good_reading(history in stopped()) {
        let trace = Trace::of(&history);
        for moment in trace.moments.iter().filter(|moment| published(moment).is_some()) {
            let seen = moment.seen;
            prop_assert!(moment.guards == 0, "{moment:?}");
            prop_assert!(matches!(moment.input, Input::Loaded(load) if !matches!(load, Load::Unsettled { .. })), "{moment:?}");
            prop_assert!(matches!(seen.expect("a reading").verdict(), Verdict::Good(_)), "{moment:?}");
            let publications = moment.actions.iter().filter(|action| matches!(action, Action::Publish { .. }));
            prop_assert_eq!(publications.count(), 1, "{:?}", moment);
        }
        for moment in trace.moments.iter().filter(|moment| moment.seen.is_none()) {
            prop_assert!(moment.actions.is_empty() || begun(moment).is_some(), "{moment:?}");
            prop_assert!(moment.actions.len() <= 1, "{moment:?}");
        }
    }

    #[test]
    fn a_generation_grows_by_one_with_another_tree_and_stays_where_bytes_differ(history in endless()) {
        let trace = Trace::of(&history);
        let first = match trace.start.verdict() {
            Verdict::Good(tree) => tree,
            Verdict::Bad(_) => world::DEFAULTS.to_string(),
        };
        let mut last = (FIRST_GENERATION, first);
        for moment in &trace.moments {
            let Some(generation) = published(moment) else { continue };
            let Verdict::Good(tree) = moment.seen.expect("a reading").verdict() else { unreachable!("it is good") };
            prop_assert_eq!(generation, last.0 + u64::from(tree != last.1), "{:?} after {:?}", moment, last);
            last = (generation, tree);
        }
    }

    #[test]
    fn each_change_of_what_the_files_say_is_told_once(history in unguarded()) {
        let trace = Trace::of(&history);
        let counted = readings(&trace).into_iter().filter(|reading| reading.counts);
        let seen = [trace.start].into_iter().chain(counted.map(|reading| reading.saw));
        let mut verdicts: Vec<_> = seen.map(|sources| sources.verdict()).collect();
        verdicts.dedup();
        let expected: Vec<_> = verdicts[1..]
            .iter()
            .map(|verdict| if matches!(verdict, Verdict::Good(_)) { Notice::Success } else { Notice::Failed })
            .collect();
        prop_assert_eq!(outcomes_told(&trace), expected, "{:#?}", trace);
    }

    #[test]
    fn the_change_of_files_is_told_before_its_outcome_and_of_nothing_else(history in unguarded()) {
        let trace = Trace::of(&history);
        let mut before = trace.start;
        for reading in readings(&trace).iter().filter(|reading| reading.counts) {
            let moment = &trace.moments[reading.ended];
            let notices: Vec<_> = told(moment).collect();
            let is_news = before.verdict() != reading.saw.verdict();
            let is_told = notices.first() == Some(&Notice::FileChanged);
            prop_assert_eq!(is_told, is_news && before.files != reading.saw.files, "{:?} after {:?}", moment, before);
            prop_assert_eq!(notices.len(), usize::from(is_told) + usize::from(is_news), "{:?}", moment);
            before = reading.saw;
        }
    }

    #[test]
    fn each_deferral_ends_in_one_success_or_failure(history in endless()) {
        let told = outcomes_told(&Trace::of(&history));
        let is_deferred = |notice: &Notice| matches!(notice, Notice::Deferred { .. });
        prop_assert!(!told.windows(2).any(|pair| pair.iter().all(is_deferred)), "{told:?}");
        prop_assert!(!told.last().is_some_and(is_deferred), "{told:?}");
    }

    #[test]
    fn when_all_is_quiet_the_newest_content_is_in_force_or_refused(history in endless()) {
        let trace = Trace::of(&history);
        let last = outcomes_told(&trace).last().copied();
        let counted = readings(&trace).iter().rev().find(|reading| reading.counts).map(|reading| reading.saw);
        prop_assert_eq!(counted.unwrap_or(trace.start), trace.end, "the newest content was read");
        if let Verdict::Bad(_) = trace.end.verdict() {
            let was_bad = matches!(trace.start.verdict(), Verdict::Bad(_));
            prop_assert!(last == Some(Notice::Failed) || (was_bad && last.is_none()), "{:#?}", trace);
        } else {
            prop_assert!(trace.running.is_none_or(|running| running == trace.end), "{:#?}", trace);
            prop_assert!(trace.running.is_some() || trace.start == trace.end, "{:#?}", trace);
            let was_good = matches!(trace.start.verdict(), Verdict::Good(_));
            prop_assert!(last == Some(Notice::Success) || (was_good && last.is_none()), "{:#?}", trace);
        }
        if let Some(end) = trace.moments.last() {
            let [is_waiting, is_deferred, is_refused] = end.status;
            prop_assert_eq!((end.deadline, is_waiting, is_deferred), (None, false, false), "{:#?}", trace);
            prop_assert_eq!(is_refused, matches!(trace.end.verdict(), Verdict::Bad(_)));
        }
    }

    #[test]
    fn no_deadline_is_in_the_past(history in stopped()) {
        for moment in &Trace::of(&history).moments {
            prop_assert!(moment.deadline.is_none_or(|deadline| deadline > moment.now), "{moment:?}");
        }
    }

    /// Timers ring in time, so that each reading has one cause.
    #[test]
    fn a_change_is_read_after_a_quiet_period_or_after_ten(
        quiet in 1..300_u64,
        steps in vec(prop_oneof![
            8 => Just(Step::Touch),
            8 => (0..100_u64).prop_map(Step::Pass),
            1 => (0..600_u64).prop_map(Step::Pass),
        ], 1..80),
        takes_ms in 0..700_u64,
    ) {
        let start = Sources { files: [GOOD, Text::Missing], rest: 0 };
        let steps = [Step::ReadingsTake(takes_ms, Look::AtEnd)].into_iter().chain(steps).collect();
        let trace = Trace::of(&History { start, quiet_ms: quiet, steps });
        let mut hints: Vec<Duration> = Vec::new();
        let mut free_since = Duration::ZERO;
        for moment in &trace.moments {
            match moment.input {
                Input::Changed => hints.push(moment.now),
                Input::Loaded(_) => free_since = moment.now,
                _ => {}
            }
            if let Some(patience) = begun(moment) {
                let (first, last) = (hints[0], hints[hints.len() - 1]);
                let quiet_is_over = (last + at(quiet)).min(first + at(10 * quiet));
                let due = quiet_is_over.max(free_since);
                prop_assert_eq!((moment.now, patience), (due, Patience::Whole), "{:#?}", trace);
                hints.clear();
            }
        }
        prop_assert!(hints.is_empty());
    }

    #[test]
    fn a_burst_causes_one_reading(quiet in 10..1000_u64, gaps in vec(0.0..1.0_f64, 1..40)) {
        let mut left = 10 * quiet - 1;
        let mut steps = vec![Step::Touch];
        for gap in gaps {
            let gap = ((quiet as f64 * gap) as u64).min(left);
            left -= gap;
            steps.extend([Step::Pass(gap), Step::Touch]);
        }
        let start = Sources { files: [GOOD, Text::Missing], rest: 0 };
        let trace = Trace::of(&History { start, quiet_ms: quiet, steps });
        prop_assert_eq!(trace.moments.iter().filter_map(begun).collect::<Vec<_>>(), [Patience::Whole]);
    }

    #[test]
    fn readings_are_no_more_than_their_causes(history in endless()) {
        let trace = Trace::of(&history);
        let count = |cause: fn(&Moment) -> bool| trace.moments.iter().filter(|moment| cause(moment)).count();
        let hints = count(|moment| moment.input == Input::Changed);
        let asks = count(|moment| moment.input == Input::Asked);
        let freed = count(|moment| moment.input == Input::Busy(0));
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
            prop_assert!(reading.counts && reading.patience == Patience::None, "{:?} of {:#?}", reading, trace);
        }
    }

    #[test]
    fn after_a_stop_there_is_nothing(history in stopped()) {
        let trace = Trace::of(&history);
        let stop = trace.moments.iter().position(|moment| moment.input == Input::Stop).expect("it is stopped");
        for moment in &trace.moments[stop..] {
            prop_assert_eq!((&moment.actions, moment.deadline), (&Vec::new(), None), "{:#?}", trace);
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
    for (quiet_ms, pause_ms) in [(0, 1), (200, 200), (200, 2199)] {
        let empty = |file| Step::Write { file, text: Text::Empty, hint_after_ms: 0 };
        let start = Sources { files: [GOOD, GOOD], rest: 0 };
        let history = History { start, quiet_ms, steps: vec![empty(0), Step::Pass(pause_ms), empty(1)] };
        let trace = Trace::of(&history);
        assert_eq!(counted_too_early(&trace), [], "{history:?}");
        assert_eq!(outcomes_told(&trace), [Notice::Success], "{history:?}");
        assert_eq!(trace.running, Some(Sources { files: [Text::Empty, Text::Empty], rest: 0 }));
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
        let mut tell = |what, is_so: bool| *met.entry(what).or_default() += u32::from(is_so);
        for (index, reading) in readings.iter().enumerate() {
            let inside = &trace.moments[reading.began + 1..reading.ended];
            let falls_in = |input: fn(&Input) -> bool| inside.iter().any(|moment| input(&moment.input));
            let is_refused = matches!(reading.saw.verdict(), Verdict::Bad(_));
            let is_expired = reading.counts && (0..2).any(|file| is_lost(&counted, &reading.saw, file));
            let follows_unsettled = index > 0 && !readings[index - 1].counts;
            tell("a hint in a reading", falls_in(|input| *input == Input::Changed));
            tell("a guard taken in a reading", falls_in(|input| matches!(input, Input::Busy(1..))));
            tell("the last guard dropped in a reading", falls_in(|input| *input == Input::Busy(0)));
            tell("a question in a reading", falls_in(|input| *input == Input::Asked));
            tell("a refusal under a guard", is_refused && reading.guards > 0 && !reading.led_to.is_empty());
            tell(
                "a lost content that counts by patience",
                is_expired && !is_by_hand(&trace, &readings, index),
            );
            tell("a lost content that counts by hand", is_expired && is_by_hand(&trace, &readings, index));
            tell(
                "a loss while another file is lost",
                !reading.counts && reading.has_new_loss && follows_unsettled,
            );
            tell("a loss at the end of patience", !reading.counts && reading.patience == Patience::NewLosses);
            tell("a content that comes back", reading.counts && !is_expired && follows_unsettled);
            counted = if reading.counts { reading.saw } else { counted };
        }
        let mut generation = FIRST_GENERATION;
        for next in trace.moments.iter().filter_map(published) {
            tell("a new generation", next > generation);
            tell("a kept generation", next == generation);
            generation = next;
        }
        for pair in outcomes_told(&trace).windows(2) {
            let is_deferred = matches!(pair[0], Notice::Deferred { .. });
            tell("a deferral that succeeds", is_deferred && pair[1] == Notice::Success);
            tell("a deferral that fails", is_deferred && pair[1] == Notice::Failed);
            tell("a success after a failure", *pair == [Notice::Failed, Notice::Success]);
            tell(
                "a deferral after a failure",
                pair[0] == Notice::Failed && matches!(pair[1], Notice::Deferred { .. }),
            );
        }
        let changed = [Action::Tell(Notice::FileChanged)];
        tell(
            "a deferral that takes in a further change",
            readings.iter().any(|reading| reading.led_to == changed),
        );
    }
    assert!(met.values().all(|count| *count >= 20), "in 1000 histories: {met:#?}");
}
