//! The kept benchmarks and the last runs in a store.

use std::fmt;
use std::sync::Arc;

use speckit_core::bench::{Baseline, BaselineError, BenchRun, Benchmark, Machine, names_of};

use crate::store::{Store, StoreError};

mod rows;

/// The benchmarks in a store: the last runs, and baselines, each with its name.
///
/// ```
/// use speckit::bench::{Baselines, BenchmarkHarness, machine};
/// use speckit::store::{Store, StoreError};
/// use speckit_core::bench::{BenchRun, baselines_of};
/// # let folder = tempfile::tempdir().unwrap();
/// let baselines = Baselines::of(Store::open(folder.path().join("app.db"))?);
/// let benchmark = BenchmarkHarness::new("lines").run(|| "port = 8080\n".repeat(100).lines().count());
/// let run = BenchRun { benchmarks: vec![benchmark.clone()], machine: machine(), ..BenchRun::default() };
/// baselines.keep(baselines_of("main", run), &["main"])?;
/// let kept = baselines.find("main")?.unwrap();
/// assert_eq!(kept[0].benchmark.samples_ns, benchmark.samples_ns);
/// assert_eq!(baselines.find("mian")?.unwrap_err().to_string(), "no benchmark is kept as `mian`");
/// # Ok::<(), StoreError>(())
/// ```
#[derive(Clone)]
pub struct Baselines {
    store: Store,
}

/// A run that is recorded while it is measured, so that nothing is lost if the program is killed.
#[derive(Debug)]
pub struct RunInStore {
    store: Store,
    rows: Vec<RowInStore>,
    machine: Machine,
    seed: Option<u64>,
}

/// The row of a benchmark, and how many of its samples are written.
#[derive(Debug)]
struct RowInStore {
    id: i64,
    written: usize,
}

impl Baselines {
    /// The benchmarks in a store.
    pub fn of(store: Store) -> Self {
        Self { store }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Keeps benchmarks under their names, each in the place of an earlier one of this name. Everything that is kept under one of the names
    /// `replaced`, or below it (`name/…`), is removed. Returns the names of the removed ones.
    ///
    /// # Errors
    /// Those of [`Store::write`]; then nothing has changed.
    pub fn keep(&self, baselines: Vec<Baseline>, replaced: &[&str]) -> Result<Vec<String>, StoreError> {
        let replaced: Vec<String> = replaced.iter().map(|name| (*name).to_owned()).collect();
        let rows = baselines.into_iter().map(rows::NewRow::of).collect::<Result<Vec<_>, _>>()?;
        self.store.write(move |tx| rows::keep(tx, &rows, &replaced))
    }

    /// The names of all baselines, sorted.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub fn names(&self) -> Result<Vec<String>, StoreError> {
        self.store.read(rows::names)
    }

    /// All baselines, sorted by name.
    ///
    /// # Errors
    /// Those of [`Store::read`], and [`StoreError::Unreadable`] for a row of a newer release.
    pub fn all(&self) -> Result<Vec<Baseline>, StoreError> {
        self.store.read(|tx| rows::named(tx, &rows::names(tx)?))
    }

    /// The baselines that a name stands for: the one of this name, else all below it (`name/…`).
    ///
    /// # Errors
    /// As those of [`Baselines::all`]. The inner error is that none has the name.
    pub fn find(&self, name: &str) -> Result<Result<Vec<Baseline>, BaselineError>, StoreError> {
        self.store.read(|tx| {
            let kept = rows::names(tx)?;
            match names_of(name, &kept) {
                Ok(names) => rows::named(tx, &names).map(Ok),
                Err(unknown) => Ok(Err(unknown)),
            }
        })
    }

    /// The run that was begun last; `None` without one.
    ///
    /// # Errors
    /// As those of [`Baselines::all`].
    pub fn last_run(&self) -> Result<Option<BenchRun>, StoreError> {
        self.store.read(rows::last_run)
    }

    /// Records the beginning of a run, which is the last run from now on. Only the newest ten runs remain.
    ///
    /// # Errors
    /// Those of [`Store::write`].
    pub fn begin(&self, run: BenchRun) -> Result<RunInStore, StoreError> {
        let BenchRun { benchmarks, machine, seed, .. } = run;
        let new = benchmarks.iter().map(|benchmark| {
            let benchmark = Benchmark { partial: true, ..benchmark.clone() };
            rows::NewRow::of(Baseline { benchmark, machine: machine.clone(), seed })
        });
        let new = new.collect::<Result<Vec<_>, _>>()?;
        let ids = self.store.write(move |tx| rows::begin(tx, &new))?;
        let rows = ids.into_iter().zip(&benchmarks);
        let rows =
            rows.map(|(id, benchmark)| RowInStore { id, written: benchmark.samples_ns.len() }).collect();
        Ok(RunInStore { store: self.store.clone(), rows, machine, seed })
    }
}

impl RunInStore {
    /// Records the benchmarks as they are now, in the order of the beginning: their samples may only have become more. They are marked as
    /// interrupted until the run is finished.
    ///
    /// # Errors
    /// Those of [`Store::write`].
    pub fn update<'b>(&mut self, now: impl IntoIterator<Item = &'b Benchmark>) -> Result<(), StoreError> {
        self.write(now.into_iter().map(|benchmark| Benchmark { partial: true, ..benchmark.clone() }))
    }

    /// Records the benchmarks at the end of the run.
    ///
    /// # Errors
    /// Those of [`Store::write`].
    pub fn finish<'b>(mut self, end: impl IntoIterator<Item = &'b Benchmark>) -> Result<(), StoreError> {
        self.write(end.into_iter().cloned())
    }

    fn write(&mut self, benchmarks: impl Iterator<Item = Benchmark>) -> Result<(), StoreError> {
        let rows = self.rows.iter().zip(benchmarks).map(|(row, benchmark)| {
            let new =
                rows::NewRow::of(Baseline { benchmark, machine: self.machine.clone(), seed: self.seed })?;
            Ok((row.id, row.written, new))
        });
        let rows = Arc::new(rows.collect::<Result<Vec<_>, StoreError>>()?);
        let written = Arc::clone(&rows);
        self.store
            .write(move |tx| rows.iter().try_for_each(|(id, from, row)| rows::update(tx, *id, row, *from)))?;
        for (row, (_, _, new)) in self.rows.iter_mut().zip(written.iter()) {
            row.written = new.sample_count();
        }
        Ok(())
    }
}

impl fmt::Debug for Baselines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Baselines").field(&self.store.path()).finish()
    }
}
