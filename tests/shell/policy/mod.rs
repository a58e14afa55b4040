//! The policy check, as a user runs it.

mod page;
