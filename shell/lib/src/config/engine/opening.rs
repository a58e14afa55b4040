//! The first load, and what stands in where it is refused.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arc_swap::ArcSwap;
use serde::de::DeserializeOwned;
use speckit_core::config::reload::Machine;

#[cfg(feature = "sqlite")]
use super::chronicle::{Chronicle, last_good};
use super::fallback::Fallback;
use super::reader::{Engine, Follow};
use super::shared::Shared;
use crate::config::busy::Gate;
use crate::config::error::ConfigError;
use crate::config::events::Diagnostics;
#[cfg(feature = "sqlite")]
use crate::config::history::journal::Record;
use crate::config::loading::{Loader, fingerprint_of, panicked, unwound};
use crate::config::snapshot::Snapshot;
use crate::config::status::Ledger;
use crate::os::world::{Recorder, World};
use crate::sync::Mutex;
use crate::sync::broadcast::Broadcast;

/// What a configuration starts from.
pub(crate) struct Start<T> {
    pub(crate) loader: Loader<T>,
    pub(crate) world: Arc<dyn World>,
    pub(crate) follow: Follow<T>,
    pub(crate) beside: Vec<PathBuf>,
    pub(crate) fallback: Option<Fallback>,
    #[cfg(feature = "sqlite")]
    pub(crate) record: Option<Record<T>>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Shared<T> {
    /// Loads for the first time.
    pub(crate) fn open(start: Start<T>) -> Result<Self, ConfigError> {
        #[cfg(feature = "sqlite")]
        let record = start.record;
        let Start { mut loader, world, follow, beside, fallback, .. } = start;
        let reading = loader.read(&*world, &beside);
        #[cfg(feature = "sqlite")]
        let chronicle = record.map(|record| Chronicle::of(record, &loader, &reading)).transpose();
        #[cfg_attr(not(feature = "sqlite"), expect(unused_mut, reason = "only the history has warnings"))]
        let mut warnings = Vec::new();
        let (candidate, refusal) = match loader.resolve(&reading, None) {
            Ok(candidate) => (candidate, None),
            Err(refusal) => {
                let candidate = match fallback {
                    None => return Err(refusal),
                    Some(Fallback::Defaults) => loader.stand_in(&reading).map_err(|_| refusal.clone())?,
                    #[cfg(feature = "sqlite")]
                    Some(Fallback::LastGood) => {
                        let (candidate, warning) = last_good(&chronicle, &loader, &reading, &refusal)?;
                        warnings.push(warning);
                        candidate
                    }
                };
                (candidate, Some(refusal))
            }
        };
        #[cfg(feature = "sqlite")]
        let chronicle = chronicle.and_then(|chronicle| {
            chronicle.map(|chronicle| chronicle.prepared(candidate.resolved.config())).transpose()
        });
        #[cfg(feature = "sqlite")]
        let chronicle = chronicle.unwrap_or_else(|unavailable| {
            warnings.push(unavailable);
            None
        });
        let following = unwound(|| follow(candidate.resolved.config()))
            .map_err(|panic| ConfigError::rules(vec![panicked("`hot_reload` of the builder", &panic)]))?;
        let tree = candidate.resolved.checked().written();
        let machine = match &refusal {
            None => Machine::running(1, tree, following.debounce()),
            Some(refusal) => Machine::degraded(1, tree, fingerprint_of(refusal), following.debounce()),
        };
        let snapshot = Snapshot::new(1, candidate);
        let mut ledger = Ledger::new(world.now(), refusal.as_ref().map(Diagnostics::from));
        ledger.warnings = warnings;
        let mut engine = Engine {
            loader,
            machine,
            follow,
            following,
            beside,
            seen: reading.contents.clone(),
            last: reading.contents,
            #[cfg(feature = "watch")]
            polled: None,
            candidate: None,
            refusal,
            changed: Vec::new(),
        };
        // The reading knew nothing yet of the paths that the settings name.
        let recorder = Recorder::of(&*world);
        recorder.absorb(std::mem::take(&mut engine.last));
        for path in engine.beside() {
            recorder.note_beside(&path);
        }
        engine.last = recorder.into_contents();
        ledger.files = engine.last.files().map(PathBuf::from).collect();
        Ok(Self {
            current: ArcSwap::from_pointee(snapshot),
            events: Broadcast::default(),
            gate: Gate::default(),
            world,
            #[cfg(feature = "sqlite")]
            chronicle,
            files: engine.loader.sources.files.clone(),
            ledger: Mutex::new(ledger),
            engine: Mutex::new(engine),
            turning: Mutex::default(),
            is_hinted: AtomicBool::new(false),
            alarm: Mutex::default(),
        })
    }
}
