//! Random numbers from a seed: one stream for each label, the same on every platform.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use xxhash_rust::xxh3::xxh3_64;

/// The seed of random numbers.
///
/// Each label has its own stream, so that one more draw from one stream does not change another:
///
/// ```
/// use speckit_core::retry::Seed;
/// let seed = Seed::new(42);
/// let (mut store, mut agents) = (seed.stream("retry/store"), seed.stream("retry/agents"));
/// assert_eq!(store.up_to(1000), seed.stream("retry/store").up_to(1000));
/// assert_ne!(store.up_to(u64::MAX), agents.up_to(u64::MAX));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(u64);

impl Seed {
    /// The seed of this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The random numbers for one label: `ChaCha8` as its author described it (D. J. Bernstein, "ChaCha, a variant of
    /// Salsa20", 2008; a counter and a nonce of 64 bits each). Eight outputs of PCG32 from the seed are the key, and XXH3
    /// of the label is the nonce.
    pub fn stream(self, label: &str) -> RandomStream {
        let mut numbers = ChaCha8Rng::seed_from_u64(self.0);
        numbers.set_stream(xxh3_64(label.as_bytes()));
        RandomStream { numbers }
    }

    /// The seed of one of many that share a label, such as the clients of a simulation. Two numbers give the same seed
    /// with a probability of 2⁻⁶⁴.
    #[must_use]
    pub fn nth(self, number: u64) -> Self {
        Self(self.stream("seed/nth").at(number))
    }
}

/// The random numbers of [`Seed::stream`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RandomStream {
    numbers: ChaCha8Rng,
}

impl RandomStream {
    /// An integer from 0 to `max`, each equally likely: the high half of a product with 64 random bits, drawn again in
    /// the few cases that would favour some (Lemire, "Fast Random Integer Generation in an Interval", 2019).
    pub fn up_to(&mut self, max: u64) -> u64 {
        let Some(count) = max.checked_add(1) else { return self.numbers.next_u64() };
        let mut product = self.product(count);
        if low(product) < count {
            let min = count.wrapping_neg() % count;
            while low(product) < min {
                product = self.product(count);
            }
        }
        high(product)
    }

    /// An integer from `min` to `max`, each equally likely; `min` if it is not below `max`.
    pub fn between(&mut self, min: u64, max: u64) -> u64 {
        match max.checked_sub(min) {
            Some(width) => min + self.up_to(width),
            None => min,
        }
    }

    fn product(&mut self, count: u64) -> u128 {
        u128::from(self.numbers.next_u64()) * u128::from(count)
    }

    /// The number at a position of the stream.
    fn at(&mut self, position: u64) -> u64 {
        // The generator counts in words of 32 bits.
        self.numbers.set_word_pos(u128::from(position) * 2);
        self.numbers.next_u64()
    }
}

fn high(product: u128) -> u64 {
    u64::try_from(product >> 64).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "the function returns the low half")]
fn low(product: u128) -> u64 {
    product as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn streams_are_the_same_on_every_platform() {
        let mut plain = ChaCha8Rng::seed_from_u64(42);
        assert_eq!(plain.next_u64(), 0xae90_bfb5_395d_5ba1);
        let drawn = |label: &str| {
            let mut stream = Seed::new(42).stream(label);
            (0..4).map(|_| stream.up_to(999_999)).collect::<Vec<_>>()
        };
        assert_eq!(drawn("retry/store"), [994542, 312362, 847229, 374283]);
        assert_eq!(drawn("retry/agents"), [730508, 96670, 620526, 466368]);
        assert_eq!(Seed::new(42).nth(7), Seed::new(6950706919721000512));
    }
}
