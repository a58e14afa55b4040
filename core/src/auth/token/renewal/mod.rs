//! One refresh for many processes.
//!
//! A refresh token that is rotated works once, and a provider that detects its reuse revokes the whole login. So a process refreshes
//! under a lock, and looks first whether another one has done it already.

mod answer;
mod machine;
mod step;
#[cfg(test)]
mod tests;

pub use machine::Renewal;
pub use step::{RenewalAction, RenewalGoal, RenewalInput, RenewalResult, Renewed};
