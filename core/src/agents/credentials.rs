//! The credential of a provider's agents: the token of a login, or an API key.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::models::{CredentialKind, ProviderConfig};
use crate::text::{duration, visible};
use crate::tree::{Key, Segment, Value};

/// The state of an environment variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableState {
    /// It has a value.
    Set,
    /// It is set to an empty value.
    Empty,
    /// It is not set.
    Unset,
}

impl VariableState {
    /// The state of a variable with this text.
    pub fn of(text: Option<&str>) -> Self {
        match text {
            None => Self::Unset,
            Some("") => Self::Empty,
            Some(_) => Self::Set,
        }
    }
}

/// The state of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginState {
    /// It has a token.
    Usable {
        /// How long the token is valid; `None`: the provider did not say.
        valid_for: Option<Duration>,
    },
    /// Its token expired, and is renewed when it is needed.
    Renewable,
    /// Nobody is logged in.
    Absent,
    /// Its token expired, and nothing can renew it.
    Expired,
    /// Its token cannot be read or renewed.
    Unusable {
        /// Why, as a lowercase fragment without a secret.
        reason: String,
    },
}

/// The credential of an agent. It names variables and holds no secret.
///
/// ```
/// use speckit_core::agents::credentials::Credential;
/// let login = Credential::Login { login: "google".into(), variable: "GEMINI_TOKEN".into() };
/// assert_eq!(login.to_string(), "the login google, in GEMINI_TOKEN");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The token of a login.
    Login {
        /// The name of the login.
        login: String,
        /// The variable in which the agent gets the token.
        variable: String,
    },
    /// An API key, which the agent inherits.
    ApiKey {
        /// The variable with the key.
        variable: String,
    },
}

impl Credential {
    /// The variable in which the agent finds it.
    pub fn variable(&self) -> &str {
        match self {
            Self::Login { variable, .. } | Self::ApiKey { variable } => variable,
        }
    }

    /// Its kind.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::Login { .. } => CredentialKind::Login,
            Self::ApiKey { .. } => CredentialKind::ApiKey,
        }
    }

    /// The line that a person types to get it: `speckit auth login google`, `export GEMINI_API_KEY=…`.
    pub fn command(&self) -> String {
        match self {
            Self::Login { login, .. } => format!("speckit auth login {login}"),
            Self::ApiKey { variable } => format!("export {variable}=…"),
        }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login { login, variable } => {
                write!(f, "the login {}, in {}", visible(login), visible(variable))
            }
            Self::ApiKey { variable } => write!(f, "the API key in {}", visible(variable)),
        }
    }
}

/// The credentials that a provider can have, in the order in which they are tried. Without any its agents need none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialOrder(Vec<Credential>);

impl CredentialOrder {
    /// The order of a provider.
    pub fn of_provider(provider: &ProviderConfig) -> Self {
        let text = |text: &Option<String>| text.clone();
        Self::of(
            &provider.credentials,
            text(&provider.login),
            text(&provider.token_env),
            text(&provider.api_key_env),
        )
    }

    /// The order of a provider in a tree. Values of a wrong type are ignored; the schema rejects them.
    pub fn of_tree(settings: &Value) -> Self {
        let text = |name: &str| Some(String::from(settings.member(name)?.as_str()?));
        let listed = settings.member("credentials").and_then(Value::as_array).map(|listed| {
            let named = |name: &str| CredentialKind::ALL.into_iter().find(|kind| kind.name() == name);
            listed.iter().filter_map(|kind| named(kind.as_str()?)).collect()
        });
        let kinds: Vec<CredentialKind> = listed.unwrap_or_else(ProviderConfig::credentials);
        Self::of(&kinds, text("login"), text("token_env"), text("api_key_env"))
    }

    fn of(
        kinds: &[CredentialKind],
        login: Option<String>,
        token_env: Option<String>,
        api_key_env: Option<String>,
    ) -> Self {
        let login = login.zip(token_env).map(|(login, variable)| Credential::Login { login, variable });
        let api_key = api_key_env.map(|variable| Credential::ApiKey { variable });
        let of_kind = |kind: &CredentialKind| match kind {
            CredentialKind::Login => login.clone(),
            CredentialKind::ApiKey => api_key.clone(),
        };
        Self(kinds.iter().filter_map(of_kind).collect())
    }

    /// The API key, if it may be used. Without any usable credential the agents of a provider inherit its variable.
    pub fn api_key(&self) -> Option<&Credential> {
        self.0.iter().find(|credential| credential.kind() == CredentialKind::ApiKey)
    }

