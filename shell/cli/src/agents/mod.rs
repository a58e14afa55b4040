//! Commands about models and quality gates.

pub(crate) mod gate;
pub(crate) mod resolve;
