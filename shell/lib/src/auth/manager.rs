//! Tokens that many threads and processes share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use speckit_core::auth::token::renewal::{RenewalGoal, Renewed};
use speckit_core::auth::token::{LoginStatus, TokenRecord, revocation, wait_before_next_look};
use speckit_core::auth::{AuthError, Client};

use super::http::HttpClient;
use super::keep_fresh::KeepFresh;
use super::perform;
use super::storage::{Stamp, TokenStorage};
use crate::os::clock;
use crate::sync::Monitor;

/// How long a token that could not be refreshed, but has not expired, is used before the next attempt.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Gives the access token of a login, and refreshes it when that is necessary. A clone shares its cache.
///
/// All threads and processes that share a [`TokenStorage`] send one refresh request: the process that holds the lock of the storage
/// refreshes, and the others use what it stored. A cached token is used only if the stored one has not changed since.
///
/// If the process is killed after the provider has rotated the refresh token, and before the new one is on the disk, the login is lost,
/// and a person has to log in again. The span is that of the answer's way and of two `fsync`s, some milliseconds on a local disk; no
/// client can avoid it. On a network file system whose locks do nothing, two processes may refresh at once.
#[derive(Clone)]
pub struct TokenManager {
    shared: Arc<ManagerState>,
}

struct ManagerState {
    client: Client,
    storage: TokenStorage,
    http: HttpClient,
    cache: ArcSwapOption<CachedToken>,
    flight: Monitor<Flight>,
}

struct CachedToken {
    stamp: Stamp,
    record: Arc<TokenRecord>,
    warning: Option<Arc<AuthError>>,
    /// A token whose refresh failed is used until then without another attempt, since 1970-01-01T00:00:00Z.
    paused_until: Duration,
}

/// The renewal of this process. Threads that need one meanwhile wait for its result.
#[derive(Default)]
struct Flight {
    is_running: bool,
    ended: u64,
    last: Option<(RenewalGoal, Result<AccessToken, AuthError>)>,
}

/// An access token that can be used. `Debug` does not show it.
#[derive(Clone)]
pub struct AccessToken {
    record: Arc<TokenRecord>,
    is_new: bool,
    warning: Option<Arc<AuthError>>,
}

/// The result of a log-out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogOut {
    /// Whether there were tokens.
    pub was_logged_in: bool,
    /// Whether the provider revoked them; `None`: it was not asked, because it has no revocation endpoint, because nobody was logged in,
    /// or because the tokens belong to another provider.
    pub revoked: Option<Result<(), AuthError>>,
    /// Whether the tokens are removed from the store.
    pub removed: Result<(), AuthError>,
}

impl TokenManager {
    /// Manages the tokens of a login. Requests go through the proxy that the environment names.
    pub fn new(client: Client, storage: TokenStorage) -> Self {
        Self::with_http(client, storage, HttpClient::from_environment())
    }

    /// As [`TokenManager::new`], with another way to send requests.
    #[doc(hidden)]
    pub fn with_http(client: Client, storage: TokenStorage, http: HttpClient) -> Self {
        let (cache, flight) = (ArcSwapOption::empty(), Monitor::new(Flight::default()));
        Self { shared: Arc::new(ManagerState { client, storage, http, cache, flight }) }
    }

    /// The access token.
    ///
    /// # Errors
    /// As [`TokenManager::token_for`].
    pub fn token(&self) -> Result<AccessToken, AuthError> {
        self.token_for(Duration::ZERO)
    }

    /// An access token that lasts so long, or as long as the provider issues them.
    ///
    /// # Errors
    /// [`AuthError::LoginNeeded`] if only a person can get one; others if the refresh fails and the old token has expired.
    pub fn token_for(&self, needed: Duration) -> Result<AccessToken, AuthError> {
        match self.cached(needed) {
            Some(token) => Ok(token),
            None => self.renew(RenewalGoal::Lasting(needed)),
        }
    }

    /// A new access token, whatever is left of the old one.
    ///
    /// # Errors
    /// There is none.
    pub fn refresh(&self) -> Result<AccessToken, AuthError> {
        self.renew(RenewalGoal::New)
    }

    /// Revokes the tokens at the provider and removes them from the store, also if the provider cannot be reached.
    pub fn log_out(&self) -> LogOut {
        let ManagerState { client, storage, http, .. } = &*self.shared;
        let wait_always = |wait| {
            clock::sleep(wait);
            true
        };
        let mut lock = match perform::lock(storage, wait_always) {
            Ok(lock) => lock,
            Err(error) => return LogOut { was_logged_in: true, revoked: None, removed: Err(error) },
        };
        let loaded = storage.load();
        let mut revoked = None;
        if let Ok(Some(record)) = &loaded {
            for request in revocation::requests(client, record) {
                let result = revocation::accepted(client, record, http.send(&request));
                // The first failure is the result, since the refresh token counts most.
                revoked = revoked.filter(Result::is_err).or(Some(result));
            }
        }
        let removed = lock.remove();
        self.shared.cache.store(None);
        LogOut { was_logged_in: !matches!(loaded, Ok(None)), revoked, removed }
    }

