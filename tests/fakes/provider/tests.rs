//! The provider does what its tests rely on.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::{CANARY, Decision, Dialect, Provider, Reply, Route};

const DEVICE_GRANT: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";

/// Sends a form and returns the status with the body, or the reason why there is none.
fn post(provider: &Provider, path: &str, form: &str) -> Result<(u16, String), std::io::Error> {
    let mut connection = TcpStream::connect(provider.host())?;
    write!(
        connection,
        "POST {path} HTTP/1.1\r\nHost: {}\r\nAccept: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{form}",
        provider.host(),
        form.len()
    )?;
    connection.shutdown(std::net::Shutdown::Write)?;
    let mut text = String::new();
    connection.read_to_string(&mut text)?;
    let status = text.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default();
    Ok((status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()))
}

fn answer(provider: &Provider, path: &str, form: &str) -> (u16, Json) {
    let (status, body) = post(provider, path, form).unwrap();
    (status, serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error} in {body:?}")))
}

fn begin(provider: &Provider) -> String {
    let (status, body) = answer(provider, "/device", "client_id=speckit-cli&scope=openid%20email");
    assert_eq!(status, 200, "{body}");
    body["device_code"].as_str().unwrap().to_owned()
}

fn poll(provider: &Provider, code: &str) -> (u16, Json) {
    answer(provider, "/token", &format!("grant_type={DEVICE_GRANT}&client_id=speckit-cli&device_code={code}"))
}

fn refresh(provider: &Provider, token: &str) -> (u16, Json) {
    answer(
        provider,
        "/token",
        &format!("grant_type=refresh_token&client_id=speckit-cli&refresh_token={token}"),
    )
}

fn text<'a>(body: &'a Json, field: &str) -> &'a str {
    body[field].as_str().unwrap_or_else(|| panic!("{field} in {body}"))
}

#[test]
fn a_code_is_pending_until_the_poll_that_the_test_chose() {
    let provider = Provider::start(Dialect::plain());
    provider.decide_at_poll(2, Decision::Approve);
    let code = begin(&provider);
    assert_eq!(
        poll(&provider, &code),
        (
            400,
            json!({
                "error": "authorization_pending", "error_description": "the provider says: authorization_pending"
            })
        )
    );
    let (status, granted) = poll(&provider, &code);
    assert_eq!((status, text(&granted, "token_type")), (200, "Bearer"));
    for field in ["access_token", "refresh_token", "id_token"] {
        assert!(text(&granted, field).contains(CANARY), "{granted}");
    }
    assert!(provider.accepts_access_token(text(&granted, "access_token")));
    assert_eq!(poll(&provider, &code).1["error"], "invalid_device_code", "a code is used once");
    assert_eq!(provider.requests_to(Route::Token).len(), 3);
}

#[test]
fn a_person_denies_and_a_code_expires() {
    let provider = Provider::start(Dialect::plain());
    let (denied, expired) = (begin(&provider), begin(&provider));
    assert_eq!(provider.pending_user_codes(), ["USER-0001", "USER-0002"]);
    assert!(provider.decide("USER-0001", Decision::Deny));
    assert_eq!(poll(&provider, &denied).1["error"], "access_denied");
    provider.advance(Duration::from_secs(600));
    assert_eq!(poll(&provider, &expired).1["error"], "expired_token");
}

#[test]
fn an_old_refresh_token_revokes_its_family() {
    let provider = Provider::start(Dialect::plain());
    let first = provider.grant("openid");
    let second = refresh(&provider, text(&first, "refresh_token")).1;
    assert!(provider.accepts_refresh_token(text(&second, "refresh_token")));
    assert!(!provider.accepts_refresh_token(text(&first, "refresh_token")));
    assert_eq!(refresh(&provider, text(&first, "refresh_token")).1["error"], "invalid_grant");
    assert_eq!(provider.reuses(), 1);
    assert!(!provider.accepts_refresh_token(text(&second, "refresh_token")));
    assert!(!provider.accepts_access_token(text(&second, "access_token")));
}

