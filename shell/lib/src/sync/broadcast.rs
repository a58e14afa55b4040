//! A broadcast channel whose sender never waits.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::mem::take;
use std::pin::Pin;
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;

use crate::sync::{Monitor, Mutex};

/// An event that a [`Receiver`] receives.
pub trait BroadcastEvent: Clone {
    /// How many events may wait for a receiver before droppable ones are dropped.
    const CAPACITY: usize;

    /// Whether it may be dropped for a slow receiver.
    fn is_droppable(&self) -> bool;

    /// The event that replaces this many dropped ones.
    fn missed(count: u64) -> Self;
}

/// The receiver of one subscriber. As an iterator it blocks until the next event, and ends with the last one; in async code, await
/// [`Receiver::recv`], or use it as a [`Stream`].
///
/// It is both an iterator and a stream: where a trait such as `StreamExt` is in scope, `next` may mean either, and `recv` does not.
///
/// A slow receiver delays nothing: once [`BroadcastEvent::CAPACITY`] events wait, the oldest
/// [droppable](BroadcastEvent::is_droppable) ones are dropped, and one event replaces them and has their number.
pub struct Receiver<E> {
    queue: Arc<Queue<E>>,
}

impl<E: BroadcastEvent> Receiver<E> {
    /// The next event; waits at most for `timeout`.
    ///
    /// # Errors
    /// Those of [`std::sync::mpsc::Receiver::recv_timeout`].
    pub fn recv_timeout(&self, timeout: Duration) -> Result<E, RecvTimeoutError> {
        let received = self.queue.wait_for(timeout, |pending| match pending.next() {
            Err(TryRecvError::Empty) => None,
            received => Some(received),
        });
        let received = received.ok_or(RecvTimeoutError::Timeout)?;
        received.map_err(|_| RecvTimeoutError::Disconnected)
    }

    /// The next event, without waiting.
    ///
    /// # Errors
    /// Those of [`std::sync::mpsc::Receiver::try_recv`].
    pub fn try_recv(&self) -> Result<E, TryRecvError> {
        self.queue.lock().next()
    }

    /// The next event, in any async runtime; `None` after the last one. Cancel safe.
    pub async fn recv(&mut self) -> Option<E> {
        poll_fn(|context| self.poll_recv(context)).await
    }

    fn poll_recv(&mut self, context: &Context<'_>) -> Poll<Option<E>> {
        let mut pending = self.queue.lock();
        match pending.next() {
            Err(TryRecvError::Empty) => {
                pending.waker = Some(context.waker().clone());
                Poll::Pending
            }
            received => Poll::Ready(received.ok()),
        }
    }
}

/// The events, until the last one. Dropping a pending `next` loses none.
impl<E: BroadcastEvent> Stream for Receiver<E> {
    type Item = E;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<E>> {
        self.poll_recv(context)
    }
}

impl<E: BroadcastEvent> Iterator for Receiver<E> {
    type Item = E;

    fn next(&mut self) -> Option<E> {
        self.recv_timeout(Duration::MAX).ok()
    }
}

impl<E> fmt::Debug for Receiver<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("waiting", &self.queue.lock().events.len()).finish()
    }
}

type Queue<E> = Monitor<Pending<E>>;

/// The events that wait for one receiver.
struct Pending<E> {
    /// Each with the number of events dropped right before it.
    events: VecDeque<(u64, E)>,
    /// How many were dropped after the last of them.
    missed: u64,
    takes_droppable: bool,
    is_closed: bool,
    waker: Option<Waker>,
}

impl<E: BroadcastEvent> Pending<E> {
    fn next(&mut self) -> Result<E, TryRecvError> {
        let missed = self.events.front_mut().map_or(&mut self.missed, |(missed, _)| missed);
        match take(missed) {
            0 => {}
            missed => return Ok(E::missed(missed)),
        }
        match self.events.pop_front() {
            Some((_, event)) => Ok(event),
            None if self.is_closed => Err(TryRecvError::Disconnected),
            None => Err(TryRecvError::Empty),
        }
    }

