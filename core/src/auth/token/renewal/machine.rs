//! The machine of a renewal.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::answer::RefreshAnswer;
use super::step::{RenewalAction, RenewalGoal, RenewalInput, RenewalResult, Renewed};
use crate::auth::client::{Client, Endpoints};
use crate::auth::discovery::{Discovery, DiscoveryStep};
use crate::auth::error::{AuthError, LoginNeeded};
use crate::auth::exchange::{Endpoint, Exchange, Request};
use crate::auth::token::lock_waits::lock_waits;
use crate::auth::token::record::TokenRecord;
use crate::auth::token::state::RefreshNeed;
use crate::auth::url::allowed_url;
use crate::retry::Seed;
use crate::retry::backoff::Schedule;

/// How often a request that never left, or a record that could not be stored, is tried again.
const REPEATS: u32 = 2;
/// The wait before each of these attempts.
const REPEAT_WAIT: Duration = Duration::from_secs(1);

/// Gets a token that can be used, by a refresh if that is necessary. At most one of all processes that share a storage sends the request.
///
/// It loads the record and decides. Where a refresh is due it locks the storage, and loads and decides again, because another process
/// may have refreshed meanwhile. It proves that the new record can be stored before it sends anything, and returns a new token only after
/// it is stored. A request that may have reached the provider is not repeated, because the provider may have rotated the refresh
/// token. If the provider refuses the refresh token, it loads once more, and removes only what is still the refused token.
///
/// Where a refresh fails, a token that has not expired is the result, with a warning.
#[derive(Clone, Debug)]
pub struct Renewal {
    client: Client,
    goal: RenewalGoal,
    lock_file: String,
    lock_waits: Schedule,
    waited: Duration,
    /// The record before the storage was locked.
    before: Option<Box<TokenRecord>>,
    phase: Phase,
}

#[derive(Clone, Debug)]
enum Phase {
    /// The record is read, first without the lock and then with it.
    Loading {
        is_locked: bool,
    },
    Locking,
    WaitingForLock,
    Reserving(Attempt),
    Sending(Attempt),
    /// The request did not leave, and is sent again.
    Repeating(Attempt),
    /// The endpoint does not exist any more.
    Discovering {
        attempt: Attempt,
        discovery: Discovery,
        failure: AuthError,
    },
    /// The provider refused the refresh token of this record.
    LoadingAgain(Attempt),
    /// What is left of a refused login is stored, or nothing.
    Clearing(RenewalResult),
    Storing {
        record: Box<TokenRecord>,
        repeats: u32,
    },
    StoringAgain {
        record: Box<TokenRecord>,
        repeats: u32,
    },
    Over,
}

/// A refresh of a record.
#[derive(Clone, Debug)]
struct Attempt {
    record: Box<TokenRecord>,
    endpoints: Endpoints,
    /// When the request was sent. The new token is counted from then on, so that a slow answer does not make it last longer.
    sent_at: Duration,
    repeats: u32,
    is_discovered: bool,
    /// Whether the record replaced one whose refresh token was refused.
    is_second: bool,
}

impl Renewal {
    /// Begins. The lock file is named in [`AuthError::Locked`]; the seed spreads the waits of many processes.
    pub fn begin(client: Client, goal: RenewalGoal, lock_file: String, seed: Seed) -> (Self, RenewalAction) {
        let renewal = Self {
            client,
            goal,
            lock_file,
            lock_waits: lock_waits(seed),
            waited: Duration::ZERO,
            before: None,
            phase: Phase::Loading { is_locked: false },
        };
        (renewal, RenewalAction::Load)
    }

