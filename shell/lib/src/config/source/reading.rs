//! One read of a source, on a thread of its own.
#![expect(
    clippy::disallowed_methods,
    reason = "this module starts the thread of a read; one that passes its time limit cannot be ended from outside"
)]

use std::sync::{Arc, Weak};
use std::thread;

use super::content::SourceContent;
use super::error::SourceError;
use super::state::{Answer, Shared};
use crate::config::unwound::unwound;

/// Takes the answer of one read. A dropped one is a failed read.
pub(super) struct Reply {
    shared: Weak<Shared>,
    index: usize,
    number: u64,
    name: Arc<str>,
    is_sent: bool,
}

/// Cancels a read, if that is possible.
pub(super) type Cancel = Option<Box<dyn FnOnce() + Send>>;

impl Reply {
    pub(super) fn new(shared: &Arc<Shared>, index: usize, number: u64, name: Arc<str>) -> Self {
        Self { shared: Arc::downgrade(shared), index, number, name, is_sent: false }
    }

    pub(super) fn send(self, result: Result<SourceContent, SourceError>) {
        let answer = match result.map(|content| content.into_document(&self.name)) {
            Ok(Some(document)) => Answer::Content(document),
            Ok(None) => Answer::Unchanged,
            Err(error) => Answer::Failed { reason: error.to_string(), suggested: error.suggested() },
        };
        self.answer(answer);
    }

    fn fail(self, reason: String) {
        self.send(Err(SourceError::from(reason)));
    }

    fn answer(mut self, answer: Answer) {
        self.is_sent = true;
        if let Some(shared) = self.shared.upgrade() {
            shared.change(|state, now| state.answer(self.index, self.number, now, answer));
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade().filter(|_| !self.is_sent) {
            let reason = "the read ended without a result: it panicked, or its runtime has ended".into();
            let answer = Answer::Failed { reason, suggested: None };
            shared.change(|state, now| state.answer(self.index, self.number, now, answer));
        }
    }
}

/// Begins a read on a new thread. It cannot be cancelled.
pub(super) fn on_thread(
    read: impl FnOnce() -> Result<SourceContent, SourceError> + Send + 'static,
    reply: Reply,
) -> Cancel {
    let slot = Arc::new(crate::sync::Mutex::new(Some(reply)));
    let take = {
        let slot = Arc::clone(&slot);
        move || slot.lock().take()
    };
    let run = move || {
        let Some(reply) = take() else { return };
        match unwound(read) {
            Ok(result) => reply.send(result),
            Err(panic) => reply.fail(format!("reading it panicked: {panic}")),
        }
    };
    if let Err(error) = thread::Builder::new().name("speckit-source".into()).spawn(run)
        && let Some(reply) = slot.lock().take()
    {
        reply.fail(format!("no thread can be started to read it: {error}"));
    }
    None
}

/// Starts the thread that decides when sources are read.
pub(super) fn start_driver(run: impl FnOnce() + Send + 'static) -> std::io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().name("speckit-sources".into()).spawn(run)
}
