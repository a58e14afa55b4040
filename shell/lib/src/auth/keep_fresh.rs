//! Refreshes a token in the background.
#![expect(
    clippy::disallowed_methods,
    reason = "this module starts and joins the thread that keeps a token fresh"
)]

use std::fmt;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use speckit_core::auth::AuthError;

use crate::sync::Monitor;

/// Keeps a token fresh until it is dropped. Dropping it waits for a request in flight.
#[must_use = "dropping it ends it"]
pub struct KeepFresh {
    is_stopping: Arc<Monitor<bool>>,
    thread: Option<JoinHandle<()>>,
}

impl KeepFresh {
    /// Calls `look` at once, and again after the time that it returns.
    pub(super) fn start(mut look: impl FnMut() -> Duration + Send + 'static) -> Result<Self, AuthError> {
        let is_stopping = Arc::new(Monitor::new(false));
        let stopping = Arc::clone(&is_stopping);
        let run =
            move || while stopping.wait_for(look(), |is_stopping| is_stopping.then_some(())).is_none() {};
        let thread = thread::Builder::new().name("speckit-tokens".into()).spawn(run).map_err(|error| {
            AuthError::Provider(format!("the thread that keeps the token fresh cannot be started: {error}"))
        })?;
        Ok(Self { is_stopping, thread: Some(thread) })
    }
}

impl Drop for KeepFresh {
    fn drop(&mut self) {
        *self.is_stopping.lock() = true;
        self.is_stopping.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for KeepFresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeepFresh").finish_non_exhaustive()
    }
}
