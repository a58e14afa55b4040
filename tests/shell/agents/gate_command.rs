//! `gate run`, `gate list` and `gate show`, with small scripts as agents.
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
mod logins;
mod outputs;
mod prompts;
mod refreshed_logins;
mod secrets;
#[cfg(target_os = "linux")]
mod sessions;
#[cfg(target_os = "linux")]
mod signals;
#[cfg(target_os = "linux")]
mod terminal;
mod verdicts;

/// An agent that succeeds.
const SUCCEEDING: &str = "echo fine; echo on-stderr >&2";
/// An agent that fails.
const FAILING: &str = "echo broken >&2; exit 3";
/// An agent that writes a line when it starts, and then runs for a minute.
const SLOW: &str = "echo begun; sleep 60";
/// An agent like [`SLOW`] that ignores signals.
const STUBBORN: &str = "trap '' TERM INT HUP; echo begun; while :; do sleep 0.1; done";

/// A folder with a gate of the stage `plan` that runs the agents `a`, `b`, `c` and so on. Each agent is a script, whose
/// arguments are the prompt and the id of the specification.
///
/// Every script first writes its process id to `<name>.pid`. The first three agents have different providers.
fn gate_dir(scripts: &[&str]) -> TestDir {
    gate_dir_with_settings(scripts, "")
}

/// A folder like that of [`gate_dir`], with more settings.
fn gate_dir_with_settings(scripts: &[&str], settings: &str) -> TestDir {
    let names: Vec<char> = ('a'..).take(scripts.len()).collect();
    let mut config = String::from("[validation]\ncheck_api_keys = false\n");
    for provider in ["openai", "anthropic", "google"] {
        config.push_str(&format!(
            "[providers.{provider}]\ncommand = \"sh\"\n\
             args = [\"-c\", 'exec sh \"./$0.sh\" \"$@\"', \"{{model}}\", \"{{prompt}}\", \"{{spec}}\"]\n"
        ));
    }
    for (number, name) in names.iter().enumerate() {
        let provider = ["openai", "anthropic", "google"][number % 3];
        config.push_str(&format!(
            "[models.{name}]\nprovider = \"{provider}\"\nmodel = \"{name}\"\ntier = \"low\"\n"
        ));
    }
    config.push_str(&format!("[quality_gates]\nplan = {names:?}\n").replace('\'', "\""));
    let mut dir = TestDir::with_config(&format!("{config}{settings}"))
        .variable("PATH", "/usr/bin:/bin")
        .leaving_no_process();
    for (name, script) in names.iter().zip(scripts) {
        dir = dir.file(&format!("{name}.sh"), format!("echo $$ > {name}.pid\n{script}\n"));
    }
    dir
}

const RUN: &str = "gate run plan --spec SPEC-1 --prompt hello --database runs.db";

/// Starts a gate that writes its events as JSON documents.
fn start_gate(dir: &TestDir) -> RunningProgram {
    RunningProgram::start(dir, &format!("{RUN} --format json"))
}

/// Waits for the next event of this kind about this agent.
#[track_caller]
fn wait_for_event(gate: &mut RunningProgram, event: &str, agent: &str) -> Json {
    loop {
        let json = gate.next_json();
        if json["event"] == event && json["name"] == agent {
            return json;
        }
    }
}

#[track_caller]
fn parse_line(line: &str) -> Json {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// The last event, which contains the verdict.
#[track_caller]
fn last_event(result: &RunResult) -> Json {
    let last = parse_line(result.out.lines().last().expect("there is a last event"));
    assert_eq!(last["event"], "finished");
    last
}

/// Waits until a condition holds.
#[track_caller]
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "never: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether an agent has written its process id. The file is empty for a moment.
#[cfg(target_os = "linux")]
fn has_started(dir: &TestDir, agent: &str) -> bool {
    std::fs::read_to_string(dir.path(&format!("{agent}.pid"))).is_ok_and(|id| id.ends_with('\n'))
}

/// Whether the process of an agent runs. A zombie does not.
#[cfg(target_os = "linux")]
fn is_alive(dir: &TestDir, agent: &str) -> bool {
    let id = dir.read(&format!("{agent}.pid"));
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

/// The bytes of a database and of the files that SQLite keeps next to it.
fn read_database_bytes(path: &Path) -> Vec<u8> {
    let name = path.display();
    let files = [format!("{name}"), format!("{name}-wal"), format!("{name}-shm")];
    files.iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect()
}
