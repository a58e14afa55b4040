//! Performs the actions of a renewal.

use std::time::Duration;

use speckit_core::auth::token::lock_waits;
use speckit_core::auth::token::renewal::{Renewal, RenewalAction, RenewalGoal, RenewalInput, RenewalResult};
use speckit_core::auth::{AuthError, Client};

use super::http::HttpClient;
use super::storage::{Stamp, StorageLock, TokenStorage};
use crate::os::{clock, entropy};

/// Performs a renewal. The stamp is that of the stored record that it ends with, or of an older one.
pub(super) fn renewal(
    client: &Client,
    storage: &TokenStorage,
    http: &HttpClient,
    goal: RenewalGoal,
) -> (RenewalResult, Stamp) {
    let lock_file = storage.lock_file().display().to_string();
    let (mut renewal, mut action) = Renewal::begin(client.clone(), goal, lock_file, entropy::seed());
    let mut stamp = storage.stamp();
    let mut lock = None;
    loop {
        let input = match action {
            RenewalAction::Load => {
                stamp = storage.stamp();
                RenewalInput::Loaded(storage.load().map(|record| record.map(Box::new)))
            }
            RenewalAction::Lock => RenewalInput::Locked(storage.try_lock().map(|taken| {
                lock = taken;
                lock.is_some()
            })),
            RenewalAction::Wait(wait) => {
                clock::sleep(wait);
                RenewalInput::Waited
            }
            RenewalAction::Send(request) => RenewalInput::Exchanged(http.send(&request)),
            RenewalAction::Reserve => RenewalInput::Performed(with(&mut lock, StorageLock::reserve)),
            RenewalAction::Store(record) => {
                let stored = with(&mut lock, |lock| lock.store(&record));
                stamp = storage.stamp();
                RenewalInput::Performed(stored)
            }
            RenewalAction::Remove => RenewalInput::Performed(with(&mut lock, StorageLock::remove)),
            RenewalAction::Done(result) => return (result, stamp),
        };
        action = renewal.step(clock::since_epoch(), input);
    }
}

fn with(
    lock: &mut Option<StorageLock>,
    change: impl FnOnce(&mut StorageLock) -> Result<(), AuthError>,
) -> Result<(), AuthError> {
    match lock {
        Some(lock) => change(lock),
        None => Err(AuthError::Store("the storage of the tokens is not locked".into())),
    }
}

/// Locks the storage, which other processes hold for a refresh at most. `pause` waits for a time, and returns whether to try again.
pub(super) fn lock(
    storage: &TokenStorage,
    mut pause: impl FnMut(Duration) -> bool,
) -> Result<StorageLock, AuthError> {
    let mut waited = Duration::ZERO;
    let mut waits = lock_waits(entropy::seed());
    loop {
        if let Some(lock) = storage.try_lock()? {
            return Ok(lock);
        }
        match waits.next() {
            Some(wait) if pause(wait) => waited += wait,
            _ => return Err(AuthError::Locked { path: storage.lock_file().display().to_string(), waited }),
        }
    }
}
