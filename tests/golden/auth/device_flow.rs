//! What a person and a script read of a device login.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use speckit_core::auth::device_flow::{Action, DeviceFlow, Input, LoginEvent, Now, Outcome};
use speckit_core::auth::{Answer, AuthError, Client, Exchange, TransportFailure, TransportFailureKind};
use speckit_core::tree::typed::Secret;
use speckit_tests::golden;

fn client(settings: Value) -> Client {
    let mut all = json!({
        "device_authorization_url": "https://github.com/login/device/code",
        "token_url": "https://github.com/login/oauth/access_token",
        "client_id": "Iv1.8a61f9b3a7aba766",
        "store": "file",
    });
    for (name, value) in settings.as_object().unwrap() {
        all[name] = value.clone();
    }
    Client::new("github", serde_json::from_value(all).unwrap(), None)
}

fn answer(status: u16, body: &Value) -> Exchange {
    let body = match body {
        Value::String(text) => text.clone(),
        body => body.to_string(),
    };
    Ok(Answer { status, retry_after: None, body: Secret::new(body.into_bytes()) })
}

fn unanswered(kind: TransportFailureKind, reason: &str) -> Exchange {
    Err(TransportFailure { kind, reason: reason.into() })
}

fn codes() -> Value {
    json!({
        "device_code": "3584d83530557fdd1f46af8289938c8ef79f9dc5",
        "user_code": "WDJB-MJHT",
        "verification_uri": "https://github.com/login/device",
        "expires_in": 900,
        "interval": 5,
    })
}

/// Gives the answers one after the other, and returns the events and the outcome. The monotonic clock runs a fifth faster.
fn run(client: &Client, answers: Vec<Exchange>) -> (Vec<LoginEvent>, Option<Outcome>) {
    let mut now = Now { monotonic: Duration::ZERO, wall: Duration::from_secs(1_800_000_000) };
    let (mut flow, mut actions) = DeviceFlow::begin(client.clone(), None, now);
    let mut answers = answers.into_iter();
    let mut events = Vec::new();
    loop {
        let mut input = None;
        for action in actions {
            match action {
                Action::Emit(event) => events.push(event),
                Action::Send(_) => input = answers.next().map(Input::Exchanged),
                Action::Wait { until } => {
                    now.wall += (until - now.monotonic) * 4 / 5;
                    now.monotonic = until;
                    input = Some(Input::Woken);
                }
                Action::Finish(outcome) => {
                    events.push(LoginEvent::finished(&outcome, client));
                    return (events, Some(outcome));
                }
            }
        }
        let Some(input) = input else { return (events, None) };
        actions = flow.step(now, input);
    }
}

/// The texts of the events, and their JSON.
fn report(events: &[LoginEvent]) -> String {
    let mut report = String::new();
    for event in events {
        writeln!(report, "{}", event.to_string().trim_end_matches('\n')).unwrap();
    }
    report.push_str("---\n");
    for json in events.iter().filter_map(LoginEvent::to_json) {
        writeln!(report, "{json}").unwrap();
    }
    report
}

#[test]
fn a_login_with_all_kinds_of_polls() {
    let client = client(json!({ "scopes": ["repo", "read:org"] }));
    let (events, _) = run(
        &client,
        vec![
            answer(502, &json!("<html>")),
            answer(200, &codes()),
            answer(200, &json!({ "error": "authorization_pending" })),
            answer(200, &json!({ "error": "slow_down", "interval": 10 })),
            answer(503, &json!("")),
            unanswered(TransportFailureKind::TimedOut, "no header within 10 s"),
            unanswered(TransportFailureKind::Connect, "connection refused"),
            answer(200, &json!("<html>")),
            answer(429, &json!({ "error": "slow_down" })),
            answer(
                200,
                &json!({ "access_token": "gho_16C7e42F292c6912E7710c838347Ae178B4a", "token_type": "bearer" }),
            ),
        ],
    );
    golden!("auth/device_flow", "a_login", report(&events));
}

#[test]
fn prompts_have_the_address_and_the_code_always() {
    let complete =
        json!({ "verification_uri_complete": "https://github.com/login/device?user_code=WDJB-MJHT" });
    let mut texts = String::new();
    for (settings, members) in [
        (json!({}), json!({})),
        (json!({}), complete),
        (
            json!({
                "device_authorization_url": "http://127.0.0.1:8080/device",
                "client_id": "my \u{1b}[31mtool",
                "scopes": ["openid"],
            }),
            json!({ "expires_in": 95 }),
        ),
    ] {
        let mut codes = codes();
        for (name, value) in members.as_object().unwrap() {
            codes[name] = value.clone();
        }
        let (events, _) = run(&client(settings), vec![answer(200, &codes)]);
        writeln!(texts, "{}", report(&events)).unwrap();
    }
    golden!("auth/device_flow", "prompts", texts);
}

