//! The steps of single renewals.

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use core::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::auth::client::Client;
use crate::auth::error::{AuthError, LoginNeeded};
use crate::auth::exchange::{Endpoint, Request, TransportFailure, TransportFailureKind};
use crate::auth::token::TokenRecord;
use crate::auth::token::examples::{answer, client, record};
use crate::retry::Seed;
use RenewalInput::{Exchanged, Loaded, Locked, Performed, Waited};

const SECOND: Duration = Duration::from_secs(1);

/// Issued at 1000 s, valid until 4600 s, refreshed from 4300 s on.
fn stored() -> TokenRecord {
    record(&json!({"access_token": "a1", "refresh_token": "refresh-1", "expires_in": 3600, "scope": "x"}))
}

fn found(record: &TokenRecord) -> RenewalInput {
    Loaded(Ok(Some(Box::new(record.clone()))))
}

fn answered(status: u16, body: &Value) -> RenewalInput {
    Exchanged(Ok(answer(status, body)))
}

fn lost(kind: TransportFailureKind) -> RenewalInput {
    Exchanged(Err(TransportFailure { kind, reason: "it is lost".into() }))
}

/// A renewal at one time.
struct Run {
    renewal: Renewal,
    action: RenewalAction,
    now: Duration,
}

impl Run {
    fn of(client: Client, goal: RenewalGoal, now: u64) -> Self {
        let (renewal, action) = Renewal::begin(client, goal, "/auth/work.lock".into(), Seed::new(1));
        Self { renewal, action, now: Duration::from_secs(now) }
    }

    fn lasting(needed: u64, now: u64) -> Self {
        Self::of(client(&json!({})), RenewalGoal::Lasting(Duration::from_secs(needed)), now)
    }

    fn step(&mut self, input: RenewalInput) -> &RenewalAction {
        self.action = self.renewal.step(self.now, input);
        &self.action
    }

    /// Until the request is sent.
    fn until_sent(mut self, record: &TokenRecord) -> Self {
        assert_eq!(self.step(found(record)), &RenewalAction::Lock);
        assert_eq!(self.step(Locked(Ok(true))), &RenewalAction::Load);
        assert_eq!(self.step(found(record)), &RenewalAction::Reserve);
        assert!(matches!(self.step(Performed(Ok(()))), RenewalAction::Send(_)));
        self
    }

    fn sent(&self) -> &Request {
        match &self.action {
            RenewalAction::Send(request) => request,
            action => panic!("{action:?}"),
        }
    }

    fn result(&self) -> &RenewalResult {
        match &self.action {
            RenewalAction::Done(result) => result,
            action => panic!("{action:?}"),
        }
    }

    fn renewed(&self) -> &Renewed {
        self.result().as_ref().unwrap()
    }

    fn reason(&self) -> LoginNeeded {
        match self.result() {
            Err(AuthError::LoginNeeded { login, reason }) if login == "work" => *reason,
            result => panic!("{result:?}"),
        }
    }

    fn warning(&self) -> String {
        self.renewed().warning.as_ref().unwrap().to_string()
    }
}

#[test]
fn a_fresh_token_is_used_without_a_lock() {
    let mut run = Run::lasting(0, 4299);
    run.step(found(&stored()));
    assert_eq!(run.renewed(), &Renewed { record: Box::new(stored()), is_new: false, warning: None });
}

#[test]
fn a_due_token_is_refreshed_under_the_lock_and_used_after_it_is_stored() {
    let mut run = Run::lasting(0, 4300).until_sent(&stored());
    let request = run.sent();
    assert_eq!((request.endpoint, &*request.url), (Endpoint::Token, "https://id.example.com/token"));
    let form = request.form.as_ref().unwrap().expose();
    assert_eq!(form, "grant_type=refresh_token&refresh_token=refresh-1&client_id=cli");
    run.now += 5 * SECOND;
    run.step(answered(200, &json!({"access_token": "a2", "refresh_token": "r2", "expires_in": 3600})));
    let RenewalAction::Store(stored) = run.action.clone() else { panic!() };
    assert_eq!((stored.issued_at, stored.expires_at), (4300, Some(7900)));
    assert_eq!(stored.refresh_token.as_ref().unwrap().expose(), "r2");
    run.step(Performed(Ok(())));
    assert_eq!(run.renewed(), &Renewed { record: stored, is_new: true, warning: None });
}

