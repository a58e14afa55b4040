//! Baselines: benchmarks that are kept under a name to compare others with.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::benchmark::Benchmark;
use super::document::BenchRun;
use super::machine::Machine;
use crate::tree::nearest::nearest;

/// A benchmark that is kept under its name, with the machine on which it was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// The benchmark, with the name under which it is kept.
    pub benchmark: Benchmark,
    /// The machine.
    pub machine: Machine,
    /// The seed of the order of runs.
    pub seed: Option<u64>,
}

/// Why baselines cannot be used together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// No baseline has the name.
    #[error("no benchmark is kept as `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// The nearest name that is kept.
        nearest: Option<String>,
    },
    /// Two benchmarks that belong together were measured on different machines.
    #[error(
        "`{first}` and `{second}` were measured on different machines: {}; {}",
        machines.0, machines.1
    )]
    Machines {
        /// A name.
        first: String,
        /// Another name.
        second: String,
        /// The machines of both. Boxed, to keep the error small.
        machines: Box<(Machine, Machine)>,
    },
    /// Two sides of several benchmarks have no name in common.
    #[error("`{first}` and `{second}` have no benchmark in common")]
    NoPair {
        /// The name of a side.
        first: String,
        /// The name of the other.
        second: String,
    },
}

/// The benchmarks of a run with the names under which `name` keeps them: `name` for one, and `name/BENCHMARK` for each of several.
///
/// ```
/// use speckit_core::bench::{BenchRun, Benchmark, baselines_of};
/// let benchmark = |name: &str| Benchmark { name: name.into(), ..Benchmark::default() };
/// let names = |benchmarks: &[&str]| {
///     let benchmarks = benchmarks.iter().map(|name| benchmark(name)).collect();
///     let kept = baselines_of("main", BenchRun { benchmarks, ..BenchRun::default() });
///     kept.into_iter().map(|kept| kept.benchmark.name).collect::<Vec<_>>()
/// };
/// assert_eq!(names(&["sort"]), ["main"]);
/// assert_eq!(names(&["sort", "sort -u"]), ["main/sort", "main/sort -u"]);
/// ```
pub fn baselines_of(name: &str, run: BenchRun) -> Vec<Baseline> {
    let is_only = run.benchmarks.len() == 1;
    let named = |mut benchmark: Benchmark| {
        benchmark.name = if is_only { name.into() } else { format!("{name}/{}", benchmark.name) };
        benchmark
    };
    BenchRun { benchmarks: run.benchmarks.into_iter().map(named).collect(), ..run }.into_baselines().collect()
}

impl BenchRun {
    /// The benchmarks as baselines, each under its own name.
    pub fn into_baselines(self) -> impl Iterator<Item = Baseline> {
        let Self { benchmarks, machine, seed, .. } = self;
        benchmarks.into_iter().map(move |benchmark| Baseline { benchmark, machine: machine.clone(), seed })
    }

    /// The document of one baseline.
    pub fn of_baseline(baseline: Baseline) -> Self {
        let Baseline { benchmark, machine, seed } = baseline;
        Self { benchmarks: Vec::from([benchmark]), comparisons: Vec::new(), machine, seed }
    }

    /// Baselines of one machine as one document.
    ///
    /// # Errors
    /// [`BaselineError::Machines`] for baselines of different machines.
    pub fn of_baselines(baselines: impl IntoIterator<Item = Baseline>) -> Result<Self, BaselineError> {
        let mut run = Self::default();
        for baseline in baselines {
            match run.benchmarks.first() {
                None => (run.machine, run.seed) = (baseline.machine, baseline.seed),
                Some(first) if run.machine != baseline.machine => {
                    return Err(BaselineError::Machines {
                        first: first.name.clone(),
                        second: baseline.benchmark.name,
                        machines: Box::new((run.machine, baseline.machine)),
                    });
                }
                // The order of several runs has no single seed.
                Some(_) if run.seed != baseline.seed => run.seed = None,
                Some(_) => {}
            }
            run.benchmarks.push(baseline.benchmark);
        }
        Ok(run)
    }
}

/// Whether `name` stands for the kept benchmark `kept`: it is its name, or the part before a `/`.
pub fn stands_for(name: &str, kept: &str) -> bool {
    kept.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The kept names that `name` stands for, in their order: the name itself if it is kept, else all that begin with `name/`.
///
/// # Errors
/// [`BaselineError::Unknown`] with the nearest name.
pub fn names_of<'a>(name: &str, kept: &'a [String]) -> Result<Vec<&'a str>, BaselineError> {
    let kept_names = || kept.iter().map(String::as_str);
    if let Some(exact) = kept_names().find(|kept| *kept == name) {
        return Ok(Vec::from([exact]));
    }
    let members: Vec<&str> = kept_names().filter(|kept| stands_for(name, kept)).collect();
    if members.is_empty() {
        let first_parts = kept_names().filter_map(|kept| Some(kept.split_once('/')?.0));
        let nearest = nearest(name, kept_names().chain(first_parts)).map(String::from);
        return Err(BaselineError::Unknown { name: name.into(), nearest });
    }
    Ok(members)
}

