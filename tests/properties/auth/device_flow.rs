//! Laws of the device flow: it agrees with a naive model, never polls too early, and always ends.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use speckit_core::auth::device_flow::{Action, DeviceFlow, Input, LoginEvent, Now, Outcome, OutcomeKind};
use speckit_core::auth::{Answer, Client, Exchange, TransportFailure, TransportFailureKind};
use speckit_core::tree::typed::Secret;

/// What a provider does with a poll.
#[derive(Clone, Debug)]
enum PollAnswer {
    Pending,
    SlowDown(Option<u64>),
    /// A status without a JSON object, and `Retry-After`.
    Status(u16, Option<u64>),
    Unanswered(TransportFailureKind),
    Refused(&'static str),
    Granted,
}

/// One poll with the times around it.
#[derive(Clone, Debug)]
struct PollStep {
    answer: PollAnswer,
    /// How much too late the caller wakes up.
    lateness: Duration,
    /// How long the answer takes.
    latency: Duration,
    /// How far the wall clock is set forward, in seconds.
    jump: i64,
}

/// The history of a login. After its steps every poll is answered as pending.
#[derive(Clone, Debug)]
struct History {
    interval: u64,
    lifetime: u64,
    first_latency: Duration,
    steps: Vec<PollStep>,
}

fn poll_answer() -> impl Strategy<Value = PollAnswer> {
    use TransportFailureKind::{Broken, Certificate, Connect, Resolve, TimedOut, TooLarge};
    let status =
        prop::sample::select(vec![200, 201, 408, 425, 428, 429, 500, 502, 503, 504, 599, 302, 400, 404]);
    let kind = prop::sample::select(vec![Broken, Certificate, Connect, Resolve, TimedOut, TooLarge]);
    let word = prop::sample::select(vec!["access_denied", "expired_token", "invalid_grant", "no_such_word"]);
    prop_oneof![
        12 => Just(PollAnswer::Pending),
        5 => prop::option::of(0..120_u64).prop_map(PollAnswer::SlowDown),
        6 => (status, prop::option::weighted(0.4, 0..200_u64)).prop_map(|(s, wait)| PollAnswer::Status(s, wait)),
        5 => kind.prop_map(PollAnswer::Unanswered),
        1 => word.prop_map(PollAnswer::Refused),
        1 => Just(PollAnswer::Granted),
    ]
}

fn time(max_ms: u64) -> impl Strategy<Value = Duration> {
    prop_oneof![2 => Just(0), 2 => 0..=max_ms].prop_map(Duration::from_millis)
}

fn history() -> impl Strategy<Value = History> {
    let jump = prop_oneof![6 => Just(0_i64), 2 => -5..5_i64, 1 => any::<i32>().prop_map(i64::from)];
    let step = (poll_answer(), time(4000), time(12_000), jump)
        .prop_map(|(answer, lateness, latency, jump)| PollStep { answer, lateness, latency, jump });
    (1..30_u64, 1..2000_u64, time(10_000), vec(step, 0..40)).prop_map(
        |(interval, lifetime, first_latency, steps)| History { interval, lifetime, first_latency, steps },
    )
}

fn body(status: u16, retry_after: Option<u64>, body: &str) -> Exchange {
    let body = Secret::new(body.as_bytes().to_vec());
    Ok(Answer { status, retry_after: retry_after.map(Duration::from_secs), body })
}

fn exchange(answer: &PollAnswer) -> Exchange {
    match answer {
        PollAnswer::Pending => body(400, None, r#"{"error":"authorization_pending"}"#),
        PollAnswer::SlowDown(interval) => {
            body(400, None, &json!({ "error": "slow_down", "interval": interval }).to_string())
        }
        PollAnswer::Status(status, wait) => body(*status, *wait, "<html>"),
        PollAnswer::Unanswered(kind) => Err(TransportFailure { kind: *kind, reason: "none".into() }),
        PollAnswer::Refused(word) => body(400, None, &json!({ "error": word }).to_string()),
        PollAnswer::Granted => body(200, None, r#"{"access_token":"t","expires_in":60}"#),
    }
}

fn client() -> Client {
    let settings = json!({
        "device_authorization_url": "https://id.example.com/device",
        "token_url": "https://id.example.com/token",
        "client_id": "cli",
        "store": "file",
    });
    Client::new("work", serde_json::from_value(settings).unwrap(), None)
}

fn codes(interval: &Value, lifetime: &Value) -> Exchange {
    let codes = json!({
        "device_code": "device",
        "user_code": "user",
        "verification_uri": "https://id.example.com/activate",
        "interval": interval,
        "expires_in": lifetime,
    });
    body(200, None, &codes.to_string())
}

/// When a poll was sent and when it was answered, by the monotonic clock.
type PollTimes = Vec<(Duration, Duration)>;

/// What happened in a login.
#[derive(Debug, PartialEq)]
struct Course {
    polls: PollTimes,
    ended_at: Duration,
    end: OutcomeKind,
}

const FIRST_WALL: Duration = Duration::from_secs(1_800_000_000);

/// Plays the history against the machine.
fn played(history: &History) -> (Course, Vec<LoginEvent>) {
    let mut now = Now { monotonic: Duration::ZERO, wall: FIRST_WALL };
    let (mut flow, mut actions) = DeviceFlow::begin(client(), None, now);
    let mut steps = history.steps.iter();
    let mut step: Option<&PollStep> = None;
    let (mut polls, mut events) = (PollTimes::new(), Vec::new());
    let pass = |now: &mut Now, time: Duration| {
        now.monotonic += time;
        now.wall += time;
    };
    for _ in 0..10_000 {
        let mut input = None;
        for action in actions {
            match action {
                Action::Emit(event) => events.push(event),
                Action::Send(_) if events.is_empty() => {
                    pass(&mut now, history.first_latency);
                    input = Some(Input::Exchanged(codes(&json!(history.interval), &json!(history.lifetime))));
                }
                Action::Send(_) => {
                    let sent_at = now.monotonic;
                    pass(&mut now, step.map(|step| step.latency).unwrap_or_default());
                    polls.push((sent_at, now.monotonic));
                    input =
                        Some(Input::Exchanged(exchange(step.map_or(&PollAnswer::Pending, |s| &s.answer))));
                }
                Action::Wait { until } => {
                    step = steps.next();
                    let lateness = step.map(|step| step.lateness).unwrap_or_default();
                    let wait = (until + lateness).saturating_sub(now.monotonic);
                    pass(&mut now, wait);
                    let jump = step.map(|step| step.jump).unwrap_or_default();
                    now.wall = Duration::from_secs(now.wall.as_secs().saturating_add_signed(jump));
                    input = Some(Input::Woken);
                }
                Action::Finish(outcome) => {
                    return (Course { polls, ended_at: now.monotonic, end: outcome.kind() }, events);
                }
            }
        }
        actions = flow.step(now, input.expect("the machine says what comes next"));
    }
    panic!("the login does not end");
}

/// The naive model: the same login, computed in one loop from the rules.
fn modelled(history: &History) -> Course {
    let seconds = Duration::from_secs;
    let lifetime = seconds(history.lifetime);
    let mut interval = seconds(history.interval);
    let mut now = history.first_latency;
    let expiry = now + lifetime - now.min(lifetime / 2);
    let mut doubled: Option<Duration> = None;
    let mut polls = PollTimes::new();
    let mut wait = interval;
    let mut least = Duration::ZERO;
    let mut steps = history.steps.iter();
    loop {
        if now + least > expiry {
            return Course { polls, ended_at: now, end: OutcomeKind::Expired };
        }
        let regular = now + wait;
        // Both the regular poll and one at the expiry have to fit.
        let due = if regular + interval <= expiry { regular } else { expiry };
        let step = steps.next();
        let sent_at = due.max(now) + step.map(|step| step.lateness).unwrap_or_default();
        now = sent_at + step.map(|step| step.latency).unwrap_or_default();
        polls.push((sent_at, now));
        let finished = |polls, end| Course { polls, ended_at: now, end };
        let mut retry_after = Duration::ZERO;
        let is_clear = match step.map_or(&PollAnswer::Pending, |step| &step.answer) {
            PollAnswer::Granted => return finished(polls, OutcomeKind::Granted),
            PollAnswer::Refused("access_denied") => return finished(polls, OutcomeKind::Denied),
            PollAnswer::Refused("expired_token") => return finished(polls, OutcomeKind::Expired),
            PollAnswer::Refused(_) | PollAnswer::Status(302 | 400 | 404, _) => {
                return finished(polls, OutcomeKind::Failed);
            }
            PollAnswer::Pending | PollAnswer::Status(428, _) => true,
            PollAnswer::SlowDown(given) => {
                interval = (interval + seconds(5)).max(seconds(given.unwrap_or(0)));
                true
            }
            PollAnswer::Status(status, demanded) => {
                if [429, 503].contains(status) {
                    retry_after = seconds(demanded.unwrap_or(0));
                }
                false
            }
            PollAnswer::Unanswered(_) => false,
        };
        doubled = (!is_clear).then(|| (doubled.unwrap_or(interval) * 2).min(seconds(60).max(interval)));
        wait = doubled.unwrap_or(interval).max(retry_after);
        least = interval.max(retry_after);
        if now >= expiry {
            return Course { polls, ended_at: now, end: OutcomeKind::Expired };
        }
    }
}

proptest! {
    #[test]
    fn a_login_agrees_with_the_model(history in history()) {
        prop_assert_eq!(played(&history).0, modelled(&history));
    }

    #[test]
    fn polls_never_come_closer_than_the_interval(history in history()) {
        let (course, _) = played(&history);
        let mut interval = Duration::from_secs(history.interval);
        let mut steps = history.steps.iter();
        for pair in course.polls.windows(2) {
            if let Some(PollStep { answer: PollAnswer::SlowDown(given), .. }) = steps.next() {
                interval = (interval + Duration::from_secs(5)).max(Duration::from_secs(given.unwrap_or(0)));
            }
            prop_assert!(pair[1].0 - pair[0].1 >= interval, "{:?} with {:?}", pair, interval);
        }
        let first = course.polls[0].0 - history.first_latency;
        let lifetime = Duration::from_secs(history.lifetime);
        prop_assert!(first >= Duration::from_secs(history.interval).min(lifetime / 2), "{:?}", first);
    }

    #[test]
    fn a_login_always_ends_with_the_request_that_runs_at_the_expiry(history in history()) {
        let (course, _) = played(&history);
        let expiry = history.first_latency + Duration::from_secs(history.lifetime);
        let late = history.steps.get(course.polls.len() - 1).map_or(Duration::ZERO, |s| s.lateness + s.latency);
        prop_assert!(course.ended_at <= expiry + late, "{:?}", course);
        prop_assert!(course.polls.len() as u64 <= history.lifetime / history.interval + 1);
    }

    #[test]
    fn without_any_decision_the_last_poll_is_at_the_expiry(interval in 1..40_u64, lifetime in 1..4000_u64) {
        let history = History { interval, lifetime, first_latency: Duration::ZERO, steps: Vec::new() };
        let (course, _) = played(&history);
        let expiry = Duration::from_secs(lifetime);
        prop_assert_eq!(course.polls.last(), Some(&(expiry, expiry)));
        prop_assert_eq!((course.end, course.ended_at), (OutcomeKind::Expired, expiry));
    }

    #[test]
    fn the_hint_about_the_clocks_comes_once_and_after_the_second_slow_down(history in history()) {
        let (course, events) = played(&history);
        let answers = history.steps.iter().take(course.polls.len());
        let slow_downs = answers.filter(|step| matches!(step.answer, PollAnswer::SlowDown(_))).count();
        let hints = events.iter().filter(|event| matches!(event, LoginEvent::SlowClockHint(_))).count();
        prop_assert_eq!(hints, usize::from(slow_downs >= 2));
    }

    /// Whatever a provider sends, and whatever the clocks do, the login ends: neither a panic nor a wait beyond a day.
    #[test]
    fn any_bytes_and_any_clock_end_in_an_outcome(
        first in any_answer(),
        answers in vec((any_answer(), any::<(u64, u64)>()), 0..20),
    ) {
        let at = |(monotonic, wall)| Now { monotonic: Duration::from_millis(monotonic), wall: Duration::from_millis(wall) };
        let begin = at((0, 0));
        let (mut flow, _) = DeviceFlow::begin(client(), None, begin);
        let mut actions = flow.step(begin, Input::Exchanged(first));
        for (answer, times) in answers {
            for _ in 0..2 {
                let input = match actions.last() {
                    Some(Action::Send(_)) => Input::Exchanged(answer.clone()),
                    Some(Action::Finish(outcome)) => {
                        let has_escape = outcome.message(&client()).contains("\u{1b}");
                        prop_assert!(!has_escape);
                        prop_assert_eq!(flow.step(at(times), Input::Woken), vec![]);
                        return Ok(());
                    }
                    _ => Input::Woken,
                };
                actions = flow.step(at(times), input);
            }
        }
        let end = flow.step(begin, Input::Cancelled);
        let is_over = matches!(actions.last(), Some(Action::Finish(_)));
        prop_assert_eq!(end, if is_over { vec![] } else { vec![Action::Finish(Outcome::Cancelled)] });
    }
}

/// An answer whose body is often nearly right.
fn any_answer() -> impl Strategy<Value = Exchange> {
    let value = prop_oneof![
        Just(json!(null)),
        Just(json!(-1)),
        Just(json!(0)),
        Just(json!(1e300)),
        Just(json!("5")),
        Just(json!([1])),
        Just(json!({})),
        Just(json!(7.5)),
        Just(json!("\u{1b}[2J")),
        Just(json!("https://id.example.com/")),
        Just(json!("slow_down")),
        Just(json!("authorization_pending")),
    ];
    let names = [
        "device_code",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
        "expires_in",
        "interval",
        "error",
        "error_description",
        "access_token",
        "token_type",
        "id_token",
        "scope",
        "refresh_expires_in",
    ];
    let members = vec((prop::sample::select(names.to_vec()), value), 0..4);
    let object = members.prop_map(|members| {
        let mut body = json!({
            "device_code": "d", "user_code": "u", "verification_uri": "https://id.example.com/", "error": null,
        });
        for (name, value) in members {
            body[name] = value;
        }
        body.to_string().into_bytes()
    });
    let bytes = prop_oneof![3 => object, 1 => vec(any::<u8>(), 0..40)];
    let status = prop_oneof![4 => Just(200), 2 => Just(400), 2 => 100..=599_u16, 1 => any::<u16>()];
    (status, prop::option::of(any::<u64>()), bytes).prop_map(|(status, wait, bytes)| {
        Ok(Answer { status, retry_after: wait.map(Duration::from_secs), body: Secret::new(bytes) })
    })
}
