//! The plan of a stage of a running configuration.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use speckit_core::Diagnostic;
use speckit_core::agents::credentials::named_secret_variables;
use speckit_core::agents::gate::{Plan, Request};
use speckit_core::agents::{GateSettings, Stage};
use speckit_core::config::redact::Masks;

use super::super::credentials::{CredentialSource, NoLogins, choices, secret_variables};
use super::GateError;
use crate::Config;
use crate::config::busy::Busy;
use crate::os::environment;

/// The plan of a stage with the current configuration, for
/// [`AsyncOrchestrator::begin_planned`](super::AsyncOrchestrator::begin_planned). Nothing has started. Reloads are deferred until
/// the plan is dropped or its gate has ended.
pub struct StagePlan {
    pub(super) plan: Plan,
    pub(super) warnings: Vec<Diagnostic>,
    pub(super) masks: Masks,
    pub(super) source: Arc<dyn CredentialSource>,
    pub(super) busy: Busy,
}

impl StagePlan {
    /// The plan of a stage, whose agents use API keys and no logins.
    ///
    /// # Errors
    /// [`GateError::Refused`] with every reason.
    pub fn of<T>(config: &Config<T>, stage: Stage, request: &Request) -> Result<Self, GateError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
        for<'a> GateSettings<'a>: From<&'a T>,
    {
        Self::with_logins(config, stage, request, Arc::new(NoLogins))
    }

    /// As [`of`](Self::of), with logins. The state of the logins decides now which credential the agents of each provider get; each
    /// attempt of an agent with a login gets a token that is valid for its time-out and grace period. Tokens are masked in what
    /// agents write.
    ///
    #[cfg_attr(all(feature = "auth", feature = "app"), doc = "```no_run")]
    #[cfg_attr(not(all(feature = "auth", feature = "app")), doc = "```text")]
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// use speckit::agents::{AsyncOrchestrator, CredentialSource, StagePlan};
    /// use speckit::app::ConfigLoader;
    /// use speckit::auth::{TokenManager, TokenStorage, client_of};
    /// use speckit_core::agents::Stage;
    /// use speckit_core::agents::credentials::LoginState;
    /// use speckit_core::agents::gate::Request;
    /// use speckit_core::tree::typed::Secret;
    ///
    /// /// A program with one login.
    /// struct WorkLogin(TokenManager);
    ///
    /// impl CredentialSource for WorkLogin {
    ///     fn login_state(&self, _login: &str) -> LoginState {
    ///         match self.0.token() {
    ///             Ok(token) => LoginState::Usable { valid_for: token.left() },
    ///             Err(error) => LoginState::Unusable { reason: error.to_string() },
    ///         }
    ///     }
    ///
    ///     fn token(&self, _login: &str, needed: Duration) -> Result<Secret<String>, String> {
    ///         let token = self.0.token_for(needed).map_err(|error| error.to_string())?;
    ///         Ok(Secret::new(token.expose().to_owned()))
    ///     }
    /// }
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = ConfigLoader::new("speckit.toml").open()?;
    /// let snapshot = config.snapshot();
    /// let login = snapshot.settings().auth.get("work").ok_or("there is no login `work`")?;
    /// let manager = TokenManager::new(client_of("work", login)?, TokenStorage::of("work", login)?);
    /// let request = Request { spec: "SPEC-1".into(), prompt: "Is it sound?".into() };
    /// let plan = StagePlan::with_logins(&config, Stage::Plan, &request, Arc::new(WorkLogin(manager)))?;
    /// let run = AsyncOrchestrator::new(10).begin_planned(plan).finish().await;
    /// println!("{}", run.to_text());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn with_logins<T>(
        config: &Config<T>,
        stage: Stage,
        request: &Request,
        source: Arc<dyn CredentialSource>,
    ) -> Result<Self, GateError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
        for<'a> GateSettings<'a>: From<&'a T>,
    {
        let busy = config.busy();
        let snapshot = config.snapshot();
        let settings = GateSettings::from(&**snapshot.settings());
        let mut variables = named_secret_variables(snapshot.root_with_secrets());
        variables.extend(settings.credential_variables().map(String::from));
        let environment = environment::capture_wanted(&|name| variables.contains(name));
        let choices = choices(&settings, &environment, &*source);
        let (plan, warnings) =
            Plan::with_credentials(settings, snapshot.root_with_secrets(), stage, request, &choices)
                .map_err(GateError::Refused)?;
        let plan = plan.withholding(&secret_variables(snapshot.checked()));
        let values = variables.iter().filter_map(|name| environment.text(name)).map(String::from);
        let masks = config.masks().with_texts(values);
        Ok(Self { plan, warnings, masks, source, busy })
    }

    /// The agents with their command lines and limits.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The warnings about the plan, in the order of reports.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Masks the secrets of the configuration, and the values of all variables that a setting names as those of a secret.
    pub fn masks(&self) -> &Masks {
        &self.masks
    }
}

impl fmt::Debug for StagePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StagePlan").field("plan", &self.plan).finish_non_exhaustive()
    }
}
