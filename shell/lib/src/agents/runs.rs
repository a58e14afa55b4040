//! The recorded runs of gates, with the output of the agents.

use std::fmt;
use std::future::Future;

use speckit_core::agents::gate::Run;

use crate::instrumentation::operation::{Operation, OperationTimer, timed_result};
use crate::store::{Store, StoreError};

mod rows;

/// The runs in a store, each with a number and the output of its agents.
///
/// A number is never reused: the newest run is never removed, and the next one gets a higher number.
///
/// ```
/// use speckit_core::agents::consensus::{Ballot, Vote};
/// use speckit_core::agents::gate::Run;
/// use speckit::agents::{Runs, RunsFilter};
/// use speckit::store::{Store, StoreError};
/// # let folder = tempfile::tempdir().unwrap();
/// let runs = Runs::of(Store::open(folder.path().join("app.db"))?);
/// let mut ballot = Ballot::new(["claude"], 1);
/// ballot.cast("claude", Vote::Succeeded);
/// let run = Run {
///     stage: "plan".into(),
///     spec: "SPEC-1".into(),
///     started_at_ms: 1_767_225_600_000,
///     elapsed_ms: 850,
///     cancelled: false,
///     not_started: false,
///     answers_compared: Some(false),
///     decision: ballot.close(),
///     agents: Vec::new(),
/// };
/// let number = runs.add(&run, 1000)?;
/// assert_eq!(runs.run(number)?, Some(run));
/// assert!(runs.find(&RunsFilter { stage: Some("audit".into()), ..RunsFilter::default() })?.runs.is_empty());
/// # Ok::<(), StoreError>(())
/// ```
#[derive(Clone)]
pub struct Runs {
    store: Store,
}

/// Which runs to find. The default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunsFilter {
    /// Only runs of this stage.
    pub stage: Option<String>,
    /// Only runs of the specification with this id.
    pub spec: Option<String>,
    /// Only the newest runs, at most this many.
    pub limit: Option<u32>,
}

/// The result of [`Runs::find`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundRuns {
    /// The runs with their numbers, the newest last, without the output of the agents.
    pub runs: Vec<(i64, Run)>,
    /// A [`StoreError::Unreadable`] for each row that cannot be read.
    pub unreadable: Vec<StoreError>,
}

impl Runs {
    /// The runs in a store.
    pub fn of(store: Store) -> Self {
        Self { store }
    }

    /// The store of the runs.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Records a run with the output of its agents in one transaction, removes all but the newest `keep` (at least one) runs, and
    /// returns its number.
    ///
    /// If another run of the same specification and stage started in the same millisecond, the row gets the next free time; the time
    /// in the run does not change.
    ///
    /// # Errors
    /// Those of [`Store::write`]; then nothing is recorded.
    pub fn add(&self, run: &Run, keep: u32) -> Result<i64, StoreError> {
        timed_result(Operation::GateStore, || {
            let new = rows::NewRun::of(run)?;
            self.store.write(move |tx| rows::add(tx, &new, keep))
        })
    }

    /// As [`Runs::add`], async as [`Store::write_async`].
    ///
    /// # Errors
    /// Those of [`Store::write`]; then nothing is recorded.
    pub fn add_async(
        &self,
        run: &Run,
        keep: u32,
    ) -> impl Future<Output = Result<i64, StoreError>> + Send + use<> {
        let timer = OperationTimer::start(Operation::GateStore);
        let adding =
            rows::NewRun::of(run).map(|new| self.store.write_async(move |tx| rows::add(tx, &new, keep)));
        async move {
            let added = match adding {
                Ok(adding) => adding.await,
                Err(error) => Err(error),
            };
            timer.finish(added.is_ok());
            added
        }
    }

    /// The runs that match. An unreadable row does not hide others.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub fn find(&self, filter: &RunsFilter) -> Result<FoundRuns, StoreError> {
        self.store.read(|tx| rows::find(tx, filter))
    }

    /// The numbers of the oldest and the newest run, readable or not; `None` without runs.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub fn first_and_last(&self) -> Result<Option<(i64, i64)>, StoreError> {
        self.store.read(rows::first_and_last)
    }

    /// A run with the output of its agents; `None` if no run has this number.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if its row cannot be read, and those of [`Store::read`].
    pub fn run(&self, number: i64) -> Result<Option<Run>, StoreError> {
        self.store.read(|tx| rows::run(tx, number))
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Runs").field(&self.store.path()).finish()
    }
}
