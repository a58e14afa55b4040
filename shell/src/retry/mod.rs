//! Calls that are tried again.
