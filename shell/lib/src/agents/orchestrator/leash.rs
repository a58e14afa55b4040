//! Tasks whose work their owner can drop at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::sync::Mutex;

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Drops the work of a task when it is dropped. A task that is only aborted lives until its runtime runs again, and an agent with it.
pub(super) struct Leash(Arc<dyn Held>);

/// The future of a task that is on a leash. Without its work it is never ready: it is dropped as well.
pub(super) struct Leashed<T>(Arc<Mutex<Option<Work<T>>>>);

trait Held: Send + Sync {
    fn drop_work(&self);
}

/// Some work as a task, and what holds it.
pub(super) fn leashed<T: 'static>(work: Work<T>) -> (Leash, Leashed<T>) {
    let held = Arc::new(Mutex::new(Some(work)));
    (Leash(Arc::clone(&held) as Arc<dyn Held>), Leashed(held))
}

impl<T> Held for Mutex<Option<Work<T>>> {
    fn drop_work(&self) {
        // Where it is locked, the work runs at this moment, and an aborted task that runs is dropped as soon as it pauses.
        let work = self.try_lock().and_then(|mut held| held.take());
        drop(work);
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.0.drop_work();
    }
}

impl<T> Future for Leashed<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut held = self.0.lock();
        let Some(work) = held.as_mut() else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            let work = held.take();
            drop(held);
            drop(work);
        }
        polled
    }
}
