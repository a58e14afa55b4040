//! The policy check, as a user runs it.

mod page;
mod range;
mod repository;
mod staged;
