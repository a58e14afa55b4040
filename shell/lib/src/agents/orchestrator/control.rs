//! Cancelling a gate.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use super::super::Order;

/// Cancels a gate from any thread, before it runs and while it runs. Clones control the same gate. After its end it does nothing.
#[derive(Clone)]
pub struct GateControl {
    orders: Arc<watch::Sender<Order>>,
}

impl GateControl {
    pub(super) fn of(orders: &Arc<watch::Sender<Order>>) -> Self {
        Self { orders: Arc::clone(orders) }
    }

    /// Ends every agent (SIGTERM, and SIGKILL after the grace period), and starts no more.
    pub fn cancel(&self) {
        self.order(Order::Stop);
    }

    /// Kills every agent, and starts no more.
    pub fn kill(&self) {
        self.order(Order::Kill);
    }

    fn order(&self, order: Order) {
        raise(&self.orders, order);
    }
}

/// Gives an order, unless a more severe one was given before.
pub(super) fn raise(orders: &watch::Sender<Order>, order: Order) {
    orders.send_if_modified(|present| {
        let is_more_severe = order > *present;
        *present = order.max(*present);
        is_more_severe
    });
}

impl fmt::Debug for GateControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GateControl").field(&*self.orders.borrow()).finish()
    }
}
