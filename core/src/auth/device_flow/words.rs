//! The error codes that providers send, and what they mean for a login.

/// What an error code means while a person approves the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nobody has approved it yet.
    Pending,
    /// The polls come too fast.
    SlowDown,
    /// The provider has a problem that passes.
    Unavailable,
    /// A person or a rule of the organization refused.
    Denied,
    /// The code expired.
    Expired,
    /// The login cannot succeed.
    Refused,
}

/// What a person can do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Begin anew.
    NewLogin,
    /// Compare `client_id`, `client_secret_env` and `client_authentication` with what the provider has.
    Credentials,
    /// Allow the device flow for this client, at the provider.
    AllowFlow,
    /// Correct `scopes`.
    Scopes,
    /// Correct `parameters`, `scopes` or `pkce`.
    Parameters,
}

use Meaning::{Denied, Expired, Pending, Refused, SlowDown, Unavailable};
use Remedy::{AllowFlow, Credentials, NewLogin, Parameters, Scopes};

/// RFC 8628, section 3.5, and RFC 6749, sections 4.1.2.1 and 5.2; then the codes of single providers.
const WORDS: [(&str, Meaning, Remedy); 22] = [
    ("authorization_pending", Pending, NewLogin),
    ("slow_down", SlowDown, NewLogin),
    ("access_denied", Denied, NewLogin),
    ("expired_token", Expired, NewLogin),
    ("invalid_client", Refused, Credentials),
    ("invalid_grant", Refused, NewLogin),
    ("invalid_request", Refused, Parameters),
    ("invalid_scope", Refused, Scopes),
    ("invalid_target", Refused, Parameters),
    ("unauthorized_client", Refused, AllowFlow),
    ("unsupported_grant_type", Refused, AllowFlow),
    ("server_error", Unavailable, NewLogin),
    ("temporarily_unavailable", Unavailable, NewLogin),
    // Microsoft.
    ("authorization_declined", Denied, NewLogin),
    ("bad_verification_code", Refused, NewLogin),
    // GitHub.
    ("device_flow_disabled", Refused, AllowFlow),
    ("incorrect_client_credentials", Refused, Credentials),
    ("incorrect_device_code", Refused, NewLogin),
    // Google.
    ("admin_policy_enforced", Denied, NewLogin),
    ("org_internal", Denied, NewLogin),
    ("rate_limit_exceeded", Unavailable, NewLogin),
    // Rate limiters in front of a provider.
    ("too_many_requests", Unavailable, NewLogin),
];

/// What an error code means. One that is not in the table ends the login.
pub(super) fn meaning(word: &str) -> Meaning {
    entry(word).map_or(Refused, |(meaning, _)| meaning)
}

/// What a person can do about a refusal; `None` for a code that is not in the table.
pub(super) fn remedy(word: &str) -> Option<Remedy> {
    entry(word).map(|(_, remedy)| remedy)
}

fn entry(word: &str) -> Option<(Meaning, Remedy)> {
    let found = WORDS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(word));
    found.map(|(_, meaning, remedy)| (*meaning, *remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_in_the_table_twice() {
        let mut words = WORDS.map(|(word, ..)| word);
        words.sort_unstable();
        assert!(words.windows(2).all(|pair| pair[0] != pair[1]), "{words:?}");
    }

    #[test]
    fn an_unknown_word_ends_the_login_without_a_remedy() {
        assert_eq!((meaning("no_such_word"), remedy("no_such_word")), (Refused, None));
        assert_eq!(meaning("Authorization_Pending"), Pending);
    }
}
