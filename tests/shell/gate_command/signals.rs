//! A gate that is called off, and a program that is killed: no agent is left.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::gate_command::{
    FINE, SLOW, STUBBORN, finished, is_alive, place, started, until, wait_for, with_settings,
};

#[test]
fn a_signal_ends_the_agents_and_keeps_what_they_wrote() {
    for signal in ["INT", "TERM", "HUP"] {
        let place = place(&[FINE, SLOW, SLOW]);
        let mut gate = started(&place);
        wait_for(&mut gate, "output", "b");
        until("the third one runs", || place.path("c.pid").exists());
        let began = Instant::now();
        gate.signal(signal);
        let answer = gate.ended().failed().says("ending the agents; once more kills them");
        assert!(began.elapsed() < Duration::from_secs(4), "SLOW obeys at once: {:?}", began.elapsed());
        assert!(["a", "b", "c"].iter().all(|agent| !is_alive(&place, agent)), "{signal}");
        let last = finished(&answer);
        assert_eq!((&last["cancelled"], &last["run_id"]), (&json!(true), &json!(1)));
        assert_eq!(last["agents"][1]["status"], "cancelled");
        let shown = place.run("gate show 1 --database runs.db").yes().silent();
        assert!(shown.out.contains("begun"), "{}", shown.out);
    }
}

#[test]
fn a_second_signal_kills_agents_that_do_not_listen() {
    let place = with_settings(&[STUBBORN, STUBBORN], "[orchestrator]\ngrace_s = 60\n");
    let mut gate = started(&place);
    wait_for(&mut gate, "output", "a");
    until("the other one runs", || place.path("b.pid").exists());
    gate.signal("INT");
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_alive(&place, "a") && is_alive(&place, "b"), "they do not listen");
    let began = Instant::now();
    gate.signal("INT");
    let answer = gate.ended().failed().says("killing the agents; once more ends this program");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(!is_alive(&place, "a") && !is_alive(&place, "b"));
    assert_eq!(finished(&answer)["cancelled"], true);
}

#[test]
fn a_signal_that_comes_twice_at_once_is_one() {
    let place =
        place(&["trap 'sleep 0.3; echo ended; exit 0' TERM; echo begun; while :; do sleep 0.05; done"]);
    let mut gate = started(&place);
    wait_for(&mut gate, "output", "a");
    let program = gate.child.id().to_string();
    let twice = format!("kill -TERM {program}; sleep 0.01; kill -TERM {program}");
    assert!(Command::new("sh").args(["-c", &twice]).status().unwrap().success());
    let answer = gate.ended().failed().says("ending the agents; once more kills them");
    assert!(!answer.err.contains("killing"), "{}", answer.err);
    let shown = place.run("gate show 1 --database runs.db").yes();
    assert!(shown.out.contains("ended"), "{}", shown.out);
}

#[test]
fn agents_of_a_program_that_is_killed_end_with_it() {
    let place = with_settings(&[SLOW, STUBBORN], "[orchestrator]\ngrace_s = 60\n");
    let mut gate = started(&place);
    wait_for(&mut gate, "output", "a");
    until("both run", || place.path("b.pid").exists());
    gate.signal("KILL");
    let began = Instant::now();
    until("the agents are gone", || !is_alive(&place, "a") && !is_alive(&place, "b"));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    gate.child.wait().unwrap();
}

#[test]
fn a_reader_that_does_not_read_holds_up_neither_the_agents_nor_the_keeping() {
    let place =
        place(&["i=0; while [ $i -lt 5000 ]; do echo a line of some length, number $i; i=$((i+1)); done"]);
    let arguments: Vec<&str> = crate::gate_command::RUN.split(' ').chain(["--format", "json"]).collect();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut child =
        place.command(&arguments).stdout(writer).stderr(std::process::Stdio::null()).spawn().unwrap();
    until("the run is kept", || {
        let list = place.run("gate list --database runs.db --format json").yes().json();
        list["runs"].as_array().is_some_and(|runs| runs.len() == 1)
    });
    assert!(child.try_wait().unwrap().is_none(), "its events still wait to be read");
    drop(reader);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
