pub(crate) mod backoff;
mod breaker;
mod budget;
mod decisions;
mod seed;
mod simulation;
