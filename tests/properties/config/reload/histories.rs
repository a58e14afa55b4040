//! Random histories, dense enough that things meet.

use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{FileText, HistoryStep, InputHistory, ReadTime, TestSources};

fn text() -> impl Strategy<Value = FileText> {
    prop_oneof![
        6 => (0..4_u8, 0..2_u8).prop_map(|(tree, comment)| FileText::Good { tree, comment }),
        3 => (0..2_u8, 0..2_u8).prop_map(|(fault, comment)| FileText::Bad { fault, comment }),
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

/// A span of time that is short beside a debounce period, beside settling, or beside neither.
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

fn passing() -> impl Strategy<Value = HistoryStep> {
    let read_time = prop_oneof![Just(ReadTime::AtStart), Just(ReadTime::AtEnd), Just(ReadTime::Torn)];
    let takes_ms = prop_oneof![1 => Just(0_u64), 3 => span_ms()];
    prop_oneof![
        8 => span_ms().prop_map(HistoryStep::Pass),
        6 => Just(HistoryStep::PassToDeadline),
        1 => debounce_ms().prop_map(HistoryStep::DebounceMs),
        2 => (takes_ms, read_time).prop_map(|(takes_ms, read_time)| HistoryStep::ReadDuration(takes_ms, read_time)),
    ]
}

fn history_of(step: impl Strategy<Value = HistoryStep>) -> impl Strategy<Value = InputHistory> {
    (start(), debounce_ms(), vec(step, 0..60)).prop_map(|(start, debounce_ms, steps)| InputHistory {
        start,
        debounce_ms,
        steps,
    })
}

/// Both files lose their contents, the second mostly while the first is waited for.
fn losses() -> impl Strategy<Value = InputHistory> {
    let good = (0..2_u8).prop_map(|tree| FileText::Good { tree, comment: 0 });
    let start =
        (good.clone(), good).prop_map(|(first, second)| TestSources { files: [first, second], rest: 0 });
    let lost = prop_oneof![Just(FileText::Empty), Just(FileText::Missing)];
    let after_ms = prop_oneof![0..2500_u64, 1700..2100_u64];
    let rest = vec(prop_oneof![change(), passing()], 0..20);
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

/// Everything may happen, but for a stop.
pub(crate) fn endless() -> impl Strategy<Value = InputHistory> {
    let step = prop_oneof![
        22 => change(),
        32 => passing(),
        2 => span_ms().prop_map(HistoryStep::Oversleep),
        4 => Just(HistoryStep::TakeGuard),
        4 => Just(HistoryStep::DropGuard),
        2 => Just(HistoryStep::RequestReload),
    ];
    prop_oneof![3 => history_of(step), 1 => losses()]
}

/// The sources change, and no guard is held.
pub(crate) fn unguarded() -> impl Strategy<Value = InputHistory> {
    history_of(prop_oneof![5 => change(), 7 => passing(), 1 => Just(HistoryStep::RequestReload)])
}

/// Everything may happen, and nothing after a stop.
pub(crate) fn stopped() -> impl Strategy<Value = InputHistory> {
    (endless(), any::<prop::sample::Index>()).prop_map(|(mut history, place)| {
        let place = place.index(history.steps.len() + 1);
        history.steps.insert(place, HistoryStep::Stop);
        history
    })
}
