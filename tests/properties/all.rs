//! Laws that hold for every input, one a property.

mod backoff;
mod breaker;
mod budget;
mod canaries;
mod capture;
mod consensus;
mod defaults;
mod environment;
mod gate;
mod gate_plan;
mod generated;
mod guard;
mod herd;
mod history;
mod merge;
mod redact;
mod registry;
mod reload;
mod retry;
mod schema;
mod seed;
mod source;
mod strategies;
mod supervise;
mod vacuum;
