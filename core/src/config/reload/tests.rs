//! What the machine does, one sentence a test.

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use super::*;

const QUIET: Duration = Duration::from_millis(200);
const PATIENT: Action = Action::Read { patience: Patience::Whole };
const LOOK: Action = Action::Read { patience: Patience::Look };
const LAST: Action = Action::Read { patience: Patience::NewLosses };
const BY_HAND: Action = Action::Read { patience: Patience::None };
const FILE_CHANGED: Action = Action::Tell(Notice::FileChanged);
const SUCCESS: Action = Action::Tell(Notice::Success);
const FAILED: Action = Action::Tell(Notice::Failed);

fn hash(text: &str) -> Fingerprint {
    Fingerprint::of_bytes(text.as_bytes())
}

fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn good(tree: &str) -> Input {
    Input::Loaded(Load::Accepted { tree: hash(tree), in_files: true })
}

fn bad(findings: &str) -> Input {
    Input::Loaded(Load::Refused { findings: hash(findings), in_files: true })
}

const UNCHANGED: Input = Input::Loaded(Load::Unchanged);
const LOST: Input = Input::Loaded(Load::Unsettled { anew: true });
const RETURNED: Input = Input::Loaded(Load::Returned);
const STILL_LOST: Input = Input::Loaded(Load::Unsettled { anew: false });

fn publish(generation: u64) -> Action {
    Action::Publish { generation }
}

fn deferred(busy: usize) -> Action {
    Action::Tell(Notice::Deferred { busy })
}

/// A machine that runs generation 1 with the tree `one`.
fn machine() -> Machine {
    Machine::running(1, hash("one"), QUIET)
}

/// A hint at this time, the quiet period after it, and the answer to the reading.
fn change(machine: &mut Machine, now: u64, answer: Input) -> Vec<Action> {
    assert_eq!(machine.step(at(now), Input::Changed), []);
    assert_eq!(machine.step(at(now) + QUIET, Input::Timer), [PATIENT]);
    machine.step(at(now) + QUIET, answer)
}

#[test]
fn a_good_edit_is_published_once_and_told_once() {
    let mut machine = machine();
    assert_eq!(change(&mut machine, 0, good("two")), [FILE_CHANGED, publish(2), SUCCESS]);
    assert_eq!(change(&mut machine, 1000, UNCHANGED), []);
    assert_eq!(machine.generation(), 2);
    assert_eq!(machine.next_deadline(), None);
}

#[test]
fn an_edit_of_a_comment_is_published_under_the_same_number_and_not_told() {
    assert_eq!(change(&mut machine(), 0, good("one")), [publish(1)]);
}

#[test]
fn a_change_that_is_in_no_file_is_told_by_its_outcome_alone() {
    let load = Load::Accepted { tree: hash("two"), in_files: false };
    assert_eq!(change(&mut machine(), 0, Input::Loaded(load)), [publish(2), SUCCESS]);
}

#[test]
fn the_same_findings_are_told_once_and_others_again() {
    let mut machine = machine();
    assert_eq!(change(&mut machine, 0, bad("typo")), [FILE_CHANGED, FAILED]);
    assert_eq!(change(&mut machine, 1000, bad("typo")), []);
    assert_eq!(change(&mut machine, 2000, bad("range")), [FILE_CHANGED, FAILED]);
    assert!(machine.is_refused());
    assert_eq!(machine.generation(), 1);
}

#[test]
fn after_a_refusal_the_running_content_succeeds_with_the_kept_number() {
    let mut machine = machine();
    change(&mut machine, 0, bad("typo"));
    assert_eq!(change(&mut machine, 1000, good("one")), [FILE_CHANGED, publish(1), SUCCESS]);
    assert_eq!(change(&mut machine, 2000, good("one")), [publish(1)]);
}

#[test]
fn a_degraded_start_ends_with_the_first_good_content() {
    let mut machine = Machine::degraded(1, hash("defaults"), hash("typo"), QUIET);
    assert!(machine.is_refused());
    assert_eq!(change(&mut machine, 0, bad("typo")), []);
    assert_eq!(change(&mut machine, 1000, good("one")), [FILE_CHANGED, publish(2), SUCCESS]);
}

#[test]
fn a_storm_is_read_after_ten_quiet_periods() {
    let mut machine = machine();
    for hint in 0..20 {
        assert_eq!(machine.step(at(100 * hint), Input::Changed), [], "{hint}");
    }
    assert_eq!(machine.next_deadline(), Some(at(2000)));
    assert_eq!(machine.step(at(2000), Input::Changed), [PATIENT]);
}

