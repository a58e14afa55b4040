//! Examples of the machine's behavior, and its edge cases. `tests/properties/config/reload.rs` has the general laws.

use alloc::vec::Vec;
use core::time::Duration;

use super::*;

const DEBOUNCE: Duration = Duration::from_millis(200);
const READ: ReloadAction = ReloadAction::Read { lost_files: LostFiles::Wait };
const PROBE: ReloadAction = ReloadAction::Read { lost_files: LostFiles::Probe };
const LAST_READ: ReloadAction = ReloadAction::Read { lost_files: LostFiles::WaitForNew };
const MANUAL_READ: ReloadAction = ReloadAction::Read { lost_files: LostFiles::Accept };
const FILE_CHANGED: ReloadAction = ReloadAction::Emit(ReloadEventKind::FileChanged);
const SUCCESS: ReloadAction = ReloadAction::Emit(ReloadEventKind::Success);
const FAILED: ReloadAction = ReloadAction::Emit(ReloadEventKind::Failed);

const UNCHANGED: ReloadInput = ReloadInput::Read(ReadResult::Unchanged);
const LOST: ReloadInput = ReloadInput::Read(ReadResult::LostContent { is_new: true });
const STILL_LOST: ReloadInput = ReloadInput::Read(ReadResult::LostContent { is_new: false });
const RESTORED: ReloadInput = ReloadInput::Read(ReadResult::ContentRestored);

fn hash(text: &str) -> Fingerprint {
    Fingerprint::of_bytes(text.as_bytes())
}

fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn valid(tree: &str) -> ReloadInput {
    ReloadInput::Read(ReadResult::Accepted { tree: hash(tree), files_changed: true })
}

fn invalid(diagnostics: &str) -> ReloadInput {
    ReloadInput::Read(ReadResult::Refused { diagnostics: hash(diagnostics), files_changed: true })
}

fn publish(generation: u64) -> ReloadAction {
    ReloadAction::Publish { generation }
}

/// A machine that runs generation 1 with the tree `one`.
fn machine() -> ReloadMachine {
    ReloadMachine::running(1, hash("one"), DEBOUNCE)
}

/// A hint at this time, the debounce period after it, and the result of the read.
fn change(machine: &mut ReloadMachine, now: u64, result: ReloadInput) -> Vec<ReloadAction> {
    assert_eq!(machine.step(at(now), ReloadInput::Changed), []);
    assert_eq!(machine.step(at(now) + DEBOUNCE, ReloadInput::Timer), [READ]);
    machine.step(at(now) + DEBOUNCE, result)
}

#[test]
fn each_result_of_a_read_leads_to_its_events() {
    let in_no_file = ReloadInput::Read(ReadResult::Accepted { tree: hash("four"), files_changed: false });
    let mut machine = machine();
    for (index, (result, actions)) in [
        (valid("two"), &[FILE_CHANGED, publish(2), SUCCESS][..]),
        (UNCHANGED, &[]),
        // Only comments changed.
        (valid("two"), &[publish(2)]),
        (invalid("typo"), &[FILE_CHANGED, FAILED]),
        (invalid("typo"), &[]),
        (invalid("range"), &[FILE_CHANGED, FAILED]),
        // The running content again.
        (valid("two"), &[FILE_CHANGED, publish(2), SUCCESS]),
        (in_no_file, &[publish(3), SUCCESS]),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(change(&mut machine, 1000 * index as u64, result), actions, "{index}");
        assert_eq!(machine.next_deadline(), None);
    }
    let mut machine = ReloadMachine::degraded(1, hash("defaults"), hash("typo"), DEBOUNCE);
    assert!(machine.is_refused());
    assert_eq!(change(&mut machine, 0, invalid("typo")), []);
    assert_eq!(change(&mut machine, 1000, valid("one")), [FILE_CHANGED, publish(2), SUCCESS]);
}

#[test]
fn continuous_changes_are_read_after_ten_debounce_periods() {
    let mut machine = machine();
    for hint in 0..20 {
        assert_eq!(machine.step(at(100 * hint), ReloadInput::Changed), [], "{hint}");
    }
    assert_eq!(machine.next_deadline(), Some(at(2000)));
    assert_eq!(machine.step(at(2000), ReloadInput::Changed), [READ]);
}

#[test]
fn a_new_debounce_period_applies_to_the_present_burst() {
    let mut machine = machine();
    machine.step(at(0), ReloadInput::Changed);
    assert_eq!(machine.step(at(10), ReloadInput::Debounce(at(500))), []);
    assert_eq!(machine.next_deadline(), Some(at(500)));
    assert_eq!(machine.step(at(20), ReloadInput::Debounce(at(20))), [READ]);
}

#[test]
fn a_change_during_a_read_is_read_after_it() {
    let mut machine = machine();
    machine.step(at(0), ReloadInput::Changed);
    assert_eq!(machine.step(at(200), ReloadInput::Timer), [READ]);
    assert_eq!(machine.step(at(250), ReloadInput::Changed), []);
    assert_eq!(machine.next_deadline(), None, "one read at a time");
    assert_eq!(machine.step(at(300), valid("half")), [FILE_CHANGED, publish(2), SUCCESS]);
    assert_eq!(machine.step(at(450), ReloadInput::Timer), [READ]);
    assert_eq!(machine.step(at(451), valid("whole")), [FILE_CHANGED, publish(3), SUCCESS]);
}

