//! Laws that hold for every input, one a property.

mod agents;
mod config;
mod retry;
mod store;
