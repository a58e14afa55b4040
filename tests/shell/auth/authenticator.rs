//! A whole login with real requests and a real store; the clock jumps over the waits.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use speckit::auth::{
    AuthError, Client, DeviceFlowAuthenticator, LoginClock, LoginConfig, LoginEvent, Now, Outcome,
    StorageLock, TokenStorage, client_of,
};
use speckit::internal::HttpClient;
use speckit::retry::CancelToken;
use speckit_core::auth::TransportFailureKind;
use speckit_core::tree::typed::Secret;
use speckit_tests::fakes::provider::{CANARY, Decision, Dialect, Provider, Reply, Route};
use tempfile::TempDir;

/// A clock whose waits pass at once.
#[derive(Clone)]
struct JumpingClock(Arc<Mutex<ClockState>>);

struct ClockState {
    now: Now,
    /// How much further than the end of a wait the clock jumps, by the number of the wait.
    jumps: Vec<Duration>,
    waits: usize,
    /// Released at the third wait.
    lock: Option<StorageLock>,
}

impl JumpingClock {
    fn new() -> Self {
        let now = Now { monotonic: Duration::from_secs(50), wall: Duration::from_secs(1_800_000_000) };
        Self(Arc::new(Mutex::new(ClockState { now, jumps: Vec::new(), waits: 0, lock: None })))
    }
}

impl LoginClock for JumpingClock {
    fn now(&self) -> Now {
        self.0.lock().unwrap().now
    }

    fn wait(&self, time: Duration, _: &CancelToken) {
        let mut state = self.0.lock().unwrap();
        let passed = time + state.jumps.get(state.waits).copied().unwrap_or_default();
        state.now.monotonic += passed;
        state.now.wall += passed;
        state.waits += 1;
        if state.waits >= 3 {
            state.lock = None;
        }
    }
}

/// A login against a provider.
struct LoginTest {
    provider: Provider,
    folder: TempDir,
    client: Client,
}

impl LoginTest {
    fn new(dialect: Dialect, own: &str) -> Self {
        let provider = Provider::start(dialect);
        let settings = provider.settings("fake", &format!("store = \"file\"\n{own}"));
        let document: toml::Table = settings.parse().unwrap();
        let config: LoginConfig = document["auth"]["fake"].clone().try_into().unwrap();
        let client = Client::new("fake", config, Some(Secret::new(provider.client_secret())));
        Self { provider, folder: TempDir::new().unwrap(), client }
    }

    fn approving(poll: u32) -> Self {
        let test = Self::new(Dialect::plain(), "");
        test.provider.decide_at_poll(poll, Decision::Approve);
        test
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn storage(&self) -> TokenStorage {
        TokenStorage::in_folder(&self.state(), "fake", &self.client.config).unwrap()
    }

    fn authenticator(&self, clock: &JumpingClock) -> DeviceFlowAuthenticator {
        DeviceFlowAuthenticator::new(self.client.clone(), self.storage())
            .with_http(HttpClient::new(None))
            .with_clock(clock.clone())
    }

    /// The outcome and the texts of the events.
    fn log_in(&self, clock: &JumpingClock) -> (Outcome, Vec<LoginEvent>) {
        let mut events = Vec::new();
        let outcome =
            self.authenticator(clock).log_in(&CancelToken::new(), &mut |event| events.push(event.clone()));
        (outcome, events)
    }

    fn polls(&self) -> usize {
        self.provider.requests_to(Route::Token).len()
    }
}

/// The files below a folder but locks.
fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.ends_with(".lock")).collect()
}

fn kinds(events: &[LoginEvent]) -> Vec<&'static str> {
    let kind = |event: &LoginEvent| match event {
        LoginEvent::Code(_) => "code",
        LoginEvent::Poll(_) => "poll",
        LoginEvent::Finished { .. } => "finished",
        _ => "other",
    };
    events.iter().map(kind).collect()
}

