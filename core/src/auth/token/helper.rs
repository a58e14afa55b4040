//! The texts of docker's credential-helper protocol: what a helper reads from its standard input, and what it prints.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::record::{RecordError, TokenRecord};
use crate::tree::typed::Secret;

/// The longest input and output, in bytes: helpers read their input with a buffer of this size, and refuse a longer line.
pub const MAX_HELPER_BYTES: usize = 64 * 1024;

/// What a helper prints, with exit status 1, for a server that it does not know.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// A command of a helper: its only argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HelperCommand {
    /// Prints what is stored.
    Get,
    /// Stores, and replaces what was stored before.
    Store,
    /// Removes what is stored.
    Erase,
}

/// Why a helper did not do its work. No part of its output is in it, since that may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HelperProblem {
    /// It ended with an error.
    #[error("it ended with status {status}")]
    Failed {
        /// Its exit status.
        status: i32,
    },
    /// A signal ended it.
    #[error("a signal ended it")]
    Killed,
    /// It printed no credentials.
    #[error("its output is not a JSON object with `ServerURL`, `Username` and `Secret`")]
    NotCredentials,
    /// It stored without an error, and does not return it.
    #[error("it does not return what it stored")]
    NotStored,
    /// What it printed is no record.
    #[error("what it has stored cannot be read: {0}")]
    Record(#[from] RecordError),
    /// The record is longer than what a helper reads.
    #[error("the tokens are longer than the 64 KiB that a helper reads")]
    TooLong,
}

impl HelperCommand {
    /// The argument.
    pub fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Store => "store",
            Self::Erase => "erase",
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Stored<'a> {
    #[serde(rename = "ServerURL")]
    server_url: &'a str,
    username: &'a str,
    secret: &'a str,
}

/// What a helper prints for `get`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    secret: Secret<String>,
}

/// The name under which a helper stores the tokens of a login, and its whole input for `get` and `erase`.
///
/// It has no scheme, because helpers for the key chains of macOS and Windows take it for an address with `https`, and refuse any
/// other scheme and a colon that no port follows.
///
/// ```
/// assert_eq!(speckit_core::auth::token::helper::server("work"), "speckit/auth/work");
/// ```
pub fn server(login: &str) -> String {
    format!("speckit/auth/{login}")
}

/// The input of `store`.
///
/// # Errors
/// [`HelperProblem::TooLong`].
pub fn store_input(login: &str, record: &TokenRecord) -> Result<Secret<Vec<u8>>, HelperProblem> {
    let bytes = record.to_bytes();
    let secret = str::from_utf8(bytes.expose()).map_err(|_| HelperProblem::NotCredentials)?;
    let stored = Stored { server_url: &server(login), username: login, secret };
    let input = Secret::new(serde_json::to_vec(&stored).map_err(|_| HelperProblem::NotCredentials)?);
    if input.expose().len() < MAX_HELPER_BYTES { Ok(input) } else { Err(HelperProblem::TooLong) }
}

/// The name under which a helper stores what only proves that it can store, for a login without tokens.
pub fn check_server(login: &str) -> String {
    format!("speckit/check/{login}")
}

/// The input of `store` with no secret, as long as the record of short tokens.
pub fn check_input(login: &str) -> Vec<u8> {
    const BYTES: usize = 512;
    let stored = Stored { server_url: &check_server(login), username: login, secret: &"-".repeat(BYTES) };
    // Texts alone cannot fail.
    serde_json::to_vec(&stored).unwrap_or_default()
}

/// Whether `get` printed what [`check_input`] stored.
///
/// # Errors
/// [`HelperProblem`].
pub fn checked(status: Option<i32>, output: &[u8]) -> Result<(), HelperProblem> {
    match loaded(status, output) {
        // The text of the check is no record.
        Err(HelperProblem::Record(_)) => Ok(()),
        Ok(_) => Err(HelperProblem::NotStored),
        Err(problem) => Err(problem),
    }
}

