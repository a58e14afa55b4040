//! The options of `auth`.

use clap::{Args, Subcommand};

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum AuthCommand {
    /// Log in: print an address and a code, which you enter in a browser on any device
    ///
    /// The address, the code and the time left are printed on stderr, the result on stdout. The tokens are stored where `store` of the
    /// login says. Ctrl-C ends the login, and stores nothing. With --format json each event is a document on stdout, and the last one,
    /// `finished`, holds the outcome.
    ///
    /// Example: speckit auth login github --qr
    ///
    /// Exit: 0 granted; 1 denied, or the code expired; 2 the login could not be done, or was cancelled.
    Login(LoginArgs),
    /// Show who is logged in, and when the tokens expire; no token is shown
    ///
    /// A token is `expiring` in its last fifth, and at most 300 s before its end: its next use refreshes it.
    ///
    /// Exit: 0 somebody is logged in; 1 nobody is; 2 it could not be found out.
    Status,
    /// Get a new token from the provider now; a use of an expiring token does this by itself
    ///
    /// Exit: 0 refreshed; 1 nobody is logged in, or only a new login helps; 2 it could not be done.
    Refresh {
        /// Name of the login in [auth] [default: the only one]
        login: Option<String>,
    },
    /// Revoke the tokens at the provider, and remove them from this machine
    ///
    /// The refresh token is revoked first. If the provider cannot be reached, has no `revocation_url`, or is not the one that the tokens
    /// belong to, the tokens are only removed here, and a note says so.
    ///
    /// Exit: 0 removed; 1 nobody is logged in; 2 it could not be done.
    Logout {
        /// Name of the login in [auth] [default: the only one]
        login: Option<String>,
    },
    /// Print the access token, for a script; an expiring one is refreshed first
    ///
    /// Example: curl --header @- https://api.example.com <<< "Authorization: Bearer $(speckit auth token company)"
    ///
    /// Exit: 0 printed; 1 nobody is logged in, or only a new login helps; 2 it could not be done.
    Token {
        /// Name of the login in [auth]
        login: String,
        /// Print the token even if the output is a terminal
        #[arg(long)]
        reveal: bool,
    },
}

#[derive(Args, Clone, Debug)]
pub(crate) struct LoginArgs {
    /// Name of the login in [auth] [default: the only one]
    pub(crate) login: Option<String>,
    /// Also open the address in the browser of this machine
    #[arg(long)]
    pub(crate) open: bool,
    /// Also show the address as a QR code, if the terminal is large enough
    #[arg(long)]
    pub(crate) qr: bool,
    /// Show the answer to each question whether you have confirmed, and the wait until the next one; no token is shown
    #[arg(long)]
    pub(crate) verbose: bool,
}
