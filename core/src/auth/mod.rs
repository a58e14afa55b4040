//! Device login (OAuth 2.0, RFC 8628): the flow, tokens and their refresh, as functions and machines without any effect.

mod check;
mod client;
mod config;
pub mod device_flow;
mod diagnostic;
mod discovery;
mod error;
mod exchange;
mod fields;
mod misplaced;
mod proxy;
mod refusal;
mod replacement;
mod selection;
pub mod token;
mod url;

pub use check::check_logins;
pub use client::{Client, Endpoints, Identity};
pub use config::{ClientAuthentication, LoginConfig, Pkce, TokenStoreKind};
pub use discovery::{Discovery, DiscoveryStep};
pub use error::{AnswerProblem, AuthError, LoginNeeded};
pub use exchange::{
    Answer, Endpoint, Exchange, MAX_ANSWER_BYTES, Request, TransportFailure, TransportFailureKind,
};
pub use misplaced::is_misplaced_secret;
pub use proxy::{ProxyProblem, ProxySettings};
pub use replacement::replacement_note;
pub use selection::{FIRST_LOGIN, SelectionError, select};
pub use url::{UrlProblem, allowed_url};
