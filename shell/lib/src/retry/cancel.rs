//! A token that cancels retries.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::sync::Monitor;

/// Cancels all retries that have a copy of it: those that wait end at once, and none begins another attempt.
///
/// A running attempt is not interrupted. It may check [`CancelToken::is_cancelled`] or await [`CancelToken::cancelled`]
/// itself. A cancelled token stays cancelled.
///
/// ```
/// use std::io;
/// use std::time::Duration;
/// use speckit::retry::GiveUp;
/// use speckit::retry::{CancelToken, RetryConfig, Retrying};
///
/// let hour = 3_600_000;
/// let config = RetryConfig::default().with_initial_backoff_ms(hour).with_max_backoff_ms(hour).with_deadline_ms(24 * hour);
/// let cancel = CancelToken::new();
/// let elsewhere = cancel.clone();
/// let signal = std::thread::spawn(move || elsewhere.cancel());
///
/// let down = || Err::<(), _>(io::Error::from(io::ErrorKind::ConnectionRefused));
/// let error = Retrying::new(&config).cancel(&cancel).run(down).unwrap_err();
/// assert_eq!(error.why(), GiveUp::Cancelled);
/// # signal.join().unwrap();
/// ```
#[derive(Clone, Default)]
pub struct CancelToken(Arc<TokenState>);

#[derive(Default)]
struct TokenState {
    is_cancelled: AtomicBool,
    waiting: Monitor<WaitingFutures>,
}

/// The futures that wait; threads wait on the monitor.
#[derive(Default)]
struct WaitingFutures {
    next: u64,
    wakers: BTreeMap<u64, Waker>,
}

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels, and wakes all waiters. Any thread may call it, and more than once.
    pub fn cancel(&self) {
        let wakers = {
            let mut waiting = self.0.waiting.lock();
            self.0.is_cancelled.store(true, Ordering::Release);
            std::mem::take(&mut waiting.wakers)
        };
        self.0.waiting.notify_all();
        wakers.into_values().for_each(Waker::wake);
    }

    /// Whether it is cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::Acquire)
    }

    /// Is ready once the token is cancelled, in any async runtime.
    pub fn cancelled(&self) -> Cancelled<'_> {
        Cancelled { cancel: self, number: None }
    }

    /// Blocks the thread for this time, or until the token is cancelled.
    pub(crate) fn sleep(&self, max: Duration) {
        self.0.waiting.wait_for(max, |_| self.is_cancelled().then_some(()));
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken").field("is_cancelled", &self.is_cancelled()).finish()
    }
}

/// The future of [`CancelToken::cancelled`]. One that is dropped leaves nothing behind.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Cancelled<'a> {
    cancel: &'a CancelToken,
    /// The number of its waker.
    number: Option<u64>,
}

impl Future for Cancelled<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker().clone();
        let mut waiting = self.cancel.0.waiting.lock();
        if self.cancel.is_cancelled() {
            return Poll::Ready(());
        }
        let number = self.number.unwrap_or(waiting.next);
        if self.number.is_none() {
            waiting.next += 1;
        }
        let replaced = waiting.wakers.insert(number, waker);
        // Dropping a waker runs foreign code.
        drop(waiting);
        drop(replaced);
        self.number = Some(number);
        Poll::Pending
    }
}

impl Drop for Cancelled<'_> {
    fn drop(&mut self) {
        let waker = self.number.and_then(|number| self.cancel.0.waiting.lock().wakers.remove(&number));
        drop(waker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::clock;
    use std::pin::pin;
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl std::task::Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn every_future_that_waits_is_woken_once_and_then_ready() {
        let (cancel, count) = (CancelToken::new(), Arc::new(Count::default()));
        let waker = Waker::from(Arc::clone(&count));
        let mut context = Context::from_waker(&waker);
        let (mut first, mut second) = (pin!(cancel.cancelled()), pin!(cancel.cancelled()));
        for _ in 0..3 {
            assert!(first.as_mut().poll(&mut context).is_pending());
            assert!(second.as_mut().poll(&mut context).is_pending());
        }
        assert_eq!(cancel.0.waiting.lock().wakers.len(), 2);
        cancel.clone().cancel();
        cancel.cancel();
        assert_eq!(count.0.load(Ordering::Relaxed), 2);
        assert!(first.as_mut().poll(&mut context).is_ready());
        assert!(second.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn a_future_that_is_dropped_leaves_no_waker_behind() {
        let cancel = CancelToken::new();
        let mut context = Context::from_waker(Waker::noop());
        {
            let mut cancelled = pin!(cancel.cancelled());
            assert!(cancelled.as_mut().poll(&mut context).is_pending());
            assert_eq!(cancel.0.waiting.lock().wakers.len(), 1);
        }
        assert!(cancel.0.waiting.lock().wakers.is_empty());
    }

    #[test]
    fn a_sleep_ends_with_its_time_and_a_cancelled_one_at_once() {
        let cancel = CancelToken::new();
        let started = clock::now();
        cancel.sleep(Duration::from_millis(10));
        assert!(clock::now() - started >= Duration::from_millis(10));
        cancel.cancel();
        cancel.sleep(Duration::MAX);
    }
}
