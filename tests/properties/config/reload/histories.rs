//! Random histories, dense enough that things meet.

use proptest::collection::vec;
use proptest::prelude::*;

use super::world::{History, Look, Sources, Step, Text};

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        6 => (0..4_u8, 0..2_u8).prop_map(|(tree, comment)| Text::Good { tree, comment }),
        3 => (0..2_u8, 0..2_u8).prop_map(|(fault, comment)| Text::Bad { fault, comment }),
        2 => Just(Text::Empty),
        2 => Just(Text::Missing),
    ]
}

fn start() -> impl Strategy<Value = Sources> {
    let second = prop_oneof![2 => Just(Text::Missing), 1 => text()];
    (text(), second, 0..2_u8).prop_map(|(first, second, rest)| Sources { files: [first, second], rest })
}

fn quiet_ms() -> impl Strategy<Value = u64> {
    prop_oneof![1 => Just(0_u64), 2 => Just(50), 4 => Just(200), 3 => Just(500), 3 => Just(2000)]
}

/// A span of time that is short beside a quiet period, beside settling, or beside neither.
fn span_ms() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..100_u64, 4 => 0..1000_u64, 2 => 0..=5000_u64]
}

fn change() -> impl Strategy<Value = Step> {
    let file = prop_oneof![3 => Just(0_usize), 1 => Just(1_usize)];
    let hint_after_ms = prop_oneof![3 => Just(0_u64), 1 => 0..300_u64];
    prop_oneof![
        8 => (file, text(), hint_after_ms)
            .prop_map(|(file, text, hint_after_ms)| Step::Write { file, text, hint_after_ms }),
        2 => Just(Step::Touch),
        1 => (0..2_u8).prop_map(Step::Rest),
    ]
}

fn passing() -> impl Strategy<Value = Step> {
    let look = prop_oneof![Just(Look::AtBeginning), Just(Look::AtEnd), Just(Look::Torn)];
    let takes_ms = prop_oneof![1 => Just(0_u64), 3 => span_ms()];
    prop_oneof![
        8 => span_ms().prop_map(Step::Pass),
        6 => Just(Step::PassToDeadline),
        1 => quiet_ms().prop_map(Step::QuietMs),
        2 => (takes_ms, look).prop_map(|(takes_ms, look)| Step::ReadingsTake(takes_ms, look)),
    ]
}

fn history_of(step: impl Strategy<Value = Step>) -> impl Strategy<Value = History> {
    (start(), quiet_ms(), vec(step, 0..60)).prop_map(|(start, quiet_ms, steps)| History {
        start,
        quiet_ms,
        steps,
    })
}

/// Both files lose their contents, the second mostly while the first is waited for.
fn losses() -> impl Strategy<Value = History> {
    let good = (0..2_u8).prop_map(|tree| Text::Good { tree, comment: 0 });
    let start = (good.clone(), good).prop_map(|(first, second)| Sources { files: [first, second], rest: 0 });
    let lost = prop_oneof![Just(Text::Empty), Just(Text::Missing)];
    let after_ms = prop_oneof![0..2500_u64, 1700..2100_u64];
    let rest = vec(prop_oneof![change(), passing()], 0..20);
    (start, quiet_ms(), (lost.clone(), lost), after_ms, 0..1000_u64, rest).prop_map(
        |(start, quiet_ms, lost, after_ms, hint_after_ms, rest)| {
            let mut steps = vec![
                Step::Write { file: 0, text: lost.0, hint_after_ms: 0 },
                Step::Pass(quiet_ms + after_ms),
                Step::Write { file: 1, text: lost.1, hint_after_ms },
            ];
            steps.extend(rest);
            History { start, quiet_ms, steps }
        },
    )
}

/// Everything may happen, but for a stop.
pub(crate) fn endless() -> impl Strategy<Value = History> {
    let step = prop_oneof![
        22 => change(),
        32 => passing(),
        2 => span_ms().prop_map(Step::Oversleep),
        4 => Just(Step::TakeGuard),
        4 => Just(Step::DropGuard),
        2 => Just(Step::Ask),
    ];
    prop_oneof![3 => history_of(step), 1 => losses()]
}

/// Sources change, and nobody is in the way.
pub(crate) fn unguarded() -> impl Strategy<Value = History> {
    history_of(prop_oneof![5 => change(), 7 => passing(), 1 => Just(Step::Ask)])
}

/// Everything may happen, and nothing after a stop.
pub(crate) fn stopped() -> impl Strategy<Value = History> {
    (endless(), any::<prop::sample::Index>()).prop_map(|(mut history, place)| {
        let place = place.index(history.steps.len() + 1);
        history.steps.insert(place, Step::Stop);
        history
    })
}
