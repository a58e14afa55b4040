//! Access to the file events of the system.
//!
//! The system reports events per folder, so every folder on the way to a file is watched for the names that matter (see
//! [`Interests`]). An event is only a hint: reading the files shows what really changed.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the only access to the file events of the system"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, mem};

use notify::{RecursiveMode, Watcher};
use speckit_core::config::WatchMode;
use speckit_core::config::reload::mounts::Mounts;
use speckit_core::{Diagnostic, Severity};

use super::interests::{Interests, PathKind};
use event_filter::{EventFilter, LostWatches};

mod event_filter;
#[cfg(test)]
#[cfg(unix)]
mod tests;
mod warnings;

/// Watches all folders on the way to some files.
pub(super) struct FileWatcher {
    mode: WatchMode,
    polls: bool,
    event_filter: Arc<EventFilter>,
    native: Option<Box<dyn Watcher + Send>>,
    armed: BTreeMap<PathBuf, FolderId>,
    /// Warnings that `follow` has not returned yet.
    new_warnings: Vec<Diagnostic>,
    /// The messages of all warnings so far, since each is given once.
    warned: BTreeSet<String>,
    /// The list of mounts; it exists on Linux only.
    mountinfo: PathBuf,
}

impl FileWatcher {
    /// A watcher without files yet.
    ///
    /// `hint` is called when a followed file may have changed: on the system's thread, also on an overflow and when a
    /// watched folder vanishes, and by [`follow`](Self::follow). It must neither wait nor panic, and may be called once
    /// more right after the watcher is dropped.
    ///
    /// # Errors
    /// `watch/limit` or `watch/unavailable`, when the system gives no events and `mode` needs them.
    pub(super) fn open(
        mode: WatchMode,
        hint: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, Vec<Diagnostic>> {
        Self::listening(mode, Arc::new(EventFilter::new(hint)), listen)
    }

    fn listening(
        mode: WatchMode,
        event_filter: Arc<EventFilter>,
        listen: impl FnOnce(Arc<EventFilter>) -> notify::Result<Box<dyn Watcher + Send>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut file_watcher = Self {
            mode,
            polls: mode == WatchMode::Poll,
            event_filter: Arc::clone(&event_filter),
            native: None,
            armed: BTreeMap::new(),
            new_warnings: Vec::new(),
            warned: BTreeSet::new(),
            mountinfo: "/proc/self/mountinfo".into(),
        };
        if mode != WatchMode::Poll {
            match listen(event_filter) {
                Ok(native) => file_watcher.native = Some(native),
                Err(error) => file_watcher.warn(warnings::no_events(&error, mode, &limit)),
            }
        }
        if file_watcher.native.is_none() && mode == WatchMode::Native {
            let mut errors = file_watcher.new_warnings;
            errors.iter_mut().for_each(|diagnostic| diagnostic.severity = Severity::Error);
            return Err(errors);
        }
        Ok(file_watcher)
    }

    /// Watches these absolute paths: files, and folders with any direct child. Call it after each read.
    ///
    /// It calls the hint once if it adds or renews a watch, since something may have changed before. Returns new warnings:
    /// `watch/limit`, `watch/unavailable`, `watch/unreadable`, `watch/polling`, `watch/single-file-mount`.
    pub(super) fn follow(&mut self, paths: &[PathBuf]) -> Vec<Diagnostic> {
        let lost = self.event_filter.take_lost();
        let interests = Interests::of(paths, look);
        self.check_mounts(&interests);
        if let Some(mut native) = self.native.take() {
            self.arm(native.as_mut(), interests, &lost);
            self.native = Some(native);
        }
        mem::take(&mut self.new_warnings)
    }

    /// Whether polling is needed (too).
    pub(super) fn polls(&self) -> bool {
        self.polls
    }

    fn arm(&mut self, native: &mut dyn Watcher, mut interests: Interests, lost: &LostWatches) {
        let folders = identities(&mut interests);
        let close = interests.folders().filter(|(_, interest)| interest.has_direct_target());
        let close = close.map(|(folder, _)| folder.to_owned()).collect::<BTreeSet<_>>();
        // Before the first watch, so that its events are filtered by the new interests.
        let mut is_new = self.event_filter.set_interests(interests);
        self.armed.retain(|folder, identity| {
            let stays = folders.get(folder) == Some(identity) && !lost.hold(folder);
            if !stays {
                // Fails if the watcher has dropped this watch itself.
                let _ = native.unwatch(folder);
            }
            stays
        });
        for (folder, identity) in folders {
            if self.armed.contains_key(&folder) {
                continue;
            }
            match native.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.armed.insert(folder, identity);
                    is_new = true;
                }
                // Its parents are watched by now, and report when it exists again.
                Err(error) if warnings::is_missing(&error) => {}
                Err(error) if warnings::is_limit(&error) || close.contains(&folder) => {
                    self.warn(warnings::no_watch(&folder, &error, self.mode, &limit));
                }
                Err(_) => {}
            }
        }
        if is_new {
            self.event_filter.hint();
        }
    }

    fn check_mounts(&mut self, interests: &Interests) {
        let mountinfo = fs::read(&self.mountinfo).unwrap_or_default();
        let mounts = Mounts::parse(&String::from_utf8_lossy(&mountinfo));
        for (folder, _) in interests.folders().filter(|(_, interest)| interest.has_direct_target()) {
            let Some(mount) = mounts.of(&folder.to_string_lossy()) else { continue };
            if self.mode == WatchMode::Auto && !mount.reports_changes_made_elsewhere() {
                self.warn(warnings::silent_filesystem(mount));
            }
        }
        for file in interests.files() {
            let name = file.to_string_lossy();
            if mounts.of(&name).is_some_and(|mount| mount.is_at(&name)) {
                self.warn(warnings::single_file_mount(&name, self.mode));
            }
        }
    }

    /// Each warning is a reason to poll, and is given once.
    fn warn(&mut self, warning: Diagnostic) {
        self.polls |= self.mode == WatchMode::Auto;
        if self.warned.insert(warning.message.clone()) {
            self.new_warnings.push(warning);
        }
    }
}

