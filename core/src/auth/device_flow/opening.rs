//! The requests of a login before its first poll: the discovery document, and the codes.

use core::time::Duration;

use super::authorization::DeviceAuthorization;
use super::pkce::Verifier;
use super::poll_answer::retry_after;
use super::requests;
use super::words::{Meaning, meaning};
use crate::auth::client::{Client, Endpoints};
use crate::auth::discovery::{Discovery, DiscoveryStep};
use crate::auth::error::{AnswerProblem, AuthError};
use crate::auth::exchange::{Endpoint, Exchange, Request, TransportFailureKind};
use crate::auth::fields::Fields;
use crate::auth::refusal::Refusal;

/// How often a request is sent.
const ATTEMPTS: u32 = 3;
/// The wait before the second attempt; it doubles before each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// A person waits for the code, so a provider that demands a longer wait is an error.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// The requests that need no person. None of them changes anything at the provider, so each may be repeated.
#[derive(Debug)]
pub(super) struct Opening {
    stage: Stage,
    request: Request,
    /// How often the request was sent.
    attempts: u32,
    sent_at: Duration,
    /// When it is sent again; `None`: its answer is awaited.
    until: Option<Duration>,
}

#[derive(Debug)]
enum Stage {
    Discovering(Discovery),
    Authorizing(Endpoints),
}

/// The next step of an [`Opening`].
#[derive(Debug)]
pub(super) enum OpeningStep {
    Nothing,
    Send(Request),
    Wait {
        until: Duration,
        /// Why the request is repeated, if it ended just now.
        failure: Option<AuthError>,
    },
    /// A person can approve the login.
    Opened {
        endpoints: Endpoints,
        device: DeviceAuthorization,
        /// How long ago the codes were requested.
        age: Duration,
    },
    Failed(AuthError),
}

impl Opening {
    pub(super) fn begin(
        client: &Client,
        verifier: Option<&Verifier>,
        now: Duration,
    ) -> Result<(Self, Request), AuthError> {
        let (stage, request) = match client.endpoints() {
            Some(endpoints) => {
                let request = requests::authorization(client, &endpoints, verifier);
                (Stage::Authorizing(endpoints), request)
            }
            None => {
                let (discovery, request) = Discovery::begin(client)?;
                (Stage::Discovering(discovery), request)
            }
        };
        let opening = Self { stage, request: request.clone(), attempts: 1, sent_at: now, until: None };
        Ok((opening, request))
    }

    /// Sends the request again if its time has come.
    pub(super) fn woken(&mut self, now: Duration) -> OpeningStep {
        match self.until {
            None => OpeningStep::Nothing,
            Some(until) if now < until => OpeningStep::Wait { until, failure: None },
            Some(_) => {
                self.attempts = self.attempts.saturating_add(1);
                self.until = None;
                self.sent_at = now;
                OpeningStep::Send(self.request.clone())
            }
        }
    }

    /// Takes the result of the last request.
    pub(super) fn exchanged(
        &mut self,
        client: &Client,
        verifier: Option<&Verifier>,
        now: Duration,
        exchange: Exchange,
    ) -> OpeningStep {
        if let Some(until) = self.until {
            return OpeningStep::Wait { until, failure: None };
        }
        if let Some((failure, demanded)) = self.passing(client, &exchange) {
            if self.attempts >= ATTEMPTS || demanded > MAX_RETRY_AFTER {
                return OpeningStep::Failed(failure);
            }
            let wait = FIRST_WAIT.saturating_mul(1 << (self.attempts - 1)).max(demanded);
            let until = now.saturating_add(wait);
            self.until = Some(until);
            return OpeningStep::Wait { until, failure: Some(failure) };
        }
        match &mut self.stage {
            Stage::Discovering(discovery) => match discovery.step(exchange) {
                DiscoveryStep::Send(request) => self.sent(request, now),
                DiscoveryStep::Failed(error) => OpeningStep::Failed(error),
                DiscoveryStep::Found(endpoints) => {
                    let request = requests::authorization(client, &endpoints, verifier);
                    self.stage = Stage::Authorizing(endpoints);
                    self.sent(request, now)
                }
            },
            Stage::Authorizing(endpoints) => {
                let answer = match exchange {
                    Ok(answer) => answer,
                    Err(failure) => {
                        let endpoint = Endpoint::DeviceAuthorization;
                        return OpeningStep::Failed(AuthError::Transport { endpoint, failure });
                    }
                };
                match DeviceAuthorization::of(client, &answer) {
                    Ok(device) => OpeningStep::Opened {
                        endpoints: endpoints.clone(),
                        device,
                        age: now.saturating_sub(self.sent_at),
                    },
                    Err(error) => OpeningStep::Failed(error),
                }
            }
        }
    }

    /// The next request.
    fn sent(&mut self, request: Request, now: Duration) -> OpeningStep {
        self.request = request.clone();
        self.attempts = 1;
        self.sent_at = now;
        OpeningStep::Send(request)
    }

    /// A problem that passes, with the wait that the answer demands.
    fn passing(&self, client: &Client, exchange: &Exchange) -> Option<(AuthError, Duration)> {
        let endpoint = self.request.endpoint;
        let answer = match exchange {
            Ok(answer) => answer,
            Err(failure) => {
                let lasts = matches!(
                    failure.kind,
                    TransportFailureKind::Certificate | TransportFailureKind::TooLarge
                );
                let failure = AuthError::Transport { endpoint, failure: failure.clone() };
                return (!lasts).then_some((failure, Duration::ZERO));
            }
        };
        let by_status = matches!(answer.status, 408 | 425 | 429 | 500..);
        let error = match Fields::of(endpoint, answer) {
            Err(error) => by_status.then_some(error),
            Ok(fields) => match Refusal::of(&fields, client, []) {
                None => by_status.then(|| fields.problem(AnswerProblem::NoError)),
                Some(refusal) => matches!(meaning(&refusal.error), Meaning::Unavailable | Meaning::SlowDown)
                    .then(|| refusal.into_error(endpoint)),
            },
        };
        Some((error?, retry_after(answer).unwrap_or_default()))
    }
}
