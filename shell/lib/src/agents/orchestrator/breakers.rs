//! A circuit breaker for each provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use speckit_core::agents::gate::{Agent, Ending};
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

/// Reports an attempt to the breaker of its provider. Only an exit counts: exit 0 as a success, and a retryable one as a failure of
/// the provider. Other endings may have their reason in this machine.
pub(super) fn report(permit: CallPermit<'_>, agent: &Agent, ending: &Ending) {
    match ending {
        Ending::Exited { code: 0 } => permit.succeeded(),
        Ending::Exited { code } => permit.failed(agent.exit_class(*code)),
        // Returns it unused.
        _ => drop(permit),
    }
}
