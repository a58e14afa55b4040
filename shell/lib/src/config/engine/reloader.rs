//! The loader, its last reads, and the reload machine: the state that only one thread uses at a time.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use speckit_core::config::HotReloadConfig;
use speckit_core::config::reload::{Content, Contents, LostFiles, ReadResult, ReloadMachine};

use crate::config::error::ConfigError;
use crate::config::loading::{Loader, ReadInputs, fingerprint_of};
use crate::config::snapshot::{Candidate, Snapshot};
use crate::os::world::World;

/// Takes the hot-reload settings from the settings.
pub(crate) type HotReloadFn<T> = Arc<dyn Fn(&T) -> HotReloadConfig + Send + Sync>;

/// Why a turn runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// A source may have changed.
    Hint,
    /// Time has passed, or a guard was dropped.
    Due,
    /// The polling interval is over.
    #[cfg(feature = "watch")]
    Poll,
    /// A reload by hand.
    Requested,
}

/// The state that only one thread uses at a time.
pub(super) struct Reloader<T> {
    pub(super) loader: Loader<T>,
    pub(super) machine: ReloadMachine,
    pub(super) hot_reload_of: HotReloadFn<T>,
    pub(super) hot_reload: HotReloadConfig,
    pub(super) extra_paths: Vec<PathBuf>,
    /// The contents of the last read without lost files.
    pub(super) last: Contents,
    /// The contents of the last read.
    pub(super) seen: Contents,
    /// The contents at the last poll.
    #[cfg(feature = "watch")]
    pub(super) last_polled: Option<Contents>,
    pub(super) candidate: Option<Candidate<T>>,
    pub(super) refusal: Option<ConfigError>,
    /// The files that changed in the last read.
    pub(super) changed: Vec<PathBuf>,
}

impl<T: DeserializeOwned> Reloader<T> {
    /// Reads the sources, and resolves them if they changed. A reload by hand always resolves them, since its rules may
    /// depend on things outside of the configuration.
    pub(super) fn load(
        &mut self,
        world: &dyn World,
        running: &Snapshot<T>,
        lost_files: LostFiles,
        trigger: Trigger,
    ) -> ReadResult {
        let reading = self.read(world);
        let is_new = reading.contents.lost_content_since(&self.seen);
        self.seen.clone_from(&reading.contents);
        let is_lost = match lost_files {
            LostFiles::Wait | LostFiles::Probe => reading.contents.lost_content_since(&self.last),
            LostFiles::WaitForNew => is_new,
            LostFiles::Accept => false,
        };
        if is_lost {
            return ReadResult::LostContent { is_new };
        }
        if lost_files == LostFiles::Probe {
            return ReadResult::ContentRestored;
        }
        if reading.contents == self.last && trigger != Trigger::Requested {
            return ReadResult::Unchanged;
        }
        self.changed = reading.contents.files_changed_since(&self.last).map(PathBuf::from).collect();
        let files_changed = !self.changed.is_empty();
        self.last.clone_from(&reading.contents);
        match self.loader.resolve(&reading, Some(running.root_with_secrets())) {
            Ok(candidate) => {
                let tree = candidate.resolved.checked().source_fingerprint();
                self.candidate = Some(candidate);
                self.refusal = None;
                ReadResult::Accepted { tree, files_changed }
            }
            Err(refusal) => {
                let diagnostics = fingerprint_of(refusal.diagnostics());
                self.candidate = None;
                self.refusal = Some(refusal);
                ReadResult::Refused { diagnostics, files_changed }
            }
        }
    }

    /// Reads everything, also files that were layered before, such as one that vanished from a folder: its absence may be
    /// the first half of a save.
    pub(super) fn read(&mut self, world: &dyn World) -> ReadInputs {
        let extra_paths: Vec<PathBuf> = self.extra_paths().collect();
        let mut reading = self.loader.read(world, &extra_paths);
        for path in self.last.files() {
            let is_gone = |path: &Path| {
                world.read(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
                    || world.list(path).is_some()
            };
            if !reading.contents.has_file(path) && is_gone(Path::new(path)) {
                reading.contents.add_file(path, Content::Missing);
            }
        }
        reading
    }

    /// Further watched paths: those of the builder, and those of the settings, which are relative to the folder of each
    /// file.
    pub(super) fn extra_paths(&self) -> impl Iterator<Item = PathBuf> {
        let folders =
            self.loader.sources.files.iter().map(|file| file.path.parent().unwrap_or(Path::new("")));
        let named =
            folders.flat_map(|folder| self.hot_reload.watch_paths.iter().map(move |path| folder.join(path)));
        let mut all: Vec<PathBuf> = self.extra_paths.iter().cloned().chain(named).collect();
        all.sort();
        all.dedup();
        all.into_iter()
    }
}
