//! When the machine polls.

use super::*;
use TransportFailureKind::{Broken, Certificate, Connect, Resolve, TimedOut, TooLarge};

#[test]
fn it_waits_before_the_first_poll_and_before_each_further_one() {
    let mut login = Login::issued(json!({}));
    assert_eq!(login.wait(), 5.0);
    for _ in 0..3 {
        login.poll(refusal(400, "authorization_pending"));
        assert_eq!((login.wait(), login.reason()), (5.0, PollReason::Pending));
    }
    assert!(matches!(login.poll(token()).outcome(), Outcome::Granted(_)));
}

#[test]
fn an_early_wake_up_repeats_the_wait() {
    let mut login = Login::issued(json!({}));
    login.pass(Duration::from_secs(2));
    login.actions = login.flow.step(login.now, Input::Woken);
    assert_eq!(login.wait(), 3.0);
    login.wake().request();
}

#[test]
fn an_interval_that_is_none_counts_as_five_seconds() {
    for (interval, wait) in [
        (json!(null), 5.0),
        (json!(0), 5.0),
        (json!(-1), 5.0),
        (json!("-1"), 5.0),
        (json!("soon"), 5.0),
        (json!([7]), 5.0),
        (json!("5"), 5.0),
        (json!("7"), 7.0),
        (json!(1), 1.0),
        (json!(7.2), 8.0),
        (json!(0.5), 1.0),
        (json!(1e300), 900.0),
    ] {
        assert_eq!(Login::issued(json!({ "interval": interval })).wait(), wait, "{interval}");
    }
}

#[test]
fn slow_down_adds_five_seconds_or_takes_the_larger_interval_of_the_server() {
    let mut login = Login::issued(json!({}));
    for (interval, wait) in
        [(json!(null), 10.0), (json!(12), 15.0), (json!(40), 40.0), (json!(-3), 45.0), (json!("50"), 50.0)]
    {
        let body = json!({ "error": "slow_down", "interval": interval }).to_string();
        login.poll(answer(400, &body));
        assert_eq!((login.wait(), login.reason()), (wait, PollReason::SlowDown), "{interval}");
    }
    login.poll(refusal(400, "authorization_pending"));
    assert_eq!(login.wait(), 50.0);
}

#[test]
fn problems_double_the_wait_up_to_a_minute_and_a_clear_answer_ends_that() {
    let mut login = Login::issued(json!({}));
    for (exchange, reason, wait) in [
        (answer(502, "<html>Bad Gateway</html>"), PollReason::ServerError, 10.0),
        (failure(TimedOut), PollReason::TimedOut, 20.0),
        (answer(200, "<html>Please log in to this network</html>"), PollReason::Malformed, 40.0),
        (failure(Connect), PollReason::Unreachable, 60.0),
        (answer(200, "{}"), PollReason::Malformed, 60.0),
        (refusal(400, "authorization_pending"), PollReason::Pending, 5.0),
        (failure(Resolve), PollReason::Unreachable, 10.0),
        (failure(Certificate), PollReason::Certificate, 20.0),
        (failure(Broken), PollReason::Disconnected, 40.0),
        (failure(TooLarge), PollReason::TooLarge, 60.0),
        (refusal(400, "slow_down"), PollReason::SlowDown, 10.0),
        (refusal(503, "temporarily_unavailable"), PollReason::ServerError, 20.0),
        (answer(408, ""), PollReason::ServerError, 40.0),
        (answer(429, ""), PollReason::RateLimited, 60.0),
    ] {
        login.poll(exchange);
        assert_eq!((login.reason(), login.wait()), (reason, wait));
    }
}

#[test]
fn the_cap_is_never_below_the_interval() {
    let mut login = Login::issued(json!({ "interval": 90 }));
    login.poll(failure(TimedOut));
    assert_eq!(login.wait(), 90.0);
    login.poll(refusal(400, "slow_down")).poll(answer(500, ""));
    assert_eq!(login.wait(), 95.0);
}

#[test]
fn retry_after_is_the_least_wait_with_429_and_503_alone() {
    let pending = r#"{"error":"authorization_pending"}"#;
    for (exchange, wait) in [
        (retry_after(503, 70, ""), 70.0),
        (retry_after(429, 30, "too many"), 30.0),
        (retry_after(429, 1, ""), 10.0),
        (retry_after(429, 33, pending), 33.0),
        (retry_after(500, 70, ""), 10.0),
        (retry_after(400, 70, pending), 5.0),
    ] {
        let mut login = Login::issued(json!({}));
        assert_eq!(login.poll(exchange.clone()).wait(), wait, "{exchange:?}");
    }
}

