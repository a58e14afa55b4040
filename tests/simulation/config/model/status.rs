//! The expected status.

use std::path::{Path, PathBuf};
use std::time::Duration;

use speckit::Status;
use speckit_tests::fakes::FakeWorld;

use super::{LastReport, Model};
use crate::config::contents::{RecordedContents, contents, different_files};
use crate::config::events::ensure;
use crate::config::oracle::diagnostics_json;
use crate::config::program::sources;

impl Model<'_> {
    /// Compares a status with the model.
    pub fn check_status(&self, status: &Status, world: &FakeWorld, now: Duration) -> Result<(), String> {
        let check = |name: &str, is_equal: bool| ensure(is_equal, &format!("{name} is wrong in {status:?}"));
        check("the generation", status.generation == self.generation)?;
        check("the age", status.age == now - self.generation_start)?;
        check(
            "the count of reloads",
            status.reloads == u64::try_from(self.reload_times.len()).expect("a count"),
        )?;
        check("the count of refusals", status.refusals == self.refusals)?;
        check("the last reload", status.last_reload == self.reload_times.last().copied())?;
        check("the percentile", status.p95_reload == nearest_rank_95(&self.reload_times))?;
        check("the wait", status.is_waiting == (self.burst.is_some() || self.settling.is_some()))?;
        check("the deferral", status.is_deferred == matches!(self.last_report, LastReport::Deferred(_)))?;
        let pending: Vec<String> =
            status.pending_restart.iter().map(|change| change.key.to_string()).collect();
        check("the list of pending restarts", pending == self.running.pending)?;
        let refusal = status.refusal.as_ref().map(|found| diagnostics_json(found));
        check("the refusal", refusal.as_ref() == self.reported_refusal())?;
        check("the warnings", status.warnings.len() == self.warnings)?;
        let drift: Vec<String> = status.drift.iter().map(|path| path.display().to_string()).collect();
        check("the drift", drift == self.drift(world))
    }

    /// The files that have changed since the reading of the running configuration.
    fn drift(&self, world: &FakeWorld) -> Vec<String> {
        let before = self.source.as_ref().map(contents).unwrap_or_default();
        let layered: Vec<PathBuf> = sources(self.setup).files.into_iter().map(|file| file.path).collect();
        let known = contents(&self.last_reading).into_keys().chain(before.keys().cloned()).map(PathBuf::from);
        let mut names: Vec<PathBuf> = known.filter(|path| !layered.contains(path)).collect();
        let mut now = RecordedContents::new();
        let read = |path: &Path| {
            world.files(|files| files.read(path)).map_err(|error| (error.kind(), error.to_string()))
        };
        for path in layered {
            match world.files(|files| files.list(&path)) {
                Some(Ok(listed)) => names.extend(listed.into_iter().filter(|path| is_drop_in(path))),
                Some(Err(error)) => {
                    now.insert(path.display().to_string(), Err((error.kind(), error.to_string())));
                }
                None => names.push(path),
            }
        }
        now.extend(names.into_iter().map(|path| (path.display().to_string(), read(&path))));
        different_files(&before, &now).into_iter().map(|path| path.display().to_string()).collect()
    }
}

fn is_drop_in(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".toml") && !name.starts_with('.')
}

fn nearest_rank_95(times: &[Duration]) -> Option<Duration> {
    let mut times = times.to_vec();
    times.sort();
    let rank = (times.len() * 95).div_ceil(100);
    times.get(rank.checked_sub(1)?).copied()
}
