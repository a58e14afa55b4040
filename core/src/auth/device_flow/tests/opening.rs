//! The requests before the first poll.

use super::*;
use TransportFailureKind::{Certificate, Connect, TimedOut};

#[test]
fn the_first_request_has_scopes_and_parameters() {
    let settings = json!({
        "scopes": ["openid", "profile"],
        "parameters": { "audience": "https://api.example.com/", "client_id": "another", "scope": "another" },
    });
    let login = Login::begin(settings.clone());
    assert_eq!(login.request().url, "https://id.example.com/device");
    assert_eq!(
        login.form(),
        "scope=openid%20profile&audience=https%3A%2F%2Fapi.example.com%2F&client_id=cli"
    );
    let mut client = client(settings);
    client.config.client_authentication = crate::auth::ClientAuthentication::Basic;
    client.secret = Some(Secret::new("s3cr3t".into()));
    let login = Login::begin_as(client);
    assert_eq!(
        login.form(),
        "scope=openid%20profile&audience=https%3A%2F%2Fapi.example.com%2F&client_id=another"
    );
    assert_eq!(login.request().authorization.as_ref().unwrap().expose(), "Basic Y2xpOnMzY3IzdA==");
}

#[test]
fn the_first_request_is_sent_three_times() {
    for exchange in
        [answer(502, "<html>"), failure(TimedOut), failure(Connect), answer(429, ""), answer(500, "{}")]
    {
        let mut login = Login::begin(json!({}));
        let request = login.request().clone();
        for wait in [1.0, 2.0] {
            login.exchange(exchange.clone());
            assert!(matches!(login.events()[..], [LoginEvent::Retrying { .. }]));
            assert_eq!(login.wait(), wait);
            assert_eq!(login.wake().request(), &request);
        }
        assert!(matches!(login.exchange(exchange).outcome(), Outcome::Failed(_)));
    }
    let mut login = Login::begin(json!({}));
    login.exchange(failure(TimedOut)).wake().exchange(codes(json!({})));
    assert_eq!(login.wait(), 5.0);
}

#[test]
fn what_does_not_pass_ends_the_login_at_once() {
    for exchange in [
        failure(Certificate),
        answer(200, "<html>"),
        answer(404, "<html>"),
        answer(302, ""),
        answer(400, "{}"),
        refusal(400, "invalid_scope"),
        refusal(503, "unauthorized_client"),
        retry_after(503, 61, ""),
    ] {
        let mut login = Login::begin(json!({}));
        assert!(matches!(login.exchange(exchange.clone()).outcome(), Outcome::Failed(_)), "{exchange:?}");
    }
    let mut login = Login::begin(json!({}));
    assert_eq!(login.exchange(retry_after(503, 60, "")).wait(), 60.0);
}

#[test]
fn codes_that_are_missing_or_malformed_end_the_login() {
    for (members, problem) in [
        (json!({ "device_code": null }), " and without `device_code`"),
        (json!({ "device_code": 5 }), ", and `device_code` is not a text"),
        (json!({ "user_code": null }), " and without `user_code`"),
        (json!({ "user_code": "" }), ", and `user_code` is not a text"),
        (json!({ "user_code": "A".repeat(65) }), ", and `user_code` is too long or has control characters"),
        (json!({ "user_code": "A\u{1b}[8mB" }), ", and `user_code` is too long or has control characters"),
        (json!({ "user_code": "A\u{202e}B" }), ", and `user_code` is too long or has control characters"),
        (json!({ "verification_uri": null }), " and without `verification_uri`"),
        (json!({ "verification_uri": "activate" }), ", and the address in `verification_uri` is not a URL"),
        (
            json!({ "verification_uri": "http://id.example.com/" }),
            ", and the address in `verification_uri` is not https; http is only allowed for `localhost`, 127.0.0.0/8 and [::1]",
        ),
        (
            json!({ "verification_uri": std::format!("https://id.example.com/{}", "a".repeat(2048)) }),
            ", and `verification_uri` is too long or has control characters",
        ),
        (
            json!({ "verification_uri_complete": "https://id.example.com/\u{7}" }),
            ", and `verification_uri_complete` is too long or has control characters",
        ),
        (
            json!({ "verification_uri_complete": "https://ann@id.example.com/" }),
            ", and the address in `verification_uri_complete` has a user name or a password",
        ),
        (
            json!({ "verification_uri": null, "verification_url": "javascript:alert(1)" }),
            ", and the address in `verification_url` is not a URL",
        ),
    ] {
        let login = Login::issued(members.clone());
        let expected = std::format!("the device authorization endpoint answered with status 200{problem}");
        assert_eq!(login.what(), expected, "{members}");
    }
}

#[test]
fn an_address_on_loopback_and_one_with_a_fragment_are_shown() {
    for url in ["http://127.0.0.1:8080/activate", "http://[::1]/", "https://id.example.com/#/activate"] {
        assert_eq!(Login::issued(json!({ "verification_uri": url })).prompt().verification_uri, url);
    }
}

#[test]
fn an_issuer_is_asked_for_its_endpoints_first() {
    let mut login = Login::begin(json!({
        "issuer": "https://id.example.com", "device_authorization_url": null, "token_url": null,
    }));
    assert_eq!(login.request().url, "https://id.example.com/.well-known/openid-configuration");
    login.exchange(failure(TimedOut));
    assert_eq!(login.wait(), 1.0);
    login.wake().exchange(answer(404, ""));
    assert_eq!(login.request().url, "https://id.example.com/.well-known/oauth-authorization-server");
    let document = json!({
        "issuer": "https://id.example.com",
        "device_authorization_endpoint": "https://id.example.com/d",
        "token_endpoint": "https://id.example.com/t",
    });
    // Each request has its own attempts.
    login.exchange(answer(503, "")).wake().exchange(answer(503, "")).wake();
    login.exchange(answer(200, &document.to_string()));
    assert_eq!(login.request().url, "https://id.example.com/d");
    login.exchange(codes(json!({}))).wake();
    assert_eq!(login.request().url, "https://id.example.com/t");
}

#[test]
fn the_document_of_another_issuer_ends_the_login() {
    let mut login = Login::begin(json!({
        "issuer": "https://id.example.com", "device_authorization_url": null, "token_url": null,
    }));
    let document = json!({ "issuer": "https://elsewhere.example.com" }).to_string();
    assert!(matches!(login.exchange(answer(200, &document)).outcome(), Outcome::Failed(_)));
}
