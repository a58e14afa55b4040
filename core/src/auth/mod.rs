//! Device login (RFC 8628).

mod config;

pub use config::{LoginConfig, TokenStore};
