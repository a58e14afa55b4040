//! What a running program is told of its reloads, and by whom it is heard.

use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::time::Duration;

use speckit_core::tree::diff::Change;
use speckit_core::{Diagnostic, Key};

use crate::sync::hub::{Hub, Listener, Told};

/// What happened to a running configuration. Secrets are redacted in it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ConfigReloadEvent {
    /// The content of these files changed, in a way that makes a difference.
    FileChanged {
        /// The files, in the order of their names.
        paths: Vec<PathBuf>,
    },
    /// What the files say is in force.
    ReloadSuccess {
        /// The generation in force.
        generation: u64,
        /// What is in force and was not before, in key order; empty where an edit was taken back.
        changed: Vec<Change>,
        /// The keys that keep their running value until the program starts again (`x-reload = restart`), in order.
        pending_restart: Vec<Key>,
        /// From the end of the quiet period to the swap.
        elapsed: Duration,
    },
    /// What the files say is refused.
    ReloadFailed {
        /// The generation that stays in force.
        generation: u64,
        /// Why, in the order of reports.
        diagnostics: Diagnostics,
    },
    /// What the files say is accepted, and waits until the last guard of [`Config::busy`](crate::Config::busy)
    /// is dropped. One success or failure follows.
    ReloadDeferred {
        /// How many guards there are.
        busy: usize,
    },
    /// Something that a person should know, such as a limit of the system that the watching has met. Reloads go on.
    Warning {
        /// What.
        diagnostics: Diagnostics,
    },
    /// This subscriber was too slow: so many events before the next one were dropped.
    Missed {
        /// How many.
        count: u64,
    },
}

/// Findings with their report for a person. Secrets are masked in both.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Arc<(Vec<Diagnostic>, String)>);

impl Diagnostics {
    /// Findings with their report.
    pub fn new(findings: Vec<Diagnostic>, report: String) -> Self {
        Self(Arc::new((findings, report)))
    }

    /// The findings as text, with the lines that they are about.
    pub fn report(&self) -> &str {
        &self.0.1
    }
}

impl Deref for Diagnostics {
    type Target = [Diagnostic];

    fn deref(&self) -> &[Diagnostic] {
        &self.0.0
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The report.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.report())
    }
}

/// The events of one subscriber, in their order: an iterator that waits for the next one.
///
/// It ends when no [`Config`](crate::Config) and no watcher is left to send any. A subscriber that does not read holds
/// nobody up: the oldest events are dropped once 256 wait, and [`ConfigReloadEvent::Missed`] says how many.
#[derive(Debug)]
pub struct Subscription {
    listener: Listener<ConfigReloadEvent>,
}

impl Subscription {
    pub(crate) fn of(hub: &Hub<ConfigReloadEvent>) -> Self {
        Self { listener: hub.listen() }
    }

    /// The next event, waiting for at most so long.
    ///
    /// # Errors
    /// As those of [`std::sync::mpsc::Receiver::recv_timeout`].
    pub fn recv_timeout(&self, timeout: Duration) -> Result<ConfigReloadEvent, RecvTimeoutError> {
        self.listener.recv_timeout(timeout)
    }

    /// The next event if there is one already.
    ///
    /// # Errors
    /// As those of [`std::sync::mpsc::Receiver::try_recv`].
    pub fn try_recv(&self) -> Result<ConfigReloadEvent, TryRecvError> {
        self.listener.try_recv()
    }

    /// The next event, in any async runtime; `None` when there will be no more.
    ///
    /// A future that is dropped before it is ready has taken no event.
    pub async fn recv(&mut self) -> Option<ConfigReloadEvent> {
        self.listener.recv().await
    }
}

impl Iterator for Subscription {
    type Item = ConfigReloadEvent;

    fn next(&mut self) -> Option<ConfigReloadEvent> {
        self.listener.next()
    }
}

impl Told for ConfigReloadEvent {
    const MOST_WAITING: usize = 256;

    fn may_be_missed(&self) -> bool {
        true
    }

    fn missed(count: u64) -> Self {
        Self::Missed { count }
    }
}