#[test]
fn what_an_answer_leaves_out_stays() {
    let mut old = stored();
    old.subject = Some("me".into());
    old.refresh_expires_at = Some(9000);
    let mut run = Run::lasting(0, 4300).until_sent(&old);
    run.step(answered(200, &json!({"access_token": "a2"})));
    let RenewalAction::Store(new) = &run.action else { panic!() };
    assert_eq!(new.refresh_token, old.refresh_token);
    assert_eq!((&new.scopes, &new.subject), (&old.scopes, &old.subject));
    assert_eq!((new.refresh_expires_at, new.expires_at), (Some(9000), None));
    let mut run = Run::lasting(0, 4300).until_sent(&old);
    run.step(answered(200, &json!({"access_token": "a2", "refresh_token": "r2", "scope": "y z"})));
    let RenewalAction::Store(new) = &run.action else { panic!() };
    assert_eq!((&new.scopes[..], new.refresh_expires_at), (&["y".into(), "z".into()][..], None));
}

#[test]
fn what_another_process_stored_meanwhile_is_used() {
    let other = record(&json!({"access_token": "a2", "refresh_token": "r2", "expires_in": 9000}));
    for goal in [RenewalGoal::Lasting(Duration::ZERO), RenewalGoal::New] {
        let mut run = Run::of(client(&json!({})), goal, 4300);
        run.step(found(&stored()));
        run.step(Locked(Ok(true)));
        run.step(found(&other));
        assert_eq!(run.renewed(), &Renewed { record: Box::new(other.clone()), is_new: false, warning: None });
    }
}

#[test]
fn a_new_token_is_requested_although_the_old_one_is_fresh() {
    let run = Run::of(client(&json!({})), RenewalGoal::New, 1001).until_sent(&stored());
    assert_eq!(run.sent().endpoint, Endpoint::Token);
}

#[test]
fn a_refresh_keeps_the_place_of_revocation_that_the_login_knew() {
    let record = stored();
    let changed = client(&json!({"revocation_url": "https://elsewhere.example/revoke"}));
    let mut run = Run::of(changed, RenewalGoal::Lasting(Duration::ZERO), 4600).until_sent(&record);
    let RenewalAction::Store(new) = run.step(answered(200, &json!({"access_token": "a2"}))) else {
        panic!("{:?}", run.action)
    };
    assert_eq!(new.endpoints, record.endpoints);
}

#[test]
fn nobody_logged_in_or_another_provider_means_log_in_and_nothing_is_sent() {
    let mut run = Run::lasting(0, 1000);
    run.step(Loaded(Ok(None)));
    assert_eq!(run.reason(), LoginNeeded::Absent);
    for change in ["client_id", "token_url", "device_authorization_url"] {
        let other = client(&json!({change: "https://other.example/x"}));
        for now in [1001, 4300, 5000] {
            let mut run = Run::of(other.clone(), RenewalGoal::Lasting(Duration::ZERO), now);
            run.step(found(&stored()));
            assert_eq!(run.reason(), LoginNeeded::OtherIdentity);
        }
    }
    let mut run = Run::lasting(0, 4300);
    run.step(found(&stored()));
    run.step(Locked(Ok(true)));
    let mut other = stored();
    other.identity.token_url = Some("https://other.example".into());
    run.step(found(&other));
    assert_eq!(run.reason(), LoginNeeded::OtherIdentity);
}

