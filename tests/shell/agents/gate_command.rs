//! `gate run|list|show` with small scripts as agents.
#![cfg(unix)]

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::running_program::RunningProgram;
use crate::test_dir::{RunResult, TestDir};

mod before_start;
mod database;
mod list_and_show;
mod prompts;
mod secrets;
#[cfg(target_os = "linux")]
mod signals;
mod verdicts;

/// An agent that succeeds.
const FINE: &str = "echo fine; echo beside >&2";
/// An agent that fails.
const BROKEN: &str = "echo broken >&2; exit 3";
/// An agent that says when it has begun, and goes on until it is ended.
const SLOW: &str = "echo begun; sleep 60";
/// The same, which does not end when it is asked to.
const STUBBORN: &str = "trap '' TERM INT HUP; echo begun; while :; do sleep 0.1; done";

/// A folder whose gate of the stage `plan` asks these agents, `a`, `b`, `c` and so on: each is a script, which is given the
/// prompt and the id of the specification.
///
/// Every script writes its process id into `<name>.pid` first. The providers of the agents differ as long as there are some.
fn dir(scripts: &[&str]) -> TestDir {
    with_settings(scripts, "")
}

/// The same with further settings.
fn with_settings(scripts: &[&str], settings: &str) -> TestDir {
    let names: Vec<char> = ('a'..).take(scripts.len()).collect();
    let mut config = String::from("[validation]\ncheck_api_keys = false\n");
    for provider in ["openai", "anthropic", "google"] {
        config.push_str(&format!(
            "[providers.{provider}]\ncommand = \"sh\"\n\
             args = [\"-c\", 'exec sh \"./$0.sh\" \"$@\"', \"{{model}}\", \"{{prompt}}\", \"{{spec}}\"]\n"
        ));
    }
    for (at, name) in names.iter().enumerate() {
        let provider = ["openai", "anthropic", "google"][at % 3];
        config.push_str(&format!(
            "[models.{name}]\nprovider = \"{provider}\"\nmodel = \"{name}\"\ntier = \"low\"\n"
        ));
    }
    config.push_str(&format!("[quality_gates]\nplan = {names:?}\n").replace('\'', "\""));
    let mut dir = TestDir::with_config(&format!("{config}{settings}")).variable("PATH", "/usr/bin:/bin");
    for (name, script) in names.iter().zip(scripts) {
        dir = dir.file(&format!("{name}.sh"), format!("echo $$ > {name}.pid\n{script}\n"));
    }
    dir
}

const RUN: &str = "gate run plan --spec SPEC-1 --prompt hello --database runs.db";

/// A gate that runs, with its events as documents.
fn started(dir: &TestDir) -> RunningProgram {
    RunningProgram::start(dir, &format!("{RUN} --format json"))
}

/// The next event of a kind, about an agent.
#[track_caller]
fn wait_for(gate: &mut RunningProgram, event: &str, agent: &str) -> Json {
    loop {
        let json = gate.json();
        if json["event"] == event && json["name"] == agent {
            return json;
        }
    }
}

#[track_caller]
fn parsed(line: &str) -> Json {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// The last event, which holds the verdict.
#[track_caller]
fn finished(answer: &RunResult) -> Json {
    let last = parsed(answer.out.lines().last().expect("there is a last event"));
    assert_eq!(last["event"], "finished");
    last
}

/// Waits until something is so.
#[track_caller]
fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(20), "never: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Tells whether the process of an agent runs; one that nobody has reaped yet does not.
#[cfg(target_os = "linux")]
fn is_alive(dir: &TestDir, agent: &str) -> bool {
    let id = dir.read(&format!("{agent}.pid"));
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

/// What is in a file of a database and beside it.
fn bytes_of_database(path: &Path) -> Vec<u8> {
    let name = path.display();
    let files = [format!("{name}"), format!("{name}-wal"), format!("{name}-shm")];
    files.iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect()
}
