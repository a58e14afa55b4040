//! Watches the folders of a checked tree: a door to the file events of the system.
#![expect(clippy::disallowed_methods, reason = "this module is a door to the file events of the system")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

/// Calls a function when a file in one of some folders may have changed.
#[derive(Debug)]
pub struct TreeWatcher {
    native: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
}

impl TreeWatcher {
    /// A watcher without folders yet. `hint` is called on a thread of the system; it must not block.
    pub fn new(hint: impl Fn() + Send + 'static) -> Self {
        let native = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let is_read = event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_)));
            if !is_read {
                hint();
            }
        });
        Self { native: native.ok(), folders: BTreeSet::new() }
    }

    /// Watches these folders and no others. Returns whether the system reports the changes of all of them: if not, the caller
    /// has to look at the files from time to time.
    pub fn follow(&mut self, folders: &BTreeSet<PathBuf>) -> bool {
        let Some(native) = &mut self.native else { return false };
        for gone in self.folders.difference(folders) {
            // A folder that was removed is not watched any more.
            let _ = native.unwatch(gone);
        }
        let mut watch = |folder: &Path| native.watch(folder, RecursiveMode::NonRecursive).is_ok();
        let new: Vec<&PathBuf> = folders.difference(&self.folders).collect();
        let failed: BTreeSet<&PathBuf> = new.into_iter().filter(|folder| !watch(folder)).collect();
        let is_complete = failed.is_empty();
        self.folders = folders.iter().filter(|folder| !failed.contains(folder)).cloned().collect();
        is_complete
    }
}