#[test]
fn a_token_expires_and_is_revoked() {
    let provider = Provider::start(Dialect::plain());
    let granted = provider.grant("");
    provider.advance(Duration::from_secs(3600));
    assert!(!provider.accepts_access_token(text(&granted, "access_token")));
    let refresh_token = text(&granted, "refresh_token");
    assert!(provider.accepts_refresh_token(refresh_token));
    let form = format!("client_id=speckit-cli&token={refresh_token}");
    assert_eq!(post(&provider, "/revoke", &form).unwrap(), (200, String::new()));
    assert!(!provider.accepts_refresh_token(refresh_token));
}

#[test]
fn each_dialect_has_its_words() {
    let statuses = [
        (Dialect::github(), 200, "authorization_pending", "incorrect_device_code", "verification_uri"),
        (Dialect::google(), 428, "authorization_pending", "invalid_grant", "verification_url"),
        (Dialect::oidc("/tenant"), 400, "authorization_pending", "invalid_device_code", "verification_uri"),
        (Dialect::microsoft(), 400, "authorization_pending", "bad_verification_code", "verification_uri"),
    ];
    for (dialect, status, pending, unknown, field) in statuses {
        let provider = Provider::start(dialect.clone());
        let client = format!("client_id=speckit-cli&client_secret={}", provider.client_secret());
        let begun = answer(&provider, &dialect.device_path, &client).1;
        assert!(begun[field].is_string(), "{begun}");
        let polled = |code: &str| {
            answer(
                &provider,
                &dialect.token_path,
                &format!("{client}&grant_type={DEVICE_GRANT}&device_code={code}"),
            )
        };
        let (found, body) = polled(text(&begun, "device_code"));
        assert_eq!((found, text(&body, "error")), (status, pending));
        assert_eq!(text(&polled("unknown").1, "error"), unknown);
    }
}

#[test]
fn a_secret_is_demanded() {
    let provider = Provider::start(Dialect::google());
    let form = format!("client_id=speckit-cli&client_secret=wrong&grant_type={DEVICE_GRANT}");
    assert_eq!(answer(&provider, "/token", &form).0, 401);
}

#[test]
fn a_script_answers_before_the_model() {
    let provider = Provider::start(Dialect::plain());
    provider.script(Route::Device, [Reply::html(502), Reply::redirect(302, "https://elsewhere.test/")]);
    assert_eq!(post(&provider, "/device", "").unwrap().0, 502);
    assert_eq!(post(&provider, "/device", "").unwrap().0, 302);
    begin(&provider);
}

#[test]
fn a_fault_is_what_it_says() {
    let provider = Provider::start(Dialect::plain());
    let whole = serde_json::to_string(&json!({ "error": "x" })).unwrap();
    let scripted = [
        Reply::error(400, "x").closed(),
        Reply::error(400, "x").reset(),
        Reply::error(400, "x").cut_in_half(),
        Reply::error(400, "x").after(Duration::from_millis(60)),
        Reply::error(400, "x").with_pause(Duration::from_millis(60)),
        Reply::bytes("SSH-2.0-OpenSSH\r\n"),
        Reply::large(200, 10_000_000),
    ];
    provider.script(Route::Token, scripted);
    let send = || post(&provider, "/token", "");
    assert_eq!(send().unwrap(), (0, String::new()));
    assert_eq!(send().unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_ne!(send().unwrap().1, whole);
    for _ in 0..2 {
        let began = Instant::now();
        assert_eq!(send().unwrap(), (400, whole.clone()));
        assert!(began.elapsed() >= Duration::from_millis(60));
    }
    assert_eq!(send().unwrap(), (0, String::new()));
    assert!(send().unwrap().1.len() > 10_000_000);
}

#[test]
fn a_lost_answer_leaves_the_rotation_behind() {
    let provider = Provider::start(Dialect::plain());
    let first = provider.grant("");
    provider.script(Route::Token, [Reply::model().closed()]);
    let form = format!(
        "grant_type=refresh_token&client_id=speckit-cli&refresh_token={}",
        text(&first, "refresh_token")
    );
    assert_eq!(post(&provider, "/token", &form).unwrap(), (0, String::new()));
    assert!(!provider.accepts_refresh_token(text(&first, "refresh_token")));
    assert_eq!(provider.refreshes().len(), 1);
}
