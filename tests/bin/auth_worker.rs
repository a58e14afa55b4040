//! Another process that sends a request or uses the tokens of a test:
//! `speckit-auth-worker send|send-logged URL`, or `speckit-auth-worker load|store|hold|reserve|remove FOLDER TOKEN [HELPER]`.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use speckit::Secret;
use speckit::auth::{AuthError, Client, LoginConfig, TokenStorage};
use speckit::internal::HttpClient;
use speckit_core::auth::token::TokenRecord;
use speckit_core::auth::{Answer, Endpoint, Endpoints, Request};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments[0].as_str() {
        "send" => send(&arguments[1], None),
        "send-logged" => send(&arguments[1], Some(&ToStdout)),
        command => use_storage(
            command,
            Path::new(&arguments[1]),
            &arguments[2],
            arguments.get(3).map(String::as_str),
        ),
    };
    match done {
        Ok(text) => say(&format!("ok: {text}")),
        Err(text) => say(&format!("failed: {text}")),
    }
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().unwrap();
}

/// Prints each record of the crate `log`.
struct ToStdout;

impl log::Log for ToStdout {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        say(&format!("log {} {}|{}", record.level(), record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// Sends a form with the canary of the tests.
fn send(url: &str, logger: Option<&'static ToStdout>) -> Result<String, String> {
    if let Some(logger) = logger {
        log::set_logger(logger).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    }
    let request = Request {
        endpoint: Endpoint::Token,
        url: url.into(),
        authorization: Some(Secret::new("Basic canary-in-the-header".into())),
        form: Some(Secret::new("refresh_token=canary-in-the-form".into())),
    };
    match HttpClient::from_environment().send(&request) {
        Ok(Answer { status, .. }) => Ok(format!("status {status}")),
        Err(failure) => Err(format!("{:?}: {}", failure.kind, failure.reason)),
    }
}

fn use_storage(command: &str, folder: &Path, token: &str, helper: Option<&str>) -> Result<String, String> {
    let text = |error: AuthError| error.to_string();
    let store = if helper.is_some() { "helper" } else { "file" };
    let config = serde_json::json!({ "client_id": "id", "store": store, "helper": helper });
    let config: LoginConfig = serde_json::from_value(config).unwrap();
    let storage = TokenStorage::in_folder(folder, "work", &config).map_err(text)?;
    if command == "load" {
        let record = storage.load().map_err(text)?;
        return Ok(record.map_or("nobody".into(), |record| record.access_token.expose().clone()));
    }
    let before = storage.stamp();
    let Some(mut lock) = storage.try_lock().map_err(text)? else { return Ok("locked by another one".into()) };
    match command {
        "hold" => wait_after("holds"),
        "reserve" => {
            lock.reserve().map_err(text)?;
            wait_after("reserved");
        }
        "store" => {
            lock.reserve().map_err(text)?;
            lock.store(&record(&config, token)).map_err(text)?;
        }
        "remove" => lock.remove().map_err(text)?,
        _ => panic!("no such command: {command}"),
    }
    let is_changed = matches!(command, "store" | "remove");
    assert!(!is_changed || storage.stamp() != before, "the stamp differs");
    Ok("done".into())
}

/// Waits until the standard input ends, or until it is killed.
fn wait_after(line: &str) {
    say(line);
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn record(config: &LoginConfig, token: &str) -> TokenRecord {
    let client = Client::new("work", config.clone(), None);
    let endpoints = Endpoints {
        device_authorization: "https://a.example".into(),
        token: "https://b.example".into(),
        revocation: None,
    };
    let body = serde_json::json!({ "access_token": token }).to_string();
    let answer = Answer { status: 200, retry_after: None, body: Secret::new(body.into_bytes()) };
    TokenRecord::granted(&client, &endpoints, &answer, Duration::from_secs(1)).unwrap()
}
