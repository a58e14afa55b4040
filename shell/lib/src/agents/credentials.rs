//! The tokens that agents get from logins.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use speckit_core::agents::GateSettings;
use speckit_core::agents::credentials::{
    Credential, CredentialChoice, CredentialOrder, LoginState, VariableState, named_secret_variables,
};
use speckit_core::agents::gate::{CommandLine, Ending};
use speckit_core::config::resolve::Checked;
use speckit_core::config::source::Environment;
use speckit_core::retry::ErrorClass;
use speckit_core::tree::typed::Secret;

use crate::os::environment;

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
) -> BTreeMap<String, CredentialChoice> {
    let variable = |name: &str| VariableState::of(environment.text(name));
    let choose = |provider| {
        CredentialOrder::of_provider(provider).choose(&|login| source.login_state(login), &variable)
    };
    settings.providers.iter().map(|(name, provider)| (name.clone(), choose(provider))).collect()
}

/// The variables that no other program inherits from this one: those that a setting names as those of a secret, and of the environment of
/// this process those that set a secret key, or hold the path of a file with a secret.
pub fn secret_variables(checked: &Checked) -> BTreeSet<String> {
    let mut variables = named_secret_variables(checked.merged().root());
    let of_keys = environment::capture_wanted(&|name| checked.is_secret_variable(name));
    variables.extend(of_keys.names().map(String::from));
    variables
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
