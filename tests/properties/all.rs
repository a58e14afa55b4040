//! Laws that hold for every input. Each property tests one law.

mod agents;
mod app;
mod auth;
mod bench;
mod config;
mod policy;
mod retry;
mod store;
