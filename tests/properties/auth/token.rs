//! Renewals of many simulated processes, interleaved at random over one store, one lock and one provider that rotates refresh tokens and
//! detects their reuse; and when a token is refreshed.

use std::time::Duration;

use proptest::prelude::*;
use speckit_core::auth::token::TokenRecord;
use speckit_core::auth::token::renewal::{Renewal, RenewalAction, RenewalGoal, RenewalInput, RenewalResult};
use speckit_core::auth::{Answer, AuthError, Client, Exchange, LoginConfig};
use speckit_core::retry::Seed;
use speckit_core::tree::typed::Secret;

const NOW: Duration = Duration::from_secs(1_000_000);

fn client() -> Client {
    let settings = serde_json::json!({
        "device_authorization_url": "https://id.example.com/device",
        "token_url": "https://id.example.com/token",
        "client_id": "cli",
        "store": "file",
    });
    Client::new("work", serde_json::from_value::<LoginConfig>(settings).unwrap(), None)
}

fn answer(status: u16, body: &serde_json::Value) -> Answer {
    Answer { status, retry_after: None, body: Secret::new(body.to_string().into_bytes()) }
}

/// The tokens of this number, which last an hour.
fn tokens(number: u32) -> serde_json::Value {
    serde_json::json!({"access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"), "expires_in": 3600})
}

fn record(number: u32, issued: Duration) -> TokenRecord {
    let client = client();
    TokenRecord::granted(&client, &client.endpoints().unwrap(), &answer(200, &tokens(number)), issued)
        .unwrap()
}

/// The store, the lock and the provider.
#[derive(Debug)]
struct World {
    stored: Option<TokenRecord>,
    holder: Option<usize>,
    /// The number of the only refresh token that is valid.
    latest: u32,
    is_revoked: bool,
    requests: u32,
    removals: u32,
}

impl World {
    fn new() -> Self {
        // It expires now.
        let stored = Some(record(0, NOW - Duration::from_secs(3600)));
        Self { stored, holder: None, latest: 0, is_revoked: false, requests: 0, removals: 0 }
    }

    fn exchange(&mut self, form: &str) -> Exchange {
        self.requests += 1;
        let is_latest = form.contains(&format!("refresh_token=refresh-{}&", self.latest));
        self.is_revoked |= !is_latest;
        if self.is_revoked {
            return Ok(answer(400, &serde_json::json!({"error": "invalid_grant"})));
        }
        self.latest += 1;
        Ok(answer(200, &tokens(self.latest)))
    }

    fn is_lost(&self) -> bool {
        let stored = self.stored.as_ref().and_then(|record| record.refresh_token.as_ref());
        self.is_revoked || stored.is_none_or(|token| *token.expose() != format!("refresh-{}", self.latest))
    }
}

struct Process {
    renewal: Renewal,
    action: RenewalAction,
    /// The answer that the provider gave, while the process has not stored it.
    is_unstored: bool,
}

impl Process {
    fn new(number: usize) -> Self {
        let goal = RenewalGoal::Lasting(Duration::ZERO);
        let (renewal, action) = Renewal::begin(client(), goal, "lock".into(), Seed::new(number as u64));
        Self { renewal, action, is_unstored: false }
    }

    fn result(&self) -> Option<&RenewalResult> {
        match &self.action {
            RenewalAction::Done(result) => Some(result),
            _ => None,
        }
    }

    /// Performs the action of a process.
    fn step(&mut self, number: usize, world: &mut World) {
        let input = match self.action.clone() {
            RenewalAction::Load => RenewalInput::Loaded(Ok(world.stored.clone().map(Box::new))),
            RenewalAction::Lock => {
                let is_free = world.holder.is_none();
                if is_free {
                    world.holder = Some(number);
                }
                RenewalInput::Locked(Ok(is_free))
            }
            RenewalAction::Wait(_) => RenewalInput::Waited,
            RenewalAction::Reserve => RenewalInput::Performed(Ok(())),
            RenewalAction::Send(request) => {
                assert_eq!(world.holder, Some(number), "only the holder of the lock sends");
                let exchange = world.exchange(request.form.as_ref().unwrap().expose());
                self.is_unstored = exchange.as_ref().is_ok_and(|answer| answer.status == 200);
                RenewalInput::Exchanged(exchange)
            }
            RenewalAction::Store(record) => {
                assert_eq!(world.holder, Some(number), "only the holder of the lock stores");
                world.stored = Some(*record);
                self.is_unstored = false;
                RenewalInput::Performed(Ok(()))
            }
            RenewalAction::Remove => {
                assert_eq!(world.holder, Some(number), "only the holder of the lock removes");
                world.stored = None;
                world.removals += 1;
                RenewalInput::Performed(Ok(()))
            }
            RenewalAction::Done(_) => return,
        };
        self.action = self.renewal.step(NOW, input);
        if self.result().is_some() && world.holder == Some(number) {
            world.holder = None;
        }
    }
}

