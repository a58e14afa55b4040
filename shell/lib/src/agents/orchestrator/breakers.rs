//! A circuit breaker for each provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use speckit_core::agents::gate::{Agent, Ending};
use speckit_core::retry::ErrorClass;
use speckit_core::retry::breaker::BreakerConfig;

use crate::retry::{CircuitBreaker, Pass};
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

/// Tells a breaker what an attempt says about its provider: an exit is an answer, and one that asks for another attempt is a
/// failure. Everything else says nothing: this machine may have no process to spare for agents of any provider.
pub(super) fn judge(pass: Pass<'_>, agent: &Agent, ending: &Ending) {
    match ending {
        Ending::Exited { code } if agent.retryable_exits.iter().any(|one| i32::from(*one) == *code) => {
            pass.failed(ErrorClass::Retryable);
        }
        Ending::Exited { .. } => pass.succeeded(),
        // Given back unused.
        _ => drop(pass),
    }
}