#[test]
fn the_last_poll_is_at_the_expiry() {
    let mut login = Login::issued(json!({ "expires_in": 12 }));
    login.poll(refusal(400, "authorization_pending"));
    // At 10 s there would be no room for another one at 12 s.
    assert_eq!(login.wait(), 7.0);
    assert_eq!(
        login.poll(refusal(400, "authorization_pending")).outcome(),
        &Outcome::Expired { failure: None }
    );
    assert_eq!(login.now.monotonic - START.monotonic, Duration::from_secs(12));

    let mut login = Login::issued(json!({ "expires_in": 3 }));
    assert_eq!(login.wait(), 3.0);
    assert!(matches!(login.poll(token()).outcome(), Outcome::Granted(_)));

    // A longer wait after a problem is cut at the expiry.
    let mut login = Login::issued(json!({ "expires_in": 12 }));
    assert_eq!(login.poll(failure(TimedOut)).wait(), 7.0);
}

#[test]
fn a_login_ends_where_the_interval_leaves_no_time_for_another_poll() {
    let mut login = Login::issued(json!({ "expires_in": 11 }));
    login.poll(refusal(400, "authorization_pending"));
    assert_eq!(login.wait(), 6.0);
    let mut login = Login::issued(json!({ "expires_in": 11 }));
    assert_eq!(login.poll(refusal(400, "slow_down")).outcome(), &Outcome::Expired { failure: None });
    let mut login = Login::issued(json!({}));
    let expired = login.poll(retry_after(503, 3600, "")).what();
    assert_eq!(
        expired,
        "the code expired, and the last poll had no clear answer: the token endpoint answered with status 503 and without a \
         JSON object"
    );
}

#[test]
fn an_answer_after_the_expiry_still_counts() {
    let mut login = Login::issued(json!({ "expires_in": 10 }));
    login.wake();
    login.pass(Duration::from_secs(3600));
    assert!(matches!(login.exchange(token()).outcome(), Outcome::Granted(_)));
    let mut login = Login::issued(json!({ "expires_in": 10 }));
    login.wake();
    login.pass(Duration::from_secs(3600));
    assert_eq!(
        login.exchange(refusal(400, "authorization_pending")).outcome(),
        &Outcome::Expired { failure: None }
    );
}

#[test]
fn the_lifetime_has_a_default_and_a_cap() {
    for (expires_in, seconds) in [
        (json!(null), 900),
        (json!(0), 900),
        (json!(-5), 900),
        (json!("soon"), 900),
        (json!(true), 900),
        (json!("600"), 600),
        (json!(1800.9), 1800),
        (json!(1e300), 86_400),
    ] {
        let login = Login::issued(json!({ "expires_in": expires_in }));
        assert_eq!(login.prompt().expires_in, Duration::from_secs(seconds), "{expires_in}");
    }
}

#[test]
fn a_slow_first_answer_shortens_the_lifetime_by_half_at_most() {
    for (latency, first) in [(0, 12.0), (2, 10.0), (3600, 6.0)] {
        let mut login = Login::begin(json!({}));
        login.pass(Duration::from_secs(latency));
        login.exchange(codes(json!({ "expires_in": 12, "interval": 10 })));
        assert_eq!(login.wait(), first, "{latency}");
    }
}

#[test]
fn clocks_that_drift_give_a_hint_after_the_second_slow_down_and_the_login_goes_on() {
    let mut login = Login::issued(json!({}));
    login.poll(refusal(400, "slow_down"));
    assert_eq!(login.events().len(), 1);
    login.now.wall -= Duration::from_secs(3);
    login.poll(refusal(400, "slow_down"));
    let [LoginEvent::SlowClockHint(drift), LoginEvent::Poll(_)] = login.events()[..] else {
        panic!("{:?}", login.events());
    };
    assert_eq!(drift.difference(), Duration::from_secs(3));
    assert_eq!(
        login.events()[0].to_string(),
        "the provider demands slower polls for the second time; since the login began, the monotonic clock of this machine \
         advanced by 15 s and its wall clock by 12 s, which is a drift of 3 s; the login goes on"
    );
    login.poll(refusal(400, "slow_down"));
    assert_eq!(login.events().len(), 1);
    assert!(matches!(login.poll(token()).outcome(), Outcome::Granted(_)));
}

#[test]
fn a_wall_clock_that_jumps_changes_no_wait() {
    let mut login = Login::issued(json!({}));
    login.now.wall = Duration::ZERO;
    login.poll(refusal(400, "authorization_pending"));
    assert_eq!(login.wait(), 5.0);
    login.now.wall = Duration::from_secs(u64::MAX / 2);
    login.poll(refusal(400, "slow_down"));
    assert_eq!(login.wait(), 10.0);
}