#[test]
fn another_quiet_period_holds_for_the_burst_that_goes_on() {
    let mut machine = machine();
    machine.step(at(0), Input::Changed);
    assert_eq!(machine.step(at(10), Input::Quiet(at(500))), []);
    assert_eq!(machine.next_deadline(), Some(at(500)));
    assert_eq!(machine.step(at(20), Input::Quiet(at(20))), [PATIENT]);
}

#[test]
fn a_change_during_a_reading_is_read_after_it() {
    let mut machine = machine();
    machine.step(at(0), Input::Changed);
    assert_eq!(machine.step(at(200), Input::Timer), [PATIENT]);
    assert_eq!(machine.step(at(250), Input::Changed), []);
    assert_eq!(machine.next_deadline(), None, "one reading at a time");
    assert_eq!(machine.step(at(300), good("half")), [FILE_CHANGED, publish(2), SUCCESS]);
    assert_eq!(machine.next_deadline(), Some(at(450)));
    assert_eq!(machine.step(at(450), Input::Timer), [PATIENT]);
    assert_eq!(machine.step(at(451), good("whole")), [FILE_CHANGED, publish(3), SUCCESS]);
}

#[test]
fn a_change_long_before_the_end_of_a_reading_is_read_at_once() {
    let mut machine = machine();
    machine.step(at(0), Input::Changed);
    machine.step(at(200), Input::Timer);
    machine.step(at(250), Input::Changed);
    assert_eq!(machine.step(at(900), UNCHANGED), [PATIENT]);
}

#[test]
fn a_guard_defers_and_its_drop_reads_once_more() {
    let mut machine = machine();
    machine.step(at(0), Input::Busy(2));
    assert_eq!(change(&mut machine, 0, good("two")), [FILE_CHANGED, deferred(2)]);
    assert!(machine.is_deferred());
    assert_eq!(machine.next_deadline(), None);
    assert_eq!(machine.step(at(5000), Input::Busy(1)), []);
    assert_eq!(machine.step(at(5000), Input::Busy(0)), [PATIENT]);
    assert_eq!(machine.step(at(5001), UNCHANGED), [publish(2), SUCCESS]);
    assert!(!machine.is_deferred());
}

#[test]
fn a_guard_that_is_taken_while_the_deferred_is_read_defers_it_further() {
    let mut machine = machine();
    machine.step(at(0), Input::Busy(1));
    change(&mut machine, 0, good("two"));
    assert_eq!(machine.step(at(300), Input::Busy(0)), [PATIENT]);
    assert_eq!(machine.step(at(301), Input::Busy(1)), []);
    assert_eq!(machine.step(at(302), UNCHANGED), []);
    assert_eq!(machine.step(at(303), Input::Busy(0)), [PATIENT]);
    assert_eq!(machine.step(at(304), UNCHANGED), [publish(2), SUCCESS]);
}

#[test]
fn what_is_deferred_gives_way_to_newer_content_and_is_told_once() {
    let mut machine = machine();
    machine.step(at(0), Input::Busy(1));
    assert_eq!(change(&mut machine, 0, good("two")), [FILE_CHANGED, deferred(1)]);
    assert_eq!(change(&mut machine, 1000, good("three")), [FILE_CHANGED]);
    assert_eq!(machine.step(at(2000), Input::Busy(0)), [PATIENT]);
    assert_eq!(machine.step(at(2001), good("four")), [FILE_CHANGED, publish(2), SUCCESS]);
}

#[test]
fn what_is_deferred_and_taken_back_succeeds_with_the_kept_number() {
    let mut machine = machine();
    machine.step(at(0), Input::Busy(1));
    change(&mut machine, 0, good("two"));
    assert_eq!(change(&mut machine, 1000, good("one")), [FILE_CHANGED]);
    assert_eq!(machine.step(at(2000), Input::Busy(0)), [PATIENT]);
    assert_eq!(machine.step(at(2001), UNCHANGED), [publish(1), SUCCESS]);
}

#[test]
fn a_refusal_ends_a_deferral_and_nothing_is_left_to_publish() {
    let mut machine = machine();
    machine.step(at(0), Input::Busy(1));
    change(&mut machine, 0, good("two"));
    assert_eq!(change(&mut machine, 1000, bad("typo")), [FILE_CHANGED, FAILED]);
    assert!(!machine.is_deferred());
    assert_eq!(machine.step(at(2000), Input::Busy(0)), []);
}