    fn push(&mut self, event: E) {
        self.events.push_back((take(&mut self.missed), event));
        if self.events.len() > E::CAPACITY {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.events.iter().position(|(_, event)| event.is_droppable()) else { return };
        let Some((missed_before, _)) = self.events.remove(oldest) else { return };
        let missed = self.events.get_mut(oldest).map_or(&mut self.missed, |(missed, _)| missed);
        *missed += missed_before + 1;
    }
}

/// Sends events to all receivers. Dropping or closing it ends them.
pub(crate) struct Broadcast<E> {
    queues: Mutex<Vec<Weak<Queue<E>>>>,
}

impl<E> Default for Broadcast<E> {
    fn default() -> Self {
        Self { queues: Mutex::default() }
    }
}

impl<E> Broadcast<E> {
    pub(crate) fn subscribe(&self) -> Receiver<E> {
        self.receiver(true)
    }

    /// The receiver gets no droppable events.
    #[cfg(feature = "agents")]
    pub(crate) fn subscribe_to_undroppable(&self) -> Receiver<E> {
        self.receiver(false)
    }

    fn receiver(&self, takes_droppable: bool) -> Receiver<E> {
        let events = VecDeque::new();
        let queue =
            Monitor::new(Pending { events, missed: 0, takes_droppable, is_closed: false, waker: None });
        let queue = Arc::new(queue);
        self.queues.lock().push(Arc::downgrade(&queue));
        Receiver { queue }
    }

    /// Whether any receiver gets droppable events.
    #[cfg(feature = "agents")]
    pub(crate) fn has_droppable_receiver(&self) -> bool {
        self.queues.lock().iter().filter_map(Weak::upgrade).any(|queue| queue.lock().takes_droppable)
    }

    pub(crate) fn send(&self, event: &E)
    where
        E: BroadcastEvent,
    {
        let mut queues = self.queues.lock();
        queues.retain(|queue| queue.strong_count() > 0);
        for queue in queues.iter().filter_map(Weak::upgrade) {
            change(&queue, |pending| {
                if pending.takes_droppable || !event.is_droppable() {
                    pending.push(event.clone());
                }
            });
        }
    }

