//! The policy check, as a user runs it.

mod hooks;
mod page;
mod range;
mod repository;
mod staged;
