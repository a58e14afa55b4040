//! What only one may use at a time: the loader with what it read last, and the machine.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use speckit_core::config::HotReloadConfig;
use speckit_core::config::reload::{Content, Contents, Load, Machine, Patience};

use crate::config::error::ConfigError;
use crate::config::loading::{Loader, Reading, fingerprint_of};
use crate::config::snapshot::{Candidate, Snapshot};
use crate::os::world::World;

/// Reads from the settings how they are followed.
pub(crate) type Follow<T> = Arc<dyn Fn(&T) -> HotReloadConfig + Send + Sync>;

/// Why the engine is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Something may have changed.
    Hint,
    /// Time has passed, or a guard was dropped.
    Due,
    /// It is time to look, since nothing tells of changes.
    #[cfg(feature = "watch")]
    Look,
    /// Somebody wants a reload.
    Asked,
}

/// What only one may use at a time.
pub(super) struct Engine<T> {
    pub(super) loader: Loader<T>,
    pub(super) machine: Machine,
    pub(super) follow: Follow<T>,
    pub(super) following: HotReloadConfig,
    pub(super) beside: Vec<PathBuf>,
    /// What the last reading found that was not unsettled, whatever became of it.
    pub(super) last: Contents,
    /// What the reading before found, unsettled or not.
    pub(super) seen: Contents,
    /// What the last look at intervals found.
    #[cfg(feature = "watch")]
    pub(super) polled: Option<Contents>,
    pub(super) candidate: Option<Candidate<T>>,
    pub(super) refusal: Option<ConfigError>,
    /// The files that the last reading found changed.
    pub(super) changed: Vec<PathBuf>,
}

impl<T: DeserializeOwned> Engine<T> {
    /// Reads, and resolves what is new. A reload by hand resolves what is not new too: its rules may ask for things
    /// that lie outside of the configuration.
    pub(super) fn load(
        &mut self,
        world: &dyn World,
        running: &Snapshot<T>,
        patience: Patience,
        cause: Cause,
    ) -> Load {
        let reading = self.read(world);
        let anew = reading.contents.lost_content_since(&self.seen);
        self.seen.clone_from(&reading.contents);
        let is_lost = match patience {
            Patience::Whole | Patience::Look => reading.contents.lost_content_since(&self.last),
            Patience::NewLosses => anew,
            Patience::None => false,
        };
        if is_lost {
            return Load::Unsettled { anew };
        }
        if patience == Patience::Look {
            return Load::Returned;
        }
        if reading.contents == self.last && cause != Cause::Asked {
            return Load::Unchanged;
        }
        self.changed = reading.contents.files_changed_since(&self.last).map(PathBuf::from).collect();
        let in_files = !self.changed.is_empty();
        self.last.clone_from(&reading.contents);
        match self.loader.resolve(&reading, Some(running.root())) {
            Ok(candidate) => {
                let tree = candidate.resolved.checked().written();
                self.candidate = Some(candidate);
                self.refusal = None;
                Load::Accepted { tree, in_files }
            }
            Err(refusal) => {
                let findings = fingerprint_of(&refusal);
                self.candidate = None;
                self.refusal = Some(refusal);
                Load::Refused { findings, in_files }
            }
        }
    }

    /// Reads everything. A file that is no longer named, as one that has gone from a folder of files, is looked for all
    /// the same: that it has gone may be half of a save.
    pub(super) fn read(&mut self, world: &dyn World) -> Reading {
        let beside: Vec<PathBuf> = self.beside().collect();
        let mut reading = self.loader.read(world, &beside);
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

    /// Paths whose change is a reason to read: those of the builder, and those of the settings, which are relative to
    /// the folder of each file.
    pub(super) fn beside(&self) -> impl Iterator<Item = PathBuf> {
        let folders =
            self.loader.sources.files.iter().map(|file| file.path.parent().unwrap_or(Path::new("")));
        let named =
            folders.flat_map(|folder| self.following.watch_paths.iter().map(move |path| folder.join(path)));
        let mut all: Vec<PathBuf> = self.beside.iter().cloned().chain(named).collect();
        all.sort();
        all.dedup();
        all.into_iter()
    }
}