    /// Ends all receivers; later events are not sent.
    pub(crate) fn close(&self) {
        for queue in take(&mut *self.queues.lock()).iter().filter_map(Weak::upgrade) {
            change(&queue, |pending| pending.is_closed = true);
        }
    }
}

impl<E> Drop for Broadcast<E> {
    fn drop(&mut self) {
        self.close();
    }
}

fn change<E>(queue: &Queue<E>, change: impl FnOnce(&mut Pending<E>)) {
    let waker = {
        let mut pending = queue.lock();
        change(&mut pending);
        pending.waker.take()
    };
    queue.notify_all();
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    enum Sample {
        Line(usize),
        State(usize),
        Missed(u64),
    }
    use Sample::{Line, Missed, State};

    impl BroadcastEvent for Sample {
        const CAPACITY: usize = 8;

        fn is_droppable(&self) -> bool {
            matches!(self, Line(_))
        }

        fn missed(count: u64) -> Self {
            Missed(count)
        }
    }

    /// Sends these events and closes.
    fn received_by(
        receiver: impl Fn(&Broadcast<Sample>) -> Receiver<Sample>,
        sent: &[Sample],
    ) -> Vec<Sample> {
        let broadcast = Broadcast::default();
        let receiver = receiver(&broadcast);
        sent.iter().for_each(|event| broadcast.send(event));
        drop(broadcast);
        receiver.collect()
    }

    #[test]
    fn every_receiver_gets_every_event_in_order_until_the_end() {
        let broadcast = Broadcast::default();
        let (first, second) = (broadcast.subscribe(), broadcast.subscribe());
        let sent: Vec<_> = (0..5).map(Line).collect();
        sent.iter().for_each(|event| broadcast.send(event));
        broadcast.close();
        broadcast.send(&Line(5));
        assert_eq!(first.collect::<Vec<_>>(), sent);
        assert_eq!(second.recv_timeout(Duration::ZERO), Ok(Line(0)));
        assert_eq!(second.collect::<Vec<_>>(), sent[1..]);
    }

    #[test]
    fn a_slow_receiver_gets_the_number_of_events_that_it_missed_in_their_place() {
        let sent: Vec<_> =
            (0..20).map(|number| if number % 6 == 2 { State(number) } else { Line(number) }).collect();
        let before = [Missed(2), State(2), Missed(5), State(8), Missed(5), State(14)];
        let expected: Vec<_> = before.into_iter().chain((15..20).map(Line)).collect();
        assert_eq!(received_by(Broadcast::subscribe, &sent), expected);
        assert_eq!(received_by(Broadcast::subscribe, &sent[15..]), sent[15..]);
    }

    #[test]
    fn a_receiver_that_never_reads_keeps_at_most_the_capacity_and_undroppable_events() {
        let broadcast = Broadcast::default();
        let slow = broadcast.subscribe();
        for number in 0..100 {
            broadcast.send(&State(number));
            (0..50).for_each(|number| broadcast.send(&Line(number)));
        }
        assert_eq!(slow.queue.lock().events.len(), 100, "each line has made room for a state, or for itself");
        drop(broadcast);
        let missed = |event| if let Missed(count) = event { count } else { 0 };
        assert_eq!(slow.map(missed).sum::<u64>(), 100 * 50);
    }

    #[cfg(feature = "agents")]
    #[test]
    fn a_receiver_of_undroppable_events_gets_no_other() {
        let sent = [Line(1), State(2), Line(3)];
        assert_eq!(received_by(Broadcast::subscribe_to_undroppable, &sent), [State(2)]);
        let broadcast = Broadcast::<Sample>::default();
        let _undroppable = broadcast.subscribe_to_undroppable();
        assert!(!broadcast.has_droppable_receiver());
        let _all = broadcast.subscribe();
        assert!(broadcast.has_droppable_receiver());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "one thread sends, and two wait on the same receiver")]
    fn every_waiting_thread_is_woken() {
        const EVENTS: usize = 20_000;
        let broadcast = Broadcast::default();
        let receiver = broadcast.subscribe();
        let count = || std::iter::from_fn(|| receiver.recv_timeout(Duration::from_secs(60)).ok()).count();
        let received: usize = std::thread::scope(|scope| {
            let both = [scope.spawn(count), scope.spawn(count)];
            for number in 0..EVENTS {
                broadcast.send(&State(number));
                if number % 7 == 0 {
                    std::thread::yield_now();
                }
            }
            broadcast.close();
            both.map(|one| one.join().unwrap()).into_iter().sum()
        });
        assert_eq!(received, EVENTS);
    }

    #[test]
    fn a_dropped_receiver_is_removed() {
        let broadcast = Broadcast::default();
        drop(broadcast.subscribe());
        broadcast.send(&Line(0));
        assert!(broadcast.queues.lock().is_empty());
    }

    /// Wakes a thread that waits for a future.
    struct Unpark(std::thread::Thread);

    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a runtime of one thread, and one that sends")]
    fn events_can_be_awaited_in_any_runtime() {
        let broadcast = Broadcast::default();
        let mut events = broadcast.subscribe();
        let sending = std::thread::spawn(move || {
            for number in 0..3 {
                std::thread::sleep(Duration::from_millis(5));
                broadcast.send(&Line(number));
            }
        });
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut context = Context::from_waker(&waker);
        let mut received = Vec::new();
        loop {
            // Each attempt is a new future, so a dropped one loses no event; the stream takes the last of them.
            let next = match received.len() {
                0 | 1 => pin!(events.recv()).poll(&mut context),
                _ => Pin::new(&mut events).poll_next(&mut context),
            };
            match next {
                Poll::Ready(Some(event)) => received.push(event),
                Poll::Ready(None) => break,
                Poll::Pending => std::thread::park(),
            }
        }
        sending.join().unwrap();
        assert_eq!(received, [0, 1, 2].map(Line));
    }

    #[test]
    fn waiting_ends_with_the_time_and_with_the_sender() {
        let broadcast = Broadcast::<Sample>::default();
        let events = broadcast.subscribe();
        assert_eq!(events.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(events.recv_timeout(Duration::from_millis(5)), Err(RecvTimeoutError::Timeout));
        drop(broadcast);
        assert_eq!(events.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Disconnected));
    }
}
