//! The logins of the configuration, and the one that a command means.

use std::collections::BTreeMap;

use speckit_core::auth::select;
use speckit_core::{Code, Diagnostic, Key};

use crate::context::{Context, Exit, Need};
use speckit::auth::{AuthError, Client, LoginConfig, TokenManager, TokenStorage, client_of};

/// The configured logins, by name.
///
/// # Errors
/// The configuration is refused, which was reported.
pub(super) fn configured(context: &Context) -> Result<BTreeMap<String, LoginConfig>, Exit> {
    if !context.is_application() {
        let why = "logins belong to the built-in schema, which --schema replaces";
        let error = Diagnostic::error(Code::AuthSchema, Key::root(), why);
        return Err(context.refuse(&[error.help("run without --schema")]));
    }
    // Exit 1 is the answer of a login only.
    let (opened, checked) = context.open_valid().map_err(|_| Exit::Incomplete)?;
    context.require_trust(&opened, Need::LOGINS)?;
    Ok(context.typed(&opened, checked).map_err(|_| Exit::Incomplete)?.auth)
}

/// The login that a command means.
pub(super) struct SelectedLogin {
    pub(super) name: String,
    pub(super) config: LoginConfig,
    pub(super) storage: TokenStorage,
}

impl SelectedLogin {
    /// The login of this name; without a name, the only one.
    ///
    /// # Errors
    /// There is none, or its tokens have no place; it was reported.
    pub(super) fn of(context: &Context, wanted: Option<&str>) -> Result<Self, Exit> {
        let mut logins = configured(context)?;
        let name = select(logins.keys().map(String::as_str), wanted)
            .map(String::from)
            .map_err(|error| context.refuse(&[error.diagnostic()]))?;
        // It was found among the keys.
        let config = logins.remove(&name).ok_or(Exit::Incomplete)?;
        let storage = TokenStorage::of(&name, &config);
        let storage = storage.map_err(|error| context.refuse(&[error.diagnostic(&name)]))?;
        Ok(Self { name, config, storage })
    }

    /// The client with its secret.
    ///
    /// # Errors
    /// The variable of the secret is not set.
    pub(super) fn client(&self) -> Result<Client, AuthError> {
        client_of(&self.name, &self.config)
    }

    /// The manager of its tokens.
    ///
    /// # Errors
    /// The variable of the secret is not set; it was reported.
    pub(super) fn manager(&self, context: &Context) -> Result<TokenManager, Exit> {
        let client = self.client().map_err(|error| self.fail(context, &error))?;
        Ok(TokenManager::new(client, self.storage.clone()))
    }

    /// Reports why a command failed: [`Exit::Negative`] if nobody is logged in, or not any more.
    pub(super) fn fail(&self, context: &Context, error: &AuthError) -> Exit {
        let exit = context.refuse(&[error.diagnostic(&self.name)]);
        if error.is_logged_out() { Exit::Negative } else { exit }
    }
}
