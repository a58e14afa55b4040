//! Performs a device login.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use speckit_core::auth::device_flow::{Action, DeviceFlow, Input, LoginEvent, Now, Outcome, Verifier};
use speckit_core::auth::token::TokenRecord;
use speckit_core::auth::{AuthError, Client, LoginConfig, Pkce};

use super::abandon;
use super::http::HttpClient;
use super::perform;
use super::storage::{StorageLock, TokenStorage};
use crate::os::{clock, entropy, environment};
use crate::retry::CancelToken;

/// The longest wait before the clock is read again, since a clock may jump.
const MAX_SLICE: Duration = Duration::from_secs(1);

/// The client of a configured login, with its secret from the environment of this process.
///
/// # Errors
/// [`AuthError::Provider`]: the provider demands a secret, and the variable that `client_secret_env` names has none.
pub fn client_of(login: &str, config: &LoginConfig) -> Result<Client, AuthError> {
    let wanted = config.client_secret_env.as_deref();
    Client::of(login, config.clone(), &environment::capture_wanted(&|name| Some(name) == wanted))
}

/// The clocks of a login, which a test can replace.
pub trait LoginClock: Send + Sync {
    /// The time by both clocks.
    fn now(&self) -> Now;

    /// Blocks the thread for this time, or until the token is cancelled.
    fn wait(&self, time: Duration, cancel: &CancelToken);
}

/// Logs in with the device flow (RFC 8628): a person approves the login in a browser, perhaps on another device.
///
/// ```no_run
/// use speckit::auth::{DeviceFlowAuthenticator, LoginConfig, LoginEvent, Outcome, TokenStorage, client_of};
/// use speckit::retry::CancelToken;
///
/// # fn log_in(config: &LoginConfig) -> Result<(), speckit::auth::AuthError> {
/// let authenticator = DeviceFlowAuthenticator::new(client_of("github", config)?, TokenStorage::of("github", config)?);
/// let outcome = authenticator.log_in(&CancelToken::new(), &mut |event| match event {
///     LoginEvent::Code(prompt) => print!("{}", prompt.to_text()),
///     event => println!("{event}"),
/// });
/// assert!(matches!(outcome, Outcome::Granted(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DeviceFlowAuthenticator {
    client: Client,
    storage: TokenStorage,
    http: HttpClient,
    clock: Arc<dyn LoginClock>,
}

impl DeviceFlowAuthenticator {
    /// Logs in to this client's provider, through the proxy that the environment names.
    pub fn new(client: Client, storage: TokenStorage) -> Self {
        let clock = Arc::new(SystemClock { start: clock::now() });
        Self { client, storage, http: HttpClient::from_environment(), clock }
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(self, clock: impl LoginClock + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Sends requests in another way.
    #[doc(hidden)]
    #[must_use]
    pub fn with_http(self, http: HttpClient) -> Self {
        Self { http, ..self }
    }

    /// Performs a login and stores its tokens. The last event is [`LoginEvent::Finished`]; its message is that of the outcome.
    ///
    /// Before the first request it proves that the tokens can be stored. Neither the proof nor the wait for a person holds the lock of
    /// the storage, so other processes can refresh the tokens of an earlier login meanwhile.
    ///
    /// Cancelling ends a wait at once, and a request in flight within about a second. A token that is granted in this second is stored
    /// all the same, since the provider counts it as issued. A later answer is dropped unread: if it holds a token, nobody has it, and it
    /// stays valid at the provider until it expires. Nothing is ever half stored.
    pub fn log_in(&self, cancel: &CancelToken, observe: &mut dyn FnMut(&LoginEvent)) -> Outcome {
        let outcome = match self.prove_storage(cancel) {
            Err(_) if cancel.is_cancelled() => Outcome::Cancelled,
            Err(error) => Outcome::Failed(error),
            Ok(()) => match self.run(cancel, observe) {
                Outcome::Granted(record) => match self.store(&record) {
                    Ok(()) => Outcome::Granted(record),
                    Err(error) => Outcome::Failed(error),
                },
                outcome => outcome,
            },
        };
        observe(&LoginEvent::finished(&outcome, &self.client));
        outcome
    }

    /// Performs the actions of the machine.
    fn run(&self, cancel: &CancelToken, observe: &mut dyn FnMut(&LoginEvent)) -> Outcome {
        let verifier = match self.client.config.pkce {
            Pkce::None => None,
            Pkce::S256 => match entropy::secret_bytes() {
                Ok(bytes) => Some(Verifier::new(&bytes)),
                Err(error) => {
                    let reason = format!("the system has no randomness for the login: {error}");
                    return Outcome::Failed(AuthError::Provider(reason));
                }
            },
        };
        let (mut flow, mut actions) = DeviceFlow::begin(self.client.clone(), verifier, self.clock.now());
        loop {
            // The machine ends its actions with a request, a wait, or its outcome.
            let mut input = Input::Cancelled;
            for action in actions {
                match action {
                    Action::Emit(event) => observe(&event),
                    Action::Send(_) if cancel.is_cancelled() => {}
                    Action::Send(request) => {
                        let exchange = abandon::send(&self.http, request, cancel);
                        input = exchange.map_or(Input::Cancelled, Input::Exchanged);
                    }
                    Action::Wait { until } => {
                        self.wait(until, cancel);
                        input = if cancel.is_cancelled() { Input::Cancelled } else { Input::Woken };
                    }
                    Action::Finish(outcome) => return outcome,
                }
            }
            actions = flow.step(self.clock.now(), input);
        }
    }

    /// Waits until this time of the monotonic clock, or until the login is cancelled.
    fn wait(&self, until: Duration, cancel: &CancelToken) {
        while !cancel.is_cancelled() {
            let left = until.saturating_sub(self.clock.now().monotonic);
            if left.is_zero() {
                return;
            }
            self.clock.wait(left.min(MAX_SLICE), cancel);
        }
    }

    /// Whether tokens can be stored.
    fn prove_storage(&self, cancel: &CancelToken) -> Result<(), AuthError> {
        self.lock(cancel)?.reserve()
    }

    fn store(&self, record: &TokenRecord) -> Result<(), AuthError> {
        // The token is issued, so nothing but the lock may stop it from being stored.
        self.lock(&CancelToken::new())?.store(record)
    }

    fn lock(&self, cancel: &CancelToken) -> Result<StorageLock, AuthError> {
        perform::lock(&self.storage, |wait| {
            self.clock.wait(wait, cancel);
            !cancel.is_cancelled()
        })
    }
}

/// Shows no secret.
impl fmt::Debug for DeviceFlowAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceFlowAuthenticator")
            .field("client", &self.client)
            .field("storage", &self.storage)
            .finish_non_exhaustive()
    }
}

/// The clocks of the system.
struct SystemClock {
    start: Instant,
}

impl LoginClock for SystemClock {
    fn now(&self) -> Now {
        Now { monotonic: clock::now().saturating_duration_since(self.start), wall: clock::since_epoch() }
    }

    fn wait(&self, time: Duration, cancel: &CancelToken) {
        cancel.sleep(time);
    }
}
