//! A circuit breaker for each provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use speckit_core::agents::gate::{Agent, Attempt, Ending};
use speckit_core::retry::breaker::BreakerConfig;

use crate::retry::{CallPermit, CircuitBreaker};
use crate::sync::Mutex;

/// The circuit breakers of the providers, by name. Each is created at its first use.
#[derive(Default)]
pub(super) struct Breakers(Mutex<BTreeMap<String, Arc<CircuitBreaker>>>);

impl Breakers {
    pub(super) fn of(&self, provider: &str) -> Arc<CircuitBreaker> {
        let mut breakers = self.0.lock();
        if let Some(breaker) = breakers.get(provider) {
            return Arc::clone(breaker);
        }
        let breaker = Arc::new(CircuitBreaker::of_runtime(BreakerConfig::default()));
        breakers.insert(provider.into(), Arc::clone(&breaker));
        breaker
    }
}

/// Reports an attempt to the breaker of its provider. Only an exit counts, and only a retryable failure is one of the provider. Other
/// endings may have their reason in this machine.
pub(super) fn report(permit: CallPermit<'_>, agent: &Agent, attempt: &Attempt) {
    match (&attempt.ending, agent.failure(attempt)) {
        (Ending::Exited { .. }, None) => permit.succeeded(),
        (Ending::Exited { .. }, Some(failure)) => permit.failed(failure.class),
        // Returns it unused.
        _ => drop(permit),
    }
}
