//! A simulated herd loses no client and no call, and agrees with a naive simulation that steps through time.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::retry::backoff::{Backoff, schedule};
use speckit_core::retry::simulation::{Herd, JITTERS, Load, NETWORK, WINDOW, compare, plan, simulate};
use speckit_core::retry::{GiveUp, Jitter, RetryConfig, Seed};

/// Settings under which attempts or the deadline end a call, whichever comes first.
fn settings() -> impl Strategy<Value = RetryConfig> {
    let waits = (1..400_u64, 1..3000_u64, select(&[1.0, 1.5, 2.0, 10.0][..]));
    (1..12_u32, waits, select(&JITTERS[..]), 1..5000_u64).prop_map(
        |(max_attempts, (initial_backoff_ms, max_backoff_ms, multiplier), jitter, deadline_ms)| RetryConfig {
            max_attempts,
            initial_backoff_ms,
            max_backoff_ms,
            multiplier,
            jitter,
            deadline_ms,
        },
    )
}

fn herds() -> impl Strategy<Value = Herd> {
    (0..60_u32, 0..30_u32).prop_map(|(clients, capacity)| Herd { clients, capacity })
}

/// The state of one client of the naive simulation.
struct Client {
    backoff: Backoff,
    attempts: u32,
    /// When its next call reaches the server, in nanoseconds; `None` when it is through.
    arrival: Option<u64>,
}

/// What the naive simulation counts: the windows with calls, the latencies, and who gave up.
type Counted = (Vec<Load>, Vec<Duration>, u64);

/// Steps through time by the millisecond. No client calls twice within one, since a message takes longer.
fn stepped(config: &RetryConfig, herd: Herd, seed: Seed) -> Counted {
    const MILLISECOND: u64 = 1_000_000;
    let network = u64::try_from(NETWORK.as_nanos()).unwrap();
    let window = u64::try_from(WINDOW.as_millis()).unwrap();
    let deadline = config.deadline_ms * MILLISECOND;
    let mut clients: Vec<Client> = (0..u64::from(herd.clients))
        .map(|n| Client { backoff: Backoff::new(seed.nth(n), "retry"), attempts: 0, arrival: Some(network) })
        .collect();
    let (mut load, mut latencies, mut gave_up) = (Vec::new(), Vec::new(), 0);
    let mut here = Load::default();
    let mut tick = 0;
    while clients.iter().any(|client| client.arrival.is_some()) {
        if tick % window == 0 {
            load.extend((here.calls > 0).then_some(here));
            here = Load { start: Duration::from_millis(tick), ..Load::default() };
        }
        let mut arrived: Vec<(u64, usize)> = clients
            .iter()
            .enumerate()
            .filter_map(|(n, client)| Some((client.arrival?, n)))
            .filter(|(arrival, _)| arrival / MILLISECOND == tick)
            .collect();
        arrived.sort_unstable();
        for (arrival, n) in arrived {
            let client = &mut clients[n];
            client.arrival = None;
            client.attempts += 1;
            here.calls += 1;
            let now = arrival + network;
            if here.answered < u64::from(herd.capacity) {
                here.answered += 1;
                latencies.push(Duration::from_nanos(now));
                continue;
            }
            if client.attempts < config.max_attempts && now < deadline {
                let wait = client.backoff.wait(config, client.attempts).as_nanos();
                let begins = now + u64::try_from(wait).unwrap();
                client.arrival = (begins <= deadline).then_some(begins + network);
            }
            gave_up += u64::from(client.arrival.is_none());
        }
        tick += 1;
    }
    load.extend((here.calls > 0).then_some(here));
    (load, latencies, gave_up)
}