    /// Takes the result of the last action, at `now` since 1970-01-01T00:00:00Z. A result of another action ends the renewal.
    pub fn step(&mut self, now: Duration, input: RenewalInput) -> RenewalAction {
        use RenewalInput::{Exchanged, Loaded, Locked, Performed, Waited};
        match (core::mem::replace(&mut self.phase, Phase::Over), input) {
            (Phase::Loading { is_locked }, Loaded(loaded)) => self.loaded(now, is_locked, loaded),
            (Phase::Locking, Locked(Ok(true))) => {
                self.enter(Phase::Loading { is_locked: true }, RenewalAction::Load)
            }
            (Phase::Locking, Locked(Ok(false))) => self.wait_for_lock(now),
            (Phase::Locking, Locked(Err(error))) => self.settle(now, error),
            (Phase::WaitingForLock, Waited) => self.enter(Phase::Locking, RenewalAction::Lock),
            (Phase::Reserving(attempt), Performed(Ok(()))) => self.send(now, attempt),
            (Phase::Reserving(_), Performed(Err(error))) => self.settle(now, error),
            (Phase::Sending(attempt), Exchanged(exchange)) => self.exchanged(now, attempt, exchange),
            (Phase::Repeating(attempt), Waited) => self.send(now, attempt),
            (Phase::Discovering { attempt, discovery, failure }, Exchanged(exchange)) => {
                self.discovered(now, attempt, discovery, failure, exchange)
            }
            (Phase::LoadingAgain(attempt), Loaded(loaded)) => self.loaded_again(now, attempt, loaded),
            (Phase::Clearing(result), Performed(_)) => RenewalAction::Done(result),
            (Phase::Storing { record, .. }, Performed(Ok(()))) => {
                RenewalAction::Done(Ok(Renewed { record, is_new: true, warning: None }))
            }
            (Phase::Storing { record, repeats }, Performed(Err(error))) => {
                self.not_stored(record, repeats, error)
            }
            (Phase::StoringAgain { record, repeats }, Waited) => self.store(record, repeats),
            (_, _) => RenewalAction::Done(Err(AuthError::Store(
                "a refresh got the result of another action".into(),
            ))),
        }
    }

    fn enter(&mut self, phase: Phase, action: RenewalAction) -> RenewalAction {
        self.phase = phase;
        action
    }

    fn loaded(
        &mut self,
        now: Duration,
        is_locked: bool,
        loaded: Result<Option<Box<TokenRecord>>, AuthError>,
    ) -> RenewalAction {
        let record = match self.own(loaded) {
            Ok(record) => record,
            Err(error) => return RenewalAction::Done(Err(error)),
        };
        let need = match self.goal {
            RenewalGoal::Lasting(needed) => record.refresh_need(now, needed),
            RenewalGoal::New if self.before.as_ref().is_some_and(|before| !record.has_tokens_of(before)) => {
                RefreshNeed::None
            }
            RenewalGoal::New if record.refresh_token.is_none() => RefreshNeed::NoRefreshToken,
            RenewalGoal::New if !record.is_refreshable(now) => RefreshNeed::RefreshExpired,
            RenewalGoal::New => RefreshNeed::Refresh,
        };
        match need {
            RefreshNeed::None => {
                let is_new = false;
                RenewalAction::Done(Ok(Renewed { record, is_new, warning: None }))
            }
            RefreshNeed::NoRefreshToken => self.without_refresh(now, record, LoginNeeded::NoRefreshToken),
            RefreshNeed::RefreshExpired => self.without_refresh(now, record, LoginNeeded::RefreshExpired),
            RefreshNeed::Refresh if is_locked => self.reserve(record, false),
            RefreshNeed::Refresh => {
                self.before = Some(record);
                self.enter(Phase::Locking, RenewalAction::Lock)
            }
        }
    }

    /// The record, if its tokens belong to the provider and the client of the settings.
    fn own(
        &self,
        loaded: Result<Option<Box<TokenRecord>>, AuthError>,
    ) -> Result<Box<TokenRecord>, AuthError> {
        let record = loaded?.ok_or_else(|| self.login_needed(LoginNeeded::Absent))?;
        if record.identity == self.client.identity() {
            Ok(record)
        } else {
            Err(self.login_needed(LoginNeeded::OtherIdentity))
        }
    }

