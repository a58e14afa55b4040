//! The operations of `bare.rs`, each measured by `measure_time!`.

mod steps;

use std::future::ready;
use std::hint::black_box;

use speckit::measure_time;

#[inline(never)]
fn counted_work(text: &str) -> Option<u64> {
    let sum = measure_time!("checksum", steps::checksum(text));
    let number = measure_time!("parse", text.parse::<u64>().ok()?);
    let next = steps::poll_once(measure_time!("add", async { ready(number).await + 1 }))?;
    let product = steps::poll_once(measure_time!("multiply", async move { number.wrapping_mul(sum) }))?;
    Some(sum.wrapping_add(next).wrapping_add(product))
}

fn main() {
    black_box(counted_work(black_box("12345")));
}