#[test]
fn an_approved_login_is_stored() {
    let test = LoginTest::approving(3);
    let (outcome, events) = test.log_in(&JumpingClock::new());
    let Outcome::Granted(record) = outcome else { panic!("{outcome:?}") };
    assert_eq!(kinds(&events), ["code", "poll", "poll", "finished"]);
    assert!(test.provider.accepts_access_token(record.access_token.expose()));
    assert_eq!(test.storage().load().unwrap(), Some(*record));
    assert_eq!(files(&test.state()), ["fake.json"]);
    let shown = format!("{events:?}");
    assert!(!shown.contains(CANARY), "{shown}");
}

#[test]
fn a_denied_login_stores_nothing() {
    let test = LoginTest::new(Dialect::plain(), "");
    test.provider.decide_at_poll(2, Decision::Deny);
    let (outcome, events) = test.log_in(&JumpingClock::new());
    assert!(matches!(outcome, Outcome::Denied { .. }), "{outcome:?}");
    assert_eq!(kinds(&events), ["code", "poll", "finished"]);
    assert_eq!(files(&test.state()), [""; 0]);
}

#[test]
fn a_store_that_cannot_be_used_fails_before_the_first_request() {
    let test = LoginTest::approving(1);
    std::fs::write(test.state(), "no folder").unwrap();
    let (outcome, events) = test.log_in(&JumpingClock::new());
    assert!(matches!(outcome, Outcome::Failed(AuthError::Store(_))), "{outcome:?}");
    assert_eq!(kinds(&events), ["finished"]);
    assert!(test.provider.requests().is_empty());
}

#[test]
fn nobody_waits_for_the_lock_while_a_person_decides() {
    let test = LoginTest::approving(2);
    let storage = test.storage();
    let mut is_free = Vec::new();
    test.authenticator(&JumpingClock::new()).log_in(&CancelToken::new(), &mut |_| {
        is_free.push(storage.try_lock().unwrap().is_some());
    });
    assert_eq!(is_free, [true, true, true]);
}

#[test]
fn a_lock_that_another_process_holds_ends_the_login_before_the_first_request() {
    let test = LoginTest::approving(1);
    let storage = test.storage();
    let held = storage.try_lock().unwrap().unwrap();
    let (outcome, _) = test.log_in(&JumpingClock::new());
    assert!(matches!(outcome, Outcome::Failed(AuthError::Locked { .. })), "{outcome:?}");
    assert!(test.provider.requests().is_empty());
    drop(held);
}

#[test]
fn a_token_waits_for_a_lock_that_is_held_for_a_while() {
    let test = LoginTest::approving(1);
    let (clock, storage) = (JumpingClock::new(), test.storage());
    let outcome = test.authenticator(&clock).log_in(&CancelToken::new(), &mut |event| {
        if let LoginEvent::Code(_) = event {
            let mut state = clock.0.lock().unwrap();
            (state.lock, state.waits) = (storage.try_lock().unwrap(), 0);
        }
    });
    assert!(matches!(outcome, Outcome::Granted(_)), "{outcome:?}");
    assert!(test.storage().load().unwrap().is_some());
}

#[test]
fn a_clock_that_jumps_over_the_expiry_leaves_one_last_poll() {
    let test = LoginTest::new(Dialect::plain(), "");
    let clock = JumpingClock::new();
    clock.0.lock().unwrap().jumps = vec![Duration::from_secs(100_000)];
    let (outcome, _) = test.log_in(&clock);
    assert_eq!(outcome, Outcome::Expired { failure: None });
    assert_eq!(test.polls(), 1);

    let test = LoginTest::approving(1);
    let clock = JumpingClock::new();
    clock.0.lock().unwrap().jumps = vec![Duration::from_secs(100_000)];
    assert!(matches!(test.log_in(&clock).0, Outcome::Granted(_)));
}

