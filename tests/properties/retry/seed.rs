//! Properties of random numbers from a seed.

use proptest::collection::hash_set;
use proptest::prelude::*;
use speckit_core::retry::{RandomStream, Seed};

const DRAWS: u32 = 100_000;

/// The largest sum of squares over its degrees of freedom that chance exceeds once in a thousand times: the cube
/// of Wilson and Hilferty (1931).
pub(crate) fn rarely_exceeded(degrees: u32) -> f64 {
    let ninth = 2.0 / (9.0 * f64::from(degrees));
    f64::from(degrees) * (1.0 - ninth + 3.09 * ninth.sqrt()).powi(3)
}

/// Pearson's sum of squares of counts that are expected to be equal.
pub(crate) fn chi_square(counts: &[u32]) -> f64 {
    let cells = u32::try_from(counts.len()).unwrap();
    let expected = f64::from(counts.iter().sum::<u32>()) / f64::from(cells);
    counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
}

#[track_caller]
pub(crate) fn assert_even(counts: &[u32], what: &str) {
    let max = rarely_exceeded(u32::try_from(counts.len() - 1).unwrap());
    let sum = chi_square(counts);
    assert!(sum < max, "{what}: {sum:.1} is above {max:.1}");
}

fn counts(cells: u64, draw: impl Fn(&mut RandomStream) -> u64) -> Vec<u32> {
    let mut stream = Seed::new(20_240_229).stream("counts");
    let mut counts = vec![0; usize::try_from(cells).unwrap()];
    for _ in 0..DRAWS {
        counts[usize::try_from(draw(&mut stream)).unwrap()] += 1;
    }
    counts
}

fn drawn(seed: u64, label: &str) -> Vec<u64> {
    let mut stream = Seed::new(seed).stream(label);
    (0..4).map(|_| stream.up_to(u64::MAX)).collect()
}

/// Bounds near powers of two and near the ends, where errors are likely.
fn bound() -> impl Strategy<Value = u64> {
    let near_a_power =
        (0..64_u32, -2..=2_i64).prop_map(|(power, off)| (1_u64 << power).wrapping_add_signed(off));
    prop_oneof![0..10_u64, near_a_power, any::<u64>()]
}

proptest! {
    #[test]
    fn equal_seeds_and_labels_give_equal_numbers_and_others_different_ones(
        (one, other) in (any::<u64>(), any::<u64>()),
        (label, another) in ("[a-z/]{0,9}", "[a-z/]{0,9}"),
    ) {
        prop_assert_eq!(drawn(one, &label), drawn(one, &label));
        prop_assert_eq!(drawn(one, &label) == drawn(other, &label), one == other);
        prop_assert_eq!(drawn(one, &label) == drawn(one, &another), label == another);
    }

    #[test]
    fn seeds_that_differ_in_one_bit_share_no_number(seed in any::<u64>(), bit in 0..64_u32) {
        let common = drawn(seed, "x").into_iter().filter(|number| drawn(seed ^ (1 << bit), "x").contains(number));
        prop_assert_eq!(common.count(), 0);
    }

    #[test]
    fn a_draw_is_never_out_of_its_range(seed in any::<u64>(), bounds in prop::collection::vec((bound(), bound()), 1..40)) {
        let mut stream = Seed::new(seed).stream("range");
        for (min, max) in bounds {
            prop_assert!(stream.up_to(max) <= max);
            let drawn = stream.between(min, max);
            let is_within = if min < max { (min..=max).contains(&drawn) } else { drawn == min };
            prop_assert!(is_within, "{drawn} is not in {min} to {max}");
        }
    }

    #[test]
    fn a_draw_between_bounds_is_the_draw_of_their_distance(seed in any::<u64>(), min in bound(), width in bound()) {
        let width = width.min(u64::MAX - min);
        let (mut between, mut up_to) = (Seed::new(seed).stream("x"), Seed::new(seed).stream("x"));
        for _ in 0..4 {
            prop_assert_eq!(between.between(min, min + width), min + up_to.up_to(width));
        }
    }

    #[test]
    fn the_nth_seeds_differ_from_each_other_and_from_their_own(seed in any::<u64>(), places in hash_set(bound(), 2..40)) {
        let mut seeds: Vec<Seed> = places.iter().map(|place| Seed::new(seed).nth(*place)).collect();
        seeds.push(Seed::new(seed));
        seeds.sort();
        seeds.dedup();
        prop_assert_eq!(seeds.len(), places.len() + 1);
        prop_assert!(places.iter().all(|place| Seed::new(seed).nth(*place) != Seed::new(seed ^ 1).nth(*place)));
    }
}

#[test]
fn small_ranges_are_drawn_evenly() {
    for max in [1, 2, 4, 5, 6, 9, 99, 999] {
        assert_even(&counts(max + 1, |stream| stream.up_to(max)), &format!("0 to {max}"));
    }
}

/// Of 3·2⁶² numbers a multiplication without a second draw would hit every third twice as often.
#[test]
fn no_number_of_a_great_range_is_favoured() {
    let max = 3 * (1_u64 << 62) - 1;
    assert_even(&counts(3, |stream| stream.up_to(max) % 3), "the remainder by 3");
    assert_even(&counts(64, |stream| stream.up_to(u64::MAX) >> 58), "the highest six bits");
    assert_even(&counts(64, |stream| stream.up_to(u64::MAX) % 64), "the lowest six bits");
}

#[test]
fn draws_that_follow_each_other_have_nothing_to_do_with_each_other() {
    assert_even(&counts(100, |stream| stream.up_to(9) * 10 + stream.up_to(9)), "pairs");
}

#[test]
fn the_first_draws_of_neighbouring_seeds_are_even() {
    let mut counts = [vec![0; 10], vec![0; 10], vec![0; 10]];
    for number in 0..20_000_u32 {
        let seeds = [
            Seed::new(u64::from(number)).stream("first"),
            Seed::new(7).nth(u64::from(number)).stream("first"),
            Seed::new(7).stream(&number.to_string()),
        ];
        for (counts, mut stream) in counts.iter_mut().zip(seeds) {
            counts[usize::try_from(stream.up_to(9)).unwrap()] += 1;
        }
    }
    for (counts, what) in counts.iter().zip(["seeds", "nth seeds", "labels"]) {
        assert_even(counts, what);
    }
}
