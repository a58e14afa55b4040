//! Records a run while it is measured: in the database, or, if that fails, in a file at the end.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use speckit_core::bench::BenchRun;

use super::database;
use crate::rescue::save_beside;
use speckit::History;
use speckit::bench::{Baselines, RunInStore};
use speckit::internal::clock;
use speckit::store::StoreError;

/// Benchmarks are written at most so often, so that fast commands are not disturbed.
const PAUSE: Duration = Duration::from_millis(100);

/// Where a run is recorded.
pub(super) enum Recording {
    /// Nowhere, as requested.
    Nowhere,
    /// In the database, once a command has run.
    Ready { path: PathBuf, baselines: Baselines },
    /// In the database.
    Begun(BegunRun),
    /// In a file at the end, because the database failed.
    Failed { path: PathBuf, error: StoreError },
}

pub(super) struct BegunRun {
    path: PathBuf,
    baselines: Baselines,
    run: RunInStore,
    written: Instant,
}

/// How the recording ended.
pub(super) enum Recorded {
    /// Nothing was recorded: as requested, or because no command has run.
    Nowhere,
    /// It is the last run in this database.
    Stored { baselines: Baselines, path: PathBuf },
    /// The database failed; the file has the run, if one could be written.
    Failed { error: StoreError, file: Option<PathBuf> },
}

impl Recording {
    pub(super) fn of(path: PathBuf, opened: Result<Baselines, StoreError>) -> Self {
        match opened {
            Ok(baselines) => Self::Ready { path, baselines },
            Err(error) => Self::Failed { path, error },
        }
    }

    /// Why nothing is recorded in the database.
    pub(super) fn failure(&self) -> Option<&StoreError> {
        match self {
            Self::Failed { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Records a run as it is now.
    pub(super) fn update(&mut self, run: impl FnOnce() -> BenchRun) {
        let now = clock::now();
        let is_late = |written| now.saturating_duration_since(written) >= PAUSE;
        match self {
            Self::Ready { .. } => self.begin(run()),
            Self::Begun(begun) if is_late(begun.written) => {
                begun.written = now;
                if let Err(error) = begun.run.update(&run().benchmarks) {
                    *self = Self::Failed { path: std::mem::take(&mut begun.path), error };
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, run: BenchRun) {
        let Self::Ready { path, baselines } = self else { return };
        let path = std::mem::take(path);
        *self = match baselines.begin(run) {
            Ok(run) => {
                let (baselines, written) = (baselines.clone(), clock::now());
                Self::Begun(BegunRun { path, baselines, run, written })
            }
            Err(error) => Self::Failed { path, error },
        };
    }

    /// Records the end of the run.
    pub(super) fn finish(self, run: &BenchRun) -> Recorded {
        let (path, error) = match self {
            Self::Nowhere | Self::Ready { .. } => return Recorded::Nowhere,
            Self::Failed { path, error } => (path, error),
            Self::Begun(BegunRun { baselines, path, run: begun, .. }) => {
                match begun.finish(&run.benchmarks) {
                    Ok(()) => return Recorded::Stored { baselines, path },
                    Err(error) => (path, error),
                }
            }
        };
        let name = format!("speckit-bench-{}.json", clock::since_epoch().as_millis());
        Recorded::Failed { error, file: save_beside(&path, &name, &run.to_json()) }
    }
}

/// Opens the database and reads the number of the newest generation.
pub(super) fn open(path: &Path) -> (Result<Baselines, StoreError>, Option<u64>) {
    let opened = database::open(path);
    let newest = opened
        .as_ref()
        .ok()
        .and_then(|baselines| History::of(baselines.store().clone()).newest_number().ok().flatten());
    (opened, newest.and_then(|number| u64::try_from(number).ok()))
}
