//! Calling a gate off.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use super::super::Order;

/// Calls a gate off: from any thread, before it runs and while it does, more than once. Copies are of the same gate. After its end
/// it does nothing.
#[derive(Clone)]
pub struct GateControl {
    orders: Arc<watch::Sender<Order>>,
}

impl GateControl {
    pub(super) fn of(orders: &Arc<watch::Sender<Order>>) -> Self {
        Self { orders: Arc::clone(orders) }
    }

    /// Asks every agent to end, in peace, and starts none.
    pub fn cancel(&self) {
        self.order(Order::Stop);
    }

    /// Kills every agent, and starts none.
    pub fn kill(&self) {
        self.order(Order::Kill);
    }

    /// What was ordered is never taken back.
    fn order(&self, order: Order) {
        give(&self.orders, order);
    }
}

/// Gives an order, unless a worse one was given before.
pub(super) fn give(orders: &watch::Sender<Order>, order: Order) {
    orders.send_if_modified(|present| {
        let is_worse = order > *present;
        *present = order.max(*present);
        is_worse
    });
}

impl fmt::Debug for GateControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GateControl").field(&*self.orders.borrow()).finish()
    }
}