/// One side of a comparison: a document, and the name that stands for its benchmarks if they are kept.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The name; `None` for a run that is not kept.
    pub name: Option<&'a str>,
    /// The benchmarks.
    pub run: &'a BenchRun,
}

impl Side<'_> {
    fn name(&self) -> &str {
        self.name.unwrap_or("the last run")
    }

    /// The name of a benchmark without the name of its side.
    fn own_name<'b>(&self, benchmark: &'b Benchmark) -> &'b str {
        let rest = self.name.and_then(|name| benchmark.name.strip_prefix(name)?.strip_prefix('/'));
        rest.unwrap_or(&benchmark.name)
    }
}

/// What to compare: one benchmark with one, whatever their names are; else those with equal names. Benchmarks without a partner are
/// left out.
///
/// # Errors
/// [`BaselineError::NoPair`] if nothing can be compared.
pub fn partners<'a>(
    first: Side<'a>,
    second: Side<'a>,
) -> Result<Vec<(&'a Benchmark, &'a Benchmark)>, BaselineError> {
    if let ([first], [second]) = (first.run.benchmarks.as_slice(), second.run.benchmarks.as_slice()) {
        return Ok(Vec::from([(first, second)]));
    }
    let pairs = first.run.benchmarks.iter().filter_map(|benchmark| {
        let has_its_name = |other: &&Benchmark| second.own_name(other) == first.own_name(benchmark);
        Some((benchmark, second.run.benchmarks.iter().find(has_its_name)?))
    });
    let pairs: Vec<_> = pairs.collect();
    if pairs.is_empty() {
        return Err(BaselineError::NoPair { first: first.name().into(), second: second.name().into() });
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn run(names: &[&str]) -> BenchRun {
        let benchmark = |name: &&str| Benchmark { name: (*name).into(), ..Benchmark::default() };
        BenchRun { benchmarks: names.iter().map(benchmark).collect(), ..BenchRun::default() }
    }

    fn pairs(first: (Option<&str>, &[&str]), second: (Option<&str>, &[&str])) -> Option<Vec<[String; 2]>> {
        let (one, two) = (run(first.1), run(second.1));
        let pairs = partners(Side { name: first.0, run: &one }, Side { name: second.0, run: &two });
        let named = |(one, two): &(&Benchmark, &Benchmark)| [one.name.clone(), two.name.clone()];
        Some(pairs.ok()?.iter().map(named).collect())
    }

    #[test]
    fn a_name_stands_for_itself_or_for_all_below_it() {
        let kept: Vec<String> = ["main", "main/a", "dev/a", "dev/b", "develop"].map(String::from).into();
        assert_eq!(names_of("main", &kept), Ok(vec!["main"]));
        assert_eq!(names_of("dev", &kept), Ok(vec!["dev/a", "dev/b"]));
        assert_eq!(names_of("main/a", &kept), Ok(vec!["main/a"]));
        let unknown = |nearest: Option<&str>, name: &str| {
            Err(BaselineError::Unknown { name: name.into(), nearest: nearest.map(String::from) })
        };
        assert_eq!(names_of("mian", &kept), unknown(Some("main"), "mian"));
        assert_eq!(names_of("dve", &kept), unknown(Some("dev"), "dve"));
        assert_eq!(names_of("elsewhere", &kept), unknown(None, "elsewhere"));
    }

    #[test]
    fn one_is_compared_with_one_and_several_by_their_names() {
        let pair = |one: &str, two: &str| [one.into(), two.into()];
        assert_eq!(pairs((Some("old"), &["old"]), (None, &["sort"])), Some(vec![pair("old", "sort")]));
        assert_eq!(
            pairs((Some("m"), &["m/a", "m/b", "m/c"]), (None, &["c", "a", "d"])),
            Some(vec![pair("m/a", "a"), pair("m/c", "c")])
        );
        assert_eq!(
            pairs((Some("m"), &["m/a"]), (Some("n"), &["n/a", "n/b"])),
            Some(vec![pair("m/a", "n/a")])
        );
        assert_eq!(pairs((Some("m"), &["m/a", "m/b"]), (None, &["c"])), None);
    }

    #[test]
    fn a_document_has_one_machine() {
        let mut baselines: Vec<_> = run(&["a", "b"]).into_baselines().collect();
        assert_eq!(BenchRun::of_baselines(baselines.clone()), Ok(run(&["a", "b"])));
        baselines[1].machine.cores = Some(4);
        let error = BenchRun::of_baselines(baselines).unwrap_err();
        assert!(matches!(error, BaselineError::Machines { .. }), "{error}");
    }
}
