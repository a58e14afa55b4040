//! What ends a login, and what does not.

use super::*;

#[test]
fn the_error_code_decides_whatever_the_status_is() {
    for status in [200, 302, 400, 401, 403, 404, 418, 428, 429, 500, 503] {
        let mut login = Login::issued(json!({}));
        login.poll(refusal(status, "authorization_pending"));
        assert_eq!((login.reason(), login.polled().status), (PollReason::Pending, Some(status)));
        assert_eq!(
            login.poll(refusal(status, "access_denied")).outcome(),
            &Outcome::Denied { description: None }
        );
    }
}

#[test]
fn the_status_decides_where_there_is_no_error_code() {
    for body in ["", "<html>", "{}", "{\"error\":null}", "{\"error\":{\"code\":403}}", "[1]", "\u{0}\u{fffd}"]
    {
        for (status, reason) in [
            (428, Some(PollReason::Pending)),
            (429, Some(PollReason::RateLimited)),
            (408, Some(PollReason::ServerError)),
            (500, Some(PollReason::ServerError)),
            (599, Some(PollReason::ServerError)),
            (200, Some(PollReason::Malformed)),
            (204, Some(PollReason::Malformed)),
            (301, None),
            (400, None),
            (401, None),
            (404, None),
        ] {
            let mut login = Login::issued(json!({}));
            login.poll(answer(status, body));
            match reason {
                Some(reason) => assert_eq!(login.reason(), reason, "{status} {body}"),
                None => assert!(matches!(login.outcome(), Outcome::Failed(_)), "{status} {body}"),
            }
        }
    }
}

#[test]
fn a_redirect_is_not_followed() {
    for body in ["", "{}", "<a href=\"https://elsewhere.example.com\">"] {
        let mut login = Login::issued(json!({}));
        assert_eq!(
            login.poll(answer(307, body)).what(),
            "the token endpoint answered with status 307, which leads to another address; redirects are not followed"
        );
    }
}

#[test]
fn a_token_in_an_answer_with_a_bad_status_is_not_used() {
    let mut login = Login::issued(json!({}));
    login.poll(answer(400, r#"{"access_token":"token","token_type":"bearer"}"#));
    assert!(matches!(login.outcome(), Outcome::Failed(_)));
}

#[test]
fn an_unknown_error_code_ends_the_login() {
    let mut login = Login::issued(json!({}));
    let body = json!({ "error": "quota\u{1b}[2J", "error_description": "no\nmore" }).to_string();
    assert_eq!(
        login.poll(answer(400, &body)).what(),
        "the token endpoint refused: quota\\u{1b}[2J (no\\nmore)"
    );
}

#[test]
fn a_grant_becomes_a_record_with_the_subject_and_the_time_of_the_wall_clock() {
    let mut login = Login::issued(json!({}));
    let claims = base64::Engine::encode(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        r#"{"sub":"1","email":"ann@example.com"}"#,
    );
    let body = json!({
        "access_token": "token", "refresh_token": "more", "expires_in": "60", "id_token": std::format!("e30.{claims}.x"),
    });
    login.poll(answer(200, &body.to_string()));
    let Outcome::Granted(record) = login.outcome() else { panic!("{:?}", login.outcome()) };
    let issued_at = START.wall.as_secs() + 5;
    assert_eq!((record.issued_at, record.expires_at), (issued_at, Some(issued_at + 60)));
    assert_eq!(record.subject.as_deref(), Some("ann@example.com"));
    assert_eq!(login.what(), "logged in as ann@example.com");
}

#[test]
fn a_token_of_another_kind_ends_the_login() {
    let mut login = Login::issued(json!({}));
    let body = r#"{"access_token":"token","token_type":"mac"}"#;
    assert_eq!(
        login.poll(answer(200, body)).what(),
        "the token endpoint answered with status 200, and the token is not a bearer token"
    );
}

#[test]
fn a_cancelled_login_ends_at_once_and_for_good() {
    let waiting = Login::issued(json!({}));
    let mut polling = Login::issued(json!({}));
    polling.wake();
    for mut login in [Login::begin(json!({})), waiting, polling] {
        assert_eq!(login.flow.step(login.now, Input::Cancelled), [Action::Finish(Outcome::Cancelled)]);
        for input in [Input::Woken, Input::Cancelled, Input::Exchanged(token())] {
            assert_eq!(login.flow.step(login.now, input), []);
        }
    }
}

#[test]
fn an_unexpected_input_changes_nothing() {
    let mut login = Login::issued(json!({}));
    let until = START.monotonic + Duration::from_secs(5);
    assert_eq!(login.flow.step(START, Input::Exchanged(token())), [Action::Wait { until }]);
    login.wake();
    assert_eq!(login.flow.step(login.now, Input::Woken), []);
    assert!(matches!(login.exchange(token()).outcome(), Outcome::Granted(_)));
}