    fn login_needed(&self, reason: LoginNeeded) -> AuthError {
        AuthError::LoginNeeded { login: self.client.login.clone(), reason }
    }

    fn wait_for_lock(&mut self, now: Duration) -> RenewalAction {
        match self.lock_waits.next() {
            Some(wait) => {
                self.waited += wait;
                self.enter(Phase::WaitingForLock, RenewalAction::Wait(wait))
            }
            None => {
                let error = AuthError::Locked { path: self.lock_file.clone(), waited: self.waited };
                self.settle(now, error)
            }
        }
    }

    fn reserve(&mut self, record: Box<TokenRecord>, is_second: bool) -> RenewalAction {
        // Those of the login, which its identity vouches for: `revocation_url` may be another one by now.
        let endpoints = record.endpoints.clone();
        let attempt = Attempt {
            record,
            endpoints,
            sent_at: Duration::ZERO,
            repeats: 0,
            is_discovered: false,
            is_second,
        };
        self.before = Some(attempt.record.clone());
        self.enter(Phase::Reserving(attempt), RenewalAction::Reserve)
    }

    fn send(&mut self, now: Duration, attempt: Attempt) -> RenewalAction {
        match self.request(&attempt) {
            Ok(request) => {
                self.enter(Phase::Sending(Attempt { sent_at: now, ..attempt }), RenewalAction::Send(request))
            }
            Err(error) => self.settle(now, error),
        }
    }

    /// The request of a refresh (RFC 6749, section 6).
    fn request(&self, attempt: &Attempt) -> Result<Request, AuthError> {
        let url = &attempt.endpoints.token;
        if let Err(problem) = allowed_url(url) {
            let login = &self.client.login;
            return Err(AuthError::Provider(format!("the token endpoint of the login `{login}` {problem}")));
        }
        let token = attempt.record.refresh_token.as_ref().map_or("", |token| token.expose().as_str());
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        Ok(self.client.post(Endpoint::Token, url, &fields))
    }

    fn exchanged(&mut self, now: Duration, mut attempt: Attempt, exchange: Exchange) -> RenewalAction {
        let answer = match exchange {
            Ok(answer) => answer,
            Err(failure) if failure.kind.is_unsent() && attempt.repeats < REPEATS => {
                attempt.repeats += 1;
                return self.enter(Phase::Repeating(attempt), RenewalAction::Wait(REPEAT_WAIT));
            }
            Err(failure) => {
                return self.settle(now, AuthError::Transport { endpoint: Endpoint::Token, failure });
            }
        };
        match RefreshAnswer::of(&self.client, &attempt.endpoints, &attempt.record, &answer, attempt.sent_at) {
            RefreshAnswer::Granted(record) => self.store(record, 0),
            RefreshAnswer::TokenRefused => self.enter(Phase::LoadingAgain(attempt), RenewalAction::Load),
            RefreshAnswer::PersonDemanded => self.without_refresh(now, attempt.record, LoginNeeded::Revoked),
            RefreshAnswer::NotFound(failure)
                if self.client.endpoints().is_none() && !attempt.is_discovered =>
            {
                match Discovery::begin(&self.client) {
                    Ok((discovery, request)) => {
                        attempt.is_discovered = true;
                        let phase = Phase::Discovering { attempt, discovery, failure };
                        self.enter(phase, RenewalAction::Send(request))
                    }
                    Err(error) => self.settle(now, error),
                }
            }
            RefreshAnswer::NotFound(error) | RefreshAnswer::Failed(error) => self.settle(now, error),
        }
    }

