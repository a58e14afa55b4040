//! What threads share.

pub(crate) mod hub;
