//! The machine of a device login.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use super::authorization::DeviceAuthorization;
use super::drift::{ClockDrift, Now};
use super::opening::{Opening, OpeningStep};
use super::outcome::Outcome;
use super::pkce::Verifier;
use super::poll_answer::{PollAgain, PollResult};
use super::prompt::Prompt;
use super::report::{LoginEvent, Poll};
use super::requests;
use super::schedule::{Pace, PollSchedule};
use crate::auth::client::{Client, Endpoints};
use crate::auth::config::Pkce;
use crate::auth::error::AuthError;
use crate::auth::exchange::{Exchange, Request};
use crate::auth::token::TokenRecord;

/// An input of a [`DeviceFlow`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The request of [`Action::Send`] ended.
    Exchanged(Exchange),
    /// The time of [`Action::Wait`] has come.
    Woken,
    /// The caller gives up. A token that is already granted is not lost: give [`Input::Exchanged`] first.
    Cancelled,
}

/// What the caller must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send the request, and give [`Input::Exchanged`].
    Send(Request),
    /// Give [`Input::Woken`] at this time of the monotonic clock.
    Wait {
        /// The time.
        until: Duration,
    },
    /// Emit an event.
    Emit(LoginEvent),
    /// The login is over; the last action.
    Finish(Outcome),
}

/// Performs one device login (RFC 8628).
///
/// It waits before each poll, the first one too. The interval never becomes shorter: `slow_down` makes it 5 s longer, or as long
/// as the provider says. After a problem that passes (5xx, a time-out, a broken connection, a body without JSON) the wait doubles, up to
/// 60 s or the interval if that is longer. The error code in the JSON decides what an answer means, and its status only where there is no
/// code. The last poll is at the expiry of the code.
///
/// The requests before the first poll are sent up to three times. Equal inputs give equal actions; an unexpected input changes nothing.
#[derive(Debug)]
pub struct DeviceFlow {
    client: Client,
    verifier: Option<Verifier>,
    started: Now,
    /// The latest time of the monotonic clock.
    now: Duration,
    slow_downs: u32,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// The requests before the first poll.
    Opening(Box<Opening>),
    /// The next poll begins at this time.
    Waiting {
        session: Box<Session>,
        until: Duration,
    },
    /// A poll is sent.
    Polling(Box<Session>),
    Over,
}

/// A login that a person may approve.
#[derive(Debug)]
struct Session {
    endpoints: Endpoints,
    device: DeviceAuthorization,
    schedule: PollSchedule,
    /// Why the last poll had no clear answer.
    failure: Option<AuthError>,
}

impl DeviceFlow {
    /// A login that begins at this time, and its first actions. The verifier is used if the settings demand `pkce`, and a login that
    /// demands it fails without one.
    pub fn begin(client: Client, verifier: Option<Verifier>, now: Now) -> (Self, Vec<Action>) {
        let verifier = verifier.filter(|_| client.config.pkce == Pkce::S256);
        let is_verifier_missing = client.config.pkce == Pkce::S256 && verifier.is_none();
        let begun = if is_verifier_missing {
            Err(AuthError::Provider("the login needs a random verifier, and there is none".into()))
        } else {
            Opening::begin(&client, verifier.as_ref(), now.monotonic)
        };
        let (phase, action) = match begun {
            Ok((opening, request)) => (Phase::Opening(Box::new(opening)), Action::Send(request)),
            Err(error) => (Phase::Over, Action::Finish(Outcome::Failed(error))),
        };
        let flow = Self { client, verifier, started: now, now: now.monotonic, slow_downs: 0, phase };
        (flow, Vec::from([action]))
    }

    /// Takes an input and returns what to do, in this order. After [`Action::Finish`] there is nothing to do.
    pub fn step(&mut self, now: Now, input: Input) -> Vec<Action> {
        self.now = self.now.max(now.monotonic);
        let mut actions = Vec::new();
        let phase = mem::replace(&mut self.phase, Phase::Over);
        self.phase = match (phase, input) {
            (Phase::Over, _) => Phase::Over,
            (_, Input::Cancelled) => finish(Outcome::Cancelled, &mut actions),
            (Phase::Opening(opening), input) => self.open(opening, input, &mut actions),
            (Phase::Waiting { session, until }, Input::Woken) if self.now >= until => {
                actions.push(Action::Send(self.poll(&session)));
                Phase::Polling(session)
            }
            (Phase::Waiting { session, until }, _) => {
                actions.push(Action::Wait { until });
                Phase::Waiting { session, until }
            }
            (Phase::Polling(session), Input::Exchanged(exchange)) => {
                self.polled(session, exchange, now, &mut actions)
            }
            (phase @ Phase::Polling(_), Input::Woken) => phase,
        };
        actions
    }

