//! A device login at a real provider of OpenID Connect: npm's `oidc-provider`.

use std::time::Duration;

use speckit::auth::{AuthError, Client, LoginEvent, Outcome, OutcomeKind, TokenManager, TokenStorage};
use speckit::internal::HttpClient;
use speckit_core::auth::token::TokenRecord;
use speckit_core::tree::typed::Secret;
use tempfile::TempDir;

use super::client_of;
use super::oidc_server::OidcServer;
use super::simulated_clock::{LoginReport, SimulatedLogin};
#[cfg(unix)]
use crate::running_program::RunningProgram;
#[cfg(unix)]
use crate::test_dir::{NO_MACHINE_CHECKS, TestDir};

const SECRET: &str = "canary-client-secret";

/// A login of these lines at the provider.
fn client(server: &OidcServer, own: &str) -> Client {
    let text = format!("[auth.real]\nissuer = \"{}\"\nstore = \"file\"\n{own}\n", server.issuer);
    client_of(&text, "real", Some(SECRET))
}

fn public_client(server: &OidcServer) -> Client {
    client(server, "client_id = \"speckit-cli\"\nscopes = [\"openid\", \"offline_access\", \"email\"]")
}

/// Logs in, while the person does `act` with the user code.
fn log_in(client: &Client, mut act: impl FnMut(&str)) -> LoginReport {
    SimulatedLogin::new(client.clone(), HttpClient::new(None)).run(|event| {
        if let LoginEvent::Code(prompt) = event {
            act(&prompt.user_code);
        }
    })
}

#[track_caller]
fn granted(report: LoginReport) -> TokenRecord {
    match report.outcome {
        Outcome::Granted(record) => *record,
        other => panic!("{other:?}"),
    }
}

/// A storage with this record, and its manager.
fn stored(client: &Client, record: &TokenRecord) -> (TempDir, TokenStorage, TokenManager) {
    let folder = TempDir::new().unwrap();
    let storage =
        TokenStorage::in_folder(&folder.path().join("auth"), &client.login, &client.config).unwrap();
    store(&storage, record);
    let manager = TokenManager::with_http(client.clone(), storage.clone(), HttpClient::new(None));
    (folder, storage, manager)
}

fn store(storage: &TokenStorage, record: &TokenRecord) {
    let mut lock = storage.try_lock().unwrap().unwrap();
    lock.reserve().unwrap();
    lock.store(record).unwrap();
}

