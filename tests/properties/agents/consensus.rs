//! Laws of the ballot, and of the search for an answer in an output.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value as Json;
use speckit_core::agents::consensus::{
    AnswerScanner, Ballot, Cast, Decision, NoAnswer, Side, Unanswered, Verdict, Vote, answer, two_thirds,
};
use speckit_core::config::redact::Masks;
use speckit_core::{Key, Segment};

const NAMES: [&str; 7] = ["ada", "ben", "cleo", "dora", "emil", "finn", "gus"];

fn vote() -> impl Strategy<Value = Vote> {
    prop_oneof![
        2 => Just(Vote::Failed),
        2 => Just(Vote::Succeeded),
        6 => select(&["1", "2", "3"][..]).prop_map(|answer| Vote::Answered(answer.into())),
        1 => Just(Vote::Unanswered("none".into())),
    ]
}

#[derive(Clone, Debug)]
enum BallotStep {
    Cast(&'static str, Vote),
    Close,
}

fn steps() -> impl Strategy<Value = Vec<BallotStep>> {
    let cast = (select(&NAMES[..]), vote()).prop_map(|(agent, vote)| BallotStep::Cast(agent, vote));
    vec(prop_oneof![12 => cast, 1 => Just(BallotStep::Close)], 0..20)
}

/// One vote for each of some agents, and a quorum.
fn votes() -> impl Strategy<Value = (Vec<(&'static str, Vote)>, usize)> {
    (vec(vote(), 0..7), 0..8_usize)
        .prop_map(|(votes, quorum)| (NAMES.into_iter().zip(votes).collect(), quorum))
}

fn decide(votes: &[(&str, Vote)], order: &[usize], quorum: usize) -> Decision {
    let mut ballot = Ballot::new(votes.iter().map(|(agent, _)| *agent), quorum);
    for at in order {
        let (agent, vote) = &votes[*at];
        assert_eq!(ballot.cast(agent, vote.clone()), Cast::Counted);
    }
    ballot.close()
}

fn decide_in_order(votes: &[(&str, Vote)], quorum: usize) -> Decision {
    decide(votes, &(0..votes.len()).collect::<Vec<_>>(), quorum)
}

/// Counts the votes naively.
fn count_naively(agents: &[&str], quorum: usize, votes: &[(&str, Vote)]) -> Decision {
    let vote_of = |agent: &str| votes.iter().find(|(voter, _)| *voter == agent).map(|(_, vote)| vote);
    let agents_where = |wanted: &dyn Fn(Option<&Vote>) -> bool| -> Vec<String> {
        agents.iter().filter(|agent| wanted(vote_of(agent))).map(|agent| (*agent).to_owned()).collect()
    };
    let mut sides: Vec<Side> = Vec::new();
    for agent in agents {
        if let Some(Vote::Answered(answer)) = vote_of(agent)
            && !sides.iter().any(|side| side.answer == *answer)
        {
            let agents = agents_where(&|vote| vote == Some(&Vote::Answered(answer.clone())));
            sides.push(Side { answer: answer.clone(), agents });
        }
    }
    sides.sort_by_key(|side| std::cmp::Reverse(side.agents.len()));
    let largest = sides.first().map_or(0, |side| side.agents.len());
    let is_tied = sides.iter().filter(|side| side.agents.len() == largest).count() > 1;
    let ok = agents_where(&|vote| vote == Some(&Vote::Succeeded)).len() + largest;
    let quorum = quorum.max(1);
    let verdict = match (is_tied, ok >= quorum, ok == agents.len()) {
        (true, _, _) | (_, false, _) => Verdict::Insufficient,
        (_, _, true) => Verdict::Full,
        _ => Verdict::Degraded,
    };
    let majority = (!is_tied && !sides.is_empty()).then(|| sides.remove(0));
    let without = agents_where(&|vote| matches!(vote, Some(Vote::Unanswered(_))));
    let unanswered = without.into_iter().map(|agent| Unanswered { agent, reason: "none".into() }).collect();
    let failed = agents_where(&|vote| matches!(vote, None | Some(Vote::Failed)));
    let (total, dissent) = (agents.len(), sides);
    Decision { verdict, ok, total, quorum, majority, dissent, unanswered, failed, accepted: None }
}

/// The position of a verdict in the order from the worst to the best.
fn rank(verdict: Verdict) -> usize {
    [Verdict::Insufficient, Verdict::Degraded, Verdict::Full].iter().position(|v| *v == verdict).unwrap()
}

/// Texts that are almost JSON or valid JSON.
fn output() -> impl Strategy<Value = String> {
    let part = select(
        &[
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\"a\":",
            "\"b\":",
            "\"a\"",
            "1",
            "-",
            "null",
            "true",
            " ",
            "\n",
            "é",
            "{\"a\":1}",
            "{\"a\":{\"b\":2}}",
            "{\"b\":\"{\"}",
            "{\"a\":[",
            "\\u00",
            "see: ",
        ][..],
    );
    vec(part, 0..25).prop_map(|parts| parts.concat())
}

/// A complete object, on one line or on many.
fn object() -> impl Strategy<Value = String> {
    let text = select(&["a", "b", "", "{", "}]", "\"", "\\", "é", ", ", "\": {\"a\": 1}"][..])
        .prop_map(String::from);
    let leaf = prop_oneof![
        2 => text.prop_map(Json::from),
        1 => any::<i8>().prop_map(Json::from),
        1 => select(vec![Json::Null, true.into()]),
    ];
    let member = move |value: BoxedStrategy<Json>| {
        let name = select(&["a", "b", "c", ",", "}"][..]).prop_map(String::from);
        prop::collection::btree_map(name, value, 0..4).prop_map(|members| members.into_iter().collect())
    };
    let value = leaf.boxed().prop_recursive(4, 30, 4, move |value| {
        prop_oneof![vec(value.clone(), 0..4).prop_map(Json::Array), member(value.boxed())]
    });
    (member(value.boxed()), any::<bool>()).prop_map(|(object, is_long): (Json, bool)| {
        if is_long { format!("{object:#}") } else { object.to_string() }
    })
}

/// The output of an agent: objects with prose, code fences, a prompt and other texts between them.
fn agent_output() -> impl Strategy<Value = String> {
    let between = prop_oneof![
        4 => select(&["\n", "so {it} is ", "```json\n", "\n```\n", "[", "]", ",", ", ", "\"", "{\"a\":[", "}", PROMPT, "Say {\"a\""][..])
            .prop_map(String::from),
        1 => output(),
    ];
    vec(prop_oneof![object(), between], 0..7).prop_map(|parts| parts.concat())
}

fn keys() -> impl Strategy<Value = Key> {
    select(&["a", "b", "a.b", "a[0]", "\",\"", "\"}\""][..]).prop_map(|key| key.parse().unwrap())
}

const PROMPT: &str = "Say {\"a\": 7} or {\"b\": \"{\"}.";

/// Scans a text that is pushed in several parts, and returns the answer.
fn scan(text: &[u8], cuts: &[Index], key: &Key, prompts: &[&str], masks: Masks) -> Result<String, NoAnswer> {
    let mut scanner = AnswerScanner::new(key.clone(), prompts.iter().copied(), masks.into());
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.windows(2).for_each(|ends| scanner.push(&text[ends[0]..ends[1]]));
    scanner.finish()
}

/// The object at the beginning of a text with its length, or else the length of the longest valid beginning.
fn object_at(text: &str) -> Result<(Json, usize), usize> {
    let mut objects = serde_json::Deserializer::from_str(text).into_iter();
    match objects.next() {
        Some(Ok(object)) => Ok((object, objects.byte_offset())),
        _ => {
            let mut lengths = (0..=text.len()).rev().filter(|length| text.is_char_boundary(*length));
            Err(lengths.find(|length| is_beginning(&text[..*length])).unwrap())
        }
    }
}

fn is_beginning(text: &str) -> bool {
    serde_json::from_str::<Json>(text).is_err_and(|error| error.is_eof())
}

/// Whether the beginning of an object has a member of that name: it has, if the object is valid after a value is added.
fn has_member(beginning: &str, name: &str) -> bool {
    let ended = beginning.match_indices(':').map(|(colon, _)| format!("{}:0}}", &beginning[..colon]));
    ended.filter_map(|text| serde_json::from_str::<Json>(&text).ok()).any(|object| object.get(name).is_some())
}

/// Tries each `{` that is neither inside a valid object nor opened by an invalid one.
fn try_each_brace(text: &str, key: &Key) -> Result<Json, NoAnswer> {
    let Some(Segment::Name(first)) = key.segments().first() else { unreachable!() };
    let (mut last, mut at, mut invalid_until, mut tried) = (Err(NoAnswer::NoObject), 0, 0, BTreeSet::new());
    let name = key.to_string();
    while let Some(brace) = text[at..].find('{') {
        let start = at + brace;
        at = start + 1;
        match object_at(&text[start..]) {
            _ if tried.contains(&start) => {}
            Ok((object, length)) => {
                at = start + length;
                last = match object.pointer(&key.pointer()) {
                    Some(_) if at <= invalid_until => Err(NoAnswer::Broken(name.clone())),
                    Some(Json::Null) => Err(NoAnswer::Null(name.clone())),
                    Some(value) => Ok(value.clone()),
                    None if last == Err(NoAnswer::NoObject) => Err(NoAnswer::NoKey(name.clone())),
                    None => last,
                }
            }
            Err(length) => {
                let beginning = &text[start..start + length];
                if has_member(beginning, first) {
                    last = Err(NoAnswer::Broken(name.clone()));
                }
                invalid_until = invalid_until.max(start + length);
                tried.extend(beginning.match_indices('{').map(|(within, _)| start + within).filter(
                    |brace| {
                        // A string does not continue on another line.
                        let is_in_string = !is_beginning(&format!("{}\n", &text[start..*brace]));
                        *brace > start && !is_in_string && object_at(&text[*brace..]).is_err()
                    },
                ));
            }
        }
    }
    last
}

proptest! {
    #[test]
    fn only_the_answer_of_the_majority_is_accepted((votes, quorum) in votes(), accepted in vec(select(&["1", "2", "3"][..]), 0..3)) {
        let accepted: Vec<String> = accepted.into_iter().map(String::from).collect();
        let before = decide_in_order(&votes, quorum);
        prop_assert_eq!(before.clone().accepting(None), before.clone());
        let after = before.clone().accepting(Some(&accepted));
        let answer = before.majority.as_ref().map(|side| side.answer.clone());
        prop_assert_eq!(after.accepted, answer.as_ref().map(|answer| accepted.contains(answer)));
        let is_refused = before.verdict != Verdict::Insufficient && answer.is_some_and(|answer| !accepted.contains(&answer));
        prop_assert_eq!(after.is_refused(), is_refused);
        prop_assert_eq!(Decision { accepted: None, ..after }, before);
    }

    #[test]
    fn a_ballot_agrees_with_a_naive_count(
        agents in vec(select(&NAMES[..6]), 0..7), quorum in 0..8_usize, steps in steps(),
    ) {
        let mut ballot = Ballot::new(agents.clone(), quorum);
        let mut distinct: Vec<&str> = Vec::new();
        for agent in agents {
            if !distinct.contains(&agent) {
                distinct.push(agent);
            }
        }
        let (mut votes, mut is_closed): (Vec<(&str, Vote)>, bool) = (Vec::new(), false);
        for step in steps.into_iter().chain([BallotStep::Close]) {
            match step {
                BallotStep::Cast(agent, vote) => {
                    let expected = match (is_closed, distinct.contains(&agent)) {
                        (true, _) => Cast::Late,
                        (_, false) => Cast::Unknown,
                        _ if votes.iter().any(|(voter, _)| *voter == agent) => Cast::Repeated,
                        _ => Cast::Counted,
                    };
                    if expected == Cast::Counted {
                        votes.push((agent, vote.clone()));
                    }
                    prop_assert_eq!(ballot.cast(agent, vote), expected);
                }
                BallotStep::Close => {
                    is_closed = true;
                    prop_assert_eq!(ballot.close(), count_naively(&distinct, quorum, &votes));
                }
            }
            prop_assert_eq!(ballot.is_complete(), votes.len() == distinct.len());
        }
    }

    #[test]
    fn the_order_of_votes_does_not_matter(
        ((votes, quorum), order) in votes().prop_flat_map(|votes| {
            let order: Vec<usize> = (0..votes.0.len()).collect();
            (Just(votes), Just(order).prop_shuffle())
        })
    ) {
        prop_assert_eq!(decide(&votes, &order, quorum), decide_in_order(&votes, quorum));
    }

    #[test]
    fn another_success_never_makes_the_verdict_worse(successes in vec(any::<bool>(), 1..8), quorum in 0..9_usize, at in 0..8_usize) {
        let at = at % successes.len();
        let decide_successes = |successes: &[bool]| {
            let vote = |is_success: &bool| if *is_success { Vote::Succeeded } else { Vote::Failed };
            let votes: Vec<_> = NAMES.into_iter().zip(successes.iter().map(vote)).collect();
            decide_in_order(&votes, quorum)
        };
        let mut more = successes.clone();
        more[at] = true;
        prop_assert!(rank(decide_successes(&more).verdict) >= rank(decide_successes(&successes).verdict));
    }

    #[test]
    fn joining_the_majority_never_makes_the_verdict_worse((mut votes, quorum) in votes(), at in 0..7_usize) {
        let before = decide_in_order(&votes, quorum);
        if let (Some(side), Some((_, vote))) = (&before.majority, votes.get_mut(at)) {
            *vote = Vote::Answered(side.answer.clone());
            let after = decide_in_order(&votes, quorum);
            // The verdict can stay equal, because an agent that only succeeded counted before.
            prop_assert!(rank(after.verdict) >= rank(before.verdict), "{:?} {:?}", before, after);
            prop_assert!(after.majority.is_some_and(|after| after.agents.len() >= side.agents.len()));
        }
    }

    #[test]
    fn every_agent_is_on_one_side((votes, quorum) in votes()) {
        let decision = decide_in_order(&votes, quorum);
        let sides: Vec<&Side> = decision.majority.iter().chain(&decision.dissent).collect();
        let mut named: Vec<&str> = sides.iter().flat_map(|side| &side.agents).map(String::as_str).collect();
        named.extend(decision.failed.iter().map(String::as_str));
        named.extend(decision.unanswered.iter().map(|unanswered| unanswered.agent.as_str()));
        named.extend(votes.iter().filter(|(_, vote)| *vote == Vote::Succeeded).map(|(agent, _)| *agent));
        named.sort_unstable();
        prop_assert_eq!(named, votes.iter().map(|(agent, _)| *agent).collect::<Vec<_>>());
        prop_assert!(sides.is_sorted_by(|a, b| a.agents.len() >= b.agents.len()));
    }

    #[test]
    fn two_thirds_are_rounded_up(agents in 0..1_000_000_usize) {
        let quorum = two_thirds(agents);
        prop_assert!(3 * quorum >= 2 * agents);
        prop_assert!(quorum == 0 || 3 * (quorum - 1) < 2 * agents);
    }

    #[test]
    fn an_incomplete_object_with_the_key_discards_earlier_answers(
        before in output(), members in prop::collection::btree_map("[b-d]{1,3}", -3..3_i32, 0..3), cut in any::<Index>(),
    ) {
        let members: String = members.iter().map(|(name, number)| format!(", \"{name}\": [{number}]")).collect();
        let object = format!("{{\"a\": 1{members}}}");
        // The cut is between the colon and the last brace.
        let cut = 5 + cut.index(object.len() - 5);
        let key = Key::of(["a"]);
        prop_assert_eq!(answer(&format!("{before}\n\u{1}{object}"), &key), Ok("1".into()));
        let invalid = answer(&format!("{before}\n\u{1}{}", &object[..cut]), &key);
        prop_assert_eq!(invalid, Err(NoAnswer::Broken("a".into())));
    }

    #[test]
    fn an_answer_agrees_with_trying_each_brace(text in prop_oneof![output(), agent_output()], key in keys()) {
        let found = answer(&text, &key).map(|found| serde_json::from_str::<Json>(&found).unwrap());
        prop_assert_eq!(found, try_each_brace(&text, &key));
    }

    #[test]
    fn the_sizes_of_the_pushes_do_not_matter(
        text in agent_output(), bytes in vec(any::<u8>(), 0..3), place in any::<Index>(), cuts in vec(any::<Index>(), 0..9), key in keys(),
    ) {
        let mut text = text.into_bytes();
        let place = place.index(text.len() + 1);
        text.splice(place..place, bytes);
        let found = |cuts: &[Index]| scan(&text, cuts, &key, &[PROMPT], Masks::default());
        prop_assert_eq!(found(&cuts), found(&[]));
        prop_assert_eq!(scan(&text, &cuts, &key, &[], Masks::default()), answer(&String::from_utf8_lossy(&text), &key));
    }

    #[test]
    fn a_repeated_prompt_is_skipped(text in agent_output(), cuts in vec(any::<Index>(), 0..5), key in keys()) {
        let prompts = if answer(PROMPT, &key).is_ok() { text.replace(PROMPT, "\n\u{1}\n") } else { text.clone() };
        prop_assert_eq!(scan(text.as_bytes(), &cuts, &key, &[PROMPT], Masks::default()), answer(&prompts, &key));
    }

    #[test]
    fn exactly_the_answers_that_overlap_a_secret_are_rejected(
        object in object(), secret in select(&["sk-12", "12345", "{\"a\": 1}", "\", \"b"][..]), place in any::<Index>(),
        cuts in vec(any::<Index>(), 0..5), key in keys(),
    ) {
        let mut places = (0..=object.len()).filter(|place| object.is_char_boundary(*place)).collect::<Vec<_>>();
        let text = object.clone();
        let (before, after) = text.split_at(places.swap_remove(place.index(places.len())));
        let text = format!("{before}{secret}{after}");
        let masks = || Masks::of_texts([secret.into()]);
        match scan(text.as_bytes(), &cuts, &key, &[], masks()) {
            Ok(found) => {
                prop_assert!(!found.contains(secret), "{}", found);
                prop_assert_eq!(Ok(found), answer(&text, &key));
            }
            Err(NoAnswer::Secret(_)) => prop_assert!(answer(&text, &key).is_ok()),
            Err(error) => prop_assert_eq!(Err(error), answer(&text, &key)),
        }
        let clean = scan(object.as_bytes(), &cuts, &key, &[], masks());
        prop_assert!(masks().mask(&object) != object || clean == answer(&object, &key), "{:?}", clean);
    }

    #[test]
    fn equal_answers_agree_despite_order_and_spacing(
        members in prop::collection::btree_map("[a-c\"é]{0,3}", -3..3_i32, 0..5), before in output(),
    ) {
        let write_object = |members: &mut dyn Iterator<Item = (&String, &i32)>, comma: &str, end: &str| {
            let member = |(name, number): (&String, &i32)| format!("{}: {number}{end}", serde_json::json!(name));
            let members: Vec<String> = members.map(member).collect();
            format!("{{\"answer\":{{ {}}}}}", members.join(comma))
        };
        let key = Key::of(["answer"]);
        let ordered = write_object(&mut members.iter(), ",", "");
        let reversed = write_object(&mut members.iter().rev(), " ,\n", ".0");
        let found = answer(&ordered, &key).unwrap();
        prop_assert_eq!(answer(&format!("{ordered}\n{reversed}"), &key).unwrap(), found.clone());
        let sorted: BTreeMap<String, i32> = serde_json::from_str(&found).unwrap();
        prop_assert_eq!(&sorted, &members);
        prop_assert_eq!(found, serde_json::to_string(&members).unwrap());
        // The text before may have an unclosed quote, but an object on its own line is found.
        let after = format!("{before}\n\u{1}{reversed}");
        prop_assert_eq!(answer(&after, &key), answer(&ordered, &key));
    }
}