#[test]
fn a_lock_is_waited_for_at_most_30_s() {
    for (now, is_usable) in [(4599, true), (4600, false)] {
        let mut run = Run::lasting(0, now);
        run.step(found(&stored()));
        let mut waited = Duration::ZERO;
        while let RenewalAction::Wait(wait) = *run.step(Locked(Ok(false))) {
            waited += wait;
            assert!(wait <= Duration::from_millis(250));
            assert_eq!(run.step(Waited), &RenewalAction::Lock);
        }
        assert!(waited > 29 * SECOND && waited <= 30 * SECOND, "{waited:?}");
        let error = AuthError::Locked { path: "/auth/work.lock".into(), waited };
        match is_usable {
            true => assert_eq!(run.renewed().warning, Some(error)),
            false => assert_eq!(run.result(), &Err(error)),
        }
    }
}

#[test]
fn a_request_is_repeated_only_if_it_never_left() {
    use TransportFailureKind::{Broken, Certificate, Connect, Resolve, TimedOut, TooLarge};
    for kind in [Resolve, Connect, Certificate] {
        let mut run = Run::lasting(0, 4600).until_sent(&stored());
        for _ in 0..2 {
            assert_eq!(run.step(lost(kind)), &RenewalAction::Wait(SECOND));
            assert!(matches!(run.step(Waited), RenewalAction::Send(_)));
        }
        run.step(lost(kind));
        assert!(matches!(run.result(), Err(AuthError::Transport { .. })));
    }
    for kind in [TimedOut, Broken, TooLarge] {
        let mut run = Run::lasting(0, 4600).until_sent(&stored());
        run.step(lost(kind));
        assert!(matches!(run.result(), Err(AuthError::Transport { .. })));
    }
}

#[test]
fn a_failed_refresh_returns_a_token_that_has_not_expired_with_a_warning() {
    for (status, body, message) in [
        (
            500,
            json!({"a": "canary"}),
            "the token endpoint answered with status 500 and with neither a result nor an error code",
        ),
        (502, json!("canary"), "the token endpoint answered with status 502 and without a JSON object"),
        (
            302,
            json!({}),
            "the token endpoint answered with status 302, which leads to another address; redirects are not followed",
        ),
        (
            200,
            json!({"token": "canary"}),
            "the token endpoint answered with status 200 and without `access_token`",
        ),
        (
            200,
            json!({"error": "invalid_client", "error_description": "refresh-1 is bad"}),
            "the token endpoint refused: invalid_client ([redacted] is bad)",
        ),
        (
            503,
            json!({"error": "temporarily_unavailable"}),
            "the token endpoint refused: temporarily_unavailable",
        ),
    ] {
        let mut run = Run::lasting(1000, 4599).until_sent(&stored());
        run.step(answered(status, &body));
        assert_eq!(run.renewed().record.access_token.expose(), "a1");
        assert_eq!(run.warning(), message);
        let mut run = Run::lasting(0, 4600).until_sent(&stored());
        run.step(answered(status, &body));
        assert_eq!(run.result().as_ref().unwrap_err().to_string(), message);
        let mut run = Run::of(client(&json!({})), RenewalGoal::New, 1001).until_sent(&stored());
        run.step(answered(status, &body));
        assert_eq!(run.result().as_ref().unwrap_err().to_string(), message);
    }
}

#[test]
fn nothing_is_sent_if_the_result_could_not_be_stored() {
    for (now, is_usable) in [(4599, true), (4600, false)] {
        let full = AuthError::Store("the disk is full".into());
        let mut run = Run::lasting(0, now);
        run.step(found(&stored()));
        run.step(Locked(Ok(true)));
        run.step(found(&stored()));
        run.step(Performed(Err(full.clone())));
        match is_usable {
            true => assert_eq!(run.renewed().warning, Some(full)),
            false => assert_eq!(run.result(), &Err(full)),
        }
    }
}

