//! Laws of the simulation: it agrees with a naive one, and its plans and texts are consistent.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::retry::backoff::{Backoff, schedule};
use speckit_core::retry::simulation::{
    JITTERS, NETWORK, Scenario, WINDOW, WindowLoad, compare, plan, simulate,
};
use speckit_core::retry::{GiveUp, Jitter, RetryConfig, Seed};

/// Settings in which the attempts or the deadline end a call.
fn settings() -> impl Strategy<Value = RetryConfig> {
    let waits = (1..400_u64, 1..3000_u64, select(&[1.0, 1.5, 2.0, 10.0][..]));
    (1..12_u32, waits, select(&JITTERS[..]), 1..5000_u64).prop_map(
        |(max_attempts, (initial_backoff_ms, max_backoff_ms, multiplier), jitter, deadline_ms)| {
            RetryConfig::default()
                .with_max_attempts(max_attempts)
                .with_initial_backoff_ms(initial_backoff_ms)
                .with_max_backoff_ms(max_backoff_ms)
                .with_multiplier(multiplier)
                .with_jitter(jitter)
                .with_deadline_ms(deadline_ms)
        },
    )
}

fn scenarios() -> impl Strategy<Value = Scenario> {
    (0..60_u32, 0..30_u32).prop_map(|(clients, capacity)| Scenario { clients, capacity })
}

/// A simple simulation that searches for the earliest call each time: the windows, the latencies and the number of clients
/// that gave up.
fn simulate_naively(
    config: &RetryConfig,
    scenario: Scenario,
    seed: Seed,
) -> (Vec<WindowLoad>, Vec<Duration>, u64) {
    let mut backoffs: Vec<_> =
        (0..scenario.clients.into()).map(|n| Backoff::new(seed.nth(n), "retry")).collect();
    // The arrival of each call, its client, and the calls of that client.
    let mut calls: Vec<(Duration, usize, u32)> = (0..backoffs.len()).map(|n| (NETWORK, n, 1)).collect();
    let (mut load, mut latencies, mut gave_up) = (BTreeMap::new(), Vec::new(), 0);
    while let Some(call) = calls.iter().copied().min() {
        calls.retain(|other| *other != call);
        let (arrival, client, attempt) = call;
        let window = u32::try_from(arrival.as_millis() / WINDOW.as_millis()).unwrap();
        let window_load =
            load.entry(window).or_insert(WindowLoad { start: WINDOW * window, ..WindowLoad::default() });
        window_load.calls += 1;
        let now = arrival + NETWORK;
        if window_load.answered < scenario.capacity.into() {
            window_load.answered += 1;
            latencies.push(now);
            continue;
        }
        let retry_time = now + backoffs[client].wait(config, attempt);
        if attempt < config.max_attempts && now < config.deadline() && retry_time <= config.deadline() {
            calls.push((retry_time + NETWORK, client, attempt + 1));
        } else {
            gave_up += 1;
        }
    }
    (load.into_values().collect(), latencies, gave_up)
}

proptest! {
    #[test]
    fn the_simulation_agrees_with_a_naive_one(config in settings(), scenario in scenarios(), seed: u64) {
        let seed = Seed::new(seed);
        let run = simulate(&config, scenario, seed);
        prop_assert_eq!((run.load, run.latencies, run.gave_up), simulate_naively(&config, scenario, seed));
    }

    #[test]
    fn a_plan_is_the_schedule_with_the_reason_for_its_end(config in settings(), seed: u64) {
        let seed = Seed::new(seed);
        let plan = plan(&config, seed);
        prop_assert_eq!(&plan.waits, &schedule(&config, seed, "retry").collect::<Vec<_>>());
        match plan.end {
            GiveUp::Attempts { allowed } => prop_assert_eq!(plan.waits.len() + 1, allowed as usize),
            GiveUp::Deadline { allowed, wait } => {
                prop_assert!(plan.total() + wait > allowed || plan.total() == allowed);
                prop_assert!(plan.waits.len() + 1 < config.max_attempts as usize);
            }
            end => prop_assert!(false, "{end}"),
        }
    }

    #[test]
    fn no_wait_of_a_plan_exceeds_the_wait_before_jitter(config in settings(), seed: u64) {
        let json = serde_json::to_value(plan(&config, Seed::new(seed)).to_json()).unwrap();
        let numbers = |name: &str| serde_json::from_value::<Vec<f64>>(json[name].clone()).unwrap();
        let (waits, longest) = (numbers("delays_ms"), numbers("before_jitter_ms"));
        prop_assert_eq!(waits.len(), longest.len());
        prop_assert!(waits.iter().zip(&longest).all(|(wait, longest)| wait <= longest), "{json}");
        prop_assert!(config.jitter != Jitter::None || waits == longest);
    }

    #[test]
    fn every_scenario_can_be_drawn_at_every_width(
        config in settings(), scenario in scenarios(), seed: u64, width in 0..300_usize,
    ) {
        let comparison = compare(&config, scenario, Seed::new(seed));
        let longest = comparison.to_text(width).lines().map(|line| line.chars().count()).max();
        prop_assert!(longest.unwrap() <= width.max(80), "{longest:?}");
        let svg = comparison.to_svg();
        prop_assert!(!svg.contains("<script") && svg.matches("http").count() == 1, "the namespace is the only URL");
    }
}

#[test]
fn full_jitter_has_a_lower_peak_after_the_first_burst_than_none() {
    let config = RetryConfig::default().with_max_attempts(8);
    for (seed, clients, capacity) in [(0, 100, 10), (1, 1000, 100), (u64::MAX, 500, 5)] {
        let comparison = compare(&config, Scenario { clients, capacity }, Seed::new(seed));
        let peak = |jitter| comparison.runs.iter().find(|run| run.jitter == jitter).unwrap().later_peak();
        assert!(peak(Jitter::Full) < peak(Jitter::None), "{seed} {clients}");
    }
}

#[test]
fn extreme_settings_cause_no_panic() {
    let maximum = u64::MAX;
    let waits = RetryConfig::default()
        .with_initial_backoff_ms(maximum)
        .with_max_backoff_ms(maximum)
        .with_deadline_ms(maximum);
    let config = waits.with_max_attempts(5).with_multiplier(f64::INFINITY);
    let comparison = compare(&config, Scenario { clients: 9, capacity: 1 }, Seed::new(7));
    assert!(comparison.runs.iter().all(|run| run.succeeded() + run.gave_up == 9));
    assert!(comparison.to_text(80).lines().count() < 80);
    assert!(comparison.to_svg().len() < 100_000);
}
