//! The device flow (RFC 8628): a person approves a login in a browser, perhaps on another device, while the program polls.
//!
//! [`DeviceFlow`] decides what is sent and when; the caller performs its [`Action`]s. [`LoginEvent`] is what a person or a script
//! reads of it, and [`Outcome`] is its end.

mod authorization;
mod drift;
mod machine;
mod opening;
mod outcome;
mod pkce;
mod poll_answer;
mod prompt;
mod report;
mod requests;
mod schedule;
#[cfg(test)]
mod tests;
mod words;

pub use drift::{ClockDrift, Now};
pub use machine::{Action, DeviceFlow, Input};
pub use outcome::{Outcome, OutcomeKind};
pub use pkce::Verifier;
pub use poll_answer::PollReason;
pub use prompt::Prompt;
pub use report::{LoginEvent, Poll};