#[test]
fn an_edit_of_a_comment_under_a_guard_is_silent_and_published_in_the_end() {
    let mut machine = machine();
    machine.step(at(0), Input::Busy(1));
    assert_eq!(change(&mut machine, 0, good("one")), []);
    assert!(machine.awaits_guards() && !machine.is_deferred());
    assert_eq!(machine.step(at(1000), Input::Busy(0)), [PATIENT]);
    assert_eq!(machine.step(at(1001), UNCHANGED), [publish(1)]);
}

#[test]
fn a_lost_file_is_read_again_with_growing_pauses_until_it_counts() {
    let mut machine = machine();
    assert_eq!(change(&mut machine, 0, LOST), []);
    let mut reads = Vec::new();
    while let Some(deadline) = machine.next_deadline().filter(|_| reads.len() < 10) {
        reads.push((deadline - QUIET).as_millis());
        if machine.step(deadline, Input::Timer) == [LAST] {
            assert_eq!(machine.step(deadline, bad("empty")), [FILE_CHANGED, FAILED]);
        } else {
            assert_eq!(machine.step(deadline, STILL_LOST), []);
        }
    }
    assert_eq!(reads, vec![50, 150, 350, 750, 1250, 1750, 2000]);
}

#[test]
fn a_file_that_gets_its_content_back_was_never_empty() {
    let mut machine = machine();
    change(&mut machine, 0, LOST);
    assert_eq!(machine.step(at(250), Input::Timer), [LOOK]);
    assert_eq!(machine.step(at(250), RETURNED), [], "it may be half of it");
    assert!(machine.is_waiting());
    assert_eq!(machine.next_deadline(), Some(at(450)));
    assert_eq!(machine.step(at(450), Input::Timer), [PATIENT]);
    assert_eq!(machine.step(at(450), good("two")), [FILE_CHANGED, publish(2), SUCCESS]);
    assert!(!machine.is_waiting());
    assert_eq!(machine.next_deadline(), None);
}

#[test]
fn a_file_that_is_lost_again_has_the_whole_time_again() {
    let mut machine = machine();
    change(&mut machine, 0, LOST);
    machine.step(at(250), Input::Timer);
    machine.step(at(250), RETURNED);
    machine.step(at(450), Input::Timer);
    machine.step(at(450), UNCHANGED);
    change(&mut machine, 1900, LOST);
    assert_eq!(
        machine.step(at(2200), Input::Timer),
        [LOOK],
        "2 s after the first loss, 100 ms after the second"
    );
}

#[test]
fn a_file_that_is_lost_while_another_is_has_the_whole_time_too() {
    let mut machine = machine();
    change(&mut machine, 0, LOST);
    assert_eq!(machine.step(at(1900), Input::Timer), [LOOK]);
    assert_eq!(machine.step(at(1900), LOST), []);
    assert_eq!(
        machine.step(at(2200), Input::Timer),
        [LOOK],
        "2 s after the first loss, 300 ms after the second"
    );
    assert_eq!(machine.step(at(2200), STILL_LOST), []);
    assert_eq!(machine.step(at(3900), Input::Timer), [LAST]);
}

#[test]
fn a_file_that_is_lost_at_the_end_of_the_time_of_another_has_its_own() {
    let mut machine = machine();
    change(&mut machine, 0, LOST);
    assert_eq!(machine.step(at(2200), Input::Timer), [LAST]);
    assert_eq!(machine.step(at(2201), LOST), []);
    assert_eq!(machine.next_deadline(), Some(at(2251)));
    assert_eq!(machine.step(at(4200), Input::Timer), [LOOK]);
    assert_eq!(machine.step(at(4200), STILL_LOST), []);
    assert_eq!(machine.step(at(4201), Input::Timer), [LAST]);
}

#[test]
fn by_hand_a_lost_file_counts_at_once() {
    let mut machine = machine();
    assert_eq!(machine.step(at(0), Input::Asked), [BY_HAND]);
    assert_eq!(machine.step(at(1), bad("empty")), [FILE_CHANGED, FAILED]);
}

#[test]
fn by_hand_nobody_waits_for_a_lost_file_any_longer() {
    let mut machine = machine();
    change(&mut machine, 0, LOST);
    assert_eq!(machine.step(at(210), Input::Asked), [BY_HAND]);
    assert_eq!(machine.step(at(211), bad("empty")), [FILE_CHANGED, FAILED]);
    assert_eq!(machine.next_deadline(), None);
}