#[test]
fn a_new_token_that_cannot_be_stored_is_stored_again_and_not_used() {
    let failed = AuthError::Store("it failed".into());
    let mut run = Run::lasting(0, 4300).until_sent(&stored());
    run.step(answered(200, &json!({"access_token": "a2", "refresh_token": "r2"})));
    for _ in 0..2 {
        assert_eq!(run.step(Performed(Err(failed.clone()))), &RenewalAction::Wait(SECOND));
        assert!(matches!(run.step(Waited), RenewalAction::Store(_)));
    }
    run.step(Performed(Err(failed.clone())));
    assert_eq!(run.result(), &Err(failed));
}

#[test]
fn a_refused_refresh_token_is_removed_and_an_access_token_is_kept_as_long_as_it_lasts() {
    for word in ["invalid_grant", "bad_refresh_token", "INVALID_GRANT"] {
        for status in [200, 400, 401] {
            let mut run = Run::lasting(0, 4600).until_sent(&stored());
            assert_eq!(run.step(answered(status, &json!({"error": word}))), &RenewalAction::Load);
            assert_eq!(run.step(found(&stored())), &RenewalAction::Remove);
            run.step(Performed(Ok(())));
            assert_eq!(run.reason(), LoginNeeded::Revoked);
        }
    }
    for (needed, serves) in [(0, true), (299, true), (301, false)] {
        let mut run = Run::lasting(needed, 4301).until_sent(&stored());
        run.step(answered(400, &json!({"error": "invalid_grant"})));
        run.step(found(&stored()));
        let RenewalAction::Store(rest) = run.action.clone() else { panic!() };
        assert_eq!((rest.access_token.expose().as_str(), &rest.refresh_token), ("a1", &None));
        run.step(Performed(Ok(())));
        match serves {
            true => assert_eq!(run.renewed().record, rest),
            false => assert_eq!(run.reason(), LoginNeeded::Revoked),
        }
    }
}

#[test]
fn after_a_refusal_what_another_process_stored_is_used_and_never_removed() {
    let other = record(&json!({"access_token": "a2", "refresh_token": "r2", "expires_in": 9000}));
    let mut run = Run::lasting(0, 4600).until_sent(&stored());
    run.step(answered(400, &json!({"error": "invalid_grant"})));
    run.step(found(&other));
    assert_eq!(run.renewed().record, Box::new(other));

    let expired = record(&json!({"access_token": "a2", "refresh_token": "r2", "expires_in": 10}));
    let mut run = Run::lasting(0, 4600).until_sent(&stored());
    run.step(answered(400, &json!({"error": "invalid_grant"})));
    assert_eq!(run.step(found(&expired)), &RenewalAction::Reserve);
    run.step(Performed(Ok(())));
    assert!(run.sent().form.as_ref().unwrap().expose().contains("refresh_token=r2"));
    run.step(answered(400, &json!({"error": "invalid_grant"})));
    run.step(found(&stored()));
    assert_eq!(run.reason(), LoginNeeded::Revoked);

    let mut run = Run::lasting(0, 4600).until_sent(&stored());
    run.step(answered(400, &json!({"error": "invalid_grant"})));
    run.step(Loaded(Ok(None)));
    assert_eq!(run.reason(), LoginNeeded::Absent);
}

#[test]
fn a_demand_for_a_person_removes_nothing() {
    let mut run = Run::lasting(0, 4600).until_sent(&stored());
    run.step(answered(400, &json!({"error": "interaction_required"})));
    assert_eq!(run.reason(), LoginNeeded::Revoked);
}