/// The record that `get` printed; `None`: the helper has none. The status is `None` if a signal ended the helper.
///
/// # Errors
/// [`HelperProblem`].
pub fn loaded(status: Option<i32>, output: &[u8]) -> Result<Option<TokenRecord>, HelperProblem> {
    if is_not_found(status, output) {
        return Ok(None);
    }
    done(status)?;
    let printed: Printed = serde_json::from_slice(output).map_err(|_| HelperProblem::NotCredentials)?;
    match printed.secret.expose().as_bytes() {
        // The helper for `pass` prints an empty secret, and succeeds, where it has nothing.
        b"" => Ok(None),
        secret => Ok(Some(TokenRecord::parse(secret)?)),
    }
}

/// The result of `store`.
///
/// # Errors
/// [`HelperProblem`].
pub fn stored(status: Option<i32>) -> Result<(), HelperProblem> {
    done(status)
}

/// The result of `erase`. To remove what does not exist is no failure.
///
/// # Errors
/// [`HelperProblem`].
pub fn erased(status: Option<i32>, output: &[u8]) -> Result<(), HelperProblem> {
    if is_not_found(status, output) { Ok(()) } else { done(status) }
}

fn done(status: Option<i32>) -> Result<(), HelperProblem> {
    match status {
        Some(0) => Ok(()),
        Some(status) => Err(HelperProblem::Failed { status }),
        None => Err(HelperProblem::Killed),
    }
}

fn is_not_found(status: Option<i32>, output: &[u8]) -> bool {
    status.is_some_and(|status| status != 0) && output.trim_ascii() == NOT_FOUND.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::token::examples::record;
    use serde_json::{Value, json};

    #[test]
    fn what_is_stored_is_loaded_again() {
        let record = record(&json!({"access_token": "canary \"quoted\" ~", "expires_in": 60}));
        let input = store_input("work", &record).unwrap();
        let stored: Value = serde_json::from_slice(input.expose()).unwrap();
        assert_eq!(
            (&stored["ServerURL"], &stored["Username"]),
            (&json!("speckit/auth/work"), &json!("work"))
        );
        assert_eq!(loaded(Some(0), input.expose()), Ok(Some(record)));
        assert_eq!(format!("{input:?}"), "[redacted]");
    }

    #[test]
    fn absent_tokens_are_no_failure() {
        let absent = b"credentials not found in native keychain\n";
        assert_eq!(loaded(Some(1), absent), Ok(None));
        assert_eq!(erased(Some(1), absent), Ok(()));
        assert_eq!(loaded(Some(0), br#"{"ServerURL":"garbage","Username":"","Secret":""}"#), Ok(None));
    }

    #[test]
    fn a_failure_shows_nothing_of_the_output() {
        let canary = b"canary";
        assert_eq!(loaded(Some(1), canary), Err(HelperProblem::Failed { status: 1 }));
        assert_eq!(loaded(None, canary), Err(HelperProblem::Killed));
        assert_eq!(stored(Some(3)), Err(HelperProblem::Failed { status: 3 }));
        assert_eq!(erased(Some(1), b"the store is locked"), Err(HelperProblem::Failed { status: 1 }));
        for output in [&b"canary"[..], b"", b"[]", b"{}", br#"{"Secret":1}"#] {
            assert_eq!(loaded(Some(0), output), Err(HelperProblem::NotCredentials));
        }
        let damaged = loaded(Some(0), br#"{"Secret":"canary"}"#);
        assert_eq!(damaged, Err(HelperProblem::Record(RecordError::Damaged)));
    }

    #[test]
    fn a_record_that_no_helper_reads_is_refused_before_it_is_sent() {
        let long = record(&json!({"access_token": "x".repeat(MAX_HELPER_BYTES)}));
        assert_eq!(store_input("work", &long), Err(HelperProblem::TooLong));
    }
}
