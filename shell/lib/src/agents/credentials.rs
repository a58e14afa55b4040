//! The tokens that agents get from logins.

use std::collections::BTreeMap;
use std::time::Duration;

use speckit_core::agents::credentials::{
    Credential, CredentialChoice, CredentialOrder, LoginState, VariableState,
};
use speckit_core::agents::gate::{CommandLine, Ending};
use speckit_core::agents::{GateSettings, Provider};
use speckit_core::config::source::Environment;
use speckit_core::retry::ErrorClass;
use speckit_core::tree::typed::Secret;

/// Gives the tokens of logins to the agents of gates, such as a [`TokenManager`](crate::auth::TokenManager) for each login.
pub trait CredentialSource: Send + Sync {
    /// The state of a login. It is asked while a gate is planned.
    fn login_state(&self, login: &str) -> LoginState;

    /// A token of a login that is valid for at least the needed time. It is asked before each attempt of an agent, in a thread
    /// that may block.
    ///
    /// # Errors
    /// Why there is none, as a lowercase fragment without a secret.
    fn token(&self, login: &str, needed: Duration) -> Result<Secret<String>, String>;
}

/// The source of a program without logins.
pub(super) struct NoLogins;

impl CredentialSource for NoLogins {
    fn login_state(&self, _: &str) -> LoginState {
        LoginState::Unusable { reason: "this program gives its gates no logins".into() }
    }

    fn token(&self, _: &str, _: Duration) -> Result<Secret<String>, String> {
        Err("this program gives its gates no logins".into())
    }
}

/// The credential of each provider.
pub(super) fn choices(
    settings: &GateSettings<'_>,
    environment: &Environment,
    source: &dyn CredentialSource,
) -> BTreeMap<Provider, CredentialChoice> {
    let variable = |name: &str| VariableState::of(environment.text(name));
    let choose = |provider| {
        CredentialOrder::of_provider(provider).choose(&|login| source.login_state(login), &variable)
    };
    settings.providers.iter().map(|(name, provider)| (*name, choose(provider))).collect()
}

/// Puts the token of a login into the environment of its agent, and returns it.
///
/// # Errors
/// [`Ending::NotStarted`]: there is no token. Only a person can get one, so the attempt is not repeated.
pub(super) fn add_token(
    command: &mut CommandLine,
    source: &dyn CredentialSource,
    needed: Duration,
) -> Result<Secret<String>, Ending> {
    let failed = |reason: String| Ending::NotStarted { class: ErrorClass::Permanent, reason };
    let Some(Credential::Login { login, variable }) = &command.credential else {
        return Err(failed("the agent uses no login".into()));
    };
    let token = source.token(login, needed);
    let token = token.map_err(|reason| failed(format!("the login `{login}` gives no token: {reason}")))?;
    command.environment.insert(variable.clone(), token.clone());
    Ok(token)
}
