//! Tokens: what is stored of them, when they expire, and how they are refreshed.

#[cfg(test)]
mod examples;
mod freshness;
pub mod helper;
mod id_token;
mod lock_waits;
mod record;
pub mod renewal;
pub mod revocation;
mod rotation;
mod state;
mod status;

pub use freshness::wait_before_next_look;
pub use lock_waits::lock_waits;
pub use record::{RecordError, TokenRecord};
pub use state::TokenState;
pub use status::{LoginState, LoginStatus, StatusReport};
