//! The guard when its program exits normally, and when the guard itself fails.

use std::process::Stdio;
use std::time::Duration;

use super::guarded::{
    GuardedProgram, TIMEOUT, living_members, process, processes, program, signal, wait_until,
};

#[test]
fn a_program_that_exits_ends_its_guard_and_a_removed_group_keeps_running() {
    let mut guarded = GuardedProgram::start();
    let group = guarded.start_group("agent", 3);
    guarded.request(&format!("remove {group}"));
    let guard = guarded.guard_process();
    guarded.send("return");
    assert!(guarded.wait_for_exit().success());
    assert_eq!(process(guard.id), None);
    assert_eq!(living_members(group).len(), 3);
}

#[test]
fn dropping_a_guard_kills_the_added_groups_and_reaps_the_guard_process() {
    let mut guarded = GuardedProgram::start();
    let (added, removed) = (guarded.start_group("agent", 3), guarded.start_group("agent", 3));
    guarded.request(&format!("remove {removed}"));
    guarded.request("drop");
    assert_eq!(living_members(added), []);
    assert_eq!(living_members(removed).len(), 3);
    let id = guarded.child.id();
    let children: Vec<_> = processes().into_iter().filter(|one| one.parent == id).collect();
    assert!(children.iter().all(|one| one.name != "gate-guard"), "{children:?}");
}

#[test]
fn dropping_a_guard_without_groups_takes_no_time() {
    let times: Vec<u64> = (0..5).map(|_| GuardedProgram::start().request("drop").parse().unwrap()).collect();
    assert!(times.iter().any(|micros| *micros < 100_000), "{times:?} µs");
}

#[test]
fn a_killed_guard_is_reported_once_and_the_program_goes_on() {
    let mut guarded = GuardedProgram::start();
    let before = guarded.start_group("agent", 3);
    assert_eq!(guarded.request("failure"), "none");
    signal("KILL", &guarded.guard_process().id.to_string());
    let mut failure = String::from("none");
    wait_until(TIMEOUT, "the failure is reported", || {
        failure = guarded.request("failure");
        failure != "none"
    });
    assert!(failure.contains("it is gone, signal: 9"), "{failure}");
    assert_eq!(guarded.request("failure"), "none");
    guarded.request(&format!("remove {before}"));
    let after = guarded.start_group("agent", 3);
    assert_eq!(guarded.request("failure"), "none");
    guarded.request("drop");
    assert_eq!([before, after].map(|group| living_members(group).len()), [3, 3]);
}

#[test]
fn adding_a_group_to_a_killed_guard_reports_the_failure() {
    let mut guarded = GuardedProgram::start();
    signal("KILL", &guarded.guard_process().id.to_string());
    let guard = guarded.find_guard_process();
    wait_until(TIMEOUT, "the guard has ended", || {
        guard.as_ref().is_none_or(|guard| process(guard.id).is_none_or(|one| one.is_zombie))
    });
    guarded.start_group("agent", 3);
    let failure = guarded.request("failure");
    assert!(failure.contains("the guard of the agents has ended"), "{failure}");
}

#[test]
fn a_stopped_guard_blocks_nobody_and_is_killed_before_it_takes_much_memory() {
    let mut guarded = GuardedProgram::start();
    let guard = guarded.guard_process();
    signal("STOP", &guard.id.to_string());
    // First fewer bytes than the pipe can hold, then more.
    guarded.request("send-many 1000");
    guarded.request("send-many 6000");
    assert_eq!(guarded.request("failure"), "none");
    guarded.request("send-many 100000");
    let failure = guarded.request("failure");
    assert!(failure.contains("it does not read its input"), "{failure}");
    assert_eq!(
        process(guard.id),
        None,
        "a guard that continues later would take the end of the pipe for the end of the program"
    );
}

#[test]
fn a_continued_guard_receives_the_lines_that_were_sent_while_it_was_stopped() {
    let mut guarded = GuardedProgram::start();
    let guard = guarded.guard_process().id.to_string();
    signal("STOP", &guard);
    guarded.request("send-many 7000");
    let group = guarded.start_group("agent-without-mark", 3);
    signal("CONT", &guard);
    // The program sends the delayed lines together with the next one.
    wait_until(TIMEOUT, "the guard has run", || {
        std::thread::sleep(Duration::from_millis(20));
        guarded.request("send-many 1");
        true
    });
    guarded.kill();
    guarded.assert_nothing_is_left();
    assert_eq!(living_members(group), []);
}

#[test]
fn a_stopped_guard_can_be_dropped() {
    for command in ["send-many 1", "send-many 7000"] {
        let mut guarded = GuardedProgram::start();
        signal("STOP", &guarded.guard_process().id.to_string());
        guarded.request(command);
        let micros: u64 = guarded.request("drop").parse().unwrap();
        assert!(micros < 4_000_000, "{micros} µs");
        assert!(guarded.find_guard_process().is_none());
    }
}

#[test]
fn a_program_that_does_not_become_a_guard_is_an_error_and_does_not_start_itself_again() {
    let output = program().env("SKIP_GUARD", "1").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("error: this program, started as a guard, did not become one"), "{text}");
    assert!(text.contains("`become_guard_if_asked`"), "{text}");
}

#[test]
fn a_program_that_prompts_instead_of_becoming_a_guard_is_an_error_at_once() {
    let mut child = program().env("SKIP_GUARD", "prompt").stdout(Stdio::piped()).spawn().unwrap();
    wait_until(TIMEOUT, "the program reports an error", || child.try_wait().unwrap().is_some());
    let text = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    assert!(text.starts_with("error: this program, started as a guard, did not become one"), "{text}");
}
