//! Sends a request that a caller can abandon.
#![expect(
    clippy::disallowed_methods,
    reason = "this module starts the thread of a request; an abandoned one ends with its time limits"
)]

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use speckit_core::auth::{Exchange, Request, TransportFailure, TransportFailureKind};

use super::http::HttpClient;
use crate::os::clock;
use crate::retry::CancelToken;

/// How long an answer is still waited for after the cancellation: one that is on its way may hold a token.
const GRACE: Duration = Duration::from_millis(800);
/// How often the cancellation is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Sends a request in a thread of its own; `None`: it was cancelled, and its answer will be dropped unread.
pub(super) fn send(http: &HttpClient, request: Request, cancel: &CancelToken) -> Option<Exchange> {
    let (sender, answers) = channel();
    let http = http.clone();
    let run = move || {
        // The caller is gone if it has abandoned the request.
        let _ = sender.send(http.send(&request));
    };
    if let Err(error) = thread::Builder::new().name("speckit-login".into()).spawn(run) {
        return Some(Err(not_sent(format!("its thread cannot be started: {error}"))));
    }
    let mut cancelled = None;
    loop {
        match answers.recv_timeout(LOOK) {
            Ok(exchange) => return Some(exchange),
            Err(RecvTimeoutError::Disconnected) => {
                return Some(Err(not_sent("its thread has failed".into())));
            }
            Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => {
                let now = clock::now();
                let since = *cancelled.get_or_insert(now);
                if now.saturating_duration_since(since) >= GRACE {
                    return None;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn not_sent(reason: String) -> TransportFailure {
    TransportFailure { kind: TransportFailureKind::Connect, reason }
}