    /// A step of the requests before the first poll.
    fn open(&self, mut opening: Box<Opening>, input: Input, actions: &mut Vec<Action>) -> Phase {
        let step = match input {
            Input::Exchanged(exchange) => {
                opening.exchanged(&self.client, self.verifier.as_ref(), self.now, exchange)
            }
            Input::Woken | Input::Cancelled => opening.woken(self.now),
        };
        match step {
            OpeningStep::Nothing => Phase::Opening(opening),
            OpeningStep::Send(request) => {
                actions.push(Action::Send(request));
                Phase::Opening(opening)
            }
            OpeningStep::Wait { until, failure } => {
                let wait = until.saturating_sub(self.now);
                actions.extend(failure.map(|failure| Action::Emit(LoginEvent::Retrying { failure, wait })));
                actions.push(Action::Wait { until });
                Phase::Opening(opening)
            }
            OpeningStep::Opened { endpoints, device, age } => {
                // The code is as old as its request at most; after a slow answer at least half of its lifetime is left.
                let left = device.lifetime.saturating_sub(age.min(device.lifetime / 2));
                let schedule = PollSchedule::new(device.interval, self.now.saturating_add(left));
                let until = schedule.first(self.now);
                let prompt = Prompt::of(&self.client, &endpoints, &device);
                actions.extend([Action::Emit(LoginEvent::Code(prompt)), Action::Wait { until }]);
                Phase::Waiting {
                    session: Box::new(Session { endpoints, device, schedule, failure: None }),
                    until,
                }
            }
            OpeningStep::Failed(error) => finish(Outcome::Failed(error), actions),
        }
    }

    fn poll(&self, session: &Session) -> Request {
        let device_code = session.device.device_code.expose();
        requests::token(&self.client, &session.endpoints, device_code, self.verifier.as_ref())
    }

    /// The end of a poll.
    fn polled(
        &mut self,
        mut session: Box<Session>,
        exchange: Exchange,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Phase {
        let device_code = session.device.device_code.expose().as_str();
        let sent = [device_code].into_iter().chain(self.verifier.as_ref().map(Verifier::expose));
        let again = match PollResult::of(exchange, &self.client, sent) {
            PollResult::Wait(again) => again,
            PollResult::Granted(answer) => {
                let record = TokenRecord::granted(&self.client, &session.endpoints, &answer, now.wall);
                return finish(
                    record.map_or_else(Outcome::Failed, |record| Outcome::Granted(Box::new(record))),
                    actions,
                );
            }
            PollResult::Denied(refusal) => {
                return finish(Outcome::Denied { description: refusal.description }, actions);
            }
            PollResult::Expired => return finish(Outcome::Expired { failure: None }, actions),
            PollResult::Failed(error) => return finish(Outcome::Failed(error), actions),
        };
        let PollAgain { status, reason, pace, retry_after, failure } = again;
        if matches!(pace, Pace::SlowDown(_)) {
            self.slow_downs = self.slow_downs.saturating_add(1);
            if self.slow_downs == 2 {
                let drift = ClockDrift::between(self.started, now);
                actions.push(Action::Emit(LoginEvent::SlowClockHint(drift)));
            }
        }
        session.failure = failure;
        let Some(until) = session.schedule.next(self.now, pace, retry_after) else {
            return finish(Outcome::Expired { failure: session.failure }, actions);
        };
        let wait = until.saturating_sub(self.now);
        let left = session.schedule.expires_at().saturating_sub(self.now);
        actions.push(Action::Emit(LoginEvent::Poll(Poll { status, reason, wait, left })));
        actions.push(Action::Wait { until });
        Phase::Waiting { session, until }
    }
}

fn finish(outcome: Outcome, actions: &mut Vec<Action>) -> Phase {
    actions.push(Action::Finish(outcome));
    Phase::Over
}