#[test]
fn questions_during_a_reading_are_answered_by_one_more() {
    let mut machine = machine();
    assert_eq!(machine.step(at(0), Input::Asked), [BY_HAND]);
    assert_eq!(machine.step(at(1), Input::Asked), []);
    assert_eq!(machine.step(at(2), Input::Asked), []);
    assert_eq!(machine.step(at(3), UNCHANGED), [BY_HAND]);
    assert_eq!(machine.step(at(4), UNCHANGED), []);
}

#[test]
fn what_is_deferred_waits_for_a_lost_file_before_it_is_published() {
    let mut machine = machine();
    machine.step(at(0), Input::Busy(1));
    change(&mut machine, 0, good("two"));
    assert_eq!(machine.step(at(1000), Input::Busy(0)), [PATIENT]);
    assert_eq!(machine.step(at(1001), LOST), []);
    assert_eq!(machine.step(at(1051), Input::Timer), [LOOK]);
    assert_eq!(machine.step(at(1052), RETURNED), []);
    assert_eq!(machine.step(at(1252), Input::Timer), [PATIENT]);
    assert_eq!(machine.step(at(1253), UNCHANGED), [publish(2), SUCCESS]);
}

#[test]
fn a_lost_file_that_comes_back_in_parts_is_read_when_it_has_been_quiet() {
    let mut machine = machine();
    change(&mut machine, 0, LOST);
    assert_eq!(machine.step(at(240), Input::Changed), [], "the first part");
    assert_eq!(machine.next_deadline(), Some(at(440)));
    assert_eq!(machine.step(at(400), Input::Changed), [], "the second part");
    assert_eq!(machine.step(at(600), Input::Timer), [PATIENT]);
    assert_eq!(machine.step(at(601), good("two")), [FILE_CHANGED, publish(2), SUCCESS]);
}

#[test]
fn the_drop_of_the_last_guard_reads_nothing_while_changes_come() {
    let mut machine = machine();
    machine.step(at(0), Input::Busy(1));
    change(&mut machine, 0, good("two"));
    machine.step(at(1000), Input::Changed);
    assert_eq!(machine.step(at(1001), Input::Busy(0)), []);
    assert_eq!(machine.step(at(1200), Input::Timer), [PATIENT]);
    assert_eq!(machine.step(at(1201), good("three")), [FILE_CHANGED, publish(2), SUCCESS]);
}

#[test]
fn after_a_stop_nothing_is_wanted() {
    let mut machine = machine();
    machine.step(at(0), Input::Changed);
    machine.step(at(200), Input::Timer);
    machine.step(at(201), Input::Asked);
    assert_eq!(machine.step(at(202), Input::Stop), []);
    assert_eq!(machine.step(at(203), good("two")), []);
    assert_eq!(machine.step(at(204), Input::Asked), []);
    assert_eq!(machine.step(at(9000), Input::Changed), []);
    assert_eq!(machine.step(at(9999), Input::Timer), []);
    assert_eq!(machine.next_deadline(), None);
    assert_eq!(machine.generation(), 1);
}

#[test]
fn an_answer_that_nobody_asked_for_is_not_heard() {
    let mut machine = machine();
    assert_eq!(machine.step(at(0), good("two")), []);
    assert_eq!(machine.step(at(0), LOST), []);
    assert_eq!(machine.next_deadline(), None);
}

#[test]
fn a_timer_that_rings_early_or_late_reads_no_more_and_no_less() {
    let mut machine = machine();
    machine.step(at(0), Input::Changed);
    assert_eq!(machine.step(at(199), Input::Timer), []);
    assert_eq!(machine.step(at(60_000), Input::Timer), [PATIENT]);
    assert_eq!(machine.step(at(60_001), UNCHANGED), []);
    assert_eq!(machine.step(at(60_002), Input::Timer), []);
}

#[test]
fn the_end_of_time_is_no_reason_to_panic() {
    let mut machine = Machine::running(1, hash("one"), Duration::MAX);
    let now = Duration::MAX;
    assert_eq!(machine.step(now, Input::Changed), [PATIENT]);
    assert_eq!(machine.step(now, LOST), [LAST]);
    assert_eq!(machine.step(now, good("two")), [FILE_CHANGED, publish(2), SUCCESS]);
}
