//! The laws of a guard: what it takes from what it is told, and whom it ends.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use speckit_core::agents::process::guard::{
    LONGEST_LINE, Line, Mark, Own, Register, Seen, Sweep, has_variable,
};

/// Something that a guard is told, with a text of its own.
#[derive(Clone, Debug)]
enum Said {
    Mark(String),
    Add(u32, Option<u64>),
    Remove(u32),
    Farewell,
    Other(String),
}

impl Said {
    fn text(&self) -> String {
        match self {
            Self::Mark(mark) => Line::Mark(mark).to_string(),
            Self::Add(group, start) => Line::Add { group: *group, start: *start }.to_string(),
            Self::Remove(group) => Line::Remove { group: *group }.to_string(),
            Self::Farewell => Line::Farewell.to_string(),
            Self::Other(text) => format!("{text}\n"),
        }
    }
}

fn group() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 2..12_u32, 1 => 2..=i32::MAX as u32]
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        1 => "[a-z0-9-]{0,40}".prop_map(Said::Mark),
        8 => (group(), proptest::option::of(any::<u64>())).prop_map(|(group, start)| Said::Add(group, start)),
        6 => group().prop_map(Said::Remove),
        1 => Just(Said::Farewell),
        4 => other().prop_map(Said::Other),
    ]
}

/// What is no line of ours: anything, what is nearly one, and what is too long.
fn other() -> impl Strategy<Value = String> {
    prop_oneof![
        "[^\n]{0,20}",
        "(add|remove) (0|1|-1|2147483648|4294967298|x|)( [0-9-]{1,3})?",
        "add [2-9]",
        "add [2-9] (x|-1|18446744073709551616)",
        "remove [2-9] [0-9]",
        "add [2-9] 1 ",
        " ?(farewell ?x|Farewell| farewell)",
        Just(format!("mark {}", "x".repeat(LONGEST_LINE))),
        Just(format!("add 7 {}1", "0".repeat(LONGEST_LINE))),
    ]
    .prop_filter("one of ours", |text| text.len() > LONGEST_LINE || Line::read(text).is_none())
}

fn heard(text: &[u8]) -> Register {
    let mut register = Register::default();
    register.hear(text);
    register
}

fn bytes(said: &[Said]) -> Vec<u8> {
    said.iter().flat_map(|one| one.text().into_bytes()).collect()
}

fn seen() -> impl Strategy<Value = Seen> {
    (0..12_u32, 0..12_u32, 0..3_u32, 0..3_u64, prop::bool::weighted(0.2))
        .prop_map(|(id, group, session, start, is_ended)| Seen { id, group, session, start, is_ended })
}

fn list() -> impl Strategy<Value = Vec<Seen>> {
    vec(seen(), 0..16).prop_map(|mut all| {
        all.sort_by_key(|one| one.id);
        all.dedup_by_key(|one| one.id);
        all
    })
}

fn own() -> impl Strategy<Value = Own> {
    (0..6_u32, 0..6_u32, 0..3_u32).prop_map(|(group, program_group, session)| Own {
        group,
        program_group,
        session,
    })
}

/// A register of small numbers, with or without a mark and a farewell.
fn register() -> impl Strategy<Value = Register> {
    let groups = btree_map(2..12_u32, proptest::option::of(0..3_u64), 0..6);
    (groups, any::<bool>(), any::<bool>()).prop_map(|(groups, has_mark, is_farewell)| {
        let mut said: Vec<Said> = groups.into_iter().map(|(group, start)| Said::Add(group, start)).collect();
        said.extend(has_mark.then(|| Said::Mark("ours".into())));
        said.extend(is_farewell.then_some(Said::Farewell));
        heard(&bytes(&said))
    })
}

