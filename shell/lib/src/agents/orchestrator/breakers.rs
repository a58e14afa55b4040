//! A circuit breaker for each provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use speckit_core::agents::gate::{Agent, Ending};
use speckit_core::retry::breaker::BreakerConfig;

use crate::retry::{CallPermit, CircuitBreaker};
use crate::sync::Mutex;

/// The circuit breakers of the providers, by their names. Each is made when it is first asked for.
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

/// Reports an attempt to the breaker of its provider. An exit is an answer of the provider, and a failure of it where it is worth
/// another attempt. Nothing else says anything of the provider: this machine may have no process to spare for any agent.
pub(super) fn judge(pass: CallPermit<'_>, agent: &Agent, ending: &Ending) {
    match ending {
        Ending::Exited { code: 0 } => pass.succeeded(),
        Ending::Exited { code } => pass.failed(agent.exit_class(*code)),
        // Given back unused.
        _ => drop(pass),
    }
}
