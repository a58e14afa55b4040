//! The comparison of named benchmarks.

use alloc::string::String;
use alloc::vec::Vec;

use super::benchmark::Benchmark;
use super::machine::{Machine, MachineField};
use super::stats::{Comparison, Criteria, Speedup, Verdict, compare};

/// The comparison of two benchmarks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NamedComparison {
    /// The name of the first.
    pub baseline: String,
    /// The name of the second.
    pub other: String,
    /// How the second differs from the first.
    pub comparison: Comparison,
}

/// Compares each pair, in the order of the pairs. Their probabilities are adjusted by Holm's correction.
///
/// ```
/// use speckit_core::bench::{Benchmark, compare_pairs};
/// use speckit_core::bench::stats::{Criteria, Verdict};
/// let benchmark = |name: &str, time: u64| Benchmark {
///     name: name.into(),
///     samples_ns: (0..30).map(|run| time + run).collect(),
///     ..Benchmark::default()
/// };
/// let [old, new] = [benchmark("old", 1000), benchmark("new", 1200)];
/// let compared = compare_pairs(&[(&old, &new)], Criteria::default());
/// assert_eq!(compared[0].comparison.verdict, Verdict::Regression);
/// ```
pub fn compare_pairs(pairs: &[(&Benchmark, &Benchmark)], criteria: Criteria) -> Vec<NamedComparison> {
    let compared = pairs.iter().map(|(first, second)| match (first.samples(), second.samples()) {
        (Some(first), Some(second)) => compare(&first, &second, criteria),
        _ => Comparison::too_few(criteria),
    });
    let names = pairs.iter().map(|(first, second)| (first.name.clone(), second.name.clone()));
    let named = Comparison::together(compared.collect()).into_iter().zip(names);
    named.map(|(comparison, (baseline, other))| NamedComparison { baseline, other, comparison }).collect()
}

/// Compares benchmarks that were measured together: those with equal parameters with the first of them, or, if no two have equal
/// parameters, each with the first of all.
///
/// ```
/// use speckit_core::bench::{Benchmark, compare_together};
/// use speckit_core::bench::stats::Criteria;
/// let benchmark = |name: &str, threads: &str| Benchmark {
///     name: name.into(),
///     parameters: [("threads".into(), threads.into())].into(),
///     ..Benchmark::default()
/// };
/// let pairs = |benchmarks: &[Benchmark]| {
///     let compared = compare_together(benchmarks, Criteria::default());
///     compared.into_iter().map(|compared| (compared.baseline, compared.other)).collect::<Vec<_>>()
/// };
/// let (a, b, c, d) = (benchmark("a", "1"), benchmark("b", "1"), benchmark("c", "4"), benchmark("d", "4"));
/// assert_eq!(pairs(&[a.clone(), b, c.clone(), d]), [("a".into(), "b".into()), ("c".into(), "d".into())]);
/// assert_eq!(pairs(&[a, c]), [("a".into(), "c".into())]);
/// ```
pub fn compare_together(benchmarks: &[Benchmark], criteria: Criteria) -> Vec<NamedComparison> {
    let first_like =
        |benchmark: &Benchmark| benchmarks.iter().find(|other| other.parameters == benchmark.parameters);
    let with_first = benchmarks.iter().filter_map(|other| Some((first_like(other)?, other)));
    let mut pairs: Vec<(&Benchmark, &Benchmark)> =
        with_first.filter(|(first, other)| !core::ptr::eq(*first, *other)).collect();
    if let ([first, others @ ..], true) = (benchmarks, pairs.is_empty()) {
        pairs = others.iter().map(|other| (first, other)).collect();
    }
    compare_pairs(&pairs, criteria)
}

/// A comparison of kept benchmarks with what was asked of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CompareReport {
    /// The comparisons. None has a verdict if the machines differ.
    pub comparisons: Vec<NamedComparison>,
    /// The machines of the first and of the second side.
    pub machines: [Machine; 2],
    /// The claim that was to be checked.
    pub claim: Option<Speedup>,
}

/// The answer of a [`CompareReport`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is slower, and the claim holds.
    Yes,
    /// Something is slower, or the claim does not hold.
    No,
    /// The machines differ, so there is no answer.
    NotComparable,
}

impl CompareReport {
    /// Compares each pair of benchmarks that were measured on two machines. If these differ, the comparisons have no verdict, unless
    /// the caller compares them `anyway`.
    pub fn new(
        pairs: &[(&Benchmark, &Benchmark)],
        machines: [Machine; 2],
        criteria: Criteria,
        claim: Option<Speedup>,
        anyway: bool,
    ) -> Self {
        let mut report = Self { comparisons: compare_pairs(pairs, criteria), machines, claim };
        if !report.machine_differs().is_empty() && !anyway {
            for compared in &mut report.comparisons {
                compared.comparison = compared.comparison.on_different_machines();
            }
        }
        report
    }

    /// The fields in which the machines differ.
    pub fn machine_differs(&self) -> Vec<MachineField> {
        let [first, second] = &self.machines;
        first.differences(second)
    }

    /// The answer to the whole comparison.
    pub fn answer(&self) -> Answer {
        let has = |verdict| self.comparisons.iter().any(|compared| compared.comparison.verdict == verdict);
        if has(Verdict::NotComparable) {
            Answer::NotComparable
        } else if has(Verdict::Regression) || !self.claim_holds() {
            Answer::No
        } else {
            Answer::Yes
        }
    }

    /// Whether the claim holds in every comparison; true without a claim.
    pub fn claim_holds(&self) -> bool {
        let holds =
            |claim: Speedup| self.comparisons.iter().all(|compared| claim.holds(&compared.comparison));
        self.claim.is_none_or(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn benchmark(time: u64) -> Benchmark {
        Benchmark { samples_ns: (0..30).map(|run| time + run).collect(), ..Benchmark::default() }
    }

    fn report(first: u64, second: u64, cores: u32, claim: Option<&str>, anyway: bool) -> CompareReport {
        let machine = |cores| Machine { cores: Some(cores), ..Machine::default() };
        let claim = claim.map(|claim| claim.parse().unwrap());
        let (first, second) = (benchmark(first), benchmark(second));
        let machines = [machine(2), machine(cores)];
        CompareReport::new(&[(&first, &second)], machines, Criteria::default(), claim, anyway)
    }

    /// criterion#824: a regression was reported, and the program exited with 0.
    #[test]
    fn a_regression_is_a_no() {
        assert_eq!(report(1000, 1200, 2, None, false).answer(), Answer::No);
        assert_eq!(report(1000, 1000, 2, None, false).answer(), Answer::Yes);
        assert_eq!(report(1200, 1000, 2, None, false).answer(), Answer::Yes);
    }

    #[test]
    fn a_claim_that_does_not_hold_is_a_no() {
        assert_eq!(report(3300, 1000, 2, Some("3x"), false).answer(), Answer::Yes);
        assert_eq!(report(2900, 1000, 2, Some("3x"), false).answer(), Answer::No);
    }

    #[test]
    fn different_machines_have_no_answer_unless_it_is_wanted_anyway() {
        let apart = report(1000, 1200, 4, None, false);
        assert_eq!(
            (apart.answer(), apart.machine_differs()),
            (Answer::NotComparable, [MachineField::Cores].into())
        );
        assert_eq!(report(1000, 1200, 4, None, true).answer(), Answer::No);
    }
}
