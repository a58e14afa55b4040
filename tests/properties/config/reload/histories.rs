//! Random histories with many steps in a short time, so that steps often overlap.

use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{FileText, HistoryStep, InputHistory, ReadTime, TestSources};

fn text() -> impl Strategy<Value = FileText> {
    prop_oneof![
        6 => (0..4_u8, 0..2_u8).prop_map(|(tree, comment)| FileText::Valid { tree, comment }),
        3 => (0..2_u8, 0..2_u8).prop_map(|(fault, comment)| FileText::Invalid { fault, comment }),
        2 => Just(FileText::Empty),
        2 => Just(FileText::Missing),
    ]
}

fn start() -> impl Strategy<Value = TestSources> {
    let second = prop_oneof![2 => Just(FileText::Missing), 1 => text()];
    (text(), second, 0..2_u8).prop_map(|(first, second, rest)| TestSources { files: [first, second], rest })
}

fn debounce_ms() -> impl Strategy<Value = u64> {
    prop_oneof![1 => Just(0_u64), 2 => Just(50), 4 => Just(200), 3 => Just(500), 3 => Just(2000)]
}

/// Times that are shorter than a quiet period, shorter than the time of a lost file, or longer than both.
fn span_ms() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..100_u64, 4 => 0..1000_u64, 2 => 0..=5000_u64]
}

fn change() -> impl Strategy<Value = HistoryStep> {
    let file = prop_oneof![3 => Just(0_usize), 1 => Just(1_usize)];
    let hint_after_ms = prop_oneof![3 => Just(0_u64), 1 => 0..300_u64];
    prop_oneof![
        8 => (file, text(), hint_after_ms)
            .prop_map(|(file, text, hint_after_ms)| HistoryStep::Write { file, text, hint_after_ms }),
        2 => Just(HistoryStep::Touch),
        1 => (0..2_u8).prop_map(HistoryStep::Rest),
    ]
}

fn time_step() -> impl Strategy<Value = HistoryStep> {
    let read_time = prop_oneof![Just(ReadTime::AtStart), Just(ReadTime::AtEnd), Just(ReadTime::Split)];
    let read_ms = prop_oneof![1 => Just(0_u64), 3 => span_ms()];
    prop_oneof![
        8 => span_ms().prop_map(HistoryStep::Pass),
        6 => Just(HistoryStep::PassToDeadline),
        1 => debounce_ms().prop_map(HistoryStep::DebounceMs),
        2 => (read_ms, read_time).prop_map(|(read_ms, read_time)| HistoryStep::ReadDuration(read_ms, read_time)),
    ]
}

fn history_from(step: impl Strategy<Value = HistoryStep>) -> impl Strategy<Value = InputHistory> {
    (start(), debounce_ms(), vec(step, 0..60)).prop_map(|(start, debounce_ms, steps)| InputHistory {
        start,
        debounce_ms,
        steps,
    })
}

/// Both files lose their contents, the second one mostly while the machine waits for the first one.
fn losses() -> impl Strategy<Value = InputHistory> {
    let valid = (0..2_u8).prop_map(|tree| FileText::Valid { tree, comment: 0 });
    let start =
        (valid.clone(), valid).prop_map(|(first, second)| TestSources { files: [first, second], rest: 0 });
    let lost = prop_oneof![Just(FileText::Empty), Just(FileText::Missing)];
    let after_ms = prop_oneof![0..2500_u64, 1700..2100_u64];
    let rest = vec(prop_oneof![change(), time_step()], 0..20);
    (start, debounce_ms(), (lost.clone(), lost), after_ms, 0..1000_u64, rest).prop_map(
        |(start, debounce_ms, lost, after_ms, hint_after_ms, rest)| {
            let mut steps = vec![
                HistoryStep::Write { file: 0, text: lost.0, hint_after_ms: 0 },
                HistoryStep::Pass(debounce_ms + after_ms),
                HistoryStep::Write { file: 1, text: lost.1, hint_after_ms },
            ];
            steps.extend(rest);
            InputHistory { start, debounce_ms, steps }
        },
    )
}

/// Histories with all steps except a stop.
pub(crate) fn any_history() -> impl Strategy<Value = InputHistory> {
    let step = prop_oneof![
        22 => change(),
        32 => time_step(),
        2 => span_ms().prop_map(HistoryStep::FireLate),
        4 => Just(HistoryStep::TakeGuard),
        4 => Just(HistoryStep::DropGuard),
        2 => Just(HistoryStep::RequestReload),
    ];
    prop_oneof![3 => history_from(step), 1 => losses()]
}

/// Histories in which the sources change and no read guard exists.
pub(crate) fn unguarded_history() -> impl Strategy<Value = InputHistory> {
    history_from(prop_oneof![5 => change(), 7 => time_step(), 1 => Just(HistoryStep::RequestReload)])
}

/// Histories with a stop at any position.
pub(crate) fn stopped_history() -> impl Strategy<Value = InputHistory> {
    (any_history(), any::<prop::sample::Index>()).prop_map(|(mut history, place)| {
        let place = place.index(history.steps.len() + 1);
        history.steps.insert(place, HistoryStep::Stop);
        history
    })
}
