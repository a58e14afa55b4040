//! The machine with the answers of real providers.

mod answers;
mod dialects;
mod opening;
mod pauses;
mod secrets;

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use serde_json::{Value, json};

use super::{Action, DeviceFlow, Input, LoginEvent, Now, Outcome, Poll, PollReason, Prompt, Verifier};
use crate::auth::{Answer, Client, Exchange, Request, TransportFailure, TransportFailureKind};
use crate::tree::typed::Secret;

/// When every test begins, by both clocks.
const START: Now = Now { monotonic: Duration::from_secs(1_000), wall: Duration::from_secs(1_800_000_000) };

/// A running login, with clocks that agree.
pub(super) struct Login {
    flow: DeviceFlow,
    now: Now,
    /// What the machine wants next.
    actions: Vec<Action>,
}

impl Login {
    /// A login with these settings over those of a usual one.
    pub(super) fn begin(settings: Value) -> Self {
        Self::begin_as(client(settings))
    }

    fn begin_as(client: Client) -> Self {
        let verifier = Verifier::new(&Secret::new([7; 32]));
        let (flow, actions) = DeviceFlow::begin(client, Some(verifier), START);
        Self { flow, now: START, actions }
    }

    /// A login whose codes the provider issued; the members replace those of a usual answer, and null removes one.
    pub(super) fn issued(members: Value) -> Self {
        let mut login = Self::begin(json!({}));
        login.exchange(codes(members));
        login
    }

    /// The request that it wants to send.
    pub(super) fn request(&self) -> &Request {
        match self.actions.last() {
            Some(Action::Send(request)) => request,
            other => panic!("no request: {other:?}"),
        }
    }

    /// The form of the request that it wants to send.
    pub(super) fn form(&self) -> String {
        self.request().form.as_ref().unwrap().expose().clone()
    }

    /// Gives the result of the request.
    pub(super) fn exchange(&mut self, exchange: Exchange) -> &mut Self {
        self.request();
        self.actions = self.flow.step(self.now, Input::Exchanged(exchange));
        self
    }

    /// How long it wants to wait, in seconds.
    pub(super) fn wait(&self) -> f64 {
        match self.actions.last() {
            Some(Action::Wait { until }) => (*until - self.now.monotonic).as_secs_f64(),
            other => panic!("no wait: {other:?}"),
        }
    }

    /// Waits as long as it wants to, and wakes it.
    pub(super) fn wake(&mut self) -> &mut Self {
        let wait = Duration::from_secs_f64(self.wait());
        self.pass(wait);
        self.actions = self.flow.step(self.now, Input::Woken);
        self
    }

    /// Waits, polls, and gives the answer.
    pub(super) fn poll(&mut self, exchange: Exchange) -> &mut Self {
        self.wake().exchange(exchange)
    }

    fn pass(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.now.wall += time;
    }

    /// The events that came last.
    pub(super) fn events(&self) -> Vec<&LoginEvent> {
        let mut events = Vec::new();
        for action in &self.actions {
            if let Action::Emit(event) = action {
                events.push(event);
            }
        }
        events
    }

    pub(super) fn prompt(&self) -> &Prompt {
        match self.events()[..] {
            [LoginEvent::Code(prompt)] => prompt,
            ref other => panic!("no prompt: {other:?}"),
        }
    }

    /// The last poll.
    pub(super) fn polled(&self) -> Poll {
        match self.events().last() {
            Some(LoginEvent::Poll(poll)) => *poll,
            other => panic!("no poll: {other:?}"),
        }
    }

    pub(super) fn reason(&self) -> PollReason {
        self.polled().reason
    }

    pub(super) fn outcome(&self) -> &Outcome {
        match self.actions.last() {
            Some(Action::Finish(outcome)) => outcome,
            other => panic!("not over: {other:?}"),
        }
    }

    /// What a person reads at the end.
    pub(super) fn what(&self) -> String {
        self.outcome().what()
    }
}

pub(super) fn client(settings: Value) -> Client {
    let mut all = json!({
        "device_authorization_url": "https://id.example.com/device",
        "token_url": "https://id.example.com/token",
        "client_id": "cli",
        "store": "file",
    });
    for (name, value) in settings.as_object().unwrap() {
        all[name] = value.clone();
    }
    Client::new("work", serde_json::from_value(all).unwrap(), None)
}

/// The answer of a device authorization endpoint.
pub(super) fn codes(members: Value) -> Exchange {
    let mut all = json!({
        "device_code": "device-code-0123456789",
        "user_code": "WDJB-MJHT",
        "verification_uri": "https://id.example.com/activate",
        "expires_in": 900,
        "interval": 5,
    });
    for (name, value) in members.as_object().unwrap() {
        match value {
            Value::Null => drop(all.as_object_mut().unwrap().remove(name)),
            value => all[name] = value.clone(),
        }
    }
    answer(200, &all.to_string())
}

pub(super) fn answer(status: u16, body: &str) -> Exchange {
    Ok(Answer { status, retry_after: None, body: Secret::new(body.as_bytes().to_vec()) })
}

pub(super) fn retry_after(status: u16, seconds: u64, body: &str) -> Exchange {
    let body = Secret::new(body.as_bytes().to_vec());
    Ok(Answer { status, retry_after: Some(Duration::from_secs(seconds)), body })
}

pub(super) fn refusal(status: u16, error: &str) -> Exchange {
    answer(status, &json!({ "error": error }).to_string())
}

pub(super) fn failure(kind: TransportFailureKind) -> Exchange {
    Err(TransportFailure { kind, reason: "no answer".into() })
}

pub(super) fn token() -> Exchange {
    answer(200, r#"{"access_token":"token-0123456789","token_type":"bearer","expires_in":3600}"#)
}
