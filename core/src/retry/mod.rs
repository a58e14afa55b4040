//! Retries: the waits, the decision after each failure, budgets and circuit breakers.

pub mod backoff;
pub mod breaker;
mod budget;
pub mod classes;
mod config;
mod decision;
pub mod retry_after;
mod seed;
pub mod simulation;

pub use budget::{Budget, BudgetConfig};
pub use config::{Jitter, RetryConfig, RetryOverrides};
pub use decision::*;
pub use seed::{RandomStream, Seed};
