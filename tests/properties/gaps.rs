//! The laws of finding an answer in what is kept of a text: what is missing never makes one of what is none.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use speckit_core::Key;
use speckit_core::agents::consensus::{NoAnswer, answer, answer_across_gap};
use speckit_core::agents::process::capture::Captured;

use super::consensus::output;

/// Names that are words, and names that are more.
const NAMES: &[&str] = &["a", "b", "c", ",", "}"];

/// A whole object, written on one line or on many.
fn object(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let text = select(&["a", "b", "", "{", "}]", "\"", "\\", "é", ", ", "\": {\"a\": 1}"][..])
        .prop_map(String::from);
    let leaf = prop_oneof![
        2 => text.prop_map(serde_json::Value::from),
        1 => any::<i8>().prop_map(serde_json::Value::from),
        1 => select(vec![serde_json::Value::Null, true.into()]),
    ];
    let member = move |value: BoxedStrategy<serde_json::Value>| {
        let name = select(names).prop_map(String::from);
        prop::collection::btree_map(name, value, 0..4).prop_map(|members| members.into_iter().collect())
    };
    let value = leaf.boxed().prop_recursive(4, 30, 4, move |value| {
        prop_oneof![vec(value.clone(), 0..4).prop_map(serde_json::Value::Array), member(value.boxed())]
    });
    (member(value.boxed()), any::<bool>()).prop_map(|(object, is_long): (serde_json::Value, bool)| {
        if is_long { format!("{object:#}") } else { object.to_string() }
    })
}

/// What an agent may write: objects, and prose, fences and rubbish between them.
fn written() -> impl Strategy<Value = String> {
    let between = prop_oneof![
        4 => select(&["\n", "so {it} is ", "```json\n", "\n```\n", "[", "]", ",", ", ", "\"", "{\"a\":[", "}", " "][..])
            .prop_map(String::from),
        1 => output(),
    ];
    vec(prop_oneof![object(NAMES), between], 0..7).prop_map(|parts| parts.concat())
}

fn keys() -> impl Strategy<Value = Key> {
    select(&["a", "b", "a.b", "a[0]", "\",\"", "\"}\""][..]).prop_map(|key| key.parse().unwrap())
}

/// The answer in what is kept of a text.
fn kept(head: &[u8], dropped: usize, tail: &[u8], key: &Key) -> Result<String, NoAnswer> {
    let (text, gap) = Captured::cut(head.to_vec(), tail, dropped as u64).into_text_with_gap();
    let gap = gap.expect("something is missing");
    answer_across_gap(&text[..gap.start], &text[gap.end..], key)
}

/// Whether it is the answer of the whole text, or that has none since an object that is never closed has begun before: nobody
/// who sees the end alone can tell that.
fn is_that_of(found: &str, text: &str, key: &Key) -> bool {
    match answer(text, key) {
        Ok(answer) => answer == found,
        Err(why) => why == NoAnswer::Broken { key: key.to_string() },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_of_a_text_has_no_answer_that_the_whole_text_has_not(
        text in written(), cuts in any::<[Index; 2]>(), key in keys(),
    ) {
        let text = text + "\n";
        let [from, to] = cuts.map(|cut| cut.index(text.len()));
        let (from, to) = (from.min(to), from.max(to) + 1);
        let (head, tail) = (&text.as_bytes()[..from], &text.as_bytes()[to..]);
        if let Ok(found) = kept(head, to - from, tail, &key) {
            prop_assert!(is_that_of(&found, &text, &key), "{} {:?}", found, answer(&text, &key));
        }
    }

    #[test]
    fn whatever_stood_before_it_an_end_keeps_its_answer(
        begun in vec(select(&["{\"a\":", "{\"a\":[", "[", "\"", "{\"b\":1,", "x", "\\", ",", "{\"a\":\"}"][..]), 0..6),
        tail in written(),
        closed in vec(select(&["}", "]", "\"", "\"}", ",\"b\":2}", "]}", "\",\"", "\n", " "][..]), 0..6),
        key in keys(),
    ) {
        let (begun, tail) = (begun.concat(), tail + &closed.concat());
        if let Ok(found) = kept(b"", 1, tail.as_bytes(), &key) {
            let text = begun + &tail;
            prop_assert!(is_that_of(&found, &text, &key), "{} {:?}", found, answer(&text, &key));
        }
    }

    #[test]
    fn an_object_behind_a_line_of_prose_answers_whatever_is_missing(
        head in written(), before in object(&NAMES[..3]), cut in any::<Index>(), object in object(NAMES), key in keys(),
    ) {
        let before = &before.as_bytes()[cut.index(before.len())..];
        let prose = format!("\nIt's \"sound\":\n```json\n{object}\n```\nThat's {{all}} }}.\n");
        let tail = [before, prose.as_bytes()].concat();
        let found = kept(head.as_bytes(), 1, &tail, &key);
        match answer(&object, &key) {
            Err(NoAnswer::NoKey { .. }) => {}
            expected => prop_assert_eq!(found, expected),
        }
    }
}
