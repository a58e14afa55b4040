//! `speckit auth`, as a user runs it.

use serde_json::{Value as Json, json};
use speckit_tests::fakes::provider::{CANARY, Decision, Dialect, Provider};

#[cfg(target_os = "linux")]
use crate::pseudo_terminal::PseudoTerminal;
use crate::test_dir::{NO_MACHINE_CHECKS, RunResult, TestDir};

mod guide;
mod login;
mod logout;
mod secrets;
mod selection;
mod status;
#[cfg(target_os = "linux")]
mod terminal;
mod tokens;

/// The file of the login `company`.
const TOKEN_FILE: &str = ".local/state/speckit/auth/company.json";

/// A provider that asks for a poll each second.
fn dialect() -> Dialect {
    Dialect { interval: Some(json!(1)), ..Dialect::plain() }
}

/// A folder with the login `company`.
fn dir_with(provider: &Provider) -> TestDir {
    let own = "scopes = [\"openid\", \"email\"]\nstore = \"file\"";
    TestDir::with_config(&format!("{NO_MACHINE_CHECKS}{}", provider.settings("company", own)))
}

/// A provider, and a folder in which somebody is logged in.
fn logged_in() -> (Provider, TestDir) {
    logged_in_to(dialect())
}

fn logged_in_to(dialect: Dialect) -> (Provider, TestDir) {
    let provider = Provider::start(dialect);
    provider.decide_at_poll(1, Decision::Approve);
    let dir = dir_with(&provider);
    dir.run("auth login").succeeds();
    (provider, dir)
}

/// The stored record.
fn record(dir: &TestDir) -> Json {
    serde_json::from_str(&dir.read(TOKEN_FILE)).unwrap()
}

/// Changes a field of the stored record.
fn change_record(dir: &TestDir, field: &str, value: impl Into<Json>) {
    let mut record = record(dir);
    record[field] = value.into();
    std::fs::write(dir.path(TOKEN_FILE), record.to_string()).unwrap();
}

/// The names of the files of all logins.
fn stored_files(dir: &TestDir) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir.path(".local/state/speckit/auth")) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.ends_with(".lock"));
    names.sort();
    names
}

/// The exit code and both streams, with names in the place of what differs between two runs.
fn transcript(result: &RunResult, provider: &Provider, dir: &TestDir) -> String {
    let text = format!("exit {}\n--- stdout\n{}--- stderr\n{}", result.code, result.out, result.err);
    comparable(&text, provider, dir)
}

fn comparable(text: &str, provider: &Provider, dir: &TestDir) -> String {
    assert!(!text.contains(CANARY), "{text}");
    let folder = dir.path("").display().to_string();
    let text = text.replace(&format!("http://{}", provider.host()), "https://id.example.com");
    let text = without_seconds(&text);
    text.replace(&provider.host(), "id.example.com")
        .replace("127.0.0.1", "id.example.com")
        .replace(folder.trim_end_matches('/'), "/home/ann")
}

/// Without the seconds that a run takes from the lifetime of its token.
fn without_seconds(text: &str) -> String {
    let mut parts = text.split("valid for 59 min 5");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "valid for 59 min 5_" + part.get(1..).unwrap())
}

/// What a terminal of this size shows of a run of the program.
#[cfg(target_os = "linux")]
fn on_terminal(dir: &TestDir, size: (u16, u16), arguments: &str) -> (i32, String) {
    PseudoTerminal::start(dir, size, arguments).wait_for_exit()
}
