//! Device login, and tokens that many processes share.

pub use speckit_core::auth::device_flow::{
    ClockDrift, LoginEvent, Now, Outcome, OutcomeKind, Poll, PollReason, Prompt,
};
pub use speckit_core::auth::token::{LoginState, LoginStatus, StatusReport};
pub use speckit_core::auth::{AuthError, Client, LoginConfig};

mod abandon;
mod authenticator;
pub(crate) mod http;
mod keep_fresh;
mod manager;
mod perform;
mod storage;

pub use authenticator::{DeviceFlowAuthenticator, LoginClock, client_of};
pub use keep_fresh::KeepFresh;
pub use manager::{AccessToken, LogOut, TokenManager};
pub use storage::{Stamp, StorageLock, TokenStorage};
