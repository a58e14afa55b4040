//! The sources of one configuration, and the thread that reads them.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use speckit_core::config::resolve::Document;
use speckit_core::config::source_machine::SourceMachine;
use speckit_core::{Code, Diagnostic, Fingerprint, Key};

use super::hint::Hint;
use super::own_source::OwnSource;
use super::reading::{Cancel, Reply, start_driver};
use super::state::{Shared, SourceEvent, SourceState};
use super::status::SourceStatus;
use crate::os::entropy;
use crate::sync::Mutex;

/// The sources of one configuration. Without any there is no thread. Dropping it ends their thread; a read that runs ends by itself, and nobody waits for it.
#[derive(Default)]
pub(crate) struct SourceSet {
    shared: Arc<Shared>,
    /// Which of them a runtime reads.
    is_async: Vec<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl SourceSet {
    /// Connects the sources and begins to read them. Without a source there is no thread.
    pub(crate) fn start(sources: Vec<OwnSource>) -> Result<Self, Diagnostic> {
        let seed = entropy::seed();
        let shared = Shared::new(|now| {
            let state = |(index, source): (u64, &OwnSource)| {
                let machine = SourceMachine::new(now, source.timing, seed.nth(index), "source/backoff");
                SourceState::new(source.name.to_string(), source.is_required, machine)
            };
            (0..).zip(&sources).map(state).collect()
        });
        let is_async = sources.iter().map(|source| source.is_async).collect();
        for (index, source) in sources.iter().enumerate() {
            (source.connect)(Hint::new(Arc::downgrade(&shared), index));
        }
        let thread = if sources.is_empty() {
            None
        } else {
            let shared = Arc::clone(&shared);
            Some(start_driver(move || run(&shared, &sources)).map_err(|error| {
                let message = format!("no thread can be started to read the sources: {error}");
                Diagnostic::error(Code::SourceUnreadable, Key::root(), message)
            })?)
        };
        Ok(Self { shared, is_async, thread: Mutex::new(thread) })
    }

    /// Waits until each source has been read once, or has failed.
    pub(crate) fn wait(&self) {
        self.shared.wait_for(&self.first_reads());
        self.shared.change(|state, _| state.forget_events());
    }

    /// As [`SourceSet::wait`], without blocking the thread.
    #[cfg(feature = "tokio")]
    pub(crate) async fn wait_async(&self) {
        let reads = self.first_reads();
        std::future::poll_fn(|context| match self.shared.poll_for(&reads, context.waker()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        })
        .await;
        self.shared.change(|state, _| state.forget_events());
    }

    /// Reads all sources now, and waits for that, each within its time limit. Those that a runtime reads are not waited for where that
    /// would block it.
    pub(crate) fn refresh(&self, blocks_runtime: bool) {
        let reads = self.shared.change(|state, now| {
            let requests = (0..self.is_async.len()).filter_map(|index| state.request(index, now));
            requests.collect::<Vec<_>>()
        });
        let is_awaited = |(index, _): &&(usize, u64)| {
            !(blocks_runtime && self.is_async.get(*index).copied().unwrap_or_default())
        };
        let awaited: Vec<_> = reads.iter().filter(is_awaited).copied().collect();
        self.shared.wait_for(&awaited);
    }

    /// What the sources returned last, in their order, with a hash of each. It never waits for a read.
    pub(crate) fn contents(&self) -> Vec<(Fingerprint, Result<Document, Diagnostic>)> {
        self.shared.look(|state, _| state.contents().collect())
    }

    /// Passes all events from now on to a listener, on the thread of the sources.
    pub(crate) fn listen(&self, listener: impl Fn(SourceEvent) + Send + Sync + 'static) {
        self.shared.change(|state, _| state.listen(Arc::new(listener)));
    }

    pub(crate) fn status(&self) -> Vec<SourceStatus> {
        self.shared.look(|state, now| state.status(now))
    }

    fn first_reads(&self) -> Vec<(usize, u64)> {
        (0..self.is_async.len()).map(|index| (index, 1)).collect()
    }
}

impl Drop for SourceSet {
    fn drop(&mut self) {
        self.shared.change(|state, _| state.stop());
        let thread = self.thread.lock().take();
        // A listener may own the last configuration for a moment.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != thread::current().id()) {
            // It waits for no read.
            let _ = thread.join();
        }
    }
}

/// Begins and cancels reads, and passes events on, until the sources are stopped.
fn run(shared: &Arc<Shared>, sources: &[OwnSource]) {
    let mut running: Vec<(u64, Cancel)> = sources.iter().map(|_| (0, None)).collect();
    loop {
        let (work, listener, events) = shared.next_work();
        for (index, number) in work.abandoned {
            if let Some((_, cancel)) = running.get_mut(index).filter(|(running, _)| *running == number) {
                cancel.take().into_iter().for_each(|cancel| cancel());
            }
        }
        if work.is_stopped {
            running.into_iter().filter_map(|(_, cancel)| cancel).for_each(|cancel| cancel());
            return;
        }
        for (index, number, version) in work.reads {
            let Some((source, slot)) = sources.get(index).zip(running.get_mut(index)) else { continue };
            let reply = Reply::new(shared, index, number, Arc::clone(&source.name));
            *slot = (number, (source.read)(version, reply));
        }
        if let Some(listener) = listener {
            events.into_iter().for_each(|event| listener(event));
        }
    }
}
