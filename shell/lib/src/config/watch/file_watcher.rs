//! The file_watcher to what the system says about changed files.
//!
//! The system reports what happens in a folder, so every folder that leads to a file is watched for the names that
//! matter (see [`Interests`]). What it says is a hint: what really changed is seen when the files are read.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the file_watcher to what the system says about changed files"
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

/// Watches what leads to some files.
pub(super) struct FileWatcher {
    mode: WatchMode,
    polls: bool,
    event_filter: Arc<EventFilter>,
    native: Option<Box<dyn Watcher + Send>>,
    armed: BTreeMap<PathBuf, FolderId>,
    /// Warnings that are not handed out yet.
    unsaid: Vec<Diagnostic>,
    /// The messages of all others.
    said: BTreeSet<String>,
    /// What tells the mounts; there is none but on Linux.
    mountinfo: PathBuf,
}

impl FileWatcher {
    /// A file_watcher that watches nothing yet.
    ///
    /// `hint` is called when something that is followed may have changed: on the system's own thread, also on an
    /// overflow and when a watched folder vanishes, and by [`follow`](Self::follow). It must neither wait nor panic,
    /// and may be called once more right after the file_watcher is dropped.
    ///
    /// # Errors
    /// `watch/limit` or `watch/unavailable`, when the system gives no events and `mode` wants nothing else.
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
            unsaid: Vec::new(),
            said: BTreeSet::new(),
            mountinfo: "/proc/self/mountinfo".into(),
        };
        if mode != WatchMode::Poll {
            match listen(event_filter) {
                Ok(native) => file_watcher.native = Some(native),
                Err(error) => file_watcher.warn(warnings::no_events(&error, mode, &limit)),
            }
        }
        if file_watcher.native.is_none() && mode == WatchMode::Native {
            let mut errors = file_watcher.unsaid;
            errors.iter_mut().for_each(|finding| finding.severity = Severity::Error);
            return Err(errors);
        }
        Ok(file_watcher)
    }

    /// Watches what leads to these absolute paths: files, and folders, where any child matters.
    ///
    /// It is to be called at each reading. If more is watched than before, or anew, it calls the hint once, since
    /// something may have changed meanwhile; if nothing moved, it only looks. Returns the warnings that are new:
    /// `watch/limit`, `watch/unavailable`, `watch/unreadable`, `watch/polling`, `watch/single-file-mount`.
    pub(super) fn follow(&mut self, paths: &[PathBuf]) -> Vec<Diagnostic> {
        let lost = self.event_filter.take_lost();
        let interests = Interests::of(paths, look);
        self.ask_the_mounts(&interests);
        if let Some(mut native) = self.native.take() {
            self.arm(native.as_mut(), interests, &lost);
            self.native = Some(native);
        }
        mem::take(&mut self.unsaid)
    }

    /// Whether changes must (also) be found by reading at intervals.
    pub(super) fn polls(&self) -> bool {
        self.polls
    }

    fn arm(&mut self, native: &mut dyn Watcher, mut interests: Interests, lost: &LostWatches) {
        let folders = identities(&mut interests);
        let close = interests.folders().filter(|(_, interest)| interest.has_target());
        let close = close.map(|(folder, _)| folder.to_owned()).collect::<BTreeSet<_>>();
        // Before the first watch, so that what it reports is understood.
        let mut is_news = self.event_filter.set_interests(interests);
        self.armed.retain(|folder, identity| {
            let stays = folders.get(folder) == Some(identity) && !lost.hold(folder);
            if !stays {
                // The watcher may have forgotten it by itself, and says so.
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
                    is_news = true;
                }
                // What leads to it is watched by now, and reports when it is there again.
                Err(error) if warnings::is_missing(&error) => {}
                Err(error) if warnings::is_limit(&error) || close.contains(&folder) => {
                    self.warn(warnings::no_watch(&folder, &error, self.mode, &limit));
                }
                Err(_) => {}
            }
        }
        if is_news {
            self.event_filter.hint();
        }
    }

    fn ask_the_mounts(&mut self, interests: &Interests) {
        let mountinfo = fs::read(&self.mountinfo).unwrap_or_default();
        let mounts = Mounts::parse(&String::from_utf8_lossy(&mountinfo));
        for (folder, _) in interests.folders().filter(|(_, interest)| interest.has_target()) {
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

    /// Each warning is a reason to read at intervals, and is given once.
    fn warn(&mut self, warning: Diagnostic) {
        self.polls |= self.mode == WatchMode::Auto;
        if self.said.insert(warning.message.clone()) {
            self.unsaid.push(warning);
        }
    }
}

/// A watcher of the system that tells `event_filter` what happens.
fn listen(event_filter: Arc<EventFilter>) -> notify::Result<Box<dyn Watcher + Send>> {
    let mut watcher = notify::recommended_watcher(move |event| event_filter.handle(event))?;
    // The only call that answers with an error when the watcher could not start its thread; every other one,
    // that which drops it too, panics.
    if let Err(error) = watcher.configure(notify::Config::default()) {
        mem::forget(watcher);
        return Err(error);
    }
    Ok(Box::new(watcher))
}

/// What tells a folder from another one that takes its path.
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

/// The present value of a limit of inotify.
fn limit(name: &str) -> Option<u64> {
    fs::read_to_string(Path::new("/proc/sys/fs/inotify").join(name)).ok()?.trim().parse().ok()
}
