//! The database of benchmarks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use speckit_core::bench::{BaselineError, BenchRun};
use speckit_core::{Code, Diagnostic, Key};

use crate::context::{Context, Exit};
use speckit::bench::Baselines;
use speckit::internal::documents::{absolute, exists};
use speckit::store::{Store, StoreError, StoreOptions};

/// How long to wait for a lock of another process.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// The benchmarks in the database, if there is one.
pub(super) struct Kept<'a> {
    context: &'a Context,
    baselines: Option<Baselines>,
    pub(super) path: PathBuf,
}

/// The path of the database. An invalid configuration is reported, since it may name another one.
pub(super) fn path(context: &Context) -> Result<PathBuf, Exit> {
    let (opened, _) = context.open_valid().map_err(|_| Exit::Incomplete)?;
    let path = context.database_of(&opened)?;
    Ok(absolute(&path).unwrap_or(path))
}

fn options(path: &Path) -> StoreOptions {
    StoreOptions::new(path).deadline(LOCK_TIMEOUT)
}

/// Opens the benchmarks to add to; a missing database is created.
pub(super) fn open(path: &Path) -> Result<Baselines, StoreError> {
    options(path).open().map(Baselines::of)
}

impl<'a> Kept<'a> {
    /// The benchmarks of an earlier run, for reading only; a missing database is not created.
    pub(super) fn open(context: &'a Context) -> Result<Self, Exit> {
        Self::opened(context, StoreOptions::open_to_read)
    }

    /// As [`Kept::open`], to keep some of them under names.
    pub(super) fn open_to_keep(context: &'a Context) -> Result<Self, Exit> {
        Self::opened(context, StoreOptions::open)
    }

    fn opened(
        context: &'a Context,
        open: impl FnOnce(StoreOptions) -> Result<Store, StoreError>,
    ) -> Result<Self, Exit> {
        let path = path(context)?;
        context.warn_of_unread_log(&path);
        let baselines = exists(&path).then(|| open(options(&path)).map(Baselines::of)).transpose();
        let baselines = baselines.map_err(|error| unavailable(context, &error))?;
        Ok(Self { context, baselines, path })
    }

    /// The benchmarks to add to; a missing database is created.
    pub(super) fn create(context: &'a Context) -> Result<(Baselines, PathBuf), Exit> {
        let path = path(context)?;
        let baselines = open(&path).map_err(|error| unavailable(context, &error))?;
        Ok((baselines, path))
    }

    /// Uses the benchmarks, or returns the default without a database.
    pub(super) fn with<T: Default>(
        &self,
        used: impl FnOnce(&Baselines) -> Result<T, StoreError>,
    ) -> Result<T, Exit> {
        let result = self.baselines.as_ref().map(used).transpose();
        Ok(result.map_err(|error| unavailable(self.context, &error))?.unwrap_or_default())
    }

    /// The document of the benchmarks that a name stands for.
    pub(super) fn named(&self, name: &str) -> Result<BenchRun, Exit> {
        self.several(std::slice::from_ref(&name))
    }

    /// The document of the benchmarks that several names stand for.
    pub(super) fn several(&self, names: &[impl AsRef<str>]) -> Result<BenchRun, Exit> {
        let mut all = Vec::new();
        for name in names {
            let name = name.as_ref();
            let found = self.with(|baselines| baselines.find(name).map(Some))?;
            let unknown = BaselineError::Unknown { name: name.into(), nearest: None };
            all.extend(found.unwrap_or(Err(unknown)).map_err(|error| refused(self.context, &error))?);
        }
        BenchRun::of_baselines(all).map_err(|error| refused(self.context, &error))
    }

    /// The last run.
    pub(super) fn last(&self) -> Result<BenchRun, Exit> {
        self.with(Baselines::last_run)?.ok_or_else(|| {
            let message = format!("no run is recorded in `{}`", self.path.display());
            let diagnostic = Diagnostic::error(Code::BenchUnknown, Key::root(), message);
            self.context.refuse(&[diagnostic.help("`speckit bench run -- CMD` measures and records one")])
        })
    }

    /// The benchmarks that the names stand for, or the last run without names.
    pub(super) fn named_or_last(&self, names: &[String]) -> Result<BenchRun, Exit> {
        if names.is_empty() { self.last() } else { self.several(names) }
    }
}

/// Reports that baselines cannot be used so.
pub(super) fn refused(context: &Context, error: &BaselineError) -> Exit {
    let (code, help) = match error {
        BaselineError::Unknown { nearest: Some(nearest), .. } => {
            (Code::BenchUnknown, format!("did you mean `{nearest}`?"))
        }
        BaselineError::Machines { .. } => (Code::BenchMachines, "name those of one machine".into()),
        _ => (Code::BenchUnknown, "`speckit bench list` lists the kept benchmarks".into()),
    };
    context.refuse(&[Diagnostic::error(code, Key::root(), error.to_string()).help(help)])
}

pub(super) fn unavailable(context: &Context, error: &StoreError) -> Exit {
    let message = format!("benchmarks cannot be kept or read: {error}");
    context.refuse(&[Diagnostic::error(Code::StoreUnavailable, Key::root(), message)])
}
