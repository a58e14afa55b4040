//! What a running program is told of its reloads, and by whom it is heard.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};
use std::time::Duration;

use speckit_core::diff::Change;
use speckit_core::{Diagnostic, Key};

use crate::clock;

/// How many events wait for a subscriber before the oldest are dropped.
const MOST_WAITING: usize = 256;

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
    /// What the files say is accepted, and waits until the last guard of [`Shell::busy`](crate::Shell::busy)
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
    pub(crate) fn new(findings: Vec<Diagnostic>, report: String) -> Self {
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
/// It ends when no [`Shell`](crate::Shell) and no watcher is left to send any. A subscriber that does not read holds
/// nobody up: the oldest events are dropped once 256 wait, and [`ConfigReloadEvent::Missed`] says how many.
pub struct Subscription {
    queue: Arc<Queue>,
}

impl Subscription {
    /// The next event, waiting for at most so long.
    ///
    /// # Errors
    /// As those of [`std::sync::mpsc::Receiver::recv_timeout`].
    pub fn recv_timeout(&self, timeout: Duration) -> Result<ConfigReloadEvent, RecvTimeoutError> {
        let deadline = clock::now().checked_add(timeout);
        let mut waiting = self.queue.lock();
        loop {
            match waiting.next() {
                Ok(event) => return Ok(event),
                Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
                Err(TryRecvError::Empty) => {}
            }
            waiting = match deadline.map(|deadline| deadline.saturating_duration_since(clock::now())) {
                Some(Duration::ZERO) => return Err(RecvTimeoutError::Timeout),
                Some(rest) => {
                    self.queue.arrived.wait_timeout(waiting, rest).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.queue.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// The next event if there is one already.
    ///
    /// # Errors
    /// As those of [`std::sync::mpsc::Receiver::try_recv`].
    pub fn try_recv(&self) -> Result<ConfigReloadEvent, TryRecvError> {
        self.queue.lock().next()
    }

    /// The next event, in any async runtime; `None` when there will be no more.
    ///
    /// A future that is dropped before it is ready has taken no event.
    pub async fn recv(&mut self) -> Option<ConfigReloadEvent> {
        poll_fn(|context| {
            let mut waiting = self.queue.lock();
            match waiting.next() {
                Ok(event) => Poll::Ready(Some(event)),
                Err(TryRecvError::Disconnected) => Poll::Ready(None),
                Err(TryRecvError::Empty) => {
                    waiting.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Iterator for Subscription {
    type Item = ConfigReloadEvent;

    fn next(&mut self) -> Option<ConfigReloadEvent> {
        self.recv_timeout(Duration::MAX).ok()
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("waiting", &self.queue.lock().events.len()).finish()
    }
}

/// What waits for one subscriber.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<ConfigReloadEvent>,
    missed: u64,
    is_closed: bool,
    waker: Option<Waker>,
}

impl Queue {
    /// Nothing that is done under the lock can panic half way.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Waiting)) {
        let waker = {
            let mut waiting = self.lock();
            change(&mut waiting);
            waiting.waker.take()
        };
        self.arrived.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Waiting {
    fn next(&mut self) -> Result<ConfigReloadEvent, TryRecvError> {
        if self.missed > 0 {
            let count = std::mem::take(&mut self.missed);
            return Ok(ConfigReloadEvent::Missed { count });
        }
        let none = if self.is_closed { TryRecvError::Disconnected } else { TryRecvError::Empty };
        self.events.pop_front().ok_or(none)
    }
}

/// All subscribers. Dropping it ends their iterators.
#[derive(Default)]
pub(crate) struct Hub {
    queues: Mutex<Vec<Weak<Queue>>>,
}

impl Hub {
    pub(crate) fn subscribe(&self) -> Subscription {
        let queue = Arc::new(Queue::default());
        self.queues().push(Arc::downgrade(&queue));
        Subscription { queue }
    }

    /// Tells every subscriber, and waits for none.
    pub(crate) fn tell(&self, event: &ConfigReloadEvent) {
        self.queues().retain(|queue| {
            let Some(queue) = queue.upgrade() else { return false };
            queue.change(|waiting| {
                if waiting.events.len() >= MOST_WAITING {
                    waiting.events.pop_front();
                    waiting.missed += 1;
                }
                waiting.events.push_back(event.clone());
            });
            true
        });
    }

    fn queues(&self) -> MutexGuard<'_, Vec<Weak<Queue>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        for queue in self.queues().iter().filter_map(Weak::upgrade) {
            queue.change(|waiting| waiting.is_closed = true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future as _;

    fn event(number: usize) -> ConfigReloadEvent {
        ConfigReloadEvent::ReloadDeferred { busy: number }
    }

    #[test]
    fn every_subscriber_gets_every_event_in_order_until_the_end() {
        let hub = Hub::default();
        let (first, second) = (hub.subscribe(), hub.subscribe());
        (0..5).for_each(|number| hub.tell(&event(number)));
        drop(hub);
        let expected: Vec<_> = (0..5).map(event).collect();
        assert_eq!(first.collect::<Vec<_>>(), expected);
        assert_eq!(second.recv_timeout(Duration::ZERO), Ok(event(0)));
        assert_eq!(second.collect::<Vec<_>>(), expected[1..]);
    }

    #[test]
    fn a_slow_subscriber_is_told_how_many_events_it_missed() {
        let hub = Hub::default();
        let slow = hub.subscribe();
        (0..MOST_WAITING + 3).for_each(|number| hub.tell(&event(number)));
        assert_eq!(slow.try_recv(), Ok(ConfigReloadEvent::Missed { count: 3 }));
        assert_eq!(slow.try_recv(), Ok(event(3)));
        drop(hub);
        assert_eq!(slow.count(), MOST_WAITING - 1);
    }

    #[test]
    fn a_subscriber_that_has_gone_is_forgotten() {
        let hub = Hub::default();
        drop(hub.subscribe());
        hub.tell(&event(0));
        assert!(hub.queues().is_empty());
    }

    /// Wakes a thread that waits for a future.
    struct Unpark(std::thread::Thread);

    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a runtime of one thread, and one that tells it")]
    fn events_can_be_awaited_in_any_runtime() {
        let hub = Hub::default();
        let mut events = hub.subscribe();
        let telling = std::thread::spawn(move || {
            for number in 0..3 {
                std::thread::sleep(Duration::from_millis(5));
                hub.tell(&event(number));
            }
        });
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut context = std::task::Context::from_waker(&waker);
        let mut seen = Vec::new();
        loop {
            let mut next = std::pin::pin!(events.recv());
            match next.as_mut().poll(&mut context) {
                Poll::Ready(Some(event)) => seen.push(event),
                Poll::Ready(None) => break,
                Poll::Pending => std::thread::park(),
            }
        }
        telling.join().unwrap();
        assert_eq!(seen, (0..3).map(event).collect::<Vec<_>>());
    }

    #[test]
    fn waiting_ends_with_the_time_and_with_the_hub() {
        let hub = Hub::default();
        let events = hub.subscribe();
        assert_eq!(events.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(events.recv_timeout(Duration::from_millis(5)), Err(RecvTimeoutError::Timeout));
        drop(hub);
        assert_eq!(events.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Disconnected));
    }
}
