//! Laws of the guard: its protocol, and the process groups that it kills.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use speckit_core::agents::process::guard::{
    GuardMessage, LONGEST_LINE, Mark, OwnGroups, ProcessEntry, Register, Sweep, has_variable,
};

/// A line that a guard reads.
#[derive(Clone, Debug)]
enum SentLine {
    Mark(String),
    Add(u32, Option<u64>),
    Remove(u32),
    Exiting,
    Other(String),
}

impl SentLine {
    fn text(&self) -> String {
        match self {
            Self::Mark(mark) => GuardMessage::Mark(mark).to_string(),
            Self::Add(group, start) => GuardMessage::Add { group: *group, start: *start }.to_string(),
            Self::Remove(group) => GuardMessage::Remove { group: *group }.to_string(),
            Self::Exiting => GuardMessage::Exiting.to_string(),
            Self::Other(text) => format!("{text}\n"),
        }
    }
}

fn group() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 2..12_u32, 1 => 2..=i32::MAX as u32]
}

fn sent_line() -> impl Strategy<Value = SentLine> {
    prop_oneof![
        1 => "[a-z0-9-]{0,40}".prop_map(SentLine::Mark),
        8 => (group(), proptest::option::of(any::<u64>())).prop_map(|(group, start)| SentLine::Add(group, start)),
        6 => group().prop_map(SentLine::Remove),
        1 => Just(SentLine::Exiting),
        4 => invalid_line().prop_map(SentLine::Other),
    ]
}

/// Invalid lines: arbitrary ones, near misses, and too long ones.
fn invalid_line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[^\n]{0,20}",
        "(add|remove) (0|1|-1|2147483648|4294967298|x|)( [0-9-]{1,3})?",
        "add [2-9]",
        "add [2-9] (x|-1|18446744073709551616)",
        "remove [2-9] [0-9]",
        "add [2-9] 1 ",
        " ?(exiting ?x|Exiting| exiting)",
        Just(format!("mark {}", "x".repeat(LONGEST_LINE))),
        Just(format!("add 7 {}1", "0".repeat(LONGEST_LINE))),
    ]
    .prop_filter("a valid line", |text| text.len() > LONGEST_LINE || GuardMessage::parse(text).is_none())
}

fn parse_register(text: &[u8]) -> Register {
    let mut register = Register::default();
    register.push(text);
    register
}

fn bytes(sent_lines: &[SentLine]) -> Vec<u8> {
    sent_lines.iter().flat_map(|line| line.text().into_bytes()).collect()
}

fn entry() -> impl Strategy<Value = ProcessEntry> {
    (0..12_u32, 0..12_u32, 0..12_u32, 0..3_u64, prop::bool::weighted(0.2)).prop_map(
        |(id, group, session, start, is_ended)| ProcessEntry { id, group, session, start, is_ended },
    )
}

fn list() -> impl Strategy<Value = Vec<ProcessEntry>> {
    vec(entry(), 0..16).prop_map(|mut all| {
        all.sort_by_key(|one| one.id);
        all.dedup_by_key(|one| one.id);
        all
    })
}

fn own_groups() -> impl Strategy<Value = OwnGroups> {
    (0..6_u32, 0..6_u32).prop_map(|(guard, program)| OwnGroups { guard, program })
}

/// A register of small numbers, with or without a mark and the message `exiting`.
fn register() -> impl Strategy<Value = Register> {
    let groups = btree_map(2..12_u32, proptest::option::of(0..3_u64), 0..6);
    (groups, any::<bool>(), any::<bool>()).prop_map(|(groups, has_mark, is_exiting)| {
        let mut sent_lines: Vec<SentLine> =
            groups.into_iter().map(|(group, start)| SentLine::Add(group, start)).collect();
        sent_lines.extend(has_mark.then(|| SentLine::Mark("ours".into())));
        sent_lines.extend(is_exiting.then_some(SentLine::Exiting));
        parse_register(&bytes(&sent_lines))
    })
}