fn refused(report: &LoginReport) -> &str {
    match &report.outcome {
        Outcome::Failed(AuthError::Refused { error, .. }) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_approved_login_is_granted() {
    let Some(server) = OidcServer::start() else { return };
    let report = log_in(&public_client(&server), |code| server.approve(code));
    let record = granted(report);
    assert!(server.accepts(record.access_token.expose()));
    assert!(record.refresh_token.is_some());
    assert_eq!(record.subject.as_deref(), Some("person-1@example.test"));
    assert_eq!(record.scopes, ["openid", "offline_access", "email"]);
    assert_eq!(record.expires_at, Some(record.issued_at + 3600));
}

#[test]
fn a_login_is_pending_until_somebody_approves_it() {
    let Some(server) = OidcServer::start() else { return };
    let (mut user_code, mut polls) = (String::new(), 0);
    let login = SimulatedLogin::new(public_client(&server), HttpClient::new(None));
    let report = login.run(|event| match event {
        LoginEvent::Code(prompt) => user_code.clone_from(&prompt.user_code),
        LoginEvent::Poll(_) => {
            polls += 1;
            if polls == 3 {
                server.approve(&user_code);
            }
        }
        _ => {}
    });
    assert_eq!((report.outcome.kind(), report.polls().count()), (OutcomeKind::Granted, 3));
}

#[test]
fn a_login_that_a_person_aborts_is_denied() {
    let Some(server) = OidcServer::start() else { return };
    let report = log_in(&public_client(&server), |code| server.deny(code));
    assert_eq!(report.outcome.kind(), OutcomeKind::Denied, "{:?}", report.outcome);
}

#[test]
fn a_login_that_nobody_approves_expires() {
    let Some(server) = OidcServer::start() else { return };
    server.set_lifetimes(1, 3600);
    let report = log_in(&public_client(&server), |_| std::thread::sleep(Duration::from_millis(2100)));
    assert_eq!(report.outcome.kind(), OutcomeKind::Expired, "{:?}", report.outcome);
}

#[test]
fn a_secret_is_sent_as_the_settings_say() {
    let Some(server) = OidcServer::start() else { return };
    for method in ["basic", "post"] {
        let own = format!(
            "client_id = \"speckit-{method}\"\nclient_authentication = \"{method}\"\nscopes = [\"openid\"]"
        );
        let own = format!("{own}\nclient_secret_env = \"CLIENT_SECRET\"");
        granted(log_in(&client(&server, &own), |code| server.approve(code)));
        let mut wrong = client(&server, &own);
        wrong.secret = Some(Secret::new("canary-wrong-secret".to_owned()));
        assert_eq!(refused(&log_in(&wrong, |_| ())), "invalid_client", "{method}");
    }
}

#[test]
fn an_unknown_client_is_refused() {
    let Some(server) = OidcServer::start() else { return };
    let client = client(&server, "client_id = \"nobody\"");
    assert_eq!(refused(&log_in(&client, |_| ())), "invalid_client");
}

#[test]
fn a_scope_that_the_client_may_not_have_is_refused() {
    let Some(server) = OidcServer::start() else { return };
    let client = client(&server, "client_id = \"speckit-cli\"\nscopes = [\"openid\", \"profile\"]");
    assert_eq!(refused(&log_in(&client, |_| ())), "invalid_scope");
}

#[test]
fn a_refresh_replaces_both_tokens() {
    let Some(server) = OidcServer::start() else { return };
    let client = public_client(&server);
    let first = granted(log_in(&client, |code| server.approve(code)));
    let (_folder, storage, manager) = stored(&client, &first);
    manager.refresh().unwrap();
    let second = storage.load().unwrap().unwrap();
    assert_ne!(first.access_token, second.access_token);
    assert_ne!(first.refresh_token, second.refresh_token);
    assert_eq!(manager.token().unwrap().expose(), second.access_token.expose());
    assert!(server.accepts(second.access_token.expose()));
    assert_eq!(second.subject, first.subject);
}

#[test]
fn a_refresh_token_that_is_used_twice_ends_the_login() {
    let Some(server) = OidcServer::start() else { return };
    let client = public_client(&server);
    let first = granted(log_in(&client, |code| server.approve(code)));
    let (_folder, storage, manager) = stored(&client, &first);
    manager.refresh().unwrap();
    let second = storage.load().unwrap().unwrap();
    // What a backup of the folder brings back.
    store(&storage, &first);
    let error = manager.refresh().unwrap_err();
    assert!(matches!(error, AuthError::LoginNeeded { .. }), "{error:?}");
    assert!(!server.accepts(second.access_token.expose()));
}

#[test]
fn a_logout_revokes_the_tokens_at_the_provider() {
    let Some(server) = OidcServer::start() else { return };
    let client = public_client(&server);
    let record = granted(log_in(&client, |code| server.approve(code)));
    let (_folder, storage, manager) = stored(&client, &record);
    let done = manager.log_out();
    assert_eq!((done.revoked, done.removed), (Some(Ok(())), Ok(())));
    assert!(!server.accepts(record.access_token.expose()));
    assert!(storage.load().unwrap().is_none());
    assert!(matches!(manager.token().unwrap_err(), AuthError::LoginNeeded { .. }));
}

#[cfg(unix)]
#[test]
fn the_program_logs_in_uses_the_token_and_logs_out() {
    let Some(server) = OidcServer::start() else { return };
    let own =
        "client_id = \"speckit-cli\"\nscopes = [\"openid\", \"offline_access\", \"email\"]\nstore = \"file\"";
    let settings = format!("{NO_MACHINE_CHECKS}[auth.real]\nissuer = \"{}\"\n{own}\n", server.issuer);
    let dir = TestDir::with_config(&settings);
    let mut program = RunningProgram::start(&dir, "auth login --format json");
    let code = program.next_json();
    assert_eq!(code["event"], "code");
    server.approve(code["user_code"].as_str().unwrap());
    let login = program.wait_for_exit().succeeds().no_stderr();
    assert!(login.out.contains("\"outcome\":\"granted\""), "{}", login.out);
    let json = dir.run("auth status --format json").succeeds().no_stderr().json();
    let login = &json["logins"][0];
    assert_eq!((&login["state"], &login["refreshable"]), (&"valid".into(), &true.into()));
    assert_eq!(login["subject"], "person-1@example.test");
    let token = || dir.run("auth token real").succeeds().no_stderr().out.trim().to_owned();
    let first = token();
    dir.run("auth refresh").succeeds();
    let second = token();
    assert_ne!(first, second);
    assert!(server.accepts(&second));
    assert!(dir.run("auth logout").succeeds().no_stderr().out.contains("revoked and removed"));
    assert!(!server.accepts(&second));
    dir.run("auth refresh").exits_1().only_stderr("run `speckit auth login real`");
}
