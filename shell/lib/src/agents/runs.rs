//! The runs of quality gates, with what the agents wrote.

use std::fmt;
use std::future::Future;

use speckit_core::agents::gate::Run;

use crate::store::{Store, StoreError};

mod rows;

/// The runs that a store keeps: each with a number, and with what its agents wrote.
///
/// A number is that of one run for ever: the newest run is never removed, and the next one has a higher number.
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

/// Which runs are looked for. The default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunsFilter {
    /// Of this stage alone.
    pub stage: Option<String>,
    /// About the specification with this id alone.
    pub spec: Option<String>,
    /// The newest so many of them alone.
    pub most: Option<u32>,
}

/// The runs that were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundRuns {
    /// Each with its number, the newest last, without what the agents wrote.
    pub runs: Vec<(i64, Run)>,
    /// Of each row that cannot be read, why: [`StoreError::Unreadable`].
    pub unreadable: Vec<StoreError>,
}

impl Runs {
    /// The runs in a store.
    pub fn of(store: Store) -> Self {
        Self { store }
    }

    /// The store that they lie in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Keeps a run with what its agents wrote, in one transaction, and removes the oldest beyond `keep`, of which at least one
    /// is kept. Gives its number.
    ///
    /// Of two runs of one specification and stage that began in the same millisecond the later one is filed under the next free
    /// one; its own time stays as it is.
    ///
    /// # Errors
    /// As those of [`Store::write`]; then nothing of it is kept.
    pub fn add(&self, run: &Run, keep: u32) -> Result<i64, StoreError> {
        let new = rows::New::of(run)?;
        self.store.write(move |tx| rows::add(tx, &new, keep))
    }

    /// As [`Runs::add`], awaited as [`Store::write_async`] is.
    ///
    /// # Errors
    /// As those of [`Store::write`]; then nothing of it is kept.
    pub fn add_async(
        &self,
        run: &Run,
        keep: u32,
    ) -> impl Future<Output = Result<i64, StoreError>> + Send + use<> {
        let adding =
            rows::New::of(run).map(|new| self.store.write_async(move |tx| rows::add(tx, &new, keep)));
        async move { adding?.await }
    }

    /// The runs that are looked for. A row that cannot be read hides no other.
    ///
    /// # Errors
    /// As those of [`Store::read`].
    pub fn find(&self, filter: &RunsFilter) -> Result<FoundRuns, StoreError> {
        self.store.read(|tx| rows::find(tx, filter))
    }

    /// The numbers of the oldest and of the newest run, whether they can be read or not; `None` where none is kept.
    ///
    /// # Errors
    /// As those of [`Store::read`].
    pub fn first_and_last(&self) -> Result<Option<(i64, i64)>, StoreError> {
        self.store.read(rows::first_and_last)
    }

    /// A run with what its agents wrote; `None` where none has the number.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] where its row cannot be read, and as those of [`Store::read`].
    pub fn run(&self, number: i64) -> Result<Option<Run>, StoreError> {
        self.store.read(|tx| rows::run(tx, number))
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Runs").field(&self.store.path()).finish()
    }
}