    /// Takes the first credential that is usable. Only those before it are looked at.
    pub fn choose(
        &self,
        login: &dyn Fn(&str) -> LoginState,
        variable: &dyn Fn(&str) -> VariableState,
    ) -> CredentialChoice {
        let mut choice = CredentialChoice::default();
        for credential in &self.0 {
            match CredentialState::of(credential, login, variable) {
                CredentialState::Usable { note } => {
                    choice.taken = Some(credential.clone());
                    choice.note = note;
                    break;
                }
                CredentialState::Unusable { reason } => {
                    choice.unusable.push(UnusableCredential { credential: credential.clone(), reason });
                }
            }
        }
        choice
    }
}

/// The credential that agents get, and why not those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialChoice {
    /// The credential; `None`: none is usable, or none is needed.
    pub taken: Option<Credential>,
    /// The credentials before it, in the order of trial.
    pub unusable: Vec<UnusableCredential>,
    /// How long the taken login is valid.
    note: Option<String>,
}

impl CredentialChoice {
    /// Whether the agents need a credential and have none.
    pub fn is_missing(&self) -> bool {
        self.taken.is_none() && !self.unusable.is_empty()
    }

    /// Why the credentials before the taken one are not used: ``nobody is logged in to `google`, and variable `KEY` is not set``.
    pub fn reasons(&self) -> String {
        let reasons: Vec<&str> = self.unusable.iter().map(|one| one.reason.as_str()).collect();
        reasons.join(", and ")
    }

    /// The lines to type: one of them gives the agents a credential.
    pub fn commands(&self) -> String {
        let commands: Vec<String> =
            self.unusable.iter().map(|one| format!("`{}`", one.credential.command())).collect();
        commands.join(" or ")
    }
}

/// `the login google (valid for 52 min)`, ``the API key in GEMINI_API_KEY, because nobody is logged in to `google` ``, or `none` with the
/// reason.
impl fmt::Display for CredentialChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.taken {
            Some(Credential::Login { login, .. }) => {
                let note = self.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
                write!(f, "the login {}{note}", visible(login))?;
            }
            Some(key) => write!(f, "{key}")?,
            None if self.is_missing() => {
                return write!(f, "none: {}; run {}", visible(&self.reasons()), visible(&self.commands()));
            }
            None => f.write_str("none: the provider needs none")?,
        }
        if self.unusable.is_empty() { Ok(()) } else { write!(f, ", because {}", visible(&self.reasons())) }
    }
}

/// Which credential the agents of a provider get, for the keys that decide about it: `providers.google`, and `login`,
/// `credentials`, `token_env` and `api_key_env` of it. `None` for other keys.
pub fn describe_credential(
    root: &Value,
    key: &Key,
    login: &dyn Fn(&str) -> LoginState,
    variable: &dyn Fn(&str) -> VariableState,
) -> Option<String> {
    let names: Vec<&str> = key
        .segments()
        .iter()
        .map(|segment| match segment {
            Segment::Name(name) => name.as_str(),
            Segment::Index(_) => "",
        })
        .collect();
    let provider = match names.as_slice() {
        ["providers", provider]
        | ["providers", provider, "login" | "credentials" | "token_env" | "api_key_env"] => provider,
        _ => return None,
    };
    let settings = root.member("providers")?.member(provider)?;
    settings.as_table()?;
    Some(CredentialOrder::of_tree(settings).choose(login, variable).to_string())
}

/// The settings that name the variable of a secret, in any table.
const NAMES_OF_VARIABLES: [&str; 4] = ["api_key_env", "client_secret_env", "password_env", "token_env"];

/// The variables that a setting names as those of a secret: API keys, tokens, and the secrets of logins and servers.
///
/// ```
/// use speckit_core::{LayerKind, Source};
/// use speckit_core::agents::credentials::named_secret_variables;
/// use speckit_core::config::source::{Language, parse};
/// let text = "[providers.local]\napi_key_env = 'LOCAL_KEY'\n[auth.work]\nclient_secret_env = 'WORK_SECRET'\n";
/// let layer = parse(&Source::document(LayerKind::File, "app.toml", text), Language::Toml)?;
/// assert!(named_secret_variables(layer.root()).into_iter().eq(["LOCAL_KEY", "WORK_SECRET"]));
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
pub fn named_secret_variables(root: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    root.leaves(&mut |key, value| {
        if let (Some(Segment::Name(name)), Some(variable)) = (key.segments().last(), value.as_str())
            && NAMES_OF_VARIABLES.contains(&name.as_str())
        {
            names.insert(variable.into());
        }
    });
    names
}

/// A credential that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableCredential {
    /// The credential.
    pub credential: Credential,
    /// Why, as a lowercase fragment.
    pub reason: String,
}

/// Whether a credential can be used.
enum CredentialState {
    Usable { note: Option<String> },
    Unusable { reason: String },
}