/// A watcher of the system that passes its events to `event_filter`.
fn listen(event_filter: Arc<EventFilter>) -> notify::Result<Box<dyn Watcher + Send>> {
    let mut watcher = notify::recommended_watcher(move |event| event_filter.handle(event))?;
    // The only call that returns an error when the watcher could not start its thread; all others panic, even the drop.
    if let Err(error) = watcher.configure(notify::Config::default()) {
        mem::forget(watcher);
        return Err(error);
    }
    Ok(Box::new(watcher))
}

/// Distinguishes a folder from another one at the same path.
#[cfg(unix)]
type FolderId = (u64, u64);
#[cfg(not(unix))]
type FolderId = Option<std::time::SystemTime>;

fn identity(folder: &Path) -> Option<FolderId> {
    let metadata = fs::symlink_metadata(folder).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    Some(metadata.created().ok())
}

/// The folders to watch. One that is mounted at two paths is watched at the first of them, since the system
/// has one watch for both.
fn identities(interests: &mut Interests) -> BTreeMap<PathBuf, FolderId> {
    let mut folders = BTreeMap::new();
    let mut first_paths = BTreeMap::<FolderId, PathBuf>::new();
    let paths = interests.folders().map(|(folder, _)| folder.to_owned()).collect::<Vec<_>>();
    for path in paths {
        let Some(identity) = identity(&path) else { continue };
        match first_paths.get(&identity) {
            Some(first) if cfg!(unix) => interests.merge_folder(&path, first),
            _ => {
                first_paths.insert(identity, path.clone());
                folders.insert(path, identity);
            }
        }
    }
    folders
}

fn look(path: &Path) -> PathKind {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => {
            fs::read_link(path).map_or(PathKind::Nothing, PathKind::Link)
        }
        Ok(metadata) if metadata.is_dir() => PathKind::Folder,
        Ok(_) => PathKind::File,
        Err(_) => PathKind::Nothing,
    }
}

/// The current value of a limit of inotify.
fn limit(name: &str) -> Option<u64> {
    fs::read_to_string(Path::new("/proc/sys/fs/inotify").join(name)).ok()?.trim().parse().ok()
}
