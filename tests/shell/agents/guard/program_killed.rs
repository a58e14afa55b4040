//! The guard when its program is killed or ends without warning.

use std::thread;
use std::time::Duration;

use super::guarded::{GuardedProgram, TIMEOUT, living_members, process, program, signal, wait_until};

#[test]
fn the_groups_of_a_killed_program_are_killed_with_grandchildren_and_orphans() {
    let mut guarded = GuardedProgram::start();
    for _ in 0..3 {
        guarded.start_group("agent", 3);
    }
    assert_eq!(guarded.descendants().len(), 1 + 1 + 3 * 3, "the program, its guard, three groups of three");
    guarded.kill();
    guarded.assert_nothing_is_left();
}

#[test]
fn a_group_that_was_not_added_yet_is_killed_by_its_mark() {
    let mut guarded = GuardedProgram::start();
    guarded.start_group("agent-not-added", 3);
    guarded.kill();
    guarded.assert_nothing_is_left();
}

#[test]
fn a_group_without_the_mark_is_killed_by_its_leader() {
    let mut guarded = GuardedProgram::start();
    guarded.start_group("agent-without-mark", 3);
    guarded.kill();
    guarded.assert_nothing_is_left();
}

#[test]
fn a_group_whose_leader_was_reaped_is_killed_by_its_mark() {
    let mut guarded = GuardedProgram::start();
    let group = guarded.start_group("group-without-leader", 2);
    assert_eq!(process(group), None);
    guarded.kill();
    guarded.assert_nothing_is_left();
}

#[test]
fn a_stopped_group_is_killed() {
    let mut guarded = GuardedProgram::start();
    let group = guarded.start_group("agent", 3);
    signal("STOP", &format!("-{group}"));
    guarded.kill();
    guarded.assert_nothing_is_left();
}

#[test]
fn a_process_that_created_a_session_is_killed() {
    let mut guarded = GuardedProgram::start();
    let group = guarded.start_group("agent-with-session", 1);
    wait_until(TIMEOUT, "a process has created a session", || {
        guarded.descendants().iter().any(|one| one.name == "sleep" && one.group != group)
    });
    guarded.kill();
    guarded.assert_nothing_is_left();
}

#[test]
fn a_program_that_exits_or_panics_or_aborts_leaves_no_agent() {
    for (command, code) in [("exit", Some(3)), ("panic", Some(101)), ("abort", None)] {
        let mut guarded = GuardedProgram::start();
        guarded.start_group("agent", 3);
        guarded.send(command);
        assert_eq!(guarded.wait_for_exit().code(), code);
        guarded.assert_nothing_is_left();
    }
}

#[test]
fn an_agent_that_has_its_own_guard_is_killed_with_its_agents() {
    let mut guarded = GuardedProgram::start();
    guarded.request("nested-guard");
    wait_until(TIMEOUT, "the agents of the inner program run", || {
        guarded.descendants().iter().filter(|one| one.name == "sleep").count() == 6
    });
    guarded.kill();
    guarded.assert_nothing_is_left();
}

/// Between its start and its registration, the guard knows an agent only by its mark; before `exec`, not even by that.
#[test]
fn a_program_that_is_killed_at_any_moment_leaves_no_process() {
    let rounds = 30;
    let mut max = 0;
    for round in 0..rounds {
        let mut guarded = GuardedProgram::start();
        assert_eq!(guarded.request("churn"), "churning");
        thread::sleep(Duration::from_micros(round * 661));
        max = max.max(guarded.descendants().len());
        guarded.kill();
        guarded.assert_nothing_is_left();
    }
    assert!(max > 3, "{max} descendants at most: the program was never killed while agents ran");
}

/// A child keeps the pipe to the guard open until `exec`. Here this takes about 50 ms, because the child looks for its
/// program in tens of thousands of folders.
#[test]
fn a_program_that_is_killed_while_its_agents_start_leaves_no_process() {
    let folders = format!("{}/bin:/usr/bin", "/-:".repeat(40_000));
    for round in 0..15 {
        let mut guarded = GuardedProgram::start_as(program().env("PATH", &folders));
        assert_eq!(guarded.request("churn"), "churning");
        thread::sleep(Duration::from_millis(10 + round * 7));
        guarded.kill();
        guarded.assert_nothing_is_left();
    }
}

#[test]
fn the_guard_kills_no_process_of_another_program() {
    let mut other = GuardedProgram::start();
    let group = other.start_group("agent", 3);
    let mut guarded = GuardedProgram::start();
    guarded.start_group("agent", 3);
    guarded.kill();
    guarded.assert_nothing_is_left();
    assert_eq!(living_members(group).len(), 3);
    assert_eq!(other.request("failure"), "none");
}
