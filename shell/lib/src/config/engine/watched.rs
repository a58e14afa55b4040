//! The engine's side of the watcher.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use speckit_core::config::HotReloadConfig;

use super::reloader::Reloader;
use super::running::{AlreadyLocked, RunningConfig};
use crate::os::documents::absolute;
use crate::os::world::World;

impl<T: DeserializeOwned + Send + Sync + 'static> RunningConfig<T> {
    /// The paths to watch, and the hot-reload settings.
    pub(crate) fn watched(&self) -> Result<(Vec<PathBuf>, HotReloadConfig), AlreadyLocked> {
        let lock = self.lock_reloader()?;
        let reloader = &*lock.reloader;
        let sources = reloader.loader.sources.files.iter().map(|file| file.path.clone());
        let read = reloader.last.files().map(PathBuf::from);
        let mut paths: Vec<PathBuf> =
            sources.chain(read).chain(reloader.extra_paths()).map(|path| full(&path)).collect();
        paths.sort();
        paths.dedup();
        Ok((paths, reloader.hot_reload.clone()))
    }

    /// Sets or removes the callback that wakes the watcher.
    pub(crate) fn set_waker(&self, waker: Option<Arc<dyn Fn() + Send + Sync>>) {
        *self.waker.lock() = waker;
    }
}

impl<T: DeserializeOwned> Reloader<T> {
    pub(super) fn has_changed_since_last_poll(&mut self, world: &dyn World) -> bool {
        let found = self.read(world).contents;
        let is_new = found != *self.last_polled.as_ref().unwrap_or(&self.last);
        self.last_polled = Some(found);
        is_new
    }
}

fn full(path: &Path) -> PathBuf {
    absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::Config;

    #[test]
    fn a_hint_wakes_the_watcher() {
        let shell = Config::<BTreeMap<String, u16>>::builder().open().unwrap();
        let wakes = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&wakes);
        let wake = move || {
            counter.fetch_add(1, Ordering::Relaxed);
        };
        shell.running.set_waker(Some(Arc::new(wake)));
        shell.hint();
        assert_eq!(wakes.load(Ordering::Relaxed), 1);
    }
}
