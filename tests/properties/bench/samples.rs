//! Samples of every kind, and random noise.

use proptest::collection::vec;
use proptest::prelude::*;
use speckit_core::bench::stats::Samples;
use speckit_core::retry::RandomStream;

/// Times of one kind: usual, with many ties, skewed, or any.
fn time() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 900_000..1_100_000_u64,
        2 => 0..5_u64,
        2 => (0..40_u32).prop_map(|power| 1 << power),
        1 => any::<u64>(),
    ]
}

/// Times for which a scaled copy exists.
fn small_time() -> impl Strategy<Value = u64> {
    prop_oneof![900_000..1_100_000_u64, 1..9_u64, 1..(1_u64 << 40)]
}

pub(super) fn times() -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![vec(time(), 1..6), vec(time(), 5..70), vec(900_000..1_100_000_u64, 100..150)]
}

pub(super) fn small_times() -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![vec(small_time(), 1..6), vec(small_time(), 5..60)]
}

/// Times with the same times in another order.
pub(super) fn permuted_times() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
    times().prop_flat_map(|times| (Just(times.clone()), Just(times).prop_shuffle()))
}

pub(super) fn samples(times: &[u64]) -> Samples {
    Samples::new(times.to_vec()).unwrap()
}

pub(super) fn scaled(times: &[u64], factor: u64) -> Vec<u64> {
    times.iter().map(|time| time * factor).collect()
}

/// A number of the standard normal distribution, by Box and Muller.
pub(super) fn normal(stream: &mut RandomStream) -> f64 {
    let mut uniform = || (stream.up_to((1 << 53) - 1) as f64 + 0.5) / 2.0_f64.powi(53);
    let (radius, angle) = (uniform(), uniform());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// A time around `mean_ns` with normal noise, which is a part of it.
pub(super) fn noisy(stream: &mut RandomStream, mean_ns: f64, noise: f64) -> u64 {
    (mean_ns * (1.0 + noise * normal(stream))).max(1.0) as u64
}
