//! How much work a run does.

use core::num::NonZeroU64;

/// How much work each run does. Two benchmarks with the same kind of work are compared by the time for one unit of it.
///
/// ```
/// use core::num::NonZeroU64;
/// use speckit_core::bench::stats::Work;
/// let work = Work::Items(NonZeroU64::new(500).unwrap());
/// assert_eq!(work.per_second(1_000_000.0), Some(500_000.0));
/// assert_eq!(work.per_second(0.0), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A number of items.
    Items(NonZeroU64),
    /// A number of bytes.
    Bytes(NonZeroU64),
}

impl Work {
    /// How many items or bytes it is.
    pub fn amount(self) -> NonZeroU64 {
        match self {
            Self::Items(amount) | Self::Bytes(amount) => amount,
        }
    }

    /// Items or bytes in a second, if a run takes `time_ns`; `None` for a time of zero.
    #[expect(clippy::cast_precision_loss, reason = "a rate has no more digits than a time")]
    pub fn per_second(self, time_ns: f64) -> Option<f64> {
        (time_ns > 0.0).then(|| self.amount().get() as f64 * 1e9 / time_ns)
    }

    /// By how much the times of two sides are multiplied, so that they are comparable: by the amount of the other side if
    /// both do the same kind of work, else by 1.
    pub(super) fn factors(first: Option<Self>, second: Option<Self>) -> [u64; 2] {
        match (first, second) {
            (Some(Self::Items(first)), Some(Self::Items(second)))
            | (Some(Self::Bytes(first)), Some(Self::Bytes(second)))
                if first != second =>
            {
                [second.get(), first.get()]
            }
            _ => [1, 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_kind_of_work_is_compared_by_the_unit() {
        let amount = |number| NonZeroU64::new(number).unwrap();
        let [two, three] = [2, 3].map(|number| Some(Work::Items(amount(number))));
        assert_eq!(Work::factors(two, three), [3, 2]);
        assert_eq!(Work::factors(two, two), [1, 1]);
        assert_eq!(Work::factors(two, Some(Work::Bytes(amount(3)))), [1, 1]);
        assert_eq!(Work::factors(two, None), [1, 1]);
    }
}
