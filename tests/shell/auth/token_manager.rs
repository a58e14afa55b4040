//! Tokens that threads and processes share, with a provider that rotates refresh tokens and detects their reuse.

mod full_disk;
mod helper_store;
mod issuer;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use speckit::auth::{AuthError, Client, LoginConfig, LoginState, TokenManager, TokenStorage};
use speckit_core::auth::token::TokenRecord;
use speckit_core::auth::{Answer, Endpoints};
use speckit_core::tree::typed::Secret;
use speckit_tests::fakes::provider::{Dialect, Provider, Reply, Route};
use tempfile::TempDir;

const HOUR: u64 = 3600;

/// A login at a provider, and the folder of its tokens.
struct Login {
    provider: Provider,
    config: LoginConfig,
    folder: TempDir,
}

impl Login {
    fn new() -> Self {
        Self::with(Dialect::plain(), "store = \"file\"")
    }

    /// With further settings.
    fn with(dialect: Dialect, own: &str) -> Self {
        let provider = Provider::start(dialect);
        let text = provider.settings("work", own);
        let document: toml::Table = text.parse().unwrap();
        let config = document["auth"]["work"].clone().try_into().unwrap();
        Self { provider, config, folder: tempfile::tempdir().unwrap() }
    }

    fn client(&self) -> Client {
        Client::new("work", self.config.clone(), None)
    }

    fn storage(&self) -> TokenStorage {
        TokenStorage::in_folder(self.folder.path(), "work", &self.config).unwrap()
    }

    fn manager(&self) -> TokenManager {
        TokenManager::new(self.client(), self.storage())
    }

    /// Stores new tokens that were issued so long ago.
    fn grant(&self, age: u64) -> TokenRecord {
        let endpoints = self.client().endpoints().unwrap();
        let record = self.issued(age, &endpoints);
        let mut lock = self.storage().try_lock().unwrap().unwrap();
        lock.store(&record).unwrap();
        record
    }

    /// New tokens of these endpoints that were issued so long ago.
    fn issued(&self, age: u64, endpoints: &Endpoints) -> TokenRecord {
        let body = self.provider.grant("openid").to_string().into_bytes();
        let answer = Answer { status: 200, retry_after: None, body: Secret::new(body) };
        let issued = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() - Duration::from_secs(age);
        TokenRecord::granted(&self.client(), endpoints, &answer, issued).unwrap()
    }

    fn worker(&self, command: &str, more: &[&str]) -> Child {
        self.worker_command(command, more).spawn().unwrap()
    }

    fn worker_command(&self, command: &str, more: &[&str]) -> Command {
        let mut worker = Command::new(env!("CARGO_BIN_EXE_speckit-token-worker"));
        worker.arg(command).arg(self.folder.path()).arg(serde_json::to_string(&self.config).unwrap());
        worker.args(more).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
        worker
    }

    fn stored(&self) -> TokenRecord {
        self.storage().load().unwrap().unwrap()
    }
}

/// Lets the workers begin when all of them are ready, and returns the tokens that they got.
fn tokens_of(mut workers: Vec<Child>) -> Vec<String> {
    let mut outputs: Vec<_> =
        workers.iter_mut().map(|worker| BufReader::new(worker.stdout.take().unwrap())).collect();
    for output in &mut outputs {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
    }
    workers.iter_mut().for_each(|worker| drop(worker.stdin.take()));
    let tokens = outputs.iter_mut().flat_map(|output| output.lines().map(Result::unwrap)).collect::<Vec<_>>();
    assert!(workers.iter_mut().all(|worker| worker.wait().unwrap().success()), "{tokens:?}");
    tokens
}

#[test]
fn twenty_processes_with_a_hundred_threads_send_one_refresh_at_expiry() {
    let login = Login::new();
    let old = login.grant(HOUR);
    login.provider.script(Route::Token, [Reply::model().after(Duration::from_millis(100))]);
    let new = tokens_of((0..20).map(|_| login.worker("token", &["5"])).collect());
    assert_eq!(login.provider.refreshes().len(), 1);
    assert_eq!(new.len(), 100);
    let stored = login.stored();
    assert_ne!(stored.access_token, old.access_token);
    assert!(new.iter().all(|token| token == stored.access_token.expose()));
    assert!(login.provider.accepts_access_token(&new[0]));
}