#[test]
fn a_cancelled_wait_ends_without_a_trace() {
    let test = LoginTest::new(Dialect { code_lifetime: 100_000, ..Dialect::plain() }, "");
    let cancel = CancelToken::new();
    // The clock of the system: the first poll would come after the interval.
    let authenticator =
        DeviceFlowAuthenticator::new(test.client.clone(), test.storage()).with_http(HttpClient::new(None));
    let mut events = Vec::new();
    let outcome = authenticator.log_in(&cancel, &mut |event| {
        events.push(event.clone());
        let cancel = cancel.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            cancel.cancel();
        });
    });
    assert_eq!(outcome, Outcome::Cancelled);
    assert_eq!(kinds(&events), ["code", "finished"]);
    assert_eq!((test.polls(), files(&test.state())), (0, vec![]));
}

#[test]
fn a_login_that_is_cancelled_before_it_begins_sends_nothing() {
    let test = LoginTest::approving(1);
    let cancel = CancelToken::new();
    cancel.cancel();
    let outcome = test.authenticator(&JumpingClock::new()).log_in(&cancel, &mut |_| ());
    assert_eq!(outcome, Outcome::Cancelled);
    assert!(test.provider.requests().is_empty());
}

#[test]
fn a_token_that_is_granted_to_a_login_being_cancelled_is_stored() {
    let test = LoginTest::approving(1);
    let cancel = CancelToken::new();
    let clock = JumpingClock::new();
    let provider = &test.provider;
    provider.script(Route::Token, [Reply::model().after(Duration::from_millis(100))]);
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            assert!(provider.wait_for(Route::Token, 1, Duration::from_secs(60)));
            cancel.cancel();
        });
        test.authenticator(&clock).log_in(&cancel, &mut |_| ())
    });
    assert!(matches!(outcome, Outcome::Granted(_)), "{outcome:?}");
    assert!(test.storage().load().unwrap().is_some());
}

#[test]
fn a_provider_that_is_away_fails_after_three_attempts() {
    let mut test = LoginTest::approving(1);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    test.client.config.device_authorization_url = Some(format!("http://{closed}/device"));
    test.client.config.token_url = Some(format!("http://{closed}/token"));
    test.client.config.issuer = None;
    let (outcome, events) = test.log_in(&JumpingClock::new());
    let Outcome::Failed(AuthError::Transport { failure, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(failure.kind, TransportFailureKind::Connect);
    assert_eq!(kinds(&events), ["other", "other", "finished"]);
}

#[test]
fn each_login_has_its_own_verifier() {
    let mut challenges = Vec::new();
    for _ in 0..2 {
        let test = LoginTest::new(Dialect::plain(), "pkce = \"s256\"");
        test.provider.decide_at_poll(1, Decision::Approve);
        let (outcome, _) = test.log_in(&JumpingClock::new());
        assert!(matches!(outcome, Outcome::Granted(_)), "{outcome:?}");
        let [device, token] =
            [Route::Device, Route::Token].map(|route| test.provider.requests_to(route).remove(0));
        assert_eq!(token.field("code_verifier").len(), 43);
        challenges.push(device.field("code_challenge").to_owned());
    }
    assert_ne!(challenges[0], challenges[1]);
}

#[test]
fn the_secret_of_a_client_comes_from_the_environment() {
    let config = |name: &str| {
        let settings = format!(
            "client_id = \"id\"\nstore = \"file\"\nclient_authentication = \"post\"\nclient_secret_env = \"{name}\""
        );
        toml::from_str::<LoginConfig>(&settings).unwrap()
    };
    // Each test runs with a search path.
    let client = client_of("fake", &config("PATH")).unwrap();
    assert_eq!(client.secret.as_ref().unwrap().expose(), &std::env::var("PATH").unwrap());
    let missing = client_of("fake", &config("NO_SUCH_VARIABLE_HERE")).unwrap_err();
    assert!(missing.to_string().contains("export NO_SUCH_VARIABLE_HERE="), "{missing}");
}