    fn discovered(
        &mut self,
        now: Duration,
        mut attempt: Attempt,
        mut discovery: Discovery,
        failure: AuthError,
        exchange: Exchange,
    ) -> RenewalAction {
        match discovery.step(exchange) {
            DiscoveryStep::Send(request) => {
                let phase = Phase::Discovering { attempt, discovery, failure };
                self.enter(phase, RenewalAction::Send(request))
            }
            DiscoveryStep::Found(endpoints) if endpoints.token != attempt.endpoints.token => {
                // A document that moved may name another place of revocation, the settings may not.
                let revocation = match self.client.config.revocation_url {
                    Some(_) => attempt.endpoints.revocation,
                    None => endpoints.revocation,
                };
                attempt.endpoints = Endpoints { revocation, ..endpoints };
                self.send(now, attempt)
            }
            DiscoveryStep::Found(_) => self.settle(now, failure),
            DiscoveryStep::Failed(error) => self.settle(now, error),
        }
    }

    /// The provider refused the refresh token. A process without a working lock, or a login, may have stored another one meanwhile.
    fn loaded_again(
        &mut self,
        now: Duration,
        refused: Attempt,
        loaded: Result<Option<Box<TokenRecord>>, AuthError>,
    ) -> RenewalAction {
        let stored = match self.own(loaded) {
            Ok(stored) => stored,
            Err(error) => return RenewalAction::Done(Err(error)),
        };
        if !stored.has_tokens_of(&refused.record) {
            return match self.goal {
                RenewalGoal::Lasting(needed) if !stored.serves(now, needed) => {
                    if stored.is_refreshable(now) && !refused.is_second {
                        self.reserve(stored, true)
                    } else {
                        self.without_refresh(now, stored, LoginNeeded::Revoked)
                    }
                }
                _ => RenewalAction::Done(Ok(Renewed { record: stored, is_new: false, warning: None })),
            };
        }
        let rest = stored.is_usable(now).then(|| Box::new(stored.without_refresh_token()));
        let action = match &rest {
            Some(rest) => RenewalAction::Store(rest.clone()),
            None => RenewalAction::Remove,
        };
        let result = self.result_without_refresh(now, rest.unwrap_or(stored), LoginNeeded::Revoked);
        self.enter(Phase::Clearing(result), action)
    }

    fn store(&mut self, record: Box<TokenRecord>, repeats: u32) -> RenewalAction {
        let action = RenewalAction::Store(record.clone());
        self.enter(Phase::Storing { record, repeats }, action)
    }

    /// A new record that is not stored is lost, and the old refresh token may be worth nothing any more.
    fn not_stored(&mut self, record: Box<TokenRecord>, repeats: u32, error: AuthError) -> RenewalAction {
        if repeats == REPEATS {
            return RenewalAction::Done(Err(error));
        }
        let phase = Phase::StoringAgain { record, repeats: repeats + 1 };
        self.enter(phase, RenewalAction::Wait(REPEAT_WAIT))
    }

    /// The end without a refresh, because a person has to log in.
    fn without_refresh(&self, now: Duration, record: Box<TokenRecord>, reason: LoginNeeded) -> RenewalAction {
        RenewalAction::Done(self.result_without_refresh(now, record, reason))
    }

    /// A job that outlives the token must not begin, since nobody can log in while it runs.
    fn result_without_refresh(
        &self,
        now: Duration,
        record: Box<TokenRecord>,
        reason: LoginNeeded,
    ) -> RenewalResult {
        let error = self.login_needed(reason);
        match self.goal {
            RenewalGoal::Lasting(needed) if record.serves(now, needed) => {
                Ok(Renewed { record, is_new: false, warning: Some(error) })
            }
            _ => Err(error),
        }
    }

    /// The end after a failure that may pass.
    fn settle(&mut self, now: Duration, error: AuthError) -> RenewalAction {
        let usable = self.before.take().filter(|record| record.is_usable(now));
        RenewalAction::Done(match (self.goal, usable) {
            (RenewalGoal::Lasting(_), Some(record)) => {
                Ok(Renewed { record, is_new: false, warning: Some(error) })
            }
            _ => Err(error),
        })
    }
}
