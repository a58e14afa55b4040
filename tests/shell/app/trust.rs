//! A `./speckit.toml` that nobody trusts, in the program itself.

use std::fs;
use std::path::{Path, PathBuf};

use crate::executable::write_executable;
use crate::test_dir::TestDir;

mod commands;
mod links;
mod question;
mod records;
mod variable;
mod watching;

/// A file as of a cloned repository: every program of it leaves a file `ran`.
const CLONED: &str = r#"[validation]
check_api_keys = false

[models.a]
provider = "google"
model = "a"
tier = "low"

[quality_gates]
plan = ["a"]

[providers.google]
command = "sh"
args = ["-c", "touch ran; echo yes", "agent", "{prompt}"]

[policy.commands.lint]
run = ["touch", "ran"]
on = ["check", "pre-commit"]

[auth.work]
issuer = "http://127.0.0.1:9"
client_id = "me"
store = "helper"
helper = "evil"

[store]
path = "chosen.db"
"#;

/// A folder with the file, its helper, and a home folder of its own.
fn cloned() -> TestDir {
    with(CLONED)
}

fn with(text: &str) -> TestDir {
    let dir = TestDir::untrusted().file("speckit.toml", text).file("home/.keep", "");
    write_executable(
        &dir.path("bin/docker-credential-evil"),
        format!("#!/bin/sh\ntouch {}\n", dir.path("ran").display()),
    );
    let (home, path) = (text_of(&dir.path("home")), format!("{}:/usr/bin:/bin", dir.path("bin").display()));
    dir.variable("HOME", &home).variable("PATH", &path)
}

fn text_of(path: &Path) -> String {
    path.to_str().unwrap().into()
}

/// The folder of the records.
fn records(dir: &TestDir) -> PathBuf {
    dir.path("home/.local/state/speckit/trust")
}

/// The only record.
fn record(dir: &TestDir) -> PathBuf {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(records(dir)).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(paths.len(), 1, "{paths:?}");
    paths.remove(0)
}

/// The text with `/clone` in the place of the folder.
fn comparable(dir: &TestDir, text: &str) -> String {
    let folder = fs::canonicalize(dir.path(".")).unwrap();
    text.replace(folder.to_str().unwrap(), "/clone")
        .replace(text_of(&dir.path("")).trim_end_matches('/'), "/clone")
}

const GATE: &str = "gate run plan --spec S --prompt hello --no-store";