impl CredentialState {
    fn of(
        credential: &Credential,
        login: &dyn Fn(&str) -> LoginState,
        variable: &dyn Fn(&str) -> VariableState,
    ) -> Self {
        let usable = |note: Option<String>| Self::Usable { note };
        let unusable = |reason: String| Self::Unusable { reason };
        match credential {
            Credential::ApiKey { variable: name } => match variable(name) {
                VariableState::Set => usable(None),
                VariableState::Empty => unusable(format!("variable `{name}` is empty")),
                VariableState::Unset => unusable(format!("variable `{name}` is not set")),
            },
            Credential::Login { login: name, .. } => match login(name) {
                LoginState::Usable { valid_for } => {
                    usable(valid_for.map(|time| format!("valid for {}", duration(in_minutes(time)))))
                }
                LoginState::Renewable => usable(Some("expired; it is renewed when an agent needs it".into())),
                LoginState::Absent => unusable(format!("nobody is logged in to `{name}`")),
                LoginState::Expired => unusable(format!("the login `{name}` expired")),
                LoginState::Unusable { reason } => {
                    unusable(format!("the login `{name}` cannot be used: {reason}"))
                }
            },
        }
    }
}

/// The time without the seconds of its last minute, unless it has no other.
fn in_minutes(time: Duration) -> Duration {
    let seconds = time.as_secs();
    Duration::from_secs(if seconds < 60 { seconds } else { seconds - seconds % 60 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Credential {
        Credential::Login { login: "google".into(), variable: "GEMINI_TOKEN".into() }
    }

    fn api_key() -> Credential {
        Credential::ApiKey { variable: "GEMINI_API_KEY".into() }
    }

    fn choice(order: &[Credential], login: &LoginState, variable: VariableState) -> CredentialChoice {
        CredentialOrder(order.into()).choose(&|_| login.clone(), &|_| variable)
    }

    #[test]
    fn the_first_usable_credential_is_taken() {
        let usable = LoginState::Usable { valid_for: Some(Duration::from_millis(3_139_500)) };
        let refused = LoginState::Unusable { reason: "its file can be read by others".into() };
        use VariableState::{Empty, Set, Unset};
        for (order, login_state, variable, text) in [
            (&[login(), api_key()][..], &usable, Set, "the login google (valid for 52 min)"),
            (&[login(), api_key()], &LoginState::Usable { valid_for: None }, Unset, "the login google"),
            (
                &[login(), api_key()],
                &LoginState::Renewable,
                Set,
                "the login google (expired; it is renewed when an agent needs it)",
            ),
            (&[api_key(), login()], &usable, Set, "the API key in GEMINI_API_KEY"),
            (
                &[api_key(), login()],
                &usable,
                Empty,
                "the login google (valid for 52 min), because variable `GEMINI_API_KEY` is empty",
            ),
            (
                &[login(), api_key()],
                &LoginState::Absent,
                Set,
                "the API key in GEMINI_API_KEY, because nobody is logged in to `google`",
            ),
            (
                &[login(), api_key()],
                &LoginState::Absent,
                Unset,
                "none: nobody is logged in to `google`, and variable `GEMINI_API_KEY` is not set; run `speckit auth login \
                 google` or `export GEMINI_API_KEY=…`",
            ),
            (
                &[login()],
                &LoginState::Expired,
                Set,
                "none: the login `google` expired; run `speckit auth login google`",
            ),
            (
                &[login()],
                &refused,
                Set,
                "none: the login `google` cannot be used: its file can be read by others; run `speckit auth login google`",
            ),
            (
                &[api_key()],
                &usable,
                Empty,
                "none: variable `GEMINI_API_KEY` is empty; run `export GEMINI_API_KEY=…`",
            ),
            (&[], &usable, Set, "none: the provider needs none"),
        ] {
            assert_eq!(choice(order, login_state, variable).to_string(), text);
        }
    }

    #[test]
    fn credentials_after_the_taken_one_are_not_looked_at() {
        let choice = CredentialOrder(Vec::from([api_key(), login()]))
            .choose(&|_| panic!("the login is not needed"), &|_| VariableState::Set);
        assert_eq!((choice.taken, choice.unusable), (Some(api_key()), Vec::new()));
    }

    #[test]
    fn a_login_without_a_variable_for_its_token_is_no_credential() {
        let kinds = ProviderConfig::credentials();
        let name = || Some(String::from("x"));
        assert_eq!(CredentialOrder::of(&kinds, name(), None, None), CredentialOrder::default());
        assert_eq!(CredentialOrder::of(&kinds, None, name(), None), CredentialOrder::default());
        assert_eq!(CredentialOrder::of(&kinds, name(), name(), name()).0.len(), 2);
        assert_eq!(CredentialOrder::of(&[CredentialKind::Login], name(), name(), name()).api_key(), None);
    }
}
