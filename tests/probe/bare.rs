//! The operations of `measured.rs` without `measure_time!`.

mod steps;

use std::future::ready;
use std::hint::black_box;

#[inline(never)]
fn counted_work(text: &str) -> Option<u64> {
    let sum = steps::checksum(text);
    let number = text.parse::<u64>().ok()?;
    let next = steps::poll_once(async { ready(number).await + 1 })?;
    let product = steps::poll_once(async move { number.wrapping_mul(sum) })?;
    Some(sum.wrapping_add(next).wrapping_add(product))
}

fn main() {
    black_box(counted_work(black_box("12345")));
}
