//! What a login does under each fault of a server.
//!
//! The requests are real. The clock jumps over the waits, and the time limits of requests are short.

use std::time::Duration;

use serde_json::{Value as Json, json};
use speckit::auth::{AuthError, LoginEvent, Outcome, OutcomeKind, PollReason};
use speckit_core::auth::{AnswerProblem, Endpoint, TransportFailureKind};
use speckit_tests::fakes::provider::{Decision, Dialect, Discovery, HttpAnswer, Provider, Reply, Route};

use super::simulated_clock::{LoginReport, SimulatedLogin};
use super::{client, hasty_http};

/// Longer than any time limit of these tests.
const STALL: Duration = Duration::from_secs(20);

/// A fault, and how a request ends under it.
pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) reply: fn() -> Reply,
    end: RequestEnd,
    /// Why the login goes on if it happens to a poll; `None`: the login ends.
    reason: Option<PollReason>,
}

/// How a request ends.
#[derive(Debug, PartialEq)]
enum RequestEnd {
    Transport(TransportFailureKind),
    Answer(u16, AnswerProblem),
    /// The provider says so with this code.
    Refused(&'static str),
}

impl RequestEnd {
    fn of(error: &AuthError, expected: &Self) -> (Endpoint, Self) {
        match (error, expected) {
            (AuthError::Transport { endpoint, failure }, _) => (*endpoint, Self::Transport(failure.kind)),
            (AuthError::Answer { endpoint, status, problem }, _) => {
                (*endpoint, Self::Answer(*status, *problem))
            }
            (AuthError::Refused { endpoint, error, .. }, Self::Refused(word)) if error == word => {
                (*endpoint, Self::Refused(word))
            }
            (other, _) => panic!("{other}"),
        }
    }
}

fn text(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Reply {
    Reply::answer(HttpAnswer::text(status, kind, body))
}

/// Faults that pass: a poll under one of them is repeated.
pub(super) fn passing_faults() -> Vec<Fault> {
    use PollReason::{Disconnected, Malformed, RateLimited, ServerError, TimedOut};
    use RequestEnd::{Answer, Refused, Transport};
    use TransportFailureKind::Broken;
    let fault = |name, reply, end, reason| Fault { name, reply, end, reason: Some(reason) };
    let page = || Answer(200, AnswerProblem::NotAnObject);
    vec![
        fault("a proxy's page", || Reply::html(502), Answer(502, AnswerProblem::NotAnObject), ServerError),
        fault(
            "a problem in JSON",
            || Reply::error(503, "temporarily_unavailable"),
            Refused("temporarily_unavailable"),
            ServerError,
        ),
        fault(
            "an object with a status 500",
            || Reply::json(500, &json!({})),
            Answer(500, AnswerProblem::NoError),
            ServerError,
        ),
        fault(
            "too many requests",
            || text(429, "text/plain", "slower"),
            Answer(429, AnswerProblem::NotAnObject),
            RateLimited,
        ),
        fault("a reset", || Reply::html(200).reset(), Transport(Broken), Disconnected),
        fault("no answer", || Reply::html(200).closed(), Transport(Broken), Disconnected),
        fault("half a head", || text(200, "text/plain", "").cut_in_half(), Transport(Broken), Disconnected),
        fault(
            "half a body",
            || text(200, "application/json", vec![b' '; 5000]).cut_in_half(),
            Transport(Broken),
            Disconnected,
        ),
        fault(
            "a stall",
            || Reply::html(200).after(STALL),
            Transport(TransportFailureKind::TimedOut),
            TimedOut,
        ),
        fault(
            "a stall within an answer",
            || text(200, "application/json", vec![b' '; 5000]).with_pause(STALL),
            Transport(TransportFailureKind::TimedOut),
            TimedOut,
        ),
        fault(
            "10 MB",
            || Reply::large(200, 10_000_000),
            Transport(TransportFailureKind::TooLarge),
            PollReason::TooLarge,
        ),
        fault(
            "another protocol",
            || Reply::bytes("SSH-2.0-OpenSSH_9.2\r\n"),
            Transport(Broken),
            Disconnected,
        ),
        fault("a page", || Reply::html(200), page(), Malformed),
        fault("an empty body", || text(200, "application/json", ""), page(), Malformed),
        fault("a list", || text(200, "application/json", "[{}]"), page(), Malformed),
        fault("two objects", || text(200, "application/json", "{}{}"), page(), Malformed),
        fault("nested lists", || text(200, "application/json", "[".repeat(100_000)), page(), Malformed),
        fault("no UTF-8", || text(200, "application/json", [b'{', 0xff, 0xfe]), page(), Malformed),
        fault(
            "a form",
            || text(200, "application/x-www-form-urlencoded", "access_token=canary-form&token_type=bearer"),
            page(),
            Malformed,
        ),
    ]
}

/// Faults that do not pass: an address that does not serve this.
pub(super) fn lasting_faults() -> Vec<Fault> {
    let fault = |name, reply, end| Fault { name, reply, end, reason: None };
    vec![
        fault(
            "a page that is missing",
            || Reply::html(404),
            RequestEnd::Answer(404, AnswerProblem::NotAnObject),
        ),
        fault(
            "an unknown error code",
            || Reply::error(400, "canary_unheard_of"),
            RequestEnd::Refused("canary_unheard_of"),
        ),
        fault(
            "a redirect",
            || Reply::redirect(302, "https://elsewhere.test/"),
            RequestEnd::Answer(302, AnswerProblem::Redirect),
        ),
        fault(
            "a redirect with a token",
            || {
                let body = json!({ "access_token": "canary-redirected", "token_type": "Bearer" });
                let answer = HttpAnswer::json(307, &body);
                Reply::answer(answer.header("Location", "https://elsewhere.test/"))
            },
            RequestEnd::Answer(307, AnswerProblem::Redirect),
        ),
    ]
}

fn log_in(provider: &Provider) -> LoginReport {
    SimulatedLogin::new(client(provider), hasty_http()).run(|_| ())
}

/// A provider that approves at the second poll.
fn approving(dialect: Dialect) -> Provider {
    let provider = Provider::start(dialect);
    provider.decide_at_poll(2, Decision::Approve);
    provider
}

/// Every poll comes after the interval in force, which the events say.
#[track_caller]
fn assert_waits(fault: &str, report: &LoginReport) {
    let polls = report.poll_times();
    let waits: Vec<Duration> = report.polls().map(|poll| poll.wait).collect();
    for ((pair, wait), number) in polls[1..].windows(2).zip(&waits).zip(1..) {
        assert!(pair[1] - pair[0] >= *wait, "{fault}: poll {number} is too early: {polls:?} with {waits:?}");
        assert!(*wait >= Duration::from_secs(5), "{fault}: {waits:?}");
    }
}

#[test]
fn a_poll_under_a_passing_fault_is_repeated_after_twice_the_interval() {
    for fault in passing_faults() {
        let (name, provider) = (fault.name, approving(Dialect::plain()));
        provider.script(Route::Token, [(fault.reply)()]);
        let report = log_in(&provider);
        assert_eq!(report.outcome.kind(), OutcomeKind::Granted, "{name}: {:?}", report.outcome);
        let reasons: Vec<_> = report.polls().map(|poll| poll.reason).collect();
        assert_eq!(reasons, [fault.reason.unwrap(), PollReason::Pending], "{name}");
        let polls = report.poll_times();
        assert!(polls[2] - polls[1] >= Duration::from_secs(10), "{name}: {polls:?}");
        assert_waits(name, &report);
        assert!(report.stored.is_some(), "{name}");
        // Nothing sends a request twice below the machine.
        assert_eq!(provider.requests_to(Route::Token).len(), 3, "{name}");
        assert!(report.elapsed < STALL, "{name}: no request waits for the end of a stall");
    }
}

#[test]
fn a_poll_under_a_lasting_fault_ends_the_login_and_names_the_endpoint() {
    for fault in lasting_faults() {
        let (name, provider) = (fault.name, approving(Dialect::plain()));
        provider.script(Route::Token, [(fault.reply)()]);
        assert_failed(name, &log_in(&provider).outcome, Endpoint::Token, &fault.end);
        assert_eq!(provider.requests_to(Route::Token).len(), 1, "{name}");
    }
}

#[test]
fn a_login_without_a_code_fails_with_the_problem_of_the_endpoint() {
    for fault in passing_faults().into_iter().chain(lasting_faults()) {
        let (name, provider) = (fault.name, Provider::start(Dialect::plain()));
        provider.always(Route::Device, (fault.reply)());
        let report = log_in(&provider);
        assert_failed(name, &report.outcome, Endpoint::DeviceAuthorization, &fault.end);
        assert_no_code(name, &provider, Route::Device, &report);
    }
}

#[test]
fn a_login_without_a_discovery_document_fails_and_names_it() {
    for fault in passing_faults().into_iter().chain(lasting_faults()) {
        let (name, provider) = (fault.name, Provider::start(Dialect::oidc("/tenant")));
        provider.always(Route::OidcDiscovery, (fault.reply)());
        let report = log_in(&provider);
        let Outcome::Failed(error) = &report.outcome else { panic!("{name}: {:?}", report.outcome) };
        match error {
            AuthError::Provider(text) => {
                assert!(text.contains("/tenant/.well-known/openid-configuration"), "{name}: {text}")
            }
            AuthError::Transport { endpoint: Endpoint::Discovery, .. } => {}
            AuthError::Answer { endpoint: Endpoint::Discovery, .. } => {}
            AuthError::Refused { endpoint: Endpoint::Discovery, .. } => {}
            other => panic!("{name}: {other}"),
        }
        assert_no_code(name, &provider, Route::OidcDiscovery, &report);
    }
}

/// Nobody was asked, nothing is stored, and the request was sent three times at most.
#[track_caller]
fn assert_no_code(fault: &str, provider: &Provider, route: Route, report: &LoginReport) {
    assert!((1..=3).contains(&provider.requests_to(route).len()), "{fault}");
    assert!(provider.requests_to(Route::Token).is_empty(), "{fault}");
    assert!(report.events.iter().all(|(_, event)| !matches!(event, LoginEvent::Code(_))), "{fault}");
    assert_eq!(report.stored, None, "{fault}");
}

#[track_caller]
fn assert_failed(fault: &str, outcome: &Outcome, endpoint: Endpoint, expected: &RequestEnd) {
    let Outcome::Failed(error) = outcome else { panic!("{fault}: {outcome:?}") };
    let (at, end) = RequestEnd::of(error, expected);
    assert_eq!((at, &end), (endpoint, expected), "{fault}");
    let text = error.to_string();
    assert!(text.contains(&endpoint.to_string()), "{fault}: {text}");
}

#[test]
fn a_redirect_is_never_followed() {
    let elsewhere = Provider::start(Dialect::plain());
    for route in [Route::OidcDiscovery, Route::Device, Route::Token] {
        for status in [301, 302, 303, 307, 308] {
            let provider = Provider::start(Dialect::oidc(""));
            let address = elsewhere.url("/token");
            provider.always(route, Reply::redirect(status, &address));
            let outcome = log_in(&provider).outcome;
            assert_eq!(outcome.kind(), OutcomeKind::Failed, "{route:?} {status}: {outcome:?}");
        }
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn an_interval_that_is_none_counts_as_five_seconds() {
    let intervals = [
        None,
        Some(json!(0)),
        Some(json!("5")),
        Some(json!(-1)),
        Some(json!(null)),
        Some(json!("soon")),
        Some(json!([1])),
    ];
    for interval in intervals {
        let provider = approving(Dialect { interval: interval.clone(), ..Dialect::plain() });
        let report = log_in(&provider);
        assert_eq!(report.outcome.kind(), OutcomeKind::Granted, "{interval:?}");
        let waits: Vec<u64> = report.polls().map(|poll| poll.wait.as_secs()).collect();
        assert_eq!(waits, [5], "{interval:?}");
        let times = report.poll_times();
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(5)), "{times:?}");
    }
}

#[test]
fn a_storm_of_slow_downs_never_shortens_a_wait_and_ends_with_the_code() {
    for storm in [json!({ "error": "slow_down" }), json!({ "error": "slow_down", "interval": 1 })] {
        let provider = Provider::start(Dialect::plain());
        provider.always(Route::Token, Reply::json(400, &storm));
        let report = log_in(&provider);
        assert_eq!(report.outcome.kind(), OutcomeKind::Expired, "{:?}", report.outcome);
        let waits: Vec<u64> = report.polls().map(|poll| poll.wait.as_secs()).collect();
        assert!(waits.windows(2).all(|pair| pair[1] >= pair[0] + 4 || pair[1] >= 60), "{waits:?}");
        assert_eq!(hints(&report), 1);
        let last = report.events.last().unwrap().0;
        assert!(last <= Duration::from_secs(600) + report.elapsed, "{last:?}");
    }
}

fn hints(report: &LoginReport) -> usize {
    report.events.iter().filter(|(_, event)| matches!(event, LoginEvent::SlowClockHint(_))).count()
}

#[test]
fn a_fast_clock_is_hinted_at_and_the_login_goes_on() {
    let provider = Provider::start(Dialect::plain());
    provider.script(Route::Token, [Reply::error(400, "slow_down"), Reply::error(400, "slow_down")]);
    provider.decide_at_poll(1, Decision::Approve);
    let login = SimulatedLogin { wall_speed: 0.75, ..SimulatedLogin::new(client(&provider), hasty_http()) };
    let report = login.run(|_| ());
    assert_eq!(report.outcome.kind(), OutcomeKind::Granted);
    let hint = report.events.iter().find(|(_, event)| matches!(event, LoginEvent::SlowClockHint(_)));
    let hint = &hint.unwrap().1;
    assert!(hint.to_string().contains("drift"), "{hint}");
}

#[test]
fn a_wall_clock_that_jumps_changes_no_poll() {
    let year = 365 * 24 * 3600;
    for jumps in [vec![0, year, -year], vec![0, -year, -year], vec![0, -60, 3 * year]] {
        let provider = approving(Dialect::plain());
        let login = SimulatedLogin {
            wall_jumps: jumps.clone(),
            ..SimulatedLogin::new(client(&provider), hasty_http())
        };
        let report = login.run(|_| ());
        assert_eq!(report.outcome.kind(), OutcomeKind::Granted, "{jumps:?}");
        assert_eq!(provider.requests_to(Route::Token).len(), 2, "{jumps:?}");
    }
}

#[test]
fn an_announced_wait_is_kept() {
    for status in [429, 503] {
        let provider = approving(Dialect::plain());
        let answer = HttpAnswer::text(status, "text/plain", "later").header("Retry-After", "40");
        provider.script(Route::Token, [Reply::answer(answer)]);
        let report = log_in(&provider);
        assert_eq!(report.outcome.kind(), OutcomeKind::Granted, "{status}");
        let polls = report.poll_times();
        assert!(polls[2] - polls[1] >= Duration::from_secs(40), "{polls:?}");
    }
}

#[test]
fn a_login_whose_token_was_lost_on_its_way_needs_a_new_code() {
    for lost in [Reply::model().cut_in_half(), Reply::model().reset()] {
        let provider = Provider::start(Dialect::plain());
        provider.decide_at_poll(1, Decision::Approve);
        provider.script(Route::Token, [lost]);
        let report = log_in(&provider);
        let error = RequestEnd::Refused("invalid_device_code");
        assert_failed("a lost answer", &report.outcome, Endpoint::Token, &error);
    }
}

#[test]
fn the_body_decides_what_an_answer_is_and_not_its_type() {
    for kind in ["text/html", "text/plain; charset=utf-16", "application/octet-stream", ""] {
        let provider = Provider::start(Dialect::plain());
        let granted: Json = provider.grant("openid");
        provider.script(
            Route::Token,
            [text(400, kind, r#"{"error":"authorization_pending"}"#), text(200, kind, granted.to_string())],
        );
        let report = log_in(&provider);
        assert_eq!(report.outcome.kind(), OutcomeKind::Granted, "{kind:?}: {:?}", report.outcome);
    }
}

#[test]
fn each_dialect_ends_a_login_in_its_own_words() {
    let dialects = [
        Dialect::plain(),
        Dialect::github(),
        Dialect::github_with_refresh(),
        Dialect::google(),
        Dialect::oidc("/tenant"),
        Dialect::microsoft(),
        Dialect { issuer_path: "/a/b".into(), discovery: Discovery::Oauth, ..Dialect::plain() },
    ];
    for dialect in dialects {
        let decisions = [
            (Decision::Approve, OutcomeKind::Granted),
            (Decision::Deny, OutcomeKind::Denied),
            (Decision::Expire, OutcomeKind::Expired),
        ];
        for (decision, expected) in decisions {
            let provider = Provider::start(dialect.clone());
            provider.decide_at_poll(3, decision);
            let report = log_in(&provider);
            assert_eq!(report.outcome.kind(), expected, "{}: {:?}", dialect.token_path, report.outcome);
            let pending = report.polls().filter(|poll| poll.reason == PollReason::Pending).count();
            assert_eq!(pending, 2, "{}", dialect.token_path);
            assert_waits(&dialect.token_path, &report);
        }
    }
}
