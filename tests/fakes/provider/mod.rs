//! A provider of device logins (RFC 8628) on loopback: a small HTTP server with a model of what a provider knows.
//!
//! The model answers each request unless a script of the test answers in its place. Every secret text begins with [`CANARY`], so
//! that a test finds it wherever it is shown.

mod dialect;
mod http;
mod model;
mod reply;
mod server;
#[cfg(test)]
mod tests;

pub use dialect::{Authentication, CANARY, Dialect, Discovery, RefreshRule};
pub use http::{ReceivedRequest, Route};
pub use model::Decision;
pub use reply::{HttpAnswer, Reply};
pub use server::Provider;
