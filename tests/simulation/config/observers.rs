//! Workers with read guards, readers, and subscribers. Each returns an error if it observes a violated rule.

use std::collections::BTreeMap;
use std::sync::mpsc::TryRecvError;
use std::sync::{Arc, Mutex};

use speckit::{Busy, Config, ConfigEvent, ConfigReloadEvent, Loaded, Receiver, Snapshot};

use crate::config::coverage::{CoverageCounts, CoveredCase};
use crate::config::events::ensure;
use crate::config::oracle::{Leaves, leaves};
use crate::config::program::{CANARY, Settings};

/// The greatest number of events that wait for a subscriber.
const MAX_WAITING: usize = 256;

/// The workers that have a read guard, each with the snapshot that was current when it took the guard.
#[derive(Clone, Default)]
pub struct Workers(Arc<Mutex<BTreeMap<u8, WorkGuard>>>);

type WorkGuard = (Arc<Snapshot<Settings>>, Busy);

impl Workers {
    pub fn take_guard(&self, worker: u8, config: &Config<Settings>) {
        let guard = config.busy();
        let mut working = self.0.lock().expect("no thread panics while it holds the lock");
        working.entry(worker).or_insert_with(|| (config.snapshot(), guard));
    }

    /// Removes and returns the guard of a worker; `None` if it has none.
    pub fn remove_guard(&self, worker: u8) -> Option<Busy> {
        let mut working = self.0.lock().expect("no thread panics while it holds the lock");
        working.remove(&worker).map(|(_, guard)| guard)
    }

    pub fn names(&self) -> Vec<u8> {
        self.0.lock().expect("no thread panics while it holds the lock").keys().copied().collect()
    }

    pub fn count(&self) -> usize {
        self.names().len()
    }

    /// Checks that a read guard prevents any replacement, even by equal settings.
    pub fn check(&self, config: &Config<Settings>) -> Result<(), String> {
        let working = self.0.lock().expect("no thread panics while it holds the lock");
        for (worker, (snapshot, _)) in working.iter() {
            let is_same = Arc::ptr_eq(snapshot, &config.snapshot())
                && Arc::ptr_eq(snapshot.settings(), &config.current())
                && **snapshot.settings() == *config.load();
            ensure(
                is_same,
                &format!("the configuration was replaced in spite of the guard of worker {worker}"),
            )?;
        }
        Ok(())
    }
}

/// A reader that reads at every step, and readers that keep a snapshot.
#[derive(Default)]
pub struct Readers {
    last: u64,
    kept: BTreeMap<u8, KeptSnapshot>,
}

struct KeptSnapshot {
    snapshot: Arc<Snapshot<Settings>>,
    loaded: Loaded<Settings>,
    contents: (u64, Leaves, Settings),
}

impl Readers {
    /// Checks that the current configuration is valid, equal through all functions, and not older than before.
    pub fn check(&mut self, config: &Config<Settings>) -> Result<(), String> {
        let snapshot = config.snapshot();
        let settings = snapshot.settings();
        ensure(snapshot.generation() >= self.last, "an older generation came after a newer one")?;
        self.last = snapshot.generation();
        ensure(Arc::ptr_eq(settings, &config.current()), "current() is not the settings of the snapshot")?;
        ensure(**settings == *config.load(), "load() is not the settings of the snapshot")?;
        settings.check().map_err(|error| format!("an invalid configuration is in use: {error}"))
    }

    pub fn keep_snapshot(&mut self, reader: u8, config: &Config<Settings>) {
        let (snapshot, loaded) = (config.snapshot(), config.load());
        let contents = (snapshot.generation(), leaves(snapshot.root_with_secrets()), loaded.clone());
        self.kept.insert(reader, KeptSnapshot { snapshot, loaded, contents });
    }

