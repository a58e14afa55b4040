//! A cancelled gate and a killed program leave no agent.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::agents::gate_command::{
    RUN, SLOW, STUBBORN, SUCCEEDING, gate_dir, gate_dir_with_settings, has_started, is_alive, last_event,
    start_gate, wait_for_event, wait_until,
};
use crate::running_program::RunningProgram;

#[test]
fn a_signal_ends_the_agents_and_keeps_their_output() {
    for signal in ["INT", "TERM", "HUP"] {
        let dir = gate_dir(&[SUCCEEDING, SLOW, SLOW]);
        let mut gate = start_gate(&dir);
        wait_for_event(&mut gate, "output", "b");
        wait_until("all have begun", || ["a", "b", "c"].iter().all(|agent| has_started(&dir, agent)));
        let start = Instant::now();
        gate.signal(signal);
        let result =
            gate.wait_for_exit().exits_2().stderr_has("ending the agents; press Ctrl-C again to kill them");
        assert!(start.elapsed() < Duration::from_secs(4), "SLOW obeys at once: {:?}", start.elapsed());
        assert!(["a", "b", "c"].iter().all(|agent| !is_alive(&dir, agent)), "{signal}");
        let last = last_event(&result);
        assert_eq!((&last["cancelled"], &last["run_id"]), (&json!(true), &json!(1)));
        assert_eq!(last["agents"][1]["status"], "cancelled");
        let shown = dir.run("gate show 1 --database runs.db").succeeds().no_stderr();
        assert!(shown.out.contains("begun"), "{}", shown.out);
    }
}

#[test]
fn a_second_signal_kills_agents_that_ignore_the_first() {
    let dir = gate_dir_with_settings(&[STUBBORN, STUBBORN], "[orchestrator]\ngrace_s = 60\n");
    let mut gate = start_gate(&dir);
    wait_for_event(&mut gate, "output", "a");
    wait_until("the other one runs", || has_started(&dir, "b"));
    gate.signal("INT");
    std::thread::sleep(Duration::from_millis(500));
    assert!(is_alive(&dir, "a") && is_alive(&dir, "b"), "they ignore the signal");
    let start = Instant::now();
    gate.signal("INT");
    let result = gate
        .wait_for_exit()
        .exits_2()
        .stderr_has("killing the agents; press Ctrl-C again to end this program");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(!is_alive(&dir, "a") && !is_alive(&dir, "b"));
    assert_eq!(last_event(&result)["cancelled"], true);
}

#[test]
fn two_signals_at_once_count_as_one() {
    let dir =
        gate_dir(&["trap 'sleep 0.3; echo ended; exit 0' TERM; echo begun; while :; do sleep 0.05; done"]);
    let mut gate = start_gate(&dir);
    wait_for_event(&mut gate, "output", "a");
    let program = gate.child.id().to_string();
    let two_signals = format!("kill -TERM {program}; sleep 0.01; kill -TERM {program}");
    assert!(Command::new("sh").args(["-c", &two_signals]).status().unwrap().success());
    let result =
        gate.wait_for_exit().exits_2().stderr_has("ending the agents; press Ctrl-C again to kill them");
    assert!(!result.err.contains("killing"), "{}", result.err);
    let shown = dir.run("gate show 1 --database runs.db").succeeds();
    assert!(shown.out.contains("ended"), "{}", shown.out);
}

/// nohup(1) and a shell without job control start programs like this.
#[test]
fn an_inherited_ignored_signal_stays_ignored_in_the_program_and_its_agents() {
    let dir = gate_dir(&[
        "echo begun; grep SigIgn /proc/self/status; while [ ! -e go ]; do sleep 0.02; done; echo done",
    ]);
    let mut gate = RunningProgram::start_under(
        &dir,
        "trap '' HUP INT; exec \"$0\" \"$@\"",
        &format!("{RUN} --format json"),
    );
    wait_for_event(&mut gate, "output", "a");
    gate.signal("HUP");
    gate.signal("INT");
    std::thread::sleep(Duration::from_millis(300));
    dir.write("go", "");
    let last = last_event(&gate.wait_for_exit().succeeds());
    assert_eq!((&last["verdict"], &last["cancelled"]), (&json!("full"), &json!(false)));
    let shown = dir.run("gate show 1 --database runs.db").succeeds().out;
    let ignored = shown.lines().find_map(|line| line.trim().strip_prefix("SigIgn:")).unwrap();
    assert_eq!(u64::from_str_radix(ignored.trim(), 16).unwrap() & 0b11, 0b11, "HUP is 1, and INT is 2");
}

