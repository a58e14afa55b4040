//! Errors of logins as diagnostics, with what to do.

use alloc::format;
use alloc::string::ToString as _;

use super::error::{AuthError, LoginNeeded};
use crate::tree::{Code, Diagnostic, Key};

impl AuthError {
    /// Whether the answer is that nobody is logged in, or not any more. Tokens of another provider or client are no answer: nothing
    /// was sent.
    pub fn is_logged_out(&self) -> bool {
        match self {
            Self::LoginNeeded { reason, .. } => *reason != LoginNeeded::OtherIdentity,
            _ => false,
        }
    }

    /// The stable code of the error.
    pub fn code(&self) -> Code {
        match self {
            Self::Transport { .. } | Self::Answer { .. } | Self::Refused { .. } | Self::Provider(_) => {
                Code::AuthProvider
            }
            Self::LoginNeeded { .. } => Code::AuthLoginNeeded,
            Self::Store(_) | Self::Locked { .. } => Code::AuthStoreUnusable,
        }
    }

    /// The error at the key of this login, with the line to type if a new login helps.
    pub fn diagnostic(&self, login: &str) -> Diagnostic {
        let error = Diagnostic::error(self.code(), Key::of(["auth", login]), self.to_string());
        match self {
            Self::LoginNeeded { reason: LoginNeeded::OtherIdentity, .. } => error.help(format!(
                "nothing was sent; `speckit auth login {login}` logs in to the provider of the settings, \
                 and `speckit auth logout {login}` removes the old tokens"
            )),
            Self::LoginNeeded { .. } => error.help(format!("run `speckit auth login {login}`")),
            Self::Transport { .. } => error.help("check the connection, and try again"),
            Self::Answer { status: 429 | 500.., .. } => {
                error.help("the provider has a problem; try again later")
            }
            _ => error,
        }
    }
}
