//! What every drawing stands on.

pub(crate) mod scale;
