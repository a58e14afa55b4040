//! The answers of known providers, as they send them.

use super::*;

/// GitHub answers with status 200 whatever happens, and its `slow_down` has the new interval.
#[test]
fn github_sends_errors_with_status_200() {
    let mut login = Login::issued(json!({ "verification_uri": "https://github.com/login/device" }));
    let pending = json!({
        "error": "authorization_pending",
        "error_description": "The authorization request is still pending.",
        "error_uri": "https://docs.github.com/developers/apps/authorizing-oauth-apps",
    });
    login.poll(answer(200, &pending.to_string()));
    assert_eq!(login.wait(), 5.0);
    login.poll(answer(200, r#"{"error":"slow_down","error_description":"Too many requests","interval":10}"#));
    assert_eq!(login.wait(), 10.0);
    let token = r#"{"access_token":"gho_16C7e42F","token_type":"bearer","scope":"repo,gist"}"#;
    assert!(matches!(login.poll(answer(200, token)).outcome(), Outcome::Granted(_)));
}

#[test]
fn github_has_its_own_error_codes() {
    for word in [
        "unsupported_grant_type",
        "incorrect_client_credentials",
        "incorrect_device_code",
        "device_flow_disabled",
    ] {
        let mut login = Login::issued(json!({}));
        let expected = std::format!("the token endpoint refused: {word}");
        assert_eq!(login.poll(refusal(200, word)).what(), expected);
    }
    let mut login = Login::issued(json!({}));
    assert_eq!(login.poll(refusal(200, "expired_token")).outcome(), &Outcome::Expired { failure: None });
}

/// Google calls the address `verification_url`, answers with 428 while the login is pending and with 403 to polls that come too
/// fast and to a refusal.
#[test]
fn google_has_its_own_names_and_statuses() {
    let mut login = Login::begin(json!({}));
    let codes = json!({
        "device_code": "4/4-GMMhmHCXhWEzkobqIHGG_EnNYYsAkukHspeYUk9E8",
        "user_code": "GQVQ-JKEC",
        "verification_url": "https://www.google.com/device",
        "expires_in": 1800,
        "interval": 5,
    });
    login.exchange(answer(200, &codes.to_string()));
    assert_eq!(login.prompt().verification_uri, "https://www.google.com/device");
    let pending = r#"{"error":"authorization_pending","error_description":"Precondition Required"}"#;
    assert_eq!(login.poll(answer(428, pending)).reason(), PollReason::Pending);
    assert_eq!(
        login.poll(answer(403, r#"{"error":"slow_down","error_description":"Forbidden"}"#)).wait(),
        10.0
    );
    let denied = r#"{"error":"access_denied","error_description":"Forbidden"}"#;
    let expected = Outcome::Denied { description: Some("Forbidden".into()) };
    assert_eq!(login.poll(answer(403, denied)).outcome(), &expected);
}

#[test]
fn google_names_an_exceeded_quota_in_another_field() {
    let mut login = Login::begin(json!({}));
    login.exchange(answer(403, r#"{"error_code":"rate_limit_exceeded"}"#));
    assert_eq!(login.wait(), 1.0);
}

#[test]
fn microsoft_has_its_own_words() {
    for (word, outcome) in [
        ("authorization_declined", Some(Outcome::Denied { description: None })),
        ("expired_token", Some(Outcome::Expired { failure: None })),
        ("bad_verification_code", None),
        ("invalid_client", None),
        ("invalid_grant", None),
    ] {
        let mut login = Login::issued(json!({}));
        login.poll(refusal(400, word));
        match outcome {
            Some(outcome) => assert_eq!(login.outcome(), &outcome),
            None => assert!(login.what().contains(word), "{}", login.what()),
        }
    }
}

/// dexidp/dex#4240.
#[test]
fn dex_sends_401_while_a_login_is_pending() {
    let mut login = Login::issued(json!({}));
    assert_eq!(login.poll(refusal(401, "authorization_pending")).reason(), PollReason::Pending);
    assert!(matches!(login.poll(token()).outcome(), Outcome::Granted(_)));
}

/// zitadel/oidc#784, keycloak#9710: they demand PKCE, which RFC 8628 does not define.
#[test]
fn pkce_is_sent_if_the_settings_say_so() {
    let mut login = Login::begin(json!({ "pkce": "s256" }));
    let verifier = Verifier::new(&Secret::new([7; 32]));
    assert_eq!(
        login.form(),
        std::format!("code_challenge={}&code_challenge_method=S256&client_id=cli", verifier.challenge())
    );
    login.exchange(codes(json!({}))).wake();
    assert_eq!(
        login.form(),
        std::format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=device-code-0123456789\
             &code_verifier={}&client_id=cli",
            verifier.expose()
        )
    );
    let (_, actions) = DeviceFlow::begin(client(json!({ "pkce": "s256" })), None, START);
    assert!(matches!(actions[..], [Action::Finish(Outcome::Failed(_))]));
}

/// DuendeSoftware#200: a server that ignores PKCE must not get it.
#[test]
fn pkce_is_not_sent_otherwise() {
    let mut login = Login::begin(json!({}));
    assert_eq!(login.form(), "client_id=cli");
    login.exchange(codes(json!({}))).wake();
    assert!(!login.form().contains("code_verifier"), "{}", login.form());
}

/// azure-cli#32420: a tenant that forbids the device flow shows as a refusal or as an expiry.
#[test]
fn a_refusal_and_an_expiry_say_that_an_organization_may_forbid_the_flow() {
    for word in ["access_denied", "authorization_declined", "expired_token", "unauthorized_client"] {
        let mut login = Login::issued(json!({}));
        let message = login.poll(refusal(400, word)).outcome().message(&client(json!({})));
        assert!(message.contains("some organizations forbid"), "{message}");
    }
}
