//! The output of `retry plan` and `retry simulate`.

use serde::Serialize;
use speckit_core::retry::simulation::{Comparison, JITTERS, Scenario, compare, plan};
use speckit_core::retry::{Jitter, RetryConfig, Seed};
use speckit_tests::golden;

const SEED: Seed = Seed::new(42);

fn with_8_attempts(jitter: Jitter) -> RetryConfig {
    RetryConfig::default().with_jitter(jitter).with_max_attempts(8)
}

fn simulate(clients: u32, capacity: u32) -> Comparison {
    compare(&with_8_attempts(Jitter::Full), Scenario { clients, capacity }, SEED)
}

fn json(document: impl Serialize) -> String {
    serde_json::to_string_pretty(&document).unwrap()
}

#[test]
fn a_plan_shows_the_waits_of_each_jitter() {
    let plans = JITTERS.map(|jitter| plan(&with_8_attempts(jitter), SEED).to_text());
    golden!("retry/plans", "plans_of_each_jitter", plans.join("\n"));
}

#[test]
fn a_plan_shows_the_reason_for_its_end() {
    let config = with_8_attempts(Jitter::None).with_deadline_ms(1500);
    let without_retry = config.with_max_attempts(1);
    let texts = [config, without_retry].map(|config| plan(&config, SEED).to_text());
    golden!("retry/plans", "plans_that_end", texts.join("\n"));
}

#[test]
fn a_plan_is_printed_as_json() {
    golden!("retry/plans", "plan_as_json", json(plan(&with_8_attempts(Jitter::Equal), SEED).to_json()));
}

#[test]
fn a_simulation_fits_in_eighty_columns() {
    golden!("retry/plans", "herd_of_100", simulate(100, 10).to_text(80));
}

#[test]
fn a_simulation_uses_a_wide_terminal() {
    golden!("retry/plans", "herd_of_100_wide", simulate(100, 10).to_text(160));
}

#[test]
fn a_simulation_shows_a_load_within_the_capacity() {
    golden!("retry/plans", "herd_within_the_capacity", simulate(30, 1000).to_text(80));
}

#[test]
fn a_simulation_shows_a_load_far_beyond_the_capacity() {
    let config = with_8_attempts(Jitter::Decorrelated).with_max_attempts(3);
    let comparison = compare(&config, Scenario { clients: 10_000, capacity: 1 }, SEED);
    golden!("retry/plans", "herd_of_10000", comparison.to_text(80));
}

#[test]
fn a_simulation_is_printed_as_json() {
    golden!("retry/plans", "herd_as_json", json(simulate(6, 2).to_json()));
}

#[test]
fn a_simulation_is_drawn_as_a_chart() {
    golden!("retry/plans", "herd_as_svg", simulate(20, 4).to_svg());
}
