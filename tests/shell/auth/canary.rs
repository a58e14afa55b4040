//! Planted codes, tokens and secrets are in no event, error, `Debug`, log or panic of the library, whatever a provider does.

use std::fmt::{Debug, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, Once};

use serde_json::json;
use speckit::auth::{AuthError, Client, TokenManager, TokenStorage};
use speckit_core::auth::token::TokenRecord;
use speckit_core::auth::{Answer, LoginConfig};
use speckit_core::tree::typed::Secret;
use speckit_tests::fakes::provider::{Authentication, CANARY, Decision, Dialect, Provider, Reply, Route};
use tempfile::TempDir;

use super::faults::{Fault, lasting_faults, passing_faults};
use super::simulated_clock::SimulatedLogin;
use super::{client, hasty_http};

static LOGGED: Mutex<String> = Mutex::new(String::new());

/// Keeps what all threads log: a login sends its requests in threads of its own.
struct SharedLog;

impl log::Log for SharedLog {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}: {}\n", record.level(), record.target(), record.args());
        LOGGED.lock().unwrap().push_str(&line);
    }

    fn flush(&self) {}
}

/// What is logged meanwhile, by other tests too, and what the closure returns.
fn shown_by(run: impl FnOnce() -> String) -> String {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        log::set_logger(&SharedLog).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    let start = LOGGED.lock().unwrap().len();
    let shown = run();
    let logged = LOGGED.lock().unwrap().get(start..).unwrap().to_owned();
    assert!(logged.contains("ureq"), "the requests are logged: {logged}");
    shown + &logged
}

/// The texts of a value for a developer, and of the panic that ends a program with it.
fn debugged(value: &impl Debug) -> String {
    let panicked = catch_unwind(AssertUnwindSafe(|| panic!("{value:?}"))).unwrap_err();
    let message = panicked.downcast_ref::<String>().unwrap();
    format!("{value:?}\n{value:#?}\n{message}\n")
}

fn errors(error: &AuthError) -> String {
    format!("{error}\n{}", debugged(error))
}

#[track_caller]
fn assert_clean(fault: &str, shown: &str) {
    let place =
        shown.find(CANARY).map(|at| shown[at.saturating_sub(80)..].chars().take(160).collect::<String>());
    assert_eq!(place, None, "{fault}");
}

/// The faults but those that cost the time limit of a request.
fn quick_faults() -> impl Iterator<Item = Fault> {
    passing_faults().into_iter().chain(lasting_faults()).filter(|fault| !fault.name.contains("stall"))
}

/// A provider that demands a secret.
fn provider() -> Provider {
    let provider = Provider::start(Dialect { authentication: Authentication::Basic, ..Dialect::plain() });
    provider.decide_at_poll(2, Decision::Approve);
    provider
}

/// What a login shows from its begin to its end.
fn logged_in(client: &Client) -> String {
    shown_by(|| {
        let report = SimulatedLogin::new(client.clone(), hasty_http()).run(|_| ());
        let mut shown = debugged(&report.outcome) + &debugged(client) + &debugged(&report.stored);
        writeln!(shown, "{} {:?}", report.outcome.message(client), report.outcome.help(client)).unwrap();
        for (_, event) in &report.events {
            writeln!(shown, "{event} {:?} {}", event.to_json(), debugged(event)).unwrap();
        }
        shown
    })
}

/// A login that is stored, whose provider gave tokens without a request.
struct StoredLogin {
    _folder: TempDir,
    storage: TokenStorage,
    manager: TokenManager,
}

impl StoredLogin {
    fn at(provider: &Provider, client: &Client) -> Self {
        let folder = TempDir::new().unwrap();
        let config: &LoginConfig = &client.config;
        let storage = TokenStorage::in_folder(&folder.path().join("state"), &client.login, config).unwrap();
        let body = Secret::new(provider.grant("openid").to_string().into_bytes());
        let answer = Answer { status: 200, retry_after: None, body };
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let record = TokenRecord::granted(client, &client.endpoints().unwrap(), &answer, now).unwrap();
        let mut lock = storage.try_lock().unwrap().unwrap();
        lock.reserve().unwrap();
        lock.store(&record).unwrap();
        drop(lock);
        let manager = TokenManager::with_http(client.clone(), storage.clone(), hasty_http());
        Self { _folder: folder, storage, manager }
    }

    /// What each use of the tokens shows.
    fn used(&self) -> String {
        shown_by(|| {
            let mut shown = debugged(&self.storage);
            for result in [self.manager.token(), self.manager.refresh()] {
                match result {
                    Ok(token) => shown += &debugged(&token),
                    Err(error) => shown += &errors(&error),
                }
            }
            shown += &debugged(&self.manager.status());
            shown += &debugged(&self.storage.load());
            let done = self.manager.log_out();
            if let Some(Err(error)) = &done.revoked {
                shown += &errors(error);
            }
            shown + &debugged(&done)
        })
    }
}

#[test]
fn a_login_shows_no_secret_under_any_fault() {
    let provider = provider();
    let shown = logged_in(&client(&provider));
    assert!(shown.contains("Granted"), "{shown}");
    assert_clean("no fault", &shown);
    for fault in quick_faults() {
        for route in [Route::Device, Route::Token] {
            let provider = self::provider();
            provider.script(route, [(fault.reply)()]);
            assert_clean(fault.name, &logged_in(&client(&provider)));
        }
    }
}

#[test]
fn a_use_of_tokens_shows_no_secret_under_any_fault() {
    let provider = provider();
    let client = client(&provider);
    assert_clean("no fault", &StoredLogin::at(&provider, &client).used());
    for fault in quick_faults() {
        let provider = self::provider();
        let client = super::client(&provider);
        let login = StoredLogin::at(&provider, &client);
        provider.script(Route::Token, [(fault.reply)()]);
        provider.always(Route::Revocation, (fault.reply)());
        assert_clean(fault.name, &login.used());
        assert!(!provider.refreshes().is_empty(), "{}", fault.name);
        assert!(!provider.requests_to(Route::Revocation).is_empty(), "{}", fault.name);
    }
}

#[test]
fn what_a_provider_repeats_of_a_request_is_not_shown() {
    let provider = provider();
    let sent = [
        format!("{CANARY}device-code-1"),
        format!("{CANARY}access-token-1"),
        format!("{CANARY}refresh-token-1"),
        provider.client_secret(),
    ];
    // Each endpoint repeats what a request to it holds.
    let repeated = |own: &[&String]| {
        let text = own.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(" and ");
        Reply::json(400, &json!({ "error": text, "error_description": format!("{text} are wrong") }))
    };
    let [device_code, access_token, refresh_token, secret] = &sent;
    let client = client(&provider);
    let login = StoredLogin::at(&provider, &client);
    provider.script(Route::Token, [repeated(&[refresh_token, secret])]);
    provider
        .script(Route::Revocation, [repeated(&[refresh_token, secret]), repeated(&[access_token, secret])]);
    assert_clean("a refresh and a logout", &login.used());
    provider.script(Route::Token, [repeated(&[device_code, secret])]);
    assert_clean("a poll", &logged_in(&client));
    provider.script(Route::Device, [repeated(&[secret])]);
    assert_clean("the first request", &logged_in(&client));
}
