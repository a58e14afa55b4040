//! A gate that is called off, and a program that is killed: no agent is left.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::agents::gate_command::{
    FINE, RUN, SLOW, STUBBORN, dir, finished, is_alive, started, until, wait_for, with_settings,
};
use crate::running_program::RunningProgram;

#[test]
fn a_signal_ends_the_agents_and_keeps_what_they_wrote() {
    for signal in ["INT", "TERM", "HUP"] {
        let dir = dir(&[FINE, SLOW, SLOW]);
        let mut gate = started(&dir);
        wait_for(&mut gate, "output", "b");
        until("the third one runs", || dir.path("c.pid").exists());
        let began = Instant::now();
        gate.signal(signal);
        let answer = gate.ended().exits_2().stderr_has("ending the agents; once more kills them");
        assert!(began.elapsed() < Duration::from_secs(4), "SLOW obeys at once: {:?}", began.elapsed());
        assert!(["a", "b", "c"].iter().all(|agent| !is_alive(&dir, agent)), "{signal}");
        let last = finished(&answer);
        assert_eq!((&last["cancelled"], &last["run_id"]), (&json!(true), &json!(1)));
        assert_eq!(last["agents"][1]["status"], "cancelled");
        let shown = dir.run("gate show 1 --database runs.db").succeeds().no_stderr();
        assert!(shown.out.contains("begun"), "{}", shown.out);
    }
}

#[test]
fn a_second_signal_kills_agents_that_do_not_listen() {
    let dir = with_settings(&[STUBBORN, STUBBORN], "[orchestrator]\ngrace_s = 60\n");
    let mut gate = started(&dir);
    wait_for(&mut gate, "output", "a");
    until("the other one runs", || dir.path("b.pid").exists());
    gate.signal("INT");
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_alive(&dir, "a") && is_alive(&dir, "b"), "they do not listen");
    let began = Instant::now();
    gate.signal("INT");
    let answer = gate.ended().exits_2().stderr_has("killing the agents; once more ends this program");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(!is_alive(&dir, "a") && !is_alive(&dir, "b"));
    assert_eq!(finished(&answer)["cancelled"], true);
}

#[test]
fn a_signal_that_comes_twice_at_once_is_one() {
    let dir = dir(&["trap 'sleep 0.3; echo ended; exit 0' TERM; echo begun; while :; do sleep 0.05; done"]);
    let mut gate = started(&dir);
    wait_for(&mut gate, "output", "a");
    let program = gate.child.id().to_string();
    let twice = format!("kill -TERM {program}; sleep 0.01; kill -TERM {program}");
    assert!(Command::new("sh").args(["-c", &twice]).status().unwrap().success());
    let answer = gate.ended().exits_2().stderr_has("ending the agents; once more kills them");
    assert!(!answer.err.contains("killing"), "{}", answer.err);
    let shown = dir.run("gate show 1 --database runs.db").succeeds();
    assert!(shown.out.contains("ended"), "{}", shown.out);
}

/// As nohup(1) and a shell without job control start programs.
#[test]
fn a_signal_that_is_ignored_from_the_start_stays_so_for_the_program_and_its_agents() {
    let dir = dir(&[
        "echo begun; grep SigIgn /proc/self/status; while [ ! -e go ]; do sleep 0.02; done; echo done",
    ]);
    let mut gate = RunningProgram::start_under(
        &dir,
        "trap '' HUP INT; exec \"$0\" \"$@\"",
        &format!("{RUN} --format json"),
    );
    wait_for(&mut gate, "output", "a");
    gate.signal("HUP");
    gate.signal("INT");
    std::thread::sleep(Duration::from_millis(300));
    dir.write("go", "");
    let last = finished(&gate.ended().succeeds());
    assert_eq!((&last["verdict"], &last["cancelled"]), (&json!("full"), &json!(false)));
    let shown = dir.run("gate show 1 --database runs.db").succeeds().out;
    let ignored = shown.lines().find_map(|line| line.trim().strip_prefix("SigIgn:")).unwrap();
    assert_eq!(u64::from_str_radix(ignored.trim(), 16).unwrap() & 0b11, 0b11, "HUP is 1, and INT is 2");
}

#[test]
fn a_program_that_was_started_with_its_children_left_to_the_system_knows_how_agents_end() {
    let dir = dir(&[FINE, FINE]);
    let reset = "exec env --ignore-signal=CHLD \"$0\" \"$@\"";
    if !Command::new("env")
        .args(["--ignore-signal=CHLD", "true"])
        .status()
        .is_ok_and(|status| status.success())
    {
        println!("skipped: this env(1) has no --ignore-signal");
        return;
    }
    let gate = RunningProgram::start_under(&dir, reset, &format!("{RUN} --format json"));
    assert_eq!(finished(&gate.ended().succeeds())["verdict"], "full");
}

#[test]
fn a_signal_ends_a_program_whose_result_nobody_reads() {
    use std::os::unix::process::ExitStatusExt as _;
    // Four times what a pipe holds.
    let dir = dir(&["head -c 262144 /dev/zero | tr '\\0' x"]);
    let run = format!("{RUN} --no-store").replace("--database runs.db", "--set orchestrator.output_kib=1024");
    let mut gate = RunningProgram::start(&dir, &run);
    gate.line();
    // It is about to write more than it can.
    std::thread::sleep(Duration::from_millis(500));
    assert!(gate.child.try_wait().unwrap().is_none());
    gate.signal("TERM");
    assert_eq!(gate.child.wait().unwrap().signal(), Some(15));
}

#[test]
fn a_guard_that_was_killed_is_told() {
    let dir = dir(&["echo begun; while [ ! -e go ]; do sleep 0.02; done"]);
    let mut gate = started(&dir);
    wait_for(&mut gate, "output", "a");
    let children =
        std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let program = gate.child.id().to_string();
    let guard = children.into_iter().find(|id| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1).map(str::to_owned));
        stat.contains("(gate-guard)") && parent.as_deref() == Some(&program)
    });
    let killed = Command::new("kill").args(["-s", "KILL", &guard.expect("a guard")]).status().unwrap();
    assert!(killed.success());
    dir.write("go", "");
    gate.ended()
        .succeeds()
        .stderr_has("warning[gate/unguarded]")
        .stderr_has("the guard of the agents has ended");
}

#[test]
fn agents_of_a_program_that_is_killed_end_with_it() {
    let dir = with_settings(&[SLOW, STUBBORN], "[orchestrator]\ngrace_s = 60\n");
    let mut gate = started(&dir);
    wait_for(&mut gate, "output", "a");
    until("both run", || dir.path("b.pid").exists());
    gate.signal("KILL");
    let began = Instant::now();
    until("the agents are gone", || !is_alive(&dir, "a") && !is_alive(&dir, "b"));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    gate.child.wait().unwrap();
}

#[test]
fn a_reader_that_does_not_read_holds_up_neither_the_agents_nor_the_keeping() {
    let dir =
        dir(&["i=0; while [ $i -lt 5000 ]; do echo a line of some length, number $i; i=$((i+1)); done"]);
    let arguments: Vec<&str> = RUN.split(' ').chain(["--format", "json"]).collect();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut child =
        dir.command(&arguments).stdout(writer).stderr(std::process::Stdio::null()).spawn().unwrap();
    until("the run is kept", || {
        let list = dir.run("gate list --database runs.db --format json").succeeds().json();
        list["runs"].as_array().is_some_and(|runs| runs.len() == 1)
    });
    assert!(child.try_wait().unwrap().is_none(), "its events still wait to be read");
    drop(reader);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
