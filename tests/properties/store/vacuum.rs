//! Laws of vacuums: the time when one is due, its steps, and its savings.

use std::time::Duration;

use proptest::prelude::*;
use speckit_core::store::vacuum::{MIN_INTERVAL, Pages, VacuumState, due_in};

fn pages() -> impl Strategy<Value = Pages> {
    let total = prop_oneof![1..3000_u64, 1..100_000_000_u64];
    (9..=16_u32, total).prop_flat_map(|(power, total)| {
        // The first page holds the header, and at least one more page maps the others.
        let free = prop_oneof![Just(0), 0..=total.saturating_sub(1 + total / 50)];
        free.prop_map(move |free| Pages { page_bytes: 1 << power, total, free })
    })
}

fn worthwhile_pages() -> impl Strategy<Value = Pages> {
    pages().prop_filter("enough is free", |pages| pages.is_worthwhile())
}

fn interval() -> impl Strategy<Value = Duration> {
    prop_oneof![0..5000_u64, 0..1_000_000_000_u64].prop_map(Duration::from_millis)
}

fn date() -> impl Strategy<Value = i64> {
    prop_oneof![0..2_000_000_000_000_i64, -1_000_000..1_000_000_i64]
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap()
}

proptest! {
    #[test]
    fn a_vacuum_is_never_due_before_the_interval_is_over(
        pages in worthwhile_pages(), interval in interval(), last in date(), missing_ms in prop_oneof![Just(1), 1..1_000_000_i64],
    ) {
        let elapsed = (milliseconds(interval) - missing_ms).max(0);
        prop_assume!(elapsed < milliseconds(interval));
        let state = VacuumState { pages, last_at_ms: Some(last), now_ms: last + elapsed };
        let wait = interval.max(MIN_INTERVAL) - Duration::from_millis(elapsed.unsigned_abs());
        prop_assert_eq!(due_in(interval, &state), wait);
    }

    #[test]
    fn a_vacuum_is_due_after_the_interval_if_enough_is_free(
        pages in worthwhile_pages(), interval in interval(), last in proptest::option::of(date()), extra_ms in 0..1_000_000_i64,
    ) {
        let due_ms = milliseconds(interval.max(MIN_INTERVAL));
        let state = VacuumState { pages, last_at_ms: last, now_ms: last.unwrap_or(0) + due_ms + extra_ms };
        prop_assert_eq!(due_in(interval, &state), Duration::ZERO);
    }

    #[test]
    fn a_vacuum_is_never_due_if_too_little_is_free(
        pages in pages(), interval in interval(), last in proptest::option::of(date()), now_ms in date(),
    ) {
        prop_assume!(pages.free_bytes() < 1 << 20 || pages.free * 10 < pages.total);
        let wait = due_in(interval, &VacuumState { pages, last_at_ms: last, now_ms });
        prop_assert_eq!(wait, interval.max(MIN_INTERVAL), "the wait until the next check");
    }

    #[test]
    fn a_vacuum_is_due_after_the_returned_wait(
        pages in worthwhile_pages(), interval in interval(), last_at_ms in date(), now_ms in date(),
    ) {
        let state = VacuumState { pages, last_at_ms: Some(last_at_ms), now_ms };
        let wait = due_in(interval, &state);
        prop_assert!(wait <= interval.max(MIN_INTERVAL));
        if wait > Duration::ZERO {
            let later = VacuumState { now_ms: now_ms.max(last_at_ms) + milliseconds(wait), ..state };
            prop_assert_eq!(due_in(interval, &later), Duration::ZERO);
        }
    }

    #[test]
    fn a_clock_that_was_set_back_delays_a_vacuum_by_at_most_an_interval(
        pages in worthwhile_pages(), interval in interval(), last_at_ms in date(), now_ms in date(),
    ) {
        prop_assume!(last_at_ms > now_ms);
        let ahead = Duration::from_millis(last_at_ms.abs_diff(now_ms));
        let wait = due_in(interval, &VacuumState { pages, last_at_ms: Some(last_at_ms), now_ms });
        let interval = interval.max(MIN_INTERVAL);
        let expected = if ahead > interval { Duration::ZERO } else { interval };
        prop_assert_eq!(wait, expected);
    }

    #[test]
    fn the_steps_free_all_pages_and_none_exceeds_a_mebibyte(pages in pages()) {
        let pages = Pages { free: pages.free.min(100_000), ..pages };
        let mut free = pages.free;
        while free > 0 {
            let step = Pages { free, ..pages }.step(free);
            prop_assert!(step > 0 && step * pages.page_bytes <= 1 << 20, "{step}");
            prop_assert!(step == free || step * pages.page_bytes > 900_000, "{step} is too short for a step");
            free -= step;
        }
    }

    #[test]
    fn a_step_frees_no_more_than_the_free_pages_and_the_rest(pages in pages(), rest in 0..2000_u64) {
        let step = pages.step(rest);
        prop_assert!(step <= pages.free && step <= rest);
        prop_assert_eq!(step == 0, pages.free == 0 || rest == 0);
    }

    #[test]
    fn the_savings_are_the_free_pages_and_their_map_pages(pages in pages()) {
        let (saved, free) = (pages.savings() / pages.page_bytes, pages.free);
        prop_assert!(saved <= pages.total);
        prop_assert!(pages.free == 0 || saved >= free.saturating_sub(1), "{saved} of {free}");
        prop_assert!(saved <= free + free / (pages.page_bytes / 5) + 1, "{saved} of {free}");
    }
}
