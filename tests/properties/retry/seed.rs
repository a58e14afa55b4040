//! Laws of random numbers from a seed.

use proptest::collection::hash_set;
use proptest::prelude::*;
use speckit_core::retry::{RandomStream, Seed};

const DRAWS: u32 = 100_000;

/// The chi-square value that random draws exceed once in a thousand times, by the approximation of Wilson and Hilferty
/// (1931).
pub(crate) fn critical_chi_square(degrees: u32) -> f64 {
    let ninth = 2.0 / (9.0 * f64::from(degrees));
    f64::from(degrees) * (1.0 - ninth + 3.09 * ninth.sqrt()).powi(3)
}

/// Pearson's chi-square of counts that are expected to be equal.
pub(crate) fn chi_square(counts: &[u32]) -> f64 {
    let cells = u32::try_from(counts.len()).unwrap();
    let expected = f64::from(counts.iter().sum::<u32>()) / f64::from(cells);
    counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
}

#[track_caller]
pub(crate) fn assert_even(counts: &[u32], what: &str) {
    let maximum = critical_chi_square(u32::try_from(counts.len() - 1).unwrap());
    let sum = chi_square(counts);
    assert!(sum < maximum, "{what}: {sum:.1} is above {maximum:.1}");
}

fn count_draws(cells: u64, draw: impl Fn(&mut RandomStream) -> u64) -> Vec<u32> {
    let mut stream = Seed::new(20_240_229).stream("counts");
    let mut counts = vec![0; usize::try_from(cells).unwrap()];
    for _ in 0..DRAWS {
        counts[usize::try_from(draw(&mut stream)).unwrap()] += 1;
    }
    counts
}

fn draw_numbers(seed: u64, label: &str) -> Vec<u64> {
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
    fn only_equal_seeds_and_labels_give_equal_numbers(
        (one, other) in (any::<u64>(), any::<u64>()),
        (label, another) in ("[a-z/]{0,9}", "[a-z/]{0,9}"),
    ) {
        prop_assert_eq!(draw_numbers(one, &label), draw_numbers(one, &label));
        prop_assert_eq!(draw_numbers(one, &label) == draw_numbers(other, &label), one == other);
        prop_assert_eq!(draw_numbers(one, &label) == draw_numbers(one, &another), label == another);
    }

    #[test]
    fn seeds_that_differ_in_one_bit_share_no_number(seed in any::<u64>(), bit in 0..64_u32) {
        let common = draw_numbers(seed, "x").into_iter().filter(|number| draw_numbers(seed ^ (1 << bit), "x").contains(number));
        prop_assert_eq!(common.count(), 0);
    }

    #[test]
    fn a_draw_is_never_out_of_its_range(seed in any::<u64>(), bounds in prop::collection::vec((bound(), bound()), 1..40)) {
        let mut stream = Seed::new(seed).stream("range");
        for (minimum, maximum) in bounds {
            prop_assert!(stream.up_to(maximum) <= maximum);
            let drawn = stream.between(minimum, maximum);
            let is_within = if minimum < maximum { (minimum..=maximum).contains(&drawn) } else { drawn == minimum };
            prop_assert!(is_within, "{drawn} is not in {minimum} to {maximum}");
        }
    }

    #[test]
    fn a_draw_between_bounds_adds_the_lower_bound_to_a_draw_of_the_width(seed in any::<u64>(), minimum in bound(), width in bound()) {
        let width = width.min(u64::MAX - minimum);
        let (mut between, mut up_to) = (Seed::new(seed).stream("x"), Seed::new(seed).stream("x"));
        for _ in 0..4 {
            prop_assert_eq!(between.between(minimum, minimum + width), minimum + up_to.up_to(width));
        }
    }

    #[test]
    fn the_nth_seeds_differ_from_each_other_and_from_their_base(seed in any::<u64>(), places in hash_set(bound(), 2..40)) {
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
    for maximum in [1, 2, 4, 5, 6, 9, 99, 999] {
        assert_even(&count_draws(maximum + 1, |stream| stream.up_to(maximum)), &format!("0 to {maximum}"));
    }
}

/// For a range of 3·2⁶² numbers, a multiplication without rejection would draw every third number twice as often.
#[test]
fn large_ranges_are_drawn_evenly() {
    let maximum = 3 * (1_u64 << 62) - 1;
    assert_even(&count_draws(3, |stream| stream.up_to(maximum) % 3), "the remainder by 3");
    assert_even(&count_draws(64, |stream| stream.up_to(u64::MAX) >> 58), "the highest six bits");
    assert_even(&count_draws(64, |stream| stream.up_to(u64::MAX) % 64), "the lowest six bits");
}

#[test]
fn consecutive_draws_are_independent() {
    assert_even(&count_draws(100, |stream| stream.up_to(9) * 10 + stream.up_to(9)), "pairs");
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
