//! Laws of the limit of a history: what is removed, and what stays.

use proptest::prelude::*;
use speckit_core::config::history::{HistorySize, OldestEntry};

/// An entry by its kind, its time and its bytes.
type Entry = (OldestEntry, u64, u64);

/// Entries whose times grow, some of them within one millisecond.
fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let kind = prop_oneof![Just(OldestEntry::Generation), Just(OldestEntry::Refusal)];
    prop::collection::vec((kind, 0..3_u64, 0..1000_u64), 0..30).prop_map(|mut all| {
        let mut now = 0;
        for (_, at_ms, _) in &mut all {
            now += *at_ms;
            *at_ms = now;
        }
        all
    })
}

fn bytes(entries: &[Entry]) -> u64 {
    entries.iter().map(|(.., bytes)| bytes).sum()
}

/// The time of the oldest entry of a kind, if it is not the only one.
fn oldest(entries: &[Entry], kind: OldestEntry) -> Option<u64> {
    let mut times = entries.iter().filter(|entry| entry.0 == kind).map(|(_, at_ms, _)| *at_ms);
    times.next().filter(|_| times.next().is_some())
}

/// Removes entries as the core decides.
fn keep(mut entries: Vec<Entry>, limit_bytes: u64) -> Vec<Entry> {
    loop {
        let size = HistorySize {
            bytes: bytes(&entries),
            generation_ms: oldest(&entries, OldestEntry::Generation),
            refusal_ms: oldest(&entries, OldestEntry::Refusal),
        };
        let Some(kind) = size.to_remove(limit_bytes) else { return entries };
        let first = entries.iter().position(|entry| entry.0 == kind).unwrap();
        entries.remove(first);
    }
}

proptest! {
    #[test]
    fn a_history_fits_into_its_limit_or_has_only_the_newest_of_each_kind(all in entries(), limit in 0..10_000_u64) {
        let kept = keep(all, limit);
        let is_bare = [OldestEntry::Generation, OldestEntry::Refusal].iter().all(|kind| oldest(&kept, *kind).is_none());
        prop_assert!(bytes(&kept) <= limit || is_bare, "{:?}", kept);
    }

    #[test]
    fn the_newest_of_each_kind_stay(all in entries(), limit in 0..10_000_u64) {
        let kept = keep(all.clone(), limit);
        for kind in [OldestEntry::Generation, OldestEntry::Refusal] {
            let newest = |entries: &[Entry]| entries.iter().rfind(|entry| entry.0 == kind).copied();
            prop_assert_eq!(newest(&kept), newest(&all));
        }
    }

    #[test]
    fn nothing_is_removed_that_fits(all in entries(), spare in 0..100_u64) {
        let limit = bytes(&all) + spare;
        prop_assert_eq!(keep(all.clone(), limit), all);
    }

    #[test]
    fn no_removed_entry_is_newer_than_a_kept_one_that_could_go(all in entries(), limit in 0..10_000_u64) {
        let kept = keep(all.clone(), limit);
        let mut rest = kept.iter().peekable();
        let removed = all.iter().filter(|entry| rest.next_if(|kept| kept == entry).is_none());
        let newest_removed = removed.map(|(_, at_ms, _)| *at_ms).max().unwrap_or(0);
        for kind in [OldestEntry::Generation, OldestEntry::Refusal] {
            prop_assert!(oldest(&kept, kind).is_none_or(|at_ms| at_ms >= newest_removed), "{:?}", kept);
        }
    }
}