/// The program itself survives the limit.
#[test]
fn agents_do_not_ignore_the_signal_of_a_limit_of_file_sizes() {
    let dir = gate_dir(&["grep SigIgn /proc/self/status"]);
    dir.run(RUN).succeeds();
    let shown = dir.run("gate show 1 --database runs.db").succeeds().out;
    let ignored = shown.lines().find_map(|line| line.trim().strip_prefix("SigIgn:")).unwrap();
    assert_eq!(u64::from_str_radix(ignored.trim(), 16).unwrap() >> 24 & 1, 0, "SIGXFSZ is 25");
}

#[test]
fn an_inherited_ignored_sigchld_does_not_hide_exit_codes() {
    let dir = gate_dir(&[SUCCEEDING, SUCCEEDING]);
    let ignore_sigchld = "exec env --ignore-signal=CHLD \"$0\" \"$@\"";
    if !Command::new("env")
        .args(["--ignore-signal=CHLD", "true"])
        .status()
        .is_ok_and(|status| status.success())
    {
        println!("skipped: this env(1) has no --ignore-signal");
        return;
    }
    let gate = RunningProgram::start_under(&dir, ignore_sigchld, &format!("{RUN} --format json"));
    assert_eq!(last_event(&gate.wait_for_exit().succeeds())["verdict"], "full");
}

#[test]
fn a_signal_ends_a_program_that_is_blocked_on_its_output() {
    use std::os::unix::process::ExitStatusExt as _;
    // Four times as many bytes as a pipe holds.
    let dir = gate_dir(&["head -c 262144 /dev/zero | tr '\\0' x"]);
    let run = format!("{RUN} --no-store").replace("--database runs.db", "--set orchestrator.output_kib=1024");
    let mut gate = RunningProgram::start(&dir, &run);
    gate.next_line();
    // The program is now blocked, since nobody reads the pipe.
    std::thread::sleep(Duration::from_millis(500));
    assert!(gate.child.try_wait().unwrap().is_none());
    gate.signal("TERM");
    assert_eq!(gate.child.wait().unwrap().signal(), Some(15));
}

#[test]
fn a_killed_guard_is_reported() {
    let dir = gate_dir(&["echo begun; while [ ! -e go ]; do sleep 0.02; done"]);
    let mut gate = start_gate(&dir);
    wait_for_event(&mut gate, "output", "a");
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
    gate.wait_for_exit()
        .succeeds()
        .stderr_has("warning[gate/unguarded]")
        .stderr_has("the guard of the agents has ended");
}

#[test]
fn the_agents_of_a_killed_program_end_with_it() {
    let dir = gate_dir_with_settings(&[SLOW, STUBBORN], "[orchestrator]\ngrace_s = 60\n");
    let mut gate = start_gate(&dir);
    wait_for_event(&mut gate, "output", "a");
    wait_until("both run", || has_started(&dir, "b"));
    gate.signal("KILL");
    let start = Instant::now();
    wait_until("the agents are gone", || !is_alive(&dir, "a") && !is_alive(&dir, "b"));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    gate.child.wait().unwrap();
}

#[test]
fn a_slow_reader_delays_neither_the_agents_nor_the_recording() {
    let dir =
        gate_dir(&["i=0; while [ $i -lt 5000 ]; do echo a line of some length, number $i; i=$((i+1)); done"]);
    let arguments: Vec<&str> = RUN.split(' ').chain(["--format", "json"]).collect();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut child =
        dir.command(&arguments).stdout(writer).stderr(std::process::Stdio::null()).spawn().unwrap();
    wait_until("the run is recorded", || {
        let list = dir.run("gate list --database runs.db --format json").succeeds().json();
        list["runs"].as_array().is_some_and(|runs| runs.len() == 1)
    });
    assert!(child.try_wait().unwrap().is_none(), "the program still waits for the reader");
    drop(reader);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
