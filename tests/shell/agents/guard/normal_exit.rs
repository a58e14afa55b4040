//! The guard when its program exits normally, and when the guard itself fails.

use std::process::Stdio;
use std::time::Duration;

use super::guarded::{Guarded, PATIENCE, living_of, process, processes, program, signal, within};

#[test]
fn a_program_that_ends_takes_its_guard_along_and_leaves_alone_what_it_removed() {
    let mut guarded = Guarded::start();
    let group = guarded.group("agent", 3);
    guarded.ask(&format!("remove {group}"));
    let guard = guarded.guard();
    guarded.say("return");
    assert!(guarded.end().success());
    assert_eq!(process(guard.id), None);
    assert_eq!(living_of(group).len(), 3);
}

#[test]
fn a_guard_that_is_let_go_ends_what_is_still_added_and_is_reaped() {
    let mut guarded = Guarded::start();
    let (kept, removed) = (guarded.group("agent", 3), guarded.group("agent", 3));
    guarded.ask(&format!("remove {removed}"));
    guarded.ask("drop");
    assert_eq!(living_of(kept), []);
    assert_eq!(living_of(removed).len(), 3);
    let id = guarded.child.id();
    let children: Vec<_> = processes().into_iter().filter(|one| one.parent == id).collect();
    assert!(children.iter().all(|one| one.name != "gate-guard"), "{children:?}");
}

#[test]
fn a_guard_without_groups_is_let_go_in_no_time() {
    let times: Vec<u64> = (0..5).map(|_| Guarded::start().ask("drop").parse().unwrap()).collect();
    assert!(times.iter().any(|micros| *micros < 100_000), "{times:?} µs");
}

#[test]
fn a_program_is_told_once_that_its_guard_was_killed_and_goes_on() {
    let mut guarded = Guarded::start();
    let before = guarded.group("agent", 3);
    assert_eq!(guarded.ask("failure"), "none");
    signal("KILL", &guarded.guard().id.to_string());
    let mut failure = String::from("none");
    within(PATIENCE, "a failure", || {
        failure = guarded.ask("failure");
        failure != "none"
    });
    assert!(failure.contains("it is gone, signal: 9"), "{failure}");
    assert_eq!(guarded.ask("failure"), "none");
    guarded.ask(&format!("remove {before}"));
    let after = guarded.group("agent", 3);
    assert_eq!(guarded.ask("failure"), "none");
    guarded.ask("drop");
    assert_eq!([before, after].map(|group| living_of(group).len()), [3, 3]);
}

#[test]
fn a_program_whose_guard_was_killed_is_told_when_it_adds() {
    let mut guarded = Guarded::start();
    signal("KILL", &guarded.guard().id.to_string());
    let guard = guarded.guard_or_none();
    within(PATIENCE, "its end", || {
        guard.as_ref().is_none_or(|guard| process(guard.id).is_none_or(|one| one.is_zombie))
    });
    guarded.group("agent", 3);
    let failure = guarded.ask("failure");
    assert!(failure.contains("the guard of the agents has ended"), "{failure}");
}

#[test]
fn a_guard_that_is_stopped_holds_nobody_up_and_is_given_up_where_it_would_take_memory() {
    let mut guarded = Guarded::start();
    let guard = guarded.guard();
    signal("STOP", &guard.id.to_string());
    // Less than the pipe holds, and more than it holds.
    guarded.ask("many 1000");
    guarded.ask("many 6000");
    assert_eq!(guarded.ask("failure"), "none");
    guarded.ask("many 100000");
    let failure = guarded.ask("failure");
    assert!(failure.contains("it does not read its input"), "{failure}");
    assert_eq!(
        process(guard.id),
        None,
        "one that goes on later would take the end of the pipe for that of the program"
    );
}

#[test]
fn a_guard_that_was_stopped_hears_all_that_it_was_told_meanwhile() {
    let mut guarded = Guarded::start();
    let guard = guarded.guard().id.to_string();
    signal("STOP", &guard);
    guarded.ask("many 7000");
    let group = guarded.group("unmarked", 3);
    signal("CONT", &guard);
    // What waits is said with the next line.
    within(PATIENCE, "its turn", || {
        std::thread::sleep(Duration::from_millis(20));
        guarded.ask("many 1");
        true
    });
    guarded.kill();
    guarded.nothing_is_left();
    assert_eq!(living_of(group), []);
}

#[test]
fn a_guard_that_is_stopped_is_let_go_all_the_same() {
    for lines in ["many 1", "many 7000"] {
        let mut guarded = Guarded::start();
        signal("STOP", &guarded.guard().id.to_string());
        guarded.ask(lines);
        let micros: u64 = guarded.ask("drop").parse().unwrap();
        assert!(micros < 4_000_000, "{micros} µs");
        assert!(guarded.guard_or_none().is_none());
    }
}

#[test]
fn a_program_that_does_not_become_a_guard_is_an_error_and_starts_no_more_of_itself() {
    let output = program().env("FORGETS", "1").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("error: this program, started as a guard, did not become one"), "{text}");
    assert!(text.contains("`become_guard_if_asked`"), "{text}");
}

#[test]
fn a_program_that_writes_something_else_and_waits_is_an_error_at_once() {
    let mut child = program().env("FORGETS", "asks").stdout(Stdio::piped()).spawn().unwrap();
    within(PATIENCE, "it gives up", || child.try_wait().unwrap().is_some());
    let text = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    assert!(text.starts_with("error: this program, started as a guard, did not become one"), "{text}");
}
