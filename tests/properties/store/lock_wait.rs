//! Laws of the wait for the write lock of another process.

use std::time::Duration;

use proptest::prelude::*;
use speckit_core::retry::Seed;
use speckit_core::store::{LockPause, LockWait};

const MS: Duration = Duration::from_millis(1);

/// The times of the attempts of a wait whose attempts all fail. `commits` tells whether others commit before a look at that time.
fn attempts(seed: u64, allowed: Duration, commits: impl Fn(Duration) -> bool) -> Vec<Duration> {
    let mut wait = LockWait::new(Seed::new(seed));
    let (mut now, mut version, mut times) = (Duration::ZERO, 0, Vec::new());
    while let Some(LockPause { length, is_look }) = wait.pause(now, allowed) {
        assert!(!length.is_zero() && length <= 20 * MS, "{length:?}");
        now += length;
        version += i64::from(commits(now));
        if !is_look || wait.is_attempt_due(Some(version)) {
            times.push(now);
        }
    }
    times
}

fn longest_gap(times: &[Duration]) -> Duration {
    let before = std::iter::once(&Duration::ZERO).chain(times);
    times.iter().zip(before).map(|(time, before)| *time - *before).max().unwrap_or_default()
}

/// How often twenty attempts follow each other within a millisecond.
fn rows_of_twenty(times: &[Duration]) -> usize {
    times.windows(20).filter(|some| some[19] - some[0] < MS).count()
}

proptest! {
    #[test]
    fn the_last_attempt_is_at_the_end_of_the_allowed_time(
        seed: u64, allowed_us in 1..5_000_000_u64, commits: bool,
    ) {
        let allowed = Duration::from_micros(allowed_us);
        let times = attempts(seed, allowed, |_| commits);
        prop_assert_eq!(times.last(), Some(&allowed));
    }

    #[test]
    fn nobody_waits_without_time(seed: u64, elapsed_us in 0..1_000_000_u64, more_us in 0..1_000_000_u64) {
        let allowed = Duration::from_micros(elapsed_us);
        let elapsed = allowed + Duration::from_micros(more_us);
        prop_assert_eq!(LockWait::new(Seed::new(seed)).pause(elapsed, allowed), None);
    }

    #[test]
    fn a_lock_that_nobody_commits_with_is_tried_at_least_every_40_ms(seed: u64) {
        let gap = longest_gap(&attempts(seed, 5000 * MS, |_| false));
        prop_assert!(gap <= 40 * MS, "{gap:?}");
    }

    #[test]
    fn others_that_commit_are_left_alone_for_750_to_1500_ms(seed: u64) {
        let times = attempts(seed, 5000 * MS, |_| true);
        let gap = longest_gap(&times);
        prop_assert!(gap >= 750 * MS && gap <= 1525 * MS, "{gap:?}");
        let insisted = rows_of_twenty(&times);
        prop_assert!(insisted >= 5000 / 1550, "it insists {insisted} times");
    }

    #[test]
    fn a_short_wait_insists_too(seed: u64, allowed_ms in 100..1000_u32) {
        let insisted = rows_of_twenty(&attempts(seed, allowed_ms * MS, |_| true));
        prop_assert!(insisted >= 1, "it insists {insisted} times");
    }

    #[test]
    fn a_look_without_a_new_commit_is_followed_by_an_attempt(
        seed: u64, versions in proptest::collection::vec(proptest::option::of(0..3_i64), 1..50),
    ) {
        let mut wait = LockWait::new(Seed::new(seed));
        let mut before = None;
        for version in versions {
            prop_assert_eq!(wait.is_attempt_due(version), version.is_none() || version == before);
            before = version;
        }
    }

    #[test]
    fn the_same_seed_waits_the_same(seed: u64) {
        let times = attempts(seed, 1000 * MS, |now| now < 400 * MS);
        prop_assert_eq!(times, attempts(seed, 1000 * MS, |now| now < 400 * MS));
    }

    #[test]
    fn it_tries_four_times_then_looks_then_tries_twenty_times_and_begins_anew(seed: u64) {
        let (mut wait, mut now) = (LockWait::new(Seed::new(seed)), Duration::ZERO);
        let mut pause = || {
            let pause = wait.pause(now, Duration::MAX).unwrap();
            now += pause.length;
            pause
        };
        for _ in 0..3 {
            for longest in [500, 1000, 2000, 4000].map(Duration::from_micros) {
                let LockPause { length, is_look } = pause();
                prop_assert!(!is_look && (longest / 2..=longest).contains(&length), "{length:?} of {longest:?}");
            }
            let (mut looking, mut next) = (Duration::ZERO, pause());
            while next.is_look {
                prop_assert!((10 * MS..=20 * MS).contains(&next.length), "{next:?}");
                looking += next.length;
                next = pause();
            }
            prop_assert!((750 * MS..=1520 * MS).contains(&looking), "{looking:?}");
            for next in std::iter::once(next).chain((1..20).map(|_| pause())) {
                prop_assert_eq!(next, LockPause { length: Duration::from_micros(20), is_look: false });
            }
        }
    }

    #[test]
    fn two_that_begin_together_do_not_try_together(seed: u64, other: u64) {
        prop_assume!(seed != other);
        let times = attempts(seed, 5 * MS, |_| false);
        prop_assert_ne!(times, attempts(other, 5 * MS, |_| false));
    }
}
