//! The guard when its program is killed or ends without warning.

use std::thread;
use std::time::Duration;

use super::guarded::{Guarded, PATIENCE, living_of, process, program, signal, within};

#[test]
fn the_groups_of_a_killed_program_are_ended_with_grandchildren_and_orphans() {
    let mut guarded = Guarded::start();
    for _ in 0..3 {
        guarded.group("agent", 3);
    }
    assert_eq!(guarded.descendants().len(), 1 + 1 + 3 * 3, "the program, its guard, three families");
    guarded.kill();
    guarded.nothing_is_left();
}

#[test]
fn a_group_that_the_program_had_no_time_to_add_is_ended_by_its_mark() {
    let mut guarded = Guarded::start();
    guarded.group("unadded", 3);
    guarded.kill();
    guarded.nothing_is_left();
}

#[test]
fn a_group_without_the_mark_is_ended_by_its_leader() {
    let mut guarded = Guarded::start();
    guarded.group("unmarked", 3);
    guarded.kill();
    guarded.nothing_is_left();
}

#[test]
fn a_group_whose_leader_was_reaped_is_ended_by_its_mark() {
    let mut guarded = Guarded::start();
    let group = guarded.group("leaderless", 2);
    assert_eq!(process(group), None);
    guarded.kill();
    guarded.nothing_is_left();
}

#[test]
fn a_group_that_is_stopped_is_ended() {
    let mut guarded = Guarded::start();
    let group = guarded.group("agent", 3);
    signal("STOP", &format!("-{group}"));
    guarded.kill();
    guarded.nothing_is_left();
}

#[test]
fn a_process_with_a_session_of_its_own_is_left_alone() {
    let mut guarded = Guarded::start();
    let group = guarded.group("session", 1);
    let numbers = || guarded.descendants().iter().map(|one| one.id).collect::<Vec<_>>();
    let alone = || {
        let all = guarded.descendants();
        all.iter().find(|one| one.name == "sleep" && one.group != group).map(|one| one.id)
    };
    within(PATIENCE, "a session", || alone().is_some());
    let alone = alone().unwrap();
    signal("KILL", &guarded.child.id().to_string());
    within(PATIENCE, "the end of the others", || numbers() == [alone]);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(numbers(), [alone]);
}

#[test]
fn a_program_that_exits_or_panics_or_aborts_is_as_one_that_was_killed() {
    for (way, code) in [("exit", Some(3)), ("panic", Some(101)), ("abort", None)] {
        let mut guarded = Guarded::start();
        guarded.group("agent", 3);
        guarded.say(way);
        assert_eq!(guarded.end().code(), code);
        guarded.nothing_is_left();
    }
}

#[test]
fn a_guarded_agent_that_has_a_guard_itself_is_ended_with_its_agents() {
    let mut guarded = Guarded::start();
    guarded.ask("gate");
    within(PATIENCE, "two gates", || {
        guarded.descendants().iter().filter(|one| one.name == "sleep").count() == 6
    });
    guarded.kill();
    guarded.nothing_is_left();
}

/// Between its start and its registration an agent is known by nothing but its mark, and before it has begun, not even by that.
#[test]
fn a_program_that_is_killed_at_any_moment_leaves_nothing() {
    let rounds = 30;
    let mut max = 0;
    for round in 0..rounds {
        let mut guarded = Guarded::start();
        assert_eq!(guarded.ask("churn"), "churning");
        thread::sleep(Duration::from_micros(round * 661));
        max = max.max(guarded.descendants().len());
        guarded.kill();
        guarded.nothing_is_left();
    }
    assert!(max > 3, "{max} descendants at most: none was being started when the program was killed");
}

/// A child holds the pipe to the guard until it has begun. Here that takes some 50 ms, in which it looks for its program in tens
/// of thousands of folders.
#[test]
fn a_program_that_is_killed_while_its_agents_are_about_to_begin_leaves_nothing() {
    let folders = format!("{}/bin:/usr/bin", "/-:".repeat(40_000));
    for round in 0..15 {
        let mut guarded = Guarded::start_as(program().env("PATH", &folders));
        assert_eq!(guarded.ask("churn"), "churning");
        thread::sleep(Duration::from_millis(10 + round * 7));
        guarded.kill();
        guarded.nothing_is_left();
    }
}

#[test]
fn the_rest_of_the_system_is_left_alone() {
    let mut other = Guarded::start();
    let group = other.group("agent", 3);
    let mut guarded = Guarded::start();
    guarded.group("agent", 3);
    guarded.kill();
    guarded.nothing_is_left();
    assert_eq!(living_of(group).len(), 3);
    assert_eq!(other.ask("failure"), "none");
}