/// The processes that are left run in turn until all are done.
fn finish(processes: &mut [Option<Process>], world: &mut World) {
    while processes.iter().flatten().any(|process| process.result().is_none()) {
        for (number, process) in processes.iter_mut().enumerate() {
            if let Some(process) = process {
                process.step(number, world);
            }
        }
    }
}

fn access_token(result: &RenewalResult) -> Result<&str, AuthError> {
    result.as_ref().map(|renewed| renewed.record.access_token.expose().as_str()).map_err(Clone::clone)
}

proptest! {
    #[test]
    fn many_processes_at_expiry_send_one_request_and_all_get_the_new_token(
        turns in prop::collection::vec(0_usize..8, 0..200),
    ) {
        let mut world = World::new();
        let mut processes: Vec<_> = (0..8).map(|number| Some(Process::new(number))).collect();
        for number in turns {
            processes[number].as_mut().unwrap().step(number, &mut world);
        }
        finish(&mut processes, &mut world);
        prop_assert_eq!(world.requests, 1);
        for process in processes.iter().flatten() {
            prop_assert_eq!(access_token(process.result().unwrap()), Ok("access-1"));
        }
    }

    #[test]
    fn a_kill_loses_the_login_only_between_the_answer_and_the_store(
        turns in prop::collection::vec((0_usize..6, prop::bool::weighted(0.1)), 0..120),
    ) {
        let mut world = World::new();
        let mut processes: Vec<_> = (0..6).map(|number| Some(Process::new(number))).collect();
        let mut was_in_window = false;
        for (number, is_killed) in turns {
            let Some(process) = &mut processes[number] else { continue };
            if !is_killed {
                process.step(number, &mut world);
                continue;
            }
            was_in_window |= process.is_unstored;
            processes[number] = None;
            if world.holder == Some(number) {
                world.holder = None;
            }
        }
        finish(&mut processes, &mut world);
        prop_assert!(was_in_window || !world.is_lost());
        if !was_in_window {
            prop_assert!(world.requests <= 1);
            for process in processes.iter().flatten() {
                prop_assert_eq!(access_token(process.result().unwrap()), Ok("access-1"));
            }
        }
    }

    /// Somebody logs in anew, without the lock, at any moment.
    #[test]
    fn a_renewal_never_removes_another_login(
        before in 0_usize..12,
        is_revoked in any::<bool>(),
    ) {
        let mut world = World::new();
        world.is_revoked = is_revoked;
        let mut process = Process::new(0);
        for _ in 0..before {
            // A login between the last look at the store and its change is not seen; the login takes the lock for that.
            if matches!(process.action, RenewalAction::Store(_) | RenewalAction::Remove) {
                break;
            }
            process.step(0, &mut world);
        }
        let is_open = !matches!(process.action, RenewalAction::Store(_) | RenewalAction::Remove);
        if is_open {
            world.stored = Some(record(50, NOW));
        }
        let mut processes = [Some(process)];
        finish(&mut processes, &mut world);
        if is_open && is_revoked {
            prop_assert_eq!(world.removals, 0);
            let stored = world.stored.unwrap();
            prop_assert_eq!(stored.access_token.expose().as_str(), "access-50");
        }
    }

    #[test]
    fn a_token_is_refreshed_within_its_margin_alone_and_lasts_as_long_as_needed_if_any_can(
        lifetime in 1_u64..100_000,
        age in 0_u64..110_000,
        needed in prop_oneof![Just(0), 0_u64..100_000],
    ) {
        let s = Duration::from_secs;
        let client = client();
        let body = serde_json::json!({"access_token": "a", "refresh_token": "r", "expires_in": lifetime});
        let endpoints = client.endpoints().unwrap();
        let record = TokenRecord::granted(&client, &endpoints, &answer(200, &body), NOW).unwrap();
        let (now, left) = (NOW + s(age), lifetime.saturating_sub(age));
        let own_margin = (lifetime as f64 / 5.0).min(300.0);
        let is_fresh = record.is_fresh(now, s(needed));
        let can_give = needed as f64 + own_margin.min(10.0) <= lifetime as f64;
        if !is_fresh && can_give {
            prop_assert!(left as f64 <= own_margin.max(needed as f64), "refreshed too early");
        }
        if !is_fresh && !can_give {
            prop_assert!(age as f64 >= own_margin, "a need that cannot be met refreshes at each use");
        }
        if is_fresh {
            prop_assert!(left > 0);
            prop_assert!(left >= needed || !can_give, "{left} left, {needed} needed");
        }
    }
}
