//! The policy check with real repositories.

mod hooks;
mod range;
mod repository;
mod staged;
