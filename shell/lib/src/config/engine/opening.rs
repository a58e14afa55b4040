//! The first load, with a fallback if it is refused.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arc_swap::ArcSwap;
use serde::de::DeserializeOwned;
use speckit_core::config::reload::ReloadMachine;

use super::fallback::Fallback;
#[cfg(feature = "sqlite")]
use super::recorder::{HistoryRecorder, last_good};
use super::reloader::{HotReloadFn, Reloader};
use super::running::RunningConfig;
use crate::config::busy::ReloadBarrier;
use crate::config::error::ConfigError;
use crate::config::events::Diagnostics;
#[cfg(feature = "sqlite")]
use crate::config::history::options::RecordOptions;
use crate::config::loading::{Loader, fingerprint_of, panicked, unwound};
use crate::config::snapshot::Snapshot;
use crate::config::status::StatusTracker;
use crate::instrumentation::operation::{Operation, OperationTimer, timed_result};
use crate::os::world::{RecordingFiles, World};
use crate::sync::Mutex;
use crate::sync::broadcast::Broadcast;
use crate::sync::notifier::Notifier;

/// Everything that opening a configuration needs.
pub(crate) struct Start<T> {
    pub(crate) loader: Loader<T>,
    pub(crate) world: Arc<dyn World>,
    pub(crate) hot_reload_of: HotReloadFn<T>,
    pub(crate) extra_paths: Vec<PathBuf>,
    pub(crate) fallback: Option<Fallback>,
    #[cfg(feature = "sqlite")]
    pub(crate) record: Option<RecordOptions<T>>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> RunningConfig<T> {
    /// Loads for the first time.
    pub(crate) fn open(start: Start<T>) -> Result<Self, ConfigError> {
        timed_result(Operation::Load, || Self::load(start))
    }

    fn load(start: Start<T>) -> Result<Self, ConfigError> {
        #[cfg(feature = "sqlite")]
        let record = start.record;
        let Start { mut loader, world, hot_reload_of, extra_paths, fallback, .. } = start;
        let reading = loader.read(&*world, &extra_paths);
        let resolved = loader.resolve(&reading, None);
        if let Err(refusal) = &resolved
            && refusal.is_untrusted()
        {
            // Such a file may choose the database, too: nothing is recorded, and nothing stands in for it.
            return Err(refusal.clone());
        }
        #[cfg(feature = "sqlite")]
        let recorder = record.map(|record| HistoryRecorder::of(record, &loader, &reading)).transpose();
        #[cfg_attr(not(feature = "sqlite"), expect(unused_mut, reason = "only the history has warnings"))]
        let mut warnings = Vec::new();
        let (candidate, refusal) = match resolved {
            Ok(candidate) => (candidate, None),
            Err(refusal) => {
                let candidate = match fallback {
                    None => return Err(refusal),
                    Some(Fallback::Defaults) => loader.defaults(&reading).map_err(|_| refusal.clone())?,
                    #[cfg(feature = "sqlite")]
                    Some(Fallback::LastGood) => {
                        let (candidate, warning) = last_good(&recorder, &loader, &reading, &refusal)?;
                        warnings.push(warning);
                        candidate
                    }
                };
                (candidate, Some(refusal))
            }
        };
        #[cfg(feature = "sqlite")]
        let recorder = recorder.unwrap_or_else(|unknown| {
            warnings.push(unknown);
            None
        });
        #[cfg(feature = "sqlite")]
        if let Some(recorder) = &recorder {
            warnings.extend(recorder.prepare(candidate.resolved.config()).err());
        }
        let hot_reload = unwound(|| hot_reload_of(candidate.resolved.config()))
            .map_err(|panic| ConfigError::rules(vec![panicked("`hot_reload` of the builder", &panic)]))?;
        let tree = candidate.resolved.checked().source_fingerprint();
        let machine = match &refusal {
            None => ReloadMachine::running(1, tree, hot_reload.debounce()),
            Some(refusal) => {
                ReloadMachine::degraded(1, tree, fingerprint_of(refusal.diagnostics()), hot_reload.debounce())
            }
        };
        let timer = OperationTimer::start(Operation::Publish).of_generation(1);
        let current = Arc::new(ArcSwap::from_pointee(Snapshot::new(1, candidate)));
        timer.finish(true);
        let mut tracker = StatusTracker::new(world.now(), refusal.as_ref().map(Diagnostics::from));
        tracker.warnings = warnings;
        let mut reloader = Reloader {
            loader,
            machine,
            hot_reload_of,
            hot_reload,
            extra_paths,
            seen: reading.contents.clone(),
            last: reading.contents,
            #[cfg(feature = "watch")]
            last_polled: None,
            candidate: None,
            refusal,
            changed: Vec::new(),
        };
        // The first read did not know the paths that the settings name.
        let files = RecordingFiles::of(&*world);
        files.absorb(std::mem::take(&mut reloader.last));
        for path in reloader.extra_paths() {
            files.note_stamp(&path);
        }
        reloader.last = files.into_contents();
        tracker.files = reloader.last.files().map(PathBuf::from).collect();
        Ok(Self {
            current,
            events: Broadcast::default(),
            publications: Notifier::default(),
            barrier: ReloadBarrier::default(),
            world,
            #[cfg(feature = "sqlite")]
            recorder,
            #[cfg(feature = "sources")]
            own_sources: Arc::clone(&reloader.loader.own_sources),
            files: reloader.loader.sources.files.clone(),
            tracker: Mutex::new(tracker),
            reloader: Mutex::new(reloader),
            lock_holder: Mutex::default(),
            is_hinted: AtomicBool::new(false),
            waker: Mutex::default(),
        })
    }
}
