//! The policy check with real repositories.

mod range;
mod repository;
mod staged;
