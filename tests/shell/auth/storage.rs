//! The storage of tokens: private files, locks, and credential helpers.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;
use speckit::Secret;
use speckit::auth::{Client, LoginConfig, TokenStorage};
use speckit_core::auth::token::TokenRecord;
use speckit_core::auth::{Answer, Endpoints, TokenStoreKind};

use crate::test_dir::TestDir;

pub(super) mod helper;
mod lock;
mod refused;
mod unwritable;

const WORKER: &str = env!("CARGO_BIN_EXE_speckit-auth-worker");
/// A user without any rights.
const NOBODY: u32 = 65534;

fn config() -> LoginConfig {
    serde_json::from_value(json!({"client_id": "id", "store": "file"})).unwrap()
}

fn storage(folder: &Path) -> TokenStorage {
    TokenStorage::in_folder(folder, "work", &config()).unwrap()
}

fn record(login: &str, token: &str) -> TokenRecord {
    let endpoints = Endpoints {
        device_authorization: "https://a.example".into(),
        token: "https://b.example".into(),
        revocation: None,
    };
    let body = json!({"access_token": token, "refresh_token": "canary"}).to_string().into_bytes();
    let answer = Answer { status: 200, retry_after: None, body: Secret::new(body) };
    TokenRecord::granted(&Client::new(login, config(), None), &endpoints, &answer, Duration::from_secs(1))
        .unwrap()
}

fn store(storage: &TokenStorage, token: &str) {
    storage.try_lock().unwrap().expect("nobody else holds it").store(&record("work", token)).unwrap();
}

fn token_in(storage: &TokenStorage) -> Option<String> {
    storage.load().unwrap().map(|record| record.access_token.expose().clone())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The text of the error of loading, without a part of a token.
#[track_caller]
fn load_error(storage: &TokenStorage) -> String {
    let error = storage.load().unwrap_err();
    assert!(!format!("{error:?} {error} {storage:?}").contains("canary"), "{error:?}");
    error.to_string()
}

/// The text of the error of a reservation.
#[track_caller]
fn reserve_error(storage: &TokenStorage) -> String {
    let mut lock = storage.try_lock().unwrap().unwrap();
    let error = lock.reserve().unwrap_err();
    assert!(lock.store(&record("work", "canary")).is_err());
    error.to_string()
}

fn worker(command: &str, folder: &Path, token: &str) -> Command {
    let mut worker = Command::new(WORKER);
    worker.arg(command).arg(folder).arg(token).env_clear().stdin(Stdio::null());
    worker
}

fn output(worker: &mut Command) -> String {
    let output = worker.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Starts a worker that waits, and returns it when it has printed this line.
fn waiting(command: &str, folder: &Path, line: &str) -> Child {
    let mut child =
        worker(command, folder, "canary").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut printed = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut printed).unwrap();
    assert_eq!(printed.trim_end(), line);
    child
}

#[test]
fn what_is_stored_is_loaded_again_and_only_its_owner_can_read_it() {
    let dir = TestDir::new();
    let folder = dir.path("state/speckit/auth");
    let storage = storage(&folder);
    assert_eq!((storage.load().unwrap(), storage.kind()), (None, TokenStoreKind::File));
    assert!(!dir.path("state").exists(), "to load makes nothing");
    store(&storage, "canary");
    assert_eq!(storage.load().unwrap(), Some(record("work", "canary")));
    assert_eq!(storage.file(), Some(&*folder.join("work.json")));
    assert_eq!([&folder, &dir.path("state")].map(|path| mode(path)), [0o700, 0o700]);
    assert_eq!(["work.json", "work.lock"].map(|name| mode(&folder.join(name))), [0o600, 0o600]);
    storage.try_lock().unwrap().unwrap().remove().unwrap();
    storage.try_lock().unwrap().unwrap().remove().unwrap();
    assert_eq!(storage.load().unwrap(), None);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "the lock file is left");
}

#[test]
fn the_stamp_differs_after_each_change_and_only_then() {
    let dir = TestDir::new();
    let storage = storage(&dir.path("auth"));
    let mut stamps = vec![storage.stamp()];
    // Faster than the clock of the file system ticks, and with the same length.
    for _ in 0..30 {
        store(&storage, "canary");
        stamps.push(storage.stamp());
    }
    storage.load().unwrap();
    drop(storage.try_lock().unwrap().unwrap());
    assert_eq!(storage.stamp(), stamps[30]);
    for (place, stamp) in stamps.iter().enumerate() {
        assert!(!stamps[..place].contains(stamp), "{place}: {stamps:?}");
    }
    storage.try_lock().unwrap().unwrap().remove().unwrap();
    assert_eq!(storage.stamp(), stamps[0], "there is no file again");
    store(&storage, "canary");
    assert!(!stamps.contains(&storage.stamp()));
}