#[test]
fn a_hundred_threads_of_a_process_share_one_refresh() {
    for is_forced in [false, true] {
        let login = Login::new();
        login.grant(HOUR);
        login.provider.script(Route::Token, [Reply::model().after(Duration::from_millis(300))]);
        let (manager, barrier) = (login.manager(), Barrier::new(100));
        let get = || {
            barrier.wait();
            if is_forced { manager.refresh() } else { manager.token() }.unwrap().expose().to_owned()
        };
        let tokens: Vec<String> = thread::scope(|scope| {
            let running: Vec<_> = (0..100).map(|_| scope.spawn(get)).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(login.provider.refreshes().len(), 1, "{is_forced}");
        let stored = login.stored();
        assert!(tokens.iter().all(|token| token == stored.access_token.expose()));
    }
}

/// A killed process loses the login only if the provider has rotated the refresh token and the new one is not stored yet: then the
/// stored one is that of the last request.
#[test]
fn a_killed_process_loses_the_login_only_between_the_answer_and_the_store() {
    let login = Login::new();
    login.grant(0);
    let mut lost = 0;
    for round in 0..100_u64 {
        let mut worker = login.worker("refresh", &[]);
        let mut output = worker.stdout.take().unwrap();
        output.read_exact(&mut [0]).unwrap();
        // Steps of a number without a common factor spread the kills over the phases of a refresh.
        thread::sleep(Duration::from_micros(round * 7919 % 12_000));
        worker.kill().unwrap();
        worker.wait().unwrap();
        // A request may still be on its way in the provider.
        let mut seen = login.provider.refreshes().len();
        loop {
            thread::sleep(Duration::from_millis(20));
            let now = login.provider.refreshes().len();
            if now == seen {
                break;
            }
            seen = now;
        }
        let stored = login.stored();
        let refresh = stored.refresh_token.as_ref().unwrap().expose();
        if !login.provider.accepts_refresh_token(refresh) {
            let last = login.provider.refreshes().pop().unwrap();
            assert_eq!(last.field("refresh_token"), refresh, "round {round}: lost outside of the window");
            lost += 1;
            login.grant(0);
        }
    }
    assert_eq!(login.provider.reuses(), 0);
    println!("lost between the answer and the store: {lost} of 100");
}

#[test]
fn the_window_between_the_request_and_the_store_is_measured() {
    let login = Login::new();
    login.grant(0);
    let manager = login.manager();
    let mut windows: Vec<Duration> = (0..200)
        .map(|_| {
            manager.refresh().unwrap();
            let stored = Instant::now();
            stored - login.provider.refreshes().pop().unwrap().at
        })
        .collect();
    windows.sort();
    println!(
        "from the request at the provider to the stored record: median {:?}, max {:?}",
        windows[100], windows[199]
    );
    assert_eq!(login.provider.refreshes().len(), 200);
}

#[test]
fn a_cached_token_is_used_until_another_process_stores_one() {
    let login = Login::new();
    let first = login.grant(0);
    let manager = login.manager();
    assert_eq!(manager.token().unwrap().expose(), first.access_token.expose());
    let second = login.grant(0);
    assert_eq!(manager.token().unwrap().expose(), second.access_token.expose());
    assert_eq!(login.provider.refreshes().len(), 0);
    assert_eq!(format!("{:?} {manager:?}", manager.token()).matches("canary").count(), 0);
}

#[test]
fn a_provider_that_is_away_leaves_a_usable_token_and_is_not_asked_again_at_once() {
    let login = Login::new();
    let old = login.grant(HOUR - 100);
    login.provider.always(Route::Token, Reply::html(502));
    let manager = login.manager();
    for _ in 0..5 {
        let token = manager.token().unwrap();
        assert_eq!(token.expose(), old.access_token.expose());
        assert!(token.warning().is_some());
    }
    assert_eq!(login.provider.refreshes().len(), 1);
    login.grant(HOUR);
    assert!(matches!(manager.token(), Err(AuthError::Answer { status: 502, .. })));
}

#[test]
fn a_revoked_login_is_removed_and_a_person_has_to_log_in() {
    let login = Login::new();
    login.grant(HOUR);
    login.provider.revoke_all();
    let manager = login.manager();
    assert!(matches!(manager.token(), Err(AuthError::LoginNeeded { .. })));
    assert_eq!(login.storage().load(), Ok(None));
    assert_eq!(manager.status().state, LoginState::Absent);
    assert!(matches!(manager.token(), Err(AuthError::LoginNeeded { .. })));
    assert_eq!(login.provider.refreshes().len(), 1);
}

#[test]
fn a_log_out_revokes_the_refresh_token_first_and_removes_the_tokens_in_any_case() {
    let login = Login::new();
    let record = login.grant(0);
    let manager = login.manager();
    assert_eq!(manager.status().state, LoginState::Valid);
    let out = manager.log_out();
    assert_eq!((out.was_logged_in, out.revoked, out.removed), (true, Some(Ok(())), Ok(())));
    let sent = login.provider.requests_to(Route::Revocation);
    assert_eq!(sent[0].field("token"), record.refresh_token.as_ref().unwrap().expose());
    assert_eq!(sent[1].field("token"), record.access_token.expose());
    assert_eq!(login.storage().load(), Ok(None));

    login.grant(0);
    login.provider.always(Route::Revocation, Reply::html(503));
    let out = manager.log_out();
    assert!(out.removed.is_ok() && matches!(out.revoked, Some(Err(_))));
    assert_eq!(login.storage().load(), Ok(None));
    assert!(matches!(manager.token(), Err(AuthError::LoginNeeded { .. })));
    assert!(!manager.log_out().was_logged_in);
}

#[test]
fn a_token_that_is_kept_fresh_is_refreshed_without_a_user() {
    let login = Login::new();
    login.grant(HOUR);
    let kept = login.manager().keep_fresh().unwrap();
    assert!(login.provider.wait_for(Route::Token, 1, Duration::from_secs(10)));
    drop(kept);
    assert_eq!(login.provider.refreshes().len(), 1);
    assert!(login.provider.accepts_access_token(login.stored().access_token.expose()));
}
