//! The logins of a configuration, for the agents of its gates.

use std::collections::BTreeMap;
use std::time::Duration;

use speckit_core::agents::credentials::LoginState;
use speckit_core::auth::LoginConfig;
use speckit_core::text::duration;
use speckit_core::tree::typed::{Secret, from_value};
use speckit_core::{Code, Diagnostic, Key, Value};

use speckit::agents::CredentialSource;
use speckit::auth::{self, AccessToken, TokenManager, TokenStorage, client_of};
use speckit::internal::Mutex;

/// The configured logins. The state of each is found once, so that all parts of a command report the same.
pub(crate) struct Logins {
    configs: BTreeMap<String, LoginConfig>,
    /// Why no login is used.
    set_aside: Option<String>,
    /// For how long a token is needed; `None`: the stored tokens are only looked at, and nothing is sent.
    needed: Option<Duration>,
    /// The manager of each login that was used, or why it has none.
    managers: Mutex<BTreeMap<String, Result<TokenManager, String>>>,
    states: Mutex<BTreeMap<String, LoginState>>,
    warnings: Mutex<Vec<Diagnostic>>,
}

impl Logins {
    /// The logins of a configuration tree, whose stored tokens are only looked at. Invalid ones are reported by the check of the
    /// configuration.
    pub(crate) fn of(root: &Value) -> Self {
        let logins = root.member("auth").and_then(Value::as_table).into_iter().flatten();
        let configs = logins.filter_map(|(name, login)| Some((name.to_string(), from_value(login).ok()?)));
        Self::of_configs(configs.collect())
    }

    fn of_configs(configs: BTreeMap<String, LoginConfig>) -> Self {
        Self {
            configs,
            set_aside: None,
            needed: None,
            managers: Mutex::new(BTreeMap::new()),
            states: Mutex::new(BTreeMap::new()),
            warnings: Mutex::new(Vec::new()),
        }
    }

    /// No login is used: the state of each is unusable for this reason, and nothing is read or started.
    pub(crate) fn set_aside(reason: &str) -> Self {
        let mut logins = Self::of_configs(BTreeMap::new());
        logins.set_aside = Some(reason.into());
        logins
    }

    /// The same logins; the state of one is found with a token that is valid for the needed time, which may be refreshed.
    pub(crate) fn renewed_for(self, needed: Option<Duration>) -> Self {
        Self { needed, ..self }
    }

    /// The warnings about tokens that are used although they could not be refreshed, so far.
    pub(crate) fn warnings(&self) -> Vec<Diagnostic> {
        self.warnings.lock().clone()
    }
}

impl Logins {
    /// The manager of a login.
    ///
    /// # Errors
    /// Why there is none, as a lowercase fragment.
    fn manager(&self, login: &str) -> Result<TokenManager, String> {
        let mut managers = self.managers.lock();
        if let Some(known) = managers.get(login) {
            return known.clone();
        }
        let made = match self.configs.get(login) {
            None => Err(self.set_aside.clone().unwrap_or_else(|| "it is not configured".into())),
            Some(config) => client_of(login, config)
                .and_then(|client| Ok(TokenManager::new(client, TokenStorage::of(login, config)?)))
                .map_err(|error| error.to_string()),
        };
        managers.insert(login.into(), made.clone());
        made
    }

    /// The state of a login, by its stored tokens.
    fn stored_state(&self, login: &str) -> LoginState {
        let status = match self.manager(login) {
            Ok(manager) => manager.status(),
            Err(reason) => return LoginState::Unusable { reason },
        };
        match status.state {
            auth::LoginState::Valid | auth::LoginState::Expiring => {
                LoginState::Usable { valid_for: status.expires_in_s.map(Duration::from_secs) }
            }
            auth::LoginState::Expired if status.refreshable => LoginState::Renewable,
            auth::LoginState::Expired => LoginState::Expired,
            auth::LoginState::Absent => LoginState::Absent,
            auth::LoginState::Unreadable => {
                LoginState::Unusable { reason: status.problem.unwrap_or_default() }
            }
        }
    }

    /// The state of a login whose token is needed for so long.
    fn renewed_state(&self, login: &str, needed: Duration) -> LoginState {
        match self.access_token(login, needed) {
            Ok(token) => {
                self.warnings.lock().extend(short_token(login, &token, needed));
                LoginState::Usable { valid_for: token.left() }
            }
            Err(reason) => LoginState::Unusable { reason },
        }
    }

    fn access_token(&self, login: &str, needed: Duration) -> Result<AccessToken, String> {
        self.manager(login)?.token_for(needed).map_err(|error| error.to_string())
    }
}

/// The warning that a token could not be refreshed, and may expire while its agent runs.
fn short_token(login: &str, token: &AccessToken, needed: Duration) -> Option<Diagnostic> {
    let left = token.left().filter(|left| *left < needed)?;
    let message = format!("the token is not refreshed: {}", token.warning()?);
    let help = format!(
        "the token is valid for {}, and an agent may run for {}: log in again with `speckit auth login {login}`, or run the \
         gate later",
        duration(Duration::from_secs(left.as_secs())),
        duration(needed)
    );
    Some(Diagnostic::warning(Code::AuthCredential, Key::of(["auth", login]), message).help(help))
}

impl CredentialSource for Logins {
    fn login_state(&self, login: &str) -> LoginState {
        if let Some(known) = self.states.lock().get(login) {
            return known.clone();
        }
        let state = match (self.stored_state(login), self.needed) {
            (LoginState::Usable { .. } | LoginState::Renewable, Some(needed)) => {
                self.renewed_state(login, needed)
            }
            (state, _) => state,
        };
        self.states.lock().insert(login.into(), state.clone());
        state
    }

    fn token(&self, login: &str, needed: Duration) -> Result<Secret<String>, String> {
        Ok(Secret::new(self.access_token(login, needed)?.expose().to_owned()))
    }
}
