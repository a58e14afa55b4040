//! A login with real requests and a real store, and a clock that jumps over each wait.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use speckit::auth::{
    Client, DeviceFlowAuthenticator, LoginClock, LoginEvent, Now, Outcome, Poll, TokenStorage,
};
use speckit::internal::HttpClient;
use speckit::retry::CancelToken;
use tempfile::TempDir;

/// 2026-01-01T00:00:00Z.
const BEGIN: Duration = Duration::from_secs(1_767_225_600);

/// A login of [`DeviceFlowAuthenticator`].
pub(crate) struct SimulatedLogin {
    pub(crate) client: Client,
    pub(crate) http: HttpClient,
    /// How fast the wall clock runs beside the monotonic one.
    pub(crate) wall_speed: f64,
    /// What the wall clock is moved by after each event, in seconds.
    pub(crate) wall_jumps: Vec<i64>,
}

/// What a login did.
pub(crate) struct LoginReport {
    pub(crate) outcome: Outcome,
    /// Each event with the time that the login had read last on the simulated monotonic clock.
    /// The login counts its waits from this time, not from the later one at which the event is seen.
    pub(crate) events: Vec<(Duration, LoginEvent)>,
    /// How long all of it took in truth.
    pub(crate) elapsed: Duration,
    /// What is stored at the end.
    pub(crate) stored: Option<speckit_core::auth::token::TokenRecord>,
}

impl SimulatedLogin {
    pub(crate) fn new(client: Client, http: HttpClient) -> Self {
        Self { client, http, wall_speed: 1.0, wall_jumps: Vec::new() }
    }

    /// Logs in. `act` sees each event before the login goes on.
    pub(crate) fn run(self, mut act: impl FnMut(&LoginEvent)) -> LoginReport {
        let Self { client, http, wall_speed, wall_jumps } = self;
        let began = Instant::now();
        let clock = SimulatedClock { began, state: Arc::default(), wall_speed };
        let folder = TempDir::new().unwrap();
        let storage =
            TokenStorage::in_folder(&folder.path().join("state"), &client.login, &client.config).unwrap();
        let authenticator =
            DeviceFlowAuthenticator::new(client, storage.clone()).with_http(http).with_clock(clock.clone());
        let (mut events, mut jumps) = (Vec::new(), wall_jumps.into_iter());
        let outcome = authenticator.log_in(&CancelToken::new(), &mut |event| {
            act(event);
            let mut state = clock.state.lock().unwrap();
            events.push((state.last_reading, event.clone()));
            state.wall_offset += jumps.next().unwrap_or_default();
        });
        LoginReport { outcome, events, elapsed: began.elapsed(), stored: storage.load().unwrap() }
    }
}

/// It counts the true time, and what it jumps over.
#[derive(Clone)]
struct SimulatedClock {
    began: Instant,
    state: Arc<Mutex<JumpedTime>>,
    wall_speed: f64,
}

#[derive(Default)]
struct JumpedTime {
    waits: Duration,
    last_reading: Duration,
    wall_offset: i64,
}

impl LoginClock for SimulatedClock {
    fn now(&self) -> Now {
        let mut state = self.state.lock().unwrap();
        let monotonic = self.began.elapsed() + state.waits;
        state.last_reading = monotonic;
        let wall = BEGIN + monotonic.mul_f64(self.wall_speed);
        let offset = Duration::from_secs(state.wall_offset.unsigned_abs());
        let wall = if state.wall_offset < 0 { wall.saturating_sub(offset) } else { wall + offset };
        Now { monotonic, wall }
    }

    fn wait(&self, time: Duration, _: &CancelToken) {
        self.state.lock().unwrap().waits += time;
    }
}

impl LoginReport {
    /// The polls without a decision.
    pub(crate) fn polls(&self) -> impl Iterator<Item = &Poll> {
        self.events
            .iter()
            .filter_map(|(_, event)| if let LoginEvent::Poll(poll) = event { Some(poll) } else { None })
    }

    /// When the code came and when each poll ended, the last one too.
    pub(crate) fn poll_times(&self) -> Vec<Duration> {
        let is_poll = |event: &LoginEvent| {
            matches!(event, LoginEvent::Code(_) | LoginEvent::Poll(_) | LoginEvent::Finished { .. })
        };
        self.events.iter().filter(|(_, event)| is_poll(event)).map(|(at, _)| *at).collect()
    }
}
