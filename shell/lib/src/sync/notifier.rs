//! Wakes threads and tasks when a value that they follow is replaced.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::Arc;
use std::sync::mpsc::{RecvError, RecvTimeoutError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::sync::Monitor;

/// Counts the versions of a value. Dropping it ends all followers.
#[derive(Default)]
pub(crate) struct Notifier(Arc<Monitor<Versions>>);

#[derive(Default)]
struct Versions {
    newest: u64,
    is_closed: bool,
    followers: u64,
    /// The tasks that wait, by the number of their follower.
    wakers: BTreeMap<u64, Waker>,
}

impl Versions {
    /// The newest version if it is another than the one seen; an error if none will follow.
    fn unseen(&self, seen: u64) -> Option<Result<u64, RecvError>> {
        match self.newest != seen {
            true => Some(Ok(self.newest)),
            false => self.is_closed.then_some(Err(RecvError)),
        }
    }
}

impl Notifier {
    /// A follower that waits for the versions after this one. A value that is loaded later is at least as new.
    pub(crate) fn follow(&self) -> Follower {
        let seen = self.0.lock().newest;
        Follower::of(&self.0, seen)
    }

    /// Wakes all followers; call it after the value was replaced.
    pub(crate) fn notify(&self) {
        self.change(|versions| versions.newest += 1);
    }

    fn change(&self, change: impl FnOnce(&mut Versions)) {
        let wakers = {
            let mut versions = self.0.lock();
            change(&mut versions);
            take(&mut versions.wakers)
        };
        self.0.notify_all();
        wakers.into_values().for_each(Waker::wake);
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.change(|versions| versions.is_closed = true);
    }
}

/// Waits for the next version of a value. It keeps a number, so no version waits in a queue.
pub(crate) struct Follower {
    versions: Arc<Monitor<Versions>>,
    id: u64,
    /// The version that the follower has used.
    pub(crate) seen: u64,
}

impl Follower {
    fn of(versions: &Arc<Monitor<Versions>>, seen: u64) -> Self {
        let mut locked = versions.lock();
        locked.followers += 1;
        Self { versions: Arc::clone(versions), id: locked.followers, seen }
    }

    /// The newest version if it is not [seen](Self::seen); otherwise wakes the task when there is one. Fails after the last one.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Result<u64, RecvError>> {
        let mut versions = self.versions.lock();
        if let Some(unseen) = versions.unseen(self.seen) {
            return Poll::Ready(unseen);
        }
        let replaced = versions.wakers.insert(self.id, context.waker().clone());
        // Its drop may run code of the runtime.
        drop(versions);
        drop(replaced);
        Poll::Pending
    }

    /// As [`Follower::poll`]; waits at most for `timeout`.
    pub(crate) fn wait(&self, timeout: Duration) -> Result<u64, RecvTimeoutError> {
        let unseen = self.versions.wait_for(timeout, |versions| versions.unseen(self.seen));
        Ok(unseen.ok_or(RecvTimeoutError::Timeout)??)
    }
}

impl Clone for Follower {
    fn clone(&self) -> Self {
        Self::of(&self.versions, self.seen)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let waker = self.versions.lock().wakers.remove(&self.id);
        drop(waker);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    /// Counts how often a task is woken.
    #[derive(Default)]
    struct WakeCount(AtomicUsize);

    impl Wake for WakeCount {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_follower_gets_the_newest_version_once_and_then_the_end() {
        let notifier = Notifier::default();
        let mut follower = notifier.follow();
        assert_eq!(follower.wait(Duration::ZERO), Err(RecvTimeoutError::Timeout));
        (0..3).for_each(|_| notifier.notify());
        assert_eq!(follower.wait(Duration::MAX), Ok(3));
        assert_eq!(follower.wait(Duration::MAX), Ok(3), "it is not marked as seen");
        follower.seen = 3;
        assert_eq!(follower.wait(Duration::ZERO), Err(RecvTimeoutError::Timeout));
        notifier.notify();
        drop(notifier);
        assert_eq!(follower.clone().wait(Duration::MAX), Ok(4), "the last version is before the end");
        follower.seen = 4;
        assert_eq!(follower.wait(Duration::MAX), Err(RecvTimeoutError::Disconnected));
    }

    #[test]
    fn each_waiting_task_is_woken_once() {
        let notifier = Notifier::default();
        let counts = [(); 2].map(|()| Arc::new(WakeCount::default()));
        let followers = [(); 2].map(|()| notifier.follow());
        let poll = || {
            for (count, follower) in counts.iter().zip(&followers) {
                let waker = Waker::from(Arc::clone(count));
                let _ = follower.poll(&Context::from_waker(&waker));
            }
        };
        poll();
        poll();
        notifier.notify();
        notifier.notify();
        assert_eq!(counts.each_ref().map(|count| count.0.load(Ordering::Relaxed)), [1, 1]);
        drop(notifier);
        assert_eq!(counts.map(|count| count.0.load(Ordering::Relaxed)), [1, 1], "none of them waits");
    }

    #[test]
    fn a_dropped_follower_leaves_no_waker() {
        let notifier = Notifier::default();
        for _ in 0..3 {
            let follower = notifier.follow();
            let _ = follower.clone().poll(&Context::from_waker(Waker::noop()));
            let _ = follower.poll(&Context::from_waker(Waker::noop()));
        }
        assert!(notifier.0.lock().wakers.is_empty());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "one thread notifies, and several wait")]
    fn no_thread_misses_the_last_version() {
        const VERSIONS: u64 = 5_000;
        let notifier = Notifier::default();
        let followers: Vec<Follower> = (0..4).map(|_| notifier.follow()).collect();
        std::thread::scope(|scope| {
            let last = followers.into_iter().map(|mut follower| {
                scope.spawn(move || {
                    while let Ok(version) = follower.wait(Duration::from_secs(60)) {
                        assert!(version > follower.seen);
                        follower.seen = version;
                    }
                    follower.seen
                })
            });
            let last: Vec<_> = last.collect();
            (0..VERSIONS).for_each(|_| notifier.notify());
            drop(notifier);
            assert!(last.into_iter().all(|last| last.join().unwrap() == VERSIONS));
        });
    }
}