proptest! {
    #[test]
    fn equal_seeds_give_equal_runs(config in settings(), herd in herds(), seed: u64) {
        let seed = Seed::new(seed);
        prop_assert_eq!(simulate(&config, herd, seed), simulate(&config, herd, seed));
    }

    #[test]
    fn a_simulation_that_steps_through_time_gives_the_same(
        config in settings(), herd in herds(), seed: u64,
    ) {
        let seed = Seed::new(seed);
        let run = simulate(&config, herd, seed);
        prop_assert_eq!((run.load, run.latencies, run.gave_up), stepped(&config, herd, seed));
    }

    #[test]
    fn no_window_answers_more_than_the_capacity_and_none_refuses_below_it(
        config in settings(), herd in herds(), seed: u64,
    ) {
        for load in simulate(&config, herd, Seed::new(seed)).load {
            prop_assert_eq!(load.answered, load.calls.min(u64::from(herd.capacity)));
        }
    }

    #[test]
    fn every_client_succeeds_or_gives_up_and_every_call_is_answered_or_refused(
        config in settings(), herd in herds(), seed: u64,
    ) {
        for run in compare(&config, herd, Seed::new(seed)).runs {
            prop_assert_eq!(run.succeeded() + run.gave_up, u64::from(herd.clients));
            prop_assert_eq!(run.latencies.len() as u64, run.succeeded());
            prop_assert_eq!(run.calls(), run.succeeded() + run.refused());
            prop_assert_eq!(run.calls(), run.load.iter().map(|load| load.calls).sum::<u64>());
            prop_assert!(run.calls() <= u64::from(herd.clients) * u64::from(config.max_attempts));
        }
    }

    #[test]
    fn windows_and_latencies_are_in_the_order_of_time_and_end_by_the_deadline(
        config in settings(), herd in herds(), seed: u64,
    ) {
        let run = simulate(&config, herd, Seed::new(seed));
        prop_assert!(run.load.is_sorted_by(|a, b| a.start < b.start));
        prop_assert!(run.latencies.is_sorted());
        let latest = config.deadline() + 2 * NETWORK;
        prop_assert!(run.last_success().is_none_or(|last| last <= latest.max(2 * NETWORK)));
        let (least, most) = (run.latency(0), run.latency(100));
        prop_assert!(run.mean_latency() >= least && run.mean_latency() <= most && most == run.last_success());
    }

    #[test]
    fn a_client_waits_as_the_plan_of_its_own_seed_says(
        config in settings(), clients in 2..20_u32, seed: u64,
    ) {
        // The last of them is the only one without room, until the first window is over.
        let config = RetryConfig { deadline_ms: 86_400_000, ..config };
        let run = simulate(&config, Herd { clients, capacity: clients - 1 }, Seed::new(seed));
        let waits = plan(&config, Seed::new(seed).nth((clients - 1).into())).waits;
        let mut calls = waits.iter().scan(NETWORK, |at, wait| {
            *at += 2 * NETWORK + *wait;
            Some(*at)
        });
        let answered = calls.find(|at| *at >= WINDOW);
        prop_assert_eq!(run.gave_up, u64::from(answered.is_none()));
        prop_assert_eq!(run.last_success(), Some(answered.unwrap_or(NETWORK) + NETWORK));
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
    fn no_wait_of_a_plan_is_above_what_stands_before_it(config in settings(), seed: u64) {
        let json = serde_json::to_value(plan(&config, Seed::new(seed)).to_json()).unwrap();
        let numbers = |name: &str| -> Vec<f64> {
            json[name].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
        };
        let (waits, longest) = (numbers("delays_ms"), numbers("before_jitter_ms"));
        prop_assert_eq!(waits.len(), longest.len());
        for (wait, longest) in waits.iter().zip(&longest) {
            prop_assert!(wait <= longest, "{wait} {longest}");
            prop_assert!(config.jitter != Jitter::None || wait == longest);
        }
        prop_assert!((waits.iter().sum::<f64>() - json["total_ms"].as_f64().unwrap()).abs() < 1e-3);
    }

    #[test]
    fn every_herd_can_be_shown_at_every_width(
        config in settings(), herd in herds(), seed: u64, width in 0..300_usize,
    ) {
        let comparison = compare(&config, herd, Seed::new(seed));
        let longest = comparison.to_text(width).lines().map(|line| line.chars().count()).max();
        prop_assert!(longest.unwrap() <= width.max(80), "{longest:?}");
        let svg = comparison.to_svg();
        prop_assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        prop_assert!(!svg.contains("<script") && svg.matches("http").count() == 1, "its namespace alone");
    }
}

#[test]
fn full_jitter_has_a_lower_peak_after_the_first_burst_than_none() {
    for seed in [0, 1, 42, u64::MAX] {
        for (clients, capacity) in [(100, 10), (1000, 100), (500, 5)] {
            let config = RetryConfig { max_attempts: 8, ..RetryConfig::default() };
            let comparison = compare(&config, Herd { clients, capacity }, Seed::new(seed));
            let [none, full, ..] = &comparison.runs[..] else { panic!("four runs") };
            assert_eq!((none.jitter, full.jitter), (Jitter::None, Jitter::Full));
            assert!(full.later_peak() < none.later_peak(), "{seed} {clients}");
        }
    }
}

#[test]
fn settings_beyond_any_configuration_bring_nothing_down() {
    let config = RetryConfig {
        max_attempts: 5,
        initial_backoff_ms: u64::MAX,
        max_backoff_ms: u64::MAX,
        multiplier: f64::INFINITY,
        jitter: Jitter::Full,
        deadline_ms: u64::MAX,
    };
    let comparison = compare(&config, Herd { clients: 9, capacity: 1 }, Seed::new(7));
    for run in &comparison.runs {
        assert_eq!(run.succeeded() + run.gave_up, 9);
    }
    assert!(comparison.to_text(80).lines().count() < 80);
    assert!(comparison.to_svg().len() < 100_000);
}
