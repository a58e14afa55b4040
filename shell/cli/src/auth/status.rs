//! `auth status`: who is logged in. Nothing is sent to a provider.

use speckit_core::auth::FIRST_LOGIN;

use super::logins::configured;
use crate::context::{CommandResult, Context, Exit};
use speckit::auth::{
    Client, LoginConfig, LoginState, LoginStatus, StatusReport, TokenManager, TokenStorage, client_of,
};
use speckit::internal::clock;

pub(super) fn run(context: &Context) -> CommandResult {
    let logins = configured(context)?;
    let report =
        StatusReport { logins: logins.iter().map(|(name, config)| status_of(name, config)).collect() };
    if report.logins.is_empty() {
        context.terminal.note(&format!("no login is configured\nhelp: {FIRST_LOGIN}\n"));
    }
    context.print(&report, report.to_text());
    let is_unreadable = report.logins.iter().any(|login| login.state == LoginState::Unreadable);
    Ok(match report.logins.iter().any(is_logged_in) {
        true => Exit::Ok,
        // Somebody may be logged in where the store cannot be read.
        false if is_unreadable => Exit::Incomplete,
        false => Exit::Negative,
    })
}

/// Whether the token can be used, or a refresh gives a new one.
fn is_logged_in(login: &LoginStatus) -> bool {
    match login.state {
        LoginState::Valid | LoginState::Expiring => true,
        LoginState::Expired => login.refreshable,
        LoginState::Absent | LoginState::Unreadable => false,
    }
}

/// The status of what is stored now.
pub(super) fn status_of(name: &str, config: &LoginConfig) -> LoginStatus {
    // The secret is not needed to read; without it the status has a problem.
    let client = client_of(name, config).unwrap_or_else(|_| Client::new(name, config.clone(), None));
    match TokenStorage::of(name, config) {
        Ok(storage) => TokenManager::new(client, storage).status(),
        Err(error) => LoginStatus::of(&client, None, &Err(error), clock::since_epoch()),
    }
}