#[test]
fn without_a_refresh_token_a_job_that_outlives_the_token_does_not_begin() {
    let short = record(&json!({"access_token": "a1", "expires_in": 3600}));
    let mut run = Run::lasting(600, 4001);
    run.step(found(&short));
    assert_eq!(run.reason(), LoginNeeded::NoRefreshToken);
    let mut run = Run::lasting(0, 4599);
    run.step(found(&short));
    assert_eq!(run.warning(), "the token expired or expires too soon, and there is no refresh token");
    let mut run = Run::lasting(10_000, 4599);
    run.step(found(&short));
    assert_eq!(run.renewed().record, Box::new(short.clone()));
    let mut run = Run::of(client(&json!({})), RenewalGoal::New, 1001);
    run.step(found(&short));
    assert_eq!(run.reason(), LoginNeeded::NoRefreshToken);
    let fields =
        json!({"access_token": "a1", "refresh_token": "r1", "expires_in": 3600, "refresh_expires_in": 1800});
    let mut run = Run::lasting(1000, 3700);
    run.step(found(&record(&fields)));
    assert_eq!(run.reason(), LoginNeeded::RefreshExpired);
}

/// A client and a record whose endpoints the issuer names.
fn of_issuer() -> (Client, TokenRecord) {
    let mut client = client(&json!({"issuer": "https://id.example.com"}));
    (client.config.device_authorization_url, client.config.token_url) = (None, None);
    let mut record = stored();
    record.identity = client.identity();
    record.endpoints.token = "https://id.example.com/old".into();
    (client, record)
}

#[test]
fn an_endpoint_that_moved_is_discovered_once() {
    let (client, record) = of_issuer();
    let document = |token: &str| {
        json!({"issuer": "https://id.example.com", "token_endpoint": token,
               "device_authorization_endpoint": "https://id.example.com/device"})
    };
    let mut run = Run::of(client.clone(), RenewalGoal::Lasting(Duration::ZERO), 4600).until_sent(&record);
    assert_eq!(run.sent().url, "https://id.example.com/old");
    run.step(answered(404, &json!("<html>")));
    assert_eq!(run.sent().endpoint, Endpoint::Discovery);
    run.step(answered(200, &document("https://id.example.com/new")));
    assert_eq!(run.sent().url, "https://id.example.com/new");
    let mut again = Run { renewal: run.renewal.clone(), action: run.action.clone(), now: run.now };
    again.step(answered(404, &json!({})));
    assert!(matches!(again.result(), Err(AuthError::Answer { status: 404, .. })));
    run.step(answered(200, &json!({"access_token": "a2"})));
    let RenewalAction::Store(new) = &run.action else { panic!() };
    assert_eq!(new.endpoints.token, "https://id.example.com/new");

    let mut run = Run::of(client, RenewalGoal::Lasting(Duration::ZERO), 4599).until_sent(&record);
    run.step(answered(404, &json!({})));
    run.step(answered(200, &document("https://id.example.com/old")));
    assert!(run.warning().contains("status 404"));
}

#[test]
fn an_endpoint_of_the_settings_is_not_discovered_and_a_plain_one_is_not_used() {
    let mut run = Run::lasting(0, 4600).until_sent(&stored());
    run.step(answered(404, &json!({})));
    assert!(matches!(run.result(), Err(AuthError::Answer { status: 404, .. })));
    let (client, mut record) = of_issuer();
    record.endpoints.token = "http://id.example.com/token".into();
    let mut run = Run::of(client, RenewalGoal::Lasting(Duration::ZERO), 4600);
    run.step(found(&record));
    run.step(Locked(Ok(true)));
    run.step(found(&record));
    run.step(Performed(Ok(())));
    assert!(run.result().as_ref().unwrap_err().to_string().contains("is not https"));
}

#[test]
fn a_result_of_another_action_ends_the_renewal() {
    let mut run = Run::lasting(0, 4600);
    run.step(Waited);
    assert!(run.result().is_err());
    run.step(found(&stored()));
    assert!(run.result().is_err());
}

#[test]
fn nothing_of_a_renewal_shows_a_token() {
    let run = Run::lasting(0, 4600).until_sent(&stored());
    let shown = alloc::format!("{:?} {:?}", run.renewal, run.action);
    assert!(!shown.contains("a1") && !shown.contains("refresh-1"), "{shown}");
}