#[test]
fn a_guard_defers_a_publication_until_it_is_dropped() {
    let deferred = ReloadAction::Emit(ReloadEventKind::Deferred { busy: 2 });
    let mut machine = machine();
    machine.step(at(0), ReloadInput::Busy(2));
    assert_eq!(change(&mut machine, 0, valid("two")), [FILE_CHANGED, deferred]);
    assert!(machine.is_deferred());
    assert_eq!(machine.next_deadline(), None);
    assert_eq!(machine.step(at(5000), ReloadInput::Busy(1)), []);
    assert_eq!(machine.step(at(5000), ReloadInput::Busy(0)), [READ]);
    assert_eq!(machine.step(at(5001), UNCHANGED), [publish(2), SUCCESS]);
    assert!(!machine.is_deferred());
}

#[test]
fn a_change_of_comments_under_a_guard_is_published_without_events() {
    let mut machine = machine();
    machine.step(at(0), ReloadInput::Busy(1));
    assert_eq!(change(&mut machine, 0, valid("one")), []);
    assert!(machine.waits_for_guards() && !machine.is_deferred());
    assert_eq!(machine.step(at(1000), ReloadInput::Busy(0)), [READ]);
    assert_eq!(machine.step(at(1001), UNCHANGED), [publish(1)]);
}

#[test]
fn a_lost_file_is_read_again_with_growing_delays_until_the_timeout() {
    let mut machine = machine();
    assert_eq!(change(&mut machine, 0, LOST), []);
    let mut reads = Vec::new();
    while let Some(deadline) = machine.next_deadline().filter(|_| reads.len() < 10) {
        reads.push((deadline - DEBOUNCE).as_millis());
        if machine.step(deadline, ReloadInput::Timer) == [LAST_READ] {
            assert_eq!(machine.step(deadline, invalid("empty")), [FILE_CHANGED, FAILED]);
        } else {
            assert_eq!(machine.step(deadline, STILL_LOST), []);
        }
    }
    assert_eq!(reads, [50, 150, 350, 750, 1250, 1750, 2000]);
}

#[test]
fn a_restored_file_is_debounced_and_was_never_empty() {
    let mut machine = machine();
    change(&mut machine, 0, LOST);
    assert_eq!(machine.step(at(250), ReloadInput::Timer), [PROBE]);
    assert_eq!(machine.step(at(250), RESTORED), [], "it may be incomplete");
    assert!(machine.is_settling());
    assert_eq!(machine.step(at(450), ReloadInput::Timer), [READ]);
    assert_eq!(machine.step(at(450), valid("two")), [FILE_CHANGED, publish(2), SUCCESS]);
    assert!(!machine.is_settling());
}

#[test]
fn a_second_lost_file_gets_the_whole_timeout() {
    let mut machine = machine();
    change(&mut machine, 0, LOST);
    assert_eq!(machine.step(at(1900), ReloadInput::Timer), [PROBE]);
    assert_eq!(machine.step(at(1900), LOST), []);
    assert_eq!(machine.step(at(2200), ReloadInput::Timer), [PROBE], "300 ms after the second loss");
    assert_eq!(machine.step(at(2200), STILL_LOST), []);
    assert_eq!(machine.step(at(3900), ReloadInput::Timer), [LAST_READ]);
}

#[test]
fn a_manual_reload_accepts_a_lost_file_and_runs_once_more_if_requested_during_a_read() {
    let mut machine = machine();
    change(&mut machine, 0, LOST);
    assert_eq!(machine.step(at(210), ReloadInput::Requested), [MANUAL_READ]);
    assert_eq!(machine.step(at(211), ReloadInput::Requested), []);
    assert_eq!(machine.step(at(212), ReloadInput::Requested), []);
    assert_eq!(machine.step(at(213), invalid("empty")), [FILE_CHANGED, FAILED, MANUAL_READ]);
    assert_eq!(machine.step(at(214), UNCHANGED), []);
    assert_eq!(machine.next_deadline(), None);
}

#[test]
fn a_result_without_a_read_is_ignored() {
    let mut machine = machine();
    assert_eq!(machine.step(at(0), valid("two")), []);
    assert_eq!(machine.step(at(0), LOST), []);
    assert_eq!(machine.next_deadline(), None);
}

#[test]
fn an_early_or_late_timer_starts_one_read() {
    let mut machine = machine();
    machine.step(at(0), ReloadInput::Changed);
    assert_eq!(machine.step(at(199), ReloadInput::Timer), []);
    assert_eq!(machine.step(at(60_000), ReloadInput::Timer), [READ]);
    assert_eq!(machine.step(at(60_001), UNCHANGED), []);
    assert_eq!(machine.step(at(60_002), ReloadInput::Timer), []);
}

#[test]
fn the_greatest_time_does_not_overflow() {
    let mut machine = ReloadMachine::running(1, hash("one"), Duration::MAX);
    let now = Duration::MAX;
    assert_eq!(machine.step(now, ReloadInput::Changed), [READ]);
    assert_eq!(machine.step(now, LOST), [LAST_READ]);
    assert_eq!(machine.step(now, valid("two")), [FILE_CHANGED, publish(2), SUCCESS]);
}
