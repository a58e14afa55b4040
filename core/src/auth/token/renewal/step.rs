//! The inputs and actions of a renewal.

use alloc::boxed::Box;
use core::time::Duration;

use crate::auth::error::AuthError;
use crate::auth::exchange::{Exchange, Request};
use crate::auth::token::record::TokenRecord;

/// What the caller of a renewal wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RenewalGoal {
    /// A token that lasts so long, which need not be a new one.
    Lasting(Duration),
    /// A new token, whatever is left of the old one.
    New,
}

/// What the caller performs, and whose result is the next input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenewalAction {
    /// Read the stored record: [`RenewalInput::Loaded`].
    Load,
    /// Lock the storage, without waiting: [`RenewalInput::Locked`]. The lock is held until [`RenewalAction::Done`].
    Lock,
    /// Wait so long: [`RenewalInput::Waited`].
    Wait(Duration),
    /// Prove that a record can be stored: [`RenewalInput::Performed`].
    Reserve,
    /// Send the request: [`RenewalInput::Exchanged`].
    Send(Request),
    /// Store the record: [`RenewalInput::Performed`].
    Store(Box<TokenRecord>),
    /// Remove the stored record: [`RenewalInput::Performed`].
    Remove,
    /// Unlock the storage. The renewal is over.
    Done(RenewalResult),
}

/// The result of a [`RenewalAction`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenewalInput {
    /// The stored record.
    Loaded(Result<Option<Box<TokenRecord>>, AuthError>),
    /// Whether the storage is locked now; `false`: another one holds the lock.
    Locked(Result<bool, AuthError>),
    /// The time has passed.
    Waited,
    /// The reservation, or the change of the stored record.
    Performed(Result<(), AuthError>),
    /// The answer.
    Exchanged(Exchange),
}

/// The end of a renewal.
pub type RenewalResult = Result<Renewed, AuthError>;

/// A token that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Renewed {
    /// The stored record with the token.
    pub record: Box<TokenRecord>,
    /// Whether this renewal requested it.
    pub is_new: bool,
    /// Why the token is not newer, although it should be.
    pub warning: Option<AuthError>,
}
