//! Laws of the retry budget: it agrees with exact arithmetic over the complete history.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use speckit_core::retry::{Budget, BudgetConfig};

#[derive(Clone, Copy, Debug)]
enum BudgetEvent {
    Withdraw,
    Succeed,
    ReadBalance,
}

fn count() -> impl Strategy<Value = u32> {
    prop_oneof![3 => 0..5_u32, 1 => 0..200_u32, 1 => Just(u32::MAX), 1 => any::<u32>()]
}

fn config() -> impl Strategy<Value = BudgetConfig> {
    (count(), count(), count()).prop_map(|(capacity, per_second, percent_of_successes)| BudgetConfig {
        capacity,
        per_second,
        percent_of_successes,
    })
}

fn event() -> impl Strategy<Value = BudgetEvent> {
    prop_oneof![6 => Just(BudgetEvent::Withdraw), 2 => Just(BudgetEvent::Succeed), 1 => Just(BudgetEvent::ReadBalance)]
}

/// Events whose times mostly increase.
fn history() -> impl Strategy<Value = Vec<(Duration, BudgetEvent)>> {
    let step = prop_oneof![
        4 => Just(0_i64), 4 => 0..2_000_000_000_i64, 1 => 0..1_000_000_000_000_i64, 2 => -3_000_000_000..0_i64,
    ];
    let start = prop_oneof![Just(0_u64), 0..10_000_000_000_u64, Just(u64::MAX / 2)];
    (start, vec((step, event()), 1..60)).prop_map(|(start, steps)| {
        let mut now = start;
        let mut history = Vec::new();
        for (step, event) in steps {
            now = now.saturating_add_signed(step);
            history.push((Duration::from_nanos(now), event));
        }
        history
    })
}

/// The number of tokens after a history, and whether each withdrawal was granted. Internally, a token has a hundred
/// billion parts.
fn compute_exactly(config: BudgetConfig, history: &[(Duration, BudgetEvent)]) -> (u128, Vec<bool>) {
    const TOKEN: u128 = 100_000_000_000;
    let capacity = u128::from(config.capacity.max(1)) * TOKEN;
    let (mut tokens, mut granted) = (capacity, Vec::new());
    for (index, (now, event)) in history.iter().enumerate() {
        // Time only counts beyond the latest time so far.
        if let Some(latest) = history[..index].iter().map(|(time, _)| *time).max() {
            let passed = now.saturating_sub(latest).as_nanos();
            tokens = capacity.min(tokens + passed * u128::from(config.per_second) * 100);
        }
        match event {
            BudgetEvent::Withdraw if tokens >= TOKEN => {
                tokens -= TOKEN;
                granted.push(true);
            }
            BudgetEvent::Withdraw => granted.push(false),
            BudgetEvent::Succeed => {
                let parts = u128::from(config.percent_of_successes) * TOKEN / 100;
                tokens = capacity.min(tokens + parts);
            }
            BudgetEvent::ReadBalance => {}
        }
    }
    (tokens / TOKEN, granted)
}

fn step(budget: &mut Budget, now: Duration, event: BudgetEvent) -> Option<bool> {
    match event {
        BudgetEvent::Withdraw => Some(budget.withdraw(now)),
        BudgetEvent::Succeed => {
            budget.succeeded(now);
            None
        }
        BudgetEvent::ReadBalance => {
            budget.left(now);
            None
        }
    }
}

proptest! {
    #[test]
    fn a_budget_agrees_with_exact_arithmetic(config in config(), history in history()) {
        let mut budget = Budget::new(config);
        let granted: Vec<bool> =
            history.iter().filter_map(|(now, event)| step(&mut budget, *now, *event)).collect();
        let (left, expected) = compute_exactly(config, &history);
        prop_assert_eq!(granted, expected);
        prop_assert_eq!(u128::from(budget.left(history[history.len() - 1].0)), left);
    }

    #[test]
    fn no_more_is_withdrawn_than_the_capacity_and_the_refill(config in config(), history in history()) {
        let mut budget = Budget::new(config);
        let (mut withdrawn, mut successes) = (0_u128, 0_u128);
        let first = history[0].0;
        let mut latest = first;
        for (now, event) in history {
            latest = latest.max(now);
            withdrawn += u128::from(step(&mut budget, now, event) == Some(true));
            successes += u128::from(matches!(event, BudgetEvent::Succeed));
            // A retry has a hundred billion parts.
            let added = (latest - first).as_nanos() * u128::from(config.per_second) * 100
                + successes * u128::from(config.percent_of_successes) * 1_000_000_000;
            let capacity = u128::from(config.capacity.max(1)) * 100_000_000_000;
            prop_assert!(withdrawn * 100_000_000_000 <= capacity + added, "{withdrawn} withdrawn");
        }
    }

    #[test]
    fn a_second_adds_a_retry_to_a_timed_budget(config in config(), history in history(), drain in 0..300_u32) {
        let config = BudgetConfig { per_second: config.per_second.max(1), ..config };
        let mut budget = Budget::new(config);
        let latest = history.iter().map(|(now, _)| *now).max().unwrap();
        for (now, event) in history {
            step(&mut budget, now, event);
        }
        for _ in 0..drain {
            budget.withdraw(latest);
        }
        prop_assert!(budget.withdraw(latest + Duration::from_secs(1)));
    }

    #[test]
    fn a_clock_that_goes_back_adds_nothing(config in config(), times in vec(0..10_000_000_000_u64, 1..20)) {
        let mut budget = Budget::new(config);
        let latest = Duration::from_secs(10);
        let before = budget.left(latest);
        budget.withdraw(latest);
        for time in times {
            prop_assert_eq!(budget.left(Duration::from_nanos(time)), before - 1);
        }
        prop_assert_eq!(budget.left(latest), before - 1);
    }

    #[test]
    fn a_budget_without_refill_stays_empty(capacity in 1..50_u32, history in history()) {
        let mut budget = Budget::new(BudgetConfig { capacity, per_second: 0, percent_of_successes: 0 });
        let withdrawn = history.iter().filter(|(now, event)| step(&mut budget, *now, *event) == Some(true)).count();
        let requests = history.iter().filter(|(_, event)| matches!(event, BudgetEvent::Withdraw)).count();
        prop_assert_eq!(withdrawn, requests.min(capacity.try_into().unwrap()));
    }

    #[test]
    fn a_hundred_successes_add_the_percentage(percent in 1..300_u32, rounds in 1..4_u32) {
        let mut budget = Budget::new(BudgetConfig { capacity: 1000, per_second: 0, percent_of_successes: percent });
        while budget.withdraw(Duration::ZERO) {}
        for success in 1..=100 * rounds {
            budget.succeeded(Duration::ZERO);
            prop_assert_eq!(budget.left(Duration::ZERO), u64::from(success * percent / 100).min(1000));
        }
    }
}
