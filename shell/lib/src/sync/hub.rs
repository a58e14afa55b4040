//! Events for any number of listeners, none of whom holds up whoever tells them.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::os::clock;

/// An event that a [`Hub`] tells.
pub(crate) trait Told: Clone {
    /// How many events wait for a listener before the oldest that may be dropped are.
    const MOST_WAITING: usize;

    /// Whether a listener that is too slow may miss it.
    fn may_be_missed(&self) -> bool;

    /// What stands in the place of so many that were dropped.
    fn missed(count: u64) -> Self;
}

/// The events of one listener, in their order.
pub(crate) struct Listener<E> {
    queue: Arc<Queue<E>>,
}

impl<E: Told> Listener<E> {
    /// The next event, waiting for at most so long.
    pub(crate) fn recv_timeout(&self, timeout: Duration) -> Result<E, RecvTimeoutError> {
        let mut waiting = self.queue.lock();
        let mut deadline = None;
        loop {
            match waiting.next() {
                Ok(event) => return Ok(event),
                Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
                Err(TryRecvError::Empty) => {}
            }
            let deadline = *deadline.get_or_insert_with(|| clock::now().checked_add(timeout));
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
    pub(crate) fn try_recv(&self) -> Result<E, TryRecvError> {
        self.queue.lock().next()
    }

    /// The next event; `None` when there will be no more. Whoever awaited it before on the same listener is forgotten.
    pub(crate) async fn recv(&mut self) -> Option<E> {
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

impl<E: Told> Iterator for Listener<E> {
    type Item = E;

    fn next(&mut self) -> Option<E> {
        self.recv_timeout(Duration::MAX).ok()
    }
}

impl<E> fmt::Debug for Listener<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("waiting", &self.queue.lock().held).finish()
    }
}

/// What waits for one listener.
struct Queue<E> {
    waiting: Mutex<Waiting<E>>,
    arrived: Condvar,
    /// Whether it is told what may be missed.
    is_told_all: bool,
}

struct Waiting<E> {
    entries: VecDeque<Entry<E>>,
    /// How many of the entries are events.
    held: usize,
    is_closed: bool,
    waker: Option<Waker>,
}

enum Entry<E> {
    Event(E),
    /// So many were dropped here.
    Gap(u64),
}

impl<E> Queue<E> {
    fn new(is_told_all: bool) -> Self {
        let waiting = Waiting { entries: VecDeque::new(), held: 0, is_closed: false, waker: None };
        Self { waiting: Mutex::new(waiting), arrived: Condvar::new(), is_told_all }
    }

    /// Nothing that is done under the lock can panic half way.
    fn lock(&self) -> MutexGuard<'_, Waiting<E>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who waits found nothing, so that only the first of what then comes wakes anybody.
    fn change(&self, change: impl FnOnce(&mut Waiting<E>)) {
        let (was_empty, waker) = {
            let mut waiting = self.lock();
            let was_empty = waiting.entries.is_empty();
            change(&mut waiting);
            (was_empty, waiting.waker.take())
        };
        if was_empty {
            self.arrived.notify_all();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<E: Told> Waiting<E> {
    fn next(&mut self) -> Result<E, TryRecvError> {
        match self.entries.pop_front() {
            Some(Entry::Event(event)) => {
                self.held -= 1;
                Ok(event)
            }
            Some(Entry::Gap(count)) => Ok(E::missed(count)),
            None if self.is_closed => Err(TryRecvError::Disconnected),
            None => Err(TryRecvError::Empty),
        }
    }

    fn push(&mut self, event: E) {
        self.entries.push_back(Entry::Event(event));
        self.held += 1;
        if self.held > E::MOST_WAITING {
            self.drop_oldest();
        }
    }

    /// What may be missed is dropped in its order, so that the gaps all stand before what is left of it, and two of them beside
    /// one another become one. Only what may not be missed is passed on the way.
    fn drop_oldest(&mut self) {
        let is_droppable = |entry: &Entry<E>| matches!(entry, Entry::Event(event) if event.may_be_missed());
        let Some(place) = self.entries.iter().position(is_droppable) else { return };
        self.held -= 1;
        let before = place.checked_sub(1).and_then(|before| self.entries.get_mut(before));
        if let Some(Entry::Gap(count)) = before {
            *count += 1;
            self.entries.remove(place);
        } else if let Some(entry) = self.entries.get_mut(place) {
            *entry = Entry::Gap(1);
        }
    }
}

/// All listeners. They hear of the end when it is dropped, or closed.
pub(crate) struct Hub<E> {
    queues: Mutex<Vec<Weak<Queue<E>>>>,
}

impl<E> Default for Hub<E> {
    fn default() -> Self {
        Self { queues: Mutex::default() }
    }
}

impl<E: Told> Hub<E> {
    pub(crate) fn listen(&self) -> Listener<E> {
        self.listen_with(Queue::new(true))
    }

    /// Is told nothing that may be missed.
    #[cfg(feature = "agents")]
    pub(crate) fn listen_for_states(&self) -> Listener<E> {
        self.listen_with(Queue::new(false))
    }

    fn listen_with(&self, queue: Queue<E>) -> Listener<E> {
        let queue = Arc::new(queue);
        self.queues().push(Arc::downgrade(&queue));
        Listener { queue }
    }

    /// Tells every listener, and waits for none.
    pub(crate) fn tell(&self, event: E) {
        let mut queues = self.queues();
        queues.retain(|queue| queue.strong_count() > 0);
        let is_for_all = !event.may_be_missed();
        let mut listening = queues.iter().filter_map(Weak::upgrade);
        let mut next = listening.find(|queue| is_for_all || queue.is_told_all);
        while let Some(queue) = next {
            next = listening.find(|queue| is_for_all || queue.is_told_all);
            if next.is_none() {
                return queue.change(|waiting| waiting.push(event));
            }
            queue.change(|waiting| waiting.push(event.clone()));
        }
    }
}

impl<E> Hub<E> {
    /// Whether anybody listens to what may be missed.
    #[cfg(feature = "agents")]
    pub(crate) fn is_heard(&self) -> bool {
        self.queues().iter().filter_map(Weak::upgrade).any(|queue| queue.is_told_all)
    }

    /// Tells every listener that there will be no more.
    pub(crate) fn close(&self) {
        let queues = std::mem::take(&mut *self.queues());
        for queue in queues.iter().filter_map(Weak::upgrade) {
            queue.change(|waiting| waiting.is_closed = true);
        }
    }

    fn queues(&self) -> MutexGuard<'_, Vec<Weak<Queue<E>>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E> Drop for Hub<E> {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future as _;

    #[derive(Clone, Debug, PartialEq)]
    enum Event {
        Line(usize),
        State(usize),
        Missed(u64),
    }

    impl Told for Event {
        const MOST_WAITING: usize = 8;

        fn may_be_missed(&self) -> bool {
            matches!(self, Self::Line(_))
        }

        fn missed(count: u64) -> Self {
            Self::Missed(count)
        }
    }

    fn event(number: usize) -> Event {
        Event::Line(number)
    }

    #[test]
    fn every_subscriber_gets_every_event_in_order_until_the_end() {
        let hub = Hub::<Event>::default();
        let (first, second) = (hub.listen(), hub.listen());
        (0..5).for_each(|number| hub.tell(event(number)));
        drop(hub);
        let expected: Vec<_> = (0..5).map(event).collect();
        assert_eq!(first.collect::<Vec<_>>(), expected);
        assert_eq!(second.recv_timeout(Duration::ZERO), Ok(event(0)));
        assert_eq!(second.collect::<Vec<_>>(), expected[1..]);
    }

    #[test]
    fn a_slow_subscriber_is_told_how_many_events_it_missed() {
        let hub = Hub::<Event>::default();
        let slow = hub.listen();
        (0..Event::MOST_WAITING + 3).for_each(|number| hub.tell(event(number)));
        assert_eq!(slow.try_recv(), Ok(Event::Missed(3)));
        assert_eq!(slow.try_recv(), Ok(event(3)));
        drop(hub);
        assert_eq!(slow.count(), Event::MOST_WAITING - 1);
    }

    #[test]
    fn what_may_not_be_missed_stays_and_the_gaps_are_told_in_their_places() {
        let hub = Hub::<Event>::default();
        let slow = hub.listen();
        for number in 0..20 {
            hub.tell(if number % 6 == 2 { Event::State(number) } else { Event::Line(number) });
        }
        drop(hub);
        let states = [2, 8, 14].map(Event::State);
        let gaps = [2, 5, 5].map(Event::Missed);
        let told = gaps.into_iter().zip(states).flat_map(|(gap, state)| [gap, state]);
        let expected: Vec<_> = told.chain((15..20).map(Event::Line)).collect();
        assert_eq!(slow.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_listener_that_never_reads_holds_no_more_than_the_bound_and_the_states() {
        let hub = Hub::<Event>::default();
        let slow = hub.listen();
        for number in 0..100 {
            hub.tell(Event::State(number));
            (0..50).for_each(|number| hub.tell(Event::Line(number)));
        }
        let waiting = slow.queue.lock();
        assert_eq!(waiting.held, 100, "each line has made room for a state, or for itself");
        assert!(waiting.entries.len() <= 2 * 100, "{}", waiting.entries.len());
        drop(waiting);
        drop(hub);
        let missed = |event: Event| if let Event::Missed(count) = event { count } else { 0 };
        assert_eq!(slow.map(missed).sum::<u64>(), 100 * 50);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "one thread tells, and two wait on the same listener")]
    fn nobody_who_waits_is_left_waiting() {
        const EVENTS: usize = 20_000;
        let hub = Hub::<Event>::default();
        let listener = hub.listen();
        let count = || {
            let mut count = 0;
            while listener.recv_timeout(Duration::from_secs(60)).is_ok() {
                count += 1;
            }
            count
        };
        let heard: usize = std::thread::scope(|scope| {
            let both = [scope.spawn(count), scope.spawn(count)];
            for number in 0..EVENTS {
                hub.tell(Event::State(number));
                if number % 7 == 0 {
                    std::thread::yield_now();
                }
            }
            hub.close();
            both.map(|one| one.join().unwrap()).into_iter().sum()
        });
        assert_eq!(heard, EVENTS);
    }

    #[cfg(feature = "agents")]
    #[test]
    fn who_listens_for_states_is_told_nothing_that_may_be_missed() {
        let hub = Hub::<Event>::default();
        let states = hub.listen_for_states();
        assert!(!hub.is_heard());
        let all = hub.listen();
        assert!(hub.is_heard());
        for event in [Event::Line(1), Event::State(2), Event::Line(3)] {
            hub.tell(event);
        }
        drop(hub);
        assert_eq!(states.collect::<Vec<_>>(), [Event::State(2)]);
        assert_eq!(all.count(), 3);
    }

    #[test]
    fn a_closed_hub_is_heard_by_nobody() {
        let hub = Hub::<Event>::default();
        let listener = hub.listen();
        hub.tell(event(0));
        hub.close();
        hub.tell(event(1));
        assert_eq!(listener.collect::<Vec<_>>(), [event(0)]);
    }

    #[test]
    fn a_subscriber_that_has_gone_is_forgotten() {
        let hub = Hub::<Event>::default();
        drop(hub.listen());
        hub.tell(event(0));
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
        let hub = Hub::<Event>::default();
        let mut events = hub.listen();
        let telling = std::thread::spawn(move || {
            for number in 0..3 {
                std::thread::sleep(Duration::from_millis(5));
                hub.tell(event(number));
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
        let hub = Hub::<Event>::default();
        let events = hub.listen();
        assert_eq!(events.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(events.recv_timeout(Duration::from_millis(5)), Err(RecvTimeoutError::Timeout));
        drop(hub);
        assert_eq!(events.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Disconnected));
    }
}
