//! No text has a secret that was sent.

use std::format;

use super::*;

/// All texts of the actions and of the machine.
fn shown(login: &Login) -> String {
    let mut shown = format!("{:?}\n{:?}\n", login.actions, login.flow);
    for event in login.events() {
        shown += &format!("{event}\n{:?}\n", event.to_json());
    }
    if let Some(Action::Finish(outcome)) = login.actions.last() {
        shown += &outcome.message(&client(json!({})));
    }
    shown
}

#[test]
fn a_provider_that_repeats_what_was_sent_shows_no_secret() {
    let verifier = Verifier::new(&Secret::new([7; 32]));
    let secrets = ["s3cr3t+of/client/ä", "d3v1ce/code+with=signs", verifier.expose()];
    let spellings: Vec<String> = secrets
        .iter()
        .flat_map(|secret| [String::from(*secret), crate::auth::client::encoded(secret)])
        .collect();
    for secret in &spellings {
        for (error, description) in [
            ("invalid_request", format!("unknown value {secret}!")),
            ("access_denied", format!("{secret}{secret}")),
            ("server_error", format!("{}{secret}", "x".repeat(290))),
            (secret.as_str(), String::new()),
        ] {
            let mut client = client(json!({ "pkce": "s256", "client_authentication": "post" }));
            client.secret = Some(Secret::new(secrets[0].into()));
            let mut login = Login::begin_as(client);
            login.exchange(codes(json!({ "device_code": secrets[1] }))).wake();
            let body = json!({ "error": error, "error_description": description }).to_string();
            let mut shown = shown(login.exchange(answer(400, &body)));
            login.now.monotonic += Duration::from_secs(900);
            login.actions = login.flow.step(login.now, Input::Woken);
            if matches!(login.actions.last(), Some(Action::Send(_))) {
                shown += &self::shown(login.exchange(answer(500, &body)));
            }
            for part in spellings.iter().map(|secret| &secret[..6]) {
                assert!(!shown.contains(part), "{part}: {shown}");
            }
        }
    }
}

#[test]
fn texts_of_the_provider_are_short() {
    let mut login = Login::issued(json!({}));
    let body = json!({ "error": "e".repeat(1000), "error_description": "ä".repeat(10_000) }).to_string();
    let what = login.poll(answer(400, &body)).what();
    assert!(what.chars().count() < 420 && what.contains('…'), "{what}");
}

#[test]
fn no_part_of_a_body_that_cannot_be_read_is_shown() {
    for status in [200, 302, 404, 500] {
        let mut login = Login::begin(json!({}));
        let body = r#"{"device_code":"planted-secret","user_code":"planted-secret""#;
        let shown = shown(login.exchange(answer(status, body)));
        assert!(!shown.contains("planted"), "{shown}");
    }
}
