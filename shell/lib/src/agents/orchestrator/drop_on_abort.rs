//! Tasks whose owner can drop their future at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::sync::Mutex;

type TaskFuture = Pin<Box<dyn Future<Output = ()> + Send>>;
type FutureSlot = Arc<Mutex<Option<TaskFuture>>>;

/// Drops the future of a task when it is dropped itself. A task that is only aborted keeps its future, and the agent in it, until
/// its runtime runs again.
pub(super) struct DropOnAbort(FutureSlot);

/// A task that has a [`DropOnAbort`]. Once its future is dropped it is never ready, and must be aborted.
pub(super) struct AbortableTask(FutureSlot);

/// Splits a future into a task and the handle that drops it.
pub(super) fn abortable(future: impl Future<Output = ()> + Send + 'static) -> (DropOnAbort, AbortableTask) {
    let slot: FutureSlot = Arc::new(Mutex::new(Some(Box::pin(future))));
    (DropOnAbort(Arc::clone(&slot)), AbortableTask(slot))
}

impl Drop for DropOnAbort {
    fn drop(&mut self) {
        // If the slot is locked, the task is being polled, and an aborted task is dropped as soon as that poll returns.
        let future = self.0.try_lock().and_then(|mut slot| slot.take());
        drop(future);
    }
}

impl Future for AbortableTask {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut slot = self.0.lock();
        let Some(future) = slot.as_mut() else { return Poll::Pending };
        let polled = future.as_mut().poll(context);
        if polled.is_ready() {
            let future = slot.take();
            drop(slot);
            drop(future);
        }
        polled
    }
}
