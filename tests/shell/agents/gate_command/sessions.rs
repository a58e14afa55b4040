//! Agents have sessions of their own, and so have processes that they start: none keeps the terminal, and none is left behind.

use std::process::Command;

use serde_json::json;

use super::{
    RUN, gate_dir, gate_dir_with_settings, has_started, last_event, start_gate, wait_for_event, wait_until,
};
use crate::pseudo_terminal::PseudoTerminal;
use crate::test_dir::TestDir;

/// Starts a process with a session of its own, and waits until it runs.
const DETACH: &str = "setsid sh -c 'echo $$ > detached.pid; exec sleep 60' >/dev/null 2>&1 </dev/null & while [ ! -s detached.pid ]; do sleep 0.01; done; echo begun";

/// Runs a gate on a terminal, and returns what it shows.
fn run_on_terminal(dir: &TestDir, options: &str) -> String {
    PseudoTerminal::start(dir, (100, 30), &format!("{RUN} {options}")).wait_for_exit().1
}

#[test]
fn an_agent_can_neither_read_nor_write_the_terminal() {
    for options in ["--plain", ""] {
        let dir = gate_dir(&[
            "read answer </dev/tty; echo read $answer",
            "stty -echo </dev/tty; echo set",
            "printf 'past the %s\\n' masks >/dev/tty; echo wrote",
        ]);
        let shown = run_on_terminal(&dir, &format!("{options} --set orchestrator.agent_timeout_s=30"));
        assert!(shown.contains("plan for SPEC-1: full"), "no agent waits for a person: {shown}");
        assert!(!shown.contains("past the masks"), "{shown}");
        let run = dir.run("gate show 1 --database runs.db").succeeds().out;
        assert_eq!(run.matches("No such device or address").count(), 3, "{run}");
    }
}

#[test]
fn a_detached_process_ends_with_its_agent() {
    for (script, settings, status) in [
        (format!("{DETACH}; exit 0"), "", "ok"),
        (format!("{DETACH}; sleep 60"), "[orchestrator]\nagent_timeout_s = 1\n", "timed_out"),
    ] {
        let dir = gate_dir_with_settings(&[&script], settings);
        let result = dir.run(&format!("{RUN} --format json"));
        let agent = &last_event(&result)["agents"][0];
        assert_eq!(
            (&agent["status"], &agent["leaked"], &agent["left"]),
            (&json!(status), &json!(false), &json!([]))
        );
        assert_eq!(dir.processes(), [""; 0], "nothing is left when the program has ended");
    }
}

#[test]
fn a_detached_process_ends_with_a_program_that_gets_a_signal() {
    for signal in ["INT", "TERM", "HUP", "KILL"] {
        let dir = gate_dir(&[&format!("{DETACH}; sleep 60")]);
        let mut gate = start_gate(&dir);
        wait_for_event(&mut gate, "output", "a");
        assert!(has_started(&dir, "detached"));
        gate.signal(signal);
        gate.child.wait().unwrap();
        wait_until("nothing is left", || dir.processes().is_empty());
    }
}

#[test]
fn a_process_that_is_not_found_is_reported_with_its_id_and_its_program() {
    let dir =
        gate_dir(&["env -i setsid sh -c 'echo $$ > detached.pid; exec sleep 60' & sleep 0.3; echo done"]);
    let result = dir.run(&format!("{RUN} --format json"));
    let id = dir.read("detached.pid").trim().to_owned();
    assert!(Command::new("kill").args(["-s", "KILL", &id]).status().unwrap().success());
    let agent = &last_event(&result.succeeds())["agents"][0];
    let left = json!([{ "pid": id.parse::<u32>().unwrap(), "command": "sleep" }]);
    assert_eq!((&agent["leaked"], &agent["left"]), (&json!(true), &left));
    let shown = dir.run("gate show 1 --database runs.db").succeeds().out;
    assert!(shown.contains(&format!("process {id} (`sleep`) may still be running")), "{shown}");
}
