//! Observers: workers under a guard, readers, subscribers. Each reports what must not happen.

use std::collections::BTreeMap;
use std::sync::mpsc::TryRecvError;
use std::sync::{Arc, Mutex};

use speckit::{Busy, Config, ConfigReloadEvent, Loaded, Receiver, Snapshot};

use crate::config::notices::claim;
use crate::config::oracle::{Leaves, leaves};
use crate::config::program::{CANARY, Settings};
use crate::config::tally::{Coverage, Tally};

/// How many events wait for a subscriber at most.
const MAX_WAITING: usize = 256;

/// The workers that hold a guard, and what was in force when they took it.
#[derive(Clone, Default)]
pub struct Workers(Arc<Mutex<BTreeMap<u8, WorkGuard>>>);

type WorkGuard = (Arc<Snapshot<Settings>>, Busy);

impl Workers {
    pub fn begin(&self, worker: u8, shell: &Config<Settings>) {
        let guard = shell.busy();
        let mut working = self.0.lock().expect("nothing panics while it is held");
        working.entry(worker).or_insert_with(|| (shell.snapshot(), guard));
    }

    /// The guard, to be dropped; `None` for a worker that has none.
    pub fn end(&self, worker: u8) -> Option<Busy> {
        let mut working = self.0.lock().expect("nothing panics while it is held");
        working.remove(&worker).map(|(_, guard)| guard)
    }

    pub fn names(&self) -> Vec<u8> {
        self.0.lock().expect("nothing panics while it is held").keys().copied().collect()
    }

    pub fn count(&self) -> usize {
        self.names().len()
    }

    /// Nothing is replaced under a guard, not even by the same settings.
    pub fn look(&self, shell: &Config<Settings>) -> Result<(), String> {
        let working = self.0.lock().expect("nothing panics while it is held");
        for (worker, (snapshot, _)) in working.iter() {
            let is_same = Arc::ptr_eq(snapshot, &shell.snapshot())
                && Arc::ptr_eq(snapshot.config(), &shell.current())
                && **snapshot.config() == *shell.load();
            claim(is_same, &format!("the configuration was replaced under the guard of worker {worker}"))?;
        }
        Ok(())
    }
}

/// A reader that looks at every step, and those that keep what they saw.
#[derive(Default)]
pub struct Readers {
    last: u64,
    kept: BTreeMap<u8, Kept>,
}

struct Kept {
    snapshot: Arc<Snapshot<Settings>>,
    loaded: Loaded<Settings>,
    then: (u64, Leaves, Settings),
}

impl Readers {
    /// What is in force is whole, the same through every door, and never older than before.
    pub fn look(&mut self, shell: &Config<Settings>) -> Result<(), String> {
        let snapshot = shell.snapshot();
        let settings = snapshot.config();
        claim(snapshot.generation() >= self.last, "an older generation came after a newer one")?;
        self.last = snapshot.generation();
        claim(Arc::ptr_eq(settings, &shell.current()), "current() is not the settings of the snapshot")?;
        claim(**settings == *shell.load(), "load() is not the settings of the snapshot")?;
        settings.are_whole().map_err(|words| format!("half of a configuration is in force: {words}"))
    }

    pub fn keep(&mut self, reader: u8, shell: &Config<Settings>) {
        let (snapshot, loaded) = (shell.snapshot(), shell.load());
        let then = (snapshot.generation(), leaves(snapshot.root()), loaded.clone());
        self.kept.insert(reader, Kept { snapshot, loaded, then });
    }

    pub fn compare(&mut self, reader: u8) -> Result<(), String> {
        let Some(Kept { snapshot, loaded, then }) = self.kept.remove(&reader) else { return Ok(()) };
        let now = (snapshot.generation(), leaves(snapshot.root()), loaded.clone());
        claim(now == then && **snapshot.config() == now.2, "what a reader kept has changed")
    }
}

/// All events so far, and the subscribers.
pub struct Listeners {
    first: Receiver<ConfigReloadEvent>,
    pub events: Vec<ConfigReloadEvent>,
    others: BTreeMap<u8, (Receiver<ConfigReloadEvent>, usize)>,
}

impl Listeners {
    pub fn new(shell: &Config<Settings>) -> Self {
        Self { first: shell.subscribe(), events: Vec::new(), others: BTreeMap::new() }
    }

    /// The events since the last call.
    pub fn take(&mut self) -> Result<Vec<ConfigReloadEvent>, String> {
        let (events, end) = drained(&self.first);
        claim(end == TryRecvError::Empty, "the subscription has ended")?;
        self.events.extend_from_slice(&events);
        Ok(events)
    }

    pub fn subscribe(&mut self, listener: u8, shell: &Config<Settings>) {
        self.others.insert(listener, (shell.subscribe(), self.events.len()));
    }

    pub fn unsubscribe(&mut self, listener: u8) {
        self.others.remove(&listener);
    }

    /// A subscriber receives all events since it subscribed, or the number of missed ones before the newest.
    pub fn drain(&mut self, listener: u8, tally: &mut Tally) -> Result<(), String> {
        let Some((subscription, told)) = self.others.get_mut(&listener) else { return Ok(()) };
        let waiting = &self.events[*told..];
        let missed = waiting.len().saturating_sub(MAX_WAITING);
        let mut expected = Vec::new();
        if missed > 0 {
            tally.see(Coverage::Missed);
            expected.push(ConfigReloadEvent::Missed { count: u64::try_from(missed).expect("a count") });
        }
        expected.extend_from_slice(&waiting[missed..]);
        let (events, _) = drained(subscription);
        claim(
            events == expected,
            &format!("subscriber {listener} was told {events:?} and not {expected:?}"),
        )?;
        *told = self.events.len();
        Ok(())
    }

    /// Every subscription ends with the program.
    pub fn end(&mut self, tally: &mut Tally) -> Result<(), String> {
        for listener in self.others.keys().copied().collect::<Vec<_>>() {
            self.drain(listener, tally)?;
        }
        let all =
            std::iter::once(&self.first).chain(self.others.values().map(|(subscription, _)| subscription));
        let mut ends = all.map(|subscription| drained(subscription).1);
        claim(ends.all(|end| end == TryRecvError::Disconnected), "a subscription outlives the program")
    }
}

fn drained(subscription: &Receiver<ConfigReloadEvent>) -> (Vec<ConfigReloadEvent>, TryRecvError) {
    let mut events = Vec::new();
    loop {
        match subscription.try_recv() {
            Ok(event) => events.push(event),
            Err(end) => return (events, end),
        }
    }
}

/// No text shows a secret.
pub fn shows_no_secret(text: &str) -> Result<(), String> {
    claim(!text.contains(CANARY), &format!("a secret is shown: {text}"))
}
