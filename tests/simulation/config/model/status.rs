//! What a status must say.

use std::path::{Path, PathBuf};
use std::time::Duration;

use speckit::Status;
use speckit_tests::fakes::FakeWorld;

use super::{LastReport, Model};
use crate::config::contents::{RecordedContents, contents, different};
use crate::config::notices::claim;
use crate::config::oracle::diagnostics_json;
use crate::config::program::sources;

impl Model<'_> {
    /// What a status must say.
    pub fn check_status(&self, status: &Status, world: &FakeWorld, now: Duration) -> Result<(), String> {
        let is = |what: &str, holds: bool| claim(holds, &format!("{what} is not true of {status:?}"));
        is("the generation", status.generation == self.generation)?;
        is("the age", status.age == now - self.since)?;
        is("the count of reloads", status.reloads == u64::try_from(self.times.len()).expect("a count"))?;
        is("the count of refusals", status.refusals == self.refusals)?;
        is("the last reload", status.last_reload == self.times.last().copied())?;
        is("the percentile", status.p95_reload == nearest_rank_95(&self.times))?;
        is("the wait", status.is_waiting == (self.burst.is_some() || self.settling.is_some()))?;
        is("the deferral", status.is_deferred == matches!(self.said, LastReport::Deferred(_)))?;
        let pending: Vec<String> =
            status.pending_restart.iter().map(|change| change.key.to_string()).collect();
        is("what is pending", pending == self.running.pending)?;
        let refusal = status.refusal.as_ref().map(|found| diagnostics_json(found));
        is("the refusal", refusal.as_ref() == self.refused())?;
        is("the warnings", status.warnings.len() == self.warnings)?;
        let drift: Vec<String> = status.drift.iter().map(|path| path.display().to_string()).collect();
        is("the drift", drift == self.drift(world))
    }

    /// The files that are not as they were when what runs was read.
    fn drift(&self, world: &FakeWorld) -> Vec<String> {
        let before = self.source.as_ref().map(contents).unwrap_or_default();
        let layered: Vec<PathBuf> = sources(self.setup).files.into_iter().map(|file| file.path).collect();
        let known = contents(&self.last).into_keys().chain(before.keys().cloned()).map(PathBuf::from);
        let mut names: Vec<PathBuf> = known.filter(|path| !layered.contains(path)).collect();
        let mut now = RecordedContents::new();
        let answer = |path: &Path| {
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
        now.extend(names.into_iter().map(|path| (path.display().to_string(), answer(&path))));
        different(&before, &now).into_iter().map(|path| path.display().to_string()).collect()
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
