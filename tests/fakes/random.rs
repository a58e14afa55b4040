//! Random numbers that are the same for the same seed on every machine.

use std::ops::RangeInclusive;

/// The generator `splitmix64`: small, and random enough to choose the steps of a simulation.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of a seed for one purpose. Drawing more numbers for one purpose does not change those of another.
    pub fn stream(seed: u64, purpose: &str) -> Self {
        // FNV-1a.
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let label = purpose.bytes().fold(0xcbf2_9ce4_8422_2325, hash);
        Self(Self(seed ^ label).next())
    }

    /// The next 64 bits.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below the bound, which is not zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(bound);
        u64::try_from(wide >> 64).expect("the upper half of 128 bits")
    }

    /// A number in the range.
    pub fn between(&mut self, range: RangeInclusive<u64>) -> u64 {
        range.start() + self.below(range.end() - range.start() + 1)
    }

    /// True with this probability, in percent.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these items, of which there is at least one.
    pub fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        let index = self.below(u64::try_from(items.len()).expect("a length"));
        items[usize::try_from(index).expect("an index")].clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        let mut random = Random(1_234_567);
        let first = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([random.next(), random.next(), random.next()], first);
    }

    #[test]
    fn each_purpose_has_its_own_stream() {
        let draw = |seed, purpose: &str| Random::stream(seed, purpose).next();
        assert_eq!(draw(1, "a"), draw(1, "a"));
        assert!(draw(1, "a") != draw(1, "b") && draw(1, "a") != draw(2, "a"));
    }

    #[test]
    fn every_number_of_a_range_is_drawn() {
        let mut random = Random::stream(7, "range");
        let mut seen = [false; 5];
        (0..200).for_each(|_| seen[usize::try_from(random.between(3..=7) - 3).unwrap()] = true);
        assert_eq!(seen, [true; 5]);
    }
}