proptest! {
    #[test]
    fn a_printed_message_parses_as_itself(sent_line in sent_line()) {
        let text = sent_line.text();
        let line = text.strip_suffix('\n').unwrap();
        let expected = match &sent_line {
            SentLine::Mark(mark) => Some(GuardMessage::Mark(mark)),
            SentLine::Add(group, start) => Some(GuardMessage::Add { group: *group, start: *start }),
            SentLine::Remove(group) => Some(GuardMessage::Remove { group: *group }),
            SentLine::Exiting => Some(GuardMessage::Exiting),
            SentLine::Other(_) => return Ok(()),
        };
        prop_assert_eq!(GuardMessage::parse(line), expected);
    }

    #[test]
    fn a_register_agrees_with_a_naive_model(sent_lines in vec(sent_line(), 0..40)) {
        let register = parse_register(&bytes(&sent_lines));
        let mut groups = BTreeMap::new();
        let mut mark = None;
        let counts = sent_lines.iter().take_while(|one| !matches!(one, SentLine::Exiting));
        for one in counts {
            match one {
                SentLine::Mark(text) => mark = Some(text.as_str()),
                SentLine::Add(group, start) => drop(groups.insert(*group, *start)),
                SentLine::Remove(group) => drop(groups.remove(group)),
                SentLine::Exiting | SentLine::Other(_) => {}
            }
        }
        prop_assert_eq!(register.groups().collect::<Vec<_>>(), groups.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(register.mark(), mark);
        prop_assert_eq!(register.is_exiting(), sent_lines.iter().any(|one| matches!(one, SentLine::Exiting)));
    }

    #[test]
    fn the_sizes_of_the_pushes_do_not_matter(sent_lines in vec(sent_line(), 0..20), cuts in vec(any::<prop::sample::Index>(), 0..10)) {
        let bytes = bytes(&sent_lines);
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.sort_unstable();
        let mut parts = Register::default();
        let mut from = 0;
        for place in places.into_iter().chain([bytes.len()]) {
            parts.push(&bytes[from..place]);
            from = place;
        }
        prop_assert_eq!(parts, parse_register(&bytes));
    }

    #[test]
    fn an_incomplete_line_changes_nothing(sent_lines in vec(sent_line(), 0..10), last in sent_line(), length in any::<prop::sample::Index>()) {
        let (complete, last) = (bytes(&sent_lines), last.text());
        let mut with_incomplete_line = parse_register(&complete);
        with_incomplete_line.push(&last.as_bytes()[..length.index(last.len())]);
        let complete = parse_register(&complete);
        prop_assert_eq!(with_incomplete_line.groups().collect::<Vec<_>>(), complete.groups().collect::<Vec<_>>());
        prop_assert_eq!((with_incomplete_line.mark(), with_incomplete_line.is_exiting()), (complete.mark(), complete.is_exiting()));
    }

    #[test]
    fn no_bytes_cause_a_panic(bytes in vec(any::<u8>(), 0..2000)) {
        parse_register(&bytes);
    }

    #[test]
    fn a_sweep_never_kills_its_own_group_the_program_or_groups_0_and_1(
        register in register(), own in own_groups(), lists in vec(list(), 1..4),
    ) {
        let mut sweep = Sweep::new(&register, own);
        for list in lists {
            let found = sweep.groups_to_kill(&list, &mut |_| Mark::Present);
            let spared = [0, 1, own.guard, own.program];
            prop_assert!(found.iter().chain(&sweep.unverified().collect::<Vec<_>>()).all(|group| !spared.contains(group)));
        }
    }

    #[test]
    fn a_sweep_kills_exactly_the_living_groups_of_the_program(
        register in register(), own in own_groups(), list in list(), marked in btree_set(0..12_u32, 0..6),
    ) {
        let mut sweep = Sweep::new(&register, own);
        let found = sweep.groups_to_kill(&list, &mut |id| if marked.contains(&id) { Mark::Present } else { Mark::Absent });
        let groups: BTreeMap<u32, Option<u64>> = register.groups().collect();
        let has_added_leader = |group: u32| {
            let leader = list.iter().find(|one| one.id == group && one.group == group);
            let start = groups.get(&group);
            leader.zip(start).is_some_and(|(leader, start)| start.is_none_or(|start| start == leader.start))
        };
        let is_marked = |one: &ProcessEntry| {
            let applies_everywhere = register.mark().is_some() && !register.is_exiting();
            marked.contains(&one.id) && (applies_everywhere || groups.contains_key(&one.group))
        };
        let expected: BTreeSet<u32> = list
            .iter()
            .filter(|one| !one.is_ended && ![0, 1, own.guard, own.program].contains(&one.group))
            .filter(|one| has_added_leader(one.group) || has_added_leader(one.session) || is_marked(one))
            .map(|one| one.group)
            .collect();
        prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_sweep_of_a_job_kills_exactly_its_session_and_its_marked_processes(
        leader in 2..12_u32, start in 0..3_u64, program in 0..6_u32, leaders in btree_set(2..12_u32, 0..4), list in list(),
        marked in btree_set(0..12_u32, 0..6),
    ) {
        let sweep_of_job = || Sweep::of_job(leader, start, program, leaders.clone());
        let mut sweep = sweep_of_job();
        prop_assert!(!sweep.is_done());
        let found = sweep.groups_to_kill(&list, &mut |id| if marked.contains(&id) { Mark::Present } else { Mark::Absent });
        let is_leader_there = list.iter().any(|one| (one.id, one.group, one.start) == (leader, leader, start));
        let is_of_job = |one: &ProcessEntry| {
            let is_of_leader = one.group == leader || one.session == leader;
            let is_of_other_job = one.session != leader && leaders.contains(&one.session);
            let may_be_marked = one.start >= start && !is_of_other_job || one.group == leader;
            (is_of_leader && is_leader_there) || (marked.contains(&one.id) && may_be_marked)
        };
        let expected: BTreeSet<u32> = list
            .iter()
            .filter(|one| !one.is_ended && ![0, 1, program].contains(&one.group) && is_of_job(one))
            .map(|one| one.group)
            .collect();
        // A part of the list is enough, since ids of a job are larger than its leader's, and other leaders are not of the job.
        let is_other_leader = |id: u32| id != leader && leaders.contains(&id);
        if list.iter().all(|one| one.id >= leader && !is_other_leader(one.id) || !is_of_job(one)) {
            let mut of_part = sweep_of_job();
            let last = list.iter().map(|one| one.id).max();
            let mut part = list.clone();
            part.retain(|one| of_part.is_relevant(one.id, last));
            prop_assert!(part.iter().all(|one| !is_other_leader(one.id) && (one.id >= leader || last < Some(leader))));
            let found = of_part.groups_to_kill(&part, &mut |id| if marked.contains(&id) { Mark::Present } else { Mark::Absent });
            prop_assert_eq!(found, expected.iter().copied().collect::<Vec<_>>());
        }
        prop_assert_eq!(sweep.is_done(), expected.is_empty(), "a single scan without a group is enough");
        prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        let has_killed = !sweep.is_done();
        for is_second in [false, true] {
            prop_assert!(sweep.groups_to_kill(&[], &mut |_| Mark::Absent).is_empty());
            prop_assert_eq!(sweep.is_done(), is_second || !has_killed, "a killed process may have started another one");
        }
    }

    #[test]
    fn a_sweep_is_done_after_two_scans_in_a_row_without_a_group(
        register in register(), own in own_groups(), lists in vec((list(), any::<bool>()), 0..8),
    ) {
        let mut sweep = Sweep::new(&register, own);
        let needs_none = register.groups().next().is_none() && (register.mark().is_none() || register.is_exiting());
        let mut clean = 0;
        for (list, is_known) in lists {
            prop_assert_eq!(sweep.is_done(), needs_none || clean >= 2);
            let mut is_clean = true;
            let found = sweep.groups_to_kill(&list, &mut |_| {
                is_clean &= is_known;
                if is_known { Mark::Absent } else { Mark::Unknown }
            });
            clean = if found.is_empty() && is_clean { clean + 1 } else { 0 };
        }
    }

    #[test]
    fn a_reused_id_is_not_killed(start in 0..9_u64, later in 1..9_u64) {
        let own = OwnGroups { guard: 2, program: 3 };
        let mut sweep = Sweep::new(&parse_register(&bytes(&[SentLine::Add(7, Some(start))])), own);
        let leader = ProcessEntry { id: 7, group: 7, session: 2, start, is_ended: false };
        prop_assert_eq!(sweep.groups_to_kill(&[leader], &mut |_| Mark::Absent), [7]);
        let other = ProcessEntry { start: start + later, ..leader };
        prop_assert!(sweep.groups_to_kill(&[other], &mut |_| Mark::Absent).is_empty());
    }

    #[test]
    fn a_stat_file_parses_with_any_name(name in "[^\0]{0,15}", entry in entry(), threads in 1..4_u32) {
        let state = if entry.is_ended { "Z" } else { "S" };
        let threads = if entry.is_ended { 1 } else { threads };
        let ProcessEntry { id, group, session, start, .. } = entry;
        let stat = format!("{id} ({name}) {state} 1 {group} {session} 0 -1 0 0 0 0 0 0 0 0 0 20 0 {threads} 0 {start} 0\n");
        prop_assert_eq!(ProcessEntry::parse_stat(&stat), Some(entry));
        let living = stat.replace(&format!(") {state} 1 "), ") Z 1 ").replace(&format!(" 20 0 {threads} 0 "), " 20 0 2 0 ");
        prop_assert!(ProcessEntry::parse_stat(&living).is_some_and(|entry| !entry.is_ended), "only the first thread has ended");
    }

    #[test]
    fn no_text_of_a_stat_file_causes_a_panic(text in ".{0,80}") {
        ProcessEntry::parse_stat(&text);
    }

    #[test]
    fn only_a_complete_variable_is_found(
        others in vec("[A-Z]{1,3}=[a-z=]{0,4}", 0..5), name in "[A-Z]{1,3}", value in "[a-z]{0,4}",
    ) {
        let environment: String = others.iter().map(|one| format!("{one}\0")).collect();
        let expected = others.contains(&format!("{name}={value}"));
        prop_assert_eq!(has_variable(environment.as_bytes(), &name, &value), expected);
    }
}