#[test]
fn each_end_has_its_message() {
    let client = client(json!({}));
    let polls: Vec<(&str, Vec<Exchange>)> = vec![
        ("granted, nobody named", vec![answer(200, &json!({ "access_token": "gho_16C7e42F" }))]),
        (
            "granted",
            vec![answer(
                200,
                // {"sub":"1","email":"ann@example.com"}
                &json!({ "access_token": "gho_16C7e42F", "id_token": "e30.eyJzdWIiOiIxIiwiZW1haWwiOiJhbm5AZXhhbXBsZS5jb20ifQ.c2ln" }),
            )],
        ),
        ("denied", vec![answer(400, &json!({ "error": "access_denied" }))]),
        (
            "denied, with a description",
            vec![answer(
                400,
                &json!({
                    "error": "authorization_declined",
                    "error_description": "AADSTS50105: the administrator\r\nblocks \u{1b}[1mthis flow",
                }),
            )],
        ),
        ("expired", vec![answer(400, &json!({ "error": "expired_token" }))]),
        (
            "expired while the provider is down",
            vec![Ok(Answer {
                status: 503,
                retry_after: Some(Duration::from_secs(3600)),
                body: Secret::new(b"<html>".to_vec()),
            })],
        ),
        ("an unknown code", vec![answer(400, &json!({ "error": "quota", "error_description": "No more." }))]),
        ("not a bearer token", vec![answer(200, &json!({ "access_token": "t", "token_type": "mac" }))]),
        ("a redirect", vec![answer(302, &json!(""))]),
        ("a page", vec![answer(404, &json!("<html>"))]),
        ("no result and no error", vec![answer(400, &json!({}))]),
    ];
    let mut texts = String::new();
    for (name, answers) in polls {
        let answers = [answer(200, &codes())].into_iter().chain(answers).collect();
        let (_, outcome) = run(&client, answers);
        writeln!(texts, "{name}:\n  {}", outcome.unwrap().message(&client)).unwrap();
    }
    for word in [
        "bad_verification_code",
        "device_flow_disabled",
        "incorrect_client_credentials",
        "incorrect_device_code",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    ] {
        let answers = vec![answer(200, &codes()), answer(400, &json!({ "error": word }))];
        let (_, outcome) = run(&client, answers);
        writeln!(texts, "{word}:\n  {}", outcome.unwrap().message(&client)).unwrap();
    }
    writeln!(texts, "cancelled:\n  {}", Outcome::Cancelled.message(&client)).unwrap();
    golden!("auth/device_flow", "ends", texts);
}

#[test]
fn each_failure_before_the_code_has_its_message() {
    let with_codes = |name: &str, value: Value| {
        let mut codes = codes();
        codes[name] = value;
        vec![answer(200, &codes)]
    };
    let again = |exchange: Exchange| vec![exchange; 3];
    let cases: Vec<(&str, Vec<Exchange>)> = vec![
        ("no address", again(unanswered(TransportFailureKind::Resolve, "`github.com` has no address"))),
        ("no connection", again(unanswered(TransportFailureKind::Connect, "connection refused"))),
        ("no answer", again(unanswered(TransportFailureKind::TimedOut, "no header within 10 s"))),
        ("a broken connection", again(unanswered(TransportFailureKind::Broken, "connection reset by peer"))),
        (
            "no valid certificate",
            vec![unanswered(TransportFailureKind::Certificate, "its certificate is for another name")],
        ),
        (
            "a huge answer",
            vec![unanswered(TransportFailureKind::TooLarge, "its answer is longer than 256 KiB")],
        ),
        ("a bad gateway", again(answer(502, &json!("<html>")))),
        ("too many requests", again(answer(429, &json!("")))),
        ("a page", vec![answer(200, &json!("<html>"))]),
        ("a redirect", vec![answer(301, &json!(""))]),
        ("no device code", with_codes("device_code", json!(null))),
        ("a code of another type", with_codes("user_code", json!(17))),
        ("a code with control characters", with_codes("user_code", json!("A\u{1b}[2J"))),
        ("no address to open", with_codes("verification_uri", json!(null))),
        ("an address without https", with_codes("verification_uri", json!("http://github.com/login/device"))),
    ];
    let client = client(json!({}));
    let mut texts = String::new();
    for (name, answers) in cases {
        let (_, outcome) = run(&client, answers);
        writeln!(texts, "{name}:\n  {}", outcome.unwrap().message(&client)).unwrap();
    }
    let issuer = self::client(json!({
        "issuer": "https://id.example.com", "device_authorization_url": null, "token_url": null,
    }));
    for (name, answers) in [
        ("no discovery document", vec![answer(404, &json!("")), answer(404, &json!(""))]),
        (
            "the document of another issuer",
            vec![answer(200, &json!({ "issuer": "https://elsewhere.example.com" }))],
        ),
        ("an issuer that is down", again(answer(500, &json!("")))),
        (
            "an issuer without an answer",
            again(unanswered(TransportFailureKind::Connect, "connection refused")),
        ),
    ] {
        let (_, outcome) = run(&issuer, answers);
        writeln!(texts, "{name}:\n  {}", outcome.unwrap().message(&issuer)).unwrap();
    }
    let store =
        AuthError::Store("`/home/ann/.local/state/speckit/auth/github.json` can be read by others".into());
    writeln!(texts, "a store that fails:\n  {}", Outcome::Failed(store).message(&client)).unwrap();
    let locked = AuthError::Locked {
        path: "/home/ann/.local/state/speckit/auth/github.lock".into(),
        waited: Duration::from_secs(30),
    };
    writeln!(texts, "a lock that is held:\n  {}", Outcome::Failed(locked).message(&client)).unwrap();
    golden!("auth/device_flow", "failures_before_the_code", texts);
}