proptest! {
    #[test]
    fn lines_are_read_as_they_were_written(said in said()) {
        let text = said.text();
        let line = text.strip_suffix('\n').unwrap();
        let expected = match &said {
            Said::Mark(mark) => Some(Line::Mark(mark)),
            Said::Add(group, start) => Some(Line::Add { group: *group, start: *start }),
            Said::Remove(group) => Some(Line::Remove { group: *group }),
            Said::Farewell => Some(Line::Farewell),
            Said::Other(_) => return Ok(()),
        };
        prop_assert_eq!(Line::read(line), expected);
    }

    #[test]
    fn a_register_is_what_a_naive_one_is(said in vec(said(), 0..40)) {
        let register = heard(&bytes(&said));
        let mut groups = BTreeMap::new();
        let mut mark = None;
        let counts = said.iter().take_while(|one| !matches!(one, Said::Farewell));
        for one in counts {
            match one {
                Said::Mark(text) => mark = Some(text.as_str()),
                Said::Add(group, start) => drop(groups.insert(*group, *start)),
                Said::Remove(group) => drop(groups.remove(group)),
                Said::Farewell | Said::Other(_) => {}
            }
        }
        prop_assert_eq!(register.groups().collect::<Vec<_>>(), groups.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(register.mark(), mark);
        prop_assert_eq!(register.is_farewell(), said.iter().any(|one| matches!(one, Said::Farewell)));
    }

    #[test]
    fn the_pieces_in_which_bytes_arrive_do_not_matter(said in vec(said(), 0..20), cuts in vec(any::<prop::sample::Index>(), 0..10)) {
        let bytes = bytes(&said);
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.sort_unstable();
        let mut pieces = Register::default();
        let mut from = 0;
        for place in places.into_iter().chain([bytes.len()]) {
            pieces.hear(&bytes[from..place]);
            from = place;
        }
        prop_assert_eq!(pieces, heard(&bytes));
    }

    #[test]
    fn a_line_without_its_end_says_nothing(said in vec(said(), 0..10), last in said(), length in any::<prop::sample::Index>()) {
        let (whole, last) = (bytes(&said), last.text());
        let mut cut = heard(&whole);
        cut.hear(&last.as_bytes()[..length.index(last.len())]);
        let whole = heard(&whole);
        prop_assert_eq!(cut.groups().collect::<Vec<_>>(), whole.groups().collect::<Vec<_>>());
        prop_assert_eq!((cut.mark(), cut.is_farewell()), (whole.mark(), whole.is_farewell()));
    }

    #[test]
    fn any_bytes_are_heard(bytes in vec(any::<u8>(), 0..2000)) {
        heard(&bytes);
    }

    #[test]
    fn a_sweep_spares_its_own_group_and_the_program_s_and_the_first_two(
        register in register(), own in own(), lists in vec(list(), 1..4),
    ) {
        let mut sweep = Sweep::new(&register, own);
        for list in lists {
            let found = sweep.look(&list, &mut |_| Mark::Present);
            let spared = [0, 1, own.group, own.program_group];
            prop_assert!(found.iter().chain(&sweep.blind().collect::<Vec<_>>()).all(|group| !spared.contains(group)));
        }
    }

    #[test]
    fn a_sweep_kills_what_is_the_program_s_and_alive_and_nothing_else(
        register in register(), own in own(), list in list(), marked in btree_set(0..12_u32, 0..6),
    ) {
        let mut sweep = Sweep::new(&register, own);
        let found = sweep.look(&list, &mut |id| if marked.contains(&id) { Mark::Present } else { Mark::Absent });
        let groups: BTreeMap<u32, Option<u64>> = register.groups().collect();
        let is_meant = |group: u32| {
            let leader = list.iter().find(|one| one.id == group && one.group == group);
            let start = groups.get(&group);
            leader.zip(start).is_some_and(|(leader, start)| start.is_none_or(|start| start == leader.start))
        };
        let is_marked = |one: &Seen| {
            let everywhere = register.mark().is_some() && !register.is_farewell() && one.session == own.session;
            marked.contains(&one.id) && (everywhere || groups.contains_key(&one.group))
        };
        let expected: BTreeSet<u32> = list
            .iter()
            .filter(|one| !one.is_ended && ![0, 1, own.group, own.program_group].contains(&one.group))
            .filter(|one| is_meant(one.group) || is_marked(one))
            .map(|one| one.group)
            .collect();
        prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_sweep_is_done_after_two_looks_in_a_row_that_find_nothing(
        register in register(), own in own(), lists in vec((list(), any::<bool>()), 0..8),
    ) {
        let mut sweep = Sweep::new(&register, own);
        let needs_none = register.groups().next().is_none() && (register.mark().is_none() || register.is_farewell());
        let mut clean = 0;
        for (list, is_known) in lists {
            prop_assert_eq!(sweep.is_done(), needs_none || clean >= 2);
            let mut is_clean = true;
            let found = sweep.look(&list, &mut |_| {
                is_clean &= is_known;
                if is_known { Mark::Absent } else { Mark::Unknown }
            });
            clean = if found.is_empty() && is_clean { clean + 1 } else { 0 };
        }
    }

    #[test]
    fn a_number_that_another_group_has_meanwhile_is_no_longer_ours(start in 0..9_u64, later in 1..9_u64) {
        let own = Own { group: 2, program_group: 3, session: 2 };
        let mut sweep = Sweep::new(&heard(&bytes(&[Said::Add(7, Some(start))])), own);
        let leader = Seen { id: 7, group: 7, session: 2, start, is_ended: false };
        prop_assert_eq!(sweep.look(&[leader], &mut |_| Mark::Absent), [7]);
        let other = Seen { start: start + later, ..leader };
        prop_assert!(sweep.look(&[other], &mut |_| Mark::Absent).is_empty());
    }

    #[test]
    fn a_process_is_seen_whatever_its_name_is(name in "[^\0]{0,15}", seen in seen(), threads in 1..4_u32) {
        let state = if seen.is_ended { "Z" } else { "S" };
        let threads = if seen.is_ended { 1 } else { threads };
        let Seen { id, group, session, start, .. } = seen;
        let stat = format!("{id} ({name}) {state} 1 {group} {session} 0 -1 0 0 0 0 0 0 0 0 0 20 0 {threads} 0 {start} 0\n");
        prop_assert_eq!(Seen::of_stat(&stat), Some(seen));
        let living = stat.replace(&format!(") {state} 1 "), ") Z 1 ").replace(&format!(" 20 0 {threads} 0 "), " 20 0 2 0 ");
        prop_assert!(Seen::of_stat(&living).is_some_and(|seen| !seen.is_ended), "its first thread alone has ended");
    }

    #[test]
    fn any_text_is_a_stat_or_none(text in ".{0,80}") {
        Seen::of_stat(&text);
    }

    #[test]
    fn a_variable_is_found_only_as_a_whole(
        others in vec("[A-Z]{1,3}=[a-z=]{0,4}", 0..5), name in "[A-Z]{1,3}", value in "[a-z]{0,4}",
    ) {
        let environment: String = others.iter().map(|one| format!("{one}\0")).collect();
        let expected = others.contains(&format!("{name}={value}"));
        prop_assert_eq!(has_variable(environment.as_bytes(), &name, &value), expected);
    }
}