    pub fn compare_snapshot(&mut self, reader: u8) -> Result<(), String> {
        let Some(KeptSnapshot { snapshot, loaded, contents }) = self.kept.remove(&reader) else {
            return Ok(());
        };
        let now = (snapshot.generation(), leaves(snapshot.root_with_secrets()), loaded.clone());
        ensure(now == contents && **snapshot.settings() == now.2, "a kept snapshot has changed")
    }
}

/// Receives all events, and compares those of other subscribers with them.
pub struct Listeners {
    first: Receiver<ConfigEvent<Settings>>,
    pub events: Vec<ConfigReloadEvent>,
    others: BTreeMap<u8, (Receiver<ConfigEvent<Settings>>, usize)>,
}

impl Listeners {
    pub fn new(config: &Config<Settings>) -> Self {
        Self { first: config.subscribe(), events: Vec::new(), others: BTreeMap::new() }
    }

    /// Receives the events since the last call.
    pub fn receive_new_events(&mut self) -> Result<Vec<ConfigReloadEvent>, String> {
        let (events, end) = drain_events(&self.first)?;
        ensure(end == TryRecvError::Empty, "the subscription has ended")?;
        self.events.extend_from_slice(&events);
        Ok(events)
    }

    pub fn subscribe(&mut self, listener: u8, config: &Config<Settings>) {
        self.others.insert(listener, (config.subscribe(), self.events.len()));
    }

    pub fn unsubscribe(&mut self, listener: u8) {
        self.others.remove(&listener);
    }

    /// Checks that a subscriber receives all new events, or the number of missed ones and then the newest.
    pub fn receive_events(&mut self, listener: u8, coverage: &mut CoverageCounts) -> Result<(), String> {
        let Some((subscription, seen_count)) = self.others.get_mut(&listener) else { return Ok(()) };
        let waiting = &self.events[*seen_count..];
        let missed = waiting.len().saturating_sub(MAX_WAITING);
        let mut expected = Vec::new();
        if missed > 0 {
            coverage.count(CoveredCase::Missed);
            expected.push(ConfigReloadEvent::Missed { count: u64::try_from(missed).expect("a count") });
        }
        expected.extend_from_slice(&waiting[missed..]);
        let (events, _) = drain_events(subscription)?;
        ensure(
            events == expected,
            &format!("subscriber {listener} received {events:?} and not {expected:?}"),
        )?;
        *seen_count = self.events.len();
        Ok(())
    }

    /// Checks that every subscription ends after the program was dropped.
    pub fn check_end(&mut self, coverage: &mut CoverageCounts) -> Result<(), String> {
        for listener in self.others.keys().copied().collect::<Vec<_>>() {
            self.receive_events(listener, coverage)?;
        }
        let all =
            std::iter::once(&self.first).chain(self.others.values().map(|(subscription, _)| subscription));
        for subscription in all {
            let (_, end) = drain_events(subscription)?;
            ensure(end == TryRecvError::Disconnected, "a subscription outlives the program")?;
        }
        Ok(())
    }
}

/// Receives the events that wait, each with the generation that it reports, and no other.
fn drain_events(
    subscription: &Receiver<ConfigEvent<Settings>>,
) -> Result<(Vec<ConfigReloadEvent>, TryRecvError), String> {
    let mut events = Vec::new();
    loop {
        let ConfigEvent { event, snapshot, .. } = match subscription.try_recv() {
            Ok(event) => event,
            Err(end) => return Ok((events, end)),
        };
        let reported = match event {
            ConfigReloadEvent::ReloadSuccess { generation, .. } => Some(generation),
            _ => None,
        };
        let attached = snapshot.map(|snapshot| snapshot.generation());
        ensure(attached == reported, &format!("{event:?} has generation {attached:?}"))?;
        events.push(event);
    }
}

/// Checks that a text contains no secret.
pub fn ensure_no_secret(text: &str) -> Result<(), String> {
    ensure(!text.contains(CANARY), &format!("a secret is shown: {text}"))
}