    /// How the login stands. Nothing is refreshed.
    pub fn status(&self) -> LoginStatus {
        let ManagerState { client, storage, .. } = &*self.shared;
        let file = storage.file().map(|file| file.display().to_string());
        LoginStatus::of(client, file, &storage.load(), clock::since_epoch())
    }

    /// Refreshes the token in the background, when its margin is reached, until the handle is dropped.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn keep_fresh(&self) -> Result<KeepFresh, AuthError> {
        let (manager, mut failures) = (self.clone(), 0_u32);
        KeepFresh::start(move || {
            let token = manager.token().ok();
            let has_failed = token.as_ref().is_none_or(|token| token.warning().is_some());
            failures = if has_failed { failures.saturating_add(1) } else { 0 };
            let record = token.as_ref().map(|token| &*token.record);
            wait_before_next_look(record, clock::since_epoch(), failures)
        })
    }

    /// The cached token, if it is the stored one and needs no refresh.
    fn cached(&self, needed: Duration) -> Option<AccessToken> {
        let cached = self.shared.cache.load();
        let cached = cached.as_ref()?;
        let now = clock::since_epoch();
        let is_paused = now < cached.paused_until && cached.record.is_usable(now);
        let is_fresh = is_paused || cached.record.is_fresh(now, needed);
        (is_fresh && cached.stamp == self.shared.storage.stamp()).then(|| AccessToken {
            record: Arc::clone(&cached.record),
            is_new: false,
            warning: cached.warning.clone(),
        })
    }

    /// Renews the token, or waits for the thread that does.
    fn renew(&self, goal: RenewalGoal) -> Result<AccessToken, AuthError> {
        let flight = &self.shared.flight;
        let mut awaited = None;
        let ready = flight.wait_for(Duration::MAX, |flight| {
            if flight.is_running {
                awaited.get_or_insert(flight.ended);
                return None;
            }
            if awaited.is_some_and(|ended| ended != flight.ended)
                && let Some(result) = shared_result(flight.last.as_ref(), goal)
            {
                return Some(Some(result));
            }
            if let RenewalGoal::Lasting(needed) = goal
                && let Some(token) = self.cached(needed)
            {
                return Some(Some(Ok(token)));
            }
            flight.is_running = true;
            Some(None)
        });
        if let Some(Some(result)) = ready {
            return result;
        }
        let mut running = RunningFlight { flight, outcome: None };
        let result = self.perform(goal);
        running.outcome = Some((goal, result.clone()));
        result
    }

    fn perform(&self, goal: RenewalGoal) -> Result<AccessToken, AuthError> {
        let ManagerState { client, storage, http, cache, .. } = &*self.shared;
        let (result, stamp) = perform::renewal(client, storage, http, goal);
        let Renewed { record, is_new, warning, .. } = match result {
            Ok(renewed) => renewed,
            Err(error) => {
                cache.store(None);
                return Err(error);
            }
        };
        let (record, warning) = (Arc::from(record), warning.map(Arc::new));
        let paused_until = match warning {
            Some(_) => clock::since_epoch().saturating_add(PAUSE_AFTER_FAILURE),
            None => Duration::ZERO,
        };
        let cached =
            CachedToken { stamp, record: Arc::clone(&record), warning: warning.clone(), paused_until };
        cache.store(Some(Arc::new(cached)));
        Ok(AccessToken { record, is_new, warning })
    }
}

/// The result of another thread's renewal, if it serves this goal too.
fn shared_result(
    last: Option<&(RenewalGoal, Result<AccessToken, AuthError>)>,
    goal: RenewalGoal,
) -> Option<Result<AccessToken, AuthError>> {
    let (other, result) = last?;
    let serves = match (goal, other, result) {
        (RenewalGoal::New, RenewalGoal::New, _) => true,
        (RenewalGoal::New, _, result) => result.as_ref().is_ok_and(|token| token.is_new),
        (RenewalGoal::Lasting(needed), RenewalGoal::Lasting(other), _) => needed <= *other,
        (RenewalGoal::Lasting(_), RenewalGoal::New, result) => result.is_ok(),
    };
    serves.then(|| result.clone())
}

/// Ends the flight, also if the thread panics.
struct RunningFlight<'m> {
    flight: &'m Monitor<Flight>,
    outcome: Option<(RenewalGoal, Result<AccessToken, AuthError>)>,
}

impl Drop for RunningFlight<'_> {
    fn drop(&mut self) {
        let mut flight = self.flight.lock();
        flight.is_running = false;
        flight.ended += 1;
        flight.last = self.outcome.take();
        drop(flight);
        self.flight.notify_all();
    }
}

impl AccessToken {
    /// The token. Copies of it are not wiped.
    pub fn expose(&self) -> &str {
        self.record.access_token.expose()
    }

    /// How long it is still valid; `None`: without end, as far as the provider said.
    pub fn left(&self) -> Option<Duration> {
        self.record.left(clock::since_epoch())
    }

    /// Why it is not newer, although it should be: a refresh failed, or only a person can get a new one.
    pub fn warning(&self) -> Option<&AuthError> {
        self.warning.as_deref()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Debug for TokenManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenManager").field("storage", &self.shared.storage).finish_non_exhaustive()
    }
}
